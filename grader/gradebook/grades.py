"""A graded class: what every output is made from. Nothing here is computed twice, nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from grader.collect.roster import Person
from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.examine.outcome import Verdict
from grader.gradebook.changes import Changes
from grader.gradebook.record import Record
from grader.scoring.late import Lateness
from grader.scoring.rubric import exact


@dataclass(frozen=True)
class StudentGrade:
    """One student. `records` in course order, `lateness` by unit id.

    handed_in: a file of one of the graded units came, readable
    person: who it is, where there is a roster    excused: counts neither as missing nor in the statistics
    attempt: which of several counts, in words ("2 of 3, the best"); "" for the only one
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
        """Of the exercises that could be graded, lateness taken off."""
        return float(sum((exact(r.points) for r in self.records if r.points is not None), Decimal(0)))

    @property
    def max_points(self) -> float:
        """Of the exercises that could be graded: our own errors cost nobody a point."""
        return float(sum((exact(r.max_points) for r in self.records if r.points is not None), Decimal(0)))

    @property
    def percent(self) -> float | None:
        """0..100, or None where nothing could be graded."""
        return float(100 * exact(self.points) / exact(self.max_points)) if self.max_points else None

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


@dataclass(frozen=True)
class GradedClass:
    """students: sorted by id    units: those that were graded    files: final files, in order of use

    facts: of the pool (sandbox rung, versions)    notes: what the instructor should know about this run
    changes: since the last run that ended, where they were asked for
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

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(exercise for unit in self.units for exercise in unit.exercises)

    @property
    def records(self) -> tuple[Record, ...]:
        """In canonical order: students by id, then the order of the course."""
        return tuple(record for student in self.students for record in student.records)

    @property
    def grader_errors(self) -> int:
        return sum(len(student.not_graded) for student in self.students)

    def compared(self, changes: Changes) -> "GradedClass":
        """The same class, with what changed."""
        return replace(self, changes=changes)

    def written(self, files: tuple[Path, ...], notes: tuple[str, ...]) -> "GradedClass":
        """The same class, with what was written."""
        return replace(self, files=files, notes=notes)
