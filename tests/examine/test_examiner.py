"""What examining a student comes to: one outcome for each exercise, and whose fault it was."""

from dataclasses import replace

import pytest

from grader.examine.outcome import Verdict

ALL = ("plus", "shares", "pair", "mean", "literal", "drawn", "careful", "broken", "skipped", "last")
SOUND = {name for name in ALL if name not in ("broken", "skipped")}


def test_the_reference_is_right_in_all_but_the_courses_own_faults(examine):
    got = examine()
    assert {name for name, outcome in got.items() if outcome.verdict is Verdict.RIGHT} == SOUND
    assert tuple(got) == ALL
    assert got.plus.passed_share == 1.0
    assert got.plus.finding is None


def test_a_test_that_breaks_on_the_reference_too_is_our_fault(examine):
    outcome = examine().broken
    assert outcome.verdict is Verdict.GRADER_ERROR
    assert outcome.finding.what == "the test itself failed: ZeroDivisionError: in the test"
    assert outcome.finding.where.startswith("u01_odd/test_hidden_odd.py:")
    assert "not your fault" in outcome.finding.help


def test_skipped_and_xfailed_tests_earn_nothing(examine):
    outcome = examine().skipped
    assert outcome.verdict is not Verdict.RIGHT
    assert outcome.passed_share == 0.0


@pytest.mark.parametrize(
    "body",
    [
        "return None",
        "return 5",
        "return (x,)",
        "return {}",
        "return (x, [])",
        "return (None, [x])",
        "return (x, {1: x})",
        "class Odd: pass\nreturn Odd()",
        "return lambda: x",
    ],
)
def test_a_test_that_breaks_over_an_odd_result_is_the_students(examine, body):
    outcome = examine(pair=body).pair
    assert outcome.verdict in (Verdict.WRONG, Verdict.CRASHED)
    assert outcome.passed_share == 0.0


def test_how_an_odd_result_is_told(examine):
    outcome = examine(pair="return (x,)").pair
    assert outcome.verdict is Verdict.WRONG
    assert outcome.finding.what == "the result has a form that the test cannot use"
    assert outcome.finding.where == "u01_odd/odd.py:18"


def test_weights_and_parametrized_cases_share_the_points(examine):
    outcome = examine(shares="return n if n != 2 else 0").shares
    assert outcome.verdict is Verdict.WRONG
    assert [(test.name, test.share) for test in outcome.tests] == [
        *((f"test_hidden_odd::test_three_cases[{n}]", 2.0) for n in (1, 2, 3)),
        ("test_hidden_odd::test_one_case", 2.0),
    ]
    assert outcome.passed_share == 0.75
    assert [test.title for test in outcome.tests][-1] == "One case."


def test_public_tests_weigh_one_and_count_where_a_hidden_one_passes(examine):
    outcome = examine(plus="return 2").plus
    assert [(test.public, test.share, test.verdict) for test in outcome.tests] == [
        (False, 3.0, Verdict.WRONG),
        (True, 1.0, Verdict.RIGHT),
    ]
    assert outcome.passed_share == 0.0
    hidden, public = outcome.tests
    half = replace(outcome, tests=(hidden, replace(hidden, verdict=Verdict.RIGHT), public))
    assert half.passed_share == 4 / 7


def test_the_finding_points_at_the_function(examine):
    outcome = examine(plus="return a - b").plus
    assert outcome.finding.where == "u01_odd/odd.py:4"
    assert outcome.finding.called == "plus(a, b)"


@pytest.mark.parametrize(
    "body",
    [
        "raise NotImplementedError",
        "# a comment\nraise NotImplementedError",
        '"""Another docstring."""\nraise NotImplementedError',
    ],
)
def test_an_unchanged_function_is_to_do(examine, body):
    outcome = examine(plus=body).plus
    assert outcome.verdict is Verdict.TODO
    assert outcome.passed_share == 0.0
    assert outcome.finding.what == "nothing was written here yet"
    assert outcome.tests == ()


