"""Starts the one pytest session of a grading process, held away from every outside influence."""

import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from grader.course.catalogue import Catalogue
from grader.errors import CourseError
from grader.examine import fixtures, properties
from grader.examine.checks import importable
from grader.examine.desk import Desk, ExamBackend
from grader.examine.device import Device
from grader.examine.examiner import Examiner, ExaminerPlugin
from grader.examine.local import LocalBackend
from grader.examine.running import Recorder
from grader.examine.seed import Seed

INSTALL_TORCH = "Install it: pip install -c constraints.txt 'katagrad[torch]'."
UNUSED = (
    *("cacheprovider", "terminal", "logging", "junitxml", "doctest", "unittest", "faulthandler", "warnings"),
    *("unraisableexception", "threadexception", "stepwise"),
)
OPTIONS = (
    *("--import-mode=importlib", "--assert=plain", "--noconftest", "--capture=no", "--strict-markers"),
    *(option for name in UNUSED for option in ("-p", f"no:{name}")),
)


class _Configure:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def pytest_configure(self, config: pytest.Config) -> None:
        fixtures.configure(config, self.desk)
        properties.configure()
        config.option.tbstyle = (
            "no"  # tracebacks as text, which nobody reads here, cost most of a failed test
        )


def run_session(
    catalogue: Catalogue,
    seed: Seed,
    backend: ExamBackend,
    serve: Callable[[Examiner], None],
    device: str = Device.CPU,
    *,
    units: Collection[str] = (),
) -> None:
    """Collect the course's tests and call `serve` with an Examiner; `backend` is ended afterwards.

    units: the ids of those whose tests are collected, all where none is named
    CourseError where the tests do not import.
    """
    reference = LocalBackend.of_folder(catalogue.solutions_dir, catalogue, isolated=True)
    desk = Desk(catalogue, seed, backend, reference, device=device)
    plugin = ExaminerPlugin(desk, backend, serve)
    asked = [unit for unit in catalogue.units if not units or unit.id in units]
    paths = [
        str(path)
        for unit in asked
        for path in (*catalogue.hidden_tests(unit), catalogue.public_tests(unit))
        if path.is_file()
    ]
    if not paths:
        raise CourseError("the course has no tests", "Write test_hidden_*.py and test_*.py for its units.")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    with tempfile.TemporaryDirectory(prefix="katagrad-") as empty:
        ini = Path(empty) / "pytest.ini"
        ini.write_text("[pytest]\n", encoding="utf-8")
        checks = [path for unit in catalogue.units for path in catalogue.checks(unit)]
        try:
            with importable(checks):
                code = pytest.main(
                    ["-c", str(ini), f"--rootdir={catalogue.root}", *OPTIONS, *paths],
                    plugins=[fixtures, _Configure(desk), Recorder(), plugin],
                )
        finally:
            backend.end()
    if any("No module named 'torch'" in text for text in plugin.broken):
        raise CourseError("the course has units in torch, and torch is not installed", INSTALL_TORCH)
    if plugin.broken:
        raise CourseError("the course's tests cannot be imported:\n" + "\n".join(plugin.broken))
    if plugin.mistake is not None:
        raise plugin.mistake
    if code not in (0, 5):
        raise CourseError(f"pytest ended with code {int(code)} before any student was examined")
