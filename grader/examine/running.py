"""Runs one collected test against the student on the desk, and says what came of it.

Used by the student's own run and by the grader: the same verdict, whichever backend holds the code.
"""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from grader.errors import RunStopped
from grader.examine import bounded
from grader.examine.desk import DESK, is_property, sees_changes
from grader.examine.fixtures import is_redrawable
from grader.examine.judge import judge
from grader.examine.outcome import Verdict
from grader.gradcheck.diagnose import confirm
from grader.gradcheck.message import Finding

RAISED = pytest.StashKey[BaseException]()


@dataclass(frozen=True)
class Ran:
    """One run of one test. `reports` are pytest's own; `error` is what the test raised, if it did."""

    verdict: Verdict
    finding: Finding | None
    reports: Sequence[pytest.TestReport]
    error: BaseException | None = None

    @property
    def seconds(self) -> float:
        return sum(report.duration for report in self.reports)


class Recorder:
    """The plugin part that keeps what a test raised, RunStopped included: reports hold only text."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
        if call.excinfo is not None and RAISED not in item.stash:
            item.stash[RAISED] = call.excinfo.value
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        backend = item.config.stash[DESK].backend
        failed = True
        try:
            result = yield
            failed = False
        finally:
            backend.settle(failed)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        try:
            return (yield)
        except BaseException as error:
            if fixturedef.cached_result is None:
                # pytest keeps only an Exception; after anything else the fixture cannot be set up again.
                key = fixturedef.cache_key(request)  # type: ignore[arg-type]
                fixturedef.cached_result = (None, key, (error, error.__traceback__))
            raise


def run_test(item: pytest.Item, draw: int = 0, nextitem: pytest.Item | None = None) -> Ran:
    """Run a test once with the cases of one draw. RunStopped never leaves: it is a verdict."""
    desk = item.config.stash[DESK]
    if RAISED in item.stash:
        del item.stash[RAISED]
    desk.draw = draw
    if is_property(item):
        from grader.examine import properties  # noqa: PLC0415  a fifth of a second, of a numpy unit's one half

        properties.seed(item, desk)
    reports: Sequence[pytest.TestReport] = ()
    try:
        desk.backend.begin_test(sees_changes(item))
        with bounded.a_test():
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
    except (MemoryError, RunStopped) as between:  # two phases of the test
        item.stash[RAISED] = between
        with suppress(BaseException):
            item.session._setupstate.teardown_exact(None)
    finally:
        desk.draw = 0
    error = item.stash.get(RAISED, None)
    if error is not None:
        error = bounded.judged(error)
        return Ran(*judge(error, desk.backend.sources), reports, error)
    if any(report.skipped for report in reports) or any(hasattr(report, "wasxfail") for report in reports):
        finding = Finding(what="the test was skipped, which counts as not passed")
        return Ran(Verdict.CRASHED, finding, reports)
    return Ran(Verdict.RIGHT, None, reports)


def diagnose(item: pytest.Item, first: Ran, others: Sequence[Finding] = ()) -> Finding | None:
    """The finding of a failed test, with its cause named where an independent draw confirms it.

    A test with random cases is run again on another draw. A test with literal numbers has only one;
    there the findings of the exercise's other failed tests are the other draws, if other values are expected.
    """
    finding = first.finding
    if finding is None or first.verdict is not Verdict.WRONG or not finding.candidates:
        return finding
    if is_redrawable(item):
        again = run_test(item, draw=1).finding
        second = again.candidates if again is not None else ()
        # Plain tuples: another seed makes another draw, also where the answer is the same in both.
        return replace(finding, diagnosis=confirm([tuple(finding.candidates), tuple(second)]))
    for other in others:
        cause = confirm([finding.candidates, other.candidates])
        if cause:
            return replace(finding, diagnosis=cause)
    return finding
