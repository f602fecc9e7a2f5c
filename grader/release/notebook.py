"""A unit as a source notebook of nbgrader: the lesson, then for each exercise what to write and its tests.

`nbgrader generate_assignment` makes the students' version of it. Of hidden tests, the seed and the hints
nothing is in it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.errors import CourseError
from grader.release.notebook_chunks import Piece, last_needed, pieces
from grader.release.notebook_regions import marked

SCHEMA = 3  # of nbgrader's metadata
LONGEST = 112  # characters of the exercises in a cell's name: nbgrader's database holds 128 in all
MARK = "katagrad"  # of the notebook's metadata: the hash of what was written
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SETUP = "%load_ext grader.notebook"
TESTS = """\
# The public tests of {id}: they stand in {file}. Hidden tests decide the points.
from grader.notebook import check

check("{id}")"""
HOW = "Write where it says `raise NotImplementedError()`, then run the cell below: it checks what you wrote."
_HOW_IN_FILES = re.compile(
    r"Write in `[\w.]+`, run `pytest [\w./]+`\.(?:\s+Stuck\? `kata hint [\w.]+`\.)?", re.ASCII
)
_LESSON = re.compile(r"\s*The lesson is README\.md, in this folder\.")
_FENCE = re.compile(r"\s*(```|~~~)")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")

Cell = dict[str, Any]


def grade_id(exercise: Exercise) -> str:
    """The name of the exercise in nbgrader's gradebook: `u05-backward`."""
    return exercise.id.replace(".", "-")


def source_notebook(catalogue: Catalogue, unit: Unit) -> str:
    """The text of the notebook. Raises CourseError for a solution that nbgrader cannot make a stub of."""
    from nbgrader.utils import compute_checksum  # noqa: PLC0415  what only instructors have

    nbformat: Any = import_module("nbformat")  # it has types for a part of it

    cells = [_lesson(number, text) for number, text in enumerate(_sections(catalogue, unit), 1)]
    cells += [_code(f"{unit.id}-setup", SETUP, locked=True), *_work(catalogue, unit)]
    notebook = nbformat.from_dict(
        {"cells": cells, "metadata": {**METADATA, MARK: ""}, "nbformat": 4, "nbformat_minor": 5}
    )
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
            cell.metadata.nbgrader["cell_type"] = cell.cell_type
    notebook.metadata[MARK] = content_hash(notebook)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def content_hash(notebook: Mapping[str, Any]) -> str:
    """Of what people may have changed: kinds, sources and nbgrader's marks of the cells."""
    hasher = hashlib.sha256()
    for cell in notebook["cells"]:
        marks = sorted(cell["metadata"].get("nbgrader", {}).items())
        said = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        hasher.update(repr((cell["cell_type"], said, marks)).encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()[:32]


def _sections(catalogue: Catalogue, unit: Unit) -> Iterator[str]:
    """The lesson, cut at its headings, with what it says about files said about cells."""
    section: list[str] = []
    fenced = False
    for line in _HOW_IN_FILES.sub(HOW, _read(catalogue.lesson(unit))).split("\n"):
        fenced ^= bool(_FENCE.match(line))
        if line.startswith("## ") and not fenced:
            yield "\n".join(section).strip()
            section = []
        section.append(line)
    yield "\n".join(section).strip()


def _work(catalogue: Catalogue, unit: Unit) -> Iterator[Cell]:
    """What is given, what is to be written, and the tests: each as soon as all that they need is there."""
    path = catalogue.solution_file(unit)
    found = pieces(_LESSON.sub("", marked(_read(path), str(path)), count=1), unit)
    ends: dict[int, list[Exercise]] = {}
    for exercise in unit.exercises:
        needed = {exercise.id, *catalogue.needs_closure(exercise.id)}
        ends.setdefault(last_needed(found, needed), []).append(exercise)
    told: set[str] = set()
    for number, piece in enumerate(found):
        for exercise in (e for e in unit.exercises if e.id in piece.owners and e.id not in told):
            told.add(exercise.id)
            yield _markdown(f"{grade_id(exercise)}-text", _statement(exercise))
        yield _piece(unit, number, piece)
        yield from (_tests(unit, exercise) for exercise in ends.get(number, ()))


def _piece(unit: Unit, number: int, piece: Piece) -> Cell:
    if not piece.is_answer:
        return _code(f"{unit.id}-given-{number}", piece.text, locked=True)
    owners = "-".join(id.replace(".", "-") for id in piece.owners)[:LONGEST] or unit.id
    return _code(f"{owners}-code-{number}", piece.text, solution=True)


def _tests(unit: Unit, exercise: Exercise) -> Cell:
    text = TESTS.format(id=exercise.id, file=f"test_{unit.name}.py")
    points = int(exercise.points) if exercise.points == int(exercise.points) else exercise.points
    return _code(grade_id(exercise), text, locked=True, points=points)


def _statement(exercise: Exercise) -> str:
    symbols = ", ".join(f"`{symbol}`" for symbol in exercise.symbols)
    points = f"{exercise.points:g} {'point' if exercise.points == 1 else 'points'}"
    facts = f"{symbols} · {points} · {exercise.minutes} minutes · difficulty {exercise.difficulty} of 5"
    needs = f"\n\nNeeds {', '.join(exercise.needs)}." if exercise.needs else ""
    return f"### {exercise.id}: {exercise.title}\n\n{facts}{needs}"


def _lesson(number: int, text: str) -> Cell:
    return _markdown(f"lesson-{number}", text)


def _markdown(id: str, text: str) -> Cell:
    return {"cell_type": "markdown", "id": _cell_id(id), "metadata": {}, "source": text}


def _code(
    id: str, text: str, *, locked: bool = False, solution: bool = False, points: float | None = None
) -> Cell:
    marks: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": id,
        "locked": locked,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        marks["points"] = points
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": _cell_id(id),
        "metadata": {"nbgrader": marks},
        "outputs": [],
        "source": text,
    }


def _cell_id(name: str) -> str:
    """An id of the notebook format: at most 64 of its characters, no two alike."""
    safe = _UNSAFE.sub("-", name)
    return safe if len(safe) <= 64 else f"{safe[:47]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise CourseError(f"{path}:1: is not UTF-8 text", "save it in the encoding UTF-8") from None
    except OSError as error:
        what = f"{path}: cannot be read: {error.strerror}"
        raise CourseError(what, "a notebook is made of the lesson, the solution and the tests") from None
