"""`kata grade`: from a folder of submissions to scores, feedback and a gradebook."""
# ruff: noqa: PLC0415

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.grading import (
    GRADER_ERRORS,
    GRADES,
    How,
    checked,
    checked_gradebook,
    console,
    destination,
    grade_submissions,
)
from grader.cli.options import (
    AsOfOption,
    CourseFolder,
    DeviceOption,
    FreshOption,
    GradebookOption,
    RosterOption,
    Sandbox,
    SandboxOption,
    SubmissionsArgument,
    UnitOption,
    UnsafeOption,
    WorkersOption,
)
from grader.cli.place import CourseOption
from grader.cli.stop import stoppable
from grader.examine.device import Device

if TYPE_CHECKING:
    from grader.gradebook.grades import GradedClass


def grade(
    submissions: SubmissionsArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where the results go. Made if need be, private.", show_default=GRADES),
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
    out = destination(submissions, out, unit or [], nbgrader)
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


def _show(graded: "GradedClass", out: Path, seconds: float) -> None:
    from grader.gradebook.totals import total_changes
    from grader.report.changes import print_changes
    from grader.report.terminal import print_report

    screen = console()
    print_report(graded, screen, seconds)
    if graded.changes is not None:
        print_changes(graded.changes, total_changes(graded, graded.changes), screen, out)
