"""What `kata export` writes in each form, and which options belong to which."""
# ruff: noqa: PLC0415

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from grader.cli.place import find_course
from grader.errors import UsageError
from grader.gradebook.classfile import FILE, encode_class, json_schema, read_class_file
from grader.gradebook.classmodel import ClassFile
from grader.gradebook.exports.canvas import CanvasOptions, Columns, Missing, canvas_csv
from grader.gradebook.exports.canvasroster import read_canvas
from grader.gradebook.exports.junit import Suites, junit_xml
from grader.gradebook.plain import number
from grader.gradebook.tables import long_csv, wide_csv
from grader.report.exports.gradescope.settings import Late, Visibility


class Form(StrEnum):
    """What `kata export` writes."""

    PSEUDONYMOUS = "pseudonymous"
    JSON = "json"
    SCHEMA = "schema"
    CSV = "csv"
    CANVAS = "canvas"
    JUNIT = "junit"
    GRADESCOPE = "gradescope"
    GITHUB = "github-classroom"
    GITLAB = "gitlab"


Wide = Annotated[bool | None, typer.Option("--wide", help="csv: one row a student (default).")]
Long = Annotated[bool | None, typer.Option("--long", help="csv: one row for each student and exercise.")]
RosterFrom = Annotated[
    Path | None, typer.Option("--roster-from", help="canvas: Canvas's own exported gradebook.")
]
ColumnsOption = Annotated[Columns | None, typer.Option("--columns", help="canvas: what is a column.")]
MissingOption = Annotated[
    Missing | None, typer.Option("--missing", help="canvas: what stands where nothing was handed in.")
]
Title = Annotated[
    list[str] | None,
    typer.Option(
        "--title", metavar="UNIT=NAME", help="canvas: what Canvas calls that column. May be given again."
    ),
]
PointsRow = Annotated[
    bool | None, typer.Option("--points-row/--no-points-row", help="canvas: the row of points possible.")
]
SuitesOption = Annotated[Suites | None, typer.Option("--suites", help="junit: what is a suite.")]
CourseOption = Annotated[
    Path | None, typer.Option("--course", help="gradescope and CI: course.yml, or its folder.")
]
Unit = Annotated[
    list[str] | None,
    typer.Option("--unit", metavar="ID", help="gradescope and CI: only this unit. May be given again."),
]
LateOption = Annotated[Late | None, typer.Option("--late", help="gradescope: whose late rule takes points.")]
VisibilityOption = Annotated[
    Visibility | None, typer.Option("--visibility", help="gradescope: when students see results.")
]
Pip = Annotated[str | None, typer.Option("--pip", help="gradescope and CI: further words for pip install.")]


class Options(NamedTuple):
    """Those that belong to some forms only; None where they were not given."""

    wide: bool | None = None
    long: bool | None = None
    roster_from: Path | None = None
    columns: Columns | None = None
    missing: Missing | None = None
    title: Sequence[str] | None = None
    points_row: bool | None = None
    suites: Suites | None = None
    course: Path | None = None
    unit: Sequence[str] | None = None
    late: Late | None = None
    visibility: Visibility | None = None
    pip: str | None = None


PRINTED = frozenset({Form.SCHEMA, Form.GITHUB, Form.GITLAB})  # nothing in them is private
_CI = frozenset({"course", "unit", "pip"})
_BELONG: Mapping[Form, frozenset[str]] = {
    Form.CSV: frozenset({"wide", "long"}),
    Form.CANVAS: frozenset({"roster_from", "columns", "missing", "title", "points_row"}),
    Form.JUNIT: frozenset({"suites"}),
    Form.GRADESCOPE: _CI | {"late", "visibility"},
    Form.GITHUB: _CI,
    Form.GITLAB: _CI,
}


def check_options(form: Form, options: Options) -> None:
    """UsageError for an option that has no meaning for this form."""
    given = [name for name, value in options._asdict().items() if value is not None]
    foreign = [name for name in given if name not in _BELONG.get(form, frozenset())]
    if foreign:
        forms = [other for other, names in _BELONG.items() if foreign[0] in names]
        name = foreign[0].replace("_", "-")
        raise UsageError(
            f"--{name} does not belong to `kata export {form}`", f"It belongs to {', '.join(forms)}."
        )


def of_class(form: Form, out: Path, options: Options) -> tuple[str, tuple[str, ...]]:
    """What is made from the class file in GRADES, and notes on it: json, csv, canvas, junit."""
    file = read_class_file(out / FILE)
    if form is Form.JSON:
        return encode_class(file), ()
    if form is Form.CSV:
        return _csv(file, options), ()
    if form is Form.JUNIT:
        return junit_xml(file, options.suites or Suites.STUDENTS), ()
    return _canvas(file, options)


def _csv(file: ClassFile, options: Options) -> str:
    if options.wide and options.long:
        raise UsageError("--wide and --long contradict each other", "Give one of them.")
    return long_csv(file) if options.long else wide_csv(file)


def _canvas(file: ClassFile, options: Options) -> tuple[str, tuple[str, ...]]:
    pairs = [given.partition("=") for given in options.title or ()]
    unclear = next((name for name, sign, _ in pairs if not sign), None)
    if unclear is not None:
        raise UsageError(f"--title {unclear}: which column?", "Write --title 'u05=Its name in Canvas'.")
    chosen = CanvasOptions(
        columns=options.columns or Columns.UNITS,
        missing=options.missing or Missing.EMPTY,
        titles={name.strip(): title.strip() for name, _, title in pairs},
        points_row=options.points_row is not False,
    )
    roster = read_canvas(options.roster_from) if options.roster_from is not None else None
    made = canvas_csv(file, chosen, roster)
    return made.text, made.notes


def printed(form: Form, options: Options) -> str:
    """The schema, or the file that makes a CI server run the public tests."""
    if form is Form.SCHEMA:
        return json_schema()
    from grader.course.load import load_course
    from grader.report.exports.ci import github_workflow, gitlab_job

    catalogue = load_course(find_course(options.course))
    make = github_workflow if form is Form.GITHUB else gitlab_job
    return make(catalogue, options.unit or (), options.pip or "")


def write_gradescope(to: Path, options: Options) -> Iterator[str]:
    """Write the autograder; yields what the instructor must know, line by line."""
    from grader.course.load import load_course
    from grader.report.exports.gradescope.bundle import write_bundle

    made = write_bundle(
        load_course(find_course(options.course)),
        to,
        unit_ids=options.unit or (),
        late=options.late or Late.OURS,
        visibility=options.visibility,
        pip=options.pip or "",
    )
    yield f"wrote  {to}"
    yield "PRIVATE: it holds the solutions, the hidden tests and the seed. Upload it to Gradescope, and show"
    yield "  it to nobody else: whoever has it can know every hidden case."
    yield f"units  {', '.join(made.units)}: set the assignment's autograder points to {number(made.points)}"
    if made.torch:
        yield "note   torch units: choose a container with at least 1.5 GB of memory in Gradescope's settings"
    if not made.secret_seed:
        yield "note   no secret seed: everybody can know the hidden cases. `kata seed` makes one"
    if made.visibility is not Visibility.VISIBLE:
        yield f"note   tests are shown {made.visibility}: until then Gradescope shows students no total"
