"""`results.json` as Gradescope reads it: one test for each exercise, and the score of the whole."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from grader.examine.outcome import Verdict
from grader.gradebook.classfile import class_file
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import count, number, printable
from grader.gradebook.record import Record
from grader.report.exports.gradescope.settings import Late, Settings, Visibility
from grader.report.feedback import exercise_text
from grader.scoring.rubric import exact, rounded

Format = Literal["text"]
_LONGEST = 400
_UNCHECKED = (
    "could not be checked. That is our fault, not yours, and costs you nothing: your score is reckoned",
    "from the exercises that could. Your instructor can have it graded again.",
)


class GradescopeTest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exercise. score, status: left out where we could not grade"""

    name: str
    name_format: Format
    number: str
    score: float | UnsetType = UNSET
    max_score: float
    status: Literal["passed", "failed"] | UnsetType = UNSET
    output: str
    output_format: Format
    visibility: Visibility
    tags: tuple[str, ...] = ()
    extra_data: Mapping[str, Any]


class Results(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One submission. score: what Gradescope shows, in place of the sum of the tests"""

    score: float
    execution_time: float
    output: str
    output_format: Format
    test_output_format: Format
    test_name_format: Format
    visibility: Visibility
    stdout_visibility: Literal["hidden"]
    extra_data: Mapping[str, Any]
    tests: tuple[GradescopeTest, ...]


def results(graded: GradedClass, settings: Settings, seconds: float) -> Results | None:
    """The results of a class of one. None where nothing at all could be graded: that is no score."""
    (student,) = graded.students
    score = _score(graded, student)
    if score is None:
        return None
    return Results(
        score=score,
        execution_time=round(seconds, 1),
        output="\n".join(_output(graded, student, settings)),
        output_format="text",
        test_output_format="text",
        test_name_format="text",
        visibility=settings.visibility,
        stdout_visibility="hidden",
        extra_data={
            "katagrad": {
                "versions": dict(graded.facts),
                "course": graded.catalogue.course.version,
                "demo_seed": graded.demo_seed,
                "grader_errors": [record.exercise for record in student.not_graded],
            }
        },
        tests=tuple(_tests(graded, student, settings)),
    )


def encode(found: Results | Mapping[str, Any]) -> bytes:
    """The bytes of results.json."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def _score(graded: GradedClass, student: StudentGrade) -> float | None:
    """The points; where some exercises could not be graded, they count as the others do."""
    if not student.not_graded:
        return student.points
    if student.percent is None:
        return None
    return rounded(exact(student.percent) * exact(class_file(graded).points) / 100)


def _tests(graded: GradedClass, student: StudentGrade, settings: Settings) -> Iterator[GradescopeTest]:
    records = iter(student.records)
    for unit in graded.units:
        for place, exercise in enumerate(unit.exercises, start=1):
            record = next(records)
            yield GradescopeTest(
                name=f"{exercise.id}  {printable(exercise.title, _LONGEST)}",
                name_format="text",
                number=f"{int(unit.id[1:])}.{place}",
                score=UNSET if record.points is None else record.points,
                max_score=record.max_points,
                status=_status(record),
                output=_text(graded, record),
                output_format="text",
                visibility=settings.visibility,
                tags=(record.verdict.value,),
                extra_data={"exercise": record.exercise, "penalty": record.penalty},
            )


def _status(record: Record) -> Literal["passed", "failed"] | UnsetType:
    if record.points is None:
        return UNSET
    return "passed" if record.verdict is Verdict.RIGHT else "failed"


def _text(graded: GradedClass, record: Record) -> str:
    """The verdict, and what feedback says."""
    late = f"lateness took {number(100 * record.penalty)} %" if record.penalty else ""
    return "\n".join(filter(None, (record.verdict.value, late, exercise_text(graded.catalogue, record))))


def _output(graded: GradedClass, student: StudentGrade, settings: Settings) -> Iterator[str]:
    course = graded.catalogue.course
    yield f"{printable(course.title)} ({printable(course.version)})"
    if student.not_graded:
        yield f"{count(len(student.not_graded), 'exercise')} {_UNCHECKED[0]}"
        yield _UNCHECKED[1]
    if not student.handed_in:
        expected = ", ".join(unit.file.rpartition("/")[2] for unit in graded.units)
        yield f"None of the course's files came. Hand in {expected}, as .py or .ipynb."
    elif settings.late is Late.OURS:
        for unit in graded.units:
            yield f"{unit.id}: {student.lateness[unit.id].sentence}"
    yield from (f"about your upload: {printable(problem, _LONGEST)}" for problem in student.problems)
    if student.ignored:
        names = ", ".join(printable(name, _LONGEST) for name in student.ignored[:10])
        yield f"not looked at: {names}{', ...' if len(student.ignored) > 10 else ''}"
