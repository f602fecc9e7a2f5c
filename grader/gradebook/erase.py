"""Remove one person from a GRADES folder. Everybody else's bytes stay what they are."""

import csv
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from grader.errors import UsageError
from grader.gradebook.classfile import FILE, encode_class, read_raw
from grader.gradebook.disk import clear_errors, exists, lines_of, sync_folder, write_atomically
from grader.gradebook.folder import FEEDBACK, GradesFolder, open_gradebook
from grader.gradebook.nbstore import DATABASE
from grader.gradebook.nbstore_keep import elsewhere, forget, unopened
from grader.gradebook.plain import cell, count, printable

_OF_EXERCISES = ("journal.jsonl", "before.jsonl", "set-aside.jsonl", "attempts.jsonl", "times.jsonl")
_OURS = {*_OF_EXERCISES, DATABASE}
_TABLES = ("gradebook.csv", "results-long.csv", "changes.csv")
# Figures about the whole class. The page is the last one: it tells whether they count the student.
_PAGE = "report.html"
_OF_THE_CLASS = ("exercises.csv", "exercise-times.csv", _PAGE)
_SECTION = re.compile(r'<details class=s data-id="([^"]*)"')


class _Line(Struct):
    submission: str


@dataclass(frozen=True)
class Erased:
    """removed: one line for each file that held something    left: files of others that still name the id

    elsewhere: nbgrader's databases outside, which may hold the student too
    """

    removed: tuple[str, ...]
    left: tuple[Path, ...]
    elsewhere: tuple[str, ...] = ()


def erase(out: Path, id: str, gradebook: str = "") -> Erased:
    """Remove one student from every file of the folder; each file changes as a whole or not at all.

    gradebook: nbgrader's database elsewhere, from which the student goes as well
    Broken off, the same command goes on. Raises UsageError when nothing of the student is there, when the
    folder holds no gradebook, while a run writes into it, and when a database cannot be written.
    """
    with open_gradebook(out) as folder:
        removed = [*_of_the_class(folder, id), *_feedback(folder, id)]
        for name in _OF_EXERCISES:
            removed += _lines(folder.path / name, lambda _, line: _is_of(line, id), "result")
        for name in _TABLES:
            removed += _lines(folder.path / name, lambda number, line: number > 1 and _names(line, id), "row")
        removed += _class(folder.path / FILE, id)
        with clear_errors(folder.path):
            folder.sweep()
        removed += forget(folder, id, gradebook)
        if not removed:
            raise UsageError(f"{out} holds nothing of {id}", "The ids stand in gradebook.csv, column `id`.")
        outside = () if gradebook else elsewhere(folder)
        left = (*unopened(folder), *_still_naming(folder, id))
        return Erased(tuple(removed), left, tuple(outside))


def _of_the_class(folder: GradesFolder, id: str) -> Iterator[str]:
    """Figures that count the student are removed as a whole: the next run makes them anew."""
    page = folder.path / _PAGE
    if not exists(page):
        return
    with clear_errors(page, "read"):
        sections = _SECTION.findall(page.read_text(encoding="utf-8"))
    if printable(id) in map(html.unescape, sections):
        for name in _OF_THE_CLASS:
            path = folder.path / name
            if exists(path):
                with clear_errors(path):
                    path.unlink()
                    sync_folder(path.parent)
                yield f"{name}: it counts the whole class, the next kata grade makes it anew"


def _feedback(folder: GradesFolder, id: str) -> Iterator[str]:
    for name in folder.names_in(FEEDBACK):
        path = folder.path / FEEDBACK / name
        if path.stem == id and exists(path):
            with clear_errors(path):
                path.unlink()
                sync_folder(path.parent)
            yield f"{FEEDBACK}/{name}"


def _lines(path: Path, is_theirs: Callable[[int, bytes], bool], what: str) -> Iterator[str]:
    """Leave out the lines of one student; the others stay byte by byte."""
    theirs = sum(is_theirs(number, line) for number, line in lines_of(path))
    if theirs:
        with clear_errors(path):
            write_atomically(path, (line for number, line in lines_of(path) if not is_theirs(number, line)))
        yield f"{path.name}: {count(theirs, what)}"


def _class(path: Path, id: str) -> Iterator[str]:
    """Leave one student out of the class file; the lines of the others stay byte by byte."""
    if not exists(path):
        return
    raw = read_raw(path)
    kept = [student for student in raw["students"] if student.get("id") != id]
    if len(kept) < len(raw["students"]):
        with clear_errors(path):
            write_atomically(path, encode_class({**raw, "students": kept}).encode())
        yield f"{path.name}: {count(len(raw['students']) - len(kept), 'student')}"


def _is_of(line: bytes, id: str) -> bool:
    try:
        return msgspec.json.decode(line, type=_Line).submission == id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.encode(id) in line  # torn, and theirs as far as it goes


def _names(line: bytes, id: str) -> bool:
    """Whether a row of a table of ours is this student's; no cell of ours holds a line break."""
    row = next(csv.reader([line.decode("utf-8", "replace")]), [])
    return row[:1] == [cell(id)]


def _still_naming(folder: GradesFolder, id: str) -> Iterator[Path]:
    """Files that are not ours to change, and that hold the id as a word."""
    word = re.compile(rb"(?<![\w.@-])" + re.escape(id.encode()) + rb"(?![\w@-])")
    for path in sorted(folder.path.iterdir()):
        known = {*_OURS, *_TABLES, *_OF_THE_CLASS, FILE}
        if path.name not in known and path.is_file() and not path.is_symlink():
            with clear_errors(path, "read"):
                if word.search(path.read_bytes()):
                    yield path
