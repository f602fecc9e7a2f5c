"""A jailed process with what the running exercise may use up, looked at from outside."""

import socket
import time

from grader.errors import KilledBySystem, RunStopped, SandboxError, TooSlow, WorkerLost
from grader.remote.channel import Closed
from grader.sandbox.outcome import End
from grader.sandbox.process import Process

WALL_FACTOR = 4.0  # a busy machine may stretch CPU seconds; sleeping must still end
WALL_SPARE = 5.0
END_WAIT = 5.0


class Jail:
    """One process and its clock. `check` raises TooSlow when the budget is used up.

    alive: nothing was lost or stopped so far     ours: it was lost with its zygote, not by the student
    """

    def __init__(self, process: Process, seconds: float) -> None:
        self.process = process
        self.alive, self.ours = True, False
        self.refill(seconds)

    @property
    def sock(self) -> socket.socket:
        return self.process.sock

    def refill(self, seconds: float) -> None:
        """Start the budget of the next exercise: CPU seconds from now on."""
        self.seconds = seconds
        self._cpu = self.process.cpu_seconds()
        self._wall = time.monotonic()

    def check(self) -> None:
        """TooSlow, and the process ended, where the exercise used more than its seconds."""
        wall = self.seconds * WALL_FACTOR + WALL_SPARE
        if self.process.cpu_seconds() - self._cpu > self.seconds:
            self.kill()
            raise TooSlow(f"stopped after {self.seconds:g} s of computing")
        if time.monotonic() - self._wall > wall:
            self.kill()
            raise TooSlow(f"stopped after {wall:g} s, in which it computed little")

    def kill(self) -> None:
        """End the process at once."""
        self.alive = False
        self.process.kill()

    def close(self) -> None:
        """End the process and give back what belongs to it."""
        self.kill()
        self.process.close()

    def lost(self, error: Exception) -> RunStopped:
        """What to raise after the channel broke: by its end where it ended, else for what it sent.

        Raises SandboxError itself where its zygote died.
        """
        self.alive = False
        if not isinstance(error, Closed):
            self.kill()
            return WorkerLost(f"the program answered in a way that no test can read: {error}")
        try:
            end = self.process.end(END_WAIT)
        except SandboxError:
            self.ours = True
            raise
        except TimeoutError:
            self.kill()
            return WorkerLost("the program closed its line to the tests and went on")
        if end.kind == "signal" and end.cpu_seconds - self._cpu > self.seconds:
            return TooSlow(f"stopped after {self.seconds:g} s of computing")
        return _explain(end)


def _explain(end: End) -> RunStopped:
    match (end.kind, end.code):
        case ("exited", code):
            return WorkerLost(f"the program ended itself (exit code {code})")
        case ("signal", 9):
            return KilledBySystem("the system ended the program; most often for want of memory")
        case ("signal", 11):
            return WorkerLost("the interpreter crashed (segmentation fault; a recursion without end?)")
        case ("signal", code):
            return WorkerLost(f"the program was ended by signal {code}")
    return WorkerLost("the program stopped answering")
