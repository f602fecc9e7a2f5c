"""Item analysis: what each exercise tells about the class, and about itself."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation

from grader.examine.outcome import Verdict, earned_share
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import cell, number
from grader.report.summary import ExerciseRow, cause_of, mistake_of

FEWEST = 10  # students; a correlation over fewer says nothing
STOPPED = (Verdict.CRASHED, Verdict.TOO_SLOW, Verdict.TOO_MUCH_MEMORY, Verdict.RULE_BROKEN)
HEADER = (
    "exercise", "points", "students", "right", "wrong", "stopped", "not checked", "to do", "not graded",
    "pass", "discrimination", "mistake", "times",
)  # fmt: skip


@dataclass(frozen=True)
class Mistake:
    """One cause, and who made it, by id."""

    text: str
    who: tuple[StudentGrade, ...]


@dataclass(frozen=True)
class Item:
    """One exercise over all who handed in.

    verdicts: students by verdict    mistakes: those with a name first, the commonest first of each kind
    discrimination: correlation of being right here with the share of the points earned elsewhere, -1..1;
    None where fewer than FEWEST count, where all are alike, and where there is no other exercise
    """

    row: ExerciseRow
    verdicts: Mapping[Verdict, int]
    mistakes: tuple[Mistake, ...]
    discrimination: float | None

    def having(self, *verdicts: Verdict) -> int:
        """How many students have one of these verdicts."""
        return sum(self.verdicts.get(verdict, 0) for verdict in verdicts)


def counted(graded: GradedClass) -> list[StudentGrade]:
    """Whom the statistics count: who handed in and is not excused."""
    return [student for student in graded.students if student.handed_in and not student.excused]


def analyse(graded: GradedClass, rows: Sequence[ExerciseRow]) -> tuple[Item, ...]:
    """One item for each exercise, in the order of the course. rows: of the class's summary"""
    students = counted(graded)
    earned = [_earned(graded, student) for student in students]
    return tuple(
        Item(
            row=row,
            verdicts=Counter(student.records[index].verdict for student in students),
            mistakes=_mistakes(students, index),
            discrimination=_discrimination(students, earned, index),
        )
        for index, row in enumerate(rows)
    )


def items_csv(items: Sequence[Item]) -> str:
    """exercises.csv: one row for each exercise."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *map(_row, items)])
    return text.getvalue()


def _row(item: Item) -> list[str]:
    row, found = item.row, item.discrimination
    counts = (
        sum(item.verdicts.values()), item.having(Verdict.RIGHT), item.having(Verdict.WRONG),
        item.having(*STOPPED), item.having(Verdict.NOT_CHECKED), item.having(Verdict.TODO),
        item.having(Verdict.GRADER_ERROR),
    )  # fmt: skip
    return [
        row.exercise.id,
        number(row.exercise.points),
        *map(str, counts),
        "" if row.rate is None else number(row.rate),
        "" if found is None else number(round(found, 3)),
        cell(row.mistake),
        str(row.times or ""),
    ]


def _mistakes(students: Sequence[StudentGrade], index: int) -> tuple[Mistake, ...]:
    named: dict[str, list[StudentGrade]] = defaultdict(list)
    others: dict[str, list[StudentGrade]] = defaultdict(list)
    for student in students:
        record = student.records[index]
        told = mistake_of(record)
        if told:
            cause = cause_of(record)
            (named if cause else others)[cause or told].append(student)
    found = [*_commonest(named), *_commonest(others)]
    return tuple(Mistake(text, tuple(who)) for text, who in found)


def _commonest(mistakes: Mapping[str, list[StudentGrade]]) -> list[tuple[str, list[StudentGrade]]]:
    return sorted(mistakes.items(), key=lambda item: -len(item[1]))  # of equals the first, by id


def _earned(graded: GradedClass, student: StudentGrade) -> tuple[float, float, tuple[float, ...]]:
    """All points, all that could be earned, and each one's points; of the exercises that could be graded.

    Lateness is not taken off: that somebody was late tells nothing about an exercise.
    """
    worth = graded.catalogue.course.follow_through
    points = tuple(
        record.max_points * earned_share(record, worth) if record.points is not None else 0.0
        for record in student.records
    )
    return sum(points), sum(r.max_points for r in student.records if r.points is not None), points


def _discrimination(
    students: Sequence[StudentGrade], earned: Sequence[tuple[float, float, Sequence[float]]], index: int
) -> float | None:
    """The item-rest correlation, point-biserial: the item is right or not, the rest a share of points."""
    here, elsewhere = [], []
    for student, (total, possible, points) in zip(students, earned, strict=True):
        record = student.records[index]
        rest = possible - record.max_points
        if record.points is not None and rest > 0:
            here.append(float(record.verdict is Verdict.RIGHT))
            elsewhere.append(round((total - points[index]) / rest, 9))  # without the noise of floats
    if len(here) < FEWEST:
        return None
    try:
        return correlation(here, elsewhere)
    except StatisticsError:  # all alike
        return None
