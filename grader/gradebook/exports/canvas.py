"""Points for Canvas: the CSV that the gradebook's importer of Canvas takes.

The importer takes the columns by their place: Student, ID, SIS User ID, SIS Login ID, Section, then one for
each assignment. What it would read otherwise than it is meant is not written.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from grader.errors import UsageError
from grader.gradebook.classmodel import ClassFile, StudentEntry, UnitResult
from grader.gradebook.exports.canvasroster import INFO, CanvasRoster
from grader.gradebook.plain import cell, number, printable

TOTAL = "total"
EXCUSED, POINTS_POSSIBLE = "EX", "    Points Possible"
# Columns that hold one of these words are passed over by the importer, wherever in the heading.
_NOT_IMPORTED = re.compile(
    "|".join(
        f"{kind} {what}"
        for kind in ("Current", "Final", "Override")
        for what in ("Score", "Points", "Grade", "Status")
    )
)
_NUMBER = re.compile(r"-?[0-9.,]+%?")  # rewritten by the importer, as a number with a decimal comma
_WITH_ID = re.compile(r"\((\d+)\)\s*$")
_IGNORED_ROW = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
_RESERVED = frozenset({*INFO, "LastName", "FirstName"})


class Columns(StrEnum):
    """What becomes a column."""

    UNITS = "units"
    TOTAL = "total"


class Missing(StrEnum):
    """What is written for who should have handed in, and did not."""

    EMPTY = "empty"
    ZERO = "zero"


@dataclass(frozen=True)
class CanvasOptions:
    """titles: unit, or "total" -> heading of its column    points_row: write what columns are worth"""

    columns: Columns = Columns.UNITS
    missing: Missing = Missing.EMPTY
    titles: Mapping[str, str] = field(default_factory=dict)
    points_row: bool = True


@dataclass(frozen=True)
class CanvasExport:
    """text: the CSV    notes: what somebody should look at, a line each"""

    text: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    """unit: "" for the total"""

    unit: str
    title: str
    worth: float


def canvas_csv(file: ClassFile, options: CanvasOptions, roster: CanvasRoster | None = None) -> CanvasExport:
    """The CSV of a class. With a roster: its rows and ids, for those of the class who are found in it.

    Raises UsageError for a heading that Canvas would not take as one.
    """
    columns, notes = _columns(file, options, roster)
    if roster is None:
        info: Sequence[str] = INFO
        rows = [(student, _info(student)) for student in file.students]
    else:
        info = roster.header
        found = roster.match(file.students)
        rows = [(student, found.rows[student.id]) for student in file.students if student.id in found.rows]
        notes += found.notes
    written: list[list[str]] = [[*info, *(cell(column.title) for column in columns)]]
    if options.points_row:
        blank = [""] * (len(info) - 1)
        written.append([POINTS_POSSIBLE, *blank, *(number(column.worth) for column in columns)])
    for student, told in rows:
        cells = [_cell(student, column, options.missing) for column in columns]
        written.append([*_safe(student, told, cells), *cells])
        notes += _not_graded(student, columns)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(written)
    return CanvasExport(text.getvalue(), tuple(notes))


def _columns(
    file: ClassFile, options: CanvasOptions, roster: CanvasRoster | None
) -> tuple[list[_Column], list[str]]:
    known = {unit.id: unit for unit in file.units}
    unknown = [name for name in options.titles if name not in {*known, TOTAL}]
    if unknown:
        raise UsageError(
            f"the gradebook has no column {printable(unknown[0], 80)}",
            f"Name one of {', '.join([*known, TOTAL])}: --title u05='Its name in Canvas'.",
        )
    if options.columns is Columns.TOTAL:
        wanted = [_Column("", TOTAL, file.points)]
    else:
        wanted = [_Column(unit.id, unit.id, unit.points) for unit in file.units]
    columns, notes = [], []
    for column in wanted:
        given = options.titles.get(column.title)
        title = _checked(given) if given is not None else _default(file, column.unit)
        there = roster.assignment(title) if roster is not None else None
        if roster is not None and there is None:
            notes.append(f"Canvas has no assignment {printable(title)}: importing will make a new one")
        columns.append(_Column(column.unit, there or title, column.worth))
    titles = [column.title for column in columns]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        raise UsageError(f"two columns would be called {printable(twice)}", "Give them two names: --title.")
    return columns, notes


def _default(file: ClassFile, unit_id: str) -> str:
    """`u05 The scalar Value class`; without what Canvas would take for something else."""
    if not unit_id:
        said = f"{file.course.id} {TOTAL}"
    else:
        title = next(unit.title for unit in file.units if unit.id == unit_id)
        said = f"{unit_id} {printable(title)}"
    said = _WITH_ID.sub(r"[\1]", said)  # a year in brackets is no id of an assignment
    return unit_id or TOTAL if _NOT_IMPORTED.search(said) else said


def _checked(title: str) -> str:
    """A heading that somebody gave. UsageError where Canvas would not take it for an assignment."""
    help = "Write it as Canvas shows it, with its id where you know it: --title 'u05=Value class (1234)'."
    if not title.strip() or not title.isprintable():
        raise UsageError("a column's title is empty or holds a control character", help)
    if title in _RESERVED or _NOT_IMPORTED.search(title) or _NUMBER.fullmatch(title):
        raise UsageError(
            f"{printable(title)}: Canvas does not take this for the title of an assignment", help
        )
    return title


def _cell(student: StudentEntry, column: _Column, missing: Missing) -> str:
    """The points, EX, or nothing: where nothing was handed in, and where we could not grade."""
    if student.excused:
        return EXCUSED
    if student.missing:
        return "0" if missing is Missing.ZERO else ""
    if _ungraded(student, column):
        return ""
    return number(_part(student, column).points)


def _part(student: StudentEntry, column: _Column) -> StudentEntry | UnitResult:
    return next((unit for unit in student.units if unit.unit == column.unit), student)


def _ungraded(student: StudentEntry, column: _Column) -> bool:
    units = [unit for unit in student.units if column.unit in ("", unit.unit)]
    return any(result.points is None for unit in units for result in unit.results)


def _not_graded(student: StudentEntry, columns: Iterable[_Column]) -> list[str]:
    if student.excused or student.missing:
        return []
    return [
        f"{printable(student.id)}: {printable(column.title)} is left empty: a grader error, grade it again"
        for column in columns
        if _ungraded(student, column)
    ]


def _info(student: StudentEntry) -> list[str]:
    """The five cells that say who it is: Canvas looks for the ID, then the SIS ids, then the name."""
    person = student.person
    if person is None:
        return [student.id, "", "", student.id, ""]
    name = ", ".join(filter(None, (person.family, person.given))) or student.id
    return [name, person.canvas_id, person.sis_id, person.login or student.id, person.section]


def _safe(student: StudentEntry, info: Sequence[str], cells: Sequence[str]) -> list[str]:
    """The cells as they are written: no formula, and no row that the importer would take for another kind."""
    name, *ids = (cell(text).replace(";", ",") for text in info)  # in the first rows ; may count as separator
    if POINTS_POSSIBLE.strip() in name:
        name = student.id
    if all(_IGNORED_ROW.fullmatch(text) for text in (name, *ids, *cells)):
        name = f"{student.id} ({name})"
    return [name, *ids]
