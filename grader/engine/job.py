"""What a pool is asked to examine, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.examine.seed import Seed


@dataclass(frozen=True)
class Job:
    """One unit of one student. sources: {"u01_slopes/slopes.py": text}, earlier units included.

    exercises: those to examine, all of the unit where none is named    seed: in place of the pool's own
    endless: those whose tests did not come to an end with what the student's code returned
    before: the verdicts of the exercises of other units that this one needs, as far as they are known
    afresh: a new worker for each of them, where one failure counts    follow: whether there is follow-through
    """

    submission: str
    unit: str
    sources: Mapping[str, str]
    exercises: frozenset[str] = frozenset()
    seed: Seed | None = None
    endless: frozenset[str] = frozenset()
    before: Mapping[str, Verdict] = field(default_factory=dict)
    afresh: bool = False
    follow: bool = True


@dataclass(frozen=True)
class JobResult:
    """What examining a job showed: an outcome for each exercise that was asked for, in the unit's order."""

    submission: str
    unit: str
    outcomes: tuple[ExerciseOutcome, ...]
    seed: Seed | None = None
