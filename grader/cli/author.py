"""The commands of an author."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.place import CourseOption, find_course
from grader.course.load import load_course
from grader.errors import UsageError
from grader.examine.device import Device, require
from grader.release import publish

PLAIN_WIDTH = 120  # of a table that goes into a file or a pipe


def stubs(course: Path = Path("course.yml"), check: bool = False) -> None:
    """Write every generated file again: stubs, pictures, the students' catalogue and hints.

    With --check nothing is written, and the exit code is 1 when a file differs from its source.
    """
    catalogue = load_course(course)
    changed = publish.outdated(catalogue) if check else publish.write(catalogue)
    for path in changed:
        typer.echo(f"{'differs' if check else 'wrote'}  {path}")
    if not changed:
        typer.echo("every generated file is up to date")
    elif check:
        typer.echo(f"{len(changed)} generated files differ from their sources: run `kata stubs`")
        raise typer.Exit(1)


def verify(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="UNIT|EXERCISE", help="Only these; without any, all.")
    ] = None,
    *,
    course: CourseOption = None,
    device: Annotated[
        Device, typer.Option(help="Where torch units put their tensors. cuda: everything runs in process.")
    ] = Device.CPU,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Only solutions and right answers, under so many other course seeds."),
    ] = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="With --seeds: without the jail.")] = False,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough", help="Follow every wrong answer through its dependents, not one for each exercise."
        ),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Of each exercise run three wrong and two right answers; all are read."),
    ] = False,
) -> None:
    """Prove that the course is sound: stubs, solutions, wrong and right answers, leaks. Exit code 1 if not.

    One line for each broken claim: the fact, where, and what mends it.
    """
    if in_process and seeds is None:
        raise UsageError(
            "--in-process goes with --seeds", "kata verify runs in the jail and in process anyway."
        )
    if quick and (thorough or seeds is not None):
        raise UsageError("--quick goes with neither --thorough nor --seeds", "Give one of them.")
    if seeds is not None and device is not Device.CPU:
        raise UsageError("--seeds and --device cuda do not go together", "Give one of them.")
    require(device)
    if seeds is None:
        _verify(what or [], find_course(course), device, thorough=thorough, quick=quick)
    else:
        _verify_seeds(what or [], find_course(course), seeds, jail=not in_process)


def _verify(what: list[str], file: Path, device: Device, *, thorough: bool, quick: bool) -> None:
    # What only this command needs, the test runner among it.
    from grader.examine.seed import load_seed  # noqa: PLC0415
    from grader.verify.run import prove  # noqa: PLC0415
    from grader.verify.screen import print_proof, progress_bar  # noqa: PLC0415

    catalogue = load_course(file)
    seed = load_seed(catalogue.root)
    started = time.monotonic()
    with progress_bar(Console(stderr=True)) as progress:
        file = file / "course.yml" if file.is_dir() else file
        proof = prove(catalogue, file, what, seed, progress, device=device, thorough=thorough, quick=quick)
    print_proof(proof, _console(), time.monotonic() - started)
    if proof.broken:
        raise typer.Exit(1)


def _verify_seeds(what: list[str], file: Path, count: int, *, jail: bool) -> None:
    from grader.examine.seed import load_seed  # noqa: PLC0415
    from grader.verify.screen import print_stability, progress_bar  # noqa: PLC0415
    from grader.verify.seeds import prove_seeds  # noqa: PLC0415

    catalogue = load_course(file)
    started = time.monotonic()
    with progress_bar(Console(stderr=True)) as progress:
        found = prove_seeds(catalogue, what, load_seed(catalogue.root), count, progress, jail=jail)
    print_stability(found, _console(), time.monotonic() - started)
    if found.unstable:
        raise typer.Exit(1)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH)
