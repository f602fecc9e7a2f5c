"""The GRADES folder: private, locked while a run writes; a final file appears whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import UsageError

JOURNAL = "journal.jsonl"
_HELP = {
    errno.ENOSPC: "Make room on that disk, then run the same command again.",
    errno.EDQUOT: "Your quota is used up: make room, then run the same command again.",
    errno.EACCES: "Choose a folder that you may write to: --out FOLDER.",
    errno.EPERM: "Choose a folder that you may write to: --out FOLDER.",
    errno.EROFS: "That disk is read-only. Choose another folder: --out FOLDER.",
}


class GradesFolder:
    """An open GRADES folder. Use `open_grades`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    def write(self, name: str, text: str) -> Path:
        """Write a final file (`gradebook.csv`, `feedback/ann.txt`), atomically and with mode 0600."""
        path = self.path / name
        with clear_errors(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(path, text.encode("utf-8"))
        return path

    def names_in(self, folder: str) -> list[str]:
        """The files that lie in a folder of ours, sorted; leftovers of a killed run are not named."""
        path = self.path / folder
        with clear_errors(path):
            names = os.listdir(path) if path.is_dir() else []
        return sorted(name for name in names if not name.startswith("."))


@contextmanager
def open_grades(path: Path) -> Iterator[GradesFolder]:
    """Make or reuse the folder (mode 0700) and hold its lock.

    Raises UsageError when it is a file, cannot be written, holds other things than our gradebook, or is
    in use by another run.
    """
    with clear_errors(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        foreign = sorted(os.listdir(path)) if not (path / JOURNAL).exists() else []
        if foreign and set(foreign) - {"feedback"}:
            raise UsageError(
                f"{path} is not empty and holds no gradebook of katagrad",
                "Choose a new or empty folder: --out FOLDER.",
            )
        path.chmod(0o700)
        descriptor = os.open(path, os.O_RDONLY)
    try:
        _lock(descriptor, path)
        yield GradesFolder(path)
    finally:
        os.close(descriptor)


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into one clear UsageError that names the file, the reason and the remedy."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        help = _HELP.get(error.errno or 0, "Choose another folder: --out FOLDER.")
        raise UsageError(f"cannot write {error.filename or path}: {reason}", help) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Temporary file, fsync, rename, fsync of the folder: readers see the old file or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # a killed run's leftover, whatever it is
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a rename or a new file in this folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    import fcntl  # noqa: PLC0415  not on Windows, where this module is only read

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"another run is writing into {path}", "Wait until it has ended, or choose another --out."
        ) from None
