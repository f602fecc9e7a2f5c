"""From an error to a verdict and its words: the student's fault and ours are told apart."""

import pytest
from hypothesis.errors import Flaky

from grader.errors import CourseError, GraderError, SubmissionError, TooMuchMemory, TooSlow, WorkerLost
from grader.examine.judge import WIDTH, clean, judge, place_of
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding, Mismatch
from grader.remote.fault import student_error
from grader.remote.memory_modules import MemoryFinder

FILE = "u00_probe/probe.py"
SOURCE = """import math

def divide():
    return 1 / 0

def todo():
    x = 1
    raise NotImplementedError

def library():
    return math.sqrt(-1)

def call(f):
    return f()

def unknown():
    raise NotImplementedError("conv_tbc")

def like_torch(f):
    return f()

def check(x):
    assert x == 1, "x is not 1"

def left():
    raise NotImplementedError("later"); return 5
"""
SOURCES = {FILE: SOURCE}


@pytest.fixture
def student():
    import importlib

    finder = MemoryFinder()
    finder.install(SOURCES)
    yield importlib.import_module("u00_probe.probe")
    finder.remove()


def raised(call, *args):
    try:
        call(*args)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def remote(type_name, text, frames=(), names=None, syntax=None):
    """What the proxy raises for an error inside a worker."""
    names = [type_name, "Exception"] if names is None else names
    return student_error([type_name, names, text, [list(frame) for frame in frames], 0, None, syntax])[0]


def test_a_mismatch_is_wrong_in_its_own_words():
    finding = Finding("dx is wrong", yours="1", expected="2")
    assert judge(Mismatch(finding), SOURCES) == (Verdict.WRONG, finding)


@pytest.mark.parametrize(
    ("error", "verdict", "help"),
    [
        (TooSlow("stopped after 5 s"), Verdict.TOO_SLOW, "loop"),
        (TooMuchMemory("too much"), Verdict.TOO_MUCH_MEMORY, "grows without end"),
        (WorkerLost("ended itself"), Verdict.CRASHED, ""),
    ],
)
def test_a_program_that_was_stopped(error, verdict, help):
    got, finding = judge(error, SOURCES)
    assert (got, finding.what) == (verdict, error.rationale)
    assert help in finding.help


def test_what_was_not_handed_in_is_to_do():
    verdict, finding = judge(SubmissionError("the file is missing", "Put it back."), SOURCES)
    assert (verdict, finding.what, finding.help) == (Verdict.TODO, "the file is missing", "Put it back.")


@pytest.mark.parametrize("kind", [CourseError, GraderError])
def test_our_own_errors_are_ours(kind):
    verdict, finding = judge(kind("the zygote died", "Look at the log."), SOURCES)
    assert (verdict, finding.what, finding.help) == (
        Verdict.GRADER_ERROR,
        "the zygote died",
        "Look at the log.",
    )


def test_an_error_in_the_students_line(student):
    verdict, finding = judge(raised(student.divide), SOURCES)
    assert verdict is Verdict.CRASHED
    assert finding == Finding("ZeroDivisionError: division by zero", where=f"{FILE}:4", source="return 1 / 0")


def test_the_same_error_from_a_worker_reads_the_same(student):
    error = remote("ZeroDivisionError", "division by zero", [(FILE, 4, "divide")])
    assert judge(error, SOURCES) == judge(raised(student.divide), SOURCES)


def test_an_error_inside_a_library_is_placed_at_the_students_line(student):
    _, finding = judge(raised(student.library), SOURCES)
    assert (finding.where, finding.source) == (f"{FILE}:11", "return math.sqrt(-1)")


def test_an_error_of_a_function_of_the_test_is_not_the_students(student):
    def f():
        raise KeyError("of the test")

    verdict, finding = judge(raised(student.call, f), SOURCES)
    assert verdict is Verdict.GRADER_ERROR
    assert "KeyError" in finding.what
    assert "test_judge.py:" in finding.where


def test_a_statement_left_in_is_to_do(student):
    verdict, finding = judge(raised(student.todo), SOURCES)
    assert verdict is Verdict.TODO
    assert finding.what == "you left `raise NotImplementedError` on line 8"
    error = remote("NotImplementedError", "", [(FILE, 8, "todo")])
    assert judge(error, SOURCES) == (verdict, finding)


def test_a_library_that_raises_not_implemented_is_a_crash(student):
    error = remote("NotImplementedError", "no kernel for bool", [(FILE, 20, "like_torch")])
    verdict, finding = judge(error, SOURCES)
    assert (verdict, finding.what) == (Verdict.CRASHED, "NotImplementedError: no kernel for bool")


def test_a_pathological_position_in_a_file_is_survived():
    for line in (0, -3, 10**9):
        verdict, finding = judge(remote("ValueError", "x", [(FILE, line, "f")]), SOURCES)
        assert (verdict, finding.source) == (Verdict.CRASHED, "")


