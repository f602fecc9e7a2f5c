"""The screen at the end of `kata grade`: the class in one look, in any width, colour and encoding."""

import os
from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.gradebook.grades import GradedClass
from grader.gradebook.plain import count, number, printable
from grader.report.marks import Marks, choose
from grader.report.notices import warnings
from grader.report.summary import ExerciseRow, Summary, summarize

_GAP = 2  # columns between two columns of the table
_LABEL = 9  # columns of "scores   "
_MOST_REMARKS = 12
_MOST_NAMES = 8
_MOST_MISSING = 60
_LONGEST_NAME = 40
_TOLD_FROM = 60  # columns; a narrower screen has no room for mistakes, results-long.csv has them
_HARDEST, _CUT = "<- hardest", " ..."
_MANY = 12  # exercises; more of them get shorter bars, and mistakes of two lines at most
_TENS = ("0-9", "10s", "20s", "30s", "40s", "50s", "60s", "70s", "80s", "90s")


def print_report(
    graded: GradedClass, console: Console, seconds: float, environment: Mapping[str, str] | None = None
) -> None:
    """Print the summary of a graded class.

    seconds: how long it took, for the screen only    environment: where TERM is looked up
    """
    screen = _Screen(console, choose(console.encoding, os.environ if environment is None else environment))
    summary = summarize(graded)
    screen.flow("", _head(graded, summary, seconds, screen.marks), style="bold", gap=screen.marks.dot)
    screen.blank()
    if summary.rows:
        console.print(_table(summary, screen))
        screen.blank()
    if sum(summary.tens):
        screen.flow("scores", _scores(summary, screen.marks))
    screen.flow("missing", _people(summary.missing, graded), gap=", ")
    screen.flow("excused", _people(summary.excused, graded), gap=", ")
    screen.flow("look at", _remarks(graded, summary), gap=screen.marks.dot)
    for warning in warnings(graded):
        screen.flow("warning", [warning], style="yellow")
    for note in graded.notes:
        screen.flow("note", [printable(note)])
    screen.flow("files", _files(graded), keep=True)


class _Screen:
    """Prints lines that fit, in signs that the stream can carry."""

    def __init__(self, console: Console, marks: Marks) -> None:
        self._console = console
        self.marks = marks
        self.width = max(console.width, 20)

    def carried(self, text: str) -> str:
        """The text with what the stream's encoding cannot carry shown by its code."""
        encoding = self._console.encoding
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def blank(self) -> None:
        self._console.print()

    def flow(
        self, label: str, pieces: Iterable[str], style: str = "", gap: str = "  ", keep: bool = False
    ) -> None:
        """Pieces side by side under a label, broken between pieces first; a `keep` piece is never broken."""
        indent = " " * (_LABEL if label else 0)
        line, lines = "", []
        for whole in map(self.carried, pieces):
            parts = [whole] if keep else self.folded(whole, self.width - len(indent))
            for piece in parts:
                joined = f"{line}{gap}{piece}" if line else piece
                if line and (len(parts) > 1 or len(indent) + cell_len(joined) > self.width):
                    lines.append(line)
                    joined = piece
                line = joined
            if len(parts) > 1:  # what comes next begins a line of its own
                lines.append(line)
                line = ""
        lines += [line] if line else []
        for index, text in enumerate(lines):
            start = f"{label:<{_LABEL}}" if label and not index else indent
            self._console.print(Text(start, style="bold") + Text(text, style=style), soft_wrap=True)

    def folded(self, piece: str, room: int) -> list[str]:
        if cell_len(piece) <= room:
            return [piece]
        return [
            line.plain.rstrip() for line in Text(piece).wrap(self._console, max(room, 8), overflow="fold")
        ]


