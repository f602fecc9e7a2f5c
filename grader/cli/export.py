"""`kata export`: the results for others. What it needs is imported when it runs."""
# ruff: noqa: PLC0415

import sys
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.forms import (
    PRINTED,
    ColumnsOption,
    CourseOption,
    Form,
    LateOption,
    Long,
    MissingOption,
    Options,
    Pip,
    PointsRow,
    RosterFrom,
    SuitesOption,
    Title,
    Unit,
    VisibilityOption,
    Wide,
    check_options,
    of_class,
    printed,
    write_gradescope,
)
from grader.cli.place import check_platform
from grader.errors import UsageError


def export(
    form: Annotated[Form, typer.Argument(metavar="FORM", help=", ".join(Form))],
    *,
    out: Annotated[Path, typer.Option("--out", help="The folder of grades.")] = Path("grades"),
    to: Annotated[
        Path | None, typer.Option("--to", help="The file, or the new folder, that is written.")
    ] = None,
    wide: Wide = None,
    long: Long = None,
    roster_from: RosterFrom = None,
    columns: ColumnsOption = None,
    missing: MissingOption = None,
    title: Title = None,
    points_row: PointsRow = None,
    suites: SuitesOption = None,
    course: CourseOption = None,
    unit: Unit = None,
    late: LateOption = None,
    visibility: VisibilityOption = None,
    pip: Pip = None,
) -> None:
    """Write the results for others.

    pseudonymous: tables and journal without ids, times and free text. json, csv, canvas, junit: the class.
    schema: the JSON Schema of gradebook.json. gradescope: an autograder for it, PRIVATE: it holds the
    solutions and the seed. github-classroom, gitlab: a CI job for students' repositories, public tests only.
    """
    options = Options(
        wide=wide,
        long=long,
        roster_from=roster_from,
        columns=columns,
        missing=missing,
        title=title,
        points_row=points_row,
        suites=suites,
        course=course,
        unit=unit,
        late=late,
        visibility=visibility,
        pip=pip,
    )
    check_options(form, options)
    if form in PRINTED:
        _deliver(printed(form, options), to, private=False)
    elif to is None:
        raise UsageError(f"`kata export {form}` needs a place to write to", "Say where: --to FILE.")
    else:
        check_platform()
        _write(form, out, to, options)


def _write(form: Form, out: Path, to: Path, options: Options) -> None:
    """What holds names, marks or solutions: it is never printed."""
    if form is Form.PSEUDONYMOUS:
        _pseudonymous(out, to)
    elif form is Form.GRADESCOPE:
        for line in write_gradescope(to, options):
            print(line)
    else:
        text, notes = of_class(form, out, options)
        _deliver(text, to, private=True)
        for note in notes:
            print(f"note   {note}")


def _deliver(text: str, to: Path | None, *, private: bool) -> None:
    """Write a file that is not ours to keep, or print it. private: nobody else may read it."""
    from grader.gradebook.disk import clear_errors, write_atomically

    if to is None:
        sys.stdout.write(text)
        return
    with clear_errors(to):
        if to.is_dir():
            raise UsageError(f"{to} is a folder", "Name a file: --to FILE.")
        write_atomically(to, text.encode())
        if not private:
            to.chmod(0o644)
    print(f"wrote  {to}")


def _pseudonymous(out: Path, to: Path) -> None:
    from grader.gradebook.pseudonyms import export_pseudonymous

    for path in export_pseudonymous(out, to):
        print(f"wrote  {path}")
    print(f"pseudonymous: the key that turns ids into pseudonyms stays in {out}; never give it away")
