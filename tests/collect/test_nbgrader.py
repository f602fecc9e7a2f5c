"""Submissions in nbgrader's folders: which notebook counts, when it came, what of others comes along."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.collect.nbgrader import NbgraderClass
from grader.collect.roster import Person, Roster
from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.errors import UsageError

COURSE = load_course(Path(__file__).parents[2] / "course.yml")


class Folders:
    """nbgrader's default layout, without nbgrader."""

    def __init__(self, root):
        self.root = root

    def submission(self, student, assignment):
        return self.root / "submitted" / student / assignment

    def submitted(self, assignment):
        return sorted(path.parent.name for path in self.root.glob(f"submitted/*/{assignment}"))

    def given(self, assignment):
        return frozenset({"kata.json"})


def notebook(*cells):
    made = [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": made})


@pytest.fixture
def put(tmp_path):
    def put(student, name, text):
        path = tmp_path / "submitted" / student / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return put


def read(tmp_path, assignment="u01_slopes", roster=None):
    found = NbgraderClass(Folders(tmp_path), COURSE, assignment, roster)
    students = {one.id: one for one in found}
    assert len(found) == len(students)
    return students


def test_the_notebook_at_the_top_counts_and_nothing_else(tmp_path, put):
    put("ada", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    put("ada", "u01_slopes/slopes.py", "x = 2")
    put("ada", "u01_slopes/u01_slopes/slopes.ipynb", notebook("x = 3"))
    put("ada", "u01_slopes/kata.json", "{}")
    put("ada", "u01_slopes/notes.txt", "")
    ada = read(tmp_path)["ada"]
    assert "x = 1" in ada.sources["u01_slopes/slopes.py"]
    assert list(ada.sources) == ["u01_slopes/slopes.py"]
    assert ada.notebooks == ("u01_slopes/slopes.py",)
    assert ada.ignored == ("notes.txt",), "what came with the assignment is not worth a word"
    assert not ada.problems


def test_a_py_file_is_taken_where_there_is_no_notebook(tmp_path, put):
    put("ada", "u01_slopes/slopes.py", "x = 2\n")
    assert read(tmp_path)["ada"].sources == {"u01_slopes/slopes.py": "x = 2\n"}


def test_nbgraders_own_cells_are_left_out(tmp_path, put):
    marks = {"nbgrader": {"grade": True, "solution": False, "grade_id": "u01-grad_check"}}
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "%load_ext grader.notebook"},
        {"cell_type": "code", "metadata": {}, "source": "x = 1"},
        {"cell_type": "code", "metadata": marks, "source": "from grader.notebook import check\ncheck('x')"},
    ]
    put("ada", "u01_slopes/slopes.ipynb", json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}))
    text = read(tmp_path)["ada"].sources["u01_slopes/slopes.py"]
    assert "import" not in text
    assert [line for line in text.split("\n") if line] == ["# %load_ext grader.notebook", "x = 1"]


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("2026-09-10 12:00:00.000000 UTC", 12),
        ("2026-09-10 12:00:00 America/Los_Angeles", 19),
        ("2026-09-10 12:00:00 +0200", 10),
    ],
)
def test_nbgraders_timestamp_is_believed(tmp_path, put, said, hour):
    if "/" in said:
        pytest.importorskip("nbgrader", reason="nbgrader is not installed: it knows such zones")
    put("ada", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    put("ada", "u01_slopes/timestamp.txt", said + "\n")
    at = read(tmp_path)["ada"].submitted_at
    assert (at.hour, at.utcoffset().total_seconds()) == (hour, 0)


def test_a_timestamp_that_says_nothing_is_told(tmp_path, put):
    put("ada", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    put("ada", "u01_slopes/timestamp.txt", "yesterday evening")
    ada = read(tmp_path)["ada"]
    assert ada.submitted_at is None
    assert ada.problems == ("u01_slopes/timestamp.txt: holds no time like 2026-09-14 21:04:00 UTC",)


def test_earlier_units_come_from_the_same_students_other_assignments(tmp_path, put):
    put("ada", "u12_train/train.ipynb", notebook("from u09_forward.forward import gpt"))
    put("ada", "u12_train/timestamp.txt", "2026-12-01 10:00:00 UTC")
    put("ada", "u09_forward/forward.ipynb", notebook("gpt = 9"))
    put("ada", "u09_forward/timestamp.txt", "2026-11-01 10:00:00 UTC")
    put("ada", "u08_softmax/softmax.ipynb", notebook("not = needed"))
    put("ben", "u12_train/train.ipynb", notebook("x = 1"))
    put("eve", "u09_forward/forward.ipynb", notebook("gpt = 9"))
    students = read(tmp_path, "u12_train")
    assert list(students) == ["ada", "ben"]
    assert list(students["ada"].sources) == ["u12_train/train.py", "u09_forward/forward.py"]
    assert students["ada"].submitted_at.month == 12
    assert list(students["ben"].sources) == ["u12_train/train.py"], "the grader fills in stubs"


def test_the_roster_says_who_they_are_and_who_is_missing(tmp_path, put):
    put("ada", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    put("a b", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    put("zoe", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    people = Person("ben", "Ben"), Person("ada", "Ada", extension_hours=48), Person("a b", excused=True)
    students = read(tmp_path, roster=Roster(people))
    assert list(students) == ["a_b", "ada", "ben", "zoe"]
    assert students["ada"].person == Person("ada", "Ada", extension_hours=48)
    assert students["a_b"].person.excused
    assert students["zoe"].person is None
    assert (students["ben"].person.name, students["ben"].sources) == ("Ben", {})


def test_where_days_are_free_the_times_of_other_assignments_are_known(tmp_path, put):
    for folder, time in (("u01_slopes", "2026-09-16"), ("u02_rules", "2026-09-20"), ("u08_softmax", "?")):
        put("ada", f"{folder}/{folder[4:]}.ipynb", notebook("x = 1"))
        put("ada", f"{folder}/timestamp.txt", f"{time} 10:00:00 UTC")
    assert read(tmp_path)["ada"].elsewhere == {}
    free = replace(COURSE.course, late=replace(COURSE.course.late, free_days=2))
    (ada,) = NbgraderClass(Folders(tmp_path), Catalogue(free, COURSE.root), "u01_slopes")
    assert ada.elsewhere == {"u02": datetime(2026, 9, 20, 10, tzinfo=UTC), "u08": None}
    assert ada.problems == ()


def test_what_cannot_be_read_costs_one_student(tmp_path, put):
    put("ada", "u01_slopes/slopes.ipynb", "no notebook")
    put("ben", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    (tmp_path / "submitted" / "cem").mkdir()
    (tmp_path / "submitted" / "cem" / "u01_slopes").symlink_to(tmp_path / "submitted" / "ben" / "u01_slopes")
    put("a b", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    students = read(tmp_path)
    assert list(students) == ["a_b", "ada", "ben", "cem"]
    assert "is not a readable notebook" in students["ada"].problems[0]
    assert "cannot be listed" in students["cem"].problems[0]
    assert "graded as a_b" in students["a_b"].problems[0]
    assert students["ben"].sources
    assert not students["ben"].problems


def test_an_assignment_that_is_none_is_refused(tmp_path, put):
    put("ada", "u01_slopes/slopes.ipynb", notebook("x = 1"))
    with pytest.raises(UsageError, match="no unit in a folder u01_slops") as unknown:
        read(tmp_path, "u01_slops")
    assert unknown.value.help == "did you mean u01_slopes?"
    with pytest.raises(UsageError, match="nobody has submitted u02_rules"):
        read(tmp_path, "u02_rules")
