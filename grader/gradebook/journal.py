"""The journal: every result is on the disk before the next one is looked at.

While a run lasts, records are appended in order of completion; of two records for the same exercise of
the same submission the later one counts. At the end it is rewritten in canonical order.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec

from grader.gradebook.folder import clear_errors, sync_folder, write_atomically
from grader.gradebook.record import SCHEMA, Record, encode


@dataclass(frozen=True)
class Journal:
    """What could be read: the latest record of each exercise, and one line for each thing that could not."""

    records: tuple[Record, ...] = ()
    problems: tuple[str, ...] = ()


def read_journal(path: Path) -> Journal:
    """Read what is there. A torn last line (the grader died while writing) and foreign lines are reported.

    Raises UsageError when the file cannot be read at all; a missing one is an empty journal.
    """
    with clear_errors(path):
        data = path.read_bytes() if path.exists() else b""
    decoder = msgspec.json.Decoder(Record)
    latest: dict[tuple[str, str], Record] = {}
    problems = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            torn = number == len(lines)
            problems.append(
                f"{path}:{number}: the last line is torn: that result counts as not there"
                if torn
                else f"{path}:{number}: not a record of katagrad: skipped"
            )
            continue
        if record.schema > SCHEMA:
            problems.append(f"{path}:{number}: written by a newer katagrad (schema {record.schema}): skipped")
            continue
        latest[record.key] = record
    return Journal(tuple(latest.values()), tuple(problems))


class JournalWriter:
    """Appends to a journal; a context manager. Raises UsageError when the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.written = 0

    def __enter__(self) -> "JournalWriter":
        with clear_errors(self._path):
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            self._file = os.fdopen(os.open(self._path, flags, 0o600), "ab", buffering=0)
            os.fchmod(self._file.fileno(), 0o600)
            _end_torn_line(self._path, self._file.fileno())
            sync_folder(self._path.parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._file.close()

    def append(self, records: Iterable[Record]) -> None:
        """Write and fsync; when this returns, they survive a power cut."""
        kept = tuple(records)
        data = memoryview(encode(kept))
        with clear_errors(self._path):
            while data:
                data = data[self._file.write(data) :]
            os.fsync(self._file.fileno())
        self.written += len(kept)


def rewrite(path: Path, records: Iterable[Record]) -> None:
    """Replace the journal by these records, in this order, atomically."""
    with clear_errors(path):
        write_atomically(path, encode(records))


def _end_torn_line(path: Path, descriptor: int) -> None:
    """A new record must not be glued to the torn end of the last run."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")
