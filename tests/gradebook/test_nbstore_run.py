"""`kata grade` with nbgrader's database: kills, databases that refuse, who is erased, what is private."""

import os
import signal
import sqlite3
import sys
from contextlib import closing

import pytest

from grader.cli import main
from grader.errors import UsageError
from grader.gradebook import nbstore
from grader.gradebook.erase import erase
from grader.gradebook.pseudonyms import export_pseudonymous
from grader.gradebook.session import grade_class

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux"),
    pytest.mark.skipif(bool(nbstore.missing()), reason="nbgrader is not installed"),
]


@pytest.fixture
def run(invented, tmp_path, monkeypatch):
    """run(out, better=False, url=""): grade the small class afresh into a folder, with its gradebook."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    catalogue = invented.make_catalogue(tmp_path)

    def grade(out="grades", better=False, url=""):
        class_, answers = invented.small_class()
        pool = invented.FakePool(catalogue, {} if better else answers)
        return grade_class(
            catalogue, class_, pool, tmp_path / out, seed=invented.SEED, gradebook=url, fresh=True
        )  # fmt: skip

    return grade


def tables(path, sql):
    """A statement in an SQLite file; returns its rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


# ------------------------------------------------------------------------------------------- in GRADES


def test_it_lies_among_the_grades_and_is_private(run, tmp_path, capfd):
    os.umask(os.umask(0o022))
    graded = run()
    path = tmp_path / "grades" / "gradebook.db"
    assert [file.name for file in graded.files][-2:] == ["gradebook.db", "journal.jsonl"]
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    run()
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(tmp_path / "grades")) == [
        "exercise-times.csv", "gradebook.csv", "gradebook.db", "gradebook.json", "journal.jsonl",
        "results-long.csv", "times.jsonl",
    ]  # fmt: skip
    assert capfd.readouterr() == ("", "")


def test_a_link_is_not_followed(run, tmp_path):
    (tmp_path / "grades").mkdir()
    (tmp_path / "elsewhere.db").touch()
    run()
    path = tmp_path / "grades" / "gradebook.db"
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(UsageError, match="is a link, not a file of katagrad"):
        run()
    assert (tmp_path / "elsewhere.db").read_bytes() == b""


def test_without_nbgrader_a_note_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    graded = run()
    assert graded.notes[-1].startswith("no gradebook for nbgrader: nbgrader is not installed")
    assert not (tmp_path / "grades" / "gradebook.db").exists()
    assert (tmp_path / "grades" / "gradebook.csv").exists()
    assert not (tmp_path / "grades" / "before.jsonl").exists()  # the run has ended
    with pytest.raises(UsageError, match="needs nbgrader, which is not installed"):
        nbstore.require("sqlite:///x.db")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("oracle://me:hush@host/db", "is no database for nbgrader's gradebook"),
        ("postgresql+psycopg2://me:hush@host/db", "needs psycopg2, which is not installed"),
        ("http://host/db", "is no database for nbgrader's gradebook"),
        ("sqlite://", "is no database for nbgrader's gradebook"),
        ("postgresql://me:pw@host:many/db", "names no database"),
    ],
)
def test_what_can_be_no_database_is_said_before_grading(url, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class").mkdir()
    assert main(["grade", "class", "--gradebook", url]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "hush" not in error
    assert not (tmp_path / "grades").exists()


# ------------------------------------------------------------------------------------------- kills


def ended(folder):
    return (folder / "journal.jsonl").exists() and not (folder / "before.jsonl").exists()


def killed(act, at):
    """Run `act` in a fork that is killed before its SQL statement number `at`, or after so much work in one.

    Returns whether it was killed.
    """
    child = os.fork()
    if child == 0:
        try:
            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            done = 0

            def before(connection, cursor, statement, *_):
                nonlocal done
                if done == int(at):
                    if at == int(at):
                        os.kill(os.getpid(), signal.SIGKILL)
                    work = 20 + int(1000 * (at % 1))  # instructions of SQLite's machine
                    raw = connection.connection.dbapi_connection
                    raw.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), work)
                done += 1

            event.listen(Engine, "before_cursor_execute", before)
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def statements(act):
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    seen = []

    def before(connection, cursor, statement, *_):
        seen.append(statement.split()[:3])

    event.listen(Engine, "before_cursor_execute", before)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", before)
    return seen


