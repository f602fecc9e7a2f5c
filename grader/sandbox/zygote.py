"""The program that runs as a zygote: warm once, then a jailed fork of it for every worker.

It never runs student code, and reads nothing from a worker once student code may run there. It ends when
its grader does; its workers end with it.
"""

import gc
import importlib
import json
import os
import resource  # noqa: F401  os.wait4 imports it when first called, which is too late in an empty root
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import KataError, SandboxError
from grader.sandbox import control
from grader.sandbox.attempt import describe, verdict
from grader.sandbox.cgroup import Meter
from grader.sandbox.child import OPEN_FILES, Child, Entry
from grader.sandbox.identity import SLOTS
from grader.sandbox.jail import Jail
from grader.sandbox.limits import Bounds, limit_open_files
from grader.sandbox.rungs import Layer, Rung
from grader.sandbox.syscalls import die_with_parent, forbid_inspection

_OOM_PREFERENCE = "500"  # when the machine runs out of memory, rather a worker than the grader


@dataclass
class _Worker:
    """A worker as the zygote sees it.

    line: pipe on which its end is told; the grader hangs up to have the worker killed
    """

    pid: int
    pidfd: int
    line: int
    slot: int
    bounds: Bounds
    killed: bool = False

    def kill(self) -> None:
        self.killed = True
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def bury(self) -> None:
        """Wait for its end, and tell."""
        _, status, usage = os.wait4(self.pid, 0)
        code, seconds = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        kind = "exited" if code >= 0 else "signal"
        if code == -signal.SIGKILL and self.killed:
            kind = "killed"
        elif code == -signal.SIGKILL and seconds > self.bounds.cpu_seconds:
            # The kernel says SIGKILL for want of time and for want of memory; the clock tells which.
            code = -signal.SIGXCPU
        end = {"kind": kind, "code": abs(code), "cpu_seconds": seconds}
        with suppress(BrokenPipeError):
            os.write(self.line, json.dumps(end).encode("ascii"))
        os.close(self.line)
        os.close(self.pidfd)


