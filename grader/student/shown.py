"""What the screen shows: one exercise, and a whole run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.student.files import Code


@dataclass(frozen=True)
class Shown:
    """One exercise as the screen shows it.

    of: how many public tests it has; fewer may have run    printed: what the student's code printed meanwhile
    trace: the traceback of a grader error, for whoever mends it
    """

    exercise: Exercise
    outcome: ExerciseOutcome
    of: int
    printed: str = ""
    trace: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.outcome.verdict

    @property
    def complete(self) -> bool:
        """Whether all of its tests ran."""
        return len(self.outcome.tests) >= self.of

    @property
    def right(self) -> bool:
        return self.verdict is Verdict.RIGHT and self.complete

    @property
    def needs_attention(self) -> bool:
        """Whether there is something to say about it: not right, and not merely unwritten."""
        unwritten = self.verdict is Verdict.TODO and self.outcome.finding is None
        return not unwritten and self.verdict is not Verdict.RIGHT


@dataclass(frozen=True)
class View:
    """What a run showed. All mappings and sequences are in the order of the course.

    selected: the ids that took part    shown: those that were checked    known: others -> known to be right
    own: the student's own tests, name -> "" or what failed    stopped: why the run ended early, or ""
    """

    catalogue: Catalogue
    selected: Sequence[str]
    shown: Mapping[str, Shown]
    known: Mapping[str, bool]
    code: Code
    own: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""

    @property
    def whole(self) -> bool:
        """Whether every released exercise took part."""
        return len(self.selected) == len(self.catalogue.exercises)

    @property
    def all_right(self) -> bool:
        return bool(self.selected) and all(id in self.shown and self.shown[id].right for id in self.selected)
