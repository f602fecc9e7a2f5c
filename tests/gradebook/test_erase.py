import os

import pytest

from grader.cli import main
from grader.errors import UsageError
from grader.gradebook.erase import erase
from grader.gradebook.folder import open_grades
from grader.gradebook.session import grade_class
from grader.report.files import report_files

OF_THE_CLASS = ("exercises.csv", "exercise-times.csv", "report.html")


@pytest.fixture
def grade(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)

    def run(*ids, stop=None, **more):
        class_ = [invented.handed_in(id) for id in ids]

        def progress(standing):
            if standing.results == stop:
                raise KeyboardInterrupt

        return grade_class(
            catalogue, class_, invented.FakePool(catalogue), tmp_path / "grades",
            seed=invented.SEED, extra_files=report_files, diff=True, on_progress=progress, **more,
        )  # fmt: skip

    return run


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_one_person_goes_and_the_bytes_of_others_stay(grade, tmp_path):
    grade("ann", "bob")
    want = files(tmp_path / "grades")
    out = tmp_path / "grades"
    for path in sorted(out.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    grade("ann", "ann.b", "bob")
    grade("ann", "ann.b", "bob")
    erased = erase(out, "ann.b")
    assert erased.left == ()
    anew = "it counts the whole class, the next kata grade makes it anew"
    assert erased.removed == (
        *(f"{name}: {anew}" for name in OF_THE_CLASS),
        "feedback/ann.b.html",
        "feedback/ann.b.txt",
        "journal.jsonl: 5 results",
        "times.jsonl: 5 results",
        "gradebook.csv: 1 row",
        "results-long.csv: 5 rows",
        "gradebook.json: 1 student",
    )
    assert files(out) == {name: held for name, held in want.items() if name not in OF_THE_CLASS}
    grade("ann", "bob")
    assert files(out).keys() == want.keys()
    assert {p.stat().st_mode & 0o777 for p in out.rglob("*") if p.is_file()} == {0o600}


def test_everywhere_where_a_run_that_was_stopped_left_it(grade, tmp_path):
    grade("ann", "bob", "gone")
    grade("ann", "bob")
    with pytest.raises(KeyboardInterrupt):
        grade("ann", "bob", "gone", stop=3, fresh=True)
    out = tmp_path / "grades"
    (out / ".gradebook.csv.new").write_text("gone,half written")
    with (out / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"schema":2,"submission":"gone","exerc')
    for id in ("gone", "ann"):
        erase(out, id)
        assert not [name for name, held in files(out).items() if id.encode() in held or id in name]
    assert os.path.exists(out / "before.jsonl")
    grade("bob")
    assert not [name for name, held in files(out).items() if b"ann" in held or b"gone" in held]


def test_who_is_erased_does_not_come_back_by_themselves(grade, tmp_path):
    grade("ann", "bob")
    erase(tmp_path / "grades", "bob")
    assert grade("ann").changes.listed == ()
    assert not [name for name, held in files(tmp_path / "grades").items() if b"bob" in held]
    again = grade("ann", "bob")  # their submission is there again
    assert {change.student for change in again.changes.listed} == {"bob"}


def test_an_id_that_is_not_there(grade, tmp_path):
    grade("ann")
    before = files(tmp_path / "grades")
    for id in ("an", "bob", "", "../grades", "id"):
        with pytest.raises(UsageError, match="holds nothing of"):
            erase(tmp_path / "grades", id)
    assert files(tmp_path / "grades") == before


def test_files_of_others_that_name_the_student_are_told_of(grade, tmp_path):
    grade("ann", "bob")
    (tmp_path / "grades" / "notes.txt").write_text("call bob")
    (tmp_path / "grades" / "other.txt").write_text("bobby")
    assert erase(tmp_path / "grades", "bob").left == (tmp_path / "grades" / "notes.txt",)


def test_not_while_a_run_writes_and_not_elsewhere(grade, tmp_path):
    grade("ann")
    with open_grades(tmp_path / "grades"), pytest.raises(UsageError, match="another run"):
        erase(tmp_path / "grades", "ann")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="holds no gradebook"):
            erase(folder, "ann")


def test_the_command_says_what_it_removed(grade, tmp_path, monkeypatch, capsys):
    grade("ann", "bob")
    monkeypatch.chdir(tmp_path)
    assert main(["erase", "bob"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("bob is erased from grades\n  exercises.csv: it counts the whole class, ")
    assert "\n  feedback/bob.html\n  feedback/bob.txt\n  journal.jsonl: 5 results\n" in out
    assert main(["erase", "b\x1bob"]) == 2
    assert capsys.readouterr().err.startswith("kata: grades holds nothing of b\\x1bob\n")
