"""Verdicts of a local run, where there is no reference at hand and no jail around the student's code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from grader.course.source import line_of
from grader.errors import RunStopped
from grader.examine.judge import judge, shown
from grader.examine.outcome import Verdict
from grader.examine.running import Ran
from grader.gradcheck.message import Finding
from grader.student.text import plain

# What a public test raises in its own lines when the student's result is not what it can compute with.
# `kata verify` has shown that the same lines hold on a right answer.
RESULT_IN_WRONG_FORM = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RuntimeError)
WRONG_FORM = Finding(
    what="the result has a form that the test cannot use",
    help="Look at what is returned, and where `return` stands.",
)


def settle(ran: Ran, sources: Mapping[str, str]) -> Ran:
    """The verdict of a local run: without a reference at hand, what broke a test is told by its kind."""
    error, finding = ran.error, ran.finding
    if ran.verdict is Verdict.GRADER_ERROR and error is not None and finding is not None:
        if isinstance(error, pytest.skip.Exception):
            skipped = Finding(what=f"this test is left out here: {plain(str(error))}")
            return replace(ran, verdict=Verdict.NOT_CHECKED, finding=skipped)
        called = any(report.when == "call" and report.failed for report in ran.reports)
        if called and isinstance(error, RESULT_IN_WRONG_FORM):
            saying = replace(WRONG_FORM, yours=f"{type(error).__name__}: {plain(str(error))}")
            return replace(ran, verdict=Verdict.WRONG, finding=saying)
    if isinstance(error, RunStopped) and finding is not None and not finding.where:
        return replace(ran, finding=_with_last_line(error, finding, sources))
    return ran


def _with_last_line(error: BaseException, finding: Finding, sources: Mapping[str, str]) -> Finding:
    """Where the student's code was when it was stopped."""
    trace, place = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in sources:
            place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if place is None:
        return finding
    file, line = place
    return replace(finding, where=f"{shown(file)}:{line}", source=line_of(sources[file], line))


def as_crash(error: BaseException, sources: Mapping[str, str]) -> BaseException:
    """What student code raised to end the run, as an ordinary error; what came from elsewhere as it is."""
    ordinary = type(type(error).__name__, (RuntimeError,), {})
    said = str(error) if has_text(error) else "its own text cannot be read"
    crash: BaseException = ordinary(said).with_traceback(error.__traceback__)
    _, finding = judge(crash, sources)
    return crash if finding.where else error


def has_text(error: BaseException) -> bool:
    """Whether the text of an exception can be had: a student's class may fail even there."""
    try:
        return isinstance(str(error), str)
    except Exception:
        return False


def unreadable_tests(text: str) -> tuple[Verdict, Finding]:
    """What it means when a test file of the course cannot be imported; text: pytest's report of it."""
    if "No module named 'torch'" in text:
        install = "pip install 'katagrad[torch]'"
        return Verdict.NOT_CHECKED, Finding(what=f"these tests need torch: {install}")
    last = next((line[1:].strip() for line in reversed(text.splitlines()) if line.startswith("E ")), "")
    return Verdict.GRADER_ERROR, Finding(
        what=f"the tests of this unit cannot be read: {last}",
        help="This is not your fault. Please report it.",
    )


def rewrite(report: pytest.TestReport, ran: Ran, finding: Finding | None) -> None:
    """Make pytest's own report say what happened: for exit codes, junit and --maxfail."""
    if ran.verdict is Verdict.NOT_CHECKED:
        return  # the test itself said that it cannot run here
    report.outcome = "failed"
    if hasattr(report, "wasxfail"):
        del report.wasxfail
    if ran.verdict is Verdict.GRADER_ERROR:
        return
    report.when = "call"  # a file that does not import is the student's failure, not an error of the set-up
    report.longrepr = summary(ran.verdict, finding)


def summary(verdict: Verdict, finding: Finding | None) -> str:
    """The few lines that a report file carries: verdict, what, where."""
    if finding is None:
        return str(verdict)
    parts: Sequence[tuple[str, Any]] = (
        ("", ": ".join(filter(None, [verdict, finding.what, finding.diagnosis]))),
        ("called   ", finding.called),
        ("yours    ", finding.yours),
        ("expected ", finding.expected),
        ("at ", finding.where),
    )
    return "\n".join(label + plain(text) for label, text in parts if text)
