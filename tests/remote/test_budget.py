"""What the end of a worker means for the student, told from how it ended and what it had used."""

import socket

import pytest

from grader.errors import KilledBySystem, SandboxError, TooSlow, WorkerLost
from grader.remote.budget import Jail
from grader.remote.channel import Closed
from grader.remote.wire import WireError
from grader.sandbox.outcome import End


class Ended:
    """Stands for a sandbox process."""

    def __init__(self, end=None, used=0.0):
        self.sock, self._other = socket.socketpair()
        self.how, self.used, self.killed = end, used, False

    def cpu_seconds(self):
        return self.used

    def kill(self):
        self.killed = True

    def end(self, timeout=None):
        if isinstance(self.how, Exception):
            raise self.how
        return self.how


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        (End("exited", 0), WorkerLost, "ended itself (exit code 0)"),
        (End("exited", 3), WorkerLost, "ended itself (exit code 3)"),
        (End("signal", 9, 1.0), KilledBySystem, "want of memory"),
        (End("signal", 9, 5.1), TooSlow, "stopped after 5 s of computing"),
        (End("signal", 24, 5.1), TooSlow, "stopped after 5 s of computing"),
        (End("signal", 11), WorkerLost, "the interpreter crashed"),
        (End("signal", 31), WorkerLost, "ended by signal 31"),
        (End("killed", 9), WorkerLost, "stopped answering"),
        (TimeoutError(), WorkerLost, "closed its line"),
    ],
    ids=str,
)
def test_the_end_of_a_worker_in_words(end, kind, words):
    lost = Jail(Ended(end), 5.0).lost(Closed())
    assert type(lost) is kind
    assert words in lost.rationale


def test_what_was_used_before_this_exercise_does_not_count():
    process = Ended(End("signal", 9, 12.0), used=10.0)
    assert type(Jail(process, 5.0).lost(Closed())) is KilledBySystem


def test_a_broken_frame_ends_the_worker():
    process = Ended()
    lost = Jail(process, 5.0).lost(WireError("an unknown tag"))
    assert type(lost) is WorkerLost
    assert lost.rationale.endswith("no test can read: an unknown tag")
    assert process.killed


def test_the_end_of_the_zygote_is_our_own_fault():
    with pytest.raises(SandboxError):
        Jail(Ended(SandboxError("the zygote ended")), 5.0).lost(Closed())


def test_a_budget_begins_when_it_is_filled(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("grader.remote.budget.time.monotonic", lambda: now[0])
    process = Ended(used=7.0)
    jail = Jail(process, 2.0)
    process.used = 8.9
    jail.check()
    jail.refill(2.0)
    process.used = 10.8
    jail.check()
    process.used = 11.0
    with pytest.raises(TooSlow, match="stopped after 2 s of computing"):
        jail.check()
    assert process.killed


def test_sleeping_has_an_end_too(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("grader.remote.budget.time.monotonic", lambda: now[0])
    jail = Jail(Ended(), 2.0)
    now[0] += 12.9
    jail.check()
    now[0] += 0.2
    with pytest.raises(TooSlow, match="stopped after 13 s, in which it computed little"):
        jail.check()
