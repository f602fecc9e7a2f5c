"""Files as a folder or an archive names them, before any is read. Names are judged here, in one place."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from grader.collect.submission import BOUNDS, KIB, Bounds

# Left by operating systems, by Python and by git; not worth a line.
NOISE = {"__MACOSX", "__pycache__", ".ipynb_checkpoints", ".git", ".DS_Store", "Thumbs.db", "desktop.ini"}
DRIVE = re.compile(r"[A-Za-z]:")


class Kind(StrEnum):
    """What a name stands for."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link"
    DEVICE = "a device or pipe"
    LOCKED = "encrypted"
    SPARSE = "a sparse file, which is not supported"
    CLOSED = "a folder that cannot be listed"
    OTHER = "of a kind that is not supported"


@dataclass(frozen=True, slots=True)
class Member:
    """One name in an upload. `index` is its place there, by which it can be read."""

    name: str
    kind: Kind
    index: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file, without `.` and doubled slashes."""
        return tuple(part for part in self.name.split("/") if part not in ("", "."))

    def refusal(self, bounds: Bounds = BOUNDS) -> str:
        """Why this member is not looked at, "" when it may be."""
        if len(self.name) > bounds.name or len(self.parts) > bounds.depth:
            return "has an absurdly long name"
        if "\0" in self.name:
            return "has a null character in its name"
        if "\\" in self.name:
            return "has a backslash in its name"
        if self.name.startswith("/") or DRIVE.match(self.name):
            return "is an absolute path"
        if ".." in self.parts:
            return "leaves the archive"
        return "" if self.kind in (Kind.FILE, Kind.FOLDER) else f"is {self.kind}"


class Unreadable(Exception):
    """An upload, or one file of it, that cannot be read. The text says why, in half a sentence."""


class Upload(Protocol):
    """A folder or an archive. Neither method trusts a size that the upload claims.

    is_packed: it came as one file, so that all in it is the student's own word
    """

    is_packed: bool

    def members(self) -> list[Member]:
        """All that it holds. Raises Unreadable."""

    def read(
        self, wanted: Collection[Member], limits: Mapping[int, int]
    ) -> Iterator[tuple[Member, bytes | Unreadable]]:
        """The bytes of these files, one after the other; what is larger than its limit is Unreadable.

        What cannot be found again is left out. Raises Unreadable when the upload itself breaks off.
        """


def too_large(limit: int) -> Unreadable:
    """What a file is that exceeds its limit."""
    return Unreadable(f"is larger than {limit // KIB} KiB")


def nearest(members: Sequence[Member]) -> list[Member]:
    """Those nearest the root, sorted by name."""
    depth = min((len(member.parts) for member in members), default=0)
    return sorted((m for m in members if len(m.parts) == depth), key=lambda m: (m.name, m.index))
