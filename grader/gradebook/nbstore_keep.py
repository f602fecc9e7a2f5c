"""The GRADES folder and nbgrader's database: where it lies, and which ones elsewhere were written into."""

from pathlib import Path
from typing import NamedTuple

from grader.errors import KataError
from grader.gradebook import nbstore
from grader.gradebook.disk import clear_errors, exists
from grader.gradebook.folder import GradesFolder
from grader.gradebook.grades import GradedClass

ELSEWHERE = "gradebook.url"  # databases outside that hold these students, a line each, without passwords


class Kept(NamedTuple):
    """Files in GRADES that were written, in order of use, and what to tell."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def keep(folder: GradesFolder, graded: GradedClass, url: str) -> Kept:
    """Write the class into nbgrader's database: at `url`, or for "" into gradebook.db of this folder.

    Raises UsageError when the database cannot be written. All else of this run is on the disk by then.
    """
    own = folder.path / nbstore.DATABASE
    try:
        nbstore.make_private(own)
        stored = nbstore.store(graded, url or str(own))
    except KataError as error:
        stand = f"All results stand in {folder.path / 'gradebook.csv'} and {folder.journal}."
        error.help = f"{error.help}\n{stand} Then run the same command again: only this is missing."
        raise
    if stored.file is not None and stored.file.resolve() == own.resolve():
        return Kept((own,), stored.notes)
    if not stored.place:
        return Kept((), stored.notes)
    places = sorted({*elsewhere(folder), stored.place})
    folder.write(ELSEWHERE, "".join(f"{place}\n" for place in places))
    return Kept((), (f"nbgrader's gradebook is {stored.place}", *stored.notes))


def forget(folder: GradesFolder, id: str, url: str) -> list[str]:
    """Remove one student from gradebook.db of this folder, and from the database at `url` where one is given.

    Returns a line for each that held something. Raises UsageError.
    """
    own = folder.path / nbstore.DATABASE
    places = [str(own)] if exists(own) and not nbstore.missing() else []
    return [line for place in [*places, *filter(None, [url])] if (line := nbstore.forget(place, id))]


def unopened(folder: GradesFolder) -> list[Path]:
    """gradebook.db of this folder, where nbgrader is not there to open it."""
    own = folder.path / nbstore.DATABASE
    return [own] if exists(own) and nbstore.missing() else []


def elsewhere(folder: GradesFolder) -> list[str]:
    """The databases outside this folder that a run wrote into, as messages name them."""
    path = folder.path / ELSEWHERE
    if not exists(path):
        return []
    with clear_errors(path, "read"):
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
