"""The gradebook as CSV: one row a student, and the long form with one row per student and exercise."""

import csv
import io
from collections.abc import Iterable, Mapping
from statistics import median

from grader.gradebook.classmodel import ClassFile, Result, StudentEntry
from grader.gradebook.grades import GradedClass
from grader.gradebook.plain import cell, count, moment, number
from grader.gradebook.record import Key

NOT_GRADED = "not graded"


def wide_csv(graded: ClassFile) -> str:
    """One row a student: who it is, when it came, points by exercise, total, max, percent, problems."""
    exercises = [exercise.id for exercise in graded.exercises]
    about = ["id", "name", "section", "status", "submitted at", "attempt", "late note"]
    header = [*about, *exercises, "total", "max", "percent", "problems"]
    return _csv([header, *(_row(student) for student in graded.students)])


def long_csv(graded: ClassFile) -> str:
    """One row per student and exercise: student, exercise, verdict, points, max, diagnosis."""
    header = ["student", "exercise", "verdict", "points", "max", "diagnosis"]
    rows = (
        [
            cell(student.id),
            result.exercise,
            result.verdict.value,
            _points(result),
            number(result.max_points),
            cell(result.diagnosis),
        ]
        for student in graded.students
        for result in student.results
    )
    return _csv([header, *rows])


def times_csv(graded: GradedClass, seconds: Mapping[Key, float]) -> str:
    """One row an exercise: exercise, students, median seconds, longest seconds. seconds: by the clock"""
    took: dict[str, list[float]] = {exercise.id: [] for exercise in graded.exercises}
    for record in graded.records:
        if record.key in seconds:
            took[record.exercise].append(seconds[record.key])
    rows = (
        [exercise, str(len(times)), *(f"{middle(times):.3f}" if times else "" for middle in (median, max))]
        for exercise, times in took.items()
    )
    return _csv([["exercise", "students", "median seconds", "longest seconds"], *rows])


def status(student: StudentEntry) -> str:
    """excused, missing or handed in."""
    return "excused" if student.excused else "missing" if student.missing else "handed in"


def _row(student: StudentEntry) -> list[str]:
    submitted, person = student.submitted_at, student.person
    counts = not student.excused
    return [
        cell(student.id),
        cell(person.name if person else ""),
        cell(person.section if person else ""),
        status(student),
        moment(submitted) if submitted else "",
        student.attempt,
        cell(student.late_note),
        *map(_points, student.results),
        number(student.points) if counts else "",
        number(student.max_points) if counts else "",
        number(round(student.percent, 1)) if counts and student.percent is not None else "",
        cell("; ".join(_problems(student))),
    ]


def _points(result: Result) -> str:
    return NOT_GRADED if result.points is None else number(result.points)


def _problems(student: StudentEntry) -> Iterable[str]:
    if student.not_graded:
        exercises = count(len(student.not_graded), "exercise")
        yield f"{exercises} not graded (grader error, left out of total and max)"
    if not student.handed_in:
        yield "nothing handed in"
    yield from student.problems


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
