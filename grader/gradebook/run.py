"""One run over a class: what is asked of the pool, and the records as they come.

Submissions are read one after the other, when a grading process is free for them; what is kept of each are
hashes, times and problems, never its files.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.engine.pool import Job, JobResult
from grader.errors import GraderError
from grader.examine.outcome import Examined, ExerciseOutcome, Verdict
from grader.examine.seed import Seed
from grader.gradcheck.message import Finding
from grader.gradebook.compact import Compact
from grader.gradebook.grades import StudentGrade
from grader.gradebook.hashes import Handed, Hasher, handed
from grader.gradebook.record import Key, Provenance, Record, make_record, rescored
from grader.gradebook.reuse import Reuse
from grader.scoring.late import Lateness, lateness
from grader.scoring.rubric import Score, score

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


@dataclass(frozen=True)
class _Student:
    """What stays of a submission once its files are on their way. late: by unit"""

    submitted_at: datetime | None
    problems: tuple[str, ...]
    ignored: tuple[str, ...]
    handed: Handed
    late: Mapping[str, Lateness]


class Run:
    """The jobs of one run, the records as they come in, and the class when all have come.

    facts: of the pool, as they were at the start    seconds: by the clock, by submission and exercise
    stands: earlier results, used where nothing changed
    done: students of whom everything is known       results: records that were found out now
    """

    def __init__(
        self,
        catalogue: Catalogue,
        units: Sequence[Unit],
        pool: AnyPool,
        seed: Seed,
        *,
        stands: Mapping[Key, Record] | None = None,
        compact: Compact | None = None,
    ) -> None:
        self.facts = dict(pool.facts)
        self.seconds: dict[Key, float] = {}
        self.rung = self.facts.get(_RUNG, "")
        self.done = self.results = 0
        versions = {name: value for name, value in sorted(self.facts.items()) if name != _RUNG}
        self._catalogue, self._pool = catalogue, pool
        self._units = {unit.id: unit for unit in units}
        self._provenance = Provenance(self.rung, seed.fingerprint, versions)
        self._hasher = Hasher(catalogue)
        self._compact = compact or Compact()
        self._students: dict[str, _Student] = {}
        self._open: dict[str, set[str]] = {}  # student -> units that are being examined, or will be
        self._needed = {unit.id: catalogue.needed_units(unit) for unit in catalogue.units}
        self._first: dict[str, list[Job]] = {}  # student -> jobs that wait for what they need
        self._ready: deque[Job] = deque()
        self._beside: dict[str, dict[str, Verdict]] = {}  # student -> of units that are not graded now
        self._records: dict[Key, Record] = {}
        self.reuse = Reuse(stands or {}, self._hasher, self._provenance)

    def answers(self, submissions: Iterable[Submission]) -> Iterator[list[Record]]:
        """The records of one job at a time, as the pool answers. What it leaves out is our error.

        Raises GraderError when it answers what was not asked, and for an id that is no safe file name.
        """
        for result in self._pool.run(self._jobs(submissions)):
            if result.unit not in self._open.get(result.submission, ()):
                key = f"{result.submission} {result.unit}"
                raise GraderError(f"the pool answered for {key}, which was not asked or is answered")
            yield self._answered(result.submission, result.unit, result.outcomes)
        for submission, units in list(self._open.items()):
            for unit in sorted(units):
                yield self._answered(submission, unit, ())

    def students(self) -> tuple[StudentGrade, ...]:
        """The class in canonical order. Only when all answers are in."""
        return tuple(self._student(id, self._students[id]) for id in sorted(self._students))

    def _jobs(self, submissions: Iterable[Submission]) -> Iterator[Job | None]:
        """One for each student and unit that must be examined, after those that it needs."""
        for submission in submissions:
            id = submission.id
            check_id(id)
            if id in self._students:
                raise GraderError("two submissions have the same id", "Rename one of them.")
            student = self._students[id] = self._taken_in(submission)
            units = [unit for unit in self._units.values() if not self._known(id, unit, student)]
            if not units:
                self.done += 1
                continue
            units += self._only_needed(units, student)
            self._open[id] = {unit.id for unit in units}
            self._first[id] = [Job(id, unit.id, submission.sources) for unit in units]
            self._release(id)
            while self._ready:
                yield self._ready.popleft()
        while self._first or self._ready:
            yield self._ready.popleft() if self._ready else None

    def _only_needed(self, units: Sequence[Unit], student: _Student) -> list[Unit]:
        """What these units need and what is not graded now: its verdicts count, and nothing else of it."""
        needed = {other.id: other for unit in units for other in self._needed[unit.id]}
        beside = [unit for unit in needed.values() if unit.id not in self._units]
        return [unit for unit in beside if unit.file in student.handed.files]

    def _release(self, id: str) -> None:
        """Let those jobs of a student go whose needs are answered."""
        waiting = []
        for job in self._first.pop(id, ()):
            needed = self._needed[job.unit]
            if self._open[id] & {unit.id for unit in needed}:
                waiting.append(job)
            else:
                before = {e.id: self._verdict(id, e) for unit in needed for e in unit.exercises}
                self._ready.append(replace(job, before=before))
        if waiting:
            self._first[id] = waiting

    def _verdict(self, id: str, exercise: Exercise) -> Verdict:
        """Of a unit that is answered, or was not handed in."""
        if exercise.unit_id in self._units:
            return self._records[id, exercise.id].verdict
        return self._beside.get(id, {}).get(exercise.id, Verdict.TODO)

    def _taken_in(self, submission: Submission) -> _Student:
        policy, due = self._catalogue.course.late, self._catalogue.due
        at = submission.submitted_at
        late = {id: lateness(policy, due(id), at) for id in self._units}
        return _Student(at, submission.problems, submission.ignored, handed(submission.sources), late)

    def _known(self, id: str, unit: Unit, student: _Student) -> bool:
        """Whether the records of this unit need no job: its file is not there, or nothing changed."""
        if unit.file not in student.handed.files:
            what = f"{unit.file} was not handed in"
            for exercise in unit.exercises:
                self._record(id, exercise, _told(exercise, Verdict.TODO, what))
            return True
        records = self.reuse.unit(id, unit, student.handed)
        for exercise, record in zip(unit.exercises, records, strict=False):
            self._keep(rescored(record, self._score(id, exercise, record)))
        return bool(records)

    def _answered(self, id: str, unit_id: str, outcomes: Iterable[ExerciseOutcome]) -> list[Record]:
        answered = {outcome.exercise: outcome for outcome in outcomes}
        records = []
        for exercise in self._units[unit_id].exercises if unit_id in self._units else ():
            outcome = answered.get(exercise.id) or _told(
                exercise, Verdict.GRADER_ERROR, "the grader brought no result for this exercise"
            )
            self.seconds[id, exercise.id] = outcome.seconds
            records.append(self._record(id, exercise, outcome))
        self.results += len(records)
        if unit_id not in self._units:
            verdicts = {outcome.exercise: outcome.verdict for outcome in answered.values()}
            self._beside.setdefault(id, {}).update(verdicts)
        self._open[id].remove(unit_id)
        self._release(id)
        if not self._open[id]:
            del self._open[id]
            self._beside.pop(id, None)
            self.done += 1
        return records

    def _record(self, id: str, exercise: Exercise, outcome: ExerciseOutcome) -> Record:
        hashes = self._hasher.hashes(exercise, self._students[id].handed)
        record = make_record(id, outcome, self._score(id, exercise, outcome), self._provenance, hashes)
        return self._keep(record)

    def _score(self, id: str, exercise: Exercise, examined: Examined) -> Score:
        penalty = self._students[id].late[exercise.unit_id].penalty
        return score(examined, exercise, penalty, self._catalogue.course.follow_through)

    def _keep(self, record: Record) -> Record:
        kept = self._records[record.key] = self._compact(record)
        return kept

    def _student(self, id: str, student: _Student) -> StudentGrade:
        exercises = [exercise for unit in self._units.values() for exercise in unit.exercises]
        return StudentGrade(
            id=id,
            submitted_at=student.submitted_at,
            handed_in=any(unit.file in student.handed.files for unit in self._units.values()),
            records=tuple(self._records[id, exercise.id] for exercise in exercises),
            lateness=student.late,
            problems=tuple(student.problems),
            ignored=tuple(student.ignored),
        )


def check_id(id: str) -> None:
    """Ids become file names. GraderError for one that could leave the folder: ingest lets none through."""
    safe = id and id.isprintable() and not id.startswith((".", " ")) and not _UNSAFE_IN_NAMES & set(id)
    if not safe or len(id.encode()) > 200:
        raise GraderError(f"the student's id {id!r} is no safe file name", "Rename that submission.")


def _told(exercise: Exercise, verdict: Verdict, what: str) -> ExerciseOutcome:
    """The outcome of an exercise for which no test ran."""
    return ExerciseOutcome(exercise=exercise.id, verdict=verdict, tests=(), finding=Finding(what))
