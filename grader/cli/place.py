"""Where the course is: as the command line says, or the nearest one."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from grader.errors import UsageError

CourseOption = Annotated[
    Path | None, typer.Option("--course", help="course.yml, or its folder. Default: the nearest one above.")
]


def find_course(named: Path | None) -> Path:
    """The course.yml that was named, or the nearest one: here or in a folder above. UsageError without.

    The path is absolute: grading processes and pytest compare paths with those of the course.
    """
    if named is not None:
        return named.resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "course.yml").is_file():
            return folder / "course.yml"
    raise UsageError(
        f"no course.yml in {here} or above it", "Go to the folder of the course, or name it: --course PATH."
    )


def check_platform(what: str = "grades are kept on Linux") -> None:
    """UsageError on another system. what: cannot be done there"""
    if sys.platform != "linux":
        raise UsageError(what, "Use a Linux machine, a Linux container, or WSL 2.")
