"""A time limit for the student's code in this very process, on every system: no alarm signal needed.

A thread watches the clocks and raises TooSlow inside the thread that runs the tests. Python delivers it
between two steps of Python code, so a loop ends at once. It is raised again for code that swallows it or
sleeps. Where one call never comes back (a huge sum inside C), the process is ended in the end.
"""

import ctypes
import faulthandler
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from grader.errors import TooSlow
from grader.student.interrupt import Interrupts

WALL_FACTOR = 4.0  # a busy machine may stretch CPU seconds; sleeping and waiting must still end
WALL_SPARE = 5.0
PATIENCE = 15.0  # seconds from the first TooSlow to the end of the process
LOOK = 0.05  # seconds between two looks at the clocks
AGAIN = 0.5  # seconds until TooSlow is raised again


class Watchdog:
    """Watches one stretch of code of the calling thread at a time: `with watchdog.limit(seconds): ...`.

    give_up: called in the watching thread when the code cannot be stopped; the process ends after it.
    patience: seconds until then; math.inf for a process that must not be ended, such as a notebook's
    Make it before output is captured: the last words go to the stderr of that moment.
    """

    def __init__(self, give_up: Callable[[], None], patience: float = PATIENCE) -> None:
        self.interrupts = Interrupts()
        self._give_up = give_up
        self._patience = patience
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._watcher: threading.Thread | None = None
        self._watched = 0
        self._seconds: float | None = None
        self._started = (0.0, 0.0)
        self._first_shot: float | None = None
        self._next_shot = 0.0
        self._error: type[TooSlow] = TooSlow
        self._stderr = _copy_of_stderr() if patience < math.inf else None

    def start(self) -> None:
        """Take over Ctrl-C, so that sleeping code can be woken and the user's own Ctrl-C is known."""
        self.interrupts.install(self._woken)

    def stop(self) -> None:
        """Give Ctrl-C back."""
        self.disarm()
        self.interrupts.restore()

    @contextmanager
    def limit(self, seconds: float, used: float = 0.0) -> Iterator[None]:
        """Raise TooSlow in the block when it used its CPU seconds, or several times that by the clock.

        used: the part of `seconds` that was used up before
        """
        self._arm(seconds, max(seconds - used, 0.0))
        try:
            yield
        finally:
            self.disarm()

    def disarm(self) -> None:
        """Stop watching; a TooSlow on its way ends here. Safe to call again."""
        while True:
            try:
                with self._lock:
                    self._seconds = None
                    fired, self._first_shot = self._first_shot is not None, None
                if fired:
                    _let_land()
                if self._stderr is not None:
                    faulthandler.cancel_dump_traceback_later()
                return
            except TooSlow:  # it landed here instead of in the student's code
                continue

    def _arm(self, seconds: float, left: float) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="katagrad watchdog", daemon=True)
            self._watcher.start()
        with self._lock:
            self._watched = threading.get_ident()
            self._started = (time.process_time(), time.monotonic())
            self._error = _out_of_time(seconds)
            self._seconds = left
        self._wake.set()
        if self._stderr is not None:  # a C thread: it comes even when no other thread gets the interpreter
            late = seconds * WALL_FACTOR + WALL_SPARE + 2 * self._patience
            faulthandler.dump_traceback_later(late, exit=True, file=self._stderr)

    def _watch(self) -> None:
        while True:
            if self._seconds is None:
                self._wake.wait()
                self._wake.clear()
            time.sleep(LOOK)
            with self._lock:
                lost = self._look()
            if lost:
                self._give_up()
                os._exit(1)

    def _look(self) -> bool:
        """Raise TooSlow where it is due. True when that did not help for too long."""
        now = time.monotonic()
        if self._seconds is None or not self._over(self._seconds, now):
            return False
        again = self._first_shot is not None
        if self._first_shot is None:
            self._first_shot = self._next_shot = now
        if now >= self._next_shot:
            self._next_shot = now + AGAIN
            _raise_in(self._watched, self._error)
            if again:
                self.interrupts.wake()
        return now - self._first_shot > self._patience

    def _over(self, seconds: float, now: float) -> bool:
        cpu, wall = self._started
        return time.process_time() - cpu > seconds or now - wall > seconds * WALL_FACTOR + WALL_SPARE

    def _woken(self) -> None:
        if self._first_shot is not None:
            raise self._error


def _out_of_time(seconds: float) -> type[TooSlow]:
    """A TooSlow that can be raised without arguments, as the interpreter does for another thread."""

    def __init__(self: TooSlow) -> None:
        TooSlow.__init__(self, f"stopped after {seconds:g} s of computing")

    return type("TooSlow", (TooSlow,), {"__init__": __init__})


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Let `error` be raised in a thread at its next step of Python code."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _let_land() -> None:
    """Meet a TooSlow that is still on its way to this thread.

    One is sent anew, for the other may have landed already. Calling it back instead (with NULL) would leave
    CPython's eval loop looking for it at every step from then on.
    """
    with suppress(TooSlow):
        _raise_in(threading.get_ident(), _out_of_time(0.0))
        for _ in range(1_000_000):
            pass


def _copy_of_stderr() -> int | None:
    with suppress(OSError, ValueError, AttributeError):
        return os.dup(sys.__stderr__.fileno()) if sys.__stderr__ else None
    return None
