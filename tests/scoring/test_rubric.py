import pytest

from grader.course.model import Exercise
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.scoring.rubric import score


def exercise(points: float) -> Exercise:
    return Exercise(id="u01.slope", title="Slope", symbols=("slope",), points=points)


def ran(*shares_and_verdicts: tuple[float, Verdict]) -> tuple[TestOutcome, ...]:
    return tuple(
        TestOutcome("test", "It works", False, share, verdict) for share, verdict in shares_and_verdicts
    )


def outcome(verdict: Verdict, *shares_and_verdicts: tuple[float, Verdict]) -> ExerciseOutcome:
    return ExerciseOutcome("u01.slope", verdict, ran(*shares_and_verdicts))


RIGHT, WRONG = Verdict.RIGHT, Verdict.WRONG


def test_points_are_shared_by_weight():
    assert score(outcome(WRONG, (1, RIGHT), (2, WRONG), (1, RIGHT)), exercise(3)).points == 1.5
    assert score(outcome(RIGHT, (1, RIGHT), (2, RIGHT)), exercise(3)).points == 3.0
    assert score(outcome(WRONG, (1, WRONG)), exercise(3)).points == 0.0


def test_thirds_round_to_four_decimals_and_add_up_when_all_is_right():
    third = 1 / 3
    assert score(outcome(WRONG, (third, RIGHT), (third, WRONG), (third, WRONG)), exercise(1)).points == 0.3333
    assert score(outcome(RIGHT, (0.1, RIGHT), (0.2, RIGHT), (0.7, RIGHT)), exercise(1)).points == 1.0


@pytest.mark.parametrize(("points", "rounded"), [(0.0001, 0.0), (0.0003, 0.0002), (0.0005, 0.0002)])
def test_halves_go_to_the_even_digit(points, rounded):
    # half of the points: 0.00005 -> 0.0000, 0.00015 -> 0.0002, 0.00025 -> 0.0002
    assert score(outcome(WRONG, (1, RIGHT), (1, WRONG)), exercise(points)).points == rounded


def test_noise_of_adding_weights_does_not_move_a_half():
    # (0.1 + 0.2) / 0.8 is 0.37500000000000006 as a float; 0.0012 * 0.375 = 0.00045 is a half
    shares = outcome(WRONG, (0.1, RIGHT), (0.2, RIGHT), (0.5, WRONG))
    assert score(shares, exercise(0.0012)).points == 0.0004


@pytest.mark.parametrize("verdict", [Verdict.TODO, Verdict.RULE_BROKEN])
def test_some_verdicts_earn_nothing_whatever_the_tests_say(verdict):
    assert score(outcome(verdict, (1, RIGHT), (1, RIGHT)), exercise(3)).points == 0.0


@pytest.mark.parametrize("verdict", [Verdict.NOT_CHECKED, Verdict.CRASHED, Verdict.TOO_SLOW])
def test_what_passed_beside_a_failure_counts(verdict):
    assert score(outcome(verdict, (1, RIGHT), (2, verdict)), exercise(3)).points == 1.0


def test_an_exercise_without_tests_earns_nothing():
    assert score(outcome(RIGHT), exercise(3)).points == 0.0


def test_lateness_takes_its_part():
    late = score(outcome(RIGHT, (1, RIGHT)), exercise(3), penalty=0.2)
    assert (late.points, late.max_points, late.penalty) == (2.4, 3, 0.2)
    assert score(outcome(RIGHT, (1, RIGHT)), exercise(3), penalty=1.0).points == 0.0


def test_our_error_is_neither_earned_nor_lost():
    assert score(outcome(Verdict.GRADER_ERROR, (1, RIGHT)), exercise(3)).points is None
    assert score(outcome(WRONG, (1, WRONG), (1, Verdict.GRADER_ERROR)), exercise(3)).points is None
    assert score(outcome(Verdict.GRADER_ERROR), exercise(3), penalty=1.0).points is None
