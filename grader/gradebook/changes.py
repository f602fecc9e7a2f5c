"""Who gained and lost what between two runs, and why: made from the records of both."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from grader.gradebook.plain import cell, number
from grader.gradebook.record import Key, Record
from grader.gradebook.why import Circumstances, differences
from grader.scoring.rubric import exact

HEADER = ("student", "exercise", "points before", "points", "change", "verdict before", "verdict", "why")
NEW, GONE = "not in the last run", "not in this run"  # a student
NEW_EXERCISE = "the exercise is new"


@dataclass(frozen=True)
class Change:
    """One exercise of one student that is not what it was. before, after: None where it was not there."""

    student: str
    exercise: str
    before: Record | None
    after: Record | None
    why: str

    @property
    def gained(self) -> Decimal:
        """Points; below 0 where some were lost. What could not be graded counts as nothing."""
        return _points(self.after) - _points(self.before)


@dataclass(frozen=True)
class Changes:
    """What a run changed, sorted by student, then in the order of the course.

    first: there was no earlier run to compare with    students: how many are in this run
    """

    listed: tuple[Change, ...]
    students: int
    first: bool = False

    @property
    def by_student(self) -> Mapping[str, tuple[Change, ...]]:
        """The changes of each student who has any."""
        found: dict[str, list[Change]] = {}
        for change in self.listed:
            found.setdefault(change.student, []).append(change)
        return {student: tuple(changes) for student, changes in found.items()}

    def csv(self) -> str:
        """One row for each change, below the HEADER."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADER, *map(_row, self.listed)])
        return text.getvalue()


def compare(last: Mapping[Key, Record], aside: Mapping[Key, Record], after: Iterable[Record]) -> Changes:
    """What changed from the last run to the records of this one, which stand in canonical order.

    aside: what is known of those who were in neither    Without a last run, there is nothing to compare.
    """
    records, known = {record.key: record for record in after}, {**aside, **last}
    students, exercises = ({key[part] for key in records} for part in (0, 1))
    gone = [key for key in last if key[0] not in students and key[1] in exercises]
    # Stable: the order of the course stays within a student.
    keys = sorted([*records, *gone], key=lambda key: key[0]) if last else []
    met = {student for student, _ in known}
    found = (_change(key, known.get(key), records.get(key), key[0] in met) for key in keys)
    return Changes(tuple(change for change in found if change), len(students), first=not last)


def _change(key: Key, before: Record | None, after: Record | None, met: bool) -> Change | None:
    if after is None:
        return Change(*key, before, after, GONE)
    if before is None:
        return Change(*key, before, after, NEW_EXERCISE if met else NEW)
    if (before.points, before.verdict, before.max_points) == (after.points, after.verdict, after.max_points):
        return None
    return Change(*key, before, after, "; ".join(_why(before, after)))


def _why(before: Record, after: Record) -> Iterator[str]:
    again = differences(Circumstances.of(before), Circumstances.of(after))
    yield from again
    if before.max_points != after.max_points:
        yield f"worth {number(before.max_points)}, now {number(after.max_points)}"
    if before.penalty != after.penalty:
        yield f"lateness took {_percent(before.penalty)}, now {_percent(after.penalty)}"
    if again or before.max_points != after.max_points or before.penalty != after.penalty:
        return
    if (before.verdict, before.tests) != (after.verdict, after.tests):
        yield "it ran again, with another result"
    else:
        yield (
            "follow-through counts otherwise"
            if any(t.followed for t in after.tests)
            else "points are counted otherwise"
        )


def _row(change: Change) -> list[str]:
    before, after = change.before, change.after
    return [
        cell(change.student),
        change.exercise,
        _shown(before),
        _shown(after),
        signed(change.gained),
        before.verdict.value if before else "",
        after.verdict.value if after else "",
        cell(change.why),
    ]


def signed(points: Decimal) -> str:
    """+1.5, -2, 0."""
    return ("+" if points > 0 else "") + number(float(points))


def _shown(record: Record | None) -> str:
    if record is None:
        return ""
    return "not graded" if record.points is None else number(record.points)


def _points(record: Record | None) -> Decimal:
    return exact(record.points) if record is not None and record.points is not None else Decimal(0)


def _percent(fraction: float) -> str:
    return f"{number(100 * fraction)} %"
