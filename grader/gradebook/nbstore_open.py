"""Opens nbgrader's database, new or there already: one transaction, one clear error, nothing on our screen.

Imports nbgrader, which only instructors have, and which takes seconds: only `nbstore` imports this module.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from grader.errors import UsageError
from grader.gradebook.disk import clear_errors, exists
from grader.harmless import printable

WAIT = 10  # seconds for which another program may hold the database
_PATIENCE = {"sqlite": "timeout", "postgresql": "connect_timeout"}  # backend -> what it calls that
_TABLES = api.Base.metadata.tables
_FORMS = "A file: --gradebook FILE.db; PostgreSQL: --gradebook postgresql+psycopg://USER@HOST/DATABASE."
_ELSEWHERE = "Move it away, or write elsewhere: --gradebook FILE.db."
_REASONS = {  # SQLite's names and PostgreSQL's states -> what is said, what to do
    "BUSY": (
        "is in use by another program",
        "Wait until it is done, or end it (formgrader, a database browser).",
    ),
    "55P03": ("is in use by another program", "Wait until it is done."),
    "NOTADB": ("is no SQLite database, or a damaged one", _ELSEWHERE),
    "CORRUPT": ("is damaged", "Put back a copy of it, with what people wrote into it; or move it away."),
    "FULL": ("cannot be written: no room is left", "Make room on that disk."),
    "READONLY": ("cannot be written: it is read-only", "Give yourself the right to write it and its folder."),
    "CANTOPEN": ("cannot be opened", "Give yourself the right to write it and its folder."),
    "42501": ("cannot be written: that user may not", "Let the database's owner grant you the right."),
}


def target(url: str) -> URL:
    """The database that a URL names, or the path of an SQLite file. UsageError where it can be none."""
    try:
        parsed = make_url(url) if "://" in url else URL.create("sqlite", database=str(Path(url).absolute()))
    except (ArgumentError, ValueError):
        raise UsageError(f"{printable(url)} names no database", _FORMS) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    kind = parsed.get_backend_name()
    if kind not in _PATIENCE or (kind == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise UsageError(f"{shown(parsed)} is no database for nbgrader's gradebook", _FORMS)
    try:
        parsed.get_dialect().import_dbapi()
    except (NoSuchModuleError, ImportError) as error:
        package = printable(getattr(error, "name", None) or parsed.drivername)
        raise UsageError(f"{shown(parsed)} needs {package}, which is not installed", _FORMS) from None
    return parsed.update_query_dict({_PATIENCE[kind]: str(WAIT)} | dict(parsed.query))


def shown(url: URL) -> str:
    """How a database is called in messages: the path of a file, or the URL without what could be secret."""
    if url.get_backend_name() == "sqlite" and url.database:
        return printable(url.database)
    public = {key: value for key, value in url.query.items() if key in ("host", "port")}
    return printable(url.set(query=public).render_as_string(hide_password=True))


def file_of(url: URL) -> Path | None:
    """The file of an SQLite database; None for a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


@contextmanager
def opened(url: URL, course: str = "") -> Iterator[api.Gradebook]:
    """nbgrader's gradebook, made where there is none, in one transaction that an error undoes.

    course: nbgrader's course_id, entered where it is missing; "" for none    Raises UsageError.
    """
    file = file_of(url)
    if file is not None:
        _make_private(file)
    with told(url):
        engine = _in_transactions(create_engine(url))
        try:
            with engine.begin() as connection:
                _prepare(connection, url, course)
        finally:
            engine.dispose()
        gradebook = api.Gradebook(url, course)
        try:
            gradebook.engine.dispose()
            _in_transactions(gradebook.engine)
            yield gradebook
            gradebook.db.commit()
        finally:
            gradebook.close()


def scrub(url: URL) -> None:
    """Leave nothing in the file of an SQLite database of what was removed from it."""
    with (
        told(url),
        closing(sqlite3.connect(str(url.database), timeout=WAIT, isolation_level=None)) as connection,
    ):
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what a database refuses into one clear UsageError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kind = (
            getattr(cause, "sqlite_errorname", "").removeprefix("SQLITE_")
            or getattr(cause, "sqlstate", "")
            or ""
        )
        first = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        reason = (f"cannot be used: {printable(first, 300)}", "See that it can be reached and written.")
        what, help = _REASONS.get(kind, _REASONS.get(kind.partition("_")[0], reason))
        raise UsageError(f"{shown(url)} {what}", help) from error


def _make_private(file: Path) -> None:
    """An empty file is an empty database. One that is there keeps its mode: others may work with it."""
    if not exists(file):
        with clear_errors(file):
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _in_transactions(engine: Engine) -> Engine:
    """Let SQLite begin before the first statement, as PostgreSQL does, and wipe what is removed."""

    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # or the driver begins when it thinks fit
        connection.execute("PRAGMA secure_delete = ON")

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: Connection, url: URL, course: str) -> None:
    """Tables, revision and course, as nbgrader makes them, but without the alembic program on PATH."""
    names = set(inspect(connection).get_table_names())
    _check(connection, url, names)
    api.Base.metadata.create_all(connection)
    if "alembic_version" not in names:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    if not connection.scalar(text("SELECT count(*) FROM alembic_version")):
        head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
        connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": head})
    courses = _TABLES["course"]
    if course and not connection.scalar(courses.select().where(courses.c.id == course)):
        connection.execute(courses.insert(), {"id": course})


def _check(connection: Connection, url: URL, names: set[str]) -> None:
    """UsageError for a database that is damaged, not nbgrader's, or not of the nbgrader that is installed."""
    if connection.dialect.name == "sqlite":
        state = connection.scalar(text("PRAGMA quick_check(1)"))
        if state != "ok":
            raise UsageError(f"{shown(url)} is damaged: {printable(str(state), 200)}", _REASONS["CORRUPT"][1])
    missing = set(_TABLES) - names
    if names and missing == set(_TABLES):
        one = printable(min(names - {"alembic_version"}, default="alembic_version"))
        raise UsageError(f"{shown(url)} is not nbgrader's gradebook: it holds a table `{one}`", _ELSEWHERE)
    script = ScriptDirectory(ALEMBIC_DIR)
    stands = "alembic_version" in names and connection.scalar(text("SELECT version_num FROM alembic_version"))
    if stands and stands not in {revision.revision for revision in script.walk_revisions()}:
        raise UsageError(
            f"{shown(url)} is of a newer nbgrader than the one installed here ({printable(str(stands))})",
            "Update nbgrader, or write elsewhere: --gradebook FILE.db.",
        )
    if names and ((stands and stands != script.get_current_head()) or missing):
        raise UsageError(
            f"{shown(url)} is of an older nbgrader than the one installed here",
            "Bring it up to date first: `nbgrader db upgrade --db=URL`, with the URL of this database.",
        )
