"""course.yml to a Catalogue. Every mistake is reported at once, each with its line and what to do."""

from pathlib import Path
from typing import Any

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.fields import convert
from grader.course.mistake import report
from grader.course.model import Course, Limits
from grader.course.rules import check
from grader.errors import CourseError, UsageError

MOST_BYTES = 4 * 1024 * 1024


def load_course(path: Path) -> Catalogue:
    """The course that `path` (course.yml, or the folder that holds it) describes.

    Raises CourseError, a line `course.yml:LINE: where: what` for each mistake; UsageError where the YAML
    reader is not installed.
    """
    file = path / "course.yml" if path.is_dir() and path.name != "course.yml" else path
    text = _read(file)
    try:
        from grader.course.yamltext import parse  # noqa: PLC0415  students install no YAML reader
    except ImportError as error:
        raise UsageError("course.yml needs a YAML reader", "pip install 'katagrad[instructor]'") from error
    parsed = parse(text)
    mistakes = parsed.mistakes
    if parsed.lines:
        good = convert(Course, parsed.data, (), mistakes)
        mistakes += check(good)
    if mistakes:
        raise report(file.name, mistakes, parsed.lines, parsed.data)
    _complete_limits(good)
    return Catalogue(msgspec.convert(good, Course), file.parent)


def _read(file: Path) -> str:
    here = f"{file.name}:1: the course:"
    try:
        if file.exists() and not file.is_file():
            kind = "a folder" if file.is_dir() else "a device"
            raise CourseError(
                f"{here} is {kind}, not a file", "write the course into a text file of that name"
            )
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        help = "name the folder that holds course.yml, or that file itself"
        raise CourseError(f"{file}: there is no course here", help) from None
    except OSError as error:
        help = "check the path and the rights of the file"
        raise CourseError(f"{file}: cannot be read: {error.strerror}", help) from None
    if len(raw) > MOST_BYTES:
        raise CourseError(f"{here} is larger than 4 MiB", "is this the right file?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        help = "save the file in the encoding UTF-8"
        raise CourseError(f"{file.name}:{line}: the course: is not UTF-8 text", help) from None


def _complete_limits(course: dict[str, Any]) -> None:
    """An exercise that changes one limit keeps the course's others."""
    base = course.get("limits", {})
    for unit in course["units"]:
        for exercise in unit.get("exercises", ()):
            if exercise.get("limits") is not None:
                exercise["limits"] = msgspec.to_builtins(Limits()) | base | exercise["limits"]
