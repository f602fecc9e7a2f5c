"""Every state that an exercise can be in: what `pytest` prints about it, and the exit code."""

import pytest


def test_an_untouched_course_is_all_to_do_and_exits_1(course):
    result = course.run()
    assert result.code == 1
    assert result.lines == [
        "  2 units not started",
        "",
        "  ░░░░░░░░░░░░░░░░░░░░░░░░  0/6 exercises · 6 to do",
        "  next: u01.double      stuck? kata hint u01.double",
        "        About double · 15 minutes",
        "        read   u01_first/README.md",
        "        write  u01_first/first.py:8",
    ]


def test_a_solved_course_exits_0_and_says_that_hidden_tests_decide(solved):
    result = solved.run()
    assert result.code == 0
    assert "6/6 exercises" in result.out
    said = result.lines.index("  All public tests pass.")
    assert result.lines[said + 1].startswith("  Hidden tests decide the points")
    assert "points" not in result.out.replace("Hidden tests decide the points", "")


def test_the_first_wrong_one_in_full_and_the_others_in_a_line_each(course):
    course.write_body("double", "return x * 3")
    course.write_body("spin", "return n + 1")
    course.write_body("tail", "return 0")
    result = course.run()
    assert result.code == 1
    assert result.line("✘ u01.double", "wrong", "u01_first/first.py:8")
    assert result.line("yours", "expected")
    assert result.line("called")
    assert result.line("✘ u01.spin ", "spin(7)")
    assert result.line("✘ u01.tail ", "tail(5)")
    assert "  01 first        ✘ double  ✘ spin  ✘ tail  · quadruple  · box" in result.out
    assert "0/6 exercises · 3 wrong · 3 to do" in result.out
    assert "next: u01.double      stuck? kata hint u01.double" in result.out


def test_six_failures_fit_on_one_screen(course):
    course.second.write_text("def shift(x):\n    return x\n", encoding="utf-8")
    for function in ("double", "quadruple", "spin", "value", "tail"):
        course.write_body(function, "return -1.0")
    assert len(course.run().lines) <= 20


def test_a_cause_is_named_when_two_draws_agree(course):
    course.write_body("double", "return -2 * x")
    assert "the double is wrong: the sign is wrong (times -1)" in course.run().out


def test_verbose_shows_every_trouble_and_every_failing_test_in_full(course):
    course.write_body("double", "return x * 3")
    course.write_body("tail", "return 0")
    result = course.run("-v")
    assert result.line("Twice three is six.")
    assert result.line("It holds for any number.")
    assert result.line("✘ u01.tail", "wrong", "u01_first/first.py:33")
    assert result.line("The last one gives its number back.")
    assert result.line("02 second", "0/1")


def test_quiet_leaves_map_and_tally(course):
    course.write_body("double", "return x * 3")
    quiet, quieter = course.run("-q"), course.run("-qq")
    assert "✘ u01.double" not in quiet.out
    assert quiet.line("01 first")
    assert "01 first" not in quieter.out
    assert "1 wrong · 5 to do" in quieter.out


def test_tests_run_in_the_order_of_the_course(solved):
    (solved.root / "u01_first" / "test_mine.py").write_text("def test_mine(): pass\n", encoding="utf-8")
    result = solved.run("--junitxml", str(solved.root / "out.xml"))
    assert result.code == 0
    text = (solved.root / "out.xml").read_text(encoding="utf-8")
    names = ["test_double", "test_quadruple", "test_spin", "test_box", "test_tail", "test_shift", "test_mine"]
    places = [text.index(f'name="{name}"') for name in names]
    assert places == sorted(places)


def test_a_raise_that_was_left_in_is_named_with_its_line(course):
    course.write_body("double", "twice = 2 * x\n    raise NotImplementedError")
    result = course.run()
    assert result.code == 1
    assert result.line("you left `raise NotImplementedError` on line 11")
    assert result.line("· u01.double", "to do", "first.py:11")
    assert "6 to do" in result.out


def test_a_not_implemented_error_of_a_library_is_a_crash(course):
    course.replace(
        "import math", "def library():\n    error = NotImplementedError\n    raise error('no such op')"
    )
    course.write_body("double", "return library()")
    assert course.run().line("! u01.double", "crashed")


def test_a_crash_shows_the_students_line_and_none_of_ours(course):
    course.write_body("double", "return sefl + 1")
    course.write_body("spin", "return [][n]")
    result = course.run()
    assert result.line("! u01.double", "crashed", "u01_first/first.py:10")
    assert result.line("NameError: name 'sefl' is not defined")
    assert result.line("code", "return sefl + 1")
    assert result.line("! u01.spin", "crashed on line 20: IndexError: list index out of range")
    assert "grader/" not in result.out
    assert "Traceback" not in result.out


