"""The claim that exercises/ gives nothing away: no solution, no name of a hidden test, no seed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.course.catalogue import Catalogue
from grader.examine.seed import Seed
from grader.release.stub import BEGIN, END
from grader.verify.broken import Broken, place
from grader.verify.claims_files import files_below
from grader.verify.testfiles import test_functions

TOGETHER = 3  # lines of a solution in a row that give it away


def leaks(catalogue: Catalogue, seed: Seed) -> Iterator[Broken]:
    """No solution lines, no name of a hidden test and no seed stands in a text that students get."""
    secrets = Secrets.of(catalogue, seed)
    for path in sorted(files_below(catalogue.exercises_dir)):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        yield from secrets.told_by(path, text)


@dataclass(frozen=True)
class Secrets:
    """What no text for students may hold.

    runs: consecutive lines of a solution block    names: of hidden tests    Both with their places.
    """

    runs: Mapping[tuple[str, ...], str]
    names: Mapping[str, str]
    seed: Seed

    @classmethod
    def of(cls, catalogue: Catalogue, seed: Seed) -> "Secrets":
        """Those of every unit of the course."""
        runs: dict[tuple[str, ...], str] = {}
        names: dict[str, str] = {}
        for unit in catalogue.units:
            for lines, where in _solution_runs(catalogue.solution_file(unit)):
                runs.setdefault(lines, where)
            for path in catalogue.hidden_tests(unit):
                names |= {test.name: place(path, test.line) for test in test_functions(path)}
        return cls(runs, names, seed)

    def told_by(self, path: Path, text: str) -> Iterator[Broken]:
        """What of it a text gives away. path: how the claims call it"""
        yield from _solution_lines(path, text, self.runs)
        for found in re.finditer(r"\btest\w*", text):
            if found[0] in self.names:
                fact = f"the hidden test {found[0]} ({self.names[found[0]]}) is named in what students get"
                yield Broken(
                    fact, _at(path, text, found.start()), "rename the hidden test, or take the name out"
                )
        if not self.seed.demo and self.seed.value in text:
            where = _at(path, text, text.index(self.seed.value))
            yield Broken(
                "the secret seed stands in what students get", where, "take it out, then kata seed --force"
            )


def _solution_runs(path: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every three consecutive lines of a solution block, blank ones left out, with the place."""
    if not path.is_file():
        return
    block: list[tuple[str, int]] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
        text = line.strip()
        if text == BEGIN:
            block = []
        elif text == END:
            block = None
        elif text and block is not None:
            block.append((text, number))
            if len(block) >= TOGETHER:
                yield tuple(line for line, _ in block[-TOGETHER:]), place(path, block[-TOGETHER][1])


def _solution_lines(path: Path, text: str, runs: Mapping[tuple[str, ...], str]) -> Iterator[Broken]:
    held = held_in_json(text) if path.suffix in (".json", ".ipynb") else text
    lines = [(line.strip(), number) for number, line in enumerate(held.split("\n"), 1) if line.strip()]
    for at in range(len(lines) - TOGETHER + 1):
        three = tuple(line for line, _ in lines[at : at + TOGETHER])
        if three in runs:
            fact = f"{TOGETHER} lines of the solution ({runs[three]}) stand in what students get"
            yield Broken(fact, place(path, lines[at][1] if held is text else 1), "take them out")
            return


def held_in_json(text: str) -> str:
    """The strings of a JSON text, one below the other: written, a line break in them is two characters."""
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    found: list[str] = []
    waiting: list[object] = [data]
    while waiting:
        match waiting.pop():
            case str() as held:
                found.append(held)
            case dict() as fields:
                waiting += reversed(fields.values())
            case list() as items:
                waiting += reversed(items)
    return "\n".join(found)


def _at(path: Path, text: str, offset: int) -> str:
    return place(path, text.count("\n", 0, offset) + 1)
