"""The parts of a message to a student. Every comparison that fails raises one `Mismatch`."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in fixed parts; empty parts are left out when it is shown.

    what: the sentence, e.g. "a.grad is wrong"    diagnosis: its confirmed cause, or ""
    called: the call that was made                yours, expected: the two values, short
    worst: the element that is furthest off       differ: how many elements differ
    where: "u05_value/value.py:41", the student's own line, when one is known
    source: the text of that line                 help: what to do next
    candidates: causes that explain this one draw, likeliest first; one is confirmed
    only when another independent draw names it too.
    """

    what: str
    diagnosis: str = ""
    called: str = ""
    yours: str = ""
    expected: str = ""
    worst: str = ""
    differ: str = ""
    where: str = ""
    source: str = ""
    help: str = ""
    candidates: tuple[str, ...] = ()

    def confirmed(self, diagnosis: str) -> "Finding":
        """The same finding with its cause named."""
        return replace(self, diagnosis=diagnosis)


class Mismatch(AssertionError):
    """The student's result is not the expected one; `finding` says how."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding
