"""A class folder: one entry per student, a folder or an archive that is named by the student's id."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from grader.collect.archive import open_archive, split_suffix
from grader.collect.attempts import MOST, Attempts, by_student, joined
from grader.collect.choose import STAMP
from grader.collect.files import kind_of, open_folder, open_regular, reason
from grader.collect.ids import composed, safe_ids
from grader.collect.member import NOISE, Kind, Unreadable
from grader.collect.roster import Person, Roster
from grader.collect.submission import BOUNDS, Bounds, Submission, named
from grader.collect.texts import parse_time
from grader.collect.upload import MOST_STAMP, read_upload
from grader.course.catalogue import Catalogue
from grader.errors import UsageError
from grader.harmless import printable

LOOSE = {".py", ".ipynb"}  # somebody's answer, handed in without its folder
STAMPED = f".{STAMP}"  # ada.timestamp.txt: when ada handed in, written beside the upload
LAYOUT = "name a folder with one folder or archive per student, called by the student's id: ada/ or ada.zip"


@dataclass(frozen=True)
class Entry:
    """One student's place in the class folder. Nothing of it is in memory before `read`."""

    id: str
    _name: str
    _attempts: Attempts
    _found: Mapping[str, Sequence[tuple[str, Kind]]]
    _reader: "_Reader"
    person: Person | None = None

    def read(self) -> Submission:
        """The submission, read afresh each time: the latest attempt, which holds those before it.

        Raises nothing: what is wrong is in its `problems`.
        """
        if self._attempts.trouble:
            said = (*odd_id(self._name, self.id), f"{self._attempts.trouble}; nothing of it was read")
            return Submission(self.id, problems=said, person=self.person)
        names = self._attempts.names[-MOST:]
        read = [self._reader.one(name, self.id, self._found[name]) for name in names]
        submission = joined(read) if read else Submission(self.id)
        said = odd_id(self._name, self.id) if read else ()
        if len(names) < len(self._attempts.names):
            said += (f"{len(self._attempts.names)} attempts: only the latest {MOST} were read",)
        return replace(submission, problems=(*said, *submission.problems), person=self.person)


@dataclass(frozen=True)
class OneByOne:
    """A class whose submissions are read as they are asked for, and not kept."""

    entries: Sequence[Entry]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Submission]:
        return (entry.read() for entry in self.entries)


def read_one(place: Path, catalogue: Catalogue, bounds: Bounds = BOUNDS) -> Submission:
    """The submission in one folder or archive, with its name as the student's id.

    Raises UsageError where there is nothing of that name.
    """
    place = Path(os.path.abspath(place))
    try:
        kind = kind_of(place.lstat().st_mode)
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise UsageError(f"{printable(str(place), 500)}: there is no submission: {why}", LAYOUT) from None
    raw = composed(split_suffix(place.name)[0])
    stamps = {raw: raw + STAMPED} if (place.parent / (raw + STAMPED)).is_file() else {}
    id, found = safe_ids([raw])[raw], {raw: [(place.name, kind)]}
    return Entry(id, raw, Attempts((raw,)), found, _Reader(place.parent, catalogue, bounds, stamps)).read()


def collect_class(folder: Path, catalogue: Catalogue, bounds: Bounds = BOUNDS) -> list[Submission]:
    """Everybody's submission at once, sorted by id. Raises UsageError like `class_entries`."""
    return [entry.read() for entry in class_entries(folder, catalogue, bounds)]