def test_killed_at_any_statement_the_same_command_ends_as_if_undisturbed(run, tmp_path, dump):
    nbstore.require("sqlite:///x.db")  # nbgrader is imported once, not in every fork
    seen = statements(lambda: run("want"))
    want = dump(tmp_path / "want" / "gradebook.db")
    inserts = [at for at, words in enumerate(seen) if words[:2] == ["INSERT", "INTO"]]
    moments = [0, 1, inserts[0], inserts[0] + 1, *inserts[2::4], inserts[-1] + 0.3, len(seen) - 1]
    assert len(inserts) > 15
    for number, at in enumerate(moments):
        out = f"out{number}"
        assert killed(lambda: run(out), at)  # noqa: B023  it runs at once
        assert not ended(tmp_path / out)
        run(out)
        assert ended(tmp_path / out)
        assert dump(tmp_path / out / "gradebook.db") == want, f"killed at statement {at}"
        assert sorted(os.listdir(tmp_path / out)) == sorted(os.listdir(tmp_path / "want"))


def test_killed_in_a_regrade_all_or_nothing_of_it_is_there(run, tmp_path, dump):
    path = tmp_path / "grades" / "gradebook.db"
    run()
    tables(path, "UPDATE grade SET manual_score = 0.5, extra_credit = 0.25 WHERE auto_score = 0")
    before = dump(path)
    data = path.read_bytes()
    seen = statements(lambda: run(better=True))
    want = dump(path)
    updates = [at for at, words in enumerate(seen) if words[0] == "UPDATE"]
    assert want != before
    assert len([line for line in want if "| 0.5 | 0.25 |" in line]) > 2
    for at in (updates[0], updates[1] + 0.2, updates[-1]):
        path.write_bytes(data)
        run()
        assert dump(path) == before
        assert killed(lambda: run(better=True), at)
        assert dump(path) == before
        run(better=True)
        assert dump(path) == want


# ------------------------------------------------------------------------------------------- it refuses


def spoil_foreign(path):
    path.unlink(missing_ok=True)
    tables(path, "CREATE TABLE recipes (name TEXT)")


def spoil_text(path):
    path.write_text("not a database, " * 100)


def spoil_middle(path):
    data = bytearray(path.read_bytes())
    data[8192:] = b"\x5a" * (len(data) - 8192)
    path.write_bytes(data)


def spoil_newer(path):
    tables(path, "UPDATE alembic_version SET version_num = 'ffff00000000'")


def spoil_older(path):
    tables(path, "UPDATE alembic_version SET version_num = '724cde206c17'")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_foreign, "is not nbgrader's gradebook: it holds a table `recipes`"),
        (spoil_text, "is no SQLite database, or a damaged one"),
        (spoil_middle, "is damaged"),
        (spoil_newer, r"is of a newer nbgrader than the one installed here \(ffff00000000\)"),
        (spoil_older, "is of an older nbgrader than the one installed here"),
    ],
)
def test_a_database_that_cannot_serve_loses_nothing_of_the_grading(run, tmp_path, dump, spoil, told):
    path = tmp_path / "grades" / "gradebook.db"
    run()
    kept = path.read_bytes()
    run("want", better=True)
    spoil(path)
    spoilt = path.read_bytes()
    with pytest.raises(UsageError, match=told) as caught:
        run(better=True)
    assert path.read_bytes() == spoilt
    assert "All results stand in" in caught.value.help
    assert "Then run the same command again" in caught.value.help
    table = (tmp_path / "grades" / "gradebook.csv").read_text()
    assert "yara" in table
    assert "not graded" not in table  # it is the table of this run
    assert (tmp_path / "grades" / "journal.jsonl").read_bytes().count(b"\n") == 35
    path.write_bytes(kept)
    run(better=True)
    assert ended(tmp_path / "grades")
    assert dump(path) == dump(tmp_path / "want" / "gradebook.db")


def test_a_locked_database_is_said_to_be_in_use(run, tmp_path, monkeypatch):
    run()
    from grader.gradebook import nbstore_open

    monkeypatch.setattr(nbstore_open, "WAIT", 0)
    path = tmp_path / "grades" / "gradebook.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UsageError, match=r"gradebook\.db is in use by another program"):
            run(better=True)
    run(better=True)
    assert ended(tmp_path / "grades")


