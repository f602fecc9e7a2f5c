"""Cutting one exercise out of a file and putting its stub there: everything else stays byte for byte."""

import pytest

from grader.course.model import Exercise, Unit
from grader.errors import UsageError
from grader.student.reset import plan_exercise

STUB = '''\
import math


@staticmethod
def f(x):
    """f."""
    raise NotImplementedError


class Value:
    """A number."""

    def __init__(self, x):
        self.x = x

    def double(self):
        """Twice."""
        raise NotImplementedError


def g():
    raise NotImplementedError
'''


@pytest.fixture
def plan(tmp_path):
    """Plans the reset of a symbol in this source: the text after it, or None."""
    unit = Unit(id="u01", title="", folder="u01_a")
    (tmp_path / "u01_a").mkdir()
    (tmp_path / ".kata/stubs/u01_a").mkdir(parents=True)

    def run(source, *symbols, stub=STUB):
        exercise = Exercise(id="u01.x", title="", symbols=symbols, points=1)
        (tmp_path / ".kata/stubs/u01_a/a.py").write_text(stub, encoding="utf-8")
        (tmp_path / "u01_a/a.py").write_bytes(source.encode())
        made = plan_exercise(tmp_path, unit, exercise)
        return None if made is None else made.text

    return run


def test_a_function_with_its_decorators(plan):
    written = STUB.replace('    """f."""\n    raise NotImplementedError', "    y = x\n    return y")
    assert plan(written, "f") == STUB


def test_a_method_and_nothing_else_of_its_class(plan):
    written = STUB.replace(
        '        """Twice."""\n        raise NotImplementedError', "        return 2 * self.x"
    )
    mine = written.replace("self.x = x", "self.x = float(x)  # mine")
    assert plan(mine, "Value.double") == STUB.replace("self.x = x", "self.x = float(x)  # mine")


def test_a_deleted_function_comes_back_at_the_end(plan):
    without = STUB.replace("\n\ndef g():\n    raise NotImplementedError\n", "")
    assert plan(without, "g") == STUB


def test_a_deleted_method_comes_back_in_its_class(plan):
    gone = '\n    def double(self):\n        """Twice."""\n        raise NotImplementedError\n'
    assert plan(STUB.replace(gone, ""), "Value.double") == STUB


def test_what_the_stub_does_not_have_is_taken_out(plan):
    stub = "class Value:\n    x = 1\n"
    assert (
        plan("class Value:\n    x = 1\n    def double(self):\n        return 2\n", "Value.double", stub=stub)
        == stub
    )


def test_a_class_is_never_left_without_a_body(plan):
    stub = "class Value:\n    pass\n"
    assert plan("class Value:\n    def double(self):\n        return 2\n", "Value.double", stub=stub) == stub


def test_several_symbols_at_once(plan):
    written = STUB.replace("raise NotImplementedError", "return 1")
    assert plan(written, "f", "g", "Value.double") == STUB


def test_windows_line_ends_stay(plan):
    written = STUB.replace('    """f."""\n    raise NotImplementedError', "    return x").replace(
        "\n", "\r\n"
    )
    assert plan(written, "f") == STUB.replace("\n", "\r\n")


def test_lines_are_counted_as_python_counts_them(plan):
    """A form feed or U+2028 inside a string ends a line for str.splitlines, not for Python."""
    mine = 'NOTE = "a\x0cb\u2028c"\n\n\n'
    written = STUB.replace('    """f."""\n    raise NotImplementedError', "    return x")
    assert plan(mine + written, "f") == mine + STUB


def test_other_indentation_is_followed(plan):
    mine = "class Value:\n  def __init__(self, x):\n    self.x = x\n  def double(self):\n    return 1\n"
    assert "  def double(self):\n" in plan(mine, "Value.double")


def test_untouched_is_nothing_to_do(plan):
    assert plan(STUB.replace('"""f."""', '"""My notes."""'), "f") is None


def test_a_symbol_bound_otherwise_needs_the_whole_unit(plan):
    with pytest.raises(UsageError) as caught:
        plan(STUB + "\nf = lambda x: 2 * x\n", "f")
    assert "kata reset u01" in caught.value.help


def test_a_syntax_error_needs_the_whole_unit(plan):
    with pytest.raises(UsageError) as caught:
        plan("def f(:\n", "f")
    assert "line 1" in caught.value.rationale


def test_source_with_null_bytes_needs_the_whole_unit(plan):
    with pytest.raises(UsageError):
        plan("def f(): return '\x00'\n", "f")
