"""pytest's reporter with the course's screen in place of dots, tracebacks and summaries.

Internal errors, usage errors and the sections of other plugins stay pytest's own.
"""

import sys
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from grader.examine.local import LocalBackend
from grader.student.block import Look
from grader.student.marks import Marks
from grader.student.runner import Runner
from grader.student.screen import screen
from grader.student.text import Line, paragraphs, plain
from grader.student.view import remember, view_of

MARKUP: dict[str, dict[str, bool]] = {
    "good": {"green": True},
    "bad": {"red": True},
    "waiting": {"yellow": True},
    "strange": {"purple": True},
    "strong": {"bold": True},
    "quiet": {"light": True},
}
_WITH_SCREEN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
STOPPED_BY_USER = "Stopped by Ctrl-C. What was checked before that stands above."


class StudentReporter(pytest.TerminalReporter):  # type: ignore[misc]  # final for type checkers only
    """Registered as "terminalreporter" while a released course is run.

    keep: remember the verdicts for the next run; not where another folder's files are tried
    """

    def __init__(
        self, config: pytest.Config, runner: Runner, backend: LocalBackend, marks: Marks, keep: bool
    ) -> None:
        super().__init__(config, sys.stdout)
        self._show_progress_info = False
        self.runner = runner
        self.backend = backend
        self.marks = marks
        self.keep = keep
        self.own: dict[str, str] = {}
        self.exited = ""
        self._done = 0

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    def pytest_collection(self) -> None:
        """Collecting takes no time worth a line."""

    def report_collect(self, final: bool = False) -> None:
        """Nor does its result: the screen counts exercises."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        lines = self.config.hook.pytest_report_collectionfinish(
            config=self.config, start_path=self.startpath, items=session.items
        )
        self._write_report_lines_from_hooks(lines)

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._done += 1
        if self._animated:
            name = plain(nodeid.rpartition("::")[2])[: self._tw.fullwidth // 2]
            self.rewrite(f"  checking {self._done} {name}", erase=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        category, _, _ = self.config.hook.pytest_report_teststatus(report=report, config=self.config)
        self._add_stats(category, [report])
        if report.nodeid not in self.runner.verdicts and (report.when == "call" or not report.passed):
            self.own[report.nodeid] = _own_result(report)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        exited = isinstance(excinfo.value, pytest.exit.Exception)
        self.exited = f"Stopped: {excinfo.value}" if exited else STOPPED_BY_USER

    def pytest_unconfigure(self) -> None:
        """What there was to say about an interrupt is said."""

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> Generator[None, None, None]:
        yield
        if self._animated:
            self.rewrite("", erase=True)
            self.write("\r")
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self.write_line("  No test was selected.")
            return
        if exitstatus in _WITH_SCREEN or self.exited:
            self.config.hook.pytest_terminal_summary(
                terminalreporter=self, exitstatus=exitstatus, config=self.config
            )
            self.show(self.exited or _stopped(session))

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self) -> Generator[None, None, None]:
        yield
        if self.verbosity > 1:
            self.summary_warnings()

    def show(self, stopped: str = "") -> None:
        """Print the screen of what was checked so far, and remember it."""
        view = view_of(self.runner, self.backend, self.own, stopped)
        self._write(screen(view, Look(self._tw.fullwidth, self.marks, self.verbosity)))
        if self.keep:
            remember(view.catalogue.root, view, self.backend.files)

    def show_and_give_up(self) -> None:
        """The screen of a run that has to be ended from outside; called in another thread."""
        capture = self.config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            capture.suspend_global_capture(in_=True)
        self.runner.give_up_on_running()
        self.show("This run was ended: the code above could not be stopped in any other way.")
        self.flush()

    @property
    def _animated(self) -> bool:
        quiet = self.verbosity < 0 or self.config.getoption("capture") == "no"
        return bool(self.isatty()) and self.hasmarkup and not quiet

    def _write(self, lines: Iterable[Line]) -> None:
        for line in lines:
            for span in line:
                self._tw.write(span.text, **MARKUP.get(span.style, {}))
            self._tw.line()


def _own_result(report: pytest.TestReport) -> str:
    """What failed in a test of the student's own; "" where it passed or was skipped."""
    if not report.failed:
        return ""
    crash: Any = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
    said = [str(crash).partition("\n")[0], *paragraphs(report.longreprtext)]
    return "\n".join(filter(None, said)) or "failed"


def _stopped(session: pytest.Session) -> str:
    why = session.shouldfail or session.shouldstop
    return f"Ended early, as -x or --maxfail asks: {why}" if why else ""
