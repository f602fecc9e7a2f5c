"""Weights of units and extra credit: one formula, and every number of it by hand."""

import pytest

from grader.course.model import Exercise, Unit
from grader.scoring.total import PLAIN, Earned, scheme


def unit(id, *exercises, **more):
    made = [
        Exercise(id=f"{id}.{name}", title="T", symbols=("f",), points=points, extra=name.startswith("extra"))
        for name, points in exercises
    ]
    return Unit(id=id, title="T", folder=f"{id}_x", exercises=tuple(made), **more)


SLOPES = unit("u01", ("a", 4), ("b", 6), ("extra", 2))
VALUE = unit("u05", ("a", 30), weight=50)
FULL = [Earned("u01.a", 4, 4), Earned("u01.b", 6, 6), Earned("u05.a", 30, 30)]


def figures(units, earned):
    total = scheme(units).total(earned)
    return total.points, total.max_points, total.percent


def test_without_weights_points_are_points():
    assert figures([SLOPES], [Earned("u01.a", 1.5, 4), Earned("u01.b", 6, 6)]) == (7.5, 10, 75)
    assert PLAIN.total(FULL).points == 40
    assert PLAIN.total([]).percent is None


def test_extra_credit_counts_among_the_points_only():
    assert figures([SLOPES], [*FULL[:2], Earned("u01.extra", 2, 2)]) == (12, 10, 120)
    assert figures([SLOPES], [*FULL[:2], Earned("u01.extra", 0, 2)]) == (10, 10, 100)
    assert figures([SLOPES], [Earned("u01.extra", 1, 2)]) == (1, 0, None)


def test_a_weight_is_what_the_unit_is_worth():
    assert figures([SLOPES, VALUE], FULL) == (60, 60, 100)
    assert figures([SLOPES, VALUE], [*FULL[:2], Earned("u05.a", 15, 30)]) == (35, 60, pytest.approx(58.3333))
    assert figures([VALUE], FULL[2:]) == (50, 50, 100)


def test_extra_credit_is_weighted_as_its_unit_is():
    weighted = unit("u01", ("a", 4), ("b", 6), ("extra", 2), weight=20)
    assert figures([weighted], [*FULL[:2], Earned("u01.extra", 2, 2)]) == (24, 20, 120)


def test_a_unit_of_no_weight_counts_for_nothing():
    assert figures([unit("u01", ("a", 4), weight=0), VALUE], [FULL[0], Earned("u05.a", 3, 30)]) == (5, 50, 10)
    assert figures([unit("u01", ("a", 4), weight=0)], FULL[:1]) == (0, 0, None)


def test_what_could_not_be_graded_takes_its_part_of_the_weight_along():
    weighted = unit("u01", ("a", 1), ("b", 2), weight=10)
    assert figures([weighted], [Earned("u01.b", 2, 2)]) == (6.6667, 6.6667, 100)


def test_thirds_are_no_noise():
    thirds = unit("u01", ("a", 3), weight=10)
    assert figures([thirds], [Earned("u01.a", 1, 3)]) == (3.3333, 10, pytest.approx(33.333))
    tenths = unit("u01", *((f"e{n}", 0.1) for n in range(10)))
    assert figures([tenths], [Earned(f"u01.e{n}", 0.1, 0.1) for n in range(10)]) == (1.0, 1.0, 100.0)


def test_a_unit_is_told_in_its_own_points():
    assert scheme([SLOPES, VALUE]).total(FULL[2:], weighted=False).points == 30
