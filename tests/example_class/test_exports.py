"""What is exported of the real, partly hostile class is what each format asks for."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import jsonschema

from grader.gradebook.classfile import FILE, json_schema, read_class_file
from grader.gradebook.exports.canvas import CanvasOptions, canvas_csv
from grader.gradebook.exports.junit import Suites, junit_xml
from grader.gradebook.tables import long_csv, wide_csv


def test_the_class_file_is_what_its_schema_says(runs):
    text = (runs.out / "one" / FILE).read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), json.loads(json_schema()), jsonschema.Draft202012Validator)


def test_every_form_has_every_student(runs):
    file = read_class_file(runs.out / "one" / FILE)
    ids = [student.id for student in runs.one.students]
    assert [student.points for student in file.students] == [student.points for student in runs.one.students]
    for name, made in (("gradebook.csv", wide_csv), ("results-long.csv", long_csv)):
        assert made(file) == (runs.out / "one" / name).read_text(encoding="utf-8")
    for suites in Suites:
        root = ET.fromstring(junit_xml(file, suites).encode())
        assert len(root.findall(".//testcase")) == len(runs.one.records)
    rows = list(csv.reader(io.StringIO(canvas_csv(file, CanvasOptions()).text)))
    assert [row[3] for row in rows[2:]] == ids
    assert len({len(row) for row in rows}) == 1
