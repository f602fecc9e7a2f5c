"""The gradebook without names: for research, for colleagues, for a bug report.

A pseudonym is a keyed hash of the id. The key stays in the GRADES folder: with it the same student gets the
same pseudonym next time, without it nobody can compute one from a list of ids.
"""

import csv
import hashlib
import hmac
import io
import secrets
from pathlib import Path

from msgspec.structs import replace

from grader.errors import UsageError
from grader.gradebook.classfile import FILE, encode_class, read_class_file
from grader.gradebook.classmodel import StudentEntry
from grader.gradebook.disk import clear_errors, exists, make_private_folder, write_atomically
from grader.gradebook.folder import GradesFolder, open_gradebook
from grader.gradebook.journal import read_journal
from grader.gradebook.plain import cell
from grader.gradebook.record import Record, encode

KEY = "pseudonym.key"
_DIGITS = 16  # of 64 hex digits: 64 bits, so that no two students of a course share one
# All but the points may tell who it was; a diagnosis is ours, but may quote.
_LEFT_OUT = {
    "gradebook.csv": ("name", "section", "status", "submitted at", "attempt", "late note", "problems"),
    "results-long.csv": ("diagnosis",),
}


class Pseudonyms:
    """Names people by the key of a GRADES folder, which is made where it is missing."""

    def __init__(self, folder: GradesFolder) -> None:
        path = folder.path / KEY
        if not exists(path):
            with clear_errors(path):
                write_atomically(path, secrets.token_hex(32).encode() + b"\n")
        with clear_errors(path, "read"):
            self._key = path.read_bytes().strip()
        if len(self._key) < 32:
            raise UsageError(
                f"{path} holds no key of at least 32 characters",
                "Put back the key, or remove the file: then pseudonyms will be others.",
            )

    def of(self, id: str) -> str:
        """`p-` and 16 hex digits."""
        return "p-" + hmac.new(self._key, id.encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def export_pseudonymous(out: Path, to: Path) -> list[Path]:
    """Write tables, class file and journal without names into `to`; returns the files.

    Raises UsageError when `out` holds no finished gradebook, and when `to` is not empty.
    """
    with open_gradebook(out) as folder:
        if folder.underway:
            raise UsageError(
                f"the last run into {out} did not come to its end", "Run the same `kata grade` again first."
            )
        _check_place(out, to)
        records = read_journal(folder.journal).records
        names = Pseudonyms(folder)
        by_cell = {cell(record.submission): names.of(record.submission) for record in records}
        texts = {name: _table(folder.path / name, by_cell) for name in _LEFT_OUT}
        texts[FILE] = _class(folder.path / FILE, names).encode()
        texts["journal.jsonl"] = encode(sorted((_bare(r, names) for r in records), key=_by_pseudonym))
        make_private_folder(to)
        for name, data in texts.items():
            with clear_errors(to / name):
                write_atomically(to / name, data)
        return [to / name for name in texts]


def _check_place(out: Path, to: Path) -> None:
    here, there = out.resolve(), to.resolve()
    if there == here or here in there.parents:
        raise UsageError(f"{to} lies in {out}, which is private", "Choose a folder elsewhere: --to FOLDER.")
    with clear_errors(to, "look at"):
        taken = to.exists() and (not to.is_dir() or any(to.iterdir()))
    if taken:
        raise UsageError(f"{to} is there and not empty", "Choose a new folder: --to FOLDER.")


def _table(path: Path, names: dict[str, str]) -> bytes:
    """A table of ours, pseudonyms in its first column, sorted by them, without what could tell a person."""
    with clear_errors(path, "read"):
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    kept = [at for at, column in enumerate(header) if column not in _LEFT_OUT[path.name]]
    unknown = next((row[0] for row in rows if row[0] not in names), None)
    if unknown is not None:
        raise UsageError(f"{path} names {unknown}, whom the journal does not", "Grade the class again.")
    named = sorted(([names[row[0]], *row[1:]] for row in rows), key=lambda row: row[0])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([row[at] for at in kept] for row in [header, *named])
    return text.getvalue().encode()


def _class(path: Path, names: Pseudonyms) -> str:
    """The class file with pseudonyms, sorted by them, without what could tell a person."""
    file = read_class_file(path)
    students = sorted((_nobody(student, names) for student in file.students), key=lambda one: one.id)
    units = tuple(replace(unit, due=None) for unit in file.units)
    return encode_class(replace(file, units=units, students=tuple(students)))


def _nobody(student: StudentEntry, names: Pseudonyms) -> StudentEntry:
    id = names.of(student.id)
    units = tuple(
        replace(
            unit,
            days=0,
            late="",
            results=tuple(replace(result, diagnosis="", finding=None) for result in unit.results),
        )
        for unit in student.units
    )
    told = {
        "person": None,
        "submitted_at": None,
        "attempt": "",
        "missing": False,
        "excused": False,
        "late_note": "",
        "problems": (),
        "ignored": (),
    }
    return replace(student, id=id, name=id, units=units, **told)


def _bare(record: Record, names: Pseudonyms) -> Record:
    """A record without texts that a student's code may have made, and without hashes of their files."""
    return replace(
        record,
        submission=names.of(record.submission),
        finding=None,
        tests=tuple(replace(test, finding=None) for test in record.tests),
        hashes=replace(record.hashes, student="", submission=""),
    )


def _by_pseudonym(record: Record) -> str:
    return record.submission