def test_a_syntax_error_stays_in_its_unit(course):
    course.write_body("double", "return (2 * x")
    course.second.write_text(course.SECOND_RIGHT, encoding="utf-8")
    result = course.run()
    assert result.code == 1
    assert result.line("the file cannot be read")
    source = result.lines.index(result.line("code", "return (2 * x"))
    caret = result.lines[source + 1]
    assert caret.index("^") == result.lines[source].index("(2 * x")
    assert result.line("also", "stops quadruple, spin, box, tail")
    assert result.line("02 second", "✔", "1/1")
    assert result.line("next: mend u01_first/first.py:10")


def test_a_crash_at_import_leaves_unwritten_exercises_to_do(course):
    course.replace("FACTOR = 2", "FACTOR = 1 / 0")
    course.write_body("double", "return 2 * x")
    result = course.run()
    assert result.line("! u01.double", "crashed", "first.py:5")
    assert result.line("ZeroDivisionError: division by zero")
    assert "1 crashed · 5 to do" in result.out


def test_whoever_imports_a_broken_unit_is_not_checked(course):
    course.write_body("double", "return (2 * x")
    text = "from u01_first.first import double\n\n\ndef shift(x):\n    return x + 1\n"
    course.second.write_text(text, encoding="utf-8")
    assert course.run().line("– u02.shift", "not checked (needs u01_first/first.py)")


def test_what_needs_a_wrong_one_is_not_checked_when_it_fails(course):
    course.write_body("double", "return x * 3")
    course.write_body("quadruple", "return double(double(x))")
    assert course.run().line("– u01.quadruple", "not checked (needs u01.double)")


def test_what_needs_a_wrong_one_is_right_when_it_passes(course):
    course.write_body("double", "return x * 3")
    course.write_body("quadruple", "return x * 4")
    assert course.run().line("01 first", "✔ quadruple", "✘ double", "1/5")


def test_a_need_outside_the_run_counts_as_the_last_run_left_it(course):
    course.write_body("quadruple", "return double(double(x))")
    assert course.run("-k", "quadruple").line("– u01.quadruple", "not checked (needs u01.double)")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import pytest; pytest.skip('later')", "Skipped: later"),
        ("import pytest; pytest.xfail('later')", "XFailed: later"),
        ("import pytest; pytest.exit('enough', returncode=0)", "Exit: enough"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import unittest; raise unittest.SkipTest('later')", "later"),
    ],
)
def test_ways_out_of_a_run_are_crashes_of_that_exercise_alone(solved, body, said):
    solved.replace("return FACTOR * x", body)
    solved.replace("return double(double(x))", "return 4 * x")
    result = solved.run()
    assert result.code == 1
    assert result.line("! u01.double", "crashed", "first.py:7")
    assert said in result.out
    assert "5/6 exercises · 1 crashed" in result.out


def test_ways_out_at_import_are_crashes_of_that_unit_alone(solved):
    solved.replace("FACTOR = 2", "import pytest; pytest.exit('enough', returncode=0)")
    result = solved.run()
    assert result.code == 1
    assert "1/6 exercises · 5 crashed" in result.out


def test_a_loop_is_stopped_and_costs_one_exercise(solved):
    solved.replace("return n", "while True:\n        n += 1")
    result = solved.run()
    assert result.code == 1
    assert result.line("T u01.spin", "too slow", "first.py:1")
    assert result.line("stopped after 0.3 s of computing")
    assert "5/6 exercises · 1 too slow" in result.out


def test_a_loop_at_import_costs_one_unit_once(solved):
    text = (solved.root / ".kata/catalogue.json").read_text(encoding="utf-8")
    small = text.replace('"limits":null', '"limits":{"seconds":0.3,"memory_mb":512}')
    (solved.root / ".kata/catalogue.json").write_text(small, encoding="utf-8")
    solved.replace("FACTOR = 2", "while True:\n    FACTOR = 2")
    result = solved.run()
    assert "1/6 exercises · 5 too slow" in result.out
    assert result.line("also", "stops quadruple, spin, box, tail")


def test_a_missing_file_is_said_once(course):
    course.first.unlink()
    result = course.run()
    assert result.code == 1
    assert result.line("the file u01_first/first.py is missing")
    assert result.line("also", "stops quadruple, spin, box, tail")


def test_a_renamed_function_is_said_to_be_gone(course):
    course.write_body("double", "return 2 * x")
    course.replace("def double(", "def twice(")
    assert course.run().line("`double` is not defined in u01_first/first.py any more")


def test_a_test_that_breaks_on_the_result_is_the_students(course):
    path = course.root / "u01_first" / "test_first.py"
    text = path.read_text(encoding="utf-8").replace("student.tail(5), 5", "student.tail(5) + 0, 5")
    path.write_text(text, encoding="utf-8")
    course.write_body("tail", "x = 1")
    result = course.run()
    assert result.line("✘ u01.tail", "wrong")
    assert result.line("the result has a form that the test cannot use")


