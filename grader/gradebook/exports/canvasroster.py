"""Canvas's own exported gradebook: whose row is whose, and which ids Canvas gives them."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.gradebook.classmodel import PersonEntry, StudentEntry
from grader.gradebook.disk import clear_errors
from grader.gradebook.plain import printable

INFO = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_NAMES = (("Student", "ID"), ("LastName", "FirstName", "ID"))  # how the first row begins
_ALSO = ("Integration ID", "Root Account", *_NAMES[1])  # where an institution has them
_MOST_BYTES = 64 << 20
_HELP = "Export it in Canvas: Grades, Export, Export Entire Gradebook."
_WITHOUT_ID = re.compile(r"\s*\(\d+\)\s*$")
_NO_STUDENT = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
_NOBODY = PersonEntry(extension_hours=0)


@dataclass(frozen=True)
class Matched:
    """rows: by the student's id, the cells that say who it is    notes: who could not be matched"""

    rows: dict[str, list[str]]
    notes: list[str]


@dataclass(frozen=True)
class CanvasRoster:
    """header: the columns that say who a row is of    people: those cells of each row

    assignments: headings of the assignments, with their ids
    """

    header: tuple[str, ...]
    people: tuple[tuple[str, ...], ...]
    assignments: tuple[str, ...]

    def assignment(self, title: str) -> str | None:
        """The heading in Canvas, with its id, of the assignment that is called so; None where there is none.

        Raises UsageError where several are.
        """
        wanted = [title.strip().casefold(), _bare(title)]
        exact = [heading for heading in self.assignments if heading.strip().casefold() == wanted[0]]
        found = exact or [heading for heading in self.assignments if _bare(heading) == wanted[0]]
        if len(found) > 1:
            raise UsageError(
                f"Canvas has {len(found)} assignments called {printable(title)}",
                "Name one with its id: --title 'u05=" + printable(found[0]) + "'.",
            )
        return found[0] if found else None

    def match(self, students: Sequence[StudentEntry]) -> Matched:
        """Each student's row: by Canvas's id, by SIS id, by login, or by e-mail where that is the login."""
        rows: dict[str, list[str]] = {}
        notes: list[str] = []
        taken: dict[int, str] = {}
        for student in students:
            found = self._rows_of(student)
            shown = printable(student.id)
            if len(found) != 1:
                why = "is not in Canvas's file" if not found else f"fits {len(found)} rows of Canvas's file"
                notes.append(f"{shown} {why}: left out")
            elif found[0] in taken:
                other = printable(taken[found[0]])
                notes.append(f"{shown} and {other} fit the same row of Canvas's file: both left out")
                rows.pop(taken[found[0]], None)
            else:
                taken[found[0]] = student.id
                rows[student.id] = list(self.people[found[0]])
        rest = [printable(row[0]) for at, row in enumerate(self.people) if at not in taken]
        notes += [f"{name} is in Canvas's file and not in the gradebook: left out" for name in rest]
        return Matched(rows, notes)

    def _rows_of(self, student: StudentEntry) -> list[int]:
        """Rows that the strongest sign points to which points to any."""
        person = student.person or _NOBODY
        signs = (
            ("ID", (person.canvas_id,)),
            ("SIS User ID", (person.sis_id,)),
            ("SIS Login ID", (person.login,)),
            ("SIS Login ID", (person.email, student.id)),
            ("SIS User ID", (student.id,)),
        )
        for column, values in signs:
            wanted = {_folded(value) for value in values if value.strip()}
            at = self.header.index(column) if column in self.header else None
            if at is not None and wanted:
                found = [row for row, cells in enumerate(self.people) if _folded(cells[at]) in wanted]
                if found:
                    return found
        return []


def read_canvas(path: Path) -> CanvasRoster:
    """The file that Canvas exported. UsageError where it is none, or has no row for a student.

    Commas or semicolons, with or without byte order mark; the columns that say who it is are those up to
    Section. Custom columns, totals and what is read only are passed over.
    """
    rows = _rows(path)
    header = [title.strip() for title in rows[0]] if rows else []
    if "Section" not in header or not any(tuple(header[: len(names)]) == names for names in _NAMES):
        raise UsageError(
            f"{path} is no gradebook of Canvas: its first row is not Student, ID, ... Section", _HELP
        )
    width = header.index("Section") + 1
    odd = [title for title in header[:width] if title not in {*INFO, *_ALSO}]
    if odd:
        raise UsageError(
            f"{path}: {printable(odd[0], 80)} is no column that Canvas has before Section", _HELP
        )
    people = tuple(tuple(_padded(row, width)) for row in rows[1:] if _is_student(row))
    if not people:
        raise UsageError(f"{path} holds no student", _HELP)
    fixed = next((row for row in rows[1:] if "Points Possible" in row[0]), [])
    titles = [
        rows[0][at]
        for at in range(width, len(header))
        if _WITHOUT_ID.search(header[at]) and "read only" not in "".join(fixed[at : at + 1])
    ]
    return CanvasRoster(tuple(header[:width]), people, tuple(titles))


def _rows(path: Path) -> list[list[str]]:
    with clear_errors(path, "read"), path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than 64 MiB", _HELP)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text", _HELP) from None
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise UsageError(f"{path} is no CSV: {error}", _HELP) from None
    return [row for row in rows if any(text.strip() for text in row)]


def _is_student(row: Sequence[str]) -> bool:
    """Not the row of points, nor the one that says what is posted by hand."""
    return "Points Possible" not in row[0] and not all(_NO_STUDENT.fullmatch(text) for text in row)


def _padded(row: Sequence[str], width: int) -> Iterator[str]:
    for at in range(width):
        yield row[at].strip() if at < len(row) else ""


def _bare(heading: str) -> str:
    return _WITHOUT_ID.sub("", heading).strip().casefold()


def _folded(text: str) -> str:
    return text.strip().casefold()
