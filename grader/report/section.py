"""One student's section: what the view says, set out for a page, in as few bytes as it can be."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from markupsafe import Markup

from grader.examine.outcome import Verdict
from grader.report.page import LETTERS, part
from grader.report.reasons import Line
from grader.report.view import ExerciseView, StudentView, UnitView


@dataclass(frozen=True)
class Group:
    """Lines of one kind that stand together; of a test, what is said below it."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """Exercises that follow each other and of which the same is told."""

    exercises: tuple[ExerciseView, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class UnitPart:
    """A unit of the section. rows: verdict -> its exercises    blocks: made, with how many exercises each"""

    view: UnitView
    rows: tuple[tuple[Verdict, tuple[ExerciseView, ...]], ...]
    blocks: tuple[tuple[Markup, int], ...]


@dataclass(frozen=True)
class Section:
    """A student's section before it is cut to size. size: bytes of its blocks"""

    view: StudentView
    units: tuple[UnitPart, ...]

    @property
    def size(self) -> int:
        return sum(_bytes(made) for unit in self.units for made, _ in unit.blocks)


@dataclass(frozen=True)
class SectionView:
    """What the template of a section takes.

    file: the student's own page    short: the score in few signs    median: of the class, in percent, or None
    """

    view: StudentView
    title: str
    not_yet: str
    anchor: str
    file: str
    short: str
    median: str | None
    units: "tuple[Shown, ...]"


@dataclass(frozen=True)
class Shown:
    """A unit as it is shown. cut: exercises whose reasons are left out here"""

    unit: UnitPart
    blocks: tuple[Markup, ...]
    cut: int


def section(view: StudentView) -> Section:
    """The section of a student; every reason is made, whatever its size."""
    return Section(view, tuple(_unit(unit) for unit in view.units))


def shown(whole: Section, room: int) -> Iterator[Shown]:
    """The units with as many blocks, from the first on, as there is room for, in bytes."""
    for unit in whole.units:
        blocks, cut = [], 0
        for made, exercises in unit.blocks:
            if _bytes(made) <= room:
                room -= _bytes(made)
                blocks.append(made)
            else:
                room, cut = 0, cut + exercises
        yield Shown(unit, tuple(blocks), cut)


def fair_room(sizes: Iterable[int], whole: int) -> int:
    """The most that each may take, so that all together take at most `whole`; who needs less leaves it."""
    waiting = sorted(sizes)
    for at, size in enumerate(waiting):
        share = whole // (len(waiting) - at)
        if size > share:
            return share
        whole -= size
    return max(waiting, default=0)


def _bytes(made: Markup) -> int:
    return len(made) if made.isascii() else len(made.encode())


def _unit(view: UnitView) -> UnitPart:
    rows = tuple(
        (verdict, tuple(exercise for exercise in view.exercises if exercise.verdict is verdict))
        for verdict in LETTERS
    )
    blocks = tuple((part("block", block), len(block.exercises)) for block in _blocks(view.exercises))
    return UnitPart(view, tuple(row for row in rows if row[1]), blocks)


def _blocks(exercises: Sequence[ExerciseView]) -> Iterator[Block]:
    for (_, lines), alike in groupby(exercises, key=attrgetter("verdict", "lines")):
        if lines:
            yield Block(tuple(alike), tuple(_groups(lines)))


def _groups(lines: Sequence[Line]) -> Iterator[Group]:
    """Tests stay one list, with the values below a test in it."""
    tests = next((at for at, line in enumerate(lines) if line.kind == "test"), len(lines))
    for kind, alike in groupby(lines[:tests], key=attrgetter("kind")):
        yield Group(kind, tuple(alike))
    if tests < len(lines):
        yield Group("test", tuple(lines[tests:]))
