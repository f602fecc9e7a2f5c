"""The screen of `kata grade --diff`: who gained and lost what since the last run, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook.changes import GONE, NEW, Change, Changes, signed
from grader.gradebook.plain import count, number, printable
from grader.gradebook.record import Record
from grader.gradebook.totals import TotalChange

WEIGHED = "weights or extra credit count otherwise"
_MOST_ROWS = 60
_LONGEST_ID = 20  # columns of a student's id; a longer one is broken


def print_changes(
    changes: Changes,
    totals: Sequence[TotalChange],
    console: Console,
    out: Path,
    *,
    table: bool = True,
    all_rows: bool = False,
) -> None:
    """Counts on top, then a row for each change. Sorted by student.

    totals: what `total_changes` found    table: the rows too    all_rows: however many they are
    """
    console.print()
    if changes.first:
        console.print("changes  none to show: this is the first run into this folder", soft_wrap=True)
        return
    console.print(Text(_counts(totals, changes.students), style="bold"), soft_wrap=True)
    weighed = sum(total.weighed for total in totals)
    if weighed:
        console.print(f"totals   {WEIGHED}: {count(weighed, 'total')} changed by that", soft_wrap=True)
    if table and changes.listed:
        _print_rows(changes, console, out, None if all_rows else _MOST_ROWS)


def _print_rows(changes: Changes, console: Console, out: Path, most: int | None) -> None:
    rows = [row for student, found in changes.by_student.items() for row in _rows(student, found)]
    shown = rows[:most]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("student", max_width=_LONGEST_ID, overflow="fold")
    table.add_column("exercise", no_wrap=True, min_width=max(len(row[1]) for row in shown))
    table.add_column("points", no_wrap=True, justify="right")
    table.add_column("", no_wrap=True, justify="right")
    table.add_column("why", overflow="fold")
    for student, exercise, points, gained, why in shown:
        style = "" if not gained else "green" if gained > 0 else "red"
        change = signed(gained) if gained is not None else ""
        texts = (Text(_carried(text, console)) for text in (student, exercise, points))  # never markup
        table.add_row(*texts, Text(change, style=style), Text(_carried(why, console)))
    console.print(table)
    if len(rows) > len(shown):
        more = count(len(rows) - len(shown), "more row")
        console.print(f"and {more} in {out / 'changes.csv'}", soft_wrap=True)


def _counts(totals: Sequence[TotalChange], students: int) -> str:
    """`changes  3 gained, 1 lost, 2 the same points, 1 new, 1 gone; 20 of 28 unchanged`."""
    new = sum(total.before is None and total.after is not None for total in totals)
    gone = sum(total.after is None for total in totals)
    signs = Counter(sign for total in totals if (sign := total.sign) is not None)
    unchanged = students - sum(signs.values()) - new
    parts = [f"{signs[1]} gained", f"{signs[-1]} lost"]
    parts += [f"{signs[0]} with other verdicts and the same points"] if signs[0] else []
    parts += [f"{new} new"] if new else []
    parts += [f"{gone} gone"] if gone else []
    return f"changes  {', '.join(parts)}; {unchanged} of {count(students, 'student')} unchanged"


def _all(found: Sequence[Change], why: str) -> bool:
    return all(change.why == why for change in found)


_Row = tuple[str, str, str, Decimal | None, str]


def _rows(student: str, found: Sequence[Change]) -> Iterator[_Row]:
    """One row a change; one in all for who is new or gone."""
    name = printable(student)
    for why in (NEW, GONE):
        if _all(found, why):
            records = [change.after or change.before for change in found]
            total = sum((Decimal(repr(r.points)) for r in records if r and r.points is not None), Decimal(0))
            exercises = count(len(found), "exercise")
            yield name, exercises, number(float(total)), None, why
            return
    for change in found:
        yield name, change.exercise, _points(change), change.gained, _why(change)
        name = ""


def _points(change: Change) -> str:
    return f"{_shown(change.before)} -> {_shown(change.after)}"


def _shown(record: Record | None) -> str:
    if record is None:
        return "none"
    return "?" if record.points is None else number(record.points)


def _why(change: Change) -> str:
    before, after = change.before, change.after
    if before is None or after is None or before.verdict is after.verdict:
        return printable(change.why)
    return f"{printable(change.why)}: {before.verdict.value} -> {after.verdict.value}"


def _carried(text: str, console: Console) -> str:
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)