def test_a_line_left_in_is_told_by_its_number(examine):
    got = examine(plus="total = a + b\nraise NotImplementedError\nreturn total")
    assert got.plus.verdict is Verdict.TODO
    assert got.plus.finding.what == "you left `raise NotImplementedError` on line 7"
    assert got.plus.passed_share == 0.0
    assert got.last.verdict is Verdict.RIGHT


def test_a_line_left_in_one_branch_costs_that_branch_only(examine):
    outcome = examine(shares="if n == 2:\n    raise NotImplementedError\nreturn n").shares
    assert outcome.verdict is Verdict.WRONG
    assert outcome.finding.what.startswith("you left `raise NotImplementedError`")
    assert outcome.passed_share == 0.75


def test_a_file_that_was_not_handed_in_is_to_do(examine):
    got = examine(files={"u01_odd/odd.py": None})
    assert {outcome.verdict for outcome in got.values()} == {Verdict.TODO}
    assert got.plus.finding.what == "the file u01_odd/odd.py was not handed in"


def test_a_syntax_error_costs_the_file_and_names_the_line(examine):
    got = examine("x = 1\ndef plus(a, b)\n    return a + b\n")
    assert got.mean.verdict is Verdict.NOT_CHECKED  # it needs plus
    assert {outcome.verdict for name, outcome in got.items() if name != "mean"} == {Verdict.CRASHED}
    finding = got.plus.finding
    assert finding.what == "the file cannot be read: expected ':'"
    assert finding.where == "u01_odd/odd.py:2"
    assert finding.source == "def plus(a, b)\n              ^"
    assert "Mend this line first" in finding.help


def test_a_syntax_error_elsewhere_is_told_where_it_is(examine):
    outcome = examine("def plus(:\n", unit="u02").twice
    assert outcome.verdict is Verdict.CRASHED
    assert outcome.finding.where == "u01_odd/odd.py:1"


def test_an_empty_file_is_a_missing_function(examine):
    outcome = examine("").plus
    assert outcome.verdict is Verdict.CRASHED
    assert "no attribute 'plus'" in outcome.finding.what


def test_a_crash_shows_the_students_line(examine):
    got = examine(plus="c = a\nreturn c + undefined_name")
    assert got.plus.verdict is Verdict.CRASHED
    assert got.plus.finding.what == "NameError: name 'undefined_name' is not defined"
    assert got.plus.finding.where == "u01_odd/odd.py:7"
    assert got.plus.finding.source == "return c + undefined_name"
    assert got.shares.verdict is Verdict.RIGHT


def test_what_depends_on_a_crash_is_followed_through(examine):
    got = examine(plus="return a + undefined_name")
    assert got.mean.verdict is Verdict.RIGHT
    assert got.mean.needs == got.mean.followed == ("u01.plus",)
    assert got.mean.passed_share == 0.0
    assert got.mean.share(1.0) == 1.0


def test_what_is_wrong_by_itself_is_wrong_where_its_needs_are_right(examine):
    got = examine(mean="return 0.5")
    assert got.mean.verdict is Verdict.WRONG
    assert got.mean.needs == ()


def test_an_address_in_a_message_is_left_out(examine):
    finding = examine(plus="raise ValueError(f'{object()} and {plus}')").plus.finding
    assert finding.what == "ValueError: <object object> and <function plus>"


@pytest.mark.parametrize(
    ("body", "verdict", "what"),
    [
        ("while True: pass", Verdict.TOO_SLOW, "stopped after 1 s of computing"),
        ("return [0] * 10**9", Verdict.TOO_MUCH_MEMORY, "the code asked for more memory than it may have"),
        ("import os; os._exit(0)", Verdict.CRASHED, "the program ended itself (exit code 0)"),
        ("raise SystemExit", Verdict.CRASHED, "SystemExit"),
        ("raise KeyboardInterrupt", Verdict.CRASHED, "KeyboardInterrupt"),
    ],
)
def test_what_ends_or_holds_the_worker_costs_one_exercise(examine, body, verdict, what):
    got = examine(shares=body)
    assert (got.shares.verdict, got.shares.finding.what) == (verdict, what)
    assert got.shares.passed_share == 0.0
    assert {got[name].verdict for name in SOUND - {"shares"}} == {Verdict.RIGHT}


