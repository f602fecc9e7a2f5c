"""Whose total is not what it was when the last run ended: for records that changed, and for other weights."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.errors import UsageError
from grader.gradebook.changes import NEW, Change, Changes
from grader.gradebook.classfile import read_class_file
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.record import Record
from grader.scoring.rubric import exact
from grader.scoring.total import Scheme, Total, scheme


@dataclass(frozen=True)
class TotalChange:
    """One student. before, after: None for who is new, or gone    changes: of single exercises

    weighed: weights or extra credit count otherwise, and change the total of the records of now
    """

    student: str
    before: Total | None
    after: Total | None
    changes: tuple[Change, ...] = ()
    weighed: bool = False

    @property
    def gained(self) -> Decimal:
        """Points; 0 for who is new or gone."""
        if self.before is None or self.after is None:
            return Decimal(0)
        return exact(self.after.points) - exact(self.before.points)

    @property
    def sign(self) -> int | None:
        """1 for more points, -1 for fewer; of equal points the percent decides. None: new or gone"""
        if self.before is None or self.after is None:
            return None
        step = self.gained or exact(self.after.percent or 0) - exact(self.before.percent or 0)
        return (step > 0) - (step < 0)


def earlier_scheme(path: Path, catalogue: Catalogue) -> Scheme | None:
    """How points became a total in the gradebook.json at `path`. None where that was as it is now.

    Where a stopped run goes on, the file may be of that run already: then nothing differs.
    """
    try:
        earlier = {unit.id: unit for unit in read_class_file(path).units}
    except UsageError:
        return None
    found = scheme(earlier.get(unit.id, unit) for unit in catalogue.units)
    return found if found != scheme(catalogue.units) else None


def total_changes(graded: GradedClass, changes: Changes) -> tuple[TotalChange, ...]:
    """Sorted by student; also those whose total is the same, where one of their records changed."""
    by_student = changes.by_student
    students = {student.id: student for student in graded.students}
    return tuple(
        change
        for id in sorted(students.keys() | by_student.keys())
        for change in _changed(students.get(id), by_student, id, graded.earlier_scheme)
    )


def _changed(
    student: StudentGrade | None, by_student: Mapping[str, tuple[Change, ...]], id: str, then: Scheme | None
) -> Iterator[TotalChange]:
    changes = by_student.get(id, ())
    if student is None:
        yield TotalChange(id, None, None, changes)
    elif changes and all(change.why == NEW for change in changes):
        yield TotalChange(id, None, student.total, changes)
    else:
        weighed = then is not None and replace(student, scheme=then).total != student.total
        if changes or weighed:
            before = replace(student, records=_records(student, changes), scheme=then or student.scheme)
            yield TotalChange(id, before.total, student.total, changes, weighed)


def _records(student: StudentGrade, changes: Sequence[Change]) -> tuple[Record, ...]:
    """As they were."""
    earlier = {change.exercise: change.before for change in changes}
    kept = (earlier.get(record.exercise, record) for record in student.records)
    return tuple(record for record in kept if record is not None)
