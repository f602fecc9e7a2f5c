from pathlib import Path

import pytest

from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.session import grade_class
from grader.report.summary import summarize


@pytest.fixture
def summary(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)

    def run(students, answers):
        pool = invented.FakePool(catalogue, answers)
        return summarize(
            grade_class(catalogue, students, pool, Path(tmp_path / "grades"), seed=invented.SEED, fresh=True)
        )

    return run


def wrong(invented, diagnosis="", title="A title"):
    finding = Finding("x", diagnosis=diagnosis)
    return invented.outcome(
        "u05.backward", Verdict.WRONG, invented.check(Verdict.WRONG, title, finding=finding)
    )


def row(summary, id):
    return next(row for row in summary.rows if row.exercise.id == id)


def test_the_commonest_mistake_counts_each_student_once(summary, invented):
    mistakes = ["sign", "missing 1/N", "sign", "", ""]
    students = [invented.handed_in(f"s{index}") for index in range(len(mistakes))]
    answers = {(f"s{i}", "u05.backward"): wrong(invented, m, f"Test {i}") for i, m in enumerate(mistakes)}
    found = row(summary(students, answers), "u05.backward")
    assert (found.mistake, found.times, found.passed, found.counted) == ("sign", 2, 0, 5)


def test_a_mistake_with_a_name_comes_before_many_crashes(summary, invented):
    crash = invented.outcome("u05.backward", Verdict.CRASHED, invented.check(Verdict.CRASHED))
    answers = {("ann", "u05.backward"): wrong(invented, "sign")}
    answers |= {(id, "u05.backward"): crash for id in ("bob", "cid")}
    found = row(summary([invented.handed_in(id) for id in ("ann", "bob", "cid")], answers), "u05.backward")
    assert (found.mistake, found.times) == ("sign", 1)


def crash(invented, exercise, what, where="u05_value/value.py:3"):
    finding = Finding(what, where=where)
    return invented.outcome(exercise, Verdict.CRASHED, invented.check(Verdict.CRASHED, finding=finding))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("RecursionError: maximum recursion depth exceeded", "crashed: RecursionError"),
        ("StopIteration", "crashed: StopIteration"),
        ("the program ended itself (exit code 0)", "crashed"),
        ("a b: c", "crashed"),
        ("x" * 50 + ": too long", "crashed"),
        ("\x1b[2J: no name", "crashed"),
    ],
)
def test_a_crash_has_the_name_of_its_error(summary, invented, what, told):
    answers = {(id, "u05.backward"): crash(invented, "u05.backward", what) for id in ("ann", "bob")}
    answers[("cid", "u05.backward")] = wrong(invented, "sign")
    found = row(summary([invented.handed_in(id) for id in ("ann", "bob")], answers), "u05.backward")
    assert (found.mistake, found.times) == (told, 2)
    found = row(summary([invented.handed_in(id) for id in ("ann", "bob", "cid")], answers), "u05.backward")
    assert found.mistake == (told if ":" in told else "sign")


def test_of_equals_the_first_student_counts(summary, invented):
    answers = {("ann", "u05.backward"): wrong(invented, "z"), ("bob", "u05.backward"): wrong(invented, "a")}
    found = row(summary([invented.handed_in(id) for id in ("bob", "ann")], answers), "u05.backward")
    assert (found.mistake, found.times) == ("z", 1)


def test_a_single_crash_in_a_unit_that_runs_is_not_worth_a_look(summary, invented):
    error = "ValueError: x"
    assert (
        summary(
            [invented.handed_in("ann")], {("ann", "u05.backward"): crash(invented, "u05.backward", error)}
        ).look_at
        == ()
    )
    both = {
        ("ann", id): crash(invented, id, error) for id in ("u05.value_ops", "u05.backward", "u01.grad_check")
    }
    told = summary([invented.handed_in("ann")], both).look_at
    assert told == ((("ann 2/10",), "2 crashed in u05"),)


def test_points_of_whoever_crashed_are_rounded(summary, invented):
    part = invented.outcome(
        "u01.grad_check", Verdict.WRONG, invented.check(share=2.0), invented.check(Verdict.WRONG)
    )
    answers = {("ann", id): crash(invented, id, "ValueError") for id in ("u05.value_ops", "u05.backward")}
    told = summary([invented.handed_in("ann")], answers | {("ann", "u01.grad_check"): part}).look_at
    assert told[0][0] == ("ann 3.3/10",)


