"""The class in nbgrader's own database, so that its formgrader, points by hand and exporters keep working.

nbgrader is imported when something is stored, at the end of a run: that takes seconds, and it may be missing.
"""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from grader.errors import UsageError
from grader.gradebook.disk import clear_errors, exists
from grader.gradebook.grades import GradedClass
from grader.gradebook.plain import count

DATABASE = "gradebook.db"
_NEEDED = ("nbgrader", "sqlalchemy", "alembic")
_INSTALL = 'pip install "katagrad[instructor]"'
_GRAMMAR = "rfc3987_syntax"


class Stored(NamedTuple):
    """What became of it. file: of SQLite, else None    place: the database, as messages name it"""

    file: Path | None
    place: str
    notes: tuple[str, ...]


def store(graded: GradedClass, url: str) -> Stored:
    """Write the class into the database in one transaction; what people entered there by hand stays.

    url: of SQLAlchemy, for SQLite or PostgreSQL, or the path of an SQLite file
    Where nbgrader is not installed, nothing is written, and a note says so. Raises UsageError.
    """
    if missing():
        return Stored(None, "", (f"no gradebook for nbgrader: {missing()} is not installed. {_INSTALL}",))
    with _quiet():
        from grader.gradebook.nbstore_open import file_of, opened, shown, target  # noqa: PLC0415
        from grader.gradebook.nbstore_write import write_class  # noqa: PLC0415

        place = target(url)
        with opened(place, graded.catalogue.course.id) as gradebook:
            notes = write_class(gradebook, graded)
        return Stored(file_of(place), shown(place), notes)


def forget(url: str, id: str) -> str:
    """Remove one student from the database; returns what that was, or "" where it held nothing of them.

    Raises UsageError, also where nbgrader is not installed and where there is no such file.
    """
    require()
    with _quiet():
        from grader.gradebook.nbstore_open import file_of, opened, scrub, shown, target  # noqa: PLC0415
        from grader.gradebook.nbstore_write import remove_student  # noqa: PLC0415

        place = target(url)
        file = file_of(place)
        if file is not None and not exists(file):
            raise UsageError(
                f"there is no gradebook {shown(place)}", "Name nbgrader's database: --gradebook URL."
            )
        with opened(place) as gradebook:
            submissions = remove_student(gradebook, id)
        if file is not None:
            scrub(place)
        return (
            ""
            if submissions is None
            else f"{file.name if file else shown(place)}: {count(submissions, 'submission')}"
        )


def require(url: str = "") -> None:
    """Raises UsageError where nbgrader is not installed, and for a URL that names no database."""
    if missing():
        raise UsageError(f"nbgrader's gradebook needs {missing()}, which is not installed", _INSTALL)
    if url:
        with _quiet():
            from grader.gradebook.nbstore_open import target  # noqa: PLC0415

            target(url)


def missing() -> str:
    """The first package that is needed and not installed, or ""."""
    return next((name for name in _NEEDED if find_spec(name) is None), "")


def make_private(file: Path) -> None:
    """The file in GRADES is for nobody else, whoever made it."""
    if exists(file):
        with clear_errors(file):
            file.chmod(0o600)


@contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader and what it imports log and warn as they like: not onto our screen."""
    before = logging.root.manager.disable
    with warnings.catch_warnings(), _without_grammar():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)


@contextmanager
def _without_grammar() -> Iterator[None]:
    """nbgrader imports jsonschema, which builds a grammar of all web addresses: 3 s of computing for nothing.

    jsonschema does without it where it cannot be imported.
    """
    if _GRAMMAR in sys.modules:
        yield
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_GRAMMAR]
