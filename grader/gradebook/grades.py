"""A graded class: what every output is made from. Nothing here is computed twice, nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from grader.collect.roster import Person
from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.examine.outcome import Verdict
from grader.gradebook.changes import Changes
from grader.gradebook.record import Key, Record
from grader.scoring.late import Lateness
from grader.scoring.total import PLAIN, Earned, Scheme, Total


@dataclass(frozen=True)
class StudentGrade:
    """One student. `records` in course order, `lateness` by unit id.

    handed_in: a file of one of the graded units came, readable
    person: who it is, where there is a roster    excused: counts neither as missing nor in the statistics
    attempt: which of several counts, in words ("2 of 3, the best"); "" for the only one
    scheme: how points become a total: weights of units and extra credit
    """

    id: str
    submitted_at: datetime | None
    handed_in: bool
    records: tuple[Record, ...]
    lateness: Mapping[str, Lateness]
    problems: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    person: Person | None = None
    excused: bool = False
    attempt: str = ""
    scheme: Scheme = PLAIN

    @property
    def name(self) -> str:
        """The name in the roster, or the id."""
        return (self.person.name if self.person else "") or self.id

    @property
    def missing(self) -> bool:
        """Whether somebody should have handed in, and did not."""
        return not self.handed_in and not self.excused

    @property
    def points(self) -> float:
        """Of the exercises that could be graded: lateness taken off, extra credit and weights counted."""
        return self.total.points

    @property
    def max_points(self) -> float:
        """Of the exercises that could be graded, without extra credit: our own errors cost nobody a point."""
        return self.total.max_points

    @property
    def percent(self) -> float | None:
        """0..100, with extra credit more; None where nothing could be graded."""
        return self.total.percent

    @cached_property
    def total(self) -> Total:
        """Of all that could be graded."""
        return self.scheme.total(map(_earned, filter(_counts, self.records)))

    def of_unit(self, unit_id: str) -> Total:
        """The points of one unit as its exercises give them, before its weight; extra credit counts."""
        own = (record for record in self.records if record.exercise.partition(".")[0] == unit_id)
        return self.scheme.total(map(_earned, filter(_counts, own)), weighted=False)

    @property
    def not_graded(self) -> tuple[Record, ...]:
        return tuple(record for record in self.records if record.verdict is Verdict.GRADER_ERROR)

    @property
    def late_note(self) -> str:
        """The late rule as it was applied, by unit where units differ; "" where nothing came."""
        if not self.handed_in:
            return ""
        notes = {unit: late.sentence for unit, late in self.lateness.items()}
        if len(set(notes.values())) <= 1:
            return next(iter(notes.values()), "")
        told = [unit for unit, late in self.lateness.items() if late.days] or list(notes)
        return "; ".join(f"{unit}: {notes[unit]}" for unit in told)


def _counts(record: Record) -> bool:
    return record.points is not None


def _earned(record: Record) -> Earned:
    return Earned(record.exercise, record.points or 0.0, record.max_points)


@dataclass(frozen=True)
class GradedClass:
    """students: sorted by id    units: those that were graded    files: final files, in order of use

    facts: of the pool (sandbox rung, versions)    notes: what the instructor should know about this run
    changes: since the last run that ended, where they were asked for
    earlier_scheme: how points became a total in that run, where it was otherwise
    """

    catalogue: Catalogue
    units: tuple[Unit, ...]
    students: tuple[StudentGrade, ...]
    demo_seed: bool
    facts: Mapping[str, str]
    rung: str
    out: Path
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    changes: Changes | None = None
    earlier_scheme: Scheme | None = None

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(exercise for unit in self.units for exercise in unit.exercises)

    @property
    def records(self) -> tuple[Record, ...]:
        """In canonical order: students by id, then the order of the course."""
        return tuple(record for student in self.students for record in student.records)

    @property
    def counted(self) -> tuple[StudentGrade, ...]:
        """Those whom statistics are about: all but the excused."""
        return tuple(student for student in self.students if not student.excused)

    @cached_property
    def keys(self) -> frozenset[Key]:
        """What there are records of."""
        return frozenset(record.key for record in self.records)

    @property
    def grader_errors(self) -> int:
        return sum(len(student.not_graded) for student in self.students)

    def compared(self, changes: Changes, earlier_scheme: Scheme | None) -> "GradedClass":
        """The same class, with what changed."""
        return replace(self, changes=changes, earlier_scheme=earlier_scheme)

    def written(self, files: tuple[Path, ...], notes: tuple[str, ...]) -> "GradedClass":
        """The same class, with what was written."""
        return replace(self, files=files, notes=notes)
