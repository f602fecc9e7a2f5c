"""Runs the public tests of one exercise on what lives in a notebook; says what `pytest exercises/` says."""

import math
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from grader.course.assignment import NotebookCourse
from grader.course.model import Exercise, Unit
from grader.errors import KataError
from grader.examine import fixtures
from grader.examine.desk import Desk
from grader.examine.local import LocalBackend
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.examine.running import Recorder
from grader.examine.seed import DEMO, Seed
from grader.gradcheck.message import Finding
from grader.student.block import Look, in_full
from grader.student.cells import Cells
from grader.student.closing import HIDDEN_DECIDE
from grader.student.files import Code
from grader.student.marks import UNICODE
from grader.student.results import Tested, sum_up
from grader.student.runner import Runner
from grader.student.shown import Shown
from grader.student.text import Line, wrap
from grader.student.watchdog import Watchdog

LOOK = Look(width=84, marks=UNICODE, verbosity=1)  # as wide as `nbgrader validate` shows, and nothing is cut
UNUSED = (
    "cacheprovider",
    "terminal",
    "logging",
    "junitxml",
    "doctest",
    "unittest",
    "faulthandler",
    "stepwise",
)
OPTIONS = (
    *("--disable-plugin-autoload", "--import-mode=importlib", "--noconftest", "--strict-markers"),
    *("--capture=sys", "-c", os.devnull, "-p", "no:unraisableexception", "-p", "no:threadexception"),
    *(option for name in UNUSED for option in ("-p", f"no:{name}")),
)
RUN_FIRST = "Run the cell that defines it, or all cells from the top."


class NotRight(AssertionError):
    """An exercise is not right. Its lines are all that a notebook shows of it: no traceback."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback."""
        return self.lines


def check_exercise(course: NotebookCourse, shell: Any, id: str) -> list[str]:
    """The lines to print for an exercise that is right. Raises NotRight where it is not.

    KeyboardInterrupt where the user interrupted it. KataError for an id that is not of this notebook.
    """
    exercise, unit = course.exercise(id), course.own_unit
    if exercise.unit_id != unit.id:
        raise KataError(f"{id} is not an exercise of {unit.name}.ipynb", f"It is checked in {unit.id}'s own.")
    cells = Cells(shell)
    shown = _tested(course, exercise, shell, cells)
    lost = "" if shown.right else _lost(exercise, shell.user_ns)
    if lost:
        finding = Finding(what=f"`{lost}` is not defined", help=RUN_FIRST)
        raise NotRight(_block(Shown(exercise, ExerciseOutcome(id, Verdict.CRASHED, (), finding), 0)))
    if not shown.right:
        raise NotRight(_block(_placed(shown, cells, unit)))
    public = f"{len(shown.outcome.tests)} public {'test passes' if shown.of == 1 else 'tests pass'}"
    return [f"{UNICODE.of[Verdict.RIGHT]} {id}   right: {public}", *wrap(HIDDEN_DECIDE, LOOK.width)]


class _Backend(LocalBackend):
    """The notebook's own names in the place of its unit's module."""

    def __init__(self, course: NotebookCourse, shell: Any, cells: Cells) -> None:
        super().__init__({course.own_unit.file: cells.text})
        self._cells = cells
        self._module = shell.user_module

    @property
    def sources(self) -> Any:
        return self._cells.sources

    def open(self, unit: Unit) -> Any:
        return self._module


class _Session:
    """The plugin of one check: only the tests of one exercise are run, and Ctrl-C is told apart."""

    def __init__(self, desk: Desk, exercise: Exercise) -> None:
        self.desk, self.exercise = desk, exercise
        self.runner: Runner | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        fixtures.configure(config, self.desk)
        config.option.tbstyle = "line"
        self.runner = Runner(config, self.desk, _watchdog())
        for plugin in (fixtures, Recorder(), self.runner):
            config.pluginmanager.register(plugin)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        assert self.runner is not None
        items[:] = [item for item in items if self.runner.exercise_of(item) is self.exercise]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        _watchdog().start()
        try:
            return (yield)
        finally:
            _watchdog().stop()


@cache
def _watchdog() -> Watchdog:
    """One for the whole notebook, which it never ends: its names would be lost."""
    return Watchdog(lambda: None, patience=math.inf)


def _tested(course: NotebookCourse, exercise: Exercise, shell: Any, cells: Cells) -> Shown:
    unit = course.own_unit
    backend = _Backend(course, shell, cells)
    session = _Session(Desk(course, Seed(DEMO, demo=True), backend), exercise)
    options = [*OPTIONS, f"--rootdir={course.root}", str(course.public_tests(unit))]
    before = sys.modules.get(unit.module)
    try:
        code = pytest.main(options, plugins=[session])
    finally:
        if before is None:
            sys.modules.pop(unit.module, None)
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    runner = session.runner
    seen = runner.exercised.get(exercise.id) if runner else None
    if runner is None or seen is None or not seen.tests:
        file = course.public_tests(unit)
        raise KataError(f"{file} has no test of {exercise.id}", "Fetch the assignment again.")
    code_of = Code.of(course, backend.files, "", runner.failed)
    known = {other.id: False for other in unit.exercises if code_of.untouched(unit, other)}
    tested = {exercise.id: Tested(seen.tests, len(seen.names), seen.printed, seen.trace)}
    return sum_up(course, tested, code_of, known)[exercise.id]


def _lost(exercise: Exercise, names: dict[str, Any]) -> str:
    """The first symbol of the exercise that the notebook does not have, or ""."""
    for symbol in exercise.symbols:
        outer, _, inner = symbol.partition(".")
        if outer not in names or (inner and not hasattr(names[outer], inner)):
            return symbol
    return ""


def _placed(shown: Shown, cells: Cells, unit: Unit) -> Shown:
    """The same, with places in cells instead of lines of a file."""

    def placed(finding: Finding | None) -> Finding | None:
        return finding and cells.placed(finding, unit.file)

    outcome = shown.outcome
    tests = tuple(replace(test, finding=placed(test.finding)) for test in outcome.tests)
    return replace(shown, outcome=replace(outcome, tests=tests, finding=placed(outcome.finding)))


def _block(shown: Shown) -> list[str]:
    if shown.verdict is Verdict.TODO and shown.outcome.finding is None:
        title = f"{shown.exercise.title} · {shown.exercise.minutes} minutes"
        return [f"{UNICODE.of[Verdict.TODO]} {shown.exercise.id}   to do", f"  {title}"]
    return list(_plain(in_full([shown], LOOK)))


def _plain(lines: Iterator[Line]) -> Iterator[str]:
    """Lines without styles, and without the margin that the terminal's have."""
    for line in lines:
        yield "".join(span.text for span in line).removeprefix("  ")
