"""One run over a class: the jobs, and the records as the pool answers them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.engine.pool import Job, JobResult
from grader.errors import GraderError
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.examine.seed import Seed
from grader.gradcheck.message import Finding
from grader.gradebook.grades import StudentGrade
from grader.gradebook.hashes import Hasher
from grader.gradebook.record import Provenance, Record, make_record
from grader.scoring.late import Lateness, lateness
from grader.scoring.rubric import score

_RUNG = "sandbox"


class AnyPool(Protocol):
    """What grading needs of a pool: it answers jobs in any order, and knows how it runs them."""

    @property
    def facts(self) -> Mapping[str, str]: ...

    def run(self, jobs: Iterable[Job], /) -> Iterator[JobResult]: ...


class Run:
    """The jobs of one run, the records as they come in, and the class when all have come.

    facts: of the pool, as they were at the start    seconds: by the clock, by submission and exercise
    """

    def __init__(
        self,
        catalogue: Catalogue,
        units: Sequence[Unit],
        submissions: Sequence[Submission],
        pool: AnyPool,
        seed: Seed,
    ) -> None:
        self.facts = dict(pool.facts)
        self.seconds: dict[tuple[str, str], float] = {}
        self.rung = self.facts.get(_RUNG, "")
        versions = {name: value for name, value in self.facts.items() if name != _RUNG}
        self._catalogue, self._pool = catalogue, pool
        self._units = {unit.id: unit for unit in units}
        self._submissions = {submission.id: submission for submission in submissions}
        self._provenance = Provenance(self.rung, seed.fingerprint, versions)
        self._hasher = Hasher(catalogue)
        self._late = {id: self._lateness(submission) for id, submission in self._submissions.items()}
        self._records: dict[tuple[str, str], Record] = {}

    def jobs(self) -> list[Job]:
        """One for each student and unit that was handed in."""
        return [
            Job(submission.id, unit.id, submission.sources)
            for submission in self._submissions.values()
            for unit in self._units.values()
            if unit.file in submission.sources
        ]

    def not_handed_in(self) -> list[Record]:
        """The records that need no job: their file is not there, so they are to do."""
        return [
            self._record(
                submission, exercise, _told(exercise, Verdict.TODO, f"{unit.file} was not handed in")
            )
            for submission in self._submissions.values()
            for unit in self._units.values()
            if unit.file not in submission.sources
            for exercise in unit.exercises
        ]

    def answers(self, jobs: Sequence[Job]) -> Iterator[list[Record]]:
        """The records of one job at a time, as the pool answers. What it leaves out is our error.

        Raises GraderError when it answers what was not asked.
        """
        open_jobs = {(job.submission, job.unit): None for job in jobs}
        for result in self._pool.run(jobs):
            key = result.submission, result.unit
            if key not in open_jobs:
                raise GraderError(
                    f"the pool answered for {' '.join(key)}, which was not asked or is answered"
                )
            del open_jobs[key]
            yield self._answered(*key, result.outcomes)
        for key in open_jobs:
            yield self._answered(*key, ())

    def students(self) -> tuple[StudentGrade, ...]:
        """The class in canonical order. Only when all answers are in."""
        return tuple(self._student(self._submissions[id]) for id in sorted(self._submissions))

    def _lateness(self, submission: Submission) -> dict[str, Lateness]:
        policy, due = self._catalogue.course.late, self._catalogue.due
        return {id: lateness(policy, due(id), submission.submitted_at) for id in self._units}

    def _answered(self, id: str, unit_id: str, outcomes: Iterable[ExerciseOutcome]) -> list[Record]:
        answered = {outcome.exercise: outcome for outcome in outcomes}
        records = []
        for exercise in self._units[unit_id].exercises:
            outcome = answered.get(exercise.id) or _told(
                exercise, Verdict.GRADER_ERROR, "the grader brought no result for this exercise"
            )
            self.seconds[id, exercise.id] = outcome.seconds
            records.append(self._record(self._submissions[id], exercise, outcome))
        return records

    def _record(self, submission: Submission, exercise: Exercise, outcome: ExerciseOutcome) -> Record:
        penalty = self._late[submission.id][exercise.unit_id].penalty
        record = make_record(
            submission.id,
            outcome,
            score(outcome, exercise, penalty, self._catalogue.course.follow_through),
            self._provenance,
            self._hasher.hashes(exercise, submission.sources),
        )
        self._records[record.key] = record
        return record

    def _student(self, submission: Submission) -> StudentGrade:
        exercises = [exercise for unit in self._units.values() for exercise in unit.exercises]
        return StudentGrade(
            id=submission.id,
            submitted_at=submission.submitted_at,
            handed_in=any(unit.file in submission.sources for unit in self._units.values()),
            records=tuple(self._records[submission.id, exercise.id] for exercise in exercises),
            lateness=self._late[submission.id],
            problems=tuple(submission.problems),
            ignored=tuple(submission.ignored),
        )


def _told(exercise: Exercise, verdict: Verdict, what: str) -> ExerciseOutcome:
    """The outcome of an exercise for which no test ran."""
    return ExerciseOutcome(exercise=exercise.id, verdict=verdict, tests=(), finding=Finding(what))
