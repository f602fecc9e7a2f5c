"""The class as JUnit XML: what CI servers and editors show as a tree of tests."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from enum import StrEnum

from grader.examine.outcome import Verdict
from grader.gradebook.classmodel import ClassFile, Result, StudentEntry, UnitEntry
from grader.gradebook.plain import number, printable

# What XML 1.0 cannot hold, in no form; `printable` leaves only the last two of them.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 2000
_PARTS = ("called", "yours", "expected", "worst", "differ")


class Suites(StrEnum):
    """What is one test suite."""

    STUDENTS = "students"
    UNITS = "units"


def junit_xml(file: ClassFile, suites: Suites = Suites.STUDENTS) -> str:
    """One test case for each exercise of each student: a failure where points are missing, an error where we
    failed, skipped where there is nothing to look at yet. It holds no times.
    """
    root = ET.Element("testsuites", name=_text(file.course.id))
    made = _by_student(file) if suites is Suites.STUDENTS else _by_unit(file)
    for name, cases in made:
        suite = ET.SubElement(root, "testsuite", name=_text(name))
        for case in cases:
            suite.append(case)
        _count(suite, [suite])
    _count(root, list(root))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _by_student(file: ClassFile) -> Iterator[tuple[str, list[ET.Element]]]:
    """A case is called by its exercise, and its class by the unit."""
    for student in file.students:
        cases = [
            _case(result, result.exercise, unit.folder, student)
            for unit, part in zip(file.units, student.units, strict=True)
            for result in part.results
        ]
        yield student.id, cases


def _by_unit(file: ClassFile) -> Iterator[tuple[str, list[ET.Element]]]:
    """A case is called by its student, and its class by the exercise."""
    for at, unit in enumerate(file.units):
        cases = [
            _case(result, student.id, result.exercise, student)
            for student in file.students
            for result in student.units[at].results
        ]
        yield _suite_name(unit), cases


def _suite_name(unit: UnitEntry) -> str:
    return f"{unit.id} {unit.title}"


def _case(result: Result, name: str, where: str, student: StudentEntry) -> ET.Element:
    case = ET.Element("testcase", name=_text(name), classname=_text(where))
    if student.excused:
        ET.SubElement(case, "skipped", message="excused")
    elif result.points is None:
        ET.SubElement(case, "error", message="grader error: not graded", type=result.verdict.value)
    elif result.verdict in (Verdict.TODO, Verdict.NOT_CHECKED):
        ET.SubElement(case, "skipped", message=result.verdict.value)
    elif result.verdict is not Verdict.RIGHT:
        failure = ET.SubElement(case, "failure", message=_text(_message(result)), type=result.verdict.value)
        failure.text = "\n".join(map(_text, _lines(result)))
    return case


def _message(result: Result) -> str:
    """`wrong, 0.8 of 2 points: the sign is wrong`."""
    earned = f"{number(result.points or 0)} of {number(result.max_points)} points"
    why = result.diagnosis or (result.finding.what if result.finding else "")
    return f"{result.verdict.value}, {earned}" + (f": {why}" if why else "")


def _lines(result: Result) -> Iterator[str]:
    yield f"{result.passed} of {result.tests} tests passed"
    finding = result.finding
    if finding is None:
        return
    yield from filter(None, (finding.where, finding.source, finding.what, result.diagnosis))
    for part in _PARTS:
        text = getattr(finding, part)
        if text:
            yield f"  {part:<9} {text}"
    if finding.help:
        yield finding.help


def _count(element: ET.Element, suites: Iterable[ET.Element]) -> None:
    cases = [case for suite in suites for case in suite.iter("testcase")]
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in cases)))


def _text(text: str) -> str:
    """One line that XML can carry and no terminal obeys."""
    shown = printable(text, _LONGEST)
    return _ILLEGAL.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)
