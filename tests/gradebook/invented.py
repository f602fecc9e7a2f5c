"""An invented course and class, and a pool that answers without running anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace  # noqa: F401
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Course, Exercise, LatePolicy, Unit
from grader.engine.pool import Job, JobResult
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.examine.seed import Seed
from grader.gradcheck.message import Finding

SLOPES, VALUE = "u01_slopes/slopes.py", "u05_value/value.py"
BOTH = {SLOPES: "def central_difference(): ...\n", VALUE: "class Value: ...\n"}
DUE = datetime(2026, 9, 15, 12, 0, tzinfo=UTC)
IN_TIME = datetime(2026, 9, 15, 11, 0, tzinfo=UTC)
SEED = Seed("a seed of the tests, long enough")

WRONG_PUBLIC = Finding(
    what="central_difference is wrong",
    diagnosis="2x too large: missing factor 1/2",
    called="central_difference(f, 1.7, 0.1)",
    yours="6.8",
    expected="3.4",
    where="u01_slopes/slopes.py:7",
    source="return (f(x + h) - f(x - h)) / h",
    help="Look at the distance between the two points.",
    candidates=("2x too large: missing factor 1/2", "something else"),
)
WRONG_HIDDEN = Finding(
    what="SECRET_WHAT",
    called="SECRET_CALL",
    yours="SECRET_YOURS",
    expected="SECRET_EXPECTED",
    where="SECRET:1",
)


def exercise(id: str, points: float = 2, **more: Any) -> Exercise:
    return Exercise(id=id, title=f"Title of {id}", symbols=("f",), points=points, **more)


def make_catalogue(root: Path, **more: Any) -> Catalogue:
    """Two released units with five exercises, 10 points."""
    slopes = [
        exercise("u01.forward_difference", 1),
        exercise("u01.central_difference", 1),
        exercise("u01.grad_check"),
    ]
    value = [exercise("u05.value_ops", 3), exercise("u05.backward", 3, needs=("u05.value_ops",))]
    units = (
        Unit(id="u01", title="Slopes by nudging", folder="u01_slopes", due=DUE, exercises=tuple(slopes)),
        Unit(id="u05", title="The Value class", folder="u05_value", exercises=tuple(value)),
    )
    late = LatePolicy(per_day=0.1, grace_minutes=15, max_days=5)
    fields = {
        "id": "backprop",
        "title": "Gradients by hand",
        "version": "2026.1",
        "late": late,
        "units": units,
    }
    return Catalogue(Course(**{**fields, **more}), root)


def check(
    verdict: Verdict = Verdict.RIGHT, title: str = "A parabola is exact", *, public: bool = False, **more: Any
) -> TestOutcome:
    fields: dict[str, Any] = {"name": "test_x", "share": 1.0, "seconds": 0.25, **more}
    return TestOutcome(title=title, public=public, verdict=verdict, **fields)


def outcome(
    exercise: str, verdict: Verdict = Verdict.RIGHT, *tests: TestOutcome, **more: Any
) -> ExerciseOutcome:
    findings = [test.finding for test in tests if test.finding]
    return ExerciseOutcome(exercise, verdict, tests or (check(verdict),), *findings[:1], **more)


@dataclass
class FakePool:
    """Answers every job: with `answers` where they name (submission, exercise), otherwise all right."""

    catalogue: Catalogue
    answers: Mapping[tuple[str, str], ExerciseOutcome] = field(default_factory=dict)
    order: Callable[[list[Job]], Iterable[Job]] = list
    facts: dict[str, str] = field(
        default_factory=lambda: {"sandbox": "namespaces", "python": "3.11", "numpy": "2"}
    )
    asked: list[Job] = field(default_factory=list)

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        self.asked = list(jobs)
        for job in self.order(list(self.asked)):
            exercises = self.catalogue.unit(job.unit).exercises
            answers = (self.answers.get((job.submission, e.id), outcome(e.id)) for e in exercises)
            yield JobResult(job.submission, job.unit, tuple(answers))


def handed_in(id: str, sources: Mapping[str, str] | None = None, **more: Any) -> Submission:
    fields: dict[str, Any] = {"submitted_at": IN_TIME, "problems": (), "ignored": (), **more}
    return Submission(id=id, sources=BOTH if sources is None else sources, **fields)


def small_class() -> tuple[list[Submission], dict[tuple[str, str], ExerciseOutcome]]:
    """One of each kind of student, in no order, and what their code does."""
    late = datetime(2026, 9, 17, 3, 0, tzinfo=UTC)
    students = [
        handed_in("vic", {}),
        handed_in("ann"),
        handed_in("june", submitted_at=late),
        handed_in("kim"),
        handed_in("sam", submitted_at=None),
        handed_in(
            "yara", {SLOPES: "x"}, problems=("value.py is not UTF-8: left out",), ignored=("conftest.py",)
        ),
        handed_in("zoe", {}, problems=("zoe.zip cannot be read: not a zip file",)),
    ]
    central = outcome(
        "u01.central_difference",
        Verdict.WRONG,
        check(Verdict.WRONG, public=True, finding=WRONG_PUBLIC),
        check(Verdict.RIGHT, "It is odd in h"),
        check(Verdict.WRONG, "A cubic is off by h squared", name="test_hidden_name", finding=WRONG_HIDDEN),
    )
    crash = Finding("ZeroDivisionError: division by zero", where="u05_value/value.py:9", source="1 / 0")
    answers = {
        ("june", "u01.central_difference"): central,
        ("sam", "u01.central_difference"): central,
        ("sam", "u05.backward"): outcome("u05.backward", Verdict.TOO_SLOW),
        ("june", "u05.backward"): outcome("u05.backward", Verdict.TOO_SLOW),
        ("kim", "u05.value_ops"): outcome(
            "u05.value_ops", Verdict.CRASHED, check(Verdict.CRASHED, finding=crash)
        ),
        ("kim", "u05.backward"): outcome("u05.backward", Verdict.NOT_CHECKED, needs=("u05.value_ops",)),
        ("yara", "u01.grad_check"): outcome("u01.grad_check", Verdict.GRADER_ERROR),
        ("ann", "u05.backward"): outcome("u05.backward", Verdict.TODO, check(Verdict.RIGHT)),
    }
    return students, answers
