"""The table of exercises on the class page, by unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from grader.course.model import Unit
from grader.examine.outcome import Verdict
from grader.gradebook.grades import GradedClass
from grader.gradebook.plain import moment, number, printable
from grader.report.drawing import BAR_WIDTH, Part, stacked
from grader.report.items import STOPPED, Item, Mistake
from grader.report.people import Named, People

PARTS = (
    ("right", "right", (Verdict.RIGHT,)),
    ("wrong", "wrong", (Verdict.WRONG,)),
    ("stopped", "stopped: crashed, too slow, too much memory, rule broken", STOPPED),
    ("open", "to do, or not checked", (Verdict.TODO, Verdict.NOT_CHECKED)),
    ("ours", "grader error", (Verdict.GRADER_ERROR,)),
)
_LOW = 0.1  # a discrimination below it is marked
_MOST_MISTAKES = 6
_MOST_NAMES = 6
_LONGEST = 300


@dataclass(frozen=True)
class MistakeRow:
    """more: of those who made it, how many are not named"""

    text: str
    times: int
    people: tuple[Named, ...]
    more: int


@dataclass(frozen=True)
class Row:
    """One exercise. bar, said: the stacked bar, and the same in words    rarer: mistakes that are left out"""

    anchor: str
    name: str
    title: str
    points: str
    rate: str
    hardest: bool
    width: int
    bar: tuple[Part, ...]
    said: str
    discrimination: str
    low: bool
    mistakes: tuple[MistakeRow, ...]
    rarer: int


@dataclass(frozen=True)
class UnitRows:
    """A unit with its exercises. due: "due 2026-09-15 23:59 UTC", or "" """

    id: str
    title: str
    due: str
    rows: tuple[Row, ...]


def unit_rows(graded: GradedClass, items: Sequence[Item], people: People) -> Iterator[UnitRows]:
    """The units in course order."""
    left = iter(items)
    for unit in graded.units:
        own = islice(left, len(unit.exercises))
        rows = tuple(_row(item, people) for item in own)
        yield UnitRows(unit.id, printable(unit.title), _due(graded, unit), rows)


def day(graded: GradedClass, unit: Unit) -> str:
    """When a unit is due, to the minute, or ""."""
    due = graded.catalogue.due(unit.id)
    return moment(due).replace(":00 UTC", " UTC") if due else ""


def _due(graded: GradedClass, unit: Unit) -> str:
    due = day(graded, unit)
    return f"due {due}" if due else ""


def _row(item: Item, people: People) -> Row:
    exercise, found = item.row.exercise, item.discrimination
    amounts = [(kind, item.having(*verdicts)) for kind, _, verdicts in PARTS]
    return Row(
        anchor=exercise.id,
        name=exercise.name,
        title=printable(exercise.title),
        points=number(exercise.points),
        rate=item.row.percent,
        hardest=item.row.hardest,
        width=BAR_WIDTH,
        bar=stacked(amounts),
        said=", ".join(f"{amount} {kind}" for kind, amount in amounts if amount) or "nobody counts",
        discrimination="–" if found is None else f"{found:.2f}",
        low=found is not None and found < _LOW,
        mistakes=tuple(_mistake(mistake, people) for mistake in item.mistakes[:_MOST_MISTAKES]),
        rarer=max(len(item.mistakes) - _MOST_MISTAKES, 0),
    )


def _mistake(mistake: Mistake, people: People) -> MistakeRow:
    return MistakeRow(
        text=printable(mistake.text, _LONGEST),
        times=len(mistake.who),
        people=tuple(map(people.of, mistake.who[:_MOST_NAMES])),
        more=max(len(mistake.who) - _MOST_NAMES, 0),
    )
