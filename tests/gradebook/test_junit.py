"""JUnit XML, read back by a parser that knows nothing of us."""

import re
import xml.etree.ElementTree as ET

import pytest
from msgspec.structs import replace

from grader.cli import main
from grader.gradcheck.message import Finding
from grader.gradebook.classfile import class_file
from grader.gradebook.exports.junit import Suites, junit_xml
from grader.gradebook.session import grade_class

# Element -> (attributes that it must have, that it may have, elements that it may hold), as readers expect.
COUNTS = {"tests", "failures", "errors", "skipped"}
GRAMMAR = {
    "testsuites": ({"name"} | COUNTS, set(), {"testsuite"}),
    "testsuite": ({"name"} | COUNTS, set(), {"testcase"}),
    "testcase": ({"name", "classname"}, set(), {"failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set(), set()),
    "error": ({"message", "type"}, set(), set()),
    "skipped": ({"message"}, set(), set()),
}


@pytest.fixture
def graded(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    students, answers = invented.small_class()
    evil = 'x]]>&<b a="1">\x1b[31m\x00\ufffe\udc80\u202e'
    wrong = invented.Verdict.WRONG
    finding = Finding(what=evil, called=evil, yours=evil, source=evil)
    answers["ann", "u05.value_ops"] = invented.outcome(
        "u05.value_ops", wrong, invented.check(wrong, public=True, finding=finding)
    )
    pool = invented.FakePool(catalogue, answers)
    return grade_class(catalogue, students, pool, tmp_path / "grades", seed=invented.SEED)


def check(element):
    """The structure that readers of JUnit XML rely on; counts are those of what is there."""
    must, may, inside = GRAMMAR[element.tag]
    assert must <= set(element.attrib) <= must | may, element.attrib
    assert {child.tag for child in element} <= inside
    assert len(element) <= 1 or element.tag != "testcase"
    if must & COUNTS:
        cases = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name)) == sum(case.find(tag) is not None for case in cases)
    for child in element:
        check(child)


@pytest.mark.parametrize("suites", Suites)
def test_it_has_the_known_structure(graded, suites):
    file = class_file(graded)
    root = ET.fromstring(junit_xml(file, suites).encode())
    check(root)
    units = ["u01 Slopes by nudging", "u05 The Value class"]
    want = units if suites is Suites.UNITS else [s.id for s in file.students]
    assert [suite.get("name") for suite in root] == want
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(cases) == 7 * 5
    assert len(set(cases)) == (len(cases) if suites is Suites.UNITS else 5)


def test_verdicts(graded):
    root = ET.fromstring(junit_xml(class_file(graded)).encode())
    kinds = {
        (suite.get("name"), case.get("name")): [child.tag for child in case]
        for suite in root
        for case in suite
    }
    assert kinds["ann", "u01.grad_check"] == []
    assert kinds["ann", "u05.backward"] == ["skipped"]  # to do
    assert kinds["kim", "u05.backward"] == ["skipped"]  # not checked
    assert kinds["kim", "u05.value_ops"] == ["failure"]  # crashed
    assert kinds["yara", "u01.grad_check"] == ["error"]  # ours
    (failure,) = root.findall(".//testsuite[@name='june']/testcase[@name='u01.central_difference']/failure")
    assert failure.get("message") == "wrong, 0.2667 of 1 points: 2x too large: missing factor 1/2"
    assert "1 of 3 tests passed" in failure.text
    assert "SECRET" not in failure.text


def test_excused(graded):
    file = class_file(graded)
    students = tuple(replace(student, excused=student.id == "vic") for student in file.students)
    root = ET.fromstring(junit_xml(replace(file, students=students)).encode())
    assert {s.get("message") for s in root.findall(".//testsuite[@name='vic']//skipped")} == {"excused"}


def test_nothing_that_xml_cannot_hold_and_nothing_that_a_terminal_obeys(graded):
    text = junit_xml(class_file(graded))
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\ud800-\udfff\ufffe\uffff]", text)
    (failure,) = ET.fromstring(text.encode()).findall(".//testsuite[@name='ann']//failure")
    assert 'x]]>&<b a="1">\\x1b[31m\\x00' in failure.text
    assert "\\ufffe" in failure.text


def test_the_command(graded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "junit", "--to", "a.xml", "--suites", "units"]) == 0
    assert (tmp_path / "a.xml").read_text() == junit_xml(class_file(graded), Suites.UNITS)
    for form, name in (("json", "gradebook.json"), ("csv", "gradebook.csv")):
        assert main(["export", form, "--to", "x"]) == 0
        assert (tmp_path / "x").read_bytes() == (tmp_path / "grades" / name).read_bytes()
    assert main(["export", "csv", "--long", "--to", "x"]) == 0
    assert (tmp_path / "x").read_bytes() == (tmp_path / "grades" / "results-long.csv").read_bytes()
    assert main(["export", "csv", "--long", "--wide", "--to", "x"]) == 2
