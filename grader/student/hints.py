"""Hints, one at a time: each call gives the next and counts it. The count is the student's own business."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from grader.course.model import Exercise
from grader.errors import CourseError
from grader.student import progress

FILE = ".kata/hints.json"


def read_hints(root: Path) -> Mapping[str, Sequence[str]]:
    """Every exercise's hints. CourseError where the file is missing or broken."""
    file = root / FILE
    again = "Download the exercises folder again; your own files in it can stay."
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, list[str]])
    except OSError:
        raise CourseError(f"{file}: the hints are missing", again) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CourseError(f"{file}: the hints are broken", again) from None


def next_hint(root: Path, exercise: Exercise) -> str:
    """The text to print: the next hint and how many are left, or all of them once all were read.

    Counts it in the student's state. CourseError without hints.
    """
    hints = read_hints(root).get(exercise.id, [])
    if not hints:
        raise CourseError(f"{exercise.id} has no hints", "Read the unit's README.md again, or ask.")
    state = progress.load(root)
    read = min(max(state.hints.get(exercise.id, 0), 0), len(hints))
    if read == len(hints):
        shown = "\n".join(_numbered(at, hint, len(hints)) for at, hint in enumerate(hints, 1))
        return f"{shown}\nThese are all the hints for {exercise.id}."
    state.hints[exercise.id] = read + 1
    progress.save(root, state)
    left = len(hints) - read - 1
    more = f"{left} more: kata hint {exercise.id}" if left else "That was the last one."
    return f"{_numbered(read + 1, hints[read], len(hints))}\n{more}"


def _numbered(at: int, hint: str, of: int) -> str:
    return f"hint {at} of {of}\n" + "\n".join(f"  {line}" for line in hint.splitlines())
