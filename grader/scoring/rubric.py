"""From what the tests showed to points: weights share, lateness takes, our own errors cost nothing."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from grader.course.model import Exercise
from grader.examine.outcome import Examined, Verdict, earned_share

EARNS_NOTHING = frozenset({Verdict.TODO, Verdict.RULE_BROKEN})  # whatever single tests say
_PLACES = Decimal("0.0001")
_SHARE_PLACES = Decimal("0.000000000001")  # the noise of adding weights as floats ends before this


@dataclass(frozen=True)
class Score:
    """Points for one exercise. `points` is None where we could not grade: neither earned nor lost.

    penalty: the fraction that lateness took, 0..1; it is already taken off `points`.
    """

    points: float | None
    max_points: float
    penalty: float = 0.0


def exact(number: float) -> Decimal:
    """The decimal that a person reads when this float is printed: 0.1 is one tenth."""
    return Decimal(repr(float(number)))


def rounded(number: Decimal) -> float:
    """To four decimals, halves to the even digit; never "-0.0"."""
    return float(number.quantize(_PLACES, ROUND_HALF_EVEN)) + 0.0


def our_error(examined: Examined) -> bool:
    """Whether any part of this exercise could not be checked through our own fault."""
    return Verdict.GRADER_ERROR in {examined.verdict, *(test.verdict for test in examined.tests)}


def score(examined: Examined, exercise: Exercise, penalty: float = 0.0, follow_through: float = 1.0) -> Score:
    """Points = points of the exercise * share of the test weight that was earned * (1 - penalty).

    examined: the outcome, or the record of an earlier one: both score alike
    penalty: fraction taken for lateness, 0..1
    follow_through: what a test is worth that passes once the reference stands in for what is needed, 0..1
    """
    if our_error(examined):
        return Score(points=None, max_points=exercise.points, penalty=penalty)
    earned = 0.0 if examined.verdict in EARNS_NOTHING else earned_share(examined, follow_through)
    share = exact(earned)
    share = min(max(share.quantize(_SHARE_PLACES, ROUND_HALF_EVEN), Decimal(0)), Decimal(1))
    points = exact(exercise.points) * share * (1 - exact(penalty))
    return Score(points=rounded(points), max_points=exercise.points, penalty=penalty)
