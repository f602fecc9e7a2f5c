"""What student code raises arrives as an error of the same kind, with its place; blocks end as usual."""

import builtins

import pytest

from grader.gradcheck.message import Finding, Mismatch
from grader.remote.fault import MAX_TEXT, Frame, StudentError

ERRORS = """
    import numpy as np

    class TooSmall(ValueError):
        pass

    class Own(Exception):
        pass

    class Broken(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    class Deaf(Exception):
        def __str__(self):
            raise SystemExit

    def helper(x):
        return 1 / x

    def divide():
        return helper(0)

    def raise_(kind, *args):
        import builtins
        raise (globals().get(kind) or getattr(builtins, kind))(*args)

    def surrogate():
        raise ValueError("a\\udc80b")

    def shapes():
        return np.ones((2, 3)) @ np.ones((2, 3))

    def recursion(n=0):
        return recursion(n + 1)

    def exit():
        raise SystemExit(0)

    def quit_():
        import sys
        sys.exit("bye")

    def interrupt():
        raise KeyboardInterrupt

    def base():
        raise BaseException("all")

    def generator_exit():
        raise GeneratorExit

    def group():
        raise ExceptionGroup("several", [ValueError("a")])

    def decode():
        b"\\xff".decode()

    def evaluate():
        exec("1 +")

    def chain():
        try:
            helper(0)
        except ZeroDivisionError as error:
            raise TooSmall("below") from error

    def long():
        raise ValueError("x" * 100_000)

    def library():
        return sorted([1, "a"])

    def deep(n):
        return helper(0) if n == 0 else deep(n - 1)
"""


def line_of(source_line):
    return next(n for n, line in enumerate(ERRORS.splitlines(), 1) if line.strip() == source_line)


def caught(call, kind=Exception):
    with pytest.raises(kind) as info:
        call()
    assert isinstance(info.value, StudentError)
    return info.value


def test_an_error_says_where_in_the_students_file_it_arose(student_of):
    error = caught(student_of(ERRORS).divide, ZeroDivisionError)
    assert (error.type_name, error.text, str(error)) == ("ZeroDivisionError",) + ("division by zero",) * 2
    assert error.frames == (
        Frame("u00_probe/probe.py", line_of("return helper(0)"), "divide"),
        Frame("u00_probe/probe.py", line_of("return 1 / x"), "helper"),
    )


def test_an_error_inside_a_library_is_placed_at_the_students_line(student_of):
    error = caught(student_of(ERRORS).library, TypeError)
    assert [frame.function for frame in error.frames] == ["library"]
    error = caught(student_of(ERRORS).shapes, ValueError)
    assert "matmul" in error.text


def made_of_a_text(kind):
    """Whether it is an error that one text is enough for, and that has no meaning of its own here."""
    try:
        special = (MemoryError, StopIteration, StopAsyncIteration)
        return issubclass(kind, Exception) and not issubclass(kind, special) and bool(kind("text"))
    except TypeError:
        return False


KINDS = sorted({kind.__name__ for kind in vars(builtins).values() if made_of_a_text(kind)})


@pytest.mark.parametrize("name", KINDS)
def test_builtin_errors_keep_their_type(in_thread, name):
    kind = getattr(builtins, name)
    error = caught(lambda: in_thread(ERRORS).raise_(name, "the text"), kind)
    assert kind in type(error).__bases__
    assert error.type_name == name
    assert "the text" in str(error)


def test_a_subclass_is_caught_as_its_base(student_of):
    error = caught(lambda: student_of(ERRORS).raise_("TooSmall", "x is below 1"), ValueError)
    assert error.type_name == "TooSmall"
    with pytest.raises(ValueError, match="below 1"):
        raise error


def test_an_error_class_of_its_own_is_an_exception(student_of):
    error = caught(lambda: student_of(ERRORS).raise_("Own", "x"))
    assert not isinstance(error, ValueError | RuntimeError)
    assert error.type_name == "Own"


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        *(("exit", "SystemExit"), ("quit_", "SystemExit"), ("interrupt", "KeyboardInterrupt")),
        *(("base", "BaseException"), ("generator_exit", "GeneratorExit"), ("group", "ExceptionGroup")),
    ],
)
def test_what_would_end_a_program_is_an_ordinary_error_outside(student_of, name, type_name):
    student = student_of(ERRORS)
    error = caught(getattr(student, name))
    assert error.type_name == type_name
    assert len(error.frames) == 1
    with pytest.raises(ZeroDivisionError):
        student.divide()


def test_errors_that_need_more_than_a_text_are_caught_as_their_base(student_of):
    error = caught(student_of(ERRORS).decode, UnicodeError)
    assert error.type_name == "UnicodeDecodeError"
    assert "can't decode byte 0xff" in error.text


@pytest.mark.parametrize("kind", ["Broken", "Deaf"])
def test_an_error_without_a_text(student_of, kind):
    student = student_of(ERRORS)
    assert caught(lambda: student.raise_(kind)).text == "(the error's own text could not be made)"
    assert caught(student.divide, ZeroDivisionError)


def test_a_text_that_is_no_unicode_is_shown_escaped(student_of):
    assert caught(student_of(ERRORS).surrogate, ValueError).text == "a\\udc80b"


def test_a_long_text_is_cut(student_of):
    assert len(caught(student_of(ERRORS).long, ValueError).text) == MAX_TEXT


