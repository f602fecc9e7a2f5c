"""The journal: every result is on the disk before the next one is looked at.

While a run lasts, records are appended in order of completion; of two records for the same exercise of
the same submission the later one counts. At the end it is rewritten in canonical order.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from grader.errors import UsageError
from grader.gradebook.compact import Compact
from grader.gradebook.disk import Appender, clear_errors, lines_of, write_atomically
from grader.gradebook.folder import GradesFolder
from grader.gradebook.plain import count
from grader.gradebook.record import SCHEMA, AttemptKey, Key, Record, attempt_key, encode, encoded


class _Stamp(Struct):
    """What a record of any katagrad has."""

    schema: int
    submission: str
    exercise: str


@dataclass(frozen=True)
class Journal:
    """What could be read: the latest record of each exercise, and one line for each kind that could not."""

    latest: Mapping[Key, Record] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(self.latest.values())


def read_journal(path: Path, compact: Compact | None = None) -> Journal:
    """What a journal holds. Raises UsageError like `read_records`."""
    records, problems = read_records(path, compact)
    return Journal({record.key: record for record in records}, problems)


def read_records(path: Path, compact: Compact | None = None) -> tuple[list[Record], tuple[str, ...]]:
    """Every record of a file, and a line for what could not be read: the torn last line of a grader that died
    while writing, and foreign lines. A missing file is an empty journal.

    Raises UsageError when the file cannot be read at all, or when a newer katagrad wrote in it: its results
    would be lost.
    """
    decoder = msgspec.json.Decoder(Record)
    compact = compact or Compact()
    records: list[Record] = []
    foreign: list[int] = []
    problems = []
    for number, line in lines_of(path):
        try:
            record = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _refuse_newer(path, number, _schema(line))
            if not line.endswith(b"\n"):
                problems.append(f"{path}:{number}: the last line is torn: that result counts as not there")
            elif line.strip():
                foreign.append(number)
            continue
        _refuse_newer(path, number, record.schema)
        records.append(compact(record))
    if foreign:
        lines, are = count(len(foreign), "line"), "is no record" if len(foreign) == 1 else "are no records"
        problems.insert(0, f"{path}:{foreign[0]}: {lines} {are} of katagrad: skipped")
    return records, tuple(problems)


def read_attempts(
    path: Path, compact: Compact | None = None
) -> tuple[dict[AttemptKey, Record], tuple[str, ...]]:
    """The latest record of each exercise of each attempt, and what could not be read."""
    records, problems = read_records(path, compact)
    return {attempt_key(record): record for record in records}, problems


def earlier(folder: GradesFolder, compact: Compact) -> Journal:
    """All that was found out: set aside, by the last run that ended, and by one that did not."""
    parts = [read_journal(path, compact) for path in (folder.aside, folder.before, folder.journal)]
    latest: dict[Key, Record] = {}
    for part in parts:
        latest.update(part.latest)
    return Journal(latest, tuple(problem for part in parts for problem in part.problems))


class JournalWriter(Appender):
    """Appends records to a journal. Raises UsageError when the disk refuses."""

    def write(self, records: Iterable[Record]) -> None:
        """Write and fsync; when this returns, they survive a power cut."""
        self.append(encode(records))


def rewrite(path: Path, records: Iterable[Record]) -> None:
    """Replace the journal by these records, in this order, atomically."""
    with clear_errors(path):
        write_atomically(path, map(encoded, records))


def _schema(line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=_Stamp).schema
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return 0


def _refuse_newer(path: Path, number: int, schema: int) -> None:
    if schema > SCHEMA:
        raise UsageError(
            f"{path}:{number}: written by a newer katagrad (schema {schema}; this one knows {SCHEMA})",
            "Grade with that katagrad; or choose another folder, and these results stay: --out FOLDER.",
        )


def read_times(path: Path) -> dict[Key, float]:
    """Seconds by submission and exercise; what cannot be read is left out."""
    decoder = msgspec.json.Decoder(Took)
    found: dict[Key, float] = {}
    for _, line in lines_of(path):
        try:
            took = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        found[took.submission, took.exercise] = took.seconds
    return found


class Took(Struct, frozen=True):
    """A line of times.jsonl: how long the tests of one exercise took by the clock."""

    submission: str
    exercise: str
    seconds: float


def time_lines(seconds: Iterable[tuple[Key, float]]) -> Iterator[bytes]:
    """The lines of times.jsonl."""
    for (submission, exercise), took in seconds:
        yield msgspec.json.encode(Took(submission, exercise, round(took, 6))) + b"\n"