def test_a_line_without_end_is_cut():
    source = "x = '" + "a" * 100_000 + "' + 1\n"
    _, finding = judge(remote("TypeError", "t" * 3_000, [("long.py", 1, "f")]), {"long.py": source})
    assert len(finding.source) <= 2 * WIDTH + 2
    assert len(finding.what) < 2_500


def test_frames_in_files_that_the_student_does_not_have_are_left_out():
    verdict, finding = judge(remote("ValueError", "x", [("/etc/passwd", 1, "f")]), SOURCES)
    assert (verdict, finding.what, finding.where) == (Verdict.CRASHED, "ValueError: x", "")


def test_a_missing_function_is_the_students():
    error = remote("AttributeError", "module 'u00_probe.probe' has no attribute 'f'")
    verdict, finding = judge(error, SOURCES)
    assert verdict is Verdict.CRASHED
    assert "has no attribute 'f'" in finding.what


def test_a_file_that_does_not_compile():
    place = [FILE, 3, "    def f(:\n", 11]
    verdict, finding = judge(remote("SyntaxError", f"invalid syntax ({FILE}, line 3)", syntax=place), SOURCES)
    assert verdict is Verdict.CRASHED
    assert finding.what == "the file cannot be read: invalid syntax"
    assert (finding.where, finding.source) == (f"{FILE}:3", "def f(:\n      ^")


@pytest.mark.parametrize("place", [[FILE, 3, "", 0], [FILE, 10**9, "x" * 5, 10**9], [FILE, -1, "x", -5]])
def test_a_pathological_position_of_a_syntax_error_is_survived(place):
    verdict, finding = judge(remote("SyntaxError", "bad", syntax=place), SOURCES)
    assert verdict is Verdict.CRASHED
    assert len(finding.source) <= 2 * WIDTH + 2


def test_a_syntax_error_of_code_that_the_student_made_up_is_a_crash():
    error = remote(
        "SyntaxError", "bad (<string>, line 1)", [(FILE, 4, "f")], syntax=["<string>", 1, "1 +", 4]
    )
    verdict, finding = judge(error, SOURCES)
    assert (verdict, finding.where) == (Verdict.CRASHED, f"{FILE}:4")


def test_an_answer_that_changes_is_wrong():
    verdict, finding = judge(Flaky("inconsistent"), SOURCES)
    assert verdict is Verdict.WRONG
    assert "different results" in finding.what


def test_a_plain_assert_with_words_is_wrong():
    verdict, finding = judge(AssertionError("x should be 1\nsecret"), SOURCES)
    assert (verdict, finding.what) == (Verdict.WRONG, "x should be 1")


def test_a_plain_assert_without_words_is_a_fault_of_the_test():
    verdict, _ = judge(AssertionError(), SOURCES)
    assert verdict is Verdict.GRADER_ERROR


def test_an_assert_of_the_students_own_is_a_crash(student):
    verdict, finding = judge(raised(student.check, 2), SOURCES)
    assert (verdict, finding.what) == (Verdict.CRASHED, "AssertionError: x is not 1")


def test_anything_else_is_a_fault_of_the_test():
    def broken():
        return {}["k"]

    verdict, finding = judge(raised(broken), SOURCES)
    assert verdict is Verdict.GRADER_ERROR
    assert finding.what == "the test itself failed: KeyError: 'k'"
    assert finding.where.partition(":")[0].endswith("test_judge.py")


def test_addresses_are_left_out():
    assert clean("<function f at 0x7f12ab> and <X object at 0xFF>") == "<function f> and <X object>"


PLACES = "x = 1\n\nclass A:\n    def f(self): pass\n    class B: pass\n\n@cache\ndef g(): pass\n"


@pytest.mark.parametrize(
    ("symbols", "place"),
    [
        (("g",), "a.py:8"),
        (("A.f",), "a.py:4"),
        (("A.nothing",), "a.py:3"),
        (("nothing", "A"), "a.py:3"),
        (("A.B",), "a.py:5"),
        (("nothing",), "a.py"),
        ((), "a.py"),
    ],
    ids=str,
)
def test_where_a_symbol_stands(symbols, place):
    assert place_of(PLACES, "a.py", symbols) == place


@pytest.mark.parametrize("source", ["def f(:", "\0", "x = " + "(" * 5000])
def test_a_source_that_cannot_be_read_has_no_lines(source):
    assert place_of(source, "a.py", ("f",)) == "a.py"


@pytest.mark.parametrize("kind", [AssertionError, TypeError])
def test_a_long_text_in_an_error_of_a_test_is_cut(kind):
    _, finding = judge(kind("x" * 1_000_000), {})
    assert len(finding.what) < 3_000
