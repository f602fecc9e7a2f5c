"""`kata release`: what students get, in the form in which they get it."""
# ruff: noqa: PLC0415

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.place import CourseOption, find_course
from grader.course.load import load_course
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.catalogue import Catalogue
    from grader.release.handout import Handout, Manifest


class Target(StrEnum):
    """What `kata release` makes."""

    FOLDER = "folder"
    ZIP = "zip"
    GIT = "git"
    NBGRADER = "nbgrader"


def release(
    dest: Annotated[
        Path,
        typer.Argument(metavar="DEST", help="A new place, or an earlier release; or nbgrader's course."),
    ],
    *,
    to: Annotated[Target, typer.Option(help="What DEST is.")],
    unit: Annotated[
        list[str] | None, typer.Option(help="Release this unit (repeatable). Without it: all units.")
    ] = None,
    course: CourseOption = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="nbgrader: also over notebooks that people have changed."),
    ] = False,
) -> None:
    """Make the hand-out: exercises, katagrad itself, and how to begin. Nothing secret is in it.

    Later releases to the same place add units; what was handed out stays. Files that somebody has changed
    are never overwritten. nbgrader gets source notebooks, with solutions that it takes out for students.
    """
    if force and to is not Target.NBGRADER:
        raise UsageError("--force goes with --to nbgrader", "Move what was changed out of the way instead.")
    catalogue = load_course(find_course(course))
    make = partial(_nbgrader, force=force) if to is Target.NBGRADER else TARGETS[to]
    for line in make(catalogue, dest, unit or ()):
        typer.echo(line)


def _folder(catalogue: "Catalogue", dest: Path, units: Sequence[str]) -> Iterable[str]:
    from grader.release import handout_folder

    before = handout_folder.handed_out(dest, catalogue)
    handout = _handout(catalogue, before, units)
    return [_head(handout, dest), *handout_folder.write(handout, dest, before).lines]


def _zip(catalogue: "Catalogue", dest: Path, units: Sequence[str]) -> Iterable[str]:
    from grader.release import handout_zip

    before = handout_zip.handed_out(dest, catalogue)
    handout = _handout(catalogue, before, units)
    return [_head(handout, dest), *handout_zip.write(handout, dest, before).lines]


def _git(catalogue: "Catalogue", dest: Path, units: Sequence[str]) -> Iterable[str]:
    from grader.release import handout_git

    before = handout_git.handed_out(dest, catalogue)
    handout = _handout(catalogue, before, units)
    return [_head(handout, dest), *handout_git.write(handout, dest, before).lines]


def _nbgrader(
    catalogue: "Catalogue", dest: Path, units: Sequence[str], *, force: bool = False
) -> Iterable[str]:
    from grader.release.notebook_course import release_notebooks

    chosen = catalogue.chosen(units)
    changed = release_notebooks(catalogue, chosen, dest, force=force)
    yield from (f"wrote  {path}" for path in changed)
    if not changed:
        yield "every file is up to date"
    yield f"next: nbgrader generate_assignment {chosen[0].folder} --course-dir {dest}"


def _handout(catalogue: "Catalogue", before: "Manifest | None", units: Sequence[str]) -> "Handout":
    """What is to be handed out, once it is proven to give nothing away."""
    from grader.examine.seed import load_seed
    from grader.release.handout import make, together
    from grader.release.wheel import make_wheel
    from grader.verify.handout import check

    handout = make(catalogue, together(catalogue, before, units), make_wheel())
    check(catalogue, load_seed(catalogue.root), handout.files)
    return handout


def _head(handout: "Handout", dest: Path) -> str:
    ids = ", ".join(handout.manifest.units)
    return f"released  {dest}  {ids} in {len(handout.files)} files; no solution, hidden test or seed is in it"


TARGETS: dict[Target, Callable[["Catalogue", Path, Sequence[str]], Iterable[str]]] = {
    Target.FOLDER: _folder,
    Target.ZIP: _zip,
    Target.GIT: _git,
}
