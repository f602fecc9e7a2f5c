"""The fields of course.yml, each converted apart, so that one mistake does not hide the next."""

import math
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from grader.course.mistake import BROKEN, Mistake, Path

# What to write into a field that msgspec refused; the others are told by their type.
HELP = {
    "id": "write an id: u01 for a unit, u01.name for an exercise (small letters, digits, _)",
    "folder": "write the unit's id, _ and a name in small letters: u01_slopes",
    "flavour": "write numpy or torch",
    "symbols": "write the names that the student defines: [function, Class.method]",
    "needs": "write a list of exercise ids: [u01.name]",
    "due": "write date, time and zone: 2026-09-15T23:59:00+02:00",
    "points": "write a number above 0",
    "difficulty": "write a whole number from 1 to 5",
    "version": 'write it in quotes: "2026.1"',
    "title": "write one line of text; in quotes if it holds a colon",
    "units": "write a list of units, each with id, title and folder",
    "imports": "write a list of modules: [math, numpy, numpy.linalg]",
    "attributes": "write a list of names: [exp, sum, shape]",
    "forbid": "write a list of names: [softmax, logsumexp]",
    "tripwires": "write a list of functions with their modules: [torch.autograd.grad]",
    "complex_numbers": "write true or false",
    "autograd": "write true or false",
    "exercises": "write a list of exercises, each with id, title, symbols and points",
}
COURSE_HELP = {
    "id": "write a short name: small letters, digits, - and _",
    "exercises": "write the name of the students' folder",
}
KINDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "fields",
}


def convert(kind: type[msgspec.Struct], data: Any, path: Path, mistakes: list[Mistake]) -> dict[str, Any]:
    """The fields of `data` that are right, by name; the others are added to `mistakes`."""
    if not isinstance(data, dict):
        mistakes.append(
            Mistake(path, f"is {describe(data)}, not fields with values", "write `name: value` lines")
        )
        return {}
    known = {field.name: field for field in msgspec.structs.fields(kind)}
    good: dict[str, Any] = {}
    for name, field in known.items():
        if name not in data and field.required:
            mistakes.append(Mistake(path, f"`{name}` is missing", f"add `{name}`: {_help(name, path)}"))
    for name, value in data.items():
        if value is BROKEN:
            continue
        if name not in known:
            mistakes.append(_unknown(name, list(known), (*path, name)))
        else:
            before = len(mistakes)
            converted = _field(known[name].type, value, (*path, name), mistakes)
            if len(mistakes) == before or isinstance(converted, list | dict):  # good in part
                good[name] = converted
    return good


def describe(value: Any) -> str:
    """A value of course.yml in words, short: `the text "two"`, `a list`, `nothing`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value!r}"[:60]
    if isinstance(value, str):
        return f"the text {ascii(value) if not value.isprintable() else repr(value)}"[:60]
    return KINDS.get(type(value), "an odd value")


def _field(kind: Any, value: Any, path: Path, mistakes: list[Mistake]) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return convert(kind, value, path, mistakes)
    members = get_args(kind)
    inner = next((m for m in members if isinstance(m, type) and issubclass(m, msgspec.Struct)), None)
    if inner is None:
        return _plain(kind, value, path, mistakes)
    if get_origin(kind) is not tuple:  # Limits | None
        return None if value is None else convert(inner, value, path, mistakes)
    if not isinstance(value, list):
        mistakes.append(Mistake(path, f"is {describe(value)}, not a list", _help(str(path[-1]), path)))
        return None
    return [
        {} if item is BROKEN else convert(inner, item, (*path, i), mistakes) for i, item in enumerate(value)
    ]


def _plain(kind: Any, value: Any, path: Path, mistakes: list[Mistake]) -> Any:
    name = str(next(part for part in reversed(path) if isinstance(part, str)))
    wanted = _wanted(kind)
    odd = next(_odd(value), "")
    if odd:
        mistakes.append(Mistake(path, odd, _help(name, path, wanted)))
        return None
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        mistakes.append(Mistake(path, f"is {describe(value)}, not {wanted}", _help(name, path, wanted)))
        return None


def _odd(value: Any) -> Iterator[str]:
    """What no field may hold, although its type allows it."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"is {value}, not a finite number"
    if isinstance(value, int) and abs(value) > 10**9:
        yield "is an absurdly large number"
    if isinstance(value, str) and not value.isprintable():
        yield "holds a line break or another invisible character"
    if isinstance(value, str) and not value.strip():
        yield "is empty"
    if isinstance(value, list):
        for item in value:
            yield from _odd(item)
    if value is BROKEN:
        yield "holds something that cannot be read"


def _wanted(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        base, *notes = get_args(kind)
        return f"{_wanted(base)}{''.join(_bounds(note) for note in notes)}"
    options = [option for option in get_args(kind) if option is not type(None)]
    if get_origin(kind) is tuple:
        return "a list of names"
    if datetime in (kind, *options):
        return "a date and time"
    if len(options) == 1:
        return _wanted(options[0])
    if options and all(isinstance(option, str) for option in options):
        return " or ".join(options)
    if get_origin(kind) is Union:
        return " or ".join(_wanted(option) for option in options)
    return KINDS.get(kind, "the right type")


def _bounds(note: msgspec.Meta) -> str:
    words = ((note.gt, "above"), (note.ge, "from"), (note.le, "up to"))
    text = "".join(f" {word} {bound}" for bound, word in words if bound is not None)
    if note.pattern:
        text += f" of the form {note.pattern.strip('^$')}"
    return text + (" that is not empty" if note.min_length else "")


def _help(name: str, path: Path, wanted: str = "") -> str:
    helps = HELP | COURSE_HELP if "units" not in path else HELP
    return helps.get(name) or (f"write {wanted}" if wanted else "see docs/file-formats.md")


def _unknown(name: str, known: list[str], path: Path) -> Mistake:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    help = f"did you mean `{near[0]}`?" if near else f"known here are: {', '.join(known)}"
    return Mistake(path, "is not a known field", help)
