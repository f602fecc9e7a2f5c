"""One record per submission and exercise: what the journal stores and what every output is made from.

It holds no times, so that two runs of the same class write the same bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec
from msgspec import Struct

from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.plain import storable
from grader.scoring.rubric import Score, our_error

Key = tuple[str, str]  # submission, exercise
AttemptKey = tuple[str, str, str]  # the same, and the hash of all that was handed in by then
SCHEMA = 2
_LONGEST_PART = 2000  # a student's error text may be as long as its author likes
_PARTS = ("what", "diagnosis", "called", "yours", "expected", "worst", "differ", "where", "source", "help")


class Hashes(Struct, frozen=True, kw_only=True):
    """SHA-256 (32 hex digits) of all that a verdict depends on; "" for a file that is not there.

    student: the unit's file    submission: all files that travelled with it    suite: its tests
    solution: the reference     limits: of this exercise                        grader: our own code
    """

    student: str
    submission: str
    suite: str
    solution: str
    limits: str
    grader: str


class TestRecord(Struct, frozen=True, kw_only=True):
    """One test of the exercise. followed: it passes once the reference stands in for what is needed"""

    __test__ = False  # the name begins with Test, and pytest would collect it

    name: str
    title: str
    public: bool
    share: float
    verdict: Verdict
    finding: Finding | None
    followed: bool = False


class Record(Struct, frozen=True, kw_only=True):
    """One exercise of one submission. `points` is null where we could not grade; lateness is taken off.

    penalty: the fraction that lateness took    needs: exercises that it needs and that are not right
    followed: those for which the reference stood in when it was asked again
    rung: of the sandbox                        seed: the course seed's fingerprint
    """

    schema: int = SCHEMA
    submission: str
    exercise: str
    verdict: Verdict
    points: float | None
    max_points: float
    penalty: float
    finding: Finding | None
    needs: tuple[str, ...]
    followed: tuple[str, ...] = ()
    tests: tuple[TestRecord, ...]
    rung: str
    seed: str
    versions: dict[str, str]
    hashes: Hashes

    @property
    def key(self) -> Key:
        return self.submission, self.exercise


@dataclass(frozen=True)
class Provenance:
    """Under which circumstances a class was graded: the same for all records of one run."""

    rung: str
    seed: str
    versions: Mapping[str, str]


def make_record(
    submission: str, outcome: ExerciseOutcome, score: Score, provenance: Provenance, hashes: Hashes
) -> Record:
    """The record of one outcome. Texts are bounded and UTF-8; candidates for a cause stay out: no facts."""
    return Record(
        submission=submission,
        exercise=outcome.exercise,
        verdict=Verdict.GRADER_ERROR if our_error(outcome) else outcome.verdict,
        points=score.points,
        max_points=float(score.max_points),
        penalty=float(score.penalty),
        finding=_stored(outcome.finding),
        needs=outcome.needs,
        followed=outcome.followed,
        tests=tuple(_test_record(test) for test in outcome.tests),
        rung=provenance.rung,
        seed=provenance.seed,
        versions=dict(sorted(provenance.versions.items())),
        hashes=hashes,
    )


def rescored(record: Record, score: Score) -> Record:
    """The same record with points of now: what they are worth and what lateness takes may have changed."""
    return msgspec.structs.replace(
        record, points=score.points, max_points=float(score.max_points), penalty=float(score.penalty)
    )


def attempt_key(record: Record) -> AttemptKey:
    """What tells a record from those of other attempts: what was handed in, not a number."""
    return record.submission, record.exercise, record.hashes.submission


def encode(records: Iterable[Record]) -> bytes:
    """JSON lines, one record each, keys in the order of the fields."""
    return b"".join(map(encoded, records))


def encoded(record: Record) -> bytes:
    """The line of one record."""
    return msgspec.json.encode(record) + b"\n"


def _test_record(test: TestOutcome) -> TestRecord:
    return TestRecord(
        name=storable(test.name, _LONGEST_PART),
        title=storable(test.title, _LONGEST_PART),
        public=test.public,
        share=float(test.share),
        verdict=test.verdict,
        finding=_stored(test.finding),
        followed=test.followed,
    )


def _stored(finding: Finding | None) -> Finding | None:
    if finding is None:
        return None
    parts = {part: storable(getattr(finding, part), _LONGEST_PART) for part in _PARTS}
    return replace(finding, candidates=(), **parts)
