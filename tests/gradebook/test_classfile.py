"""`gradebook.json`: what it says, that it is what its schema says, and what it does not tell."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from grader.cli import main
from grader.collect.roster import Person
from grader.course.load import load_course
from grader.errors import UsageError
from grader.gradcheck.message import Finding
from grader.gradebook import classfile
from grader.gradebook.classfile import class_file, encode_class, json_schema, read_class_file
from grader.gradebook.erase import erase
from grader.gradebook.grades import GradedClass
from grader.gradebook.pseudonyms import export_pseudonymous
from grader.gradebook.session import grade_class
from grader.gradebook.tables import long_csv, wide_csv

ROOT = Path(__file__).parents[2]
EVIL = '"><script>\x1b[31m=1+1\u202e\x00﷐\ud800'


@pytest.fixture
def graded(invented, tmp_path):
    """The invented class, graded into `grades`."""
    catalogue = invented.make_catalogue(tmp_path)
    students, answers = invented.small_class()
    return grade_class(
        catalogue, students, invented.FakePool(catalogue, answers), tmp_path / "grades", seed=invented.SEED
    )


@pytest.fixture
def hostile(invented, tmp_path):
    """A class of which every text is hostile."""
    catalogue = invented.make_catalogue(tmp_path)
    wrong = invented.Verdict.WRONG
    finding = Finding(**{part: EVIL for part in ("what", "called", "yours", "expected", "source", "where")})
    answers = {
        ("eve", e.id): invented.outcome(e.id, wrong, invented.check(wrong, public=True, finding=finding))
        for e in catalogue.exercises
    }
    graded = grade_class(
        catalogue, [invented.handed_in("eve")], invented.FakePool(catalogue, answers),
        tmp_path / "hostile", seed=invented.SEED,
    )  # fmt: skip
    (eve,) = graded.students
    person = Person(id="eve", **{part: EVIL for part in ("given", "family", "email", "section", "login")})
    changed = invented.replace(eve, person=person, problems=("a line\u2028more",), attempt=EVIL)
    return invented.replace(graded, students=(changed,))


def student(file, id):
    return next(student for student in file.students if student.id == id)


def test_the_schema_that_is_shipped_is_that_of_the_code():
    assert classfile.SCHEMA_FILE.read_text(encoding="utf-8") == json_schema()
    schema = json.loads(json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["ClassFile"]["properties"]["schema"]["enum"] == [classfile.SCHEMA]


def test_what_is_written_is_what_the_schema_says(graded, hostile, tmp_path):
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    written = (tmp_path / "grades" / "gradebook.json").read_text(encoding="utf-8")
    for text in (written, encode_class(class_file(hostile))):
        validator.validate(json.loads(text))
    broken = json.loads(written)
    broken["students"][0]["units"][0]["results"][0]["penalty"] = 2
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(broken)


def test_of_no_student_and_of_a_whole_course(tmp_path):
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    catalogue = load_course(ROOT)
    empty = GradedClass(catalogue, catalogue.units, (), True, {}, "userns", tmp_path)
    found = json.loads(encode_class(class_file(empty)))
    validator.validate(found)
    assert (found["students"], found["demo_seed"], len(found["units"])) == ([], True, len(catalogue.units))


def test_it_says_what_outputs_need(graded):
    file = class_file(graded)
    june = student(file, "june")
    assert (june.name, june.handed_in, june.missing, june.late_note) == (
        "june", True, False, "u01: 2 days late: 20 % taken",
    )  # fmt: skip
    assert june.submitted_at == datetime(2026, 9, 17, 3, 0, tzinfo=UTC)
    slopes, value = june.units
    assert (slopes.unit, slopes.points, slopes.max_points, slopes.penalty, slopes.days) == (
        "u01", 2.6667, 4, 0.2, 2,
    )  # fmt: skip
    assert (value.points, june.points, june.max_points) == (3, 5.6667, 10)
    central = slopes.results[1]
    assert (central.tests, central.passed, central.diagnosis) == (3, 1, "2x too large: missing factor 1/2")
    assert central.finding.yours == "6.8"
    assert [unit.points for unit in file.units] == [4, 6]
    vic, yara = student(file, "vic"), student(file, "yara")
    assert (vic.missing, vic.points, vic.percent) == (True, 0, 0)
    assert (yara.units[0].points, yara.units[0].max_points, len(yara.not_graded)) == (2, 2, 1)


def test_nothing_of_a_hidden_test_is_in_it(graded, tmp_path):
    assert "SECRET" not in (tmp_path / "grades" / "gradebook.json").read_text()
    assert "test_hidden_name" not in (tmp_path / "grades" / "gradebook.json").read_text()


def test_a_person_of_the_roster(graded, invented):
    ann = graded.students[0]
    person = Person(id="ann", given="Ann", family="Lee", section="A", extension_hours=24, canvas_id="17")
    named = invented.replace(ann, person=person, excused=True, attempt="2 of 3, the best")
    entry = class_file(invented.replace(graded, students=(named,))).students[0]
    assert (entry.name, entry.excused, entry.attempt) == ("Ann Lee", True, "2 of 3, the best")
    assert (entry.person.canvas_id, entry.person.extension_hours) == ("17", 24)


def test_read_back_it_is_the_same_and_so_are_the_tables(graded, tmp_path):
    path = tmp_path / "grades" / "gradebook.json"
    file = read_class_file(path)
    assert file == class_file(graded)
    assert encode_class(file) == encode_class(classfile.read_raw(path)) == path.read_text(encoding="utf-8")
    for name, made in (("gradebook.csv", wide_csv), ("results-long.csv", long_csv)):
        assert made(file) == (tmp_path / "grades" / name).read_text(encoding="utf-8")


def test_one_student_a_line(graded, tmp_path):
    lines = (tmp_path / "grades" / "gradebook.json").read_text().splitlines()
    for id in ("ann", "june", "zoe"):
        assert sum(line.startswith(f'{{"id":"{id}"') for line in lines) == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "there is no"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no gradebook of katagrad"),
        (b'{"schema":1}', "no gradebook of katagrad"),
        (b'{"schema":2,"students":[]}', "newer katagrad"),
        (b'{"schema":1,"students":[3]}', "can read"),
    ],
)
def test_what_is_no_class_file_is_told_in_a_line(tmp_path, data, told):
    path = tmp_path / "gradebook.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError, match=told):
        read_class_file(path)


def test_erased_it_is_that_of_a_class_without_them(graded, invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    students, answers = invented.small_class()
    others = [one for one in students if one.id != "june"]
    pool = invented.FakePool(catalogue, answers)
    grade_class(catalogue, others, pool, tmp_path / "without", seed=invented.SEED)
    assert "gradebook.json: 1 student" in erase(tmp_path / "grades", "june").removed
    without = (tmp_path / "without" / "gradebook.json").read_bytes()
    assert (tmp_path / "grades" / "gradebook.json").read_bytes() == without


def test_pseudonymous_it_names_nobody(graded, tmp_path):
    export_pseudonymous(tmp_path / "grades", tmp_path / "out")
    text = (tmp_path / "out" / "gradebook.json").read_text()
    assert not [
        word for word in ("ann", "june", "2026-09", "yara", "value.py", "missing factor") if word in text
    ]
    file = read_class_file(tmp_path / "out" / "gradebook.json")
    assert [s.id for s in file.students] == sorted(s.id for s in file.students)
    want = sorted((s.points, s.max_points) for s in graded.students)
    assert sorted((s.points, s.max_points) for s in file.students) == want


def test_the_schema_is_printed(capsys):
    assert main(["export", "schema"]) == 0
    assert capsys.readouterr().out == json_schema()
