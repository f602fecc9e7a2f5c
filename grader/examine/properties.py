"""How Hypothesis behaves in the tests of the course. Only where there are such tests is it imported."""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from grader.examine.desk import Desk, exercise_of, test_key

SIMPLE_CASES = 6  # Hypothesis gives up simple ones after 5 in a row that do not count
MAX_EXAMPLES = 10  # an example costs about a millisecond, for every submission


def configure() -> None:
    """Set the course's profile. Before the tests are imported: @given takes what it finds."""
    # Constants found in loaded source files would make the drawn cases depend on what is loaded.
    providers.HypothesisProvider._local_constants = Constants()  # type: ignore[assignment]
    hypothesis.settings.register_profile(
        "katagrad",
        max_examples=MAX_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("katagrad")


def seed(item: pytest.Item, desk: Desk) -> None:
    """Give a @given test the cases of this course, exercise, test and draw."""
    function = item.obj  # type: ignore[attr-defined]
    hypothesis.seed(desk.seed.number(exercise_of(item)[0], test_key(item), desk.draw))(function)
    inner = getattr(function.hypothesis.inner_test, "__kata_inner__", function.hypothesis.inner_test)
    function.hypothesis.inner_test = _one_by_one(inner, desk, SIMPLE_CASES if desk.draw else 0)


def _one_by_one(inner: Callable[..., Any], desk: Desk, without: int) -> Callable[..., Any]:
    """The test, one example after the other: what one asked for and never read is not the next one's.

    without: cases with which Hypothesis begins on every seed, the simplest, then nearly so. Another draw
    that met them again would be no other draw.
    """
    calls = itertools.count()

    @functools.wraps(inner)
    def test(*args: Any, **kwargs: Any) -> Any:
        if next(calls) < without:
            hypothesis.reject()
        failed = True
        try:
            result = inner(*args, **kwargs)
            failed = False
        finally:
            desk.backend.settle(failed, example=True)
        return result

    test.__kata_inner__ = inner  # type: ignore[attr-defined]
    return test
