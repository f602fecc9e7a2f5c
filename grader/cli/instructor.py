"""`kata grade` and `kata seed`. What they need is imported when they run: the help must work without it."""
# ruff: noqa: PLC0415

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from grader.cli.clock import moment
from grader.cli.nbgrader import CourseFolder, Desk, places
from grader.cli.place import find_course
from grader.cli.stop import say_stopped, stoppable
from grader.errors import KataError, UsageError
from grader.examine.device import Device, require

if TYPE_CHECKING:
    from rich.console import Console

    from grader.gradebook.grades import GradedClass
    from grader.gradebook.session import Progress, Standing

GRADER_ERRORS = 3
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


CourseOption = Annotated[
    Path | None, typer.Option("--course", help="course.yml, or its folder. Default: the nearest one above.")
]

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="The time for feedback with dates (after_due, published). Default: now."),
]
GradebookOption = Annotated[
    str,
    typer.Option(
        "--gradebook",
        metavar="URL",
        help="nbgrader's database: a file of SQLite or a URL of PostgreSQL; none: do without. "
        "Default: gradebook.db among the results.",
    ),
]


class Sandbox(StrEnum):
    """What `--sandbox` takes. A weaker one than asked for is never used silently."""

    AUTO = "auto"
    NAMESPACES = "namespaces"
    USERNS = "userns"
    CONTAINER = "container"
    SECCOMP = "seccomp"


SubmissionsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SUBMISSIONS",
        help="A folder with one folder or archive for each student, named by the student's id.",
    ),
]
RosterOption = Annotated[
    Path | None,
    typer.Option("--roster", help="Who takes the course, as CSV. Default: roster.csv beside course.yml."),
]
SandboxOption = Annotated[
    Sandbox,
    typer.Option("--sandbox", help="How student code is jailed. auto: the strongest that works here."),
]
UnsafeOption = Annotated[
    bool, typer.Option("--unsafe", help="Run student code WITHOUT a jail. Only for code that you trust.")
]
WorkersOption = Annotated[int, typer.Option("--workers", min=0, help="Processes. 0: one for each core.")]
DeviceOption = Annotated[
    Device, typer.Option("--device", help="Where torch units put their tensors. cuda needs --unsafe.")
]
UnitOption = Annotated[list[str] | None, typer.Option("--unit", help="Only this unit; may be given again.")]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Grade everything again, also where nothing changed.")
]


def grade(
    submissions: SubmissionsArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where the results go. Made if need be, private.", show_default="grades"),
    ] = None,
    course: CourseOption = None,
    roster: RosterOption = None,
    sandbox: SandboxOption = Sandbox.AUTO,
    unsafe: UnsafeOption = False,
    workers: WorkersOption = 0,
    device: DeviceOption = Device.CPU,
    unit: UnitOption = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show who gained and lost what since the last run, and why.")
    ] = False,
    fresh: FreshOption = False,
    as_of: AsOfOption = None,
    gradebook: GradebookOption = "",
    nbgrader: CourseFolder = None,
) -> None:
    """Grade every submission: scores, feedback for each student, a gradebook.

    Where nothing changed, earlier results are reused. What was stopped goes on with the same command.
    Exit code 0: graded, whatever the scores; 3: graded, with grader errors; 2: could not be called like this.
    """
    handed_in, out = places(nbgrader, submissions, out, unit or []) if nbgrader else (submissions, out)
    out = out or Path("grades")
    check_places(handed_in, out)
    where = checked(sandbox, unsafe, workers, device)
    began = time.monotonic()
    how = How(
        unit or [],
        fresh=fresh,
        diff=diff,
        roster=roster,
        gradebook=checked_gradebook(gradebook),
        as_of=as_of,
        nbgrader=nbgrader,
    )
    with stoppable():
        graded = grade_submissions(submissions, out, course=course, where=where, how=how)
    _show(graded, out, time.monotonic() - began)
    if graded.grader_errors:
        raise typer.Exit(GRADER_ERRORS)


def seed(
    course: CourseOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the seed; the old one is kept beside it.")
    ] = False,
) -> None:
    """Make the course's secret seed, `.secret/seed` beside course.yml: it decides the hidden cases."""
    from grader.examine.seed import load_seed
    from grader.gradebook.disk import clear_errors, write_atomically

    file = find_course(course)
    root = file if file.is_dir() else file.parent
    if not (root / "course.yml").is_file():
        raise UsageError(f"{root} holds no course.yml", "Name the course: kata seed --course PATH.")
    path = root / ".secret" / "seed"
    if path.exists() and not force:
        raise UsageError(
            f"{path} exists: another seed means other hidden cases, and scores may change",
            "To replace it all the same: kata seed --force.",
        )
    with clear_errors(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.chmod(0o700)
        if path.exists():
            write_atomically(path.with_name("seed.before"), path.read_bytes())
        write_atomically(path.with_name(".gitignore"), b"*\n")
        write_atomically(path, secrets.token_hex(32).encode() + b"\n")
    print(f"{path} made (fingerprint {load_seed(root).fingerprint}). Keep a copy: it cannot be made again.")


def _show(graded: "GradedClass", out: Path, seconds: float) -> None:
    from grader.report.changes import print_changes
    from grader.report.terminal import print_report

    screen = console()
    print_report(graded, screen, seconds)
    if graded.changes is not None:
        print_changes(graded.changes, screen, out)


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


def check_places(submissions: Path, out: Path) -> None:
    """UsageError where nothing can be graded, or `out` lies among the submissions."""
    if sys.platform != "linux":
        raise UsageError("grading needs Linux", "Use a Linux machine, a Linux container, or WSL 2.")
    inside = out.resolve()
    if inside == submissions.resolve() or submissions.resolve() in inside.parents:
        raise UsageError(
            f"{out} lies in the folder of the submissions: it would be graded as one of them",
            "Choose a folder elsewhere: --out FOLDER.",
        )


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
    from grader.gradebook.rehearse import rehearse
    from grader.gradebook.session import grade_class
    from grader.report.files import report_files
    from grader.report.telling import asks_the_time

    now = moment(how.as_of)
    catalogue = load_course(find_course(course))
    roster = find_roster(catalogue.root, how.roster)
    notes = roster.notes if roster else ()
    desk = Desk(how.nbgrader, str(submissions), catalogue, roster) if how.nbgrader else None
    units = (desk.students.unit,) if desk else catalogue.chosen(how.unit_ids)
    seed = load_seed(catalogue.root)
    report = partial(report_files, now=now if asks_the_time(catalogue.course.feedback) else None)
    kept: list[Standing] = []
    try:
        students = desk.students if desk else OneByOne(class_entries(submissions, catalogue, roster=roster))
        with Pool(catalogue, seed, **where._asdict()) as pool, _progress(kept) as on_progress:
            if how.dry:
                return rehearse(
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
            graded = grade_class(
                catalogue,
                students,
                pool,
                out,
                seed=seed,
                units=units,
                extra_files=report,
                on_progress=on_progress,
                fresh=how.fresh,
                diff=how.diff,
                notes=notes,
                gradebook=desk.gradebook if desk and how.gradebook == "" else how.gradebook,
            )
        return desk.finish(graded) if desk else graded
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