@pytest.mark.parametrize(
    ("what", "where", "told"),
    [
        (
            "line 14 uses `torch.softmax`: after a dot only listed names",
            "u05_value/value.py:14",
            " line 14: uses `torch.softmax`",
        ),
        ("the program calls `torch.grad`: a tripwire", "u05_value/value.py:14", " line 14"),
        ("line 14 uses `x\x1b[2J`: no", "u05_value/value.py:14", " line 14: uses `x\\x1b[2J`"),
        ("forbidden", "", ""),
    ],
)
def test_a_breach_is_told_with_its_line_and_what_stands_there(summary, invented, what, where, told):
    finding = Finding(what, where=where)
    answers = {
        ("ann", id): invented.outcome(
            id, Verdict.RULE_BROKEN, invented.check(Verdict.RULE_BROKEN, finding=finding)
        )
        for id in ("u05.value_ops", "u05.backward")
    }
    found = summary([invented.handed_in("ann")], answers).look_at
    assert found == ((("ann",), f"rule broken in u05.value_ops{told}, and in 1 more"),)


def test_without_a_diagnosis_the_failing_test_is_named(summary, invented):
    answers = {("ann", "u05.backward"): wrong(invented, title="Chains of 3000 nodes work")}
    assert (
        row(summary([invented.handed_in("ann")], answers), "u05.backward").mistake
        == "fails: Chains of 3000 nodes work"
    )


def test_to_do_and_our_errors_are_no_mistakes(summary, invented):
    answers = {
        ("ann", "u05.backward"): invented.outcome("u05.backward", Verdict.TODO),
        ("bob", "u05.backward"): invented.outcome("u05.backward", Verdict.GRADER_ERROR),
        ("cid", "u05.backward"): invented.outcome("u05.backward", Verdict.NOT_CHECKED),
    }
    found = row(summary([invented.handed_in(id) for id in ("ann", "bob", "cid")], answers), "u05.backward")
    assert (found.mistake, found.counted, found.passed) == ("", 2, 0)


def test_who_handed_in_nothing_does_not_count(summary, invented):
    found = summary([invented.handed_in("ann"), invented.handed_in("vic", {})], {})
    assert (found.submissions, found.handed_in) == (2, 1)
    assert found.quartiles == (100.0, 100.0, 100.0)
    assert found.tens == (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    assert all(row.rate == 1 for row in found.rows)


def test_quartiles_and_tens(summary, invented):
    # 7, 4 and 10 of 10 points
    half = {("ann", "u05.backward"), ("bob", "u05.backward"), ("bob", "u05.value_ops")}
    answers = {key: invented.outcome(key[1], Verdict.WRONG) for key in half}
    found = summary([invented.handed_in(id) for id in ("ann", "bob", "cid")], answers)
    assert found.quartiles == (55.0, 70.0, 85.0)
    assert found.tens == (0, 0, 0, 0, 1, 0, 0, 1, 0, 1)


def test_among_equals_the_hardest_is_where_least_was_earned(summary, invented):
    part = invented.outcome("u05.value_ops", Verdict.WRONG, invented.check(), invented.check(Verdict.WRONG))
    answers = {("ann", "u05.value_ops"): part, ("ann", "u05.backward"): wrong(invented)}
    found = summary([invented.handed_in("ann")], answers)
    assert [row.exercise.id for row in found.rows if row.hardest] == ["u05.backward"]
    alike = {("ann", id): invented.outcome(id, Verdict.WRONG) for id in ("u05.value_ops", "u05.backward")}
    assert not [row for row in summary([invented.handed_in("ann")], alike).rows if row.hardest]


def test_what_to_look_at_stands_in_order_of_gravity(summary, invented):
    rule = Finding("forbidden", where="u05_value/value.py:14")
    broken = invented.outcome(
        "u05.backward", Verdict.RULE_BROKEN, invented.check(Verdict.RULE_BROKEN, finding=rule)
    )
    hog = invented.outcome("u05.backward", Verdict.TOO_MUCH_MEMORY)
    students, answers = invented.small_class()
    students += [invented.handed_in("moe"), invented.handed_in("ned")]
    told = summary(
        students, {**answers, ("moe", "u05.backward"): broken, ("ned", "u05.backward"): hog}
    ).look_at
    assert [f"{', '.join(who)}: {what}" for who, what in told] == [
        "yara: GRADER ERROR on u01.grad_check",
        "vic: nothing handed in",
        "yara: upload: value.py is not UTF-8: left out",
        "zoe: nothing handed in: zoe.zip cannot be read: not a zip file",
        "moe: rule broken in u05.backward line 14",
        "kim 4/10: 1 crashed in u05",
        "june, sam: too slow on u05.backward",
        "ned: too much memory on u05.backward",
    ]
