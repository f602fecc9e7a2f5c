"""What one submission may use up in all, so that many tests just under their limit do not add up.

The seconds of a submission are shared out over its units by the limits of their exercises. So a share does
not depend on what was graded before it, and a regrade of one unit gives it the same.
"""

import time
from collections.abc import Callable

from msgspec.structs import replace

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Limits, Unit
from grader.remote.budget import WALL_FACTOR

LEAST = 0.05  # seconds; with less, nothing could even fail


class Allowance:
    """The share of one unit. Half of it is kept, evenly, for the exercises to come: none starves another.

    spent: CPU seconds that the student's code has used so far, in all its processes
    cut: the running exercise was given less than its own limits
    """

    def __init__(self, catalogue: Catalogue, unit: Unit, spent: Callable[[], float]) -> None:
        self._ids = [exercise.id for exercise in unit.exercises]
        self._left = catalogue.unit_seconds(unit)
        self._kept = self._left / 2 / len(self._ids)
        self._spent = spent
        self._now = self._clocks()
        self.cut = False

    def next(self, exercise: Exercise) -> None:
        """The last exercise is over, this one begins."""
        self._left -= self._used()
        self._now = self._clocks()
        self._reserve = self._kept * (len(self._ids) - 1 - self._ids.index(exercise.id))
        self.cut = False

    def limits(self, limits: Limits, patience: float = 1.0) -> Limits:
        """For one more run of the exercise: `patience` times its limits, or half of what it has left.

        Half, because another run may have to follow.
        """
        wanted = limits.seconds * patience
        seconds = max(LEAST, min(wanted, (self._left - self._used() - self._reserve) / 2))
        self.cut = self.cut or seconds < min(wanted, limits.seconds)
        return replace(limits, seconds=seconds)

    def _used(self) -> float:
        """Seconds of computing, the grader's own included; asleep, a second by the clock counts in part."""
        computed, passed = (now - before for now, before in zip(self._clocks(), self._now, strict=True))
        return max(computed, passed / WALL_FACTOR)

    def _clocks(self) -> tuple[float, float]:
        return self._spent() + time.process_time(), time.monotonic()