def class_entries(
    folder: Path, catalogue: Catalogue, bounds: Bounds = BOUNDS, roster: Roster | None = None
) -> list[Entry]:
    """Everybody who handed something in, and all others of the roster, sorted by id. Nothing is opened yet.

    Raises UsageError when the folder is missing, is a file, cannot be listed or holds no submission.
    """
    found: dict[str, list[tuple[str, Kind]]] = defaultdict(list)
    listed = _list(folder)
    for name, kind in listed:
        stem, suffix = split_suffix(name)
        if suffix or kind is Kind.FOLDER or (kind is Kind.LINK and not (folder / name).is_file()):
            found[composed(stem)].append((name, kind))
    for name, kind in listed:
        stem = composed(Path(name).stem)
        if Path(name).suffix.lower() in LOOSE and kind is Kind.FILE and stem not in found:
            found[stem].append((name, kind))  # nobody vanishes without a word
    if not found:
        raise UsageError(f"{printable(str(folder), 500)}: holds no submission", LAYOUT)
    students = by_student(found, {person.id for person in roster.people} if roster else ())
    ids = safe_ids(students)
    people = roster.matched(ids) if roster else {}
    stamps = {
        composed(name.removesuffix(STAMPED)): name
        for name, kind in listed
        if name.endswith(STAMPED) and kind is not Kind.FOLDER
    }
    reader = _Reader(folder, catalogue, bounds, stamps)
    entries = [
        Entry(ids[name], name, attempts, found, reader, people.get(ids[name]))
        for name, attempts in students.items()
    ]
    missing = people.keys() - {entry.id for entry in entries}
    entries += [Entry(id, id, Attempts(), {}, reader, people[id]) for id in missing]
    return sorted(entries, key=lambda entry: entry.id)


def odd_id(name: str, id: str) -> tuple[str, ...]:
    """A line for a name that is no id; none for one that is."""
    why = "is no student's id (letters, digits and . _ @ -); it is graded as"
    return (f"{named(name)}: {why} {id}",) if id != name else ()


def _list(folder: Path) -> list[tuple[str, Kind]]:
    """What lies in the class folder, without hidden files and what operating systems leave there."""
    shown = printable(str(folder), 500)
    try:
        with os.scandir(folder) as entries:
            listed = [(entry.name, kind_of(entry.stat(follow_symlinks=False).st_mode)) for entry in entries]
    except FileNotFoundError:
        raise UsageError(f"{shown}: there is no such folder", LAYOUT) from None
    except NotADirectoryError:
        raise UsageError(f"{shown}: is a file, not a folder", LAYOUT) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown}: cannot be listed: {reason(error)}", LAYOUT) from None
    return sorted((name, kind) for name, kind in listed if not name.startswith(".") and name not in NOISE)


@dataclass(frozen=True)
class _Reader:
    """Reads one student after the other from a class folder. stamps: the times beside the uploads"""

    folder: Path
    catalogue: Catalogue
    bounds: Bounds
    stamps: Mapping[str, str]

    def one(self, raw: str, id: str, found: Sequence[tuple[str, Kind]]) -> Submission:
        """The submission in the entries that carry one name. Raises nothing: the class goes on."""
        label = named(found[0][0])
        said: list[str] = []
        submitted_at = self._stamp(raw, said)
        try:
            submission = self.read(id, label, found, submitted_at)
        except Unreadable as error:
            problem = f"{label}: {error}; nothing of it was read"
            submission = Submission(id, {}, submitted_at, (problem,))
        except Exception as error:
            problem = f"{label}: cannot be read ({type(error).__name__}); nothing of it was read"
            submission = Submission(id, {}, submitted_at, (problem,))
        return replace(submission, problems=(*said, *submission.problems)) if said else submission

    def read(
        self, id: str, label: str, found: Sequence[tuple[str, Kind]], submitted_at: datetime | None
    ) -> Submission:
        """The same. Raises Unreadable when nothing of it can be read."""
        (name, kind), *others = found
        if others:
            also = " and ".join(named(other) for other, _ in others)
            raise Unreadable(f"was handed in as {also} too, keep one")
        path = self.folder / name
        read = partial(read_upload, id, label, bounds=self.bounds, submitted_at=submitted_at)
        if kind is Kind.FOLDER and not split_suffix(name)[1]:
            with open_folder(path, self.bounds) as upload:
                return read(upload, self.catalogue)
        if kind is not Kind.FILE:
            raise Unreadable(f"is {kind}")
        if path.suffix.lower() in LOOSE:
            raise Unreadable(f"is a single file, put it into a folder or an archive called {id}")
        with open_archive(path, self.bounds) as upload:
            return read(upload, self.catalogue)

    def _stamp(self, raw: str, said: list[str]) -> datetime | None:
        """The time beside the upload, if somebody wrote one there."""
        name = self.stamps.get(raw)
        if name is None:
            return None
        try:
            with open_regular(self.folder / name) as file:
                return parse_time(file.read(MOST_STAMP))
        except (Unreadable, OSError) as error:
            said.append(f"{named(name)}: {error if isinstance(error, Unreadable) else reason(error)}")
            return None
