"""The fields of `gradebook.json`, one Struct for each kind of entry. docs/exports.md explains them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding

Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]


class _Entry(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A field that has a default is left out where it has that value."""


class CourseEntry(_Entry, frozen=True, kw_only=True):
    """The course, as course.yml names it."""

    id: str
    title: str
    version: str


class ExerciseEntry(_Entry, frozen=True, kw_only=True):
    """An exercise that was graded. points: what it is worth    extra: they count, and not as the most"""

    id: str
    title: str
    points: Amount
    extra: bool = False


class UnitEntry(_Entry, frozen=True, kw_only=True):
    """A unit that was graded. points: the most that it can bring    due: without anybody's extension

    weight: what it is worth in the total, where that is not its points
    """

    id: str
    title: str
    folder: str
    points: Amount
    weight: Amount | None = None
    due: datetime | None = None
    exercises: tuple[ExerciseEntry, ...]

    @property
    def worth(self) -> float:
        """What it is worth in the total; a unit of nothing but extra credit is worth nothing."""
        return self.points if self.weight is None or not self.points else self.weight


class PersonEntry(_Entry, frozen=True, kw_only=True):
    """What the roster says of a student, beside the id and whether they are excused."""

    given: str = ""
    family: str = ""
    email: str = ""
    section: str = ""
    extension_hours: Amount
    login: str = ""
    sis_id: str = ""
    canvas_id: str = ""

    @property
    def name(self) -> str:
        """Both names in the order that they are said, or ""."""
        return f"{self.given} {self.family}".strip()


class Result(_Entry, frozen=True, kw_only=True):
    """One exercise of one student. `points` is null where we could not grade; lateness is taken off.

    penalty: the fraction that lateness took       tests, passed: how many ran, and passed
    diagnosis: the confirmed cause                 finding: what feedback may show in full
    needs, followed: as in the record
    """

    exercise: str
    verdict: Verdict
    points: Amount | None
    max_points: Amount
    penalty: Fraction
    tests: Count = 0
    passed: Count = 0
    diagnosis: str = ""
    finding: Finding | None = None
    needs: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()


class UnitResult(_Entry, frozen=True, kw_only=True):
    """One unit of one student. points, max_points: of what could be graded    days: late, begun

    late: the late rule as it was applied, in a sentence
    """

    unit: str
    points: Amount
    max_points: Amount
    penalty: Fraction
    days: Count = 0
    late: str = ""
    results: tuple[Result, ...]


class StudentEntry(_Entry, frozen=True, kw_only=True):
    """One student. points, max_points: of what could be graded    percent: null where nothing could be

    missing: should have handed in, and did not    attempt: which of several counts, in words
    """

    id: str
    name: str
    person: PersonEntry | None = None
    submitted_at: datetime | None = None
    handed_in: bool
    missing: bool = False
    excused: bool = False
    attempt: str = ""
    late_note: str = ""
    problems: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    points: Amount
    max_points: Amount
    percent: Amount | None
    units: tuple[UnitResult, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """Of all units, in the order of the course."""
        return tuple(result for unit in self.units for result in unit.results)

    @property
    def not_graded(self) -> tuple[Result, ...]:
        """Where we failed."""
        return tuple(result for result in self.results if result.points is None)


class ClassFile(_Entry, frozen=True, kw_only=True):
    """The class. units: those that were graded    students: sorted by id

    sandbox: the rung    demo_seed: everybody could know the hidden cases
    """

    schema: Literal[1]
    course: CourseEntry
    sandbox: str
    demo_seed: bool = False
    units: tuple[UnitEntry, ...]
    students: tuple[StudentEntry, ...]

    @property
    def points(self) -> float:
        """What all units are worth together, by their weights."""
        return float(sum(unit.worth for unit in self.units))

    @property
    def exercises(self) -> tuple[ExerciseEntry, ...]:
        return tuple(exercise for unit in self.units for exercise in unit.exercises)
