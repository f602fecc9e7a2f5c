"""Grading for other programs: `grade(course, submission) -> records`, with the guarantees of `kata grade`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.api import Grader, grade
from grader.cli import main
from grader.errors import CourseError, SandboxError, UsageError
from grader.examine.outcome import Verdict

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "tests/tiny_course"
SLOPE = "return (y1 - y0) / (x1 - x0)"


@pytest.fixture(scope="module")
def grader():
    try:
        with Grader(TINY, units=["u01"]) as made:
            yield made
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")


@pytest.fixture(scope="module")
def sources(grader):
    """sources((old, new), ...) -> the reference's file with these lines replaced."""
    (unit,) = grader.units

    def make(*changes):
        text = grader.catalogue.solution_file(unit).read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return {unit.file: text}

    return make


def verdicts(records):
    return {record.exercise: record.verdict for record in records}


def test_one_record_for_each_exercise_in_the_order_of_the_course(grader, sources):
    records = grader.grade(sources())
    assert [record.exercise for record in records] == [e.id for e in grader.units[0].exercises]
    assert {record.verdict for record in records} == {Verdict.RIGHT}
    assert all(record.points == record.max_points > 0 for record in records)


def test_no_fault_of_the_code_raises_and_the_next_one_is_graded(grader, sources):
    right = verdicts(grader.grade(sources()))
    for body, verdict in (
        ("import os; os._exit(0)", Verdict.CRASHED),
        ("while True: pass", Verdict.TOO_SLOW),
        ("return 0.0", Verdict.WRONG),
    ):
        assert verdicts(grader.grade(sources((SLOPE, body))))["u01.slope"] is verdict
    assert verdicts(grader.grade({grader.units[0].file: "def ("}))["u01.slope"] is Verdict.CRASHED
    assert set(verdicts(grader.grade({})).values()) == {Verdict.TODO}
    assert verdicts(grader.grade(sources())) == right


def test_the_records_are_those_of_kata_grade(grader, sources, tmp_path, capsys):
    file, text = next(iter(sources((SLOPE, "return 0.0")).items()))
    handed_in = tmp_path / "class/ada" / file
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text(text)
    records = grader.grade(tmp_path / "class/ada")
    out = tmp_path / "grades"
    command = ["grade", str(tmp_path / "class"), "--course", str(TINY), "--out", str(out), "--unit", "u01"]
    assert main(command) == 0, capsys.readouterr().err
    lines = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    assert [(r.submission, r.exercise, r.verdict, r.points) for r in records] == [
        (line["submission"], line["exercise"], line["verdict"], line["points"]) for line in lines
    ]
    assert [r.hashes.submission for r in records] == [line["hashes"]["submission"] for line in lines]


def test_what_is_wrong_with_an_upload_is_said_by_read(grader, tmp_path):
    (tmp_path / "bob.zip").write_bytes(b"no zip at all")
    submission = grader.read(tmp_path / "bob.zip")
    assert submission.id == "bob"
    (problem,) = submission.problems
    assert problem.startswith("bob.zip: ")
    assert set(verdicts(grader.grade(submission)).values()) == {Verdict.TODO}


@pytest.mark.parametrize("place", ["nobody", "nobody.zip", "no\0body"])
def test_a_place_that_is_not_there(grader, tmp_path, place):
    with pytest.raises(UsageError, match="there is no submission"):
        grader.grade(tmp_path / place)


def test_a_file_that_the_course_does_not_have(grader):
    with pytest.raises(UsageError, match="the course has no file 'u01_"):
        grader.grade({"u01_tiny/sloops.py": ""})


def test_what_cannot_be_graded_at_all(tmp_path):
    with pytest.raises(CourseError, match="there is no course here"):
        grade(tmp_path, {})
    with pytest.raises(UsageError, match="the course has no unit u99"):
        grade(TINY, {}, units=["u99"])
    with pytest.raises(UsageError, match="no grading without a sandbox"):
        grade(TINY, {}, sandbox="unsafe")


def test_a_script_needs_no_guard(grader, sources, tmp_path):
    """A spawned process would import the script that made it, and grade from within, without end."""
    (tmp_path / "mine.py").write_text(
        "from grader.api import grade\n"
        f"records = grade({str(TINY)!r}, {sources()!r}, units=['u01'])\n"
        "print(sum(record.verdict == 'right' for record in records))\n"
    )
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.stderr) == (f"{len(grader.units[0].exercises)}\n", "")
