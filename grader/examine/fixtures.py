"""The pytest plugin that every session loads: the fixtures in which tests of the course are written."""

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from grader.errors import CourseError
from grader.examine.desk import DESK, Desk, exercise_of, test_key

SIMPLE_CASES = 6  # Hypothesis gives up simple ones after 5 in a row that do not count
MAX_EXAMPLES = 10  # an example costs about a millisecond, for every submission


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Any:
    """The student's module, or a proxy of it."""
    desk = request.config.stash[DESK]
    return desk.backend.open(desk.unit_of(request.node))


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Any:
    """The solution's module, always in this process. Hidden tests only: students have no solutions."""
    desk = request.config.stash[DESK]
    if desk.reference is None:
        raise CourseError(
            f"{request.node.name} uses the fixture `reference`, which only hidden tests have",
            "Write the expected numbers into the public test.",
        )
    return desk.reference.open(desk.unit_of(request.node))


@pytest.fixture
def inside(request: pytest.FixtureRequest) -> Any:
    """Makes library objects on the student's side: `inside("torch.nn.Linear", 3, 5)`."""
    return request.config.stash[DESK].backend.build


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Where a torch unit's test puts its tensors: "cpu" or "cuda"."""
    return request.config.stash[DESK].device


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A numpy Generator, seeded by course seed, exercise, test and draw."""
    desk = request.config.stash[DESK]
    return desk.seed.rng(exercise_of(request.node)[0], test_key(request.node), desk.draw)


def configure(config: pytest.Config, desk: Desk) -> None:
    """Set the session's desk, the marker, and how Hypothesis behaves in this course."""
    config.stash[DESK] = desk
    config.addinivalue_line("markers", "exercise(id, weight): the exercise that a test belongs to")
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


def is_hypothesis_test(item: pytest.Item) -> bool:
    """Whether a test draws its cases with @given."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def is_redrawable(item: pytest.Item) -> bool:
    """Whether another draw gives the test other cases."""
    return is_hypothesis_test(item) or "rng" in getattr(item, "fixturenames", ())


def seed_hypothesis(item: pytest.Item, desk: Desk) -> None:
    """Give a @given test the cases of this course, exercise, test and draw."""
    if not is_hypothesis_test(item):
        return
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


def title_of(item: pytest.Item) -> str:
    """The sentence that the student reads: the first line of the test's docstring, else its name in words."""
    text = inspect.getdoc(getattr(item, "obj", None)) or ""
    first = text.strip().partition("\n")[0]
    return first or item.name.removeprefix("test_").replace("_", " ")
