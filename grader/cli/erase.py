"""`kata erase`: one person is removed from a folder of grades. What it needs is imported when it runs."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.place import check_platform


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

    check_platform()
    erased = erase(out, student, gradebook)
    print(f"{printable(student)} is erased from {out}")
    for line in erased.removed:
        print(f"  {printable(line)}")
    for path in erased.left:
        print(f"  still there: {printable(str(path))} holds that id too; look at it, and remove it by hand")
    for place in erased.elsewhere:
        print(f"  still there: {printable(place)} may hold that id too: erase it again with --gradebook URL")
    print("  The submission and copies elsewhere are yours to remove: graded again, the student comes back.")
