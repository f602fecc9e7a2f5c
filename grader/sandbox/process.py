"""The grader's side: a warm zygote, and the jailed workers that it forks."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any, Self

from grader.errors import SandboxError
from grader.sandbox import control
from grader.sandbox.cgroup import new_group, remove
from grader.sandbox.launch import command, environment
from grader.sandbox.limits import Bounds
from grader.sandbox.outcome import End, explain
from grader.sandbox.rungs import EXTRA, NOTHING, Layer, Rung

_WARM_UP = 300.0  # seconds; a first import of torch from a network file system takes long
_ANSWER = 60.0  # seconds
_FAREWELL = 10.0  # seconds
_LOST_HELP = "Most often the machine had no memory left: `dmesg` tells. Grade with fewer --workers."


class Process:
    """One jailed worker. Close it when done: that kills what is left of it.

    sock: the grader's end of its socket, a blocking stream     pid: its id as the grader sees it
    pidfd: refers to it and to no other, also when the id is used again
    """

    def __init__(self, sock: int, pidfd: int, line: int) -> None:
        self.pid = _pid(pidfd)
        self.sock = socket.socket(fileno=sock)
        self.pidfd = pidfd
        # Its end is told here by the zygote, which kills the worker when we close it.
        self._line = FileIO(line)
        self._release = weakref.finalize(self, os.close, pidfd)
        self._killed = False
        self._seconds = 0.0
        self._end: End | None = None

    def cpu_seconds(self) -> float:
        """CPU seconds that the worker has used so far, all in all when it has ended.

        Where its zygote died and nobody can tell any more, what was last seen.
        """
        if self._end is None:
            with suppress(OSError):
                seconds = time.clock_gettime(~self.pid << 3 | 2)
                # it lives, so the id was not another's when the clock was read
                if not _readable(self.pidfd, 0):
                    self._seconds = seconds
                    return seconds
            with suppress(SandboxError):
                self._seconds = self.end(_ANSWER).cpu_seconds
        return self._seconds

    def kill(self) -> None:
        """Kill the worker now. Does nothing to one that has ended."""
        if self._end is None and self._release.alive:
            self._killed = True
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def end(self, timeout: float | None = None) -> End:
        """Wait for the end of the worker and say how it came about.

        TimeoutError after `timeout` seconds (None: never); SandboxError when the zygote died and cannot tell.
        """
        if self._end is None:
            if self._line.closed or not _readable(self._line.fileno(), timeout):
                raise TimeoutError("the worker has not told of its end")
            told = self._line.read(4096)
            if not told:
                raise SandboxError("the zygote ended before its worker", _LOST_HELP)
            end: dict[str, Any] = json.loads(told)
            if self._killed and end["kind"] == "signal" and end["code"] in {signal.SIGKILL, signal.SIGXCPU}:
                end |= {"kind": "killed", "code": int(signal.SIGKILL)}
            self._end = End(**end)
            self._seconds = self._end.cpu_seconds
        return self._end

    def close(self) -> None:
        """Kill the worker if it still runs, and let go of it. Closing twice is fine."""
        self.kill()
        self.sock.close()
        self._line.close()
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pid(pidfd: int) -> int:
    """The id of the process as this process sees it; a zygote may see it under another one."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))


def _all(files: list[int], count: int) -> list[int]:
    """The files that came with an answer: the kernel leaves out what would be too many."""
    if len(files) != count:
        for descriptor in files:
            os.close(descriptor)
        raise SandboxError("the grader has too many open files", "raise its limit: ulimit -n 4096")
    return files


def _readable(descriptor: int, timeout: float | None) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(None if timeout is None else timeout * 1000))


class Zygote:
    """A warm interpreter that forks jailed workers. A context manager.

    flavour: its name in messages     rung: what its workers are jailed with
    warm: "module:function", called once with `arguments` in the zygote, with all files still there
    entry: "module:function", called in each jailed worker with its socket
    without: layers of the rung to leave off, for proofs of what each of them is worth
    pid: the zygote's process
    Every thread may spawn, but the zygote dies with the thread that made it. SandboxError if it cannot start.
    """

    def __init__(
        self,
        flavour: str,
        rung: Rung,
        warm: str,
        entry: str,
        *arguments: str,
        without: frozenset[Layer] = NOTHING,
    ) -> None:
        if sys.platform != "linux":
            raise SandboxError("grading needs Linux", "use a Linux machine, a container, or WSL 2")
        self.flavour = flavour
        self.rung = rung
        self._lock = threading.Lock()
        self._group = new_group() if Layer.CGROUP in set(EXTRA[rung]) - without else None
        self._line, theirs = control.pair()
        self._errors = os.fdopen(os.memfd_create("kata-zygote"), "rb", buffering=0)
        with theirs:
            self._process = self._start(theirs)
        config = {
            **{"grader": os.getpid(), "rung": rung, "without": sorted(without)},
            **{"warm": warm, "entry": entry, "arguments": arguments},
            "group": self._group and str(self._group),
        }
        try:
            hello, files = self._ask(config, _WARM_UP)
            (pidfd,) = _all(files, 1)
            self.pid = _pid(pidfd)
            os.close(pidfd)
            if hello["python"] != sys.version:
                raise SandboxError("Python was replaced while the grader ran", "start the grader again")
        except BaseException:
            self.close()
            raise

    def _start(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command("grader.sandbox.zygote", str(theirs.fileno())),
                env=environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors.fileno(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # so that Ctrl-C reaches the grader alone
            )
        except OSError as error:
            self._line.close()
            self._errors.close()
            if self._group:
                remove(self._group)
            raise SandboxError(f"the zygote could not be started: {error}") from error

    @property
    def closed(self) -> bool:
        """Whether it was closed, or is lost: it will make no more workers."""
        return self._line.fileno() < 0

    def spawn(self, bounds: Bounds) -> Process:
        """A new worker, jailed in every layer of the rung. SandboxError says which layer failed."""
        with self._lock:
            _, files = self._ask(asdict(bounds), _ANSWER)
        return Process(*_all(files, 3))

    def _ask(self, message: dict[str, Any], seconds: float) -> tuple[dict[str, Any], list[int]]:
        try:
            self._line.settimeout(seconds)
            control.send(self._line, message)
            answer, files = control.receive(self._line)
        except (OSError, EOFError, ValueError) as error:
            # After a missed answer the line is out of step: the next answer would be to this question.
            reason = self._last_words(error)
            self.close()
            help_ = _LOST_HELP if reason.startswith("ended by") else ""
            raise SandboxError(f"the {self.flavour} zygote {reason}", help_) from error
        except BaseException:
            self.close()
            raise
        if "failed" in answer:
            raise SandboxError(
                f"the {self.flavour} sandbox failed: {answer['failed']}", answer.get("help", "")
            )
        return answer, files

    def _last_words(self, error: Exception) -> str:
        if self._errors.closed:
            return "is closed"
        if isinstance(error, TimeoutError):
            return "does not answer"
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL)
        code = self._process.returncode or 0
        # In a user namespace another process stands in between: it cannot die as the zygote did, but tells
        died = -code if code < 0 else code - 128
        if died > 0:
            return explain(End("signal", died))
        said = os.pread(self._errors.fileno(), 64 * 1024, 0).decode("utf-8", "replace").split("\n")
        lines = [line.strip() for line in said if line.strip()]
        return f"ended: {lines[-1] if lines else f'exit status {code}'}"

    def close(self) -> None:
        """End the zygote and all its workers. Closing twice is fine."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()
        self._errors.close()
        try:
            self._process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._group:
            remove(self._group)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
