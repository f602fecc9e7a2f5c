"""The gradebook as CSV: one row a student, and the long form with one row per student and exercise."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC
from statistics import median

from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import cell, count, number
from grader.gradebook.record import Key, Record

NOT_GRADED = "not graded"


def wide_csv(graded: GradedClass) -> str:
    """One row a student: id, submitted at, late note, points by exercise, total, max, percent, problems."""
    exercises = [exercise.id for exercise in graded.exercises]
    header = ["id", "submitted at", "late note", *exercises, "total", "max", "percent", "problems"]
    return _csv([header, *(_row(student) for student in graded.students)])


def long_csv(graded: GradedClass) -> str:
    """One row per student and exercise: student, exercise, verdict, points, max, diagnosis."""
    header = ["student", "exercise", "verdict", "points", "max", "diagnosis"]
    rows = (
        [
            cell(record.submission),
            record.exercise,
            record.verdict.value,
            _points(record),
            number(record.max_points),
            cell(diagnosis(record)),
        ]
        for record in graded.records
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


def diagnosis(record: Record) -> str:
    """The confirmed cause: of the finding shown first, else of the first test that names one, else ""."""
    findings = [record.finding, *(test.finding for test in record.tests)]
    return next((finding.diagnosis for finding in findings if finding and finding.diagnosis), "")


def _row(student: StudentGrade) -> list[str]:
    submitted = student.submitted_at
    return [
        cell(student.id),
        submitted.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if submitted else "",
        cell(student.late_note),
        *(_points(record) for record in student.records),
        number(student.points),
        number(student.max_points),
        "" if student.percent is None else number(round(student.percent, 1)),
        cell("; ".join(_problems(student))),
    ]


def _points(record: Record) -> str:
    return NOT_GRADED if record.points is None else number(record.points)


def _problems(student: StudentGrade) -> Iterable[str]:
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
