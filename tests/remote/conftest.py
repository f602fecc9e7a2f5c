"""Student modules behind a proxy: in a thread without any jail, and in the real jail where there is one."""

import contextlib
import socket
import textwrap
import threading

import pytest

from grader.errors import SandboxError, WorkerLost
from grader.remote.budget import Jail
from grader.remote.channel import Closed
from grader.remote.proxy import Session
from grader.remote.worker import Worker
from grader.sandbox.layers import resolve
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.process import Zygote

FILE, MODULE = "u00_probe/probe.py", "u00_probe.probe"


class NoJail:
    """Stands for a Jail around a worker that is only a thread: nothing is bounded."""

    def __init__(self, sock):
        self.sock = sock

    def check(self):
        pass

    def kill(self):
        self.sock.close()

    def lost(self, error):
        return WorkerLost(f"lost: {type(error).__name__}: {error}")


class InThread:
    """One worker in a thread. `worker` can be looked at from the test."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        self.worker = Worker(theirs)
        self.jail = NoJail(ours)
        self.session = Session(self.jail)
        self._theirs = theirs
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        with self._theirs, contextlib.suppress(Closed):
            self.worker.serve()

    def close(self):
        self.jail.sock.close()
        self._thread.join(10)
        self.worker.finder.remove()


class InJail:
    """One worker in the jail of a zygote."""

    def __init__(self, zygote, seconds=10.0, memory=256):
        self.process = zygote.spawn(Bounds(cpu_seconds=seconds * 4, memory=memory * MIB))
        self.jail = Jail(self.process, seconds)
        self.session = Session(self.jail)

    def close(self):
        self.process.close()


@pytest.fixture(scope="session")
def rung():
    """The strongest sandbox of this machine."""
    try:
        return resolve("auto")
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")


@pytest.fixture(scope="session")
def zygote(rung):
    """A warm numpy zygote for the whole run."""
    with Zygote("numpy", rung, warm="grader.remote.warm:numpy", entry="grader.remote.worker:serve") as made:
        yield made


def _loader(make):
    """`open(source, **bounds)` loads a student's file into a new worker and gives its proxy."""
    opened = []

    def load(source, **bounds):
        place = make(**bounds)
        opened.append(place)
        load.place = place
        return place.session.load({FILE: textwrap.dedent(source)}, MODULE)

    return load, opened


def _close(opened):
    for place in opened:
        place.close()


@pytest.fixture
def in_thread():
    """open(source) -> the module behind a proxy, its worker a thread; open.place is the InThread."""
    load, opened = _loader(InThread)
    yield load
    _close(opened)


@pytest.fixture
def in_jail(zygote):
    """open(source, seconds=10.0, memory=256) -> the module behind a proxy, its worker in the jail."""
    load, opened = _loader(lambda **bounds: InJail(zygote, **bounds))
    yield load
    _close(opened)


@pytest.fixture(params=["thread", "jail"])
def student_of(request):
    """open(source), once without and once with the jail."""
    return request.getfixturevalue(f"in_{request.param}")
