"""The file system, touched with care: no link is followed, and nothing but a regular file is ever read."""

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.collect.member import NOISE, Kind, Member, Unreadable
from grader.collect.submission import BOUNDS, Bounds

# O_NOFOLLOW: a link put there a moment ago is not followed. O_NONBLOCK: a pipe does not make us wait.
FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
MARK_OF_VENV = "pyvenv.cfg"


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """An open regular file. Raises Unreadable for everything else, and when it cannot be opened."""
    try:
        descriptor = os.open(path, FLAGS)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be opened: {reason(error)}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("is not a regular file")
    with open(descriptor, "rb") as file:
        yield file


class FolderUpload:
    """A student's folder, as an upload."""

    def __init__(self, folder: Path, bounds: Bounds = BOUNDS) -> None:
        self.folder = folder
        self.bounds = bounds

    def members(self) -> list[Member]:
        """All files and folders in it, but for what lies in hidden folders and virtual environments.

        Raises Unreadable when there are too many, or when a folder cannot be listed.
        """
        found: list[Member] = []
        open = [""]
        while open:
            inside = open.pop()
            for name, kind in self._list(inside):
                if len(found) >= self.bounds.members:
                    raise Unreadable(f"holds more than {self.bounds.members} files")
                member = Member(f"{inside}{name}", kind, len(found))
                found.append(member)
                if kind is Kind.FOLDER and not (self._is_pruned(name) or member.refusal(self.bounds)):
                    open.append(f"{inside}{name}/")
        return found

    def read(self, wanted: Collection[Member], limits: Mapping[int, int]) -> dict[int, bytes | Unreadable]:
        """The bytes of these files by their index."""
        return {member.index: self._one(member.name, limits[member.index]) for member in wanted}

    def _one(self, name: str, limit: int) -> bytes | Unreadable:
        try:
            with open_regular(self.folder / name) as file:
                data = file.read(limit + 1)
        except Unreadable as error:
            return error
        except OSError as error:
            return Unreadable(f"cannot be read: {reason(error)}")
        return data if len(data) <= limit else Unreadable(f"is larger than {limit // 1024} KiB")

    def _list(self, inside: str) -> Iterator[tuple[str, Kind]]:
        """Name and kind of each entry. A virtual environment seems empty."""
        try:
            if inside and (self.folder / inside / MARK_OF_VENV).is_file():
                return
            with os.scandir(self.folder / inside) as entries:
                for entry in entries:
                    yield entry.name, kind_of(entry.stat(follow_symlinks=False).st_mode)
        except OSError as error:
            raise Unreadable(f"cannot be listed: {reason(error)}") from None

    @staticmethod
    def _is_pruned(name: str) -> bool:
        return name.startswith(".") or name in NOISE


def kind_of(mode: int) -> Kind:
    """The kind of a file by its mode, as lstat gives it."""
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.DEVICE


def reason(error: Exception) -> str:
    """Why the system refused, without the path."""
    return getattr(error, "strerror", None) or type(error).__name__
