"""Turns a pytest run into one of the course: its tests, its order, its limits, its screen."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from grader.course.catalogue import Catalogue
from grader.errors import KataError
from grader.examine import fixtures
from grader.examine.desk import Desk
from grader.examine.device import require
from grader.examine.local import LocalBackend
from grader.examine.running import Recorder
from grader.examine.seed import DEMO, Seed
from grader.student import marks
from grader.student.reporter import StudentReporter
from grader.student.runner import Runner
from grader.student.watchdog import Watchdog


def activate(config: pytest.Config, root: Path) -> None:
    """Register everything that a run of the course at `root` needs. UsageError where it cannot work."""
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("the course's tests run in one process: leave -n out")
    device = config.getoption("kata_device", "cpu")
    try:
        require(device)
        catalogue = Catalogue.released(root.resolve())
        backend = LocalBackend.of_folder(_folder(config, catalogue), catalogue)
    except KataError as error:
        raise pytest.UsageError(str(error)) from None
    except OSError as error:
        raise pytest.UsageError(f"{error.filename}: cannot be read: {error.strerror}") from None
    desk = Desk(catalogue, Seed(DEMO, demo=True), backend, device=device)
    fixtures.configure(config, desk)
    plugins = config.pluginmanager
    plugins.register(fixtures, "katagrad-fixtures")
    plugins.register(Recorder(), "katagrad-recorder")
    if config.option.collectonly:
        return
    config.option.continue_on_collection_errors = True  # a broken unit must not stop the others
    if config.option.tbstyle == "auto" and config.option.verbose < 1:
        config.option.tbstyle = "line"  # tracebacks that nobody sees cost 10 ms each
    reporter: StudentReporter | None = None
    watchdog = Watchdog(lambda: reporter.show_and_give_up() if reporter is not None else None)
    runner = Runner(config, desk, watchdog)
    plugins.register(runner, "katagrad-runner")
    plugins.register(_Session(watchdog, backend), "katagrad-session")
    if plugins.hasplugin("terminalreporter"):
        marks.make_safe(sys.stdout)
        chosen = marks.choose(getattr(sys.stdout, "encoding", None), os.environ)
        keep = config.getoption("kata_from") is None
        reporter = StudentReporter(config, runner, backend, chosen, keep)
        plugins.unregister(name="terminalreporter")
        plugins.register(reporter, "terminalreporter")


def _folder(config: pytest.Config, catalogue: Catalogue) -> Path:
    chosen = config.getoption("kata_from")
    if chosen is None:
        return catalogue.exercises_dir
    folder = Path(config.invocation_params.dir, chosen).resolve()
    if not folder.is_dir():
        raise pytest.UsageError(f"--kata-from {chosen}: there is no such folder")
    return folder


class _Session:
    """Watches Ctrl-C while tests run, and leaves nothing behind in this process."""

    def __init__(self, watchdog: Watchdog, backend: LocalBackend) -> None:
        self.watchdog, self.backend = watchdog, backend

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        self.watchdog.start()
        try:
            return (yield)
        finally:
            self.watchdog.stop()

    def pytest_unconfigure(self) -> None:
        self.backend.close()
