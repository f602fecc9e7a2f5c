"""Which attempt counts for each unit of a student, and how late it was: in order of due dates.

A student's free late days are used up in that order. Under `attempts: best` the attempt counts that is worth
most after lateness; of equals the one that uses fewer free days, then the latest.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import NamedTuple

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import UsageError
from grader.gradebook.papers import Paper
from grader.scoring.late import Lateness, aware, lateness, nothing_in_time
from grader.words import listed

Worth = Callable[[str, int, float], Decimal]  # unit id, number of the attempt, penalty -> points
Elsewhere = Mapping[str, datetime | None]  # unit id -> when it was handed in
_NEVER = datetime.max.replace(tzinfo=UTC)


class Settled(NamedTuple):
    """counts: unit id -> number of the attempt that counts    late: by unit id and attempt"""

    counts: Mapping[str, int]
    late: Mapping[tuple[str, int], Lateness]


NOTHING = Settled({}, {})


def check_units(catalogue: Catalogue, units: Sequence[Unit]) -> None:
    """Raises UsageError where what counts could not be told: the best attempts of some units alone, when the
    free late days that they may use depend on the others.
    """
    best, free = catalogue.course.attempts == "best", catalogue.course.late.free_days
    if best and free and len(units) < len(catalogue.units):
        raise UsageError(
            "`attempts: best` and `free_days` together cannot be settled for some of the units alone",
            "Leave out --unit: what did not change is not graded again.",
        )


class Deadlines:
    """The dates and the late policy of one course. Raises what `check_units` raises."""

    def __init__(self, catalogue: Catalogue, units: Sequence[Unit]) -> None:
        self._policy, self._catalogue = catalogue.course.late, catalogue
        self._best = catalogue.course.attempts == "best"
        check_units(catalogue, units)
        considered = units if self._best else catalogue.units
        self._order = sorted(considered, key=lambda unit: aware(catalogue.due(unit.id) or _NEVER))

    def settle(
        self,
        papers: Sequence[Paper],
        extension: timedelta,
        elsewhere: Elsewhere,
        worth: Worth | None = None,
    ) -> Settled:
        """worth: what an attempt earned for a unit; without it the latest of those that may count does.

        elsewhere: units that were handed in on their own; of them only the free days are counted
        """
        left, counts = self._policy.free_days, {}
        late: dict[tuple[str, int], Lateness] = {}
        for unit in self._order:
            after = partial(lateness, self._policy, self._catalogue.due(unit.id), extension=extension)
            if unit.id in elsewhere:
                left -= after(elsewhere[unit.id], free_days=left).free_days
                continue
            ranked: list[tuple[Decimal, int, int]] = []
            for paper in papers:
                if unit.id in paper.units:
                    found = after(paper.submitted_at, free_days=left)
                    points = worth(unit.id, paper.number, found.penalty) if worth else Decimal(0)
                    ranked.append((points, -found.free_days if worth else 0, paper.number))
                    late[unit.id, paper.number] = found
            if ranked:
                number = counts[unit.id] = max(ranked)[-1]
                left -= late[unit.id, number].free_days
        return Settled(counts, late)

    def of_unit(self, unit: Unit, settled: Settled, extension: timedelta) -> Lateness:
        """How late the unit is, as the attempt that counts for it says."""
        number = settled.counts.get(unit.id)
        if number is None:
            return nothing_in_time(self._catalogue.due(unit.id), extension)
        return settled.late[unit.id, number]

    def told(self, attempts: int, counts: Mapping[str, int]) -> str:
        """Which of several attempts count for these units, in words; "" where there is but one."""
        if attempts < 2 or not counts:
            return ""
        kind = "best" if self._best else "latest"
        numbers = sorted(set(counts.values()))
        if len(numbers) == 1:
            unchanged = not self._best and numbers[0] < attempts
            return f"{numbers[0]} of {attempts}, {'unchanged since' if unchanged else f'the {kind}'}"
        by_number = groupby(
            sorted(counts.items(), key=lambda item: (item[1], item[0])), key=lambda item: item[1]
        )
        parts = [f"{number} for {listed([unit for unit, _ in units])}" for number, units in by_number]
        return f"{'; '.join(parts)}, of {attempts}: the {kind} of each unit"
