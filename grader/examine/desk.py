"""What a running test session knows: the course, the seed, and where the student's code is right now.

One Desk hangs on the pytest config. The fixtures read it; whoever runs the session writes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from grader.course.catalogue import Catalogue
from grader.course.model import Limits, Unit
from grader.errors import CourseError
from grader.examine.seed import Seed
from grader.remote.guard import FREE, Guard


class Backend(Protocol):
    """Where the student's code runs: in this process, or in a jail behind proxies."""

    def open(self, unit: Unit) -> Any:
        """The student's module of a unit; the same object until `close`."""

    def build(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """A library object on the student's side: `build("torch.nn.Linear", 3, 5)`."""

    def begin_test(self, in_place: bool) -> None:
        """A test begins. in_place: it sees what the student's code changes in its arguments."""

    def settle(self, failed: bool, example: bool = False) -> None:
        """A test is over: ask for what it asked for and never read. `failed`: drop it instead.

        example: only one example of it is
        """

    def close(self) -> None:
        """Forget this student."""

    @property
    def sources(self) -> Mapping[str, str]:
        """The student's files as their code's tracebacks name them -> text."""


class ExamBackend(Backend, Protocol):
    """A backend that takes one student after the other, as an examiner needs it.

    fresh: nothing ran yet in the process that holds the student's code.
    """

    fresh: bool

    def spent(self) -> float:
        """CPU seconds of all processes that held this student's code, beside this one."""

    def admit(self, files: Mapping[str, str], guard: Guard = FREE) -> None:
        """Take the next student: whatever the last one left is gone."""

    def begin(self, limits: Limits, afresh: bool = False) -> None:
        """Start an exercise: its budget begins now; `afresh`, in a process where nothing ran yet."""

    def replace(
        self, unit: Unit, symbol: str, kind: str, function: Callable[..., Any], among: Unit | None = None
    ) -> None:
        """Let a function from here stand in the place of the student's, until the worker is given up.

        among: the unit whose file has the symbol, where that is another one, from which `unit` imports it
        """

    def drop(self) -> None:
        """Give up what holds the code; the next test gets a new one."""

    def end(self) -> None:
        """Give everything back: no student follows."""


@dataclass
class Desk:
    """draw: which independent draw of the random cases the running test makes.

    device: where tests put their tensors, "cpu" or "cuda"
    """

    catalogue: Catalogue
    seed: Seed
    backend: Backend
    reference: Backend | None = None
    draw: int = 0
    device: str = "cpu"
    facts: dict[str, Any] = field(default_factory=dict)

    def unit_of(self, item: pytest.Item) -> Unit:
        """The unit whose folder holds a test. CourseError where there is none."""
        unit = self.catalogue.unit_of_folder(item.path.parent.name)
        if unit is None:
            raise CourseError(
                f"{item.path}: this test lies in no unit of course.yml",
                "Move it into the folder of its unit, or list the unit in course.yml.",
            )
        return unit


DESK = pytest.StashKey[Desk]()


def exercise_of(item: pytest.Item) -> tuple[str, float]:
    """The exercise that a test belongs to, and its weight. CourseError without `@exercise`."""
    marker = item.get_closest_marker("exercise")
    if marker is None:
        raise CourseError(
            f"{item.path.name}: {item.name} does not say which exercise it tests",
            'Put @exercise("uNN.name") above it.',
        )
    return marker.args[0], float(marker.args[1])


def is_property(item: pytest.Item) -> bool:
    """Whether Hypothesis draws the cases of a test."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def sees_changes(item: pytest.Item) -> bool:
    """Whether a test sees what the student's code changes in its arguments."""
    marker = item.get_closest_marker("exercise")
    return marker is not None and marker.kwargs.get("in_place") is True


def test_key(item: pytest.Item) -> str:
    """The name under which a test draws its cases: file stem and test, the same on every machine."""
    return f"{item.path.stem}::{item.name}"


test_key.__test__ = False  # type: ignore[attr-defined]
