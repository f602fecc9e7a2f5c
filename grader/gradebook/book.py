"""What is known of each student while a class is graded: attempts, records, and in the end the grades."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.examine.outcome import Examined, ExerciseOutcome, Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.compact import Compact
from grader.gradebook.grades import StudentGrade
from grader.gradebook.hashes import Hasher
from grader.gradebook.papers import Files, Paper, papers
from grader.gradebook.record import (
    AttemptKey,
    Key,
    Provenance,
    Record,
    attempt_key,
    make_record,
    rescored,
)
from grader.gradebook.settle import NOTHING, Deadlines, Settled
from grader.scoring.rubric import Score, exact, score
from grader.scoring.total import scheme


@dataclass(frozen=True)
class _Student:
    """What stays of a submission once its files are on their way. late: as far as it is known by then"""

    submission: Submission  # without its files
    attempts: int
    papers: tuple[Paper, ...]
    late: Settled

    @property
    def extension(self) -> timedelta:
        person = self.submission.person
        return person.extension if person else timedelta(0)

    @property
    def several(self) -> bool:
        return len(self.papers) > 1

    def may_count(self, unit_id: str) -> int:
        """How many attempts may count for a unit."""
        return sum(unit_id in paper.units for paper in self.papers)


class Book:
    """The records of a class by the name of an attempt: the student's id, or where there are several
    `id/number`, which no id can be.

    seconds: by submission and exercise, of what was examined and counts
    """

    def __init__(
        self,
        catalogue: Catalogue,
        units: Sequence[Unit],
        provenance: Provenance,
        hasher: Hasher,
        compact: Compact,
    ) -> None:
        self.seconds: dict[Key, float] = {}
        self._catalogue, self._units = catalogue, tuple(units)
        self._provenance, self._hasher, self._compact = provenance, hasher, compact
        self._deadlines, self._scheme = Deadlines(catalogue, units), scheme(catalogue.units)
        self._students: dict[str, _Student] = {}
        self._papers: dict[str, tuple[str, Paper]] = {}
        self._records: dict[tuple[str, str], Record] = {}
        self._took: dict[tuple[str, str], float] = {}

    def knows(self, id: str) -> bool:
        """Whether this student was taken in."""
        return id in self._students

    def take_in(self, submission: Submission) -> Iterator[tuple[str, Paper, Files]]:
        """The attempts that are graded, each with its name and its files. Nothing keeps the files here."""
        id, found = submission.id, papers(submission, self._catalogue)
        bare = replace(submission, sources={}, earlier=())
        student = _Student(bare, len(submission.attempts), tuple(paper for paper, _ in found), NOTHING)
        late = self._deadlines.settle(student.papers, student.extension, submission.elsewhere)
        self._students[id] = student = replace(student, late=late)
        for unit in self._units:
            if not student.may_count(unit.id):
                self._nothing_came(id, unit, student.papers[-1])
        for paper, files in found:
            name = self._name(id, paper.number)
            self._papers[name] = id, paper
            yield name, paper, files

    def whose(self, name: str) -> tuple[str, Paper]:
        """The student's id, and the attempt."""
        return self._papers[name]

    def is_alone(self, id: str, unit_id: str) -> bool:
        """Whether one attempt alone may count for this unit."""
        return self._students[id].may_count(unit_id) == 1

    def verdict(self, name: str, exercise: Exercise) -> Verdict | None:
        """Of an exercise that counts, or may, in that attempt; None where it is not known, or does not."""
        record = self._records.get((name, exercise.id))
        return record.verdict if record else None

    def keep(self, name: str, exercise: Exercise, outcome: ExerciseOutcome) -> Record:
        """The record of what was found out now."""
        id, paper = self._papers[name]
        self._took[name, exercise.id] = outcome.seconds
        if self.is_alone(id, exercise.unit_id):
            self.seconds[id, exercise.id] = outcome.seconds
        return self._kept(
            name, self._made(id, exercise, outcome, self._score(name, exercise, outcome), paper)
        )

    def keep_again(self, name: str, exercise: Exercise, record: Record) -> None:
        """An earlier record stands, with the points of now."""
        self._kept(name, rescored(record, self._score(name, exercise, record)))

    def students(self) -> tuple[StudentGrade, ...]:
        """The class in canonical order. Only when everything is known."""
        return tuple(self._student(id, self._students[id]) for id in sorted(self._students))

    def others(self) -> dict[AttemptKey, Record]:
        """The records of attempts that do not count. Only when everything is known."""
        found = {}
        counts = {id: self._settled(id).counts for id, student in self._students.items() if student.several}
        for (name, exercise), record in self._records.items():
            if record.submission in counts and name in self._papers:
                unit, number = exercise.partition(".")[0], self._papers[name][1].number
                if counts[record.submission][unit] != number:
                    found[attempt_key(record)] = record
        return found

    def _name(self, id: str, number: int) -> str:
        return f"{id}/{number}" if self._students[id].several else id

    def _nothing_came(self, id: str, unit: Unit, latest: Paper) -> None:
        for exercise in unit.exercises:
            outcome = told(exercise, Verdict.TODO, f"{unit.file} was not handed in")
            self._kept(id, self._made(id, exercise, outcome, self._scored(exercise, outcome, 0.0), latest))

    def _made(
        self, id: str, exercise: Exercise, found: ExerciseOutcome, score: Score, paper: Paper
    ) -> Record:
        return make_record(id, found, score, self._provenance, self._hasher.hashes(exercise, paper.handed))

    def _score(self, name: str, exercise: Exercise, examined: Examined) -> Score:
        id, paper = self._papers[name]
        late = self._students[id].late.late[exercise.unit_id, paper.number]
        return self._scored(exercise, examined, late.penalty)

    def _scored(self, exercise: Exercise, examined: Examined, penalty: float) -> Score:
        return score(examined, exercise, penalty, self._catalogue.course.follow_through)

    def _kept(self, name: str, record: Record) -> Record:
        kept = self._records[name, record.exercise] = self._compact(record)
        return kept

    def _settled(self, id: str) -> Settled:
        """What counts of a student, now that everything is known."""
        student = self._students[id]
        if not any(student.may_count(unit.id) > 1 for unit in self._units):
            return student.late
        exercises = {unit.id: unit.exercises for unit in self._units}

        def worth(unit_id: str, number: int, penalty: float) -> Decimal:
            """What we could not grade counts as right: it must not decide against an attempt."""
            points, name = Decimal(0), self._name(id, number)
            for exercise in exercises[unit_id]:
                got = self._scored(exercise, self._records[name, exercise.id], penalty).points
                points += exact(exercise.points) * (1 - exact(penalty)) if got is None else exact(got)
            return points

        elsewhere = student.submission.elsewhere
        return self._deadlines.settle(student.papers, student.extension, elsewhere, worth)

    def _student(self, id: str, student: _Student) -> StudentGrade:
        settled, submission = self._settled(id), student.submission
        late = {unit.id: self._deadlines.of_unit(unit, settled, student.extension) for unit in self._units}
        counts = {unit.id: settled.counts[unit.id] for unit in self._units if unit.id in settled.counts}
        times = [time for unit in counts if (time := late[unit].submitted_at)]
        return StudentGrade(
            id=id,
            submitted_at=max(times, default=submission.submitted_at),
            handed_in=bool(counts),
            records=tuple(self._counting(id, student, counts, {u: late[u].penalty for u in late})),
            lateness=late,
            problems=tuple(submission.problems),
            ignored=tuple(submission.ignored),
            person=submission.person,
            excused=submission.person is not None and submission.person.excused,
            attempt=self._deadlines.told(student.attempts, counts),
            scheme=self._scheme,
        )

    def _counting(
        self, id: str, student: _Student, counts: Mapping[str, int], penalties: Mapping[str, float]
    ) -> Iterator[Record]:
        """The records that count, in the order of the course."""
        for unit in self._units:
            name = self._name(id, counts[unit.id]) if unit.id in counts else id
            for exercise in unit.exercises:
                record = self._records[name, exercise.id]
                if student.several:  # which attempts count may have changed what lateness takes
                    record = rescored(record, self._scored(exercise, record, penalties[unit.id]))
                if (name, exercise.id) in self._took:
                    self.seconds[id, exercise.id] = self._took[name, exercise.id]
                yield record


def told(exercise: Exercise, verdict: Verdict, what: str) -> ExerciseOutcome:
    """The outcome of an exercise for which no test ran."""
    return ExerciseOutcome(exercise=exercise.id, verdict=verdict, tests=(), finding=Finding(what))
