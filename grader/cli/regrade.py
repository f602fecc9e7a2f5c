"""`kata regrade`: grade again, and list who gained and lost what. What it needs is imported when it runs."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

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


def regrade(
    submissions: SubmissionsArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The folder of grades, of an earlier run.", show_default=GRADES),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="List every exercise that changed, not one line a student.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show it: nothing in the folder of grades changes.")
    ] = False,
    course: CourseOption = None,
    roster: RosterOption = None,
    sandbox: SandboxOption = Sandbox.AUTO,
    unsafe: UnsafeOption = False,
    workers: WorkersOption = 0,
    device: DeviceOption = Device.CPU,
    unit: UnitOption = None,
    fresh: FreshOption = False,
    as_of: AsOfOption = None,
    gradebook: GradebookOption = "",
    nbgrader: CourseFolder = None,
) -> None:
    """Grade again after tests, dates or submissions changed: who gained and lost what, and why.

    Exit code 0: graded, whatever the scores; 3: graded, with grader errors; 2: could not be called like this.
    """
    from grader.gradebook.folder import open_gradebook
    from grader.report.regrade import print_regrade

    out = destination(submissions, out, unit or [], nbgrader)
    where = checked(sandbox, unsafe, workers, device)
    with open_gradebook(out):
        pass  # there is one, and nobody writes into it
    how = How(
        unit or [],
        fresh=fresh,
        diff=True,
        roster=roster,
        dry=dry_run,
        gradebook=checked_gradebook(gradebook),
        as_of=as_of,
        nbgrader=nbgrader,
    )
    with stoppable():
        graded = grade_submissions(submissions, out, course=course, where=where, how=how)
    print_regrade(graded, console(), out, each_exercise=diff, dry=dry_run)
    if graded.grader_errors:
        raise typer.Exit(GRADER_ERRORS)