def _head(graded: GradedClass, summary: Summary, seconds: float, marks: Marks) -> Iterable[str]:
    yield graded.catalogue.course.id
    yield f"{summary.handed_in} of {summary.submissions} handed in"
    if summary.excused:
        yield f"{len(summary.excused)} excused"
    if summary.quartiles is not None:
        low, middle, high = (f"{value:.0f}" for value in summary.quartiles)
        yield f"median {middle}% ({low}-{high})"
    yield count(graded.grader_errors, "grader error")
    yield count(len(graded.exercises), "exercise")
    yield f"sandbox: {graded.rung or 'none'}"
    yield f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _table(summary: Summary, screen: _Screen) -> Table:
    many = len(summary.rows) > _MANY
    cells = 20 if screen.width >= 100 else 10 if screen.width >= 72 else 0
    cells = cells // 2 if many and screen.width >= 100 else 0 if many else cells
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    names = max(8, *(len(row.exercise.id) for row in summary.rows))
    points = max(3, *(len(number(row.exercise.points)) for row in summary.rows))
    table.add_column("exercise", no_wrap=True, min_width=names)
    table.add_column("pts", no_wrap=True, justify="right", min_width=points)
    table.add_column("pass", no_wrap=True, justify="right", min_width=4)
    if cells:
        table.add_column("", no_wrap=True, min_width=cells)
    told = screen.width >= _TOLD_FROM
    if told:
        table.add_column("most common mistake", no_wrap=True)
    room = max(screen.width - sum(width + _GAP for width in (names, points, 4, cells) if width), 8)
    for row in summary.rows:
        cut = [_mistake(row, screen, room, 2 if many else 0)] if told else []
        bar = [_bar(row, cells, screen.marks)] if cells else []
        table.add_row(row.exercise.id, number(row.exercise.points), row.percent, *bar, *cut)
    return table


def _bar(row: ExerciseRow, cells: int, marks: Marks) -> Text:
    full = round(cells * (row.rate or 0.0))
    style = "green" if full * 4 >= cells * 3 else "yellow" if full * 2 >= cells else "red"
    return Text(marks.full * full, style=style) + Text(marks.empty * (cells - full), style="dim")


def _mistake(row: ExerciseRow, screen: _Screen, room: int, most: int) -> Text:
    """The mistake in lines of `room` columns, `most` at most (0: all); "<- hardest" stays whole."""
    told = f"{row.times}x {screen.carried(printable(row.mistake, 200))}" if row.mistake else ""
    lines = screen.folded(told, room) if told else []
    mark = len(_HARDEST) + 3 if row.hardest else 0
    gap = "   " if lines else ""
    if most and (len(lines) > most or (len(lines) == most and cell_len(lines[-1]) + mark > room)):
        lines = [*lines[: most - 1], _cut(lines[most - 1], room - mark)]
    elif lines and cell_len(lines[-1]) + mark > room:
        gap = "\n"
    return Text("\n".join(lines)) + Text(gap + _HARDEST if row.hardest else "", style="bold yellow")


def _cut(line: str, room: int) -> str:
    """The words for which there is room, and that there were more."""
    words = line.split(" ")
    while len(words) > 1 and cell_len(" ".join(words) + _CUT) > room:
        words.pop()
    return " ".join(words) + _CUT


def _scores(summary: Summary, marks: Marks) -> Iterable[str]:
    most = max(summary.tens)
    for label, students in zip(_TENS, summary.tens, strict=True):
        if marks.spark:
            level = -(-students * len(marks.spark) // most)
            yield f"{label} {marks.spark[level - 1] if students else ' '}"
        else:
            yield f"{label} {students or '-'}"


def _people(ids: Sequence[str], graded: GradedClass) -> Iterable[str]:
    """Ids, with the names that the roster gives them."""
    names = {student.id: student.name for student in graded.students}
    shown = [id if names[id] == id else f"{id} ({printable(names[id], _LONGEST_NAME)})" for id in ids]
    left = len(shown) - _MOST_MISSING
    return (
        [*shown[:_MOST_MISSING], f"and {left} more in {graded.out / 'gradebook.csv'}"] if left > 0 else shown
    )


def _remarks(graded: GradedClass, summary: Summary) -> Iterable[str]:
    shown = [f"{_names(who)}: {what}" for who, what in summary.look_at[:_MOST_REMARKS]]
    left = len(summary.look_at) - len(shown)
    return [*shown, f"and {left} more in {graded.out / 'gradebook.csv'}"] if left else shown


def _names(who: Sequence[str]) -> str:
    named = ", ".join(map(printable, who[:_MOST_NAMES]))
    return f"{named} and {len(who) - _MOST_NAMES} more" if len(who) > _MOST_NAMES else named


def _files(graded: GradedClass) -> Iterable[str]:
    """Each file; a folder of files once."""
    shown = {
        file if file.parent == graded.out else file.parent: file.parent == graded.out for file in graded.files
    }
    return [printable(f"{path}" if is_file else f"{path}/") for path, is_file in shown.items()]
