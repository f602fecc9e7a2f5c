"""From the points of exercises to a student's total: weights of units, and extra credit.

A point of a unit counts `weight / points` times in the total, where the unit has a weight: `points` are those
of all its exercises that are not extra. Without a weight it counts once. Extra credit counts among the
points, and not among the most that can be reached.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from grader.scoring.rubric import exact

_PLACES = 4


class Weighed(Protocol):
    """What counts of an exercise: of course.yml, or as it stands in a gradebook."""

    @property
    def id(self) -> str: ...
    @property
    def points(self) -> float: ...
    @property
    def extra(self) -> bool: ...


class WeighedUnit(Protocol):
    """What counts of a unit."""

    @property
    def id(self) -> str: ...
    @property
    def weight(self) -> float | None: ...
    @property
    def exercises(self) -> Sequence[Weighed]: ...


@dataclass(frozen=True)
class Earned:
    """One exercise that could be graded. points: lateness taken off    worth: what it is worth"""

    exercise: str
    points: float
    worth: float


@dataclass(frozen=True)
class Total:
    """points: earned, which extra credit may bring above the most    max_points: the most without it"""

    points: float
    max_points: float

    @property
    def percent(self) -> float | None:
        """Not bounded by 100; None where nothing counts."""
        return float(100 * exact(self.points) / exact(self.max_points)) if self.max_points else None


@dataclass(frozen=True)
class Scheme:
    """How points become a total.

    extra: ids of exercises that are extra credit    factors: unit id -> how often its points count; else once
    """

    extra: frozenset[str] = frozenset()
    factors: Mapping[str, Fraction] = field(default_factory=dict)

    def total(self, earned: Iterable[Earned], *, weighted: bool = True) -> Total:
        """Of these exercises, to four decimals. weighted: units count by their weights."""
        points = most = Fraction(0)
        for one in earned:
            factor = (
                self.factors.get(one.exercise.partition(".")[0], Fraction(1)) if weighted else Fraction(1)
            )
            points += factor * Fraction(exact(one.points))
            if one.exercise not in self.extra:
                most += factor * Fraction(exact(one.worth))
        return Total(float(round(points, _PLACES)), float(round(most, _PLACES)))


PLAIN = Scheme()  # every point counts once


def scheme(units: Iterable[WeighedUnit]) -> Scheme:
    """The scheme that these units give."""
    units = tuple(units)
    extra = frozenset(exercise.id for unit in units for exercise in unit.exercises if exercise.extra)
    factors = {}
    for unit in units:
        points = sum(Fraction(exact(e.points)) for e in unit.exercises if not e.extra)
        if unit.weight is not None and points:
            factors[unit.id] = Fraction(exact(unit.weight)) / points
    return Scheme(extra, factors)
