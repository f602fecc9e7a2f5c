"""Every generated file of the course, from its sources, and the command's way to bring them up to date."""

from pathlib import Path

import msgspec

from grader.course.catalogue import RELEASED, Catalogue
from grader.course.model import Unit
from grader.errors import CourseError
from grader.release.disk import holds, put
from grader.release.hints import parse_hints
from grader.release.picture import draw
from grader.release.stub import make_stub

HINTS = ".kata/hints.json"
STUBS = ".kata/stubs"  # untouched ones, for `kata reset`


def generated_files(catalogue: Catalogue) -> dict[Path, str]:
    """Every generated file with its text: stubs, pictures, the students' catalogue and hints.

    Needs the solutions. Raises CourseError with file and line for what is wrong in them.
    """
    folder = catalogue.exercises_dir
    files: dict[Path, str] = {}
    hints: dict[str, list[str]] = {}
    for unit in catalogue.units:
        solution = catalogue.solution_file(unit)
        stub = make_stub(_read(solution, unit), str(solution))
        files[catalogue.stub_file(unit)] = files[folder / STUBS / unit.file] = stub
        files |= _pictures(catalogue, unit)
        source = catalogue.hints_file(unit)
        ids = [exercise.id for exercise in unit.exercises]
        hints |= parse_hints(_read(source, unit), ids, str(source))
    files[folder / RELEASED] = _json(catalogue.course)
    files[folder / HINTS] = _json(hints)
    return files


def outdated(catalogue: Catalogue) -> list[Path]:
    """The generated files that are missing or differ from what their sources give, byte for byte."""
    return list(_stale(catalogue))


def write(catalogue: Catalogue) -> list[Path]:
    """Bring the generated files up to date, each at once or not at all. Returns those that changed.

    Nothing is written when any source is wrong. Raises CourseError, or UsageError when the disk refuses.
    """
    changed = _stale(catalogue)
    for path, data in changed.items():
        put(path, data)
    return list(changed)


def _stale(catalogue: Catalogue) -> dict[Path, bytes]:
    made = {path: text.encode() for path, text in generated_files(catalogue).items()}
    return {path: data for path, data in made.items() if not holds(path, data)}


def _pictures(catalogue: Catalogue, unit: Unit) -> dict[Path, str]:
    source = catalogue.solution_file(unit).with_name("picture.py")
    if not source.is_file():
        return {}
    folder = catalogue.stub_file(unit).parent
    return {folder / name: text for name, text in draw(source).items()}


def _read(path: Path, unit: Unit) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise CourseError(f"{path}:1: is not UTF-8 text", "save it in the encoding UTF-8") from None
    except OSError as error:
        help = f"unit {unit.id} is released, because course.yml lists exercises in it: write that file"
        raise CourseError(f"{path}: cannot be read: {error.strerror}", help) from None


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
