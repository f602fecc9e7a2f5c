"""Lays down a new exercise, or announces a new unit: every file that it needs, with placeholders."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import indent

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.course.model import Exercise, Unit
from grader.errors import CourseError, UsageError
from grader.release import pattern
from grader.release.disk import put
from grader.release.entry import add_exercise, add_unit, quoted
from grader.release.placeholder import placeholder
from grader.release.publish import write
from grader.release.sources import added_to_class, appended, defined, with_imports

UNIT = re.compile(r"(u\d\d)_[a-z][a-z0-9_]*")
SYMBOL = re.compile(r"(?:[A-Za-z_]\w*\.)?[a-z_]\w*")
TESTING = {"assert_close", "exercise"}


def new_unit(course: Path, folder: str, title: str, flavour: str = "numpy") -> list[Path]:
    """Announce a unit in course.yml, and begin its reference. Returns what was written.

    Raises UsageError where it exists, or where its name is none.
    """
    catalogue = load_course(course)
    match = UNIT.fullmatch(folder)
    if match is None:
        raise UsageError(f"{folder} is no name of a unit", "Write it like u13_dual.")
    for unit in catalogue.course.units:
        if match[1] == unit.id:
            what = f"there is a unit {unit.id} already, {unit.folder}"
            raise UsageError(what, f"kata new {unit.id}.NAME adds an exercise to it.")
    name = folder.partition("_")[2].replace("_", " ").capitalize()
    unit = msgspec.convert(
        {"id": match[1], "title": title or name, "folder": folder, "flavour": flavour}, Unit
    )
    text = add_unit(_read(course), unit.id, pattern.unit_entry(unit, quoted(unit.title)))
    solution = catalogue.solution_file(unit)
    files = {} if solution.exists() else {solution: pattern.solution_head(unit)}
    return _lay_down(course, {**files, course: text})


def described(id: str, symbols: Sequence[str], needs: Sequence[str], points: float) -> Exercise:
    """The exercise that is to be laid down; it asks for a function of its own name where no symbol is named.

    UsageError where a part of that is not possible.
    """
    name = id.partition(".")[2]
    fields = {"id": id, "title": name, "symbols": symbols or [name], "needs": needs, "points": points}
    try:
        return msgspec.convert(fields, Exercise)
    except msgspec.ValidationError:
        raise UsageError(f"{id} is no id of an exercise", "Write it like u05.my_exercise.") from None


def new_exercise(course: Path, exercise: Exercise, after: str = "", title: str = "") -> list[Path]:
    """Lay down a new exercise of an existing unit. Returns what was written, generated files among it.

    title: "" for a placeholder    Raises UsageError, before anything is written, where a part of it exists.
    """
    catalogue = load_course(course)
    unit = _unit(catalogue, exercise)
    _check(catalogue, unit, exercise, after)
    shown = quoted(title or placeholder(exercise.id, "a title"))
    text = add_exercise(_read(course), unit.id, pattern.entry(exercise, shown), after)
    written = _lay_down(course, {**_files(catalogue, unit, exercise), course: text})
    changed = write(load_course(course))
    return [*written, *(path for path in changed if path not in written)]


def _unit(catalogue: Catalogue, exercise: Exercise) -> Unit:
    if any(exercise.id == other.id for other in catalogue.exercises):
        raise UsageError(f"{exercise.id} exists already", f"kata verify {exercise.id} says what it lacks.")
    for unit in catalogue.course.units:
        if unit.id == exercise.unit_id:
            return unit
    what = f"the course has no unit {exercise.unit_id}"
    raise UsageError(what, f"Announce it first: kata new {exercise.unit_id}_NAME --title TITLE")


def _check(catalogue: Catalogue, unit: Unit, exercise: Exercise, after: str) -> None:
    if after and after not in {other.id for other in unit.exercises}:
        known = ", ".join(other.id for other in unit.exercises) or "none yet"
        raise UsageError(f"--after names {after}, which is not of {unit.id}", f"It has {known}.")
    for need in exercise.needs:
        catalogue.exercise(need)
    for symbol in exercise.symbols:
        if not SYMBOL.fullmatch(symbol):
            what = f"{symbol} is no name of a function or method"
            raise UsageError(
                what, "Write --symbol name, or --symbol Class.method for each method of a class."
            )
    source = _text(catalogue.solution_file(unit))
    taken = sorted(set(exercise.symbols) & _defined(source, catalogue.solution_file(unit)))
    if taken:
        what = f"{catalogue.solution_file(unit)} defines {', '.join(taken)} already"
        raise UsageError(what, "Choose other names: --symbol NAME")
    hidden = _hidden_file(catalogue, unit, exercise)
    if hidden.exists():
        raise UsageError(f"{hidden} exists already", "Move it away, or choose another name.")


def _files(catalogue: Catalogue, unit: Unit, exercise: Exercise) -> Mapping[Path, str]:
    """Every file of the author's that the exercise needs, whole."""
    public, wrong = catalogue.public_tests(unit), catalogue.wrong_answers(unit)
    right, hints = catalogue.right_answers(unit), catalogue.hints_file(unit)
    made: dict[Path, Callable[[], str]] = {
        catalogue.solution_file(unit): lambda: _solution(
            _text(catalogue.solution_file(unit)), unit, exercise
        ),
        _hidden_file(catalogue, unit, exercise): lambda: pattern.hidden_tests(unit, exercise),
        public: lambda: appended(
            with_imports(_text(public) or pattern.public_head(unit), "grader.testing", TESTING),
            pattern.public_test(exercise),
        ),
        wrong: lambda: appended(
            with_imports(_text(wrong) or pattern.wrong_head(unit), "grader.verify.bank", {"wrong"}),
            pattern.wrong_answer(exercise),
        ),
        right: lambda: appended(
            with_imports(_text(right) or pattern.right_head(unit), "grader.verify.bank", {"right"}),
            pattern.right_answer(exercise),
        ),
        hints: lambda: f"{(_text(hints) or pattern.hints_head(unit)).rstrip()}\n\n{pattern.hints(exercise)}",
        catalogue.lesson(unit): lambda: _lesson(_text(catalogue.lesson(unit)), unit, exercise),
    }
    return {path: _made(path, make) for path, make in made.items()}


