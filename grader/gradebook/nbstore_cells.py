"""A unit in nbgrader's gradebook: an assignment with a notebook, and cells for grades and comments.

Imports nbgrader, which only instructors have: only what `nbstore` imports imports this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from grader.course.model import Exercise, Unit
from grader.gradebook.nbstore_marks import cell_name, comment_cell
from grader.gradebook.nbstore_rows import (
    ASSIGNMENT,
    CELL,
    COMMENT,
    GRADE,
    GRADE_CELL,
    NOTEBOOK,
    SOLUTION_CELL,
    Changes,
    row_id,
)

_GRADE, _SOLUTION = "GradeCell", "SolutionCell"


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook. exercise: whose grade or comment stands there; "" for cells of others"""

    id: str
    name: str
    kind: str
    notebook: str
    max_score: float | None = None
    exercise: str = ""

    @property
    def holds_grade(self) -> bool:
        """Grade cells and nbgrader's manually graded tasks."""
        return self.kind != _SOLUTION

    @property
    def holds_comment(self) -> bool:
        """Solution cells and nbgrader's manually graded tasks."""
        return self.kind != _GRADE

    @property
    def ours(self) -> bool:
        """Whether we made it, not nbgrader."""
        return self.id == row_id(self.notebook, self.kind, self.name)


@dataclass(frozen=True)
class Layout:
    """An assignment as it stands after this run. own: the unit's notebook, of all its notebooks

    notes: what the instructor should know
    """

    assignment: str
    notebooks: tuple[str, ...]
    own: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


def lay_out(db: Session, unit: Unit, due: datetime | None, course: str) -> Layout:
    """Bring assignment, notebook and cells of a unit up to date. course: nbgrader's id of it"""
    changes = Changes()
    assignment = _assignment(db, changes, unit, due, course)
    notebooks, own = _notebooks(db, changes, unit, assignment)
    cells = _cells(db, changes, unit, notebooks, own)
    changes.save(db)
    stale = {cell: _drop(db, cell) for cell in cells if cell.ours and not cell.exercise}
    notes = (
        f"{unit.folder}: {cell.name} is gone from course.yml; {kept}" for cell, kept in stale.items() if kept
    )
    left = (cell for cell in cells if stale.get(cell) != "")
    return Layout(assignment, notebooks, own, tuple(left), tuple(notes))


def _assignment(db: Session, changes: Changes, unit: Unit, due: datetime | None, course: str) -> str:
    row = db.execute(select(ASSIGNMENT).where(ASSIGNMENT.c.name == unit.folder)).first()
    if row is None:
        id = row_id("assignment", unit.folder)
        changes.insert(ASSIGNMENT, {"id": id, "name": unit.folder, "duedate": due, "course_id": course})
        return id
    if due is not None:
        changes.update(ASSIGNMENT, row, {"duedate": due})
    return str(row.id)


def _notebooks(db: Session, changes: Changes, unit: Unit, assignment: str) -> tuple[tuple[str, ...], str]:
    rows = db.execute(select(NOTEBOOK).where(NOTEBOOK.c.assignment_id == assignment)).all()
    ids = tuple(str(row.id) for row in rows)
    own = next((str(row.id) for row in rows if row.name == unit.name), "")
    if own:
        return ids, own
    own = row_id(assignment, unit.name)
    changes.insert(NOTEBOOK, {"id": own, "name": unit.name, "assignment_id": assignment})
    return (*ids, own), own


def _cells(db: Session, changes: Changes, unit: Unit, notebooks: tuple[str, ...], own: str) -> list[Cell]:
    """Every cell of every notebook, those of the exercises made and up to date."""
    joined = CELL.outerjoin(GRADE_CELL, GRADE_CELL.c.id == CELL.c.id)
    columns = (CELL.c.id, CELL.c.name, CELL.c.type, CELL.c.notebook_id, GRADE_CELL.c.max_score)
    found = select(*columns).select_from(joined).where(CELL.c.notebook_id.in_(notebooks))
    rows = db.execute(found.order_by(CELL.c.name, CELL.c.id))
    cells = {cell.id: cell for cell in (Cell(*row) for row in rows)}
    mine = [cell for cell in cells.values() if cell.notebook == own]
    graded, solutions = ({c.name: c for c in mine if c.kind == kind} for kind in (_GRADE, _SOLUTION))
    ours = all(cell.ours for cell in mine)
    for exercise in unit.exercises:
        grade = graded.get(cell_name(exercise.id)) or _make(changes, own, exercise, _GRADE)
        if grade.max_score != max_score(exercise):
            changes.change(GRADE_CELL, grade.id, {"max_score": max_score(exercise)})
        beside = _comment_cell(exercise, solutions)
        if beside is None and ours:  # to a notebook that nbgrader made, it alone adds such cells
            beside = _make(changes, own, exercise, _SOLUTION)
        for cell in (grade, beside):
            if cell is not None:
                cells[cell.id] = replace(cell, exercise=exercise.id)
    return list(cells.values())


def max_score(exercise: Exercise) -> float:
    """What a grade cell is worth in nbgrader."""
    return 0.0 if exercise.extra else float(exercise.points)


def _comment_cell(exercise: Exercise, solutions: Mapping[str, Cell]) -> Cell | None:
    name = comment_cell(exercise.id, solutions)
    return solutions[name] if name is not None else None


def _make(changes: Changes, notebook: str, exercise: Exercise, kind: str) -> Cell:
    name = cell_name(exercise.id)
    cell = Cell(row_id(notebook, kind, name), name, kind, notebook, max_score(exercise), exercise.id)
    changes.insert(CELL, {"id": cell.id, "name": name, "type": kind, "notebook_id": notebook})
    if kind == _GRADE:
        changes.insert(GRADE_CELL, {"id": cell.id, "max_score": cell.max_score, "cell_type": "code"})
    else:
        changes.insert(SOLUTION_CELL, {"id": cell.id})
    return cell


def _drop(db: Session, cell: Cell) -> str:
    """Remove a cell of ours whose exercise is gone; where people entered something that stays: says what."""
    if cell.kind == _GRADE:
        table, by_hand = GRADE, GRADE.c.manual_score.is_not(None) | GRADE.c.extra_credit.is_not(None)
    else:
        table, by_hand = COMMENT, COMMENT.c.manual_comment.is_not(None)
    here = table.c.cell_id == cell.id
    db.execute(delete(table).where(here, ~by_hand))
    if db.execute(select(table.c.id).where(here)).first() is not None:
        if table is GRADE:
            db.execute(update(GRADE).where(here).values(auto_score=None, needs_manual_grade=False))
            return "points given by hand stay, and count"
        return "comments by hand stay"
    part = GRADE_CELL if table is GRADE else SOLUTION_CELL
    db.execute(delete(part).where(part.c.id == cell.id))
    db.execute(delete(CELL).where(CELL.c.id == cell.id))
    return ""