def test_an_error_of_a_test_is_ours_and_its_traceback_needs_vv(solved):
    path = solved.root / "u02_second" / "test_second.py"
    text = path.read_text(encoding="utf-8").replace("    assert_close", "    assert_klose")
    path.write_text(text, encoding="utf-8")
    result, wordy = solved.run(), solved.run("-vv")
    assert result.code == 1
    assert result.line("? u02.shift", "grader error", "test_second.py:7")
    assert result.line("help", "This is not your fault.")
    assert "def test_shift" not in result.out
    assert "def test_shift" in wordy.out


def test_a_test_file_that_cannot_be_read_is_ours_and_stops_nothing_else(solved):
    path = solved.root / "u02_second" / "test_second.py"
    path.write_text("import no_such_module\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    result = solved.run()
    assert result.code == 1
    assert result.line("? u02.shift", "grader error")
    assert "5/6 exercises · 1 grader error" in result.out
    assert "importtestmodule" not in result.out
    assert "importtestmodule" in solved.run("-vv").out


def test_tests_that_need_torch_are_not_checked_without_it(solved):
    path = solved.root / "u02_second" / "test_second.py"
    path.write_text("raise ModuleNotFoundError(\"No module named 'torch'\")\n", encoding="utf-8")
    result = solved.run()
    assert result.line("– u02.shift", "not checked")
    assert result.line("these tests need torch: pip install 'katagrad[torch]'")


def test_what_the_code_printed_is_shown_from_its_end(course):
    course.write_body("double", "print(*range(20), sep='\\n')\n    return 0.0")
    result, full = course.run(), course.run("-v")
    assert result.line("printed", "the last 5 of 20 lines; pytest -v shows all")
    assert "                 19" in result.lines
    assert "                 14" not in result.lines
    assert "                 14" in full.lines


def test_hostile_text_is_escaped_wherever_it_is_shown(course):
    escape = "\x1b[2J\x1b]0;owned\x07"
    course.write_body("double", f"print({escape!r})\n    raise ValueError({escape!r} + '\\u202e')")
    course.write_body("spin", f"return {escape!r}")
    course.write_body("tail", f"raise type({escape!r}, (Exception,), {{}})({escape!r})")
    for result in (course.run(), course.run("-vv")):
        assert "\x1b" not in result.out
        assert "\x07" not in result.out
        assert "\u202e" not in result.out
        assert "\\x1b[2J" in result.out


@pytest.mark.parametrize("text", ["raise self", "return 5"])
def test_an_exception_that_cannot_even_say_what_it_is(course, text):
    course.write_body("double", f"class E(Exception):\n        def __str__(self): {text}\n    raise E()")
    result = course.run()
    assert result.line("! u01.double", "crashed", "first.py:12")
    assert result.line("E: its own text cannot be read")


def test_a_message_without_end_is_cut_unless_all_is_asked_for(course):
    course.write_body("double", "raise ValueError('word ' * 10000)")
    result = course.run()
    assert len(result.lines) < 20
    assert "… stands for what was cut: pytest -v shows all" in result.out
    assert course.run("-v").out.count("word") > 700


GIVEN = """
from hypothesis import given, strategies as st
from grader.testing import assert_close, exercise

@exercise("u02.shift")
@given(st.floats(-10, 10))
def test_shift(student, x):
    'One more.'
    assert_close(student.shift(x), x + 1, of="the sum", called="shift(x)")
"""


def test_a_property_shows_its_finding_and_no_more(solved):
    (solved.root / "u02_second" / "test_second.py").write_text(GIVEN, encoding="utf-8")
    assert solved.run().code == 0
    solved.second.write_text("def shift(x):\n    return 2 * x + 1\n", encoding="utf-8")
    result = solved.run()
    assert result.line("✘ u02.shift", "wrong")
    assert result.line("checks", "One more.")
    assert "ypothesis" not in result.out
    assert "alsifying" not in result.out
    assert not list(solved.root.rglob(".hypothesis"))


def test_an_endless_property_is_stopped_once(solved):
    (solved.root / "u02_second" / "test_second.py").write_text(GIVEN, encoding="utf-8")
    text = (solved.root / ".kata/catalogue.json").read_text(encoding="utf-8")
    small = text.replace('"limits":null', '"limits":{"seconds":0.3,"memory_mb":512}')
    (solved.root / ".kata/catalogue.json").write_text(small, encoding="utf-8")
    solved.second.write_text("def shift(x):\n    while True:\n        pass\n", encoding="utf-8")
    result = solved.run()
    assert result.line("T u02.shift", "too slow", "second.py:")
    assert "5/6 exercises · 1 too slow" in result.out
