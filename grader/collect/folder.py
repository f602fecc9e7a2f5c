"""A class folder: one entry per student, a folder or an archive that is named by the student's id."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path

from grader.collect.archive import open_archive, split_suffix
from grader.collect.choose import STAMP
from grader.collect.files import kind_of, open_folder, open_regular, reason
from grader.collect.member import NOISE, Kind, Unreadable
from grader.collect.submission import BOUNDS, Bounds, Submission, named
from grader.collect.texts import parse_time
from grader.collect.upload import MOST_STAMP, read_upload
from grader.course.catalogue import Catalogue
from grader.errors import UsageError
from grader.harmless import printable

ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9_@-])?", re.ASCII)
RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\..*)?", re.IGNORECASE)  # no file's name on Windows
LOOSE = {".py", ".ipynb"}  # somebody's answer, handed in without its folder
STAMPED = f".{STAMP}"  # ada.timestamp.txt: when ada handed in, written beside the upload
LAYOUT = "name a folder with one folder or archive per student, called by the student's id: ada/ or ada.zip"


@dataclass(frozen=True)
class Entry:
    """One student's place in the class folder. Nothing of it is in memory before `read`."""

    id: str
    _raw: str
    _found: tuple[tuple[str, Kind], ...]
    _reader: "_Reader"

    def read(self) -> Submission:
        """The submission, read afresh each time. Raises nothing: what is wrong is in its `problems`."""
        return self._reader.one(self._raw, self.id, self._found)


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
    raw = _composed(split_suffix(place.name)[0])
    stamps = {raw: raw + STAMPED} if (place.parent / (raw + STAMPED)).is_file() else {}
    return _Reader(place.parent, catalogue, bounds, stamps).one(
        raw, safe_ids([raw])[raw], [(place.name, kind)]
    )


def collect_class(folder: Path, catalogue: Catalogue, bounds: Bounds = BOUNDS) -> list[Submission]:
    """Everybody's submission at once, sorted by id. Raises UsageError like `class_entries`."""
    return [entry.read() for entry in class_entries(folder, catalogue, bounds)]


def class_entries(folder: Path, catalogue: Catalogue, bounds: Bounds = BOUNDS) -> list[Entry]:
    """Everybody who handed something in, sorted by id. Nothing is opened yet.

    Raises UsageError when the folder is missing, is a file, cannot be listed or holds no submission.
    """
    found: dict[str, list[tuple[str, Kind]]] = defaultdict(list)
    listed = _list(folder)
    for name, kind in listed:
        stem, suffix = split_suffix(name)
        if suffix or kind is Kind.FOLDER or (kind is Kind.LINK and not (folder / name).is_file()):
            found[_composed(stem)].append((name, kind))
    for name, kind in listed:
        stem = _composed(Path(name).stem)
        if Path(name).suffix.lower() in LOOSE and kind is Kind.FILE and stem not in found:
            found[stem].append((name, kind))  # nobody vanishes without a word
    if not found:
        raise UsageError(f"{printable(str(folder), 500)}: holds no submission", LAYOUT)
    ids = safe_ids(found)
    stamps = {
        _composed(name.removesuffix(STAMPED)): name
        for name, kind in listed
        if name.endswith(STAMPED) and kind is not Kind.FOLDER
    }
    reader = _Reader(folder, catalogue, bounds, stamps)
    entries = [Entry(ids[raw], raw, tuple(names), reader) for raw, names in found.items()]
    return sorted(entries, key=lambda entry: entry.id)


def _composed(name: str) -> str:
    """The same name, however a system spells its accents: one person has one."""
    return unicodedata.normalize("NFC", name)


def safe_ids(names: Iterable[str]) -> dict[str, str]:
    """An id for each name, no two alike: the name where it is one, else `_` for what is not allowed."""
    wanted = sorted(set(names))
    ids = {name: name for name in wanted if ID.fullmatch(name) and not RESERVED.fullmatch(name)}
    taken = set(ids)
    for name in wanted:
        if name in ids:
            continue
        base = re.sub(r"[^A-Za-z0-9._@-]", "_", name)
        base = (base if ID.match(base) and not RESERVED.fullmatch(base) else f"x{base}")[:56].rstrip(".")
        tries = (base if number == 1 else f"{base}_{number}" for number in count(1))
        ids[name] = next(id for id in tries if id not in taken)
        taken.add(ids[name])
    return ids


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
        if id != raw:
            said.append(
                f"{named(raw)}: is no student's id (letters, digits and . _ @ -); it is graded as {id}"
            )
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
