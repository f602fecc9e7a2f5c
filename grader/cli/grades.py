"""`kata erase` and `kata export`: what may become of a GRADES folder besides grading into it."""
# ruff: noqa: PLC0415

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.errors import UsageError


class Form(StrEnum):
    """What `kata export` writes."""

    PSEUDONYMOUS = "pseudonymous"


def erase(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="The id, as in gradebook.csv.")],
    out: Annotated[Path, typer.Option("--out", help="The folder of grades.")] = Path("grades"),
    gradebook: Annotated[
        str, typer.Option("--gradebook", metavar="URL", help="nbgrader's database, where it lies elsewhere.")
    ] = "",
) -> None:
    """Remove one person from the results: journal, tables, feedback, times, nbgrader's gradebook.

    Everybody else's stay.
    """
    from grader.gradebook.erase import erase
    from grader.gradebook.plain import printable

    _check_platform()
    erased = erase(out, student, gradebook)
    print(f"{printable(student)} is erased from {out}")
    for line in erased.removed:
        print(f"  {printable(line)}")
    for path in erased.left:
        print(f"  still there: {printable(str(path))} holds that id too; look at it, and remove it by hand")
    for place in erased.elsewhere:
        print(f"  still there: {printable(place)} may hold that id too: erase it again with --gradebook URL")
    print("  The submission and copies elsewhere are yours to remove: graded again, the student comes back.")


def export(
    form: Annotated[Form, typer.Argument(metavar="FORM", help="pseudonymous: nobody's name in it.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="The folder of grades.")] = Path("grades"),
    to: Annotated[Path, typer.Option("--to", help="A new folder for what is written.")],
) -> None:
    """Write the results for others. pseudonymous: tables and journal without ids, times and free text."""
    from grader.gradebook.pseudonyms import export_pseudonymous

    _check_platform()
    for path in export_pseudonymous(out, to):
        print(f"wrote  {path}")
    print(f"{form}: the key that turns ids into pseudonyms stays in {out}; never give it away")


def _check_platform() -> None:
    if sys.platform != "linux":
        raise UsageError("grades are kept on Linux", "Use a Linux machine, a Linux container, or WSL 2.")