def _made(path: Path, make: Callable[[], str]) -> str:
    try:
        return make()
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno or 1}: is not Python: {error.msg}", "mend it") from None


def _solution(source: str, unit: Unit, exercise: Exercise) -> str:
    text = source or pattern.solution_head(unit)
    for symbol in exercise.symbols:
        owner = symbol.rpartition(".")[0]
        piece = pattern.function(exercise, symbol)
        if not owner:
            text = appended(text, piece)
            continue
        method = indent(piece, "    ")
        text = added_to_class(text, owner, method) or appended(
            text, pattern.class_of(exercise, owner, method)
        )
    return text


def _lesson(text: str, unit: Unit, exercise: Exercise) -> str:
    """The lesson with a row in its table, where it has one, and a paragraph at its end."""
    lines = (text or pattern.lesson_head(unit)).rstrip().split("\n")
    names = "|".join(other.name for other in unit.exercises)
    table = [n for n, line in enumerate(lines) if re.match(rf"\|\s*`(?:{names})`", line)]
    table = table if text else [len(lines) - 1]
    if table:
        lines.insert(table[-1] + 1, pattern.lesson_row(exercise).rstrip("\n"))
    return "\n".join([*lines, "", pattern.lesson_part(exercise)])


def _hidden_file(catalogue: Catalogue, unit: Unit, exercise: Exercise) -> Path:
    return catalogue.solutions_dir / unit.folder / f"test_hidden_{exercise.name}.py"


def _lay_down(course: Path, files: Mapping[Path, str]) -> list[Path]:
    """Write them all, course.yml last: without it nothing refers to the others."""
    order = sorted(files, key=lambda path: path == course)
    for path in order:
        put(path, files[path].encode())
    return order


def _defined(source: str, path: Path) -> set[str]:
    try:
        return defined(source)
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno or 1}: is not Python: {error.msg}", "mend it") from None


def _read(course: Path) -> str:
    return course.read_bytes().decode("utf-8-sig")


def _text(path: Path) -> str:
    """ "" for a file that is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise CourseError(f"{path}: cannot be read as UTF-8 text", "mend it, then run it again") from None