def test_a_recursion_without_end_is_an_error_and_the_worker_lives(student_of):
    student = student_of(ERRORS)
    error = caught(student.recursion, RecursionError)
    assert 0 < len(error.frames) <= 20
    assert caught(lambda: student.deep(30), ZeroDivisionError).frames[-1].function == "helper"


def test_a_chained_error_is_the_last_one(student_of):
    error = caught(student_of(ERRORS).chain, ValueError)
    assert (error.type_name, error.text) == ("TooSmall", "below")
    assert error.frames[-1].line == line_of('raise TooSmall("below") from error')


def test_a_missing_function_and_a_wrong_call_are_the_students(student_of):
    student = student_of(ERRORS)
    error = caught(lambda: student.nothing, AttributeError)
    assert "has no attribute 'nothing'" in error.text
    assert error.frames == ()
    error = caught(student.helper, TypeError)
    assert "missing 1 required positional argument" in error.text
    error = caught(lambda: student.helper(1, y=2), TypeError)
    assert "unexpected keyword argument" in error.text


@pytest.mark.parametrize(
    ("source", "line", "offset"),
    [("x = 1\ndef f(:\n    pass\n", 2, 7), ("def f():\nreturn 1\n", 2, 1), ("x = 'abc\n", 1, 5)],
    ids=["syntax", "indentation", "string"],
)
def test_a_file_that_does_not_compile_says_where(student_of, source, line, offset):
    error = caught(lambda: student_of(source), SyntaxError)
    file, at, text, column = error.syntax
    assert (file, at, column) == ("u00_probe/probe.py", line, offset)
    assert text.rstrip("\n") == source.splitlines()[line - 1]


def test_an_error_at_import_says_where(student_of):
    error = caught(lambda: student_of("import math\nx = math.sqrt(-1)\n"), ValueError)
    assert error.frames == (Frame("u00_probe/probe.py", 2, "<module>"),)


def test_a_module_that_is_not_there_is_an_import_error(student_of):
    error = caught(lambda: student_of("import nothing_of_that_name\n"), ModuleNotFoundError)
    assert error.frames[-1].line == 1


BLOCKS = """
    log = []

    class Flag:
        def __init__(self, swallow=False):
            self.swallow = swallow
        def __enter__(self):
            log.append("in")
            return self
        def __exit__(self, kind, error, trace):
            log.append((kind.__name__ if kind else None, type(error) is kind, str(error) if error else None))
            return self.swallow

    class Own(LookupError):
        pass

    def fail(text):
        raise Own(text)

    class Bad:
        def __enter__(self): return 5
        def __exit__(self, *args): raise ValueError("in exit")

    one = Flag()
"""


def test_a_block_that_ends_well(student_of):
    student = student_of(BLOCKS)
    with student.Flag() as flag:
        assert isinstance(flag, student.Flag)
    with student.one as one:
        assert one is student.one
    assert student.log == ["in", (None, False, None), "in", (None, False, None)]


def test_an_error_of_the_test_is_told_and_goes_on(student_of):
    student = student_of(BLOCKS)
    error = KeyError("k")
    with pytest.raises(KeyError) as info, student.Flag():
        raise error
    assert info.value is error
    assert student.log[-1] == ("KeyError", True, str(error)) or student.log[-1][0] == "KeyError"


def test_an_error_of_the_student_is_its_own_object_again(student_of):
    student = student_of(BLOCKS)
    with pytest.raises(LookupError, match="lost"), student.Flag():
        student.fail("lost")
    assert student.log[-1] == ("Own", True, "lost")


def test_a_block_may_swallow_an_error(student_of):
    student = student_of(BLOCKS)
    with student.Flag(swallow=True):
        raise ValueError("gone")
    assert [entry[0] for entry in student.log if entry != "in"] == ["ValueError"]


def test_a_block_may_not_swallow_that_it_gave_no_answer(student_of):
    """Else a test passes whose questions in the block were never asked."""
    student = student_of(BLOCKS)
    with pytest.raises(StudentError, match="here to stay"), student.Flag(swallow=True):
        student.fail("here to stay")
    with pytest.raises(TypeError), student.Flag(swallow=True):
        student.log.append(1)[0]


@pytest.mark.parametrize(
    "verdict",
    [Mismatch(Finding("it is wrong: expected 42")), AssertionError("expected 42")],
    ids=["ours", "plain"],
)
def test_a_verdict_is_neither_told_nor_swallowed(student_of, verdict):
    student = student_of(BLOCKS)
    with pytest.raises(AssertionError) as info, student.Flag(swallow=True):
        raise verdict
    assert info.value is verdict
    assert student.log[-1][0] == "AssertionError"
    assert "42" not in str(student.log)


def test_an_interrupt_is_not_swallowed(student_of):
    student = student_of(BLOCKS)
    with pytest.raises(KeyboardInterrupt), student.Flag(swallow=True):
        raise KeyboardInterrupt


def test_an_error_while_leaving(student_of):
    student = student_of(BLOCKS)
    with pytest.raises(ValueError, match="in exit"), student.Bad() as value:
        assert value == 5


def test_what_is_no_block_is_a_students_error(student_of):
    student = student_of(ERRORS)
    with pytest.raises(AttributeError, match="__enter__") as info, student.TooSmall("x"):
        pass
    assert isinstance(info.value, StudentError)
