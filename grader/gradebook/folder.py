"""The GRADES folder: private, locked while a run writes; a final file appears whole or not at all.

A run that has not ended is known by `before.jsonl`: the journal of the last run that did. So whatever a
killed run leaves, the same command finds what was there before it and what it had done.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import UsageError
from grader.gradebook.disk import clear_errors, exists, make_private_folder, sync_folder, write_atomically

JOURNAL, BEFORE, ASIDE, TIMES = "journal.jsonl", "before.jsonl", "set-aside.jsonl", "times.jsonl"
ATTEMPTS = "attempts.jsonl"
EXERCISE_TIMES = "exercise-times.csv"
FEEDBACK = "feedback"
_FRESH = ".fresh"  # the run that lasts was told to examine everything


class GradesFolder:
    """An open GRADES folder. Use `open_grades`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal, self.before = path / JOURNAL, path / BEFORE
        self.aside, self.times = path / ASIDE, path / TIMES
        self.attempts = path / ATTEMPTS

    def write(self, name: str, text: str | Iterable[bytes]) -> Path:
        """Write a final file (`gradebook.csv`, `feedback/ann.txt`), atomically and with mode 0600.

        One that holds these bytes already is left as it is.
        """
        path = self.path / name
        if path.parent != self.path:
            make_private_folder(path.parent)
        data = text.encode("utf-8") if isinstance(text, str) else text
        with clear_errors(path):
            if not (isinstance(data, bytes) and _holds(path, data)):
                write_atomically(path, data)
        return path

    def remove(self, name: str) -> None:
        """Remove a file of ours, where it is there."""
        with clear_errors(self.path / name):
            if exists(self.path / name):
                (self.path / name).unlink()
                sync_folder(self.path)

    def sweep(self) -> None:
        """Remove what a killed run left of files that it was writing."""
        for folder in (self.path, self.path / FEEDBACK):
            for name in os.listdir(folder) if folder.is_dir() and not folder.is_symlink() else ():
                if name.startswith(".") and name.endswith(".new"):
                    (folder / name).unlink()

    def names_in(self, folder: str) -> list[str]:
        """The files that lie in a folder of ours, sorted; leftovers of a killed run are not named."""
        path = self.path / folder
        with clear_errors(path):
            names = os.listdir(path) if path.is_dir() else []
        return sorted(name for name in names if not name.startswith("."))

    @property
    def underway(self) -> bool:
        """Whether a run did not come to its end."""
        return exists(self.before)

    def begin(self, fresh: bool = False) -> None:
        """A run begins, or goes on: from now on the journal holds what it does, and no more.

        fresh: what a run left that was not asked to do all afresh does not count
        """
        underway, marker = self.underway, self.path / _FRESH
        with clear_errors(self.journal):
            if not underway:
                if not exists(self.journal):
                    write_atomically(self.journal, b"")
                self.journal.rename(self.before)
                sync_folder(self.path)
            elif fresh and not marker.exists():
                write_atomically(self.journal, b"")
            if fresh and not marker.exists():
                self.remove(ATTEMPTS)
            if fresh:
                write_atomically(marker, b"")
            else:
                marker.unlink(missing_ok=True)

    def end(self) -> None:
        """All final files are written: the run has ended. What killed runs half wrote goes too."""
        with clear_errors(self.before):
            self.sweep()
            self.before.unlink()
            (self.path / _FRESH).unlink(missing_ok=True)
            sync_folder(self.path)


@contextmanager
def open_grades(path: Path) -> Iterator[GradesFolder]:
    """Make or reuse the folder (mode 0700) and hold its lock.

    Raises UsageError when it is a file, cannot be written, holds other things than our gradebook, or is
    in use by another run.
    """
    with clear_errors(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        foreign = [] if _is_ours(path) else sorted(os.listdir(path))
        if foreign and set(foreign) - {FEEDBACK, f".{JOURNAL}.new"}:
            raise UsageError(
                f"{path} is not empty and holds no gradebook of katagrad",
                "Choose a new or empty folder: --out FOLDER.",
            )
        path.chmod(0o700)
    with _locked(path):
        yield GradesFolder(path)


@contextmanager
def open_gradebook(path: Path) -> Iterator[GradesFolder]:
    """The folder of a gradebook that is there, locked. UsageError where none is, or where it is in use."""
    if not _is_ours(path):
        raise UsageError(f"{path} holds no gradebook of katagrad", "Name the folder of grades: --out FOLDER.")
    with _locked(path):
        yield GradesFolder(path)


def _is_ours(path: Path) -> bool:
    return any(os.path.lexists(path / name) for name in (JOURNAL, BEFORE))


def _holds(path: Path, data: bytes) -> bool:
    """Whether a private file of ours holds these bytes already."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return False
    same = state.st_size == len(data) and (state.st_mode & 0o177777) == 0o100600
    return same and path.read_bytes() == data


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl  # noqa: PLC0415  not on Windows, where this module is only read

    with clear_errors(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another run is writing into {path}", "Wait until it has ended, or choose another --out."
            ) from None
        except OSError as error:
            raise UsageError(
                f"{path} cannot be locked: {errno.errorcode.get(error.errno or 0, error)}",
                "Its disk knows no locks. Choose a folder on a local disk: --out FOLDER.",
            ) from None
        yield
    finally:
        os.close(descriptor)
