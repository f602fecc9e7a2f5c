"""What there is to say about one exercise: in one line, or in full. Pure functions from results to lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.examine.outcome import TestOutcome, Verdict
from grader.gradcheck.message import Finding
from grader.student.marks import STYLES, Marks
from grader.student.results import first_to_show
from grader.student.shown import Shown
from grader.student.text import Line, Span, columns, cut_line, paragraphs, plain, wrap

LABEL = 11  # columns of "expected" and of the space after it
PRINTED_LINES = 5
SENTENCE_LINES = 4


@dataclass(frozen=True)
class Look:
    """How to print. verbosity: what -v and -q add up to; from 1 on nothing is cut."""

    width: int
    marks: Marks
    verbosity: int = 0

    def mark(self, verdict: Verdict) -> Span:
        return Span(self.marks.of[verdict], STYLES[verdict])

    def fit(self, line: Line) -> tuple[Line, bool]:
        """The line as it is printed, and whether it was cut."""
        return (line, False) if self.verbosity > 0 else cut_line(line, self.width, self.marks.ellipsis)


def sentence(finding: Finding | None) -> str:
    """What is wrong, and its cause where that is confirmed."""
    if finding is None:
        return ""
    return plain(": ".join(filter(None, (finding.what, finding.diagnosis))))


def state(shown: Shown) -> str:
    """The word for an exercise's state; with what it waits for, if it does."""
    needs = shown.outcome.needs
    if shown.verdict is Verdict.NOT_CHECKED and needs:
        return f"not checked (needs {', '.join(needs)})"
    return str(shown.verdict)


def one_line(group: Sequence[Shown], look: Look, id_width: int = 0) -> Line:
    """`✘ u08.ce_gradient   dlogits is wrong: missing factor 1/N`, for one or more with the same trouble."""
    first = group[0]
    ids = ", ".join([first.exercise.id, *(other.exercise.name for other in group[1:])])
    said = sentence(first.outcome.finding)
    if first.verdict is Verdict.NOT_CHECKED and first.outcome.needs:
        said = state(first)
    elif first.verdict not in (Verdict.WRONG, Verdict.TODO) or not said:
        said = ": ".join(filter(None, (state(first) + _line_number(first), said)))
    pad = " " * max(id_width - columns(ids), 0)
    return [Span("  "), look.mark(first.verdict), Span(f" {ids}{pad}   ", "strong"), Span(said)]


def _line_number(shown: Shown) -> str:
    finding = shown.outcome.finding
    if finding is not None and finding.what.startswith("line "):
        return ""  # it says so itself
    line = finding.where.rpartition(":")[2] if finding else ""
    return f" on line {line}" if line.isdigit() else ""


def in_full(group: Sequence[Shown], look: Look) -> Iterator[Line]:
    """The block of an exercise: verdict and place, the sentence, the values, the line of code, what helps."""
    first = group[0]
    finding = first.outcome.finding
    where = plain(finding.where) if finding else ""
    yield [
        Span("  "),
        look.mark(first.verdict),
        Span(f" {first.exercise.id}", "strong"),
        Span(f"   {state(first)}", STYLES[first.verdict]),
        Span(f"   {where}" if where else "", "quiet"),
    ]
    failing = [test for test in first.outcome.tests if test.verdict is not Verdict.RIGHT]
    test = first_to_show(failing) if failing else None
    yield from _finding(finding, test, look)
    if len(group) > 1:
        yield from _labelled(
            "also", "stops " + ", ".join(shown.exercise.name for shown in group[1:]), look, True
        )
    yield from _printed(first.printed, look)
    if look.verbosity > 0 and len(group) == 1:
        yield from _other_tests(finding, test, failing, look)
    elif len(failing) > 1 and len(group) == 1 and first.verdict is not Verdict.RULE_BROKEN:
        yield from _labelled("tests", f"{len(failing)} of {first.of} fail; pytest -v shows each", look, True)
    if look.verbosity > 1 and first.trace:
        yield from ([Span(f"      {line}", "quiet")] for line in paragraphs(first.trace))


def _finding(finding: Finding | None, test: TestOutcome | None, look: Look) -> Iterator[Line]:
    if finding is None:
        return
    lines = wrap(sentence(finding), look.width - 4)
    if look.verbosity <= 0 and len(lines) > SENTENCE_LINES:
        lines[SENTENCE_LINES - 1 :] = [
            " ".join(lines[SENTENCE_LINES - 1 :])
        ]  # too long: it is cut as any line is
    for line in lines:
        yield [Span("    "), Span(line)]
    if test is not None and test.verdict is Verdict.WRONG:
        yield from _labelled("checks", test.title, look, True)
    yield from _labelled("called", finding.called, look)
    yield from _values(finding, look)
    yield from _labelled("worst", finding.worst, look)
    yield from _labelled("differ", finding.differ, look)
    for at, line in enumerate(paragraphs(finding.source) if finding.source else ()):
        yield _label("code" if at == 0 else "", line)
    yield from _labelled("help", finding.help, look, True)


def _values(finding: Finding, look: Look) -> Iterator[Line]:
    yours, expected = plain(finding.yours), plain(finding.expected)
    both = f"{yours}      expected {expected}"
    if yours and expected and columns(both) + 6 + LABEL <= look.width:
        yield _label("yours", both)
        return
    yield from _labelled("yours", finding.yours, look)
    yield from _labelled("expected", finding.expected, look)


def _other_tests(
    finding: Finding | None, first: TestOutcome | None, failing: Sequence[TestOutcome], look: Look
) -> Iterator[Line]:
    said = [finding]
    for test in failing:
        if test is first or test.finding is None or test.finding in said:
            continue
        said.append(test.finding)
        yield ()
        yield from _finding(test.finding, test, look)


def _printed(text: str, look: Look) -> Iterator[Line]:
    """What the student's code printed: the end of it, or all of it under -v."""
    lines = paragraphs(text) if text.strip() else []
    kept = lines if look.verbosity > 0 else lines[-PRINTED_LINES:]
    if len(kept) < len(lines):
        cut = f"the last {len(kept)} of {len(lines)} lines; pytest -v shows all"
        yield from _labelled("printed", cut, look, True)
    for at, line in enumerate(kept):
        yield _label("printed" if at == 0 and len(kept) == len(lines) else "", line)


def _labelled(label: str, text: str, look: Look, wrapped: bool = False) -> Iterator[Line]:
    if not text:
        return
    pieces = wrap(plain(text), look.width - 6 - LABEL) if wrapped else [plain(text)]
    for at, piece in enumerate(pieces):
        yield _label(label if at == 0 else "", piece)


def _label(label: str, text: str, style: str = "") -> Line:
    return [Span("      "), Span(label.ljust(LABEL), "quiet"), Span(text, style)]
