"""The geometry of the report's pictures, in units of their own view boxes. Templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

BAR_WIDTH = 220  # of a stacked bar
_SLOT, _GAP = 40, 3  # of a column of the histogram, and what is left free on either side
_FLOOR, _TALLEST = 200, 160
_ROOM = 7.5  # of a digit in a stacked bar


@dataclass(frozen=True)
class Column:
    """One bar of the histogram: its box, and what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    students: int


@dataclass(frozen=True)
class Histogram:
    """columns: by tens of percent    quartiles: where the three lines stand, or None"""

    width: int
    floor: int
    columns: tuple[Column, ...]
    quartiles: tuple[float, float, float] | None


@dataclass(frozen=True)
class Part:
    """One part of a stacked bar. number: shown in it, "" where there is no room"""

    kind: str
    x: float
    width: float
    number: str


def histogram(tens: Sequence[int], quartiles: tuple[float, float, float] | None) -> Histogram:
    """tens: students by score, 0-9 to 90-100 percent."""
    most = max(*tens, 1)
    columns = tuple(
        Column(
            x=_SLOT * at + _GAP,
            y=round(_FLOOR - _TALLEST * students / most, 1),
            width=_SLOT - 2 * _GAP,
            height=round(_TALLEST * students / most, 1),
            label=str(10 * at),
            students=students,
        )
        for at, students in enumerate(tens)
    )
    lines = tuple(round(_SLOT * percent / 10, 1) for percent in quartiles) if quartiles else None
    return Histogram(_SLOT * len(tens), _FLOOR, columns, (lines[0], lines[1], lines[2]) if lines else None)


def stacked(parts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    """parts: (kind, how many); those of none are left out."""
    whole = sum(amount for _, amount in parts)
    found, done = [], 0
    for kind, amount in parts:
        if amount:
            width = BAR_WIDTH * amount / whole
            shown = str(amount) if width >= _ROOM * (len(str(amount)) + 1) else ""
            found.append(Part(kind, round(BAR_WIDTH * done / whole, 1), round(width, 1), shown))
            done += amount
    return tuple(found)
