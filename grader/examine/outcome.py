"""What running the tests of one exercise against one student showed. No points: those are scoring's."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from grader.gradcheck.message import Finding


class Verdict(StrEnum):
    """The state of an exercise or of one test. The order is that of what is shown when several hold."""

    GRADER_ERROR = "grader error"
    RULE_BROKEN = "rule broken"
    TOO_SLOW = "too slow"
    TOO_MUCH_MEMORY = "too much memory"
    CRASHED = "crashed"
    NOT_CHECKED = "not checked"
    TODO = "to do"
    WRONG = "wrong"
    RIGHT = "right"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return list(Verdict).index(self)


class Tested(Protocol):
    """What scoring asks of one test: an outcome has it, and so has the record of one."""

    @property
    def public(self) -> bool: ...
    @property
    def share(self) -> float: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def followed(self) -> bool: ...


class Examined(Protocol):
    """What scoring asks of one exercise."""

    @property
    def verdict(self) -> Verdict: ...
    @property
    def tests(self) -> Sequence[Tested]: ...


@dataclass(frozen=True)
class TestOutcome:
    """One test function against one student; a parametrized or failing case is one outcome each.

    title: the first line of the test's docstring, the sentence that the student reads
    share: its part of the exercise's points, before they are normalised
    followed: it failed, and passes once the reference stands in for what the exercise needs
    """

    __test__ = False  # the name begins with Test, and pytest would collect it

    name: str
    title: str
    public: bool
    share: float
    verdict: Verdict
    finding: Finding | None = None
    seconds: float = 0.0
    followed: bool = False


@dataclass(frozen=True)
class ExerciseOutcome:
    """One exercise against one student. `finding` is the one to show first (None when right).

    needs: what it needs and is not right    followed: for what of that the reference stood in
    """

    exercise: str
    verdict: Verdict
    tests: tuple[TestOutcome, ...]
    finding: Finding | None = None
    needs: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()

    @property
    def passed_share(self) -> float:
        """The fraction of the exercise's test weight that passed, 0..1, with nobody's help."""
        return self.share(0.0)

    def share(self, follow_through: float) -> float:
        """The fraction of the exercise's test weight that was earned, 0..1: see `earned_share`."""
        return earned_share(self, follow_through)

    @property
    def seconds(self) -> float:
        return sum(test.seconds for test in self.tests)


def earned_share(examined: Examined, follow_through: float) -> float:
    """The fraction of the exercise's test weight that was earned, 0..1; 0 where to do or rule broken.

    follow_through: what a test is worth that passes once the reference stands in, 0..1
    Public tests count only where a hidden one passes too: their numbers can be copied.
    """
    tests = examined.tests
    total = sum(test.share for test in tests)
    hidden = [test for test in tests if not test.public]
    if examined.verdict in (Verdict.TODO, Verdict.RULE_BROKEN) or not total:
        return 0.0
    if hidden and not any(test.verdict is Verdict.RIGHT or test.followed for test in hidden):
        return 0.0
    own = sum(test.share for test in tests if test.verdict is Verdict.RIGHT)
    helped = sum(test.share for test in tests if test.followed)
    return (own + follow_through * helped) / total
