"""`kata new`: the pattern of an exercise or a unit, for its author to fill in."""
# ruff: noqa: PLC0415

from enum import StrEnum
from typing import Annotated

import typer

from grader.cli.place import CourseOption, find_course
from grader.errors import UsageError


class Flavour(StrEnum):
    """What the files of a unit may import."""

    NUMPY = "numpy"
    TORCH = "torch"


def new(
    what: Annotated[str, typer.Argument(metavar="EXERCISE|UNIT", help="Like u05.my_exercise, or u13_name.")],
    *,
    title: Annotated[str, typer.Option(help="What it is called.")] = "",
    symbol: Annotated[
        list[str] | None, typer.Option(help="What the student writes (repeatable): f, or Class.method.")
    ] = None,
    needs: Annotated[
        list[str] | None, typer.Option(help="The id of an exercise that it builds on (repeatable).")
    ] = None,
    points: Annotated[float, typer.Option(min=0.01, help="What it is worth.")] = 1,
    after: Annotated[str, typer.Option(help="The exercise that it follows. Default: the last one.")] = "",
    flavour: Annotated[Flavour, typer.Option(help="Of a new unit: numpy or torch.")] = Flavour.NUMPY,
    course: CourseOption = None,
) -> None:
    """Lay down a new exercise, or announce a new unit, with placeholders for all that is to be written.

    Nothing that exists is overwritten. kata verify EXERCISE then says what is still to write.
    """
    from grader.examine.judge import shown
    from grader.release.new import described, new_exercise, new_unit

    file = find_course(course)
    file = file / "course.yml" if file.is_dir() else file
    if "." not in what:
        if symbol or needs or after:
            raise UsageError("--symbol, --needs and --after are for exercises", "Write its id like u05.name.")
        written, then = new_unit(file, what, title, flavour.value), f"kata new {what[:3]}.NAME"
    else:
        exercise = described(what, symbol or (), needs or (), points)
        written, then = new_exercise(file, exercise, after, title), f"kata verify {what}"
    for path in written:
        typer.echo(f"wrote  {shown(str(path))}")
    typer.echo(f"next   {then}")
