"""The screen of `kata regrade`: whose points changed, from what to what, and why. One line a student."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook.changes import GONE, NEW, Change, signed
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import count, number, printable
from grader.report.changes import print_changes
from grader.report.notices import warnings
from grader.scoring.rubric import exact

_LONGEST_ID = 20  # columns of a student's id; a longer one is broken


def print_regrade(
    graded: GradedClass, console: Console, out: Path, *, each_exercise: bool = False, dry: bool = False
) -> None:
    """What changed, the notes of the run, and whether it was done or only tried."""
    changes = graded.changes
    if changes is None:
        raise ValueError("nothing was compared")
    if each_exercise or not changes.listed:
        print_changes(changes, console, out, all_rows=dry)
    else:
        print_changes(changes, console, out, table=False)
        console.print(_table(graded, changes.by_student, console))
    console.print()
    for label, lines in (("warning", warnings(graded)), ("note", graded.notes)):
        for line in lines:
            console.print(Text(_carried(f"{label:<9}{printable(line)}", console)), soft_wrap=True)
    told = "dry run: nothing was written; without --dry-run the same is done" if dry else f"files    {out}/"
    console.print(Text(_carried(printable(told), console)), soft_wrap=True)


def _table(graded: GradedClass, by_student: Mapping[str, tuple[Change, ...]], console: Console) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("student", max_width=_LONGEST_ID, overflow="fold")
    table.add_column("total", no_wrap=True, justify="right")
    table.add_column("", no_wrap=True, justify="right")
    table.add_column("why", overflow="fold")
    students = {student.id: student for student in graded.students}
    for id, found in by_student.items():
        total, gained = _totals(students.get(id), found)
        style = "" if gained in ("0", "") else "green" if gained.startswith("+") else "red"
        why = Text(_carried("; ".join(_why(found)), console))
        table.add_row(Text(_carried(printable(id), console)), total, Text(gained, style=style), why)
    return table


def _totals(student: StudentGrade | None, found: Sequence[Change]) -> tuple[str, str]:
    """`12 -> 14.5` and `+2.5`, as extra credit and weights have it now; who is new or gone has a word."""
    if student is None or all(change.why == NEW for change in found):
        return ("gone" if student is None else f"new, {number(student.points)}"), ""
    earlier = {change.exercise: change.before for change in found}
    before = replace(
        student,
        records=tuple(kept for r in student.records if (kept := earlier.get(r.exercise, r)) is not None),
    )
    gained = exact(student.points) - exact(before.points)
    return f"{number(before.points)} -> {number(student.points)}", signed(gained)


def _why(found: Sequence[Change]) -> Iterator[str]:
    """Each reason once, with the exercises that it is about: their names where there are few."""
    reasons = Counter(change.why for change in found)
    for why, times in reasons.items():
        if why in (NEW, GONE):
            yield why
            continue
        names = [change.exercise for change in found if change.why == why]
        about = ", ".join(names) if times <= 3 else count(times, "exercise")
        yield f"{printable(why)} ({about})"


def _carried(text: str, console: Console) -> str:
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)
