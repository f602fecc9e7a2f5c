"""What an attack is: declared once, graded everywhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from textwrap import dedent

from grader.examine.outcome import Verdict
from grader.sandbox.rungs import Layer

LETTERS = {
    "R": Verdict.RIGHT,
    "W": Verdict.WRONG,
    "T": Verdict.TODO,
    "C": Verdict.CRASHED,
    "S": Verdict.TOO_SLOW,
    "M": Verdict.TOO_MUCH_MEMORY,
    "B": Verdict.RULE_BROKEN,
    "N": Verdict.NOT_CHECKED,
    "E": Verdict.GRADER_ERROR,
}

# The layers that are no switch of the kernel's, by the name under which a declaration has them.
BOUNDARY = "process boundary"  # tests, seed and scores are in another process
WIRE = "wire"  # frames are checked, values cross by exact type
RULES = "rules"  # the syntax tree, and the tripwires behind it
CLOCK = "clock"  # CPU and wall time are measured from outside
FRESH = "fresh worker"  # nothing outlives a submission, a repeated failure alone counts
COMPARISON = "comparison"  # types first: an object is never asked whether it is equal
INGEST = "ingest"
REPORT = "report escaping"
SCORING = "scoring"  # hidden tests decide; what a test says is the student's or ours
SHUT = "closed descriptors"


class Control(StrEnum):
    """How it is shown that the attack is a real one: where it gets through."""

    UNSAFE = "without a jail"  # on the rung `unsafe`: it holds loot
    UNLIMITED = "without a jail and its limits"
    IN_PROCESS = "in the grader's process"  # it holds loot, earns points, or ends the grading process
    NO_RULES = "without the rules"  # it earns points
    NAIVE = "against a naive comparison"  # `naive`, with y for what double(3.0) gives, is true
    JOURNAL = "in the journal"  # what it wants to be shown is there in full, harmless as JSON
    NONE = "none"  # nothing can be switched off; `why` says where the proof is


@dataclass(frozen=True)
class Attack:
    """One hostile submission.

    tries: in words    code: the file of the unit; it stands below the stub and some help, harness.PRELUDE,
    unless raw. Where it defines `go`, double(x) calls that and gives 0.0.
    expect: exercise without its unit -> letters of the verdicts that are fine; all others are to do
    stops: what stops it; each kernel Layer among them does so alone
    earns: exercises that it solves honestly    naive: see Control    needle: what Control.JOURNAL looks for
    files: more files of the upload    upload: makes an archive instead, from the text of an honest file
    problem: words that the report of the upload must hold    everywhere: cheap enough for the
    weakest rung too
    slow: seconds of waiting or computing: prove.py runs it, the suite does not
    root_only: a normal user could not do it without any layer either
    hole: it gets through today, and why: a strict xfail
    """

    name: str
    tries: str
    code: str = ""
    stops: tuple[str, ...] = (BOUNDARY,)
    control: Control = Control.NONE
    why: str = ""
    expect: Mapping[str, str] = field(default_factory=lambda: {"double": "W"})
    earns: tuple[str, ...] = ()
    naive: str = ""
    needle: str = ""
    unit: str = "u01"
    raw: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    upload: Callable[[str], tuple[str, bytes]] | None = None
    problem: str = ""
    everywhere: bool = True
    slow: bool = False
    root_only: bool = False
    hole: str = ""
    group: str = ""

    @property
    def id(self) -> str:
        """The student's id that it goes by."""
        words = "".join(c if c.isalnum() else "-" for c in f"{self.group}-{self.name}".lower())
        return "-".join(filter(None, words.split("-")))[:60]

    @property
    def text(self) -> str:
        return dedent(self.code).strip("\n") + "\n"

    @property
    def layers(self) -> frozenset[Layer]:
        """The kernel's layers that stop it, each of them alone."""
        return frozenset(stop for stop in self.stops if isinstance(stop, Layer))
