"""What must hold between the fields of course.yml. Works on whatever fields are right by themselves."""

import keyword
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from grader.course.lists import check_rules
from grader.course.mistake import Mistake, Path

Fields = dict[str, Any]
ZONE = "add the zone: 2026-09-15T23:59:00+02:00, or Z for UTC"


def check(course: Fields) -> Iterator[Mistake]:
    """Every mistake that only shows when fields are compared."""
    units = course.get("units", [])
    yield from _zone(course, "due", ())
    yield from _zone(course.get("feedback", {}), "published", ("feedback",))
    yield from _late(course.get("late", {}))
    yield from _folders(course)
    seen: dict[str, str] = {}
    last = ""
    for i, unit in enumerate(units):
        path: Path = ("units", i)
        yield from _zone(unit, "due", path)
        yield from _unit_id(unit, path, seen, last)
        yield from _weight(unit, path)
        last = max(last, unit.get("id", ""))
        for j, exercise in enumerate(unit.get("exercises", [])):
            yield from _exercise_id(exercise, unit, (*path, "exercises", j), seen)
        yield from _symbols(unit, path)
    yield from _needs(units)
    yield from check_rules(course)
    if not units and "units" in course:
        yield Mistake(("units",), "holds no unit", "add a unit with id, title and folder")


def _zone(fields: Fields, name: str, path: Path) -> Iterator[Mistake]:
    time = fields.get(name)
    if isinstance(time, datetime) and time.tzinfo is None:
        yield Mistake((*path, name), "has no time zone", ZONE)


def _late(late: Fields) -> Iterator[Mistake]:
    for hours, days in (("per_hour", "per_day"), ("max_hours", "max_days")):
        if late.get(hours) is not None and days in late:
            yield Mistake(("late", hours), f"stands beside {days}", "keep one of the two")


def _weight(unit: Fields, path: Path) -> Iterator[Mistake]:
    exercises = unit.get("exercises", [])
    if unit.get("weight") is not None and exercises and all(e.get("extra") for e in exercises):
        what = "cannot be shared out: every exercise of the unit is extra credit"
        yield Mistake((*path, "weight"), what, "remove the weight, or `extra` from an exercise")


def _folders(course: Fields) -> Iterator[Mistake]:
    parts: dict[str, tuple[str, ...]] = {}
    for name in ("exercises", "solutions"):
        text = course.get(name, name)
        folder = PurePosixPath(text)
        if folder.is_absolute() or ".." in folder.parts or not folder.parts or "\\" in text or ":" in text:
            yield Mistake((name,), "leaves the course", f"write a folder beside course.yml: {name}")
        parts[name] = folder.parts
    shorter = min(map(len, parts.values()))
    if parts["exercises"][:shorter] == parts["solutions"][:shorter]:
        what = "is the folder that students get, or lies around it or in it"
        yield Mistake(("solutions",), what, "keep the solutions in a folder of their own")


def _unit_id(unit: Fields, path: Path, seen: dict[str, str], last: str) -> Iterator[Mistake]:
    id, folder = unit.get("id"), unit.get("folder")
    if id is not None:
        if id in seen:
            yield Mistake((*path, "id"), f"{id} is also {seen[id]}", "give each unit its own number")
        elif id < last:
            yield Mistake((*path, "id"), f"{id} comes after {last}", "order the units by their numbers")
        seen.setdefault(id, f"units[{path[-1]}]")
        if folder is not None and not folder.startswith(f"{id}_"):
            name = folder.partition("_")[2]
            yield Mistake((*path, "folder"), f"{folder} does not begin with {id}", f"write {id}_{name}")
    if folder is not None and keyword.iskeyword(folder.partition("_")[2]):
        yield Mistake((*path, "folder"), f"{folder} ends in a word of Python", "choose another name")


def _exercise_id(exercise: Fields, unit: Fields, path: Path, seen: dict[str, str]) -> Iterator[Mistake]:
    id = exercise.get("id")
    if id is None:
        return
    number, _, name = id.partition(".")
    if id in seen:
        yield Mistake((*path, "id"), f"{id} is also {seen[id]}", "give each exercise its own name")
    seen.setdefault(id, f"units[{path[1]}].exercises[{path[-1]}]")
    if unit.get("id", number) != number:
        yield Mistake(
            (*path, "id"), f"{id} stands in unit {unit['id']}", f"write {unit['id']}.{name}, or move it"
        )


def _symbols(unit: Fields, path: Path) -> Iterator[Mistake]:
    """Each symbol belongs to one exercise; a class and its own method would be counted twice too."""
    owner: dict[str, str] = {}
    for j, exercise in enumerate(unit.get("exercises", [])):
        for k, symbol in enumerate(exercise.get("symbols", [])):
            here = (*path, "exercises", j, "symbols", k)
            names = symbol.split(".")
            if len(names) > 2 or not all(n.isidentifier() and not keyword.iskeyword(n) for n in names):
                yield Mistake(here, f"{symbol} is no symbol", "write function, Class or Class.method")
                continue
            mine = exercise.get("id", f"exercises[{j}]")
            for other, whose in owner.items():
                if symbol == other:
                    yield Mistake(here, f"{symbol} already belongs to {whose}", "list it once in a unit")
                elif other.startswith(f"{symbol}.") or symbol.startswith(f"{other}."):
                    what = f"{symbol} overlaps {other} of {whose}"
                    yield Mistake(here, what, "list either the class or its methods")
            owner.setdefault(symbol, mine)


def _needs(units: list[Fields]) -> Iterator[Mistake]:
    """An exercise needs earlier ones only, so that the order of the course is an order of work."""
    order: dict[str, int] = {}
    needs: dict[str, list[str]] = {}
    where: list[tuple[Path, str, list[str]]] = []
    for i, unit in enumerate(units):
        for j, exercise in enumerate(unit.get("exercises", [])):
            id = exercise.get("id", "")
            order.setdefault(id, len(order))
            needs.setdefault(id, list(exercise.get("needs", ())))
            where.append((("units", i, "exercises", j, "needs"), id, needs[id]))
    for path, id, wanted in where:
        for k, need in enumerate(wanted):
            here = (*path, k)
            if need in wanted[:k]:
                yield Mistake(here, f"{need} is listed twice", "list it once")
            elif need == id:
                yield Mistake(here, f"{id} needs itself", "remove it")
            elif need not in order:
                yield Mistake(here, f"{need} is not an exercise of this course", _nearest(need, order))
            elif id and order[need] > order[id]:
                circle = id in _reach(need, needs)
                what = f"{need} needs {id} in turn: a circle" if circle else f"{need} comes later than {id}"
                yield Mistake(here, what, "need only what stands above it, or change the order")


def _reach(start: str, needs: dict[str, list[str]]) -> set[str]:
    """All that `start` needs, directly or through others; it ends on circles too."""
    found: set[str] = set()
    open = [start]
    while open:
        for need in needs.get(open.pop(), ()):
            if need not in found:
                found.add(need)
                open.append(need)
    return found


def _nearest(need: str, order: dict[str, int]) -> str:
    near = get_close_matches(need, list(order), n=1)
    return f"did you mean {near[0]}?" if near else "write the id of an exercise that stands above it"
