"""`kata regrade`: who gained and lost what; tried without a trace, then done."""

import os
import sys
from pathlib import Path

import pytest

from grader.cli import main
from grader.examine.outcome import Verdict

COURSE = """\
id: backprop
title: Gradients by hand
version: "2026.1"
units:
  - id: u01
    title: Slopes by nudging
    folder: u01_slopes
    exercises:
      - {id: u01.forward_difference, title: A, symbols: [forward_difference], points: 1}
      - {id: u01.central_difference, title: B, symbols: [central_difference], points: 3}
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")


@pytest.fixture
def desk(pool, tmp_path, monkeypatch):
    """A course, a class of two in the current folder, and a pool that answers `desk.answers`."""

    monkeypatch.chdir(tmp_path)
    Path("course.yml").write_text(COURSE)
    for student in ("ann", "bob"):
        hand_in(student, "x = 1\n")
    return pool


def hand_in(student, text):
    path = Path("class", student, "u01_slopes/slopes.py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def state(folder="grades"):
    """Every file with its bytes, mode and time of change."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        at = path.lstat()
        found[str(path)] = (
            at.st_mode,
            at.st_mtime_ns,
            at.st_ino,
            path.read_bytes() if path.is_file() else b"",
        )
    return found


@pytest.fixture
def changed(desk, invented):
    """ann's answer became wrong, bob's got better; graded before that."""
    wrong = invented.outcome("u01.central_difference", Verdict.WRONG)
    desk.answers = {("bob", "u01.central_difference"): wrong}
    assert main(["grade", "class"]) == 0
    desk.answers = {("ann", "u01.central_difference"): wrong}
    hand_in("ann", "x = 2\n")
    hand_in("bob", "x = 3\n")


def lines(capsys):
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_one_line_for_each_student_and_why(changed, capsys):
    capsys.readouterr()
    assert main(["regrade", "class"]) == 0
    assert lines(capsys) == [
        "",
        "changes  1 gained, 1 lost; 0 of 2 students unchanged",
        "student   total      why",
        "ann      4 -> 1  -3  their file changed (u01.central_difference)",
        "bob      1 -> 4  +3  their file changed (u01.central_difference)",
        "",
        "warning  demo seed: everybody can know the hidden cases. `kata seed` makes a secret one",
        "note     students' units graded again: their file changed (2)",
        "files    grades/",
    ]
    assert "ann,u01.central_difference,3,0,-3,right,wrong" in Path("grades/changes.csv").read_text()
    assert main(["regrade", "class"]) == 0
    assert "changes  0 gained, 0 lost; 2 of 2 students unchanged" in lines(capsys)


def test_diff_lists_each_exercise(changed, capsys):
    capsys.readouterr()
    assert main(["regrade", "class", "--diff"]) == 0
    got = lines(capsys)
    assert "ann      u01.central_difference  3 -> 0  -3  their file changed: right -> wrong" in got
    assert "bob      u01.central_difference  0 -> 3  +3  their file changed: wrong -> right" in got


def test_a_dry_run_shows_the_same_and_touches_nothing(changed, capsys):
    before = state()
    capsys.readouterr()
    assert main(["regrade", "class", "--dry-run"]) == 0
    tried = lines(capsys)
    assert state() == before
    assert tried[-1] == "dry run: nothing was written; without --dry-run the same is done"
    assert main(["regrade", "class"]) == 0
    assert lines(capsys)[:-1] == tried[:-1]
    assert state() != before


