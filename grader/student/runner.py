"""Runs the public tests of a student's session: in course order, within their time, with honest outcomes."""

import os
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from grader.course.model import Exercise
from grader.errors import RuleBroken
from grader.examine.desk import Desk
from grader.examine.fixtures import is_redrawable, title_of
from grader.examine.local import LocalBackend
from grader.examine.outcome import TestOutcome, Verdict
from grader.examine.running import Ran, diagnose, run_test
from grader.gradcheck.message import Finding
from grader.student.files import broken_rules
from grader.student.settle import as_crash, has_text, rewrite, settle, unreadable_tests
from grader.student.watchdog import Watchdog


@dataclass
class Exercised:
    """What the run has seen of one exercise so far. names: the node ids of all its tests, selected or not."""

    tests: list[TestOutcome] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    selected: int = 0
    seconds: float = 0.0
    printed: str = ""
    trace: str = ""


class Runner:
    """The part of the plugin that runs tests. Everything that the screen says is read from here."""

    def __init__(self, config: pytest.Config, desk: Desk, watchdog: Watchdog) -> None:
        self.config = config
        self.desk = desk
        self.watchdog = watchdog
        self.exercised: dict[str, Exercised] = {}
        self.failed: dict[str, tuple[Verdict, Finding]] = {}
        self.broken: Mapping[str, Finding] = {}
        self.verdicts: dict[str, Verdict] = {}  # by node id
        self.running: str = ""

    def exercise_of(self, item: pytest.Item | pytest.Collector) -> Exercise | None:
        """The exercise of a course test; None for tests that the student wrote."""
        marker = next(iter(item.iter_markers("exercise")), None)
        if marker is None or self.desk.catalogue.unit_of_folder(item.path.parent.name) is None:
            return None
        return next((e for e in self.desk.catalogue.exercises if e.id == marker.args[0]), None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path) -> None:
        """Before a test file is imported: only one that names Hypothesis waits a fifth of a second for it."""
        if b"hypothesis" in module_path.read_bytes():
            from grader.examine import properties  # noqa: PLC0415

            properties.configure()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        for node in report.result or ():
            exercise = self.exercise_of(node) if isinstance(node, pytest.Item) else None
            if exercise is not None:
                self.exercised.setdefault(exercise.id, Exercised()).names.add(node.nodeid)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        place = {exercise.id: at for at, exercise in enumerate(self.desk.catalogue.exercises)}

        def in_course_order(item: pytest.Item) -> int:
            exercise = self.exercise_of(item)
            return len(place) if exercise is None else place[exercise.id]

        items.sort(key=in_course_order)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            exercise = self.exercise_of(item)
            if exercise is not None:
                self.exercised[exercise.id].selected += 1
        backend = self.desk.backend
        if isinstance(backend, LocalBackend):
            selected = [id for id, seen in self.exercised.items() if seen.selected]
            self.broken = broken_rules(self.desk.catalogue, backend.files, backend.prefix, selected)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        exercise = self.exercise_of(item)
        if exercise is None:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self.running = exercise.id
        ran = settle(run_test(item, nextitem=nextitem), self.desk.backend.sources)
        if isinstance(ran.error, RuleBroken) and exercise.id in self.broken:
            ran = replace(ran, finding=self.broken[exercise.id])
        finding = ran.finding
        if ran.verdict is Verdict.WRONG and not self.config.getoption("usepdb"):
            finding = self._diagnose(item, ran)
        os.chdir(self.config.invocation_params.dir)  # student code may have gone elsewhere
        self._record(exercise, item, ran, finding)
        for report in ran.reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        self.running = ""
        return True

    @pytest.hookimpl(wrapper=True, trylast=True)  # innermost: other plugins tear down what they set up
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        exercise = self.exercise_of(item)
        if exercise is None:
            return (yield)
        if exercise.id in self.broken:
            raise RuleBroken("the code breaks a rule")  # nothing of it is run
        with self._watched(exercise):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        exercise = self.exercise_of(item)
        if exercise is None:
            return (yield)
        seen = self.exercised[exercise.id]
        began = time.process_time()
        try:
            with self._watched(exercise, seen.seconds):
                return (yield)
        finally:
            seen.seconds += time.process_time() - began

    @contextmanager
    def _watched(self, exercise: Exercise, used: float = 0.0) -> Iterator[None]:
        """Run student code within its time; what it raises to end the whole run becomes an ordinary error."""
        catalogue = self.desk.catalogue
        rules = catalogue.rules(exercise.id)
        try:
            with (
                self.watchdog.limit(catalogue.limits(exercise.id).seconds, used),
                _recording(allowed=rules is None or not rules.guarded),
            ):
                yield
        except (KeyboardInterrupt, pytest.exit.Exception) as error:
            if self.watchdog.interrupts.by_user:
                raise
            raise as_crash(error, self.desk.backend.sources) from None
        except Exception as error:
            if not has_text(error):
                raise as_crash(error, self.desk.backend.sources) from None
            raise
        finally:
            self.watchdog.disarm()  # once more: a TooSlow may have landed on the way into the first

    def pytest_enter_pdb(self) -> None:
        self.watchdog.disarm()  # whoever debugs takes the time it takes

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """To do is its own category; so are the other states that pytest does not know."""
        verdict = self.verdicts.get(report.nodeid)
        if verdict in (None, Verdict.RIGHT, Verdict.WRONG) or not report.failed or report.when != "call":
            return None
        word = str(verdict)
        return word.replace(" ", ""), word[0].upper(), word.upper()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test file of the course that cannot be read: no fault of the student's."""
        path = self.config.rootpath / report.nodeid.partition("::")[0]
        unit = self.desk.catalogue.unit_of_folder(path.parent.name)
        if not report.failed or unit is None or not _same(path, self.desk.catalogue.public_tests(unit)):
            return
        verdict, finding = unreadable_tests(report.longreprtext)
        for exercise in unit.exercises:
            test = TestOutcome(path.stem, "", True, 1.0, verdict, finding)
            self.exercised[exercise.id] = Exercised([test], {report.nodeid}, 1, trace=report.longreprtext)

    def give_up_on_running(self) -> None:
        """Record that the exercise that runs now could not be stopped."""
        seen = self.exercised.get(self.running)
        if seen is not None:
            finding = Finding(
                what="it went on when it was told to stop", help="Look for a loop that never ends."
            )
            seen.tests.append(TestOutcome("", "", True, 1.0, Verdict.TOO_SLOW, finding))

    def _diagnose(self, item: pytest.Item, ran: Ran) -> Finding | None:
        finding = diagnose(item, ran)
        if finding is not None and not finding.diagnosis and is_redrawable(item):
            return replace(finding, candidates=())  # another draw did not confirm them
        return finding

    def _record(self, exercise: Exercise, item: pytest.Item, ran: Ran, finding: Finding | None) -> None:
        seen = self.exercised[exercise.id]
        self.verdicts[item.nodeid] = ran.verdict
        outcome = TestOutcome(
            name=f"{item.path.stem}::{item.name}",
            title=title_of(item),
            public=True,
            share=1.0,
            verdict=ran.verdict,
            finding=finding,
            seconds=ran.seconds,
        )
        seen.tests.append(outcome)
        if ran.verdict is Verdict.RIGHT:
            return
        broken = next((report for report in ran.reports if not report.passed), ran.reports[-1])
        if broken.when == "setup" and finding is not None:
            unit = self.desk.unit_of(item)
            if unit.module in getattr(self.desk.backend, "failed", {}):
                self.failed.setdefault(unit.id, (ran.verdict, finding))
        if not seen.printed:
            seen.printed = ran.reports[-1].capstdout  # reports repeat the sections of those before
        if ran.verdict is Verdict.GRADER_ERROR and not seen.trace:
            seen.trace = broken.longreprtext
        rewrite(broken, ran, finding)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


@contextmanager
def _recording(*, allowed: bool) -> Iterator[None]:
    """Where the unit's rules forbid autograd, torch records nothing, as in the grader's workers."""
    torch = sys.modules.get("torch")
    if allowed or torch is None:
        yield
        return
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        yield
    finally:
        torch.set_grad_enabled(before)
