"""The student's commands: `kata` alone, `kata hint ID`, `kata reset ID`."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from grader.errors import UsageError
from grader.student import hints
from grader.student import overview as overviews
from grader.student import reset as resets
from grader.student.block import Look
from grader.student.marks import choose
from grader.student.place import find_course, find_exercise, find_unit
from grader.student.text import Line, plain

SHOWN_LOST = 12
_STYLES = {
    "good": "green",
    "bad": "red",
    "waiting": "yellow",
    "strange": "magenta",
    "strong": "bold",
    "quiet": "dim",
}


def overview() -> None:
    """Print the map and where to go on."""
    width = shutil.get_terminal_size().columns
    look = Look(width, choose(getattr(sys.stdout, "encoding", None), os.environ))
    _print(overviews.overview(find_course(Path.cwd()), look), width)


def hint(
    id: Annotated[str, typer.Argument(metavar="ID", help="The exercise, as in u01.central_difference.")],
) -> None:
    """Give the next hint for an exercise: three, from a nudge to almost the answer. They are free."""
    catalogue = find_course(Path.cwd())
    for line in hints.next_hint(catalogue.root, find_exercise(catalogue, id)).split("\n"):
        typer.echo(plain(line))


def reset(
    id: Annotated[str, typer.Argument(metavar="ID", help="The exercise, or a whole unit (u01).")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Put an exercise back to its stub. Says first what that undoes, and keeps a copy of the file."""
    catalogue = find_course(Path.cwd())
    unit = find_unit(catalogue, id)
    if unit is not None:
        name = f"unit {unit.id}"
        plan = resets.plan_unit(catalogue.root, unit)
    else:
        exercise = find_exercise(catalogue, id)
        unit, name = catalogue.unit(exercise.id), exercise.id
        plan = resets.plan_exercise(catalogue.root, unit, exercise)
    if plan is None:
        typer.echo(f"{name} is still as it came: there is nothing to undo.")
        return
    file = os.path.relpath(plan.file)
    _say_what_is_lost(name, file, plan)
    if not yes and not _agreed():
        typer.echo("Nothing was changed.")
        return
    backup = resets.carry_out(catalogue.root, unit, plan)
    typer.echo(f"{name} is its stub again.")
    if backup is not None:
        typer.echo(f"{plain(file)} as it was is kept: {plain(os.path.relpath(backup))}")


def _say_what_is_lost(name: str, file: str, plan: resets.Plan) -> None:
    if not plan.lost:
        typer.echo(f"{name}: {plain(file)} gets its stub back; nothing that you wrote is in its place.")
        return
    typer.echo(f"{name}: its stub comes back to {plain(file)}, and this goes:")
    for line in plan.lost[:SHOWN_LOST]:
        typer.echo(f"  - {plain(line)}")
    if len(plan.lost) > SHOWN_LOST:
        typer.echo(f"  and {len(plan.lost) - SHOWN_LOST} more lines")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody can answer here whether to go on", "To do it without a question: --yes.")
    return typer.confirm("Go on?", default=False)


def _print(lines: Iterable[Line], width: int) -> None:
    from rich.console import Console  # noqa: PLC0415  only this command prints in colour
    from rich.text import Text  # noqa: PLC0415

    console = Console(width=width, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((span.text, _STYLES.get(span.style, "")) for span in line)))
