from dataclasses import replace
from pathlib import Path

import pytest

from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.session import grade_class
from grader.report.files import report_files

SECRETS = ("SECRET", "test_hidden_name")


@pytest.fixture
def feedback(invented, tmp_path):
    """A function that grades and returns {id: feedback text}."""
    catalogue = invented.make_catalogue(tmp_path)

    def run(students, answers):
        pool = invented.FakePool(catalogue, answers)
        out = tmp_path / "grades"
        class_ = grade_class(
            catalogue, students, pool, out, seed=invented.SEED, extra_files=report_files, fresh=True
        )
        return {s.id: (out / "feedback" / f"{s.id}.txt").read_text(encoding="utf-8") for s in class_.students}

    return run


def one(feedback, invented, exercise, verdict, *tests, **more):
    answer = invented.outcome(exercise, verdict, *tests, **more)
    return feedback([invented.handed_in("ann")], {("ann", exercise): answer})["ann"]


def test_the_whole_of_one_feedback(feedback, invented):
    texts = feedback(*invented.small_class())
    assert texts["june"] == (
        "Gradients by hand (2026.1)\n"
        "feedback for june\n"
        "\n"
        "score      5.6667 of 10 points, 56.7 %\n"
        "handed in  2026-09-17 03:00:00 UTC\n"
        "late rule  u01: 2 days late: 20 % taken\n"
        "next       u01.central_difference: stuck? kata hint u01.central_difference\n"
        "\n"
        "u01 Slopes by nudging: 2.6667 of 4 points\n"
        "  due 2026-09-15 12:00:00 UTC: 2 days late: 20 % taken\n"
        "\n"
        "  ✔ right            u01.forward_difference  0.8 of 1\n"
        "  ✘ wrong            u01.central_difference  0.2667 of 1   1 of 3 tests passed\n"
        "      u01_slopes/slopes.py:7\n"
        "        > return (f(x + h) - f(x - h)) / h\n"
        "      central_difference is wrong\n"
        "      2x too large: missing factor 1/2\n"
        "        called    central_difference(f, 1.7, 0.1)\n"
        "        yours     6.8\n"
        "        expected  3.4\n"
        "      Look at the distance between the two points.\n"
        "      ✘ A parabola is exact\n"
        "      ✘ hidden test: A cubic is off by h squared\n"
        "  ✔ right            u01.grad_check          1.6 of 2\n"
        "\n"
        "u05 The Value class: 3 of 6 points\n"
        "\n"
        "  ✔ right            u05.value_ops  3 of 3\n"
        "  T too slow         u05.backward   0 of 3   0 of 1 tests passed\n"
        "      its tests may use 10 seconds of computing time together\n"
        "      T hidden test: A parabola is exact\n"
    )


def test_of_hidden_tests_only_the_sentence_and_the_diagnosis_are_told(feedback, invented):
    named = Finding(
        what="SECRET", diagnosis="missing factor 1/N", called="SECRET", yours="SECRET", source="SECRET"
    )
    other = Finding(
        what="SECRET", diagnosis="the sign is wrong", expected="SECRET", worst="SECRET", differ="SECRET"
    )
    crash = Finding(
        what="ValueError: SECRET", where="u05_value/value.py:3", source="raise ValueError(SECRET)"
    )
    text = one(
        feedback,
        invented,
        "u05.backward",
        Verdict.WRONG,
        invented.check(Verdict.WRONG, "The mean is taken", name="test_hidden_name", finding=named),
        invented.check(Verdict.WRONG, "The minimum is found", name="test_hidden_name", finding=other),
        invented.check(Verdict.CRASHED, "Works on one number", name="test_hidden_name", finding=crash),
    )
    assert "      missing factor 1/N\n      ✘ hidden test: The mean is taken\n" in text  # said once
    assert "✘ hidden test: The minimum is found -> the sign is wrong\n" in text
    assert "! hidden test: Works on one number\n" in text
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("diagnosis", ["", "missing factor 1/N"])
def test_the_exercises_own_finding_is_hidden_when_it_comes_from_a_hidden_test(feedback, invented, diagnosis):
    hidden = invented.check(Verdict.WRONG, "Hidden", finding=invented.WRONG_HIDDEN)
    public = invented.check(Verdict.WRONG, "Public", public=True, finding=invented.WRONG_PUBLIC)
    # the cause may have been confirmed on the exercise's copy of the finding only
    answer = invented.ExerciseOutcome(
        "u05.backward", Verdict.WRONG, (hidden, public), invented.WRONG_HIDDEN.confirmed(diagnosis)
    )
    text = feedback([invented.handed_in("ann")], {("ann", "u05.backward"): answer})["ann"]
    assert not [secret for secret in SECRETS if secret in text]
    assert "called    central_difference(f, 1.7, 0.1)" in text  # the public one is shown instead


