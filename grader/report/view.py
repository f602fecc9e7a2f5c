"""What one student is told, in parts: the plain text and the page are both made from this."""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.course.model import Unit
from grader.examine.outcome import Verdict
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import count, moment, number, printable
from grader.gradebook.record import Record
from grader.report.reasons import LONGEST, Line, reasons
from grader.report.telling import Telling

_MOST_FILES = 20
_QUIET = frozenset({Verdict.RIGHT, Verdict.TODO, Verdict.GRADER_ERROR})
_NOT_NEXT = frozenset({Verdict.RIGHT, Verdict.NOT_CHECKED, Verdict.GRADER_ERROR})


@dataclass(frozen=True, slots=True)
class ExerciseView:
    """points: "0.8 of 2"    tests: "3 of 8 tests passed", or ""    lines: what is told of it

    as_above: the same lines as the exercise above it
    """

    id: str
    verdict: Verdict
    points: str
    tests: str
    lines: tuple[Line, ...]
    as_above: bool


@dataclass(frozen=True, slots=True)
class UnitView:
    """points: "22.8 of 24"    due: date and late rule    whole: said in place of exercises; "" for none"""

    id: str
    title: str
    points: str
    due: str
    whole: str
    exercises: tuple[ExerciseView, ...]


@dataclass(frozen=True, slots=True)
class StudentView:
    """Everything, harmless already. Empty parts are not shown.

    opens: when feedback is published, where that has not come: then nothing else is told
    name: in the roster, or the id    left_out: that some exercises could not be graded
    late: the late rule as it was applied    upload: what was wrong with it
    next: the exercise to do next, "" where all is right
    """

    course: str
    id: str
    name: str
    opens: str
    points: str
    percent: str
    left_out: str
    handed_in: str
    nothing_came: bool
    late: str
    upload: tuple[str, ...]
    next: str
    units: tuple[UnitView, ...]


def student_view(graded: GradedClass, student: StudentGrade, told: Telling) -> StudentView:
    """What this student is told."""
    course = graded.catalogue.course
    score = student.percent
    return StudentView(
        course=f"{printable(course.title)} ({printable(course.version)})",
        id=printable(student.id),
        name=printable(student.name, LONGEST),
        opens=moment(told.opens) if told.opens else "",
        points="" if score is None else f"{number(student.points)} of {number(student.max_points)}",
        percent="" if score is None else number(round(score, 1)),
        left_out=count(len(student.not_graded), "exercise") if student.not_graded else "",
        handed_in=_handed_in(student),
        nothing_came=not student.handed_in,
        late=student.late_note,
        upload=tuple(_upload(student)),
        next=next((record.exercise for record in student.records if record.verdict not in _NOT_NEXT), ""),
        units=tuple(_units(graded, student, told)),
    )


def _handed_in(student: StudentGrade) -> str:
    time = moment(student.submitted_at) if student.submitted_at else "no timestamp"
    notes = [printable(student.attempt, LONGEST)] if student.attempt else []
    notes += ["excused"] if student.excused else []
    return f"{time} ({'; '.join(notes)})" if notes else time


def _upload(student: StudentGrade) -> Iterator[str]:
    yield from (printable(problem, LONGEST) for problem in student.problems)
    yield from (f"ignored: {printable(name, LONGEST)}" for name in student.ignored[:_MOST_FILES])
    if len(student.ignored) > _MOST_FILES:
        yield f"ignored: {count(len(student.ignored) - _MOST_FILES, 'more file')}"


def _units(graded: GradedClass, student: StudentGrade, told: Telling) -> Iterator[UnitView]:
    records = iter(student.records)
    for unit in graded.units:
        own = [next(records) for _ in unit.exercises]
        earned = student.of_unit(unit.id)
        due, whole = student.lateness[unit.id].due, _not_handed_in(unit, own)
        yield UnitView(
            id=unit.id,
            title=printable(unit.title),
            points=f"{number(earned.points)} of {number(earned.max_points)}",
            due=f"due {moment(due)}: {student.lateness[unit.id].sentence}" if due else "",
            whole=f"{whole}: {count(len(own), 'exercise')} to do" if whole else "",
            exercises=() if whole else tuple(_exercises(graded, own, unit.id in told.in_full)),
        )


def _exercises(graded: GradedClass, records: list[Record], in_full: bool) -> Iterator[ExerciseView]:
    said: tuple[Line, ...] = ()
    worth = graded.catalogue.course.follow_through
    for record in records:
        lines = reasons(record, graded.catalogue.limits(record.exercise), worth, in_full)
        yield ExerciseView(
            id=record.exercise,
            verdict=record.verdict,
            points=_points(record),
            tests=_tests(record),
            lines=lines,
            as_above=len(lines) > 1 and lines == said,
        )
        said = lines


def _not_handed_in(unit: Unit, records: list[Record]) -> str:
    """Said once for a unit whose file did not come, or ""."""
    said = {record.finding.what for record in records if record.finding and record.verdict is Verdict.TODO}
    missing = f"{unit.file} was not handed in"
    return printable(missing, LONGEST) if len(records) > 1 and said == {missing} else ""


def _points(record: Record) -> str:
    if record.points is None:
        return f"not graded (worth {number(record.max_points)})"
    return f"{number(record.points)} of {number(record.max_points)}"


def _tests(record: Record) -> str:
    if record.points is None or record.verdict in _QUIET or not record.tests:
        return ""
    passed = sum(test.verdict is Verdict.RIGHT for test in record.tests)
    return f"{passed} of {len(record.tests)} tests passed"
