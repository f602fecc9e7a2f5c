"""One run over a class: what is asked of the pool, and the records as they come.

Submissions are read one after the other, when a grading process is free for them; what is kept of each are
hashes, times and problems, never its files.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.engine.pool import Job, JobResult
from grader.errors import GraderError
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.examine.seed import Seed
from grader.gradebook.book import Book, told
from grader.gradebook.compact import Compact
from grader.gradebook.grades import StudentGrade
from grader.gradebook.hashes import Hasher
from grader.gradebook.papers import Paper
from grader.gradebook.record import AttemptKey, Key, Provenance, Record
from grader.gradebook.reuse import Reuse

_RUNG = "sandbox"
_UNSAFE_IN_NAMES = frozenset('/\\:*?"<>|')


class AnyPool(Protocol):
    """What grading needs of a pool: it answers jobs in any order, and knows how it runs them."""

    @property
    def facts(self) -> Mapping[str, str]: ...

    def run(self, jobs: Iterable[Job | None], /) -> Iterator[JobResult]: ...


class Submissions(Protocol):
    """A class, read student by student."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Submission]: ...


class Answer(NamedTuple):
    """The records of one job. counts: they are the student's, whatever other attempts show"""

    records: list[Record]
    counts: bool


class Run:
    """The jobs of one run, the records as they come in, and the class when all have come.

    facts: of the pool, as they were at the start    seconds: by the clock, by submission and exercise
    stands, others: earlier results, used where nothing changed; others: of attempts that did not count
    done: students of whom everything is known       results: records that were found out now
    Raises UsageError where the policies of the course cannot be settled for these units alone.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        units: Sequence[Unit],
        pool: AnyPool,
        seed: Seed,
        *,
        stands: Mapping[Key, Record] | None = None,
        others: Mapping[AttemptKey, Record] | None = None,
        compact: Compact | None = None,
    ) -> None:
        self.facts = dict(pool.facts)
        self.rung = self.facts.get(_RUNG, "")
        self.done = self.results = 0
        versions = {name: value for name, value in sorted(self.facts.items()) if name != _RUNG}
        provenance, hasher = Provenance(self.rung, seed.fingerprint, versions), Hasher(catalogue)
        self._pool, self._units = pool, {unit.id: unit for unit in units}
        self._book = Book(catalogue, units, provenance, hasher, compact or Compact())
        self._needed = {unit.id: catalogue.needed_units(unit) for unit in catalogue.units}
        # By what the jobs of an attempt are called:
        self._open: dict[str, set[str]] = {}  # units that are being examined, or will be
        self._first: dict[str, list[Job]] = {}  # jobs that wait for what they need
        self._beside: dict[str, dict[str, Verdict]] = {}  # of units that do not count in it
        self._ready: deque[Job] = deque()
        self._undone: Counter[str] = Counter()  # student -> attempts that are open
        self.reuse = Reuse(stands or {}, hasher, provenance, others)

    @property
    def seconds(self) -> Mapping[Key, float]:
        """Of what was examined now, and counts as far as that is known."""
        return self._book.seconds

    def answers(self, submissions: Iterable[Submission]) -> Iterator[Answer]:
        """The records of one job at a time, as the pool answers. What it leaves out is our error.

        Raises GraderError when it answers what was not asked, and for an id that is no safe file name.
        """
        for result in self._pool.run(self._jobs(submissions)):
            if result.unit not in self._open.get(result.submission, ()):
                key = f"{result.submission} {result.unit}"
                raise GraderError(f"the pool answered for {key}, which was not asked or is answered")
            yield self._answered(result.submission, result.unit, result.outcomes)
        for name, units in list(self._open.items()):
            for unit in sorted(units):
                yield self._answered(name, unit, ())

    def students(self) -> tuple[StudentGrade, ...]:
        """The class in canonical order. Only when all answers are in."""
        return self._book.students()

    def others(self) -> dict[AttemptKey, Record]:
        """The records of attempts that do not count. Only when all answers are in."""
        return self._book.others()

    def _jobs(self, submissions: Iterable[Submission]) -> Iterator[Job | None]:
        """One for each student, attempt and unit that must be examined, after those that it needs."""
        for submission in submissions:
            check_id(submission.id)
            if self._book.knows(submission.id):
                raise GraderError("two submissions have the same id", "Rename one of them.")
            self._begin(submission)
            while self._ready:
                yield self._ready.popleft()
        while self._first or self._ready:
            yield self._ready.popleft() if self._ready else None

    def _begin(self, submission: Submission) -> None:
        """Ask for what must be examined of one student."""
        for name, paper, files in self._book.take_in(submission):
            own = [unit for unit in self._units.values() if unit.id in paper.units]
            units = [unit for unit in own if not self._known(name, unit)]
            if units:
                units += self._only_needed(units, paper)
                self._undone[submission.id] += 1
                self._open[name] = {unit.id for unit in units}
                self._first[name] = [Job(name, unit.id, files) for unit in units]
                self._release(name)
        self.done += not self._undone[submission.id]

    def _known(self, name: str, unit: Unit) -> bool:
        """Whether the records of this unit need no job: nothing changed."""
        id, paper = self._book.whose(name)
        records = self.reuse.unit(id, unit, paper.handed)
        for exercise, record in zip(unit.exercises, records, strict=False):
            self._book.keep_again(name, exercise, record)
        return bool(records)

    def _only_needed(self, units: Sequence[Unit], paper: Paper) -> list[Unit]:
        """What these units need and what does not count here: its verdicts count, and nothing else of it."""
        needed = {other.id: other for unit in units for other in self._needed[unit.id]}
        counting = self._units.keys() & paper.units
        beside = [unit for unit in needed.values() if unit.id not in counting]
        return [unit for unit in beside if unit.file in paper.handed.files]

    def _release(self, name: str) -> None:
        """Let those jobs of an attempt go whose needs are answered."""
        waiting = []
        for job in self._first.pop(name, ()):
            needed = self._needed[job.unit]
            if self._open[name] & {unit.id for unit in needed}:
                waiting.append(job)
            else:
                before = {e.id: self._verdict(name, e) for unit in needed for e in unit.exercises}
                self._ready.append(replace(job, before=before))
        if waiting:
            self._first[name] = waiting

    def _verdict(self, name: str, exercise: Exercise) -> Verdict:
        """Of a unit that is answered, or was not handed in."""
        known = self._book.verdict(name, exercise)
        return known or self._beside.get(name, {}).get(exercise.id, Verdict.TODO)

    def _answered(self, name: str, unit_id: str, outcomes: Iterable[ExerciseOutcome]) -> Answer:
        id, paper = self._book.whose(name)
        answered = {outcome.exercise: outcome for outcome in outcomes}
        records = []
        if unit_id in self._units and unit_id in paper.units:
            for exercise in self._units[unit_id].exercises:
                outcome = answered.get(exercise.id) or told(
                    exercise, Verdict.GRADER_ERROR, "the grader brought no result for this exercise"
                )
                records.append(self._book.keep(name, exercise, outcome))
        else:
            verdicts = {outcome.exercise: outcome.verdict for outcome in answered.values()}
            self._beside.setdefault(name, {}).update(verdicts)
        self.results += len(records)
        self._open[name].remove(unit_id)
        self._release(name)
        if not self._open[name]:
            del self._open[name]
            self._beside.pop(name, None)
            self._undone[id] -= 1
            self.done += not self._undone[id]
        return Answer(records, self._book.is_alone(id, unit_id))


def check_id(id: str) -> None:
    """Ids become file names. GraderError for one that could leave the folder: ingest lets none through."""
    safe = id and id.isprintable() and not id.startswith((".", " ")) and not _UNSAFE_IN_NAMES & set(id)
    if not safe or len(id.encode()) > 200:
        raise GraderError(f"the student's id {id!r} is no safe file name", "Rename that submission.")
