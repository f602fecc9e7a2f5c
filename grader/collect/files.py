"""The file system, touched with care: no link is followed, and nothing but a regular file is ever read."""

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.collect.member import NOISE, Kind, Member, Unreadable, too_large
from grader.collect.sift import VENV
from grader.collect.submission import BOUNDS, Bounds

# O_NOFOLLOW: a link put there a moment ago is not followed. O_NONBLOCK: a pipe does not make us wait.
CAREFUL = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
FLAGS = CAREFUL | getattr(os, "O_BINARY", 0)
FOLDER = CAREFUL | getattr(os, "O_DIRECTORY", 0)


@contextmanager
def open_regular(path: Path | str, below: int | None = None) -> Iterator[BinaryIO]:
    """An open regular file. below: a folder's descriptor; then no part of the path may be a link.

    Raises Unreadable for everything else, and when it cannot be opened.
    """
    try:
        descriptor = os.open(path, FLAGS) if below is None else _open_below(below, str(path), FLAGS)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be opened: {reason(error)}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("is not a regular file")
    with open(descriptor, "rb") as file:
        yield file


@contextmanager
def open_folder(path: Path, bounds: Bounds = BOUNDS) -> Iterator["FolderUpload"]:
    """A student's folder, as an upload. Raises Unreadable when it cannot be opened or is none."""
    try:
        descriptor = os.open(path, FOLDER)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be listed: {reason(error)}") from None
    try:
        yield FolderUpload(descriptor, bounds)
    finally:
        os.close(descriptor)


class FolderUpload:
    """A folder by its open descriptor: what is swapped for a link meanwhile leads nowhere."""

    is_packed = False

    def __init__(self, root: int, bounds: Bounds = BOUNDS) -> None:
        self.root = root
        self.bounds = bounds

    def members(self) -> list[Member]:
        """All files and folders in it, but for what lies in hidden folders and virtual environments.

        Raises Unreadable when there are too many, or when the folder itself cannot be listed.
        """
        found: list[Member] = []
        todo = [""]
        while todo:
            inside = todo.pop()
            try:
                for name, kind in self._list(inside):
                    if len(found) >= self.bounds.entries:
                        raise Unreadable(f"holds more than {self.bounds.entries} files")
                    member = Member(f"{inside}{name}", kind, len(found))
                    found.append(member)
                    if kind is Kind.FOLDER and not (_is_pruned(name) or member.refusal(self.bounds)):
                        todo.append(f"{member.name}/")
            except OSError as error:
                if not inside:
                    raise Unreadable(f"cannot be listed: {reason(error)}") from None
                found.append(Member(inside.removesuffix("/"), Kind.CLOSED, len(found)))
        return found

    def read(
        self, wanted: Collection[Member], limits: Mapping[int, int]
    ) -> Iterator[tuple[Member, bytes | Unreadable]]:
        """The bytes of these files, one after the other."""
        return ((member, self._one(member.name, limits[member.index])) for member in wanted)

    def _one(self, name: str, limit: int) -> bytes | Unreadable:
        try:
            with open_regular(name, self.root) as file:
                data = file.read(limit + 1)
        except Unreadable as error:
            return error
        except OSError as error:
            return Unreadable(f"cannot be read: {reason(error)}")
        return data if len(data) <= limit else too_large(limit)

    def _list(self, inside: str) -> Iterator[tuple[str, Kind]]:
        """Name and kind of each entry. A virtual environment seems empty. Raises OSError."""
        folder = _open_below(self.root, inside + ".", FOLDER)
        try:
            if inside and _is_venv(folder):
                yield VENV, Kind.FILE
                return
            with os.scandir(folder) as entries:
                for entry in entries:
                    yield entry.name, kind_of(entry.stat(follow_symlinks=False).st_mode)
        finally:
            os.close(folder)


def _open_below(root: int, name: str, flags: int) -> int:
    """Open what `name` means from the folder `root` on; a link on the way raises OSError."""
    *folders, last = name.split("/")
    at = root
    try:
        for folder in folders:
            inner = os.open(folder, FOLDER, dir_fd=at)
            if at != root:
                os.close(at)
            at = inner
        return os.open(last, flags, dir_fd=at)
    finally:
        if at != root:
            os.close(at)


def _is_venv(folder: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(VENV, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


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
