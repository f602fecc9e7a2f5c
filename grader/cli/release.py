"""`kata release`: what students get, in the form in which they get it. One function for each form."""
# ruff: noqa: PLC0415

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from grader.cli.place import find_course
from grader.course.load import load_course


class Target(StrEnum):
    """What `--to` takes."""

    NBGRADER = "nbgrader"


class Wish(NamedTuple):
    """What is to be released: which units, and whether over what people changed."""

    unit_ids: list[str]
    force: bool


def release(
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="nbgrader: the folder of nbgrader's course.")
    ],
    *,
    to: Annotated[Target, typer.Option("--to", help="nbgrader: source notebooks.")],
    course: Annotated[
        Path | None,
        typer.Option("--course", help="course.yml, or its folder. Default: the nearest one above."),
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option("--unit", help="Only this unit; may be given again.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also over files that people changed since they were written.")
    ] = False,
) -> None:
    """Write what students get. Nothing of solutions, hidden tests, hints or the seed is in it.

    --to nbgrader: source notebooks with marked solutions, from which nbgrader makes the students' version.
    """
    _TO[to](find_course(course), place, Wish(unit or [], force))


def _nbgrader(course: Path, place: Path, wish: Wish) -> None:
    from grader.release.notebook_course import release_notebooks

    catalogue = load_course(course)
    units = catalogue.chosen(wish.unit_ids)
    changed = release_notebooks(catalogue, units, place, force=wish.force)
    for path in changed:
        typer.echo(f"wrote  {path}")
    if not changed:
        typer.echo("every file is up to date")
    typer.echo(f"next: nbgrader generate_assignment {units[0].folder} --course-dir {place}")


_TO: Mapping[Target, Callable[[Path, Path, Wish], None]] = {Target.NBGRADER: _nbgrader}
