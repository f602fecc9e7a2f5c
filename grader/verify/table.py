"""The kill table: for each exercise, how many wrong answers its tests reject, and how many they name."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

from rich.table import Table

from grader.verify.bank import Answer
from grader.verify.cases import Case
from grader.verify.claims_runs import PASSING, Seen, diagnosis, earned

COLUMNS = ("wrong", "killed", "named", "silent", "misnamed", "unasked", "nothing", "right")
WIDE = 92  # columns of a screen


@dataclass(frozen=True)
class Row:
    """One exercise. Every killed answer is named (rightly), silent, misnamed or unasked.

    unasked: a diagnosis was shown, and the answer names none to compare it with
    idle: answers that must earn nothing    unpaid: those of them that do
    accepted: right answers that earn everything in both backends
    """

    exercise: str
    wrong: int
    killed: int
    named: int
    silent: int
    misnamed: int
    unasked: int
    idle: int
    unpaid: int
    right: int
    accepted: int


@dataclass(frozen=True)
class Unasked:
    """A diagnosis that an answer was given without naming one: for the author to read."""

    answer: Answer
    diagnosis: str


def count(exercise: str, cases: Sequence[Case], seen: Seen, rejected: Callable[[Case], bool]) -> Row:
    """The row of an exercise. rejected: whether a broken claim is about this right answer."""
    own = [case for case in cases if case.answer is not None and case.answer.exercise == exercise]
    right = [case for case in own if case.kind == "right"]
    wrong = [case for case in own if case.kind == "wrong"]
    outcomes = {case.id: seen.jailed[case.id][exercise] for case in wrong}
    killed = [case for case in wrong if outcomes[case.id].verdict not in PASSING]
    idle = [case for case in wrong if case.answer and case.answer.earns_nothing]
    pairs = [(case.answer.diagnosis, diagnosis(outcomes[case.id])) for case in killed if case.answer]
    return Row(
        exercise,
        wrong=len(wrong),
        killed=len(killed),
        named=sum(bool(said) and said == meant for meant, said in pairs),
        silent=sum(not said for _, said in pairs),
        misnamed=sum(bool(said and meant) and said != meant for meant, said in pairs),
        unasked=sum(bool(said) and not meant for meant, said in pairs),
        idle=len(idle),
        unpaid=sum(case in killed and not earned(outcomes[case.id]) for case in idle),
        right=len(right),
        accepted=sum(not rejected(case) for case in right),
    )


def unasked(cases: Sequence[Case], seen: Seen) -> list[Unasked]:
    """The diagnoses that nobody asked for, in the order of the bank."""
    found = []
    for case in cases:
        if case.kind == "wrong" and case.answer is not None and not case.answer.diagnosis:
            said = diagnosis(seen.jailed[case.id][case.answer.exercise])
            if said:
                found.append(Unasked(case.answer, said))
    return found


def kill_table(rows: Sequence[Row], width: int) -> Table:
    """The rows and their sum; closer together where the screen is not wide."""
    gap = 2 if width >= WIDE else 1
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    table.add_column("exercise", no_wrap=True, min_width=max((len(row.exercise) for row in rows), default=8))
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for row in rows:
        bad = row.killed < row.wrong or row.misnamed or row.unpaid < row.idle or row.accepted < row.right
        table.add_row(row.exercise, *_cells(row), style="red" if bad else "")
    if len(rows) > 1:
        sums = [sum(figures) for figures in zip(*(astuple(row)[1:] for row in rows), strict=True)]
        table.add_row("all", *_cells(Row("all", *sums)), style="bold")
    return table


def _cells(row: Row) -> list[str]:
    figures = (row.wrong, row.killed, row.named, row.silent, row.misnamed, row.unasked)
    nothing = f"{row.unpaid}/{row.idle}" if row.idle else "-"
    return [*(str(figure) if figure else "-" for figure in figures), nothing, f"{row.accepted}/{row.right}"]
