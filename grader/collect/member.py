"""Files as a folder or an archive names them, before any is read. Names are judged here, in one place."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from grader.collect.submission import BOUNDS, Bounds

# Left by operating systems and by Python itself; not worth a line.
NOISE = {"__MACOSX", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}
DRIVE = re.compile(r"[A-Za-z]:")


class Kind(StrEnum):
    """What a name stands for."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link"
    DEVICE = "a device or pipe"
    LOCKED = "encrypted"


@dataclass(frozen=True)
class Member:
    """One name in an upload. `index` is its place there, by which it can be read."""

    name: str
    kind: Kind
    index: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file, without `.` and doubled slashes."""
        return tuple(part for part in self.name.split("/") if part not in ("", "."))

    @property
    def is_noise(self) -> bool:
        return any(part in NOISE for part in self.parts)

    @property
    def shown(self) -> str:
        """Its name among what was ignored: a hidden folder stands for all in it, noise is "" (not shown)."""
        if self.is_noise:
            return ""
        hidden = next((i for i, part in enumerate(self.parts[:-1], 1) if part.startswith(".")), 0)
        return "/".join(self.parts[:hidden]) + "/" if hidden else "/".join(self.parts)

    @property
    def is_hidden(self) -> bool:
        """In a folder such as .git or .venv: never the student's answer."""
        return any(part.startswith(".") for part in self.parts)

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
        if self.kind in (Kind.FILE, Kind.FOLDER):
            return ""
        return "" if self.is_hidden or self.is_noise else f"is {self.kind}"


class Unreadable(Exception):
    """An upload, or one file of it, that cannot be read. The text says why, in half a sentence."""


class Upload(Protocol):
    """A folder or an archive. Neither method trusts a size that the upload claims."""

    def members(self) -> list[Member]:
        """All that it holds. Raises Unreadable."""

    def read(self, wanted: Collection[Member], limits: Mapping[int, int]) -> dict[int, bytes | Unreadable]:
        """The bytes of these files by their index; what is larger than its limit is Unreadable."""


def nearest(members: Sequence[Member]) -> list[Member]:
    """Those nearest the root, sorted by name."""
    depth = min((len(member.parts) for member in members), default=0)
    return sorted((m for m in members if len(m.parts) == depth), key=lambda m: (m.name, m.index))
