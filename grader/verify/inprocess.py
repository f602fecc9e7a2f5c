"""Examines the course's own answers in process, as a student's run does: the second backend of every test.

It runs in a process of the pool, never in that of `kata verify`: an answer that loops or ends the process
takes nothing else with it.
"""

import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType

import numpy as np

from grader.course.model import Limits
from grader.errors import TooSlow
from grader.examine.local import LocalBackend
from grader.remote.budget import WALL_FACTOR, WALL_SPARE
from grader.remote.guard import FREE, Guard


class InProcessBackend(LocalBackend):
    """Loads one answer after the other into this process, and bounds what each exercise may use up.

    CPU seconds end the running test with TooSlow; an answer that sleeps, or loops where no signal is
    answered, ends the process.
    """

    fresh = True  # an answer's module is new; what it changed elsewhere shows as a failure, and should

    def __init__(self) -> None:
        super().__init__({})
        self._errors = np.geterr()
        self._seconds = 0.0

    def admit(self, files: Mapping[str, str], guard: Guard = FREE) -> None:
        """Take the next answer. Without a jail nothing guards a library: the rules hold the text only."""
        self.close()
        self.files = dict(files)

    def spent(self) -> float:
        return 0.0  # the code runs in this process, whose own time counts in any case

    def begin(self, limits: Limits, afresh: bool = False) -> None:
        self._seconds = limits.seconds
        signal.signal(signal.SIGPROF, self._too_slow)  # until the exercise is over: see own_seconds
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        signal.setitimer(signal.ITIMER_REAL, limits.seconds * WALL_FACTOR + WALL_SPARE)

    def drop(self) -> None:
        self.close()

    def close(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().close()
        self._reset_libraries()

    def _reset_libraries(self) -> None:
        """Take back what an answer may leave switched: the next one starts like the first."""
        np.seterr(**self._errors)
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_grad_enabled(True)
            torch.set_default_dtype(torch.float32)

    def end(self) -> None:
        self.close()

    def _too_slow(self, signum: int, frame: FrameType | None) -> None:
        raise TooSlow(f"stopped after {self._seconds:g} s of computing")


def in_process() -> InProcessBackend:
    """The backend, in a process that neither reads nor prints: answers may do both."""
    with open(os.devnull, "r+b") as nothing:
        for stream in (0, 1, 2):
            os.dup2(nothing.fileno(), stream)
    return InProcessBackend()
