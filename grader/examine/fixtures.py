"""The pytest plugin that every session loads: the fixtures in which tests of the course are written."""

import inspect
from typing import Any

import numpy as np
import pytest

from grader.errors import CourseError
from grader.examine.desk import DESK, Desk, exercise_of, is_property, test_key


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
    """Set the session's desk and the marker."""
    config.stash[DESK] = desk
    config.addinivalue_line("markers", "exercise(id, weight): the exercise that a test belongs to")


def is_redrawable(item: pytest.Item) -> bool:
    """Whether another draw gives the test other cases."""
    return is_property(item) or "rng" in getattr(item, "fixturenames", ())


def title_of(item: pytest.Item) -> str:
    """The sentence that the student reads: the first line of the test's docstring, else its name in words."""
    text = inspect.getdoc(getattr(item, "obj", None)) or ""
    first = text.strip().partition("\n")[0]
    return first or item.name.removeprefix("test_").replace("_", " ")
