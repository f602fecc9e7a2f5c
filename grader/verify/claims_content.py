"""Claims about what each exercise must have: hints, minutes, a place in the lesson, and its tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from grader.course.model import Unit
from grader.course.symbols import own_symbols
from grader.course.yamltext import parse
from grader.errors import CourseError
from grader.gradebook.plain import count
from grader.release.hints import parse_hints
from grader.release.lesson import shown
from grader.release.placeholder import MARK, placeholders
from grader.verify.broken import Broken, from_error, place, reason
from grader.verify.selection import Selection
from grader.verify.testfiles import test_functions

PUBLIC, HIDDEN = 1, 2  # tests that an exercise has at least


def hints(selection: Selection) -> Iterator[Broken]:
    """Every exercise has exactly three hints."""
    for unit in selection.units:
        path = selection.catalogue.hints_file(unit)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            yield Broken(f"{unit.id} has no hints", place(path), "write three hints for each exercise")
            continue
        try:
            parse_hints(text, [exercise.id for exercise in unit.exercises], str(path))
        except CourseError as error:
            yield from from_error(error, path)


def minutes(selection: Selection, course_file: Path) -> Iterator[Broken]:
    """Every exercise says how long it takes. (Its points are required: without them, no course is loaded.)"""
    parsed = parse(course_file.read_text(encoding="utf-8-sig"))
    wanted = {exercise.id for exercise in selection.exercises}
    for i, unit in enumerate(parsed.data["units"]):
        for j, exercise in enumerate(unit.get("exercises", ())):
            if exercise["id"] in wanted and "minutes" not in exercise:
                where = place(course_file, parsed.lines["units", i, "exercises", j])
                yield Broken(
                    f"{exercise['id']} does not say how many minutes it takes", where, "add `minutes: 15`"
                )


def finished(selection: Selection, course_file: Path) -> tuple[set[str], list[Broken]]:
    """No placeholder of `kata new` is left. The ids of the units that have one, and the claims."""
    wanted = {exercise.id for exercise in selection.exercises}
    units: set[str] = set()
    broken: list[Broken] = []
    for unit in selection.units:
        for path in (course_file, *_written(selection, unit)):
            try:
                text = path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                continue  # another claim
            for one in placeholders(text):
                if one.exercise in wanted and one.exercise.startswith(f"{unit.id}."):
                    units.add(unit.id)
                    mend = f"write it in the place of `{MARK} ...`"
                    broken.append(Broken(f"{one.exercise} lacks {one.what}", place(path, one.line), mend))
    return units, broken


def _written(selection: Selection, unit: Unit) -> tuple[Path, ...]:
    """The files of a unit that its author writes."""
    catalogue = selection.catalogue
    return (
        catalogue.solution_file(unit),
        catalogue.hints_file(unit),
        catalogue.lesson(unit),
        catalogue.public_tests(unit),
        *catalogue.hidden_tests(unit),
        *catalogue.checks(unit),
        catalogue.wrong_answers(unit),
        catalogue.right_answers(unit),
    )


def symbols(selection: Selection) -> Iterator[Broken]:
    """The solution defines all that an exercise is made of. What cannot be read is another claim's."""
    for unit in selection.units:
        path = selection.catalogue.solution_file(unit)
        for exercise in selection.of(unit):
            try:
                found = own_symbols(path.read_text(encoding="utf-8-sig"), exercise.symbols)
            except (OSError, UnicodeDecodeError, SyntaxError):
                break
            for symbol, text in found.items():
                if text is None:
                    fact = f"{exercise.id}: the solution does not define {symbol}"
                    yield Broken(fact, place(path), "write it, or take it out of `symbols` in course.yml")


def lessons(selection: Selection) -> Iterator[Broken]:
    """Every unit has a lesson that names each exercise, and shows and links to what exists."""
    for unit in selection.units:
        path = selection.catalogue.lesson(unit)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            yield Broken(f"{unit.id} has no lesson", place(path), "write it, and name every exercise in it")
            continue
        for exercise in selection.of(unit):
            if not re.search(rf"\b{re.escape(exercise.name)}\b", text):
                yield Broken(
                    f"the lesson does not mention {exercise.id}", place(path), f"write about {exercise.name}"
                )
        for file in shown(selection.catalogue, unit):
            if not file.is_file():
                at = text.count("\n", 0, text.index(file.name)) + 1
                mend = "kata stubs" if file.suffix == ".svg" else "put it there, or do not link to it"
                yield Broken(f"the lesson shows {file.name}, which is missing", place(path, at), mend)


def tests(selection: Selection) -> Iterator[Broken]:
    """Every exercise has a public and two hidden tests, and every test says which exercise it belongs to."""
    for unit in selection.units:
        yield from _tests_of(unit, selection)


def _tests_of(unit: Unit, selection: Selection) -> Iterator[Broken]:
    catalogue = selection.catalogue
    known = {exercise.id for exercise in unit.exercises}
    files = (
        ("public", PUBLIC, (catalogue.public_tests(unit),)),
        ("hidden", HIDDEN, catalogue.hidden_tests(unit)),
    )
    for kind, least, paths in files:
        found = []
        if not any(path.is_file() for path in paths):
            mend = f"write it, with {least} or more for each exercise"
            yield Broken(f"{unit.id} has no {kind} tests", place(paths[0]), mend)
            continue
        for path in paths:
            yield from _unreadable(path)
            found += [(path, test) for test in test_functions(path)]
        for path, test in found:
            if test.exercise not in known:
                said = (
                    f"belongs to {test.exercise}, which {unit.id} does not have"
                    if test.exercise
                    else ("does not say plainly which exercise it tests")
                )
                mend = f'put @exercise("{unit.id}.name") above it'
                yield Broken(f"{test.name} {said}", place(path, test.line), mend)
        for exercise in selection.of(unit):
            number = sum(test.exercise == exercise.id for _, test in found)
            if number < least:
                fact = f"{exercise.id} has {count(number, f'{kind} test')}, not {least} or more"
                yield Broken(fact, place(paths[0]), f'write one with @exercise("{exercise.id}")')


def _unreadable(path: Path) -> Iterator[Broken]:
    try:
        ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        where = place(path, getattr(error, "lineno", None) or 1)
        yield Broken(f"{path.name} cannot be read: {reason(error)}", where, "write it in Python")
