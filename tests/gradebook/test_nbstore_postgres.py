"""nbgrader's database on PostgreSQL: a real server, which the tests start in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.gradebook import nbstore
from grader.gradebook.erase import erase
from grader.gradebook.session import grade_class

# Debian's package puts them where PATH does not lead, a folder for each version.
FOLDERS = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
WHERE = os.pathsep.join([*FOLDERS, os.environ.get("PATH", "")])
PROGRAMS = {name: shutil.which(name, path=WHERE) for name in ("initdb", "pg_ctl")}
MISSING = next((name for name, found in PROGRAMS.items() if found is None), "")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux"),
    pytest.mark.skipif(bool(nbstore.missing()), reason="nbgrader is not installed"),
    pytest.mark.skipif(bool(MISSING), reason=f"PostgreSQL is not here: no {MISSING}"),
]


@pytest.fixture(scope="module")
def server():
    """The URL of a server without a database, as far as the name of one; only a socket leads to it."""
    folder = Path(tempfile.mkdtemp(prefix="kata-pg-", dir="/tmp"))  # a socket's path must be short
    user = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def call(name, *options):
        done = subprocess.run(
            [PROGRAMS[name], *options], cwd=folder, env={**os.environ, "LC_ALL": "C", "HOME": str(folder)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120, **user,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    data, options = str(folder / "data"), f"-k {folder} -c listen_addresses='' -c fsync=off -c jit=off"
    try:
        call("initdb", "-D", data, "-U", "kata", "--auth=trust", "--encoding=UTF8", "--no-sync")
        # Its output goes to a file: a pipe would stay open as long as the server runs.
        call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://kata@/{{}}?host={folder}"
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_url(server):
    """make_url(): the URL of an empty database of its own."""
    import psycopg

    names = [f"book_{os.urandom(6).hex()}" for _ in range(2)]

    def make():
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {names[-1]}")
        return server.format(names.pop())

    return make


@pytest.fixture
def run(invented, tmp_path, monkeypatch):
    """run(url, better=False, out="grades"): grade the small class afresh, into that database."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    catalogue = invented.make_catalogue(tmp_path)

    def grade(url, better=False, out="grades"):
        class_, answers = invented.small_class()
        pool = invented.FakePool(catalogue, {} if better else answers)
        return grade_class(
            catalogue, class_, pool, tmp_path / out, seed=invented.SEED, gradebook=url, fresh=True
        )

    return grade


@pytest.fixture
def rows(dump):
    """rows(url): the dump, by the driver that is here."""
    return lambda url: dump(url.replace("postgresql:", "postgresql+psycopg:"))


def test_it_holds_what_sqlite_holds_and_keeps_what_people_enter(run, make_url, rows, tmp_path):
    url = make_url()
    graded = run(url)
    shown = url.replace("postgresql:", "postgresql+psycopg:")
    assert graded.notes[-1].startswith("nbgrader's gradebook is postgresql+psycopg://kata@/book_")
    run("", out="beside")
    assert rows(url) == rows(str(tmp_path / "beside" / "gradebook.db"))
    from nbgrader.api import Gradebook

    with Gradebook(shown, "backprop") as book:
        grade = book.find_grade("u01-central_difference", "slopes", "u01_slopes", "june")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.75, 0.5, False
        book.find_comment("u05-backward", "value", "u05_value", "sam").manual_comment = "ü\u4e2d see me"
        book.db.commit()
    run(url, better=True)
    with Gradebook(shown, "backprop") as book:
        grade = book.find_grade("u01-central_difference", "slopes", "u01_slopes", "june")
        assert (grade.auto_score, grade.manual_score, grade.extra_credit) == (1, 0.75, 0.5)
        comment = book.find_comment("u05-backward", "value", "u05_value", "sam")
        assert (comment.auto_comment, comment.comment) == (None, "ü\u4e2d see me")
        submitted = {row["student"]: row["score"] for row in book.submission_dicts("u01_slopes")}
        assert submitted == {"ann": 4, "june": 4.25, "kim": 4, "sam": 4, "yara": 4}
        assert {row["id"]: row["score"] for row in book.student_dicts()}["june"] == pytest.approx(10.25)


def test_killed_in_the_middle_nothing_of_it_is_there(run, make_url, rows):
    url = make_url()
    run(url)
    before = rows(url)
    child = os.fork()
    if child == 0:
        try:
            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            def killing(connection, cursor, statement, *_):
                if statement.startswith("UPDATE grade"):
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(Engine, "after_cursor_execute", killing)
            run(url, better=True)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert rows(url) == before
    run(url, better=True)
    other = make_url()
    run(other, better=True, out="other")
    assert rows(url) == rows(other) != before


def test_what_it_refuses_is_one_clear_error(run, make_url, server, tmp_path, monkeypatch):
    import psycopg

    url = make_url()
    run(url)
    from grader.gradebook import nbstore_rows

    monkeypatch.setattr(nbstore_rows, "WAIT", "1ms")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE grade IN ROW EXCLUSIVE MODE")
        with pytest.raises(UsageError, match="is in use by another program"):
            run(url, better=True)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("UPDATE alembic_version SET version_num = 'ffff00000000'")
    with pytest.raises(UsageError, match="is of a newer nbgrader"):
        run(url, better=True)
    with psycopg.connect(server.format("postgres"), autocommit=True) as other:
        other.execute("CREATE ROLE guest LOGIN")
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("UPDATE alembic_version SET version_num = 'e43177bfe90b'")
        other.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    with pytest.raises(UsageError, match="that user may not"):
        run(url.replace("kata@", "guest:hush@"), better=True)
    empty = make_url()
    with psycopg.connect(empty, autocommit=True) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(UsageError, match="is not nbgrader's gradebook: it holds a table `recipes`"):
        run(empty)
    nowhere = f"postgresql://kata:hush@/book?host={tmp_path}"
    with pytest.raises(UsageError, match="cannot be used: ") as caught:
        run(nowhere)
    assert "hush" not in str(caught.value)
    assert b"\n" in (tmp_path / "grades" / "journal.jsonl").read_bytes()


def test_who_is_erased_is_gone(run, make_url, rows, tmp_path):
    url = make_url()
    run(url)
    erased = erase(tmp_path / "grades", "june")
    assert erased.elsewhere == ((tmp_path / "grades" / "gradebook.url").read_text().strip(),)
    assert [line for line in rows(url) if "june" in line]
    erased = erase(tmp_path / "grades", "june", url)
    assert erased.removed[-1].endswith(": 2 submissions")
    assert erased.elsewhere == ()
    assert not [line for line in rows(url) if "june" in line]
