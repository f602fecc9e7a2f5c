"""One student's section of a page: what the view says, set out in as few bytes as it can be."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, takewhile
from operator import attrgetter

from markupsafe import Markup

from grader.examine.outcome import Verdict
from grader.gradebook.plain import cut
from grader.report.page import LETTERS, part
from grader.report.reasons import Line
from grader.report.view import ExerciseView, StudentView, UnitView

_LONGEST_BRIEF = 120
_TELLING = ("cause", "say", "test")  # kinds of lines, the one that tells most first


@dataclass(frozen=True)
class Group:
    """Lines of one kind that stand together; of a test, with what is said below it."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """Exercises that follow each other and of which the same is told. brief: that in a few words"""

    exercises: tuple[ExerciseView, ...]
    groups: tuple[Group, ...]
    brief: str

    @property
    def short(self) -> bool:
        """Whether one sentence is all, so that it fits beside the name."""
        return len(self.groups) == 1 and [line.kind for line in self.groups[0].lines] == ["say"]


@dataclass(frozen=True)
class Told:
    """A block, made in full and in a few words; sizes in bytes."""

    full: Markup
    brief: Markup

    @cached_property
    def sizes(self) -> tuple[int, int]:
        return len(self.full.encode()), len(self.brief.encode())


@dataclass(frozen=True)
class UnitPart:
    """A unit of the section. head: its title and points    rows: its exercises by verdict

    due: a paragraph, or nothing; the class page leaves it out, the late rule stands in the section's head
    """

    head: Markup
    due: Markup
    rows: Markup
    told: tuple[Told, ...]


@dataclass(frozen=True)
class Section:
    """A student's section, all of it made. head: score, time, late rule, next step, upload"""

    view: StudentView
    head: Markup
    units: tuple[UnitPart, ...]

    @property
    def size(self) -> int:
        """Bytes of all that is told of single exercises."""
        return sum(told.sizes[0] for unit in self.units for told in unit.told)

    def whole(self) -> Markup:
        """All of it, for the student."""
        pieces = [
            piece for unit in self.units for piece in (unit.head, unit.due, unit.rows, *_full(unit.told))
        ]
        return self.head + Markup("").join(pieces)

    def within(self, room: int) -> Markup:
        """As much as has room, in bytes: the first reasons in full, others in a few words, then a count."""
        fully, briefly = _fitting([told for unit in self.units for told in unit.told], room)
        pieces, at = [self.head], 0
        for unit in self.units:
            told = unit.told
            short = told[max(fully - at, 0) : max(briefly - at, 0)]
            left_out = len(told[max(briefly - at, 0) :])
            pieces += [unit.head, unit.rows, *_full(told[: max(fully - at, 0)])]
            pieces += [part("briefly", [one.brief for one in short], left_out)] if short or left_out else []
            at += len(told)
        return Markup("").join(pieces)


def section(view: StudentView, median: str | None) -> Section:
    """The section of a student. median: of the class, in percent; None: not told"""
    return Section(view, part("head", view, median), tuple(_unit(unit) for unit in view.units))


def fair_room(sizes: Iterable[int], whole: int) -> int:
    """The most that each may take, so that all together take at most `whole`; who needs less leaves it."""
    waiting = sorted(sizes)
    for at, size in enumerate(waiting):
        share = whole // (len(waiting) - at)
        if size > share:
            return share
        whole -= size
    return max(waiting, default=0)


def _fitting(told: Sequence[Told], room: int) -> tuple[int, int]:
    """How many, from the first on, can be told in full; and up to which the others in a few words."""
    left = room - sum(one.sizes[1] for one in told)
    if left < 0:
        ends = list(accumulate(one.sizes[1] for one in told))
        return 0, bisect_right(ends, room)
    spent = accumulate(one.sizes[0] - one.sizes[1] for one in told)
    return sum(1 for _ in takewhile(lambda used: used <= left, spent)), len(told)


def _full(told: Sequence[Told]) -> Iterator[Markup]:
    return (one.full for one in told)


def _unit(view: UnitView) -> UnitPart:
    rows = [
        (LETTERS[verdict], verdict.value, _names(one for one in view.exercises if one.verdict is verdict))
        for verdict in LETTERS
    ]
    blocks = _blocks(view.exercises)
    return UnitPart(
        head=part("unit", view),
        due=part("due", view.due) if view.due else Markup(),
        rows=part("rows", view, [row for row in rows if row[2]], LETTERS[Verdict.TODO]),
        told=tuple(Told(part("block", block), part("brief", block.brief)) for block in blocks),
    )


def _names(exercises: Iterable[ExerciseView]) -> str:
    """`backward 0/4, value_ops 0.8/2`"""
    return ", ".join(f"{_name(one)} {one.points.replace(' of ', '/')}" for one in exercises)


def _name(exercise: ExerciseView) -> str:
    return exercise.id.partition(".")[2]


def _blocks(exercises: Sequence[ExerciseView]) -> Iterator[Block]:
    for (_, lines), alike in groupby(exercises, key=attrgetter("verdict", "lines")):
        if lines:
            same = tuple(alike)
            names = ", ".join(map(_name, same))
            yield Block(same, tuple(_groups(lines)), f"{names}: {cut(_brief(lines), _LONGEST_BRIEF)}")


def _brief(lines: Sequence[Line]) -> str:
    return next((line.text for kind in _TELLING for line in lines if line.kind == kind), lines[0].text)


def _groups(lines: Sequence[Line]) -> Iterator[Group]:
    """Tests stay one list, with the values below a test in it."""
    tests = next((at for at, line in enumerate(lines) if line.kind == "test"), len(lines))
    for kind, alike in groupby(lines[:tests], key=attrgetter("kind")):
        yield Group(kind, tuple(alike))
    if tests < len(lines):
        yield Group("test", tuple(lines[tests:]))