def test_what_an_earlier_exercise_left_behind_does_not_make_a_later_one_fail(examine):
    """The second answer is right in a fresh worker, and spoilt by the first one's side effect."""
    got = examine(
        top="broken_state = [False]\n",
        plus="broken_state[0] = True\nreturn a + b",
        last="return None if broken_state[0] else x",
    )
    assert got.plus.verdict is Verdict.RIGHT
    assert got.last.verdict is Verdict.RIGHT


def test_a_failure_by_its_own_side_effect_counts(examine):
    got = examine(top="calls = []\n", shares="calls.append(n)\nreturn n if len(calls) < 3 else 0")
    assert got.shares.verdict is Verdict.WRONG
    assert got.shares.passed_share == 0.5


def test_an_answer_that_changes_its_mind_is_wrong(examine):
    """Hypothesis calls again to be sure; the second answer is right."""
    got = examine(top="seen = []\n", drawn="seen.append(1)\nreturn x * x if len(seen) % 2 == 0 else x + 9")
    assert got.drawn.verdict is Verdict.WRONG


def test_a_cause_is_named_when_another_draw_confirms_it(examine):
    finding = examine(careful="return 2.0 * x").careful.finding
    assert finding.diagnosis == "a factor 2 too much"


def test_a_cause_that_fits_one_draw_only_is_not_named(examine):
    """Each draw is off by a factor of its own, which one draw alone would give as the cause."""
    finding = examine(careful="return x * (1.0 + x[0] ** 2) + x[::-1] ** 3").careful.finding
    assert finding.what.startswith("x ")
    assert finding.diagnosis == ""


def test_two_tests_with_literal_numbers_confirm_each_other(examine):
    assert examine(literal="return -3.0 * x").literal.finding.diagnosis == "the sign is wrong (times -1)"
    assert examine(literal="return 6.0").literal.finding.diagnosis == ""


def test_the_second_draw_of_hypothesis_is_another_one(examine):
    """Hypothesis always begins with the simplest case, here all zeros, whatever its seed is."""
    finding = examine(drawn="return x * x + 1.0 + x**3").drawn.finding
    assert finding.diagnosis == ""
    finding = examine(drawn="return x * x + 1.0").drawn.finding
    assert finding.diagnosis == "off by the same number everywhere"


def test_whoever_hangs_while_the_cause_is_looked_for_loses_nothing_else(examine):
    """The third call never ends: the first two were wrong answers, the third is the second draw."""
    got = examine(
        top="calls = []\n",
        careful="calls.append(1)\nwhile len(calls) > 1: pass\nreturn 2.0 * x",
    )
    assert got.careful.verdict is Verdict.WRONG
    assert got.last.verdict is Verdict.RIGHT


def test_another_unit_sees_the_earlier_file(examine):
    assert examine(unit="u02").twice.verdict is Verdict.RIGHT
    got = examine(unit="u02", plus="return a * b")
    assert got.twice.verdict is Verdict.WRONG


def test_a_missing_earlier_file_counts_as_untouched(examine):
    outcome = examine(unit="u02", files={"u01_odd/odd.py": None}).twice
    assert (outcome.verdict, outcome.followed) == (Verdict.RIGHT, ("u01.plus",))


def test_a_missing_module_that_nothing_needs_is_the_students(examine):
    outcome = examine(unit="u02", top="import u03_other\n").twice
    assert outcome.verdict is Verdict.CRASHED
    assert "No module named 'u03_other'" in outcome.finding.what


def test_a_second_examination_says_the_same(examine):
    bodies = {"plus": "return a - b", "careful": "return x[::-1]", "drawn": "return x + 1"}

    def shown(got):
        return [
            (o.exercise, o.verdict, o.finding, [(t.name, t.verdict, t.finding) for t in o.tests])
            for o in got.values()
        ]

    assert shown(examine(**bodies)) == shown(examine(**bodies))
