"""What the student's copy remembers between runs: last verdicts and how many hints were read.

It lies in `.kata/state.json`, is shown to the student only, and may be deleted at any time.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

FILE = ".kata/state.json"
SCHEMA = 1


class Last(msgspec.Struct, frozen=True):
    """The last verdict of an exercise, and the hash of the student's file that it was given for."""

    verdict: str
    source: str


class State(msgspec.Struct):
    """The whole file."""

    schema: int = SCHEMA
    exercises: dict[str, Last] = {}
    hints: dict[str, int] = {}


def load(root: Path) -> State:
    """The state of an exercises folder; an empty one where there is none, or none that can be read."""
    try:
        state = msgspec.json.decode((root / FILE).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return State()
    return state if state.schema == SCHEMA else State()


def save(root: Path, state: State) -> bool:
    """Write the state, whole or not at all. False where it cannot be written; nothing fails for it."""
    file = root / FILE
    fresh = file.with_name(f"{file.name}.new")
    state.exercises = dict(sorted(state.exercises.items()))
    state.hints = dict(sorted(state.hints.items()))
    try:
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")
        os.replace(fresh, file)
    except OSError:
        return False
    return True


def source_hash(text: str) -> str:
    """Tells whether a file was changed since its last verdict."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def still_right(state: State, files: Mapping[str, str], id: str, file: str) -> bool | None:
    """Whether the last run found an exercise right; None where that is unknown or the file has changed."""
    last = state.exercises.get(id)
    if last is None or file not in files or last.source != source_hash(files[file]):
        return None
    return last.verdict == "right"
