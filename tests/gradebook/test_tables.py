import csv
from datetime import datetime, timedelta, timezone

import pytest

from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.session import grade_class


@pytest.fixture
def tables(invented, tmp_path):
    """A function that grades and returns (wide rows, long rows) as dicts."""
    catalogue = invented.make_catalogue(tmp_path)

    def run(students, answers):
        pool = invented.FakePool(catalogue, answers)
        grade_class(catalogue, students, pool, tmp_path / "grades", seed=invented.SEED)
        both = []
        for name in ("gradebook.csv", "results-long.csv"):
            with (tmp_path / "grades" / name).open(newline="", encoding="utf-8") as file:
                both.append(list(csv.DictReader(file)))
        return both

    return run


def test_one_row_a_student(tables, invented):
    wide, _ = tables(*invented.small_class())
    assert [row["id"] for row in wide] == ["ann", "june", "kim", "sam", "vic", "yara", "zoe"]
    ann = wide[0]
    assert ann == {
        "id": "ann",
        "name": "",
        "section": "",
        "status": "handed in",
        "submitted at": "2026-09-15 11:00:00 UTC",
        "attempt": "",
        "late note": "u01: on time; u05: no due date",
        "u01.forward_difference": "1",
        "u01.central_difference": "1",
        "u01.grad_check": "2",
        "u05.value_ops": "3",
        "u05.backward": "0",
        "total": "7",
        "max": "10",
        "percent": "70",
        "problems": "",
    }


def test_what_was_not_graded_is_said_and_left_out(tables, invented):
    wide, long = tables(*invented.small_class())
    yara = next(row for row in wide if row["id"] == "yara")
    assert (yara["u01.grad_check"], yara["total"], yara["max"], yara["percent"]) == (
        "not graded",
        "2",
        "8",
        "25",
    )
    assert yara["problems"].startswith("1 exercise not graded (grader error")
    assert "value.py is not UTF-8" in yara["problems"]
    row = next(row for row in long if (row["student"], row["exercise"]) == ("yara", "u01.grad_check"))
    assert (row["verdict"], row["points"], row["max"]) == ("grader error", "not graded", "2")


def test_the_long_form_has_a_row_for_each_student_and_exercise(tables, invented):
    _, long = tables(*invented.small_class())
    assert len(long) == 7 * 5
    row = next(row for row in long if (row["student"], row["exercise"]) == ("sam", "u01.central_difference"))
    assert row == {
        "student": "sam",
        "exercise": "u01.central_difference",
        "verdict": "wrong",
        "points": "0.3333",
        "max": "1",
        "diagnosis": "2x too large: missing factor 1/2",
    }


def test_nothing_can_start_a_formula_or_an_escape(tables, invented):
    evil = Finding(what="x", diagnosis="=cmd|' /C calc'!A0")
    students = [
        invented.handed_in("=1+1", problems=("+SUM(A1)", "ok\x1b[31m")),
        invented.handed_in("-x"),
        invented.handed_in("@y", {}),
        invented.handed_in('+z,;"'[:3]),
    ]
    answers = {
        ("=1+1", "u05.backward"): invented.outcome(
            "u05.backward", Verdict.WRONG, invented.check(Verdict.WRONG, finding=evil)
        )
    }
    wide, long = tables(students, answers)
    cells = [cell for row in (*wide, *long) for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell[:1]]
    assert not [cell for cell in cells if "\x1b" in cell]
    assert {row["id"] for row in wide} == {"'=1+1", "'-x", "'@y", "'+z,"}
    assert any(row["diagnosis"] == "'=cmd|' /C calc'!A0" for row in long)


def test_who_handed_in_nothing_is_not_told_about_lateness(tables, invented):
    wide, _ = tables([invented.handed_in("vic", {})], {})
    assert (wide[0]["late note"], wide[0]["problems"]) == ("", "nothing handed in")


def test_times_are_shown_in_utc(tables, invented):
    tokyo = datetime(2026, 9, 15, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    wide, _ = tables(
        [invented.handed_in("ann", submitted_at=tokyo), invented.handed_in("bob", submitted_at=None)], {}
    )
    assert [row["submitted at"] for row in wide] == ["2026-09-15 00:00:00 UTC", ""]
    assert wide[1]["late note"] == "u01: no timestamp: taken as on time; u05: no due date"


def test_how_long_each_exercise_took(invented, tmp_path):
    catalogue, took = invented.make_catalogue(tmp_path), {"ann": 1.0, "bob": 2.5, "cem": 9.0}
    id = "u05.backward"
    answers = {
        (student, id): invented.outcome(id, invented.Verdict.RIGHT, invented.check(seconds=seconds))
        for student, seconds in took.items()
    }
    students = [invented.handed_in(student) for student in took]
    pool = invented.FakePool(catalogue, answers)
    grade_class(catalogue, students, pool, tmp_path / "grades", seed=invented.SEED)
    with (tmp_path / "grades" / "exercise-times.csv").open(newline="", encoding="utf-8") as file:
        rows = {row.pop("exercise"): row for row in csv.DictReader(file)}
    assert list(rows) == [exercise.id for exercise in catalogue.exercises]
    assert rows[id] == {"students": "3", "median seconds": "2.500", "longest seconds": "9.000"}