def test_the_same_reason_is_not_told_again_and_again(feedback, invented):
    broken = Finding("the file cannot be read", where="u01_slopes/slopes.py:3", source="def f(:")
    check = invented.check(Verdict.CRASHED, public=True, finding=broken)
    ids = [e.id for e in invented.make_catalogue(Path("x")).exercises if e.unit_id == "u01"]
    answers = {("ann", id): invented.ExerciseOutcome(id, Verdict.CRASHED, (check,), broken) for id in ids}
    text = feedback([invented.handed_in("ann")], answers)["ann"]
    assert text.count("the file cannot be read") == 1
    assert text.count("for the same reason") == len(ids) - 1 > 0


def test_a_public_finding_keeps_the_place_that_was_found_for_it(feedback, invented):
    finding = Finding("f is wrong", called="f(2)", yours="1", expected="2")
    test = invented.check(Verdict.WRONG, public=True, finding=finding)
    placed = Finding("f is wrong", called="f(2)", yours="1", expected="2", where="u05_value/value.py:12")
    answer = invented.ExerciseOutcome("u05.backward", Verdict.WRONG, (test,), placed)
    text = feedback([invented.handed_in("ann")], {("ann", "u05.backward"): answer})["ann"]
    assert "u05_value/value.py:12\n      f is wrong\n        called    f(2)\n" in text


def test_what_concerns_the_file_as_a_whole_is_shown(feedback, invented):
    broken = Finding(
        "the file cannot be read: invalid syntax", where="u05_value/value.py:3", source="def f(:\n     ^"
    )
    tests = [invented.check(Verdict.CRASHED, finding=broken, public=public) for public in (True, False)]
    text = one(feedback, invented, "u05.backward", Verdict.CRASHED, *tests)
    assert (
        "u05_value/value.py:3\n        > def f(:\n        >      ^\n      the file cannot be read: invalid"
        in text
    )
    ruled = Finding("autograd is forbidden here", where="u05_value/value.py:14", source="x.backward()")
    text = one(
        feedback,
        invented,
        "u05.backward",
        Verdict.RULE_BROKEN,
        invented.check(Verdict.RULE_BROKEN, finding=ruled),
    )
    assert "autograd is forbidden here" in text
    assert "u05_value/value.py:14" in text


def test_a_grader_error_is_said_to_be_ours_and_costs_nothing(feedback, invented):
    ours = Finding(what="the test itself failed: SECRET", where="/solutions/SECRET.py:3")
    text = one(
        feedback,
        invented,
        "u01.grad_check",
        Verdict.GRADER_ERROR,
        invented.check(Verdict.WRONG, finding=ours),
    )
    assert "score      8 of 8 points, 100 %\n" in text
    assert "1 exercise could not be graded: left out, no point lost" in text
    assert "That is our fault, not yours: it costs you nothing" in text
    assert "SECRET" not in text


