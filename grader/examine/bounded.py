"""Bounds what this process itself computes: a test, or the reference, may be handed hostile numbers."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from grader.errors import TooSlow

FACTOR, SPARE = 3.0, 2.0  # beyond what the student's code may use: an honest test needs far less


class Bounds:
    """broken: a block was stopped somewhere in its midst, and what it used may be half done."""

    broken = False


@contextmanager
def own_seconds(seconds: float, bounds: Bounds) -> Iterator[None]:
    """Raise TooSlow in the block once this process has computed for longer; only in a main thread."""
    limit = seconds * FACTOR + SPARE

    def stop(signum: int, frame: FrameType | None) -> None:
        bounds.broken = True
        raise TooSlow(f"stopped after {limit:g} s: a test could not come to an end with this result")

    before = signal.signal(signal.SIGVTALRM, stop)
    # Again and again: what was stopped is repeated in a fresh worker, and must come to an end there too.
    signal.setitimer(signal.ITIMER_VIRTUAL, limit, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
