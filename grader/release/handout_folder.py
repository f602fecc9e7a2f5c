"""The hand-out as a folder: made at once or brought up to date, and nobody's work is overwritten."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.course.catalogue import Catalogue
from grader.errors import UsageError
from grader.release.disk import ROOM, put
from grader.release.handout import EXERCISES, MANIFEST, Handout, Manifest, digest, read_manifest

FEW = 10  # names in one message
NEW_PLACE = "Release to a new folder, or to one that `kata release` made."


@dataclass
class Written:
    """What became of a hand-out. left: files of an earlier one that somebody has changed"""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def lines(self) -> Iterator[str]:
        """What to tell: a line for each file beside exercises/, and for each folder in it."""
        for word, names in (
            ("new", self.new),
            ("changed", self.changed),
            ("removed", self.removed),
            ("left", self.left),
        ):
            counted: dict[str, int] = {}
            for name in names:
                parts = PurePosixPath(name).parts
                place = "/".join(parts[:2]) if parts[0] == EXERCISES else name
                counted[place] = counted.get(place, 0) + 1
            for place, number in counted.items():
                of = f"/  {number} file{'s' if number > 1 else ''}" if place not in names else ""
                yield f"  {word:<8} {place}{of}"
        if not self.new + self.changed + self.removed:
            yield "  everything was there already"


def handed_out(dest: Path, catalogue: Catalogue, *, empty: Sequence[str] = ()) -> Manifest | None:
    """What the hand-out at `dest` says of itself; None where nothing is there, or only what `empty` names.

    UsageError for a folder that is something else, or that lies where no hand-out belongs.
    """
    check_place(dest, catalogue)
    if not dest.exists():
        return None
    if not dest.is_dir():
        raise UsageError(f"{dest} is a file", NEW_PLACE)
    file = dest / MANIFEST
    if file.is_file():
        return read_manifest(file.read_bytes(), dest)
    others = sorted(path.name for path in dest.iterdir() if path.name not in empty)
    if others:
        what = f"{dest} holds {', '.join(others[:FEW])} and is no hand-out"
        raise UsageError(f"{what}: nothing was written", NEW_PLACE)
    return None


def check_place(dest: Path, catalogue: Catalogue) -> None:
    """UsageError for a place inside exercises/, solutions/ or .secret/, and for one around the course."""
    here = dest.resolve()
    root = catalogue.root.resolve()
    inner = [catalogue.exercises_dir.resolve(), catalogue.solutions_dir.resolve(), root / ".secret"]
    if any(here.is_relative_to(folder) for folder in inner) or root.is_relative_to(here):
        raise UsageError(f"{dest} is a part of the course itself", "Release to a folder of its own.")


def write(handout: Handout, dest: Path, before: Manifest | None) -> Written:
    """Bring `dest` to this hand-out. A new folder is there as a whole or not at all.

    Raises UsageError, before anything is written, where a file was changed since it was handed out, or is
    in the way.
    """
    try:
        written = _compare(handout, dest, before)
        if before is None and not (dest.exists() and any(dest.iterdir())):
            _make(handout, dest)
        else:
            _update(handout, dest, written)
    except OSError as error:
        raise UsageError(f"{error.filename or dest}: cannot be written: {error.strerror}", ROOM) from None
    return written


def _compare(handout: Handout, dest: Path, before: Manifest | None) -> Written:
    earlier = before.files if before is not None else {}
    written, taken = Written(), []
    for name, data in handout.files.items():
        held = _held(dest, name)
        if held is None:
            written.new.append(name)
        elif held != data and (name == MANIFEST or earlier.get(name) == digest(held)):
            written.changed.append(name)
        elif held != data:
            taken.append(name)
    for name in sorted(earlier.keys() - handout.files.keys()):
        held = _held(dest, name)
        if held is not None:
            (written.removed if digest(held) == earlier[name] else written.left).append(name)
    if taken:
        shown = "\n".join(taken[:FEW] + [f"... and {len(taken) - FEW} more"] * (len(taken) > FEW))
        what = f"{dest} holds files that were changed since they were handed out, or never were:\n{shown}"
        help = "That may be somebody's work: nothing was written. Put them back, or release to a new place."
        raise UsageError(what, help)
    return written


def _held(dest: Path, name: str) -> bytes | None:
    """The bytes of a file there, None without it. UsageError where a link or a folder is in its place."""
    path = dest
    for part in PurePosixPath(name).parts:
        path = path / part
        if path.is_symlink():
            raise UsageError(f"{path} is a link: nothing was written", "Put the file itself there.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and a file is to be written there", NEW_PLACE)
    return path.read_bytes() if path.exists() else None


def _make(handout: Handout, dest: Path) -> None:
    dest.parent.mkdir(parents=True, exist_ok=True)
    fresh = dest.with_name(f".{dest.name}.{os.getpid()}.new")
    try:
        for name, data in handout.files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        fresh.replace(dest)  # an empty folder gives way
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _update(handout: Handout, dest: Path, written: Written) -> None:
    """The manifest is last: until then, what is new here is what a second run finds there already."""
    names = sorted([*written.new, *written.changed], key=lambda name: name == MANIFEST)
    for name in written.removed:
        (dest / name).unlink()
    for name in names:
        put(dest / name, handout.files[name])
