"""What of a record may be shown to its student: the choice that every output shares."""

from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.record import Record
from grader.words import MOST_NAMED, listed

_VALUES = ("what", "called", "yours", "expected", "worst", "differ")


def diagnosis(record: Record) -> str:
    """The confirmed cause: of the finding shown first, else of the first test that names one, else ""."""
    findings = [record.finding, *(test.finding for test in record.tests)]
    return next((finding.diagnosis for finding in findings if finding and finding.diagnosis), "")


def shown_finding(record: Record, in_full: bool = False) -> Finding | None:
    """The finding that may be shown in full: of a public test, or of the file as a whole; else None.

    in_full: of a hidden test too
    """
    told = [test.finding for test in record.tests if (test.public or in_full) and test.finding is not None]
    about_the_file = not record.tests or record.verdict in (Verdict.RULE_BROKEN, Verdict.TODO)
    finding = record.finding
    if finding is not None and (
        in_full or about_the_file or record.followed or any(same_failure(finding, other) for other in told)
    ):
        return finding
    return told[0] if told else None


def stood_in(record: Record) -> str:
    """Of what is right with the reference in the place of `record.followed`: that it is."""
    return f"right with the course's own {listed(record.followed, MOST_NAMED)} in place of yours"


def same_failure(one: Finding, other: Finding | None) -> bool:
    """The same failure, though one of the two may have got its cause or its place later."""
    if other is None or (one.where != other.where and one.where and other.where):
        return False
    return all(getattr(one, part) == getattr(other, part) for part in _VALUES)
