"""The CSV for Canvas, read back by the importer's own rules."""

import csv
import io
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.cli import main
from grader.collect.roster import Person
from grader.errors import UsageError
from grader.gradebook.classfile import class_file
from grader.gradebook.exports.canvas import CanvasOptions, Columns, Missing, canvas_csv
from grader.gradebook.exports.canvasroster import read_canvas
from grader.gradebook.session import grade_class

HEADER = "Student,ID,SIS User ID,SIS Login ID,Section"
U01, U05 = "u01 Slopes by nudging", "u05 The Value class"


@pytest.fixture(scope="session")
def importer():
    spec = spec_from_file_location("katagrad_canvas_importer", Path(__file__).with_name("canvas_importer.py"))
    sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules[spec.name]


@pytest.fixture
def graded(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    students, answers = invented.small_class()
    pool = invented.FakePool(catalogue, answers)
    return grade_class(catalogue, students, pool, tmp_path / "grades", seed=invented.SEED)


@pytest.fixture
def people(graded, invented):
    """people({id: Person's fields, or a dict with `excused`}) -> the class file with a roster."""

    def make(known):
        changed = []
        for student in graded.students:
            fields = dict(known.get(student.id, {}))
            excused = fields.pop("excused", False)
            person = Person(id=student.id, **fields) if fields else None
            changed.append(invented.replace(student, person=person, excused=excused))
        return class_file(invented.replace(graded, students=tuple(changed)))

    return make


def table(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture
def exported(tmp_path):
    """exported(lines) -> a file as Canvas exports it."""

    def write(*lines, data=None):
        path = tmp_path / "canvas.csv"
        path.write_bytes(data if data is not None else ("\n".join(lines) + "\n").encode())
        return path

    return write


def test_the_header_is_what_the_importer_asks_for(people, importer):
    made = canvas_csv(people({}), CanvasOptions())
    header, points, first, *_ = table(made.text)
    assert header == [*HEADER.split(","), U01, U05]
    assert points == ["    Points Possible", "", "", "", "", "4", "6"]
    assert first == ["ann", "", "", "ann", "", "4", "3"]
    students = [{"id": name, "name": name, "login": name} for name in ("ann", "june", "vic")]
    found, worth = importer.grades(made.text, students)
    assert worth == {U01: "4", U05: "6"}
    assert found["june"] == {U01: "2.6667", U05: "3"}


def test_one_column_for_the_total(people):
    made = canvas_csv(people({}), CanvasOptions(columns=Columns.TOTAL, points_row=False))
    rows = {row[0]: row[5:] for row in table(made.text)}
    assert rows["Student"] == ["backprop total"]
    assert rows["june"] == ["5.6667"]
    assert "    Points Possible" not in rows


@pytest.mark.parametrize(("missing", "cell"), [(Missing.EMPTY, ""), (Missing.ZERO, "0")])
def test_excused_missing_and_not_graded(people, missing, cell):
    made = canvas_csv(people({"zoe": {"excused": True}}), CanvasOptions(missing=missing))
    rows = {row[0]: row[5:] for row in table(made.text)}
    assert rows["zoe"] == ["EX", "EX"]
    assert rows["vic"] == [cell, cell]
    assert rows["yara"] == [
        "",
        "0",
    ]  # our error costs nobody a point: nothing is written over what stands there
    assert made.notes == (f"yara: {U01} is left empty: a grader error, grade it again",)


def test_the_ids_of_the_roster(people):
    known = {
        "given": "Ann",
        "family": "Lee",
        "canvas_id": "17",
        "sis_id": "S1",
        "login": "al",
        "section": "A",
    }
    rows = table(canvas_csv(people({"ann": known}), CanvasOptions()).text)
    assert rows[2][:5] == ["Lee, Ann", "17", "S1", "al", "A"]


def test_rows_ids_and_assignments_are_taken_from_canvas(people, importer, exported):
    path = exported(
        "Student,ID,SIS User ID,SIS Login ID,Integration ID,Section,Note,U01 slopes BY nudging (77),"
        "Other (78),u05 The Value class (79),Final Score",
        ",,,,,,,Manual Posting,,,",
        "    Points Possible,,,,,,(read only),4,10,(read only),(read only)",
        '"Lee, Ann",101,S1,AL,i1,A,x,3,9,,50',
        '"June, J",102,S2,j@uni.edu,i2,B,,,,,',
        '"Kim, K",103,S3,kim,i3,B,,,,,',
        '"Vic, V",104,S4,v4,i4,B,,,,,',
        '"Student, Test",199,,test1,,A,,,,,',
    )
    known = {"ann": {"login": "al"}, "june": {"email": "J@uni.edu"}, "vic": {"sis_id": "S4"}}
    made = canvas_csv(people(known), CanvasOptions(), read_canvas(path))
    header, _, *rows = table(made.text)
    assert header == [*HEADER.split(",")[:4], "Integration ID", "Section", "U01 slopes BY nudging (77)", U05]
    assert rows == [
        ["Lee, Ann", "101", "S1", "AL", "i1", "A", "4", "3"],
        ["June, J", "102", "S2", "j@uni.edu", "i2", "B", "2.6667", "3"],
        ["Kim, K", "103", "S3", "kim", "i3", "B", "4", "0"],
        ["Vic, V", "104", "S4", "v4", "i4", "B", "", ""],
    ]
    assert made.notes == (
        "Canvas has no assignment u05 The Value class: importing will make a new one",  # it is read only
        "sam is not in Canvas's file: left out",
        "yara is not in Canvas's file: left out",
        "zoe is not in Canvas's file: left out",
        "Student, Test is in Canvas's file and not in the gradebook: left out",
    )
    students = [{"id": str(id), "name": "?"} for id in range(101, 105)]
    found, _ = importer.grades(made.text, students, {"77": "slopes"})
    assert found["102"] == {"slopes": "2.6667", U05: "3"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_semicolons_and_byte_order_marks(people, exported, encoding, separator):
    rows = [HEADER.split(","), ["Müller", "5", "", "ann", "A; B"]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    path = exported(data=text.getvalue().encode(encoding))
    written = table(canvas_csv(people({}), CanvasOptions(), read_canvas(path)).text)
    assert written[2][:5] == ["Müller", "5", "", "ann", "A, B"]


def test_whoever_fits_twice_is_left_out_and_told(people, exported):
    path = exported(HEADER, "A,1,same,x,S", "B,2,same,y,S", "C,3,S3,kim,S")
    known = {"ann": {"sis_id": "same"}, "june": {"login": "kim"}}
    made = canvas_csv(people(known), CanvasOptions(), read_canvas(path))
    assert [row[0] for row in table(made.text)] == ["Student", "    Points Possible"]
    assert "ann fits 2 rows of Canvas's file: left out" in made.notes
    assert "kim and june fit the same row of Canvas's file: both left out" in made.notes


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["id,total", "ann,3"], "no gradebook of Canvas"),
        (["Student,ID,Colour,Section", "Ann,1,red,A"], "Colour is no column"),
        ([HEADER], "holds no student"),
        ([HEADER, '"torn'], "no CSV"),
    ],
)
def test_what_canvas_did_not_export_is_refused(exported, lines, told):
    with pytest.raises(UsageError, match=told):
        read_canvas(exported(*lines))
    with pytest.raises(UsageError, match="not UTF-8"):
        read_canvas(exported(data=HEADER.encode("utf-16")))


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Final Score",
        "Override Grade (Fall)",
        "Section",
        "3.1.2",
        "a\nb",
        "ID",
        "Assignments Current Points",
    ],
)
def test_a_title_that_canvas_would_not_take_is_refused(people, title):
    with pytest.raises(UsageError, match="title"):
        canvas_csv(people({}), CanvasOptions(titles={"u01": title}))


def test_titles_that_were_given(people, exported):
    twice = CanvasOptions(titles={"u01": "Week 1", "u05": "Week 1"})
    with pytest.raises(UsageError, match="two columns"):
        canvas_csv(people({}), twice)
    with pytest.raises(UsageError, match="no column u09"):
        canvas_csv(people({}), CanvasOptions(titles={"u09": "x"}))
    path = exported(HEADER + ",Week 1 (7),week 1 (8)", "ann,1,,ann,A,,")
    with pytest.raises(UsageError, match="2 assignments called"):
        canvas_csv(people({}), CanvasOptions(titles={"u01": "Week 1"}), read_canvas(path))
    made = canvas_csv(people({}), CanvasOptions(titles={"u01": "Week 1 (8)"}), read_canvas(path))
    assert table(made.text)[0][5:] == ["week 1 (8)", U05]


def test_a_unit_whose_title_canvas_would_misread(people):
    file = people({})
    first, second = file.units
    renamed = (replace(first, title="Slopes (2026)"), replace(second, title="Current Score"))
    changed = replace(file, units=renamed)
    assert table(canvas_csv(changed, CanvasOptions()).text)[0][5:] == ["u01 Slopes [2026]", "u05"]


def test_hostile_names_break_nothing_and_start_no_formula(people, importer):
    names = {
        "ann": "=HYPERLINK(1)", "june": "Points Possible", "kim": "Muted", "sam": ";;;;;;;;",
        "vic": 'a"b,c\nd', "yara": "\x1b[31m\u202e", "zoe": "manual posting",
    }  # fmt: skip
    known = {id: {"family": name, "login": name, "section": name} for id, name in names.items()}
    made = canvas_csv(people(known), CanvasOptions())
    rows = table(made.text)
    assert len(rows) == 9
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell[:1]]
    assert not [cell for cell in cells if not cell.isprintable()]
    found, worth = importer.grades(made.text)
    assert (len(found), worth[U01]) == (7, "4")
    assert sorted(grade[U05] for grade in found.values()) == sorted(row[6] for row in rows[2:])


def test_the_command(graded, tmp_path, monkeypatch, capsys, exported):
    monkeypatch.chdir(tmp_path)
    path = exported(HEADER, "Ann,1,,ann,A")
    given = ["export", "canvas", "--to", "up.csv", "--roster-from", str(path), "--title", "u01=Week 1 (3)"]
    assert main(given) == 0
    out = capsys.readouterr().out
    assert out.startswith("wrote  up.csv\nnote   Canvas has no assignment Week 1 (3)")
    assert (tmp_path / "up.csv").stat().st_mode & 0o777 == 0o600
    assert main([*given, "--missing", "zero", "--columns", "total", "--no-points-row"]) == 0
    assert main(["export", "canvas"]) == 2
    assert main([*given, "--wide"]) == 2
    assert "--wide does not belong to `kata export canvas`" in capsys.readouterr().err
    assert main(["export", "canvas", "--to", "x.csv", "--title", "Week"]) == 2
    assert main(["export", "canvas", "--to", "x.csv", "--out", "nowhere"]) == 2
    assert main(["export", "canvas", "--to", "."]) == 2
