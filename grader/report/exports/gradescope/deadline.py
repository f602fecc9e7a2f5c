"""Gradescope ends a run after ten minutes and shows nothing of it: we end it before, with what there is."""

import signal
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType

from grader.course.catalogue import Catalogue
from grader.engine.job import Job, JobResult
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.plain import number
from grader.gradebook.run import AnyPool


class _TimeOver(BaseException):
    """The alarm rang while the pool was asked."""


class Deadline:
    """A pool whose answers come within `seconds` by the clock: the rest is too slow. For the main thread."""

    def __init__(self, pool: AnyPool, catalogue: Catalogue, seconds: float) -> None:
        self._pool, self._catalogue, self._seconds = pool, catalogue, seconds
        self._asking = self._over = False
        self._asked: dict[tuple[str, str], Job] = {}

    @property
    def facts(self) -> Mapping[str, str]:
        return self._pool.facts

    def run(self, jobs: Iterable[Job | None]) -> Iterator[JobResult]:
        """The pool's results until the time is over, then `too slow` for whatever has none."""
        given = iter(jobs)
        results = self._pool.run(self._noted(given))
        before = signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            while (result := self._next(results)) is not None:
                del self._asked[result.submission, result.unit]
                yield result
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        yield from self._rest(given)

    def _next(self, results: Iterator[JobResult]) -> JobResult | None:
        """One more result; None at the end, and when the time is over."""
        if self._over:
            return None
        try:
            self._asking = True
            result = next(results, None)
            self._asking = False
            return result
        except _TimeOver:
            return None

    def _ring(self, number: int, frame: FrameType | None) -> None:
        self._over = True
        if self._asking:
            self._asking = False
            raise _TimeOver

    def _noted(self, jobs: Iterator[Job | None]) -> Iterator[Job | None]:
        for job in jobs:
            if job is not None:
                self._asked[job.submission, job.unit] = job
            yield job

    def _rest(self, jobs: Iterator[Job | None]) -> Iterator[JobResult]:
        """What was asked and not answered, then what nobody asked for yet."""
        if not self._over:
            return
        for job in self._asked.values():
            yield self._too_slow(job)
        for later in jobs:
            if later is not None:
                yield self._too_slow(later)

    def _too_slow(self, job: Job) -> JobResult:
        what = (
            f"the whole submission took more than {number(self._seconds / 60)} minutes: stopped before this"
        )
        finding = Finding(what, help="Look for what takes so long, or waits, in the exercises before it.")
        unit = self._catalogue.unit(job.unit)
        outcomes = (ExerciseOutcome(e.id, Verdict.TOO_SLOW, (), finding) for e in unit.exercises)
        return JobResult(job.submission, job.unit, tuple(outcomes), job.seed)
