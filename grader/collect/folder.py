"""A class folder: one entry per student, a folder or an archive that is named by the student's id."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from grader.collect.archive import open_archive, split_suffix
from grader.collect.choose import read_upload
from grader.collect.files import FolderUpload, kind_of, reason
from grader.collect.member import NOISE, Kind, Unreadable
from grader.collect.submission import BOUNDS, Bounds, Submission, printable
from grader.course.catalogue import Catalogue
from grader.errors import UsageError

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
LOOSE = {".py", ".ipynb"}  # somebody's answer, handed in without its folder
LAYOUT = "name a folder with one folder or archive per student, called by the student's id: ada/ or ada.zip"


def collect_class(folder: Path, catalogue: Catalogue, bounds: Bounds = BOUNDS) -> list[Submission]:
    """Everybody's submission, sorted by id. What is wrong with one is in its `problems`.

    Raises UsageError when the folder is missing, is a file, cannot be listed or holds no submission.
    """
    entries: dict[str, list[tuple[str, Kind]]] = defaultdict(list)
    listed = _list(folder)
    for name, kind in listed:
        stem, suffix = split_suffix(name)
        if suffix or kind is Kind.FOLDER or (kind is Kind.LINK and not (folder / name).is_file()):
            entries[stem].append((name, kind))
    for name, kind in listed:
        if Path(name).suffix.lower() in LOOSE and kind is Kind.FILE and Path(name).stem not in entries:
            entries[Path(name).stem].append((name, kind))  # nobody vanishes without a word
    if not entries:
        raise UsageError(f"{printable(str(folder), 500)}: holds no submission", LAYOUT)
    ids = safe_ids(entries)
    reader = _Reader(folder, catalogue, bounds)
    found = [reader.one(raw, ids[raw], entries[raw]) for raw in entries]
    return sorted(found, key=lambda submission: submission.id)


def safe_ids(names: Iterable[str]) -> dict[str, str]:
    """An id for each name, no two alike: the name where it is one, else `_` for what is not allowed."""
    wanted = sorted(set(names))
    ids = {name: name for name in wanted if ID.fullmatch(name)}
    taken = set(ids)
    for name in wanted:
        if name in ids:
            continue
        base = re.sub(r"[^A-Za-z0-9._@-]", "_", name)
        base = (base if ID.match(base) else f"x{base}")[:56]
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
    """Reads one student after the other from a class folder."""

    folder: Path
    catalogue: Catalogue
    bounds: Bounds

    def one(self, raw: str, id: str, entries: list[tuple[str, Kind]]) -> Submission:
        """The submission in the entries that carry one name. Raises nothing: the class goes on."""
        label = printable(entries[0][0])
        try:
            submission = self.read(id, label, entries)
        except Unreadable as error:
            submission = Submission(id, problems=(f"{label}: {error}; nothing of it was read",))
        except Exception as error:
            what = f"{label}: cannot be read ({type(error).__name__}); nothing of it was read"
            submission = Submission(id, problems=(what,))
        if id == raw:
            return submission
        strange = f"{printable(raw)}: is no student's id (letters, digits and . _ @ -); it is graded as {id}"
        return replace(submission, problems=(strange, *submission.problems))

    def read(self, id: str, label: str, entries: list[tuple[str, Kind]]) -> Submission:
        """The same. Raises Unreadable when nothing of it can be read."""
        (name, kind), *others = entries
        if others:
            also = " and ".join(printable(other) for other, _ in others)
            raise Unreadable(f"was handed in as {also} too, keep one")
        path = self.folder / name
        if kind is Kind.FOLDER and not split_suffix(name)[1]:
            return read_upload(id, label, FolderUpload(path, self.bounds), self.catalogue, self.bounds)
        if kind is not Kind.FILE:
            raise Unreadable(f"is {kind}")
        if path.suffix.lower() in LOOSE:
            raise Unreadable(f"is a single file, put it into a folder or an archive called {id}")
        with open_archive(path, self.bounds) as upload:
            return read_upload(id, label, upload, self.catalogue, self.bounds)
