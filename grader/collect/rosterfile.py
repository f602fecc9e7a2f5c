"""roster.csv, read: every bad line is told at once, and nobody gets lost."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from grader.collect.ids import composed
from grader.collect.member import Unreadable
from grader.collect.roster import FILE, Person, Roster
from grader.collect.texts import decode
from grader.errors import UsageError
from grader.harmless import printable

MOST_BYTES = 4 << 20
MOST_HOURS = 100_000
_LONGEST = 500  # characters of a cell
_MOST_SAID = 20  # lines of one error
FIELDS = ("id", "given", "family", "name", "email", "section", "extension_hours", "excused",
          "login", "sis_id", "canvas_id")  # fmt: skip
# Other names under which lists of an LMS have the same.
ALIASES = {
    "student_id": "id", "user_id": "id", "username": "id",
    "given_name": "given", "first_name": "given", "first": "given",
    "family_name": "family", "last_name": "family", "last": "family", "surname": "family",
    "full_name": "name", "e_mail": "email", "email_address": "email", "sections": "section",
    "extension": "extension_hours", "login_id": "login", "sis_login_id": "login", "sis_user_id": "sis_id",
}  # fmt: skip
_YES = frozenset({"yes", "y", "true", "1", "x", "excused"})
_NO = frozenset({"", "no", "n", "false", "0"})
_HOURS = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_HELP = "its columns are id, given, family, email, section, extension_hours, excused; only id must be there"


def find_roster(root: Path, given: Path | None = None) -> Roster | None:
    """The roster that was given, else roster.csv beside course.yml, else None. Raises like `read_roster`."""
    if given is None and not (root / FILE).exists():
        return None
    return read_roster(given or root / FILE)


def read_roster(path: Path) -> Roster:
    """Everybody in the file. Raises UsageError, with a line `roster.csv:LINE: what` for each bad line."""
    mistakes: list[tuple[int, str]] = []
    rows = list(_rows(_text(path), mistakes))
    if not rows:
        raise UsageError(f"{path}: is empty", _HELP)
    (line, header), *others = rows
    columns = _columns(header, line, mistakes)
    people = {} if mistakes else _people(columns, others, mistakes)
    if mistakes:
        told = [f"{path}:{line}: {what}" for line, what in sorted(mistakes)]
        more = [f"and {len(told) - _MOST_SAID} more"] if len(told) > _MOST_SAID else []
        raise UsageError("\n".join([*told[:_MOST_SAID], *more]), f"Mend {path.name}: {_HELP}.")
    if not people:
        raise UsageError(f"{path}: holds no student below its header", "Write one line for each student.")
    return Roster(tuple(people.values()), _notes(path, columns))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", "Name the roster: --roster FILE."
        ) from None
    if len(raw) > MOST_BYTES:
        raise UsageError(f"{path}: is larger than {MOST_BYTES >> 20} MiB", "Is this the right file?")
    try:
        return decode(raw)
    except Unreadable as error:
        raise UsageError(f"{path}: {error}", "Export it again as CSV in UTF-8.") from None


def _rows(text: str, mistakes: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the number of its first line."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)  # a spreadsheet writes the one of its language
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = [" ".join(cell.split()) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            mistakes.append((line, "a quote is not closed, or something stands behind one"))
            continue
        if reader.line_num > line:
            mistakes.append((line, f"goes on to line {reader.line_num}: a quote is not closed"))
        elif any(row):
            yield line, row


@dataclass
class _Columns:
    """at: field -> its place in a row    width: of the header    unused: what they are called"""

    at: dict[str, int] = field(default_factory=dict)
    width: int = 0
    unused: list[str] = field(default_factory=list)


def _columns(header: Sequence[str], line: int, mistakes: list[tuple[int, str]]) -> _Columns:
    columns = _Columns(width=len(header))
    for place, cell in enumerate(header):
        plain = re.sub(r"[\s_-]+", "_", cell.casefold()).strip("_")
        name = ALIASES.get(plain, plain)
        if name in columns.at:
            mistakes.append((line, f"two columns say the same: {name}"))
        elif name in FIELDS:
            columns.at[name] = place
        elif cell:
            columns.unused.append(cell)
            near = get_close_matches(plain, [*FIELDS, *ALIASES], n=1, cutoff=0.8)
            if near:
                mistakes.append((line, f"{_shown(cell)} is no column: did you mean {near[0]}?"))
    if "id" not in columns.at:
        mistakes.append((line, "has no column `id`"))
    if "name" in columns.at and {"given", "family"} & set(columns.at):
        columns.unused.append(header[columns.at.pop("name")])
    return columns


def _notes(path: Path, columns: _Columns) -> tuple[str, ...]:
    unused = ", ".join(_shown(name) for name in columns.unused)
    return (f"{path.name}: columns that are not used: {unused}",) if unused else ()


def _people(
    columns: _Columns, rows: Sequence[tuple[int, list[str]]], mistakes: list[tuple[int, str]]
) -> Mapping[str, Person]:
    """By id. One mistake for each line that is wrong, with all that is wrong about it."""
    people: dict[str, Person] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        wrong = list(_wrong(row, columns.width))
        cells = {name: row[place] for name, place in columns.at.items() if place < len(row)}
        person = _person(cells, wrong)
        if person.id in lines:
            wrong.append(f"{_shown(person.id)} stands on line {lines[person.id]} already")
        if wrong:
            mistakes.append((line, "; ".join(wrong)))
        if person.id:
            lines.setdefault(person.id, line)
            people.setdefault(person.id, person)
    return people


def _wrong(row: Sequence[str], width: int) -> Iterator[str]:
    if any(row[width:]):
        yield f"has {len(row)} cells where the header has {width}"
    if any(len(cell) > _LONGEST for cell in row):
        yield f"a cell has more than {_LONGEST} characters"


def _person(cells: Mapping[str, str], wrong: list[str]) -> Person:
    id = composed(cells.get("id", ""))
    if not id:
        wrong.append("has no id")
    elif printable(id) != id:
        wrong.append(f"the id {_shown(id)} holds an invisible character")
    given, family = cells.get("given", ""), cells.get("family", "")
    if cells.get("name"):
        before, comma, after = cells["name"].partition(",")
        parts = (after, before) if comma else (*cells["name"].rpartition(" ")[::2],)
        given, family = (part.strip() for part in parts)
    return Person(
        id,
        given=given,
        family=family,
        extension_hours=_extension(cells.get("extension_hours", ""), wrong),
        excused=_excused(cells.get("excused", ""), wrong),
        **{name: cells.get(name, "") for name in ("email", "section", "login", "sis_id", "canvas_id")},
    )


def _extension(cell: str, wrong: list[str]) -> float:
    hours = float(cell.replace(",", ".")) if _HOURS.fullmatch(cell) else 0.0 if not cell else math.inf
    if hours > MOST_HOURS:
        wrong.append(f"extension_hours is {_shown(cell)}, not a number of hours such as 48")
        return 0.0
    return hours


def _excused(cell: str, wrong: list[str]) -> bool:
    if cell.casefold() not in _YES | _NO:
        wrong.append(f"excused is {_shown(cell)}, not yes or no")
    return cell.casefold() in _YES


def _shown(text: str) -> str:
    return f"`{printable(text, 60)}`"