def test_a_dry_run_that_is_stopped_leaves_nothing(changed, desk, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    before = state()
    desk.stop = KeyboardInterrupt()
    assert main(["regrade", "class", "--dry-run"]) == 130
    assert capsys.readouterr().err == "kata: stopped. Nothing was written: it was a dry run.\n"
    assert state() == before
    assert os.listdir(tmp_path / "tmp") == []


def test_a_dry_run_compares_with_the_last_run_that_ended(changed, desk, capsys):
    desk.stop = KeyboardInterrupt()
    assert main(["grade", "class"]) == 130
    desk.stop = None
    before = state()
    capsys.readouterr()
    assert main(["regrade", "class", "--dry-run"]) == 0
    assert "changes  1 gained, 1 lost; 0 of 2 students unchanged" in lines(capsys)
    assert state() == before


WEIGHT = ("folder: u01_slopes", "folder: u01_slopes\n    weight: 40")
EXTRA = ("points: 3", "points: 3, extra: true")


@pytest.mark.parametrize(
    ("change", "totals"),
    [
        (WEIGHT, ("4 of 4 -> 40 of 40  +36", "1 of 4 -> 10 of 40   +9")),
        (EXTRA, ("4 of 4 -> 4 of 1  0", "1 of 4 -> 1 of 1  0")),
    ],
    ids=["weight", "extra"],
)
def test_weights_and_extra_credit_change_totals(desk, invented, capsys, change, totals):
    """No record changes: the totals do."""
    wrong = invented.outcome("u01.central_difference", Verdict.WRONG)
    desk.answers = {("bob", "u01.central_difference"): wrong}
    assert main(["grade", "class"]) == 0
    course = Path("course.yml").read_text()
    Path("course.yml").write_text(course.replace(*change))
    before = state()
    capsys.readouterr()
    assert main(["regrade", "class", "--dry-run"]) == 0
    tried = lines(capsys)
    assert state() == before
    assert "changes  2 gained, 0 lost; 0 of 2 students unchanged" in tried
    why = "weights or extra credit count otherwise"
    assert f"totals   {why}: 2 totals changed by that" in tried
    assert [row for row in tried if row.startswith(("ann", "bob"))] == [
        f"ann      {totals[0]}  {why}",
        f"bob      {totals[1]}  {why}",
    ]
    assert main(["regrade", "class", "--diff"]) == 0
    assert f"totals   {why}: 2 totals changed by that" in lines(capsys)
    assert main(["regrade", "class"]) == 0
    assert "changes  0 gained, 0 lost; 2 of 2 students unchanged" in lines(capsys)


def test_what_cannot_be_regraded(desk, capsys):
    assert main(["regrade", "class"]) == 2
    assert "holds no gradebook of katagrad" in capsys.readouterr().err
    assert main(["regrade", "class", "--dry-run"]) == 2
    assert not Path("grades").exists()


def test_grader_errors_end_with_3(changed, desk, invented, capsys):
    desk.answers = {
        ("ann", "u01.central_difference"): invented.outcome("u01.central_difference", Verdict.GRADER_ERROR)
    }
    assert main(["regrade", "class", "--dry-run"]) == 3
    assert "warning  1 result could not be graded (our fault)" in capsys.readouterr().out


def test_the_roster_beside_the_course_and_another_one(desk, capsys):
    Path("roster.csv").write_text("id,name,phone\nann,Ann Ames,1\nzed,Zed Zuse,2\n")
    assert main(["grade", "class"]) == 0
    out = capsys.readouterr().out
    assert "1 of 2 handed in" not in out
    assert "2 of 3 handed in" in out
    assert "missing  zed (Zed Zuse)" in out
    assert "note     roster.csv: columns that are not used: `phone`" in out
    assert "note     not on the roster, and graded all the same: bob" in out
    Path("list.csv").write_text("id\nbob\n")
    assert main(["regrade", "class", "--roster", "list.csv"]) == 0
    got = [line.split() for line in lines(capsys)]
    assert ["zed", "gone", "not", "in", "this", "run"] in got
    Path("list.csv").write_text("id\nbob\nbob\n")
    before = state()
    assert main(["regrade", "class", "--roster", "list.csv"]) == 2
    assert "list.csv:3: `bob` stands on line 2 already" in capsys.readouterr().err
    assert state() == before
