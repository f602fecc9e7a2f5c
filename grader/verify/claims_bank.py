"""Claims about the bank: it can be read, each answer is another one, and there are enough of them."""

from collections.abc import Iterator, Mapping, Sequence

from grader.errors import CourseError
from grader.gradebook.plain import count
from grader.verify.bank import Answer, parse
from grader.verify.broken import Broken, from_error, place
from grader.verify.cases import Case
from grader.verify.layout import tree_of
from grader.verify.selection import Selection

AT_LEAST = {"wrong": 3, "right": 2}


def read_bank(selection: Selection) -> tuple[dict[str, list[Answer]], list[Broken]]:
    """The answers by unit id, and what is wrong with those that cannot be read or belong nowhere."""
    bank: dict[str, list[Answer]] = {}
    broken: list[Broken] = []
    for unit in selection.units:
        known = {exercise.id for exercise in unit.exercises}
        found: list[Answer] = []
        for path in (selection.catalogue.wrong_answers(unit), selection.catalogue.right_answers(unit)):
            try:
                found += parse(path) if path.is_file() else []  # too few answers is another claim
            except CourseError as error:
                broken += from_error(error, path)
        bank[unit.id] = [answer for answer in found if answer.exercise in known]
        broken += [
            Broken(
                f"{answer.exercise} is not an exercise of {unit.id}", answer.where, "correct the answer's id"
            )
            for answer in found
            if answer.exercise not in known
        ]
    return bank, broken


def enough_answers(selection: Selection, bank: Mapping[str, Sequence[Answer]]) -> Iterator[Broken]:
    """Each exercise has at least three wrong and two right answers."""
    for exercise in selection.exercises:
        unit = selection.catalogue.unit(exercise.id)
        files = {
            "wrong": selection.catalogue.wrong_answers(unit),
            "right": selection.catalogue.right_answers(unit),
        }
        for kind, least in AT_LEAST.items():
            own = [a for a in bank[unit.id] if a.exercise == exercise.id and a.kind == kind]
            if len(own) < least:
                fact = f"{exercise.id} has {count(len(own), f'{kind} answer')}, not {least} or more"
                where = own[-1].where if own else place(files[kind])
                yield Broken(fact, where, f'add @{kind}("{exercise.id}") answers')


def distinct(cases: Sequence[Case]) -> Iterator[Broken]:
    """No answer is the reference or another answer again, docstrings aside."""
    for unit in {case.unit.id: case.unit for case in cases}.values():
        seen: dict[str, str] = {}
        for case in cases:
            if case.unit.id != unit.id or case.kind not in ("solution", "wrong", "right"):
                continue
            tree = tree_of(case.sources[unit.file])
            if case.answer is None:
                seen[tree] = "the reference"
            elif tree in seen:
                fact = f'{case.answer.exercise}: the {case.kind} answer "{case.answer.label}" is {seen[tree]}'
                yield Broken(f"{fact} again", case.answer.where, "take it out, or make it another one")
            else:
                seen[tree] = f'"{case.answer.label}" ({case.answer.where})'
