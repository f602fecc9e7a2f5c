"""Grading a class, for `kata grade` and `kata regrade`.

What it needs is imported when it runs: the help must work without it.
"""
# ruff: noqa: PLC0415

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from grader.cli.clock import moment
from grader.cli.nbgrader import Desk, latest_only, places
from grader.cli.options import Sandbox
from grader.cli.place import check_platform, find_course
from grader.cli.stop import say_stopped
from grader.errors import KataError, UsageError
from grader.examine.device import Device, require

if TYPE_CHECKING:
    from rich.console import Console

    from grader.gradebook.grades import GradedClass
    from grader.gradebook.session import Progress, Standing

GRADER_ERRORS = 3
GRADES = "grades"
NO_GRADEBOOK = "none"
_PLAIN_WIDTH = 100  # of a report that goes into a file or a pipe


class Where(NamedTuple):
    """How the grading processes run: options of the Pool."""

    rung: str
    workers: int
    device: Device


class How(NamedTuple):
    """What of a class is graded.

    gradebook: nbgrader's database; "" among the results, None: do without
    nbgrader: its course folder, where that is what is graded
    """

    unit_ids: list[str]
    fresh: bool = False
    diff: bool = False
    roster: Path | None = None
    dry: bool = False
    gradebook: str | None = ""
    as_of: str | None = None
    nbgrader: Path | None = None


def console() -> "Console":
    """Where reports are printed: as wide as the terminal, or so that a file can be read."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(width=width, highlight=False, emoji=False)


def checked(sandbox: Sandbox, unsafe: bool, workers: int, device: Device) -> Where:
    """How the grading processes run. UsageError for options that contradict each other."""
    if unsafe and sandbox is not Sandbox.AUTO:
        raise UsageError("--unsafe and --sandbox contradict each other", "Give one of them.")
    _check_device(device, unsafe=unsafe)
    return Where("unsafe" if unsafe else sandbox.value, workers, device)


def destination(submissions: Path, out: Path | None, unit_ids: list[str], nbgrader: Path | None) -> Path:
    """The folder of grades. UsageError where nothing can be graded, or it lies among the submissions."""
    check_platform("grading needs Linux")
    if nbgrader is not None:
        submissions, out = places(nbgrader, submissions, out, unit_ids)
    out = out or Path(GRADES)
    inside = out.resolve()
    if inside == submissions.resolve() or submissions.resolve() in inside.parents:
        raise UsageError(
            f"{out} lies in the folder of the submissions: it would be graded as one of them",
            "Choose a folder elsewhere: --out FOLDER.",
        )
    return out


def _check_device(device: Device, *, unsafe: bool) -> None:
    require(device)
    if device is not Device.CPU and not unsafe:
        raise UsageError(
            f"--device {device} grades without a jail: a jailed worker cannot open the device files of a GPU",
            "Leave --device out, or, only for code that you trust, add --unsafe.",
        )


def checked_gradebook(url: str) -> str | None:
    """None for none. UsageError at once for what can be no database: not after an hour of grading."""
    if url and url != NO_GRADEBOOK:
        from grader.gradebook import nbstore

        nbstore.require(url)
    return None if url == NO_GRADEBOOK else url


def grade_submissions(
    submissions: Path, out: Path, *, course: Path | None, where: Where, how: How
) -> "GradedClass":
    """Grade a folder of submissions into `out`; Ctrl-C and errors say what was kept."""
    from grader.collect.folder import OneByOne, class_entries
    from grader.collect.rosterfile import find_roster
    from grader.course.load import load_course
    from grader.engine.pool import Pool
    from grader.examine.seed import load_seed
    from grader.gradebook.grades import GradedClass
    from grader.gradebook.rehearse import rehearse
    from grader.gradebook.session import grade_class
    from grader.report.files import report_files
    from grader.report.telling import asks_the_time

    now = moment(how.as_of)
    catalogue = load_course(find_course(course))
    if how.nbgrader:
        catalogue = latest_only(catalogue)
    roster = find_roster(catalogue.root, how.roster)
    notes = roster.notes if roster else ()
    desk = Desk(how.nbgrader, str(submissions), catalogue, roster) if how.nbgrader else None
    units = (desk.students.unit,) if desk else catalogue.chosen(how.unit_ids)
    seed = load_seed(catalogue.root)
    report = partial(report_files, now=now if asks_the_time(catalogue.course.feedback) else None)
    kept: list[Standing] = []
    try:
        students = desk.students if desk else OneByOne(class_entries(submissions, catalogue, roster=roster))
        grading: Callable[..., GradedClass] = rehearse
        if not how.dry:
            url = desk.gradebook if desk and how.gradebook == "" else how.gradebook
            grading = partial(grade_class, extra_files=report, diff=how.diff, gradebook=url)
        with Pool(catalogue, seed, **where._asdict()) as pool, _progress(kept) as on_progress:
            graded = grading(
                catalogue,
                students,
                pool,
                out,
                seed=seed,
                units=units,
                on_progress=on_progress,
                fresh=how.fresh,
                notes=notes,
            )
        return desk.finish(graded) if desk and not how.dry else graded
    except KeyboardInterrupt as stop:
        raise typer.Exit(say_stopped(stop, _stopped(kept, out, how))) from None
    except KataError as error:
        error.help = "\n".join(filter(None, [error.help, _kept(kept, out) if kept and not how.dry else ""]))
        raise


def _stopped(kept: "list[Standing]", out: Path, how: How) -> str:
    if how.dry:
        return "Nothing was written: it was a dry run."
    goes_on = "\n  The same command goes on where it stopped."
    return _kept(kept, out) + goes_on if kept else "Nothing was graded yet."


def _kept(kept: "list[Standing]", out: Path) -> str:
    """How far the run came. Not called before it began."""
    from grader.gradebook.plain import count

    done, students, results = kept[-1]
    new = f"; {count(results, 'new result')}, kept in {out / 'journal.jsonl'}" if results else ""
    return f"{done} of {count(students, 'student')} done{new}."


@contextmanager
def _progress(kept: "list[Standing]") -> "Iterator[Progress]":
    """A bar with the time left on stderr, where that is a terminal; `kept` gets the standing in any case."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("grading", total=None)

        def report(standing: "Standing") -> None:
            kept[:] = [standing]
            bar.update(task, completed=standing.done, total=standing.students)

        yield report
