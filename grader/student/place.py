"""Where a student's course lies, and which exercise is meant."""

from difflib import get_close_matches
from pathlib import Path

from grader.course.catalogue import RELEASED, Catalogue
from grader.course.model import Exercise, Unit
from grader.errors import UsageError
from grader.student.text import plain


def find_course(start: Path) -> Catalogue:
    """The released course at `start`, above it, or in their `exercises`. UsageError without one."""
    for folder in (start, *start.parents):
        for root in (folder, folder / "exercises"):
            if (root / RELEASED).is_file():
                return Catalogue.released(root)
    raise UsageError("there is no course here", "Go to the folder that holds `exercises`, then try again.")


def find_exercise(catalogue: Catalogue, asked: str) -> Exercise:
    """The exercise of an id, or of a name that only one has ("double"). UsageError names near ones."""
    asked = asked.strip()
    by_id = {exercise.id: exercise for exercise in catalogue.exercises}
    if asked in by_id:
        return by_id[asked]
    named = [exercise for exercise in catalogue.exercises if exercise.name == asked]
    if len(named) == 1:
        return named[0]
    raise UsageError(f"there is no exercise {plain(asked[:80])}", _near(catalogue, asked))


def find_unit(catalogue: Catalogue, asked: str) -> Unit | None:
    """The released unit of an id ("u01") or folder ("u01_slopes"), or None."""
    return next((unit for unit in catalogue.units if asked.strip("/ ") in (unit.id, unit.folder)), None)


def _near(catalogue: Catalogue, asked: str) -> str:
    known = [exercise.id for exercise in catalogue.exercises]
    unit = find_unit(catalogue, asked.partition(".")[0])
    if unit is not None and "." not in asked:
        return f"Unit {unit.id} has {', '.join(exercise.id for exercise in unit.exercises)}."
    near = [exercise.id for exercise in catalogue.exercises if exercise.name == asked]
    near += get_close_matches(asked, known, n=3, cutoff=0.8)
    if not near:
        names = {exercise.name: exercise.id for exercise in catalogue.exercises}
        near = [names[name] for name in get_close_matches(asked.rpartition(".")[2], list(names), n=2)]
    if near:
        return f"Did you mean {' or '.join(dict.fromkeys(near))}?"
    return "`kata` shows all exercises."
