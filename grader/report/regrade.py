"""The screen of `kata regrade`: whose points changed, from what to what, and why. One line a student."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook.changes import GONE, NEW, signed
from grader.gradebook.grades import GradedClass
from grader.gradebook.plain import count, number, printable
from grader.gradebook.totals import TotalChange, total_changes
from grader.report.changes import WEIGHED, print_changes
from grader.report.notices import warnings

_LONGEST_ID = 20  # columns of a student's id; a longer one is broken


def print_regrade(
    graded: GradedClass, console: Console, out: Path, *, each_exercise: bool = False, dry: bool = False
) -> None:
    """What changed, the notes of the run, and whether it was done or only tried."""
    if graded.changes is None:
        raise ValueError("nothing was compared")
    totals = total_changes(graded, graded.changes)
    print_changes(graded.changes, totals, console, out, table=each_exercise, all_rows=dry)
    if totals and not each_exercise:
        console.print(_table(totals, console))
    console.print()
    for label, lines in (("warning", warnings(graded)), ("note", graded.notes)):
        for line in lines:
            console.print(Text(_carried(f"{label:<9}{printable(line)}", console)), soft_wrap=True)
    told = "dry run: nothing was written; without --dry-run the same is done" if dry else f"files    {out}/"
    console.print(Text(_carried(printable(told), console)), soft_wrap=True)


def _table(totals: Sequence[TotalChange], console: Console) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("student", max_width=_LONGEST_ID, overflow="fold")
    table.add_column("total", no_wrap=True, justify="right")
    table.add_column("", no_wrap=True, justify="right")
    table.add_column("why", overflow="fold")
    for total in totals:
        style = {1: "green", -1: "red"}.get(total.sign or 0, "")
        why = Text(_carried("; ".join(_why(total)), console))
        id = Text(_carried(printable(total.student), console))
        table.add_row(id, _total(total), Text(_gained(total), style=style), why)
    return table


def _total(total: TotalChange) -> str:
    """`12 -> 14.5`, with the most that could be reached where that changed; who is new or gone has a word."""
    if total.after is None:
        return "gone"
    if total.before is None:
        return f"new, {number(total.after.points)}"
    both = total.before, total.after
    if total.before.max_points == total.after.max_points:
        return " -> ".join(number(one.points) for one in both)
    return " -> ".join(f"{number(one.points)} of {number(one.max_points)}" for one in both)


def _gained(total: TotalChange) -> str:
    return "" if total.before is None or total.after is None else signed(total.gained)


def _why(total: TotalChange) -> Iterator[str]:
    """Each reason once, with the exercises that it is about: their names where there are few."""
    if total.weighed:
        yield WEIGHED
    reasons = Counter(change.why for change in total.changes)
    for why, times in reasons.items():
        if why in (NEW, GONE):
            yield why
            continue
        names = [change.exercise for change in total.changes if change.why == why]
        about = ", ".join(names) if times <= 3 else count(times, "exercise")
        yield f"{printable(why)} ({about})"


def _carried(text: str, console: Console) -> str:
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)