def test_a_gradebook_that_nbgrader_could_not_finish_is_finished(run, tmp_path, dump):
    """Without alembic on PATH, nbgrader leaves tables without a revision."""
    run()
    path = tmp_path / "grades" / "gradebook.db"
    want = dump(path)
    tables(path, "DROP TABLE alembic_version")
    run()
    assert dump(path) == want


def test_no_room_and_no_such_folder(run, tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        nbstore.require("sqlite:///x.db")
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
        with pytest.raises(UsageError, match=r"gradebook\.db cannot be"):
            run("full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    run("full")
    assert ended(tmp_path / "full")
    with pytest.raises(UsageError, match="No such file or directory"):
        run("other", url=str(tmp_path / "nowhere" / "x.db"))


# ------------------------------------------------------------------------------------- elsewhere, and erased


def test_a_database_elsewhere_is_named_and_remembered(run, tmp_path, dump):
    graded = run(url=f"sqlite:///{tmp_path}/course.db")
    assert graded.notes[-1] == f"nbgrader's gradebook is {tmp_path}/course.db"
    assert [file.name for file in graded.files][-2:] == ["gradebook.json", "journal.jsonl"]
    run("same", url=str(tmp_path / "same.db"))
    assert dump(tmp_path / "same.db") == dump(tmp_path / "course.db")
    assert (tmp_path / "course.db").stat().st_mode & 0o777 == 0o600
    run(url=str(tmp_path / "a.db"))
    assert (tmp_path / "grades/gradebook.url").read_text() == f"{tmp_path}/a.db\n{tmp_path}/course.db\n"
    assert (tmp_path / "grades/gradebook.url").stat().st_mode & 0o777 == 0o600


def test_who_is_erased_is_gone_from_the_database_byte_by_byte(run, tmp_path, dump, monkeypatch, capsys):
    run()
    path = tmp_path / "grades" / "gradebook.db"
    tables(path, "UPDATE comment SET manual_comment = 'june, come and see me'")
    tables(path, "UPDATE comment SET manual_comment = NULL")
    before = dump(path)
    monkeypatch.chdir(tmp_path)
    assert main(["erase", "june"]) == 0
    out = capsys.readouterr().out
    assert "  gradebook.db: 2 submissions\n" in out
    assert "still there" not in out
    assert b"june" not in path.read_bytes()
    others = [line for line in before if "june" not in line and not line.startswith("rows")]
    assert [line for line in dump(path) if not line.startswith("rows")] == others
    assert dump(path)[-12:] != before[-12:]
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="holds nothing of june"):
        erase(tmp_path / "grades", "june")


def test_the_database_elsewhere_is_told_of_until_it_is_named(run, tmp_path, dump, monkeypatch, capsys):
    elsewhere = tmp_path / "course.db"
    run(url=str(elsewhere))
    monkeypatch.chdir(tmp_path)
    assert main(["erase", "ann"]) == 0
    told = f"  still there: {elsewhere} may hold that id too: erase it again with --gradebook URL\n"
    assert told in capsys.readouterr().out
    assert b"ann" in elsewhere.read_bytes()
    assert main(["erase", "ann", "--gradebook", str(elsewhere)]) == 0
    out = capsys.readouterr().out
    assert "  course.db: 2 submissions\n" in out
    assert "still there" not in out
    assert b"ann" not in elsewhere.read_bytes()
    assert main(["erase", "ann", "--gradebook", str(tmp_path / "no.db")]) == 2
    assert "there is no gradebook" in capsys.readouterr().err
    assert not (tmp_path / "no.db").exists()


def test_erased_without_nbgrader_the_database_is_told_of(run, tmp_path, monkeypatch):
    run()
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    erased = erase(tmp_path / "grades", "june")
    assert erased.left == (tmp_path / "grades" / "gradebook.db",)


def test_the_pseudonymous_export_has_no_database(run, tmp_path):
    run()
    export_pseudonymous(tmp_path / "grades", tmp_path / "open")
    assert "gradebook.csv" in os.listdir(tmp_path / "open")
    assert not list((tmp_path / "open").glob("*.db*"))