class Zygote:
    """Forks workers at the word of the grader at the other end of `line`, and tells how they end."""

    def __init__(self, line: socket.socket, entry: Entry, jail: Jail, meter: Meter | None) -> None:
        self._line = line
        self._meter = meter
        self._entry = entry
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._self = os.pidfd_open(os.getpid())
        self._jail = jail.prepare()
        self._workers: list[_Worker] = []
        self._next_slot = 0
        self._poller = select.poll()
        self._poller.register(line, select.POLLIN)

    def greet(self) -> None:
        """Tell the grader that all is ready, and which process this is."""
        control.send(self._line, {"python": sys.version}, [self._self])

    def serve(self) -> Child | None:
        """Serve until the grader is gone, then None. In a fork: returns at once what the child has to do."""
        with suppress(EOFError, BrokenPipeError, ConnectionResetError):
            while True:
                # One event at a time: what the first one closes may be open again under the same number
                # when the second is looked at. The newest first, so that the dead never wait for the living.
                descriptor, _ = self._poller.poll()[-1]
                if descriptor == self._line.fileno():
                    child = self._spawn()
                    if child:
                        return child
                else:
                    self._attend(descriptor)
        for worker in self._workers:
            worker.kill()
            worker.bury()
        return None

    def _attend(self, descriptor: int) -> None:
        for worker in self._workers:
            if descriptor == worker.line:
                self._poller.unregister(worker.line)
                worker.kill()
                return
            if descriptor == worker.pidfd:
                self._poller.unregister(worker.pidfd)
                if not worker.killed:
                    self._poller.unregister(worker.line)
                self._workers.remove(worker)
                worker.bury()
                return

    def _spawn(self) -> Child | None:
        """Answer one request of the grader. Returns something in the forked child alone."""
        message, _ = control.receive(self._line)
        try:
            return self._fork(Bounds(**message))
        except (OSError, SandboxError) as error:
            control.send(self._line, {"failed": describe(error)})
            return None

    def _fork(self, bounds: Bounds) -> Child | None:
        slot = self._free_slot()
        with ExitStack() as granted, ExitStack() as inherited, ExitStack() as kept:
            sock, worker_sock = socket.socketpair()
            granted.enter_context(sock)
            inherited.enter_context(worker_sock)
            end, line = _pipe(granted, kept)
            report, report_line = _pipe(granted, inherited)
            self._measure(bounds)
            space = int(os.pread(self._statm, 256, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")
            pid = self._jail.fork()
            if pid == 0:
                for stack in (granted, inherited, kept):
                    stack.pop_all()
                jail, entry = self._jail, self._entry
                return Child(
                    entry, jail, bounds, slot, space, worker_sock, report_line, self._self, self._null
                )
            inherited.close()
            worker = _Worker(pid, _pidfd(pid), line, slot, bounds)
            kept.pop_all()
            reason = verdict(report)
            if reason:
                worker.kill()
                worker.bury()
                raise SandboxError(reason)
            self._workers.append(worker)
            self._poller.register(worker.pidfd, select.POLLIN)
            self._poller.register(worker.line, 0)  # that the grader hung up is told unasked
            control.send(self._line, {}, [sock.fileno(), worker.pidfd, end])
        return None

    def _measure(self, bounds: Bounds) -> None:
        if self._meter:
            all_bounds = [worker.bounds for worker in self._workers] + [bounds]
            free = any(each.gpu for each in all_bounds)
            self._meter.allow(None if free else [each.memory for each in all_bounds])

    def _free_slot(self) -> int:
        taken = {worker.slot for worker in self._workers}
        for slot in range(self._next_slot, self._next_slot + SLOTS):
            if slot % SLOTS not in taken:
                self._next_slot = slot + 1
                return slot % SLOTS
        raise SandboxError(f"a zygote has at most {SLOTS} workers at a time")


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    reader.callback(os.close, read_end)
    writer.callback(os.close, write_end)
    return read_end, write_end


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _named(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _refuse_leaks() -> None:
    """See that nothing done so far would hang a worker or let two workers talk to each other."""
    if len(os.listdir("/proc/self/task")) > 1:
        raise SandboxError("a library started threads while the zygote warmed up; a fork would lack them")
    shared = [line.split(maxsplit=5) for line in Path("/proc/self/maps").read_text("utf-8").splitlines()]
    if any(fields[1].startswith("rw") and fields[1].endswith("s") for fields in shared):
        raise SandboxError(
            "a library mapped shared memory while the zygote warmed up; all workers would share it"
        )


def _prepare(line: socket.socket, config: dict[str, Any]) -> Zygote:
    limit_open_files(OPEN_FILES)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_PREFERENCE, "ascii")
    meter = None
    if config["group"]:
        with suppress(OSError):  # the rung keeps its promise without
            meter = Meter(Path(config["group"]), SLOTS)
    _named(config["warm"])(*config["arguments"])
    entry = _named(config["entry"])
    _refuse_leaks()
    gc.collect()
    gc.freeze()
    if meter:
        meter.warmed_up()
    without = frozenset(map(Layer, config["without"]))
    zygote = Zygote(line, entry, Jail.plan(Rung(config["rung"]), without), meter)
    forbid_inspection()
    return zygote


def main() -> None:
    """Run as the zygote of the grader whose control line is the open file named by the one argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A copy under a low number: a child closes numbers up to OPEN_FILES only.
    line = socket.socket(fileno=os.dup(int(sys.argv[1])))
    os.close(int(sys.argv[1]))
    config, _ = control.receive(line)
    die_with_parent(signal.SIGKILL)
    if os.getppid() != config["grader"]:
        return
    try:
        zygote = _prepare(line, config)
    except Exception as error:
        known = isinstance(error, KataError | OSError)
        reason = describe(error) if known else f"{type(error).__name__}: {error}"
        control.send(line, {"failed": reason, "help": getattr(error, "help", "")})
        return
    zygote.greet()
    child = zygote.serve()
    del zygote, line
    if child:
        child.run()


if __name__ == "__main__":
    main()
