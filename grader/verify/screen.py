"""What `kata verify` prints: a line for each broken claim, the kill table, and the sum of it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from grader.examine.outcome import Verdict
from grader.gradebook.plain import count, printable
from grader.report.marks import choose
from grader.verify.run import Proof, Tell
from grader.verify.seeds import Stability
from grader.verify.table import kill_table


def print_proof(
    proof: Proof, console: Console, seconds: float, environment: Mapping[str, str] | None = None
) -> None:
    """Print a proof. seconds: how long it took, for the screen only."""
    marks = choose(console.encoding, os.environ if environment is None else environment)
    line = partial(_line, console)
    for claim in proof.broken:
        line(f"{marks.of[Verdict.WRONG]} {claim}", "red")
    if proof.broken:
        console.print()
    if proof.rows:
        console.print(kill_table(proof.rows, console.width))
        console.print()
    for found in proof.unasked:
        told = f'{found.answer.exercise}: "{found.answer.label}" is told "{found.diagnosis}"'
        line(f"read {told}  ({found.answer.where})  -> if that is true, add it as diagnosis=")
    if proof.unasked:
        console.print()
    verdict = (
        f"not fit to ship: {count(len(proof.broken), 'broken claim')}" if proof.broken else "fit to ship"
    )
    line(
        marks.dot.join([verdict, *_ran(proof), f"{seconds:.0f} s"]),
        "bold red" if proof.broken else "bold green",
    )


def print_stability(
    found: Stability, console: Console, seconds: float, environment: Mapping[str, str] | None = None
) -> None:
    """Print what many seeds showed: a line for each test that failed, and the sum."""
    marks = choose(console.encoding, os.environ if environment is None else environment)
    for failure in found.unstable:
        _line(console, f"{marks.of[Verdict.WRONG]} {failure}", "red")
    if found.unstable:
        console.print()
    what = f"{count(found.solutions, 'solution')} and {count(found.right, 'right answer')}"
    said = f"{count(found.seeds, 'seed')} x {what}: {found.examined:,} exercises examined"
    sums = [f"{said}, {count(found.failures, 'failure')}", found.place, f"{seconds:.0f} s"]
    _line(console, marks.dot.join(sums), "bold red" if found.unstable else "bold green")


def _line(console: Console, text: str, style: str = "") -> None:
    shown = printable(text).encode(console.encoding, "backslashreplace").decode(console.encoding)
    console.print(Text(shown, style=style), soft_wrap=True)


def _ran(proof: Proof) -> Iterator[str]:
    if not proof.rows:
        yield "nothing was run"
        return
    wrong, right = sum(row.wrong for row in proof.rows), sum(row.right for row in proof.rows)
    yield count(len(proof.rows), "exercise")
    yield f"{sum(row.killed for row in proof.rows)} of {count(wrong, 'wrong answer')} rejected"
    yield f"{sum(row.accepted for row in proof.rows)} of {count(right, 'right answer')} accepted"
    device = proof.facts.get("device")
    yield f"in process on {device}" if device else f"sandbox: {proof.facts['sandbox']}"


@contextmanager
def progress_bar(console: Console) -> Iterator[Tell]:
    """A bar with the time left, where the console is a terminal."""
    columns = (TextColumn("proving"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("proving", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
