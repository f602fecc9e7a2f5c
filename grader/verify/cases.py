"""What is graded to prove a course: its stubs, its solutions, and every answer of the bank."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.engine.pool import Job
from grader.errors import CourseError
from grader.examine.outcome import Verdict
from grader.verify.bank import Answer
from grader.verify.broken import Broken, from_error, place, reason
from grader.verify.selection import Selection
from grader.verify.splice import splice
from grader.verify.touch import IDLE

NO_PART: tuple[frozenset[str], dict[str, Verdict]] = frozenset(), {}


@dataclass(frozen=True)
class Case:
    """One submission that the course makes against itself.

    kind: what it is; those of IDLE are answers that do nothing at all
    units: those to examine: its own, and, in a proof of the whole course, later ones that import it
    asked: the exercises of its unit to examine, all where none is named
    before: verdicts of those that are not
    """

    kind: Literal["stub", "touched", "none", "error", "solution", "wrong", "right"]
    unit: Unit
    units: tuple[Unit, ...]
    sources: Mapping[str, str]
    answer: Answer | None = None
    asked: frozenset[str] = frozenset()
    before: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.kind} {self.answer.where if self.answer else self.unit.id}"

    def jobs(self) -> Iterator[Job]:
        """A job for each unit to examine."""
        for unit in self.units:
            yield Job(self.id, unit.id, self.sources, self.asked, before=self.before)


def runnable(selection: Selection) -> tuple[list[Unit], list[Broken]]:
    """The units whose stub and solution can be run, and why the others cannot."""
    catalogue = selection.catalogue
    units: list[Unit] = []
    broken: list[Broken] = []
    for unit in selection.units:
        # Without a solution there is no stub to speak of.
        found = list(_unreadable(unit, "solution", catalogue.solution_file(unit), "write it in Python"))
        found += [] if found else _unreadable(unit, "stub", catalogue.stub_file(unit), "kata stubs")
        units += [] if found else [unit]
        broken += found
    return units, broken


def _unreadable(unit: Unit, what: str, path: Path, mend: str) -> Iterator[Broken]:
    try:
        ast.parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, SyntaxError) as error:
        if isinstance(error, FileNotFoundError):
            fact, mend = f"nothing of {unit.id} was run: it has no {what}", mend.removesuffix(" in Python")
        else:
            fact = f"nothing of {unit.id} was run: its {what} cannot be read: {reason(error)}"
        yield Broken(fact, place(path, getattr(error, "lineno", None) or 1), mend)


def course_cases(units: Sequence[Unit], selection: Selection) -> Iterator[Case]:
    """Of each unit: the stub, the answers that do nothing, and the solution.

    Only the solution is examined in exercises that are not selected: wrong answers are held against it.
    """
    catalogue = selection.catalogue
    stubs = _sources(catalogue, catalogue.exercises_dir)
    solutions = _sources(catalogue, catalogue.solutions_dir)
    for unit in units:
        symbols = [symbol for exercise in unit.exercises for symbol in exercise.symbols]
        asked = frozenset(exercise.id for exercise in selection.of(unit))
        asked, before = (
            (asked, _idle_needs(asked, catalogue)) if len(asked) < len(unit.exercises) else NO_PART
        )
        yield Case("stub", unit, (unit,), stubs, asked=asked, before=before)
        for idle in IDLE:
            text = idle.write(stubs[unit.file], solutions[unit.file], symbols)
            sources = stubs | {unit.file: text}
            yield Case(idle.kind, unit, (unit,), sources, asked=asked, before=before)
        yield Case("solution", unit, (unit,), solutions)


def _idle_needs(asked: frozenset[str], catalogue: Catalogue) -> dict[str, Verdict]:
    """What these exercises need of their own unit, and what is not examined with them: it does nothing."""
    (unit,) = {catalogue.unit(id) for id in asked}
    needed = frozenset[str]().union(*(catalogue.needs_closure(id) for id in asked))
    return {e.id: Verdict.WRONG for e in unit.exercises if e.id in needed - asked}


def answer_cases(
    units: Sequence[Unit],
    selection: Selection,
    bank: Mapping[str, Sequence[Answer]],
    *,
    importers: bool = True,
) -> Iterator[Case | Broken]:
    """Every answer to a selected exercise, in its solution. bank: by unit id.

    importers: examine later units that import this one too, where the whole course is selected
    """
    catalogue = selection.catalogue
    solutions = _sources(catalogue, catalogue.solutions_dir)
    for unit in units:
        chosen = {exercise.id: exercise for exercise in selection.of(unit)}
        others = _importers(unit, catalogue, solutions) if importers and selection.whole else []
        for answer in bank[unit.id]:
            exercise = chosen.get(answer.exercise)
            if exercise is None:
                continue
            try:
                text = splice(solutions[unit.file], answer, exercise.symbols)
            except CourseError as error:
                yield from from_error(error, answer.file)
                continue
            spared = catalogue.dependents(exercise.id) if answer.kind == "wrong" else frozenset()
            later = [one for one in others if any(e.id not in spared for e in one.exercises)]
            yield Case(answer.kind, unit, (unit, *later), solutions | {unit.file: text}, answer)


def _sources(catalogue: Catalogue, folder: Path) -> dict[str, str]:
    files = {unit.file: folder / unit.file for unit in catalogue.units}
    return {
        file: path.read_text(encoding="utf-8-sig", errors="replace")
        for file, path in files.items()
        if path.is_file()
    }


def _importers(unit: Unit, catalogue: Catalogue, solutions: Mapping[str, str]) -> list[Unit]:
    """The units whose files import this one, directly or through others."""
    folders = [unit.folder]
    found: list[Unit] = []
    for other in catalogue.units:
        words = "|".join(map(re.escape, folders))
        text = solutions.get(other.file, "")
        if other is not unit and re.search(rf"^\s*(?:from|import)\s+(?:{words})\b", text, re.MULTILINE):
            found.append(other)
            folders.append(other.folder)
    return found
