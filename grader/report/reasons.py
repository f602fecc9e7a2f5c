"""Why an exercise is not right, line by line, as its student may read it.

Of hidden tests only their sentence and a confirmed diagnosis are told: never a name, an input or an
expected value, nor the text of an error, into which student code could have put them. Where the feedback
policy says "full", their findings are told like those of public tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from grader.course.model import Limits
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.plain import count, number, printable
from grader.gradebook.record import Record, TestRecord
from grader.gradebook.shown import diagnosis, same_failure, shown_finding, stood_in
from grader.words import MOST_NAMED, listed

LONGEST = 400  # characters of one line
OUR_ERROR = (
    "We could not check this exercise. That is our fault, not yours: it costs you nothing,",
    "it is left out of your score, and your instructor is told.",
)
_MOST_TESTS = 6
_MOST_SENTENCES = 12
_VALUES = ("called", "yours", "expected", "worst", "differ")

Kind = Literal["say", "where", "source", "cause", "value", "help", "test"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line, harmless already. kind: what it is, and so how it is set

    label: the name of a value    verdict: of a test
    """

    kind: Kind
    text: str
    label: str = ""
    verdict: Verdict = Verdict.WRONG


def reasons(record: Record, limits: Limits, worth: float, in_full: bool = False) -> tuple[Line, ...]:
    """All that is told of one exercise beside its verdict and points; () where that says it all.

    worth: what a test is worth that passes once the reference stands in    in_full: hidden values too
    """
    return tuple((*_followed(record, worth), *_reasons(record, limits, in_full)))


def _followed(record: Record, worth: float) -> Iterator[Line]:
    """That the reference stood in, and what that counts."""
    if record.verdict is Verdict.RIGHT and record.followed:
        counts = "in full" if worth == 1 else f"{number(100 * worth)} %"
        yield Line("say", f"{stood_in(record)}: counts {counts}")


def _reasons(record: Record, limits: Limits, in_full: bool) -> Iterator[Line]:
    if record.verdict is Verdict.GRADER_ERROR:
        yield from (Line("say", line) for line in OUR_ERROR)
    elif record.verdict is Verdict.NOT_CHECKED:
        needs = listed(record.needs, MOST_NAMED) or "an earlier exercise"
        these = "these" if len(record.needs) > 1 else "that"
        yield Line("say", f"needs {needs}: get {these} right first")
    elif record.verdict is not Verdict.RIGHT:
        yield from _why(record, limits, in_full)


def _why(record: Record, limits: Limits, in_full: bool) -> Iterator[Line]:
    """What went wrong, then the tests that failed for something else than was said."""
    finding = shown_finding(record, in_full)
    told = replace(finding or Finding(""), diagnosis=diagnosis(record))
    if record.verdict is Verdict.TOO_SLOW:
        yield Line("say", f"its tests may use {number(limits.seconds)} seconds of computing time together")
    elif record.verdict is Verdict.TOO_MUCH_MEMORY:
        yield Line("say", f"its tests may use {limits.memory_mb} MiB of memory")
    else:
        yield from _finding(told)
    failed = [test for test in record.tests if test.verdict is not Verdict.RIGHT and not test.followed]
    failed.sort(key=lambda test: not test.public)
    one_reason = finding is not None and all(same_failure(finding, test.finding) for test in failed)
    if record.verdict is not Verdict.TODO and not (one_reason and len(failed) > 1):
        yield from _failed_tests(failed, told, in_full)


def _finding(finding: Finding) -> Iterator[Line]:
    if finding.where:
        yield Line("where", printable(finding.where, LONGEST))
    for line in finding.source.split("\n") if finding.source else []:
        yield Line("source", printable(line, LONGEST))
    yield from _sentences("say", finding.what)
    yield from _sentences("cause", finding.diagnosis)
    yield from _values(finding)
    yield from _sentences("help", finding.help)


def _values(finding: Finding) -> Iterator[Line]:
    for name in _VALUES:
        text = getattr(finding, name)
        if text:
            yield Line("value", printable(text, LONGEST), name)


def _failed_tests(failed: list[TestRecord], told: Finding, in_full: bool) -> Iterator[Line]:
    """One line for each test that did not pass; the cause that was `told` already is not said again.

    in_full: below it the values of its first case, unless they are those that were told
    """
    cases: dict[Line, list[TestRecord]] = {}
    for test in failed:
        cases.setdefault(_test(test, told.diagnosis), []).append(test)
    for line, tests in list(cases.items())[:_MOST_TESTS]:
        several = f" ({len(tests)} cases)" if len(tests) > 1 else ""
        yield replace(line, text=line.text + several)
        first = tests[0].finding
        if in_full and first is not None and not same_failure(told, first):
            yield from _values(first)
    if len(cases) > _MOST_TESTS:
        yield Line("say", f"and {count(len(cases) - _MOST_TESTS, 'more test')} did not pass")


def _test(test: TestRecord, told: str) -> Line:
    hidden = "" if test.public else "hidden test: "
    cause = test.finding.diagnosis if test.finding is not None else ""
    because = f" -> {printable(cause, LONGEST)}" if cause and cause != told else ""
    return Line("test", f"{hidden}{printable(test.title, LONGEST)}{because}", verdict=test.verdict)


def _sentences(kind: Kind, text: str) -> Iterator[Line]:
    """Lines of a text, each harmless; an empty text gives none."""
    lines = text.strip().split("\n")[:_MOST_SENTENCES]
    yield from (Line(kind, printable(line, LONGEST)) for line in lines if line.strip())
