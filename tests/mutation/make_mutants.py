"""Mutants of a reference: each differs from it by one small change, made by an operator of Cosmic Ray."""

import ast
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.release.stub import BEGIN, END

NEED_ARGUMENTS = {"VariableReplacer", "VariableInserter"}  # they are told which variables to take


@dataclass(frozen=True)
class Mutant:
    """place: the symbol that it is in, or "" for a helper    line: in the solution
    exercise: whose tests have to notice, "" for those of the whole unit
    was, now: the lines that differ, without indentation    text: the whole file
    """

    unit: str
    exercise: str
    place: str
    line: int
    was: str
    now: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.place, self.was, self.now


def mutants(unit: Unit, catalogue: Catalogue) -> Iterator[Mutant]:
    """All of what students write in a unit: between the markers. No two of them are the same code."""
    source = catalogue.solution_file(unit).read_text(encoding="utf-8")
    owners = {symbol: exercise.id for exercise in unit.exercises for symbol in exercise.symbols}
    places = _places(source, owners)
    seen = {ast.dump(ast.parse(source))}
    for line, text in _texts(source, places):
        try:
            tree = ast.dump(ast.parse(text))
        except SyntaxError:
            continue
        if tree not in seen:
            seen.add(tree)
            was, now = _difference(source, text)
            yield Mutant(unit.id, owners.get(places[line], ""), places[line], line, was, now, text)


def _texts(source: str, places: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    provider = OperatorProvider()
    for name in provider:
        if name in NEED_ARGUMENTS:
            continue
        operator = provider[name]()
        starts = [
            start for node in ast_nodes(parso.parse(source)) for start, _ in operator.mutation_positions(node)
        ]
        for number, (line, _) in enumerate(starts):
            if line in places:
                text = mutate_code(source, operator, number)
                if text is not None:
                    yield line, text


def _places(source: str, owners: Mapping[str, str]) -> dict[int, str]:
    """For each line between markers: the symbol of an exercise that it belongs to, or ""."""
    spans = {symbol: span for symbol, span in _spans(ast.parse(source).body) if symbol in owners}
    found: dict[int, str] = {}
    inside = False
    for number, line in enumerate(source.split("\n"), 1):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside:
            found[number] = next((symbol for symbol, span in spans.items() if number in span), "")
    return found


def _spans(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, range]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _spans(node.body, f"{prefix}{node.name}.")
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name, range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _difference(old: str, new: str) -> tuple[str, str]:
    lines = list(difflib.ndiff(old.split("\n"), new.split("\n")))
    was, now = ("\n".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return was, now
