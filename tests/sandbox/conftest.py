"""Workers of every rung that this machine can run, and the means to send them hostile source."""

import json
import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SandboxError
from grader.sandbox.layers import Rung, probe, resolve
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.outcome import End
from grader.sandbox.process import Process, Zygote
from grader.sandbox.rungs import NOTHING, Layer
from grader.sandbox.syscalls import call

BOUNDS = Bounds(cpu_seconds=20, memory=256 * MIB)


@dataclass
class Answer:
    """What the source in the worker came to: a value, or an error."""

    value: Any = None
    error: str = ""
    errno: int | None = None
    text: str = ""


class WorkerDied(Exception):
    def __init__(self, end: End) -> None:
        super().__init__(str(end))
        self.end = end


class Worker:
    """A worker that executes what it is sent."""

    Died = WorkerDied

    def __init__(self, process: Process) -> None:
        self.process = process

    def send(self, source: str, **given: Any) -> None:
        data = json.dumps({"source": source, "given": given}).encode()
        self.process.sock.sendall(struct.pack("<I", len(data)) + data)

    def run(self, source: str, **given: Any) -> Answer:
        """Execute `source`, in which the names `given` are set; its name `result` is the value."""
        self.send(source, **given)
        length = self._receive(4)
        return Answer(**json.loads(self._receive(struct.unpack("<I", length)[0])))

    def _receive(self, size: int) -> bytes:
        data = b""
        try:
            while len(data) < size:
                more = self.process.sock.recv(size - len(data))
                if not more:
                    raise ConnectionResetError
                data += more
        except ConnectionResetError:
            raise WorkerDied(self.process.end(60)) from None
        return data


class Sandbox:
    """Makes zygotes and workers, and closes what is left."""

    Worker = Worker

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.states = probe()
        self._zygotes: dict[tuple[str, ...], Zygote] = {}

    def require(self, rung: Rung) -> Rung:
        try:
            return resolve(rung, self.states)
        except SandboxError as error:
            pytest.skip(error.rationale)

    def start(self, rung: Rung, *words: str, without: frozenset[Layer] = NOTHING) -> Zygote:
        """A new zygote, to be closed by the caller."""
        self.require(rung)
        source = Path(__file__).with_name("entry.py").read_text("utf-8")
        program = self._folder / f"{'_'.join(['entry', *words]).replace(':', '_')}.py"
        program.write_text(f"{source}\n\nwarm(*{words})\n", "utf-8")
        return Zygote("test", rung, "runpy:run_path", "hostile:serve", str(program), without=without)

    def zygote(self, rung: Rung, *words: str, without: frozenset[Layer] = NOTHING) -> Zygote:
        """A zygote that tests share."""
        key = (rung, *words, *sorted(without))
        if key not in self._zygotes:
            self._zygotes[key] = self.start(rung, *words, without=without)
        return self._zygotes[key]

    def close(self) -> None:
        for zygote in self._zygotes.values():
            zygote.close()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    made = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield made
    made.close()


@pytest.fixture(params=list(Rung))
def rung(request, sandbox):
    """Every rung, one after another; a test is skipped on those that this machine cannot run."""
    return sandbox.require(request.param)


@pytest.fixture(params=[rung for rung in Rung if rung is not Rung.UNSAFE])
def jailed_rung(request, sandbox):
    """Every rung that promises something."""
    return sandbox.require(request.param)


@pytest.fixture
def spawn(sandbox):
    """spawn(rung, bounds=...) makes a worker that is closed after the test."""
    made: list[Process] = []

    def make(rung: Rung, bounds: Bounds = BOUNDS, *words: str, without: frozenset[Layer] = NOTHING) -> Worker:
        made.append(sandbox.zygote(rung, *words, without=without).spawn(bounds))
        return Worker(made[-1])

    yield make
    for process in made:
        process.close()


NOBODY = 65534
_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


def closed_folder(path):
    """The topmost folder on the way to `path` that other users may not enter, if any."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None


def open_the_way(paths, store):
    """Let everybody reach `paths`: for this process alone, folders that nobody may enter are replaced."""
    call("unshare", _NEWNS)
    call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    closed = {path: closed_folder(path) for path in paths if closed_folder(path)}
    saved = {}
    for index, path in enumerate(closed):
        saved[path] = store / str(index)
        saved[path].mkdir()
        call("mount", bytes(path), bytes(saved[path]), None, _MS_BIND | _MS_REC, None)
    for folder in set(closed.values()):
        call("mount", b"kata", bytes(folder), b"tmpfs", 0, b"mode=0755")
    for path, copy in saved.items():
        path.mkdir(parents=True, exist_ok=True)
        call("mount", bytes(copy), bytes(path), None, _MS_BIND | _MS_REC, None)


def become_nobody():
    """An ordinary user from here on."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


@pytest.fixture
def as_nobody(tmp_path_factory):
    """For subprocess: what root does in the child to go on as a normal user who reaches Python and us."""
    store = tmp_path_factory.mktemp("ways")
    roots = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, Path(__file__).parents[2])}
    roots = {path for path in roots if not any(other in path.parents for other in roots)}

    def prepare():
        open_the_way(sorted(roots), store)
        become_nobody()

    return prepare
