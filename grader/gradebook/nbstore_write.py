"""Writes a class into nbgrader's tables, or removes a student. No commit: that is for who opened it.

nbgrader's own calls commit each time and read again what they wrote. What people enter by hand (manual_score,
extra_credit, manual_comment, flagged) is read and never written.

Imports nbgrader, which only instructors have: only `nbstore` imports this module.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import cast

from nbgrader import api
from sqlalchemy import CursorResult, Table, delete, select
from sqlalchemy.orm import Session

from grader.collect.roster import Person
from grader.course.model import Unit
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.nbstore_cells import Layout, lay_out
from grader.gradebook.nbstore_marks import Mark, mark, total_late
from grader.gradebook.nbstore_rows import (
    COMMENT,
    GRADE,
    STUDENT,
    SUBMISSION,
    SUBMITTED,
    Changes,
    Found,
    Values,
    lock,
    naive,
    row_id,
)
from grader.gradebook.plain import printable

_LONGEST = 128  # characters of a name in nbgrader's tables
_Pairs = dict[tuple[str, str], Found]


def write_class(gradebook: api.Gradebook, graded: GradedClass) -> tuple[str, ...]:
    """Bring all units of a graded class up to date; returns notes."""
    db: Session = gradebook.db()
    lock(db)
    _students(db, graded.students)
    notes: list[str] = []
    for unit in graded.units:
        due = naive(graded.catalogue.due(unit.id))
        layout = lay_out(db, unit, due, gradebook.course_id)
        _Submissions(db, graded, unit, layout, due).write()
        notes += layout.notes
    return tuple(notes)


def remove_student(gradebook: api.Gradebook, id: str) -> int | None:
    """Remove one student with all that is theirs; returns how many submissions that were, None for nobody."""
    db: Session = gradebook.db()
    lock(db)
    submissions = select(SUBMISSION.c.id).where(SUBMISSION.c.student_id == id)
    submitted = select(SUBMITTED.c.id).where(SUBMITTED.c.assignment_id.in_(submissions))
    for table in (GRADE, COMMENT):
        db.execute(delete(table).where(table.c.notebook_id.in_(submitted)))
    db.execute(delete(SUBMITTED).where(SUBMITTED.c.assignment_id.in_(submissions)))
    gone = cast(CursorResult[object], db.execute(delete(SUBMISSION).where(SUBMISSION.c.student_id == id)))
    known = cast(CursorResult[object], db.execute(delete(STUDENT).where(STUDENT.c.id == id)))
    return gone.rowcount if known.rowcount or gone.rowcount else None


def _students(db: Session, students: Iterable[StudentGrade]) -> None:
    """Enter who is new, and what the roster says; what it does not say stays as it is."""
    changes = Changes()
    stands = {row.id: row for row in db.execute(select(STUDENT))}
    for student in students:
        said, row = _names(student.person), stands.get(student.id)
        if row is None:
            changes.insert(STUDENT, {"id": student.id, **said})
        else:
            changes.update(STUDENT, row, {name: value for name, value in said.items() if value})
    changes.save(db)


def _names(person: Person | None) -> dict[str, str | None]:
    who = person or Person("")
    said = {
        "first_name": who.given,
        "last_name": who.family,
        "email": who.email,
        "lms_user_id": who.canvas_id,
    }
    return {name: printable(value, _LONGEST) or None for name, value in said.items()}


class _Submissions:
    """The submissions of one unit: of everybody who handed it in, or once did."""

    def __init__(
        self, db: Session, graded: GradedClass, unit: Unit, layout: Layout, due: datetime | None
    ) -> None:
        self._db, self._graded, self._layout, self._due = db, graded, layout, due
        self._unit = unit.id
        self._exercises = {exercise.id: exercise for exercise in unit.exercises}
        self._changes = Changes()
        self._grades, self._comments = self._found(GRADE), self._found(COMMENT)
        here = SUBMISSION.c.assignment_id == layout.assignment
        self._stands = {row.student_id: row for row in db.execute(select(SUBMISSION).where(here))}
        self._taken = {row.id for row in self._stands.values()}
        submitted = select(SUBMITTED).where(SUBMITTED.c.notebook_id.in_(layout.notebooks))
        self._submitted: _Pairs = {(row.assignment_id, row.notebook_id): row for row in db.execute(submitted)}

    def write(self) -> None:
        """Insert and change what differs."""
        for student in self._graded.students:
            records = [record for record in student.records if record.exercise in self._exercises]
            row = self._stands.get(student.id)
            if row is None and not any(record.hashes.student for record in records):
                continue
            worth = self._graded.catalogue.course.follow_through
            marks = {r.exercise: mark(r, self._exercises[r.exercise], worth) for r in records}
            submission = self._submission(student, row)
            for notebook in self._layout.notebooks:
                self._notebook(submission, notebook, marks)
        self._changes.save(self._db)

    def _found(self, table: Table) -> _Pairs:
        """Grades or comments of this assignment, by submitted notebook and cell."""
        joined = table.join(SUBMITTED, SUBMITTED.c.id == table.c.notebook_id)
        rows = select(*table.c).select_from(joined).where(SUBMITTED.c.notebook_id.in_(self._layout.notebooks))
        return {(row.notebook_id, row.cell_id): row for row in self._db.execute(rows)}

    def _submission(self, student: StudentGrade, row: Found | None) -> str:
        hours = student.person.extension_hours if student.person else 0.0
        said: Values = {"timestamp": naive(student.lateness[self._unit].submitted_at)}
        if hours and self._due is not None:
            said["extension"] = timedelta(hours=hours)
        if row is not None:
            if _same_second(row.timestamp, said["timestamp"]):
                del said["timestamp"]
            self._changes.update(SUBMISSION, row, said)
            return str(row.id)
        id = row_id(self._layout.assignment, student.id)
        while id in self._taken:  # that submission was given to another student by hand
            id = row_id(id)
        values = {"assignment_id": self._layout.assignment, "student_id": student.id, "extension": None}
        self._changes.insert(SUBMISSION, {"id": id, **values, **said})
        return id

    def _notebook(self, submission: str, notebook: str, marks: Mapping[str, Mark]) -> None:
        """One submitted notebook with a grade or comment for each cell, as nbgrader makes them."""
        row = self._submitted.get((submission, notebook))
        id = str(row.id) if row else row_id(submission, notebook)
        late = []
        for cell in self._layout.cells:
            if cell.notebook == notebook:
                given = marks.get(cell.exercise)
                if cell.holds_grade:
                    by_hand = self._grade(id, cell.id, given)
                    late += [given.late(*by_hand)] if given else []
                if cell.holds_comment:
                    self._comment(id, cell.id, given)
        penalty: Values = {"late_submission_penalty": total_late(late)}
        if row is None:
            keys = {"assignment_id": submission, "notebook_id": notebook, "flagged": False}
            self._changes.insert(SUBMITTED, {"id": id, **keys, **penalty})
        elif notebook == self._layout.own:
            self._changes.update(SUBMITTED, row, penalty)

    def _grade(self, notebook: str, cell: str, given: Mark | None) -> tuple[float | None, float | None]:
        """Bring a grade up to date; returns what people gave: (manual_score, extra_credit)."""
        row = self._grades.get((notebook, cell))
        manual, extra = (row.manual_score, row.extra_credit) if row else (None, None)
        score = given.auto_score if given else None
        said = {"auto_score": score, "needs_manual_grade": score is None and manual is None}
        self._put(GRADE, (notebook, cell), row, said, known=given is not None)
        return manual, extra

    def _comment(self, notebook: str, cell: str, given: Mark | None) -> None:
        row = self._comments.get((notebook, cell))
        said = {"auto_comment": (given.comment or None) if given else None}
        self._put(COMMENT, (notebook, cell), row, said, known=given is not None)

    def _put(
        self, table: Table, place: tuple[str, str], row: Found | None, said: Values, *, known: bool
    ) -> None:
        """known: the cell is ours; rows of other cells are made where they are missing, and left alone."""
        if row is None:
            keys = {"id": row_id(*place), "notebook_id": place[0], "cell_id": place[1]}
            self._changes.insert(table, {**keys, **said})
        elif known:
            self._changes.update(table, row, said)


def _same_second(one: datetime | None, other: datetime | None) -> bool:
    """nbgrader keeps fractions of a second, which we do not read."""
    return (
        one is not None and other is not None and one.replace(microsecond=0) == other.replace(microsecond=0)
    )