def test_lateness_missing_files_and_upload_problems_are_told(feedback, invented):
    texts = feedback(*invented.small_class())
    assert (
        "about your upload\n  - value.py is not UTF-8: left out\n  - ignored: conftest.py\n" in texts["yara"]
    )
    assert "  · to do            u05_value/value.py was not handed in: 2 exercises to do\n" in texts["yara"]
    assert "u05.backward" not in texts["yara"]
    assert "none of the course's files came" in texts["vic"]
    assert "zoe.zip cannot be read: not a zip file" in texts["zoe"]
    assert "handed in  no timestamp\n" in texts["sam"]
    assert "late rule  u01: no timestamp: taken as on time" in texts["sam"]
    assert "needs u05.value_ops: get that right first" in texts["kim"]


def test_hostile_text_is_shown_by_its_codes(feedback, invented):
    evil = Finding(
        what="\x1b]0;title\x07boom\n\x1b[2J", yours="\u202eevil", where="x\x1b.py:1", source="a\x1b[0m\tb"
    )
    texts = feedback(
        [
            invented.handed_in(
                "ann", problems=("bad\x1b[31m\nname",), ignored=tuple(f"f\x1b{i}" for i in range(50))
            )
        ],
        {
            ("ann", "u05.backward"): invented.outcome(
                "u05.backward",
                Verdict.WRONG,
                invented.check(Verdict.WRONG, "T\x1b", public=True, finding=evil),
            )
        },
    )
    assert not set("\x1b\x07\u202e\t") & set(texts["ann"])
    assert "\\x1b]0;title\\x07boom" in texts["ann"]
    assert "- ignored: 30 more files" in texts["ann"]


def test_many_failed_tests_are_folded_and_the_cut_is_said(feedback, invented):
    same = [invented.check(Verdict.WRONG, "Every shape works") for _ in range(40)]
    others = [invented.check(Verdict.WRONG, f"Case {index}") for index in range(14)]
    text = one(feedback, invented, "u05.backward", Verdict.WRONG, *same, *others)
    assert "✘ hidden test: Every shape works (40 cases)\n" in text
    assert "and 9 more tests did not pass\n" in text
    assert "Case 13" not in text


def test_follow_through_is_told_with_what_it_counts(feedback, invented):
    followed = invented.check(Verdict.WRONG, followed=True)
    right = {"needs": ("u05.value_ops",), "followed": ("u05.value_ops",)}
    text = one(feedback, invented, "u05.backward", Verdict.RIGHT, followed, **right)
    assert "  ✔ right            u05.backward   3 of 3\n" in text
    assert "      right with the course's own u05.value_ops in place of yours: counts in full\n" in text
    three = {"needs": ("a", "b", "c"), "followed": ("a", "b", "c")}
    text = one(feedback, invented, "u05.backward", Verdict.RIGHT, followed, **three)
    assert "right with the course's own a, b and c in place of yours" in text


def test_of_many_needs_a_few_are_named(feedback, invented):
    needs = tuple(f"u01.e{number}" for number in range(30))
    text = one(feedback, invented, "u05.backward", Verdict.NOT_CHECKED, needs=needs)
    assert "needs u01.e0, u01.e1, u01.e2, u01.e3 and 26 more: get these right first" in text


def test_what_is_wrong_with_the_reference_in_place_too_says_so_and_no_more(feedback, invented):
    words = Finding("it is wrong too when the course's own u05.value_ops stands in for yours")
    tests = [
        invented.check(Verdict.WRONG, "It passes then", followed=True),
        invented.check(Verdict.WRONG, "It fails then too"),
    ]
    answer = invented.outcome("u05.backward", Verdict.WRONG, *tests, followed=("u05.value_ops",))
    answer = replace(answer, finding=words)
    text = feedback([invented.handed_in("ann")], {("ann", "u05.backward"): answer})["ann"]
    assert words.what in text
    assert "It fails then too" in text
    assert "It passes then" not in text
    assert "u05.backward   1.5 of 3" in text
