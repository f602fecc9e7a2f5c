"""The options that `kata grade` and `kata regrade` share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.examine.device import Device

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
CourseFolder = Annotated[
    Path | None,
    typer.Option(
        "--nbgrader",
        metavar="COURSE",
        help="nbgrader's course folder. SUBMISSIONS is then the assignment: u01_slopes.",
    ),
]
