"""`gradebook.json`: the whole class in one file, which everything that is exported is made from.

It holds what outputs need of the records, and nothing of hidden tests but a confirmed cause.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from grader.collect.roster import Person
from grader.course.model import Exercise, Unit
from grader.errors import UsageError
from grader.examine.outcome import Verdict
from grader.gradebook.classmodel import (
    ClassFile,
    CourseEntry,
    ExerciseEntry,
    PersonEntry,
    Result,
    StudentEntry,
    UnitEntry,
    UnitResult,
)
from grader.gradebook.disk import clear_errors, exists
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import storable
from grader.gradebook.record import Record
from grader.gradebook.shown import diagnosis, shown_finding
from grader.scoring.late import aware
from grader.scoring.rubric import exact

__all__ = ["FILE", "SCHEMA", "ClassFile", "class_file", "encode_class", "read_class_file", "worth"]

FILE = "gradebook.json"
SCHEMA = 1  # of classmodel.ClassFile
SCHEMA_FILE = Path(__file__).with_name("gradebook.schema.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STEERING = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LONGEST = 2000  # characters of a name from a roster, or of what was wrong with an upload
_AGAIN = "Grade the class: the same `kata grade` writes it, and runs no test again where nothing changed."


def class_file(graded: GradedClass) -> ClassFile:
    """What is written of a graded class. It holds no times of grading: the same class gives the same file."""
    course = graded.catalogue.course
    return ClassFile(
        schema=1,
        course=CourseEntry(id=course.id, title=course.title, version=course.version),
        sandbox=graded.rung,
        demo_seed=graded.demo_seed,
        units=tuple(_unit(unit, graded.catalogue.due(unit.id)) for unit in graded.units),
        students=tuple(_student(student, graded.units) for student in graded.students),
    )


def encode_class(file: ClassFile | Mapping[str, Any]) -> str:
    """JSON with one unit, and one student, a line: easy to compare, and to read a part of.

    file: the class, or what `read_raw` returned: both give the same bytes
    """
    fields: Mapping[str, Any] = file if isinstance(file, Mapping) else msgspec.to_builtins(file)
    return "{" + ",\n".join(f"{_json(name)}:{_lines(value)}" for name, value in fields.items()) + "}\n"


def read_class_file(path: Path) -> ClassFile:
    """The class file at `path`. UsageError where there is none, or none that this version can read."""
    try:
        return msgspec.convert(read_raw(path), ClassFile)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path} is no gradebook that this katagrad can read: {error}", _AGAIN) from None


def read_raw(path: Path) -> dict[str, Any]:
    """The file as plain values. UsageError where there is none, it is damaged, or of a newer schema."""
    if not exists(path):
        raise UsageError(f"there is no {path}", _AGAIN)
    with clear_errors(path, "read"):
        data = path.read_bytes()
    try:
        found: dict[str, Any] = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError(f"{path} is damaged: it is no JSON", _AGAIN) from None
    number = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(number, int) or not isinstance(found.get("students"), list):
        raise UsageError(f"{path} is no gradebook of katagrad", _AGAIN)
    if number > SCHEMA:
        raise UsageError(
            f"{path} was written by a newer katagrad (schema {number}, this one knows {SCHEMA})",
            "Use the version that wrote it, or a newer one.",
        )
    return found


def json_schema() -> str:
    """The JSON Schema of the file, as the package ships it."""
    made = msgspec.json.schema(ClassFile)
    whole = {"$schema": _DIALECT, "title": "A gradebook of katagrad", **made}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def worth(exercises: Iterable[Exercise]) -> float:
    """The most that exercises can bring together, extra credit aside."""
    return float(sum((exact(exercise.points) for exercise in exercises if not exercise.extra), Decimal(0)))


def _unit(unit: Unit, due: datetime | None) -> UnitEntry:
    return UnitEntry(
        id=unit.id,
        title=unit.title,
        folder=unit.folder,
        points=worth(unit.exercises),
        weight=unit.weight,
        due=_utc(due),
        exercises=tuple(map(_exercise, unit.exercises)),
    )


def _exercise(exercise: Exercise) -> ExerciseEntry:
    return ExerciseEntry(
        id=exercise.id, title=exercise.title, points=float(exercise.points), extra=exercise.extra
    )


def _student(student: StudentGrade, units: Iterable[Unit]) -> StudentEntry:
    return StudentEntry(
        id=student.id,
        name=storable(student.name, _LONGEST),
        person=_person(student.person) if student.person else None,
        submitted_at=_utc(student.submitted_at),
        handed_in=student.handed_in,
        missing=student.missing,
        excused=student.excused,
        attempt=storable(student.attempt, _LONGEST),
        late_note=student.late_note,
        problems=tuple(storable(line, _LONGEST) for line in student.problems),
        ignored=tuple(storable(name, _LONGEST) for name in student.ignored),
        points=student.points,
        max_points=student.max_points,
        percent=student.percent,
        units=tuple(_unit_results(student, units)),
    )


def _person(person: Person) -> PersonEntry:
    texts = {
        name: storable(value, _LONGEST)
        for name in PersonEntry.__struct_fields__
        if isinstance(value := getattr(person, name), str)
    }
    return PersonEntry(extension_hours=float(person.extension_hours), **texts)


def _unit_results(student: StudentGrade, units: Iterable[Unit]) -> Iterator[UnitResult]:
    """Points of a unit are those of its exercises, before its weight."""
    records = {record.exercise: record for record in student.records}
    for unit in units:
        own = tuple(records[exercise.id] for exercise in unit.exercises)
        total, late = student.of_unit(unit.id), student.lateness[unit.id]
        yield UnitResult(
            unit=unit.id,
            points=total.points,
            max_points=total.max_points,
            penalty=late.penalty,
            days=late.days,
            late=late.sentence,
            results=tuple(map(_result, own)),
        )


def _result(record: Record) -> Result:
    return Result(
        exercise=record.exercise,
        verdict=record.verdict,
        points=record.points,
        max_points=record.max_points,
        penalty=record.penalty,
        tests=len(record.tests),
        passed=sum(test.verdict is Verdict.RIGHT for test in record.tests),
        diagnosis=diagnosis(record),
        finding=shown_finding(record) if record.verdict is not Verdict.RIGHT else None,
        needs=record.needs,
        followed=record.followed,
    )


def _utc(time: datetime | None) -> datetime | None:
    return aware(time).astimezone(UTC) if time is not None else None


def _lines(value: Any) -> str:
    """A list with an item a line, or any other value in one."""
    if not isinstance(value, list | tuple):
        return _json(value)
    return "[\n" + ",\n".join(map(_json, value)) + "\n]"


def _json(value: Any) -> str:
    """JSON in which nothing steers a terminal or turns a line round, not even where a string may hold it."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", msgspec.json.encode(value).decode())
