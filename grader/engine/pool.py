"""Examines many students at once: a pool of grading processes on this machine.

Each process is trusted and warm; student code never runs in it, only in the jails that it opens.
"""

import contextlib
import multiprocessing
import os
import platform
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from importlib import metadata
from multiprocessing.connection import wait
from types import TracebackType
from typing import cast

from grader.course.catalogue import Catalogue
from grader.engine.job import Job, JobResult
from grader.engine.process import Begins, GradingProcess, Link, MakeBackend, Reply
from grader.errors import CourseError, GraderError, KataError, SandboxError
from grader.examine.device import Device
from grader.examine.jailed import JailedBackend
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.examine.seed import Seed
from grader.gradcheck.message import Finding
from grader.sandbox.layers import Rung, resolve
from grader.sandbox.rungs import NOTHING, Layer, named

__all__ = ["Job", "JobResult", "Pool"]

ENDLESS_STEPS = 3  # of one unit of one student: each costs as long as a test may compute
PACKAGES = ("katagrad", "numpy", "torch", "hypothesis", "pytest")


class Pool:
    """A context manager around the grading processes.

    rung: "auto" for the strongest sandbox that works here, or a rung's name. workers: 0 for one a core.
    backend: makes the place where the code runs, instead of that sandbox; for the course's own answers only.
    device: where the tests of torch units put their tensors; a jail keeps workers off any but "cpu".
    without: layers of the sandbox to leave off, for proofs of what each is worth; the records say so.
    units: ids of those that jobs will be about, all by default: the tests of others are not even read.
    Raises SandboxError where no sandbox works, CourseError where the course's tests do not import.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        seed: Seed,
        *,
        rung: str = "auto",
        workers: int = 0,
        backend: MakeBackend | None = None,
        device: str = Device.CPU,
        without: frozenset[Layer] = NOTHING,
        units: Collection[str] = (),
    ) -> None:
        self.catalogue, self.seed, self.device, self.units = catalogue, seed, device, units
        self.rung = resolve(rung) if backend is None else Rung.UNSAFE
        self._backend = backend or partial(JailedBackend.on, self.rung, device, without)
        self.workers = workers or len(os.sched_getaffinity(0))
        self._context = multiprocessing.get_context("spawn")
        self._processes: list[GradingProcess] = []
        self.facts = {
            "sandbox": named(self.rung, without),
            "python": platform.python_version(),
            **_versions(),
        }
        if device != Device.CPU:
            self.facts["device"] = device

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.close(at_once=error is not None)
        self._processes.clear()

    def run(self, jobs: Iterable[Job | None]) -> Iterator[JobResult]:
        """The results of the jobs, as they are done. A process that dies takes nothing else with it.

        A job is taken when a process is free for it: whoever makes them need not hold them all. None in
        the place of a job: there is none before one more result is out.
        """
        waiting: deque[tuple[Job, int]] = deque()
        busy: dict[Link, tuple[GradingProcess, Job, int]] = {}
        idle = list(self._processes)
        try:
            yield from self._work_off(iter(jobs), waiting, idle, busy)
        finally:
            for process, _, _ in busy.values():  # nobody waits for these answers any more
                self._discard(process, at_once=True)

    def _work_off(
        self,
        jobs: Iterator[Job | None],
        waiting: "deque[tuple[Job, int]]",
        idle: list[GradingProcess],
        busy: dict[Link, tuple[GradingProcess, Job, int]],
    ) -> Iterator[JobResult]:
        while True:
            self._hand_out(jobs, waiting, idle, busy)
            if not busy:
                return
            for connection in wait(list(busy)):
                process, job, tries = busy.pop(cast("Link", connection))
                reply = process.receive()
                if isinstance(reply, Begins):
                    process.at = reply.exercise
                    busy[process.connection] = process, job, tries
                    continue
                if reply is None:
                    self._discard(process)
                else:
                    idle.append(process)
                again = self._again(process, job, tries, reply)
                if again is None:
                    yield self._result(job, reply)
                else:
                    waiting.append(again)

    def _hand_out(
        self,
        jobs: Iterator[Job | None],
        waiting: "deque[tuple[Job, int]]",
        idle: list[GradingProcess],
        busy: dict[Link, tuple[GradingProcess, Job, int]],
    ) -> None:
        """A job for every process that is free, as long as there are any."""
        while idle or len(self._processes) < self.workers:
            job, tries = waiting.popleft() if waiting else (next(jobs, None), 0)
            if job is None:
                return
            process = idle.pop() if idle else self._start()
            if process.send(job):
                busy[process.connection] = process, job, tries
            else:
                self._discard(process)
                waiting.appendleft((job, tries))

    def _again(
        self, process: GradingProcess, job: Job, tries: int, reply: Reply | None
    ) -> tuple[Job, int] | None:
        """What to ask for once more, where a process died or found no jail, and how often that was.

        Where it had to stop itself, in a step without end, the exercise at hand is given up, and after
        ENDLESS_STEPS of them whatever follows it in the unit. Otherwise a job has a second try.
        """
        if reply is not None and not isinstance(reply, SandboxError):
            return None
        if reply is not None or not process.found_no_end():
            return (job, tries + 1) if tries == 0 else None
        ids = [exercise.id for exercise in self.catalogue.unit(job.unit).exercises]
        at = ids.index(process.at) if process.at else 0
        many = not process.at or len(job.endless) + 1 >= ENDLESS_STEPS
        return replace(job, endless=job.endless | set(ids[at:] if many else ids[at : at + 1])), tries

    def _start(self) -> GradingProcess:
        taken = [process.core for process in self._processes]
        cores = sorted(os.sched_getaffinity(0))
        first = os.getpid() % len(cores)  # so that graders side by side do not all begin with the same core
        core = min(cores[first:] + cores[:first], key=taken.count)
        process = GradingProcess(
            self._context,
            self.catalogue,
            self.seed,
            self._backend,
            core=core,
            device=self.device,
            units=self.units,
        )
        self._processes.append(process)
        return process

    def _discard(self, process: GradingProcess, at_once: bool = False) -> None:
        self._processes.remove(process)
        process.close(at_once)

    def _result(self, job: Job, reply: Reply | None) -> JobResult:
        if isinstance(reply, CourseError):
            raise reply
        if reply is None:
            return self._failed(job, "the grading process ended twice while it examined this unit")
        if isinstance(reply, KataError | str):
            return self._failed(job, f"the grader stumbled: {reply}")
        return JobResult(job.submission, job.unit, reply, job.seed)

    def _failed(self, job: Job, what: str) -> JobResult:
        finding = Finding(what=what, help="This is not the student's fault. Please report it.")
        unit = self.catalogue.unit(job.unit)
        asked = [e.id for e in unit.exercises if e.id in (job.exercises or {e.id})]
        outcomes = tuple(ExerciseOutcome(id, Verdict.GRADER_ERROR, (), finding) for id in asked)
        return JobResult(job.submission, job.unit, outcomes, job.seed)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    if "katagrad" not in found:
        raise GraderError("katagrad is not installed", "Install it: pip install -e .")
    return found
