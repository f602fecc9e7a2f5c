"""Who takes the course: missing, excused and unknown people in every output, and the scheme of the course."""

import csv
import io

import msgspec
import pytest
from rich.console import Console

from grader.collect.roster import Person
from grader.course.catalogue import Catalogue
from grader.gradebook.erase import erase
from grader.gradebook.journal import read_journal
from grader.gradebook.pseudonyms import export_pseudonymous
from grader.gradebook.session import grade_class
from grader.report.files import report_files
from grader.report.summary import summarize
from grader.report.terminal import print_report

PEOPLE = {
    "ann": Person("ann", "Ann", "Ames", "ann@x.org", "Mon"),
    "bob": Person("bob", "Bob", "=Byte()", excused=True),
    "cem": Person("cem", "Cem\x1b[2J", "Can"),
    "dan": Person("dan", excused=True),
}


@pytest.fixture
def grade(invented, tmp_path):
    """grade(**course fields): ann and bob handed in, cem and dan did not, eve is on no roster."""

    def run(catalogue=None, **more):
        catalogue = catalogue or invented.make_catalogue(tmp_path)
        class_ = [
            invented.handed_in("ann", person=PEOPLE["ann"]),
            invented.handed_in("bob", {invented.SLOPES: "x"}, person=PEOPLE["bob"]),
            invented.handed_in("cem", {}, submitted_at=None, person=PEOPLE["cem"]),
            invented.handed_in("dan", {}, submitted_at=None, person=PEOPLE["dan"]),
            invented.handed_in("eve"),
        ]
        return grade_class(
            catalogue, class_, invented.FakePool(catalogue), tmp_path / "grades",
            seed=invented.SEED, extra_files=report_files, notes=("a note of the roster",), **more,
        )  # fmt: skip

    return run


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_who_is_missing_is_in_every_output(grade, tmp_path):
    graded = grade()
    cem = next(student for student in graded.students if student.id == "cem")
    assert (cem.missing, cem.points, cem.max_points, cem.percent) == (True, 0, 10, 0)
    assert {record.submission for record in read_journal(tmp_path / "grades/journal.jsonl").records} == {
        "ann", "bob", "cem", "dan", "eve",
    }  # fmt: skip
    table = rows(tmp_path / "grades" / "gradebook.csv")
    assert (table["cem"]["status"], table["cem"]["total"], table["cem"]["max"]) == ("missing", "0", "10")
    assert table["cem"]["problems"] == "nothing handed in"
    assert "not handed in: 2 exercises to do" in (tmp_path / "grades/feedback/cem.txt").read_text().replace(
        "was ", ""
    )


def test_names_and_sections_are_harmless_cells(grade, tmp_path):
    grade()
    table = rows(tmp_path / "grades" / "gradebook.csv")
    assert (table["ann"]["name"], table["ann"]["section"]) == ("Ann Ames", "Mon")
    assert table["cem"]["name"] == "Cem\\x1b[2J Can"
    assert table["eve"]["name"] == table["eve"]["section"] == ""


def test_who_is_excused_is_in_no_statistics(grade, tmp_path):
    graded = grade()
    summary = summarize(graded)
    assert (summary.submissions, summary.handed_in) == (3, 2)
    assert (summary.missing, summary.excused) == (("cem",), ("bob", "dan"))
    assert [row.counted for row in summary.rows] == [2] * 5
    assert sum(summary.tens) == 2
    table = rows(tmp_path / "grades" / "gradebook.csv")
    assert [table["bob"][name] for name in ("status", "total", "max", "percent")] == ["excused", "", "", ""]
    assert table["bob"]["u01.grad_check"] == "2"
    assert "dan" not in [id for ids, _ in summary.look_at for id in ids]


def test_the_screen_says_who_is_missing_and_who_is_on_no_roster(grade):
    out = io.StringIO()
    graded = grade()
    print_report(graded, Console(file=out, width=100, highlight=False), 1.0, {})
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert "2 of 3 handed in · 2 excused" in lines[0]
    assert "missing  cem (Cem\\x1b[2J Can)" in lines
    assert "excused  bob (Bob =Byte()), dan" in lines
    assert "note     a note of the roster" in lines
    assert "note     not on the roster, and graded all the same: eve" in lines


def test_a_name_is_erased_and_leaves_no_trace_in_an_export(grade, tmp_path):
    grade()
    export_pseudonymous(tmp_path / "grades", tmp_path / "out")
    whole = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir()).lower()
    assert not [word for word in (b"ann ames", b"byte", b"mon,", b"excused", b"missing") if word in whole]
    erase(tmp_path / "grades", "ann")
    assert b"Ann Ames" not in b"".join(
        p.read_bytes() for p in (tmp_path / "grades").rglob("*") if p.is_file()
    )


def test_weights_and_extra_credit_are_the_same_everywhere(grade, invented, tmp_path):
    """u01: 2 points and 2 extra, worth 30 in the total; u05: 6 points."""
    course = invented.make_catalogue(tmp_path).course
    slopes, value = course.units
    exercises = [msgspec.structs.replace(e, extra=e.name == "grad_check") for e in slopes.exercises]
    slopes = msgspec.structs.replace(slopes, exercises=tuple(exercises), weight=30)
    graded = grade(Catalogue(msgspec.structs.replace(course, units=(slopes, value)), tmp_path))
    ann = graded.students[0]
    assert (ann.points, ann.max_points) == (66, 36)  # 4 points * 30 / 2 + 6
    assert (ann.of_unit("u01").points, ann.of_unit("u01").max_points) == (4, 2)
    row = rows(tmp_path / "grades" / "gradebook.csv")["ann"]
    assert (row["total"], row["max"], row["percent"]) == ("66", "36", "183.3")
    feedback = (tmp_path / "grades/feedback/ann.txt").read_text()
    assert "score      66 of 36 points, 183.3 %" in feedback
    assert "u01 Slopes by nudging: 4 of 2 points" in feedback
