import csv

import pytest

from grader.cli import main
from grader.errors import UsageError
from grader.gradebook.journal import read_journal
from grader.gradebook.pseudonyms import KEY, export_pseudonymous
from grader.gradebook.session import grade_class


@pytest.fixture
def graded(invented, tmp_path):
    """A graded class, whose ids, uploads and errors all name people."""
    catalogue = invented.make_catalogue(tmp_path)
    named = invented.replace(
        invented.WRONG_PUBLIC, diagnosis="by Ann Lee", yours="Ann Lee", source="# Ann Lee"
    )
    wrong = invented.Verdict.WRONG
    answers = {
        ("ann-lee", "u05.backward"): invented.outcome(
            "u05.backward", wrong, invented.check(wrong, public=True, finding=named)
        )
    }
    class_ = [
        invented.handed_in("ann-lee", problems=("ann-lee.zip: Ann Lee.py",), ignored=("Ann Lee.txt",)),
        invented.handed_in("=bob"),
        invented.handed_in("vic", {}),
    ]
    pool = invented.FakePool(catalogue, answers)
    grade_class(catalogue, class_, pool, tmp_path / "grades", seed=invented.SEED)
    return tmp_path / "grades"


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_name_and_no_text_of_a_student_gets_out(graded, tmp_path):
    files = export_pseudonymous(graded, tmp_path / "out")
    assert [file.name for file in files] == [
        "gradebook.csv",
        "results-long.csv",
        "gradebook.json",
        "journal.jsonl",
    ]
    whole = b"".join(file.read_bytes() for file in files).lower()
    for secret in (b"ann", b"lee", b"bob", b"vic", b"2026-09"):
        assert secret not in whole
    key = (graded / KEY).read_bytes().strip()
    assert key not in whole
    student = read_journal(graded / "journal.jsonl").records[0].hashes
    assert student.student.encode() not in whole
    assert student.submission.encode() not in whole


def test_the_figures_are_those_of_the_gradebook(graded, tmp_path):
    export_pseudonymous(graded, tmp_path / "out")
    got, want = rows(tmp_path / "out" / "gradebook.csv"), rows(graded / "gradebook.csv")
    assert sorted(row["total"] for row in got) == sorted(row["total"] for row in want)
    left_out = {"name", "section", "status", "submitted at", "attempt", "late note", "problems"}
    assert set(want[0]) - set(got[0]) == left_out
    long = rows(tmp_path / "out" / "results-long.csv")
    assert {row["student"] for row in long} == {row["id"] for row in got}
    journal = read_journal(tmp_path / "out" / "journal.jsonl")
    assert journal.problems == ()
    points = {(r.submission, r.exercise): r.points for r in journal.records}
    assert points == {(row["student"], row["exercise"]): float(row["points"]) for row in long}
    assert [row["id"] for row in got] == sorted(row["id"] for row in got)


def test_pseudonyms_are_the_same_next_time_and_others_with_another_key(graded, tmp_path):
    export_pseudonymous(graded, tmp_path / "one")
    export_pseudonymous(graded, tmp_path / "two")
    assert rows(tmp_path / "one" / "gradebook.csv") == rows(tmp_path / "two" / "gradebook.csv")
    (graded / KEY).unlink()
    export_pseudonymous(graded, tmp_path / "three")
    ids = [{row["id"] for row in rows(tmp_path / name / "gradebook.csv")} for name in ("one", "three")]
    assert not ids[0] & ids[1]


def test_what_is_written_is_private_and_so_is_the_key(graded, tmp_path):
    export_pseudonymous(graded, tmp_path / "out")
    modes = {p.stat().st_mode & 0o777 for p in [*(tmp_path / "out").iterdir(), graded / KEY]}
    assert modes == {0o600}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_refused_where_something_could_mix(graded, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("x")
    for to, why in ((tmp_path / "taken", "not empty"), (graded, "private"), (graded / "out", "private")):
        with pytest.raises(UsageError, match=why):
            export_pseudonymous(graded, to)
    (graded / KEY).write_text("short")
    with pytest.raises(UsageError, match="no key"):
        export_pseudonymous(graded, tmp_path / "out")
    (graded / "before.jsonl").write_text("")
    with pytest.raises(UsageError, match="did not come to its end"):
        export_pseudonymous(graded, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command(graded, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "pseudonymous", "--to", "out"]) == 0
    assert capsys.readouterr().out.startswith("wrote  out/gradebook.csv\n")
    assert main(["export", "pseudonymous", "--to", "out"]) == 2
    assert main(["export", "names", "--to", "x"]) == 2
