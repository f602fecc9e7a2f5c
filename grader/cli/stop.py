"""Ctrl-C, SIGTERM and the end of a terminal: each stops a run in order, and is told apart."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ALSO = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
SHELLS_BASE = 128  # what a shell adds to the number of the signal that ended a command


class Stopped(KeyboardInterrupt):
    """A signal that asks a run to stop. `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise Stopped, a KeyboardInterrupt. What is ignored stays so (nohup)."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    taken = [number for number in _ALSO if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def say_stopped(stop: KeyboardInterrupt, rest: str = "") -> int:
    """Say on stderr that the run was stopped, by what, and `rest`; returns the exit code."""
    number = stop.number if isinstance(stop, Stopped) else signal.SIGINT
    by = f" by {signal.Signals(number).name}" if isinstance(stop, Stopped) else ""
    with suppress(OSError):  # of a terminal that is gone
        print(f"kata: stopped{by}{'. ' if rest else ''}{rest}", file=sys.stderr, flush=True)
    return SHELLS_BASE + number
