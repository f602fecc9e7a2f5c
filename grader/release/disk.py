"""Files that a release writes: whole or not at all."""

import os
from pathlib import Path

from grader.errors import UsageError

ROOM = "Look at its rights and at the space on the disk, then run it again."


def put(path: Path, data: bytes) -> None:
    """Write a file; a reader sees the old one or the new one, never a part. UsageError where it cannot be."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(data)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", ROOM) from None


def holds(path: Path, data: bytes) -> bool:
    """Whether a file holds these bytes already."""
    try:
        return path.read_bytes() == data
    except OSError:
        return False
