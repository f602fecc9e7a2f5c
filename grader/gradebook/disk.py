"""Files that are private and whole: what lies between the gradebook and a disk that may refuse."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from grader.errors import UsageError

_LONGEST_LINE = 16 << 20  # bytes; that is thousands of tests with the longest texts
_AGAIN = "then run the same command again: it goes on where it stopped."
_ELSEWHERE = "Choose a folder that you may write to: --out FOLDER."
_HELP = {
    errno.ENOSPC: f"Make room on that disk, {_AGAIN}",
    errno.EDQUOT: f"Your quota is used up: make room, {_AGAIN}",
    errno.EFBIG: f"This shell or this disk limits how large a file may be: lift that (ulimit -f), {_AGAIN}",
    errno.EIO: f"The disk fails. Copy the folder to another disk, {_AGAIN}",
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EROFS: "That disk is read-only. Choose another folder: --out FOLDER.",
    errno.ENOENT: "Somebody removed it or the folder it is in. Run the same command again.",
}
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@contextmanager
def clear_errors(path: Path, doing: str = "write") -> Iterator[None]:
    """Turn an OSError into one clear UsageError that names the file, the reason and the remedy."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        help = _HELP.get(error.errno or 0, "Choose another folder: --out FOLDER.")
        raise UsageError(f"cannot {doing} {error.filename or path}: {reason}", help) from error


def exists(path: Path) -> bool:
    """Whether a file of ours is there. UsageError where something else has its name: it is left alone."""
    return _require(path, stat.S_IFREG, "a file")


def _require(path: Path, kind: int, name: str) -> bool:
    with clear_errors(path, "look at"):
        try:
            found = stat.S_IFMT(path.lstat().st_mode)
        except FileNotFoundError:
            return False
    if found != kind:
        raise UsageError(
            f"{path} is {_KINDS.get(found, 'a device')}, not {name} of katagrad",
            f"Move it away, and put {name} back if you have it; or choose another folder: --out FOLDER.",
        )
    return True


def make_private_folder(path: Path) -> None:
    """Make it, or take it as it is; nobody else may look into it, whatever the umask.

    Raises UsageError where a link, a file or something else has its name.
    """
    _require(path, stat.S_IFDIR, "a folder")
    with clear_errors(path):
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Temporary file, fsync, rename, fsync of the folder: readers see the old file or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # a killed run's leftover, whatever it is
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # a strict umask must not lock ourselves out
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
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


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, newline and all; none where there is no file."""
    if not exists(path):
        return
    with clear_errors(path, "read"), path.open("rb") as file:
        yield from enumerate(file, start=1)


class Appender:
    """Appends whole lines of JSON to a file of ours; a context manager. What was half written is taken back.

    sync: each append is on the disk before it returns    Raises UsageError when the disk refuses.
    """

    def __init__(self, path: Path, *, sync: bool = True) -> None:
        self.path, self._sync = path, sync

    def __enter__(self) -> Self:
        exists(self.path)
        with clear_errors(self.path):
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            self._file = os.open(self.path, flags, 0o600)
            os.fchmod(self._file, 0o600)
            self._end_torn_line()
            sync_folder(self.path.parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        os.close(self._file)

    def append(self, data: bytes) -> None:
        """Write lines; when this returns they survive a kill, and where `sync` is set a power cut."""
        whole = os.fstat(self._file).st_size
        left = memoryview(data)
        try:
            with clear_errors(self.path):
                while left:
                    left = left[os.write(self._file, left) :]
                if self._sync:
                    os.fsync(self._file)
        except BaseException:
            if left:
                with suppress(OSError):  # if that fails too, the next run finds a torn line, and says so
                    os.ftruncate(self._file, whole)
            raise

    def _end_torn_line(self) -> None:
        """A killed run's last line: ended where only its newline is missing, else taken back."""
        size = os.fstat(self._file).st_size
        tail = os.pread(self._file, _LONGEST_LINE, max(0, size - _LONGEST_LINE)).rpartition(b"\n")[2]
        if not tail:
            return
        try:
            msgspec.json.decode(tail)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            os.ftruncate(self._file, size - len(tail))
        else:
            os.write(self._file, b"\n")
