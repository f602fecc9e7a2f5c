"""The hand-out: every file that students get, with its bytes, made anew from the course's sources.

README.md, requirements.txt, the wheel of katagrad, and exercises/ with the units that are released.
"""

import configparser
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader import __version__
from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import CourseError, UsageError
from grader.release.handout_texts import readme, requirements, settings
from grader.release.lesson import shown
from grader.release.publish import generated_files
from grader.release.wheel import Wheel

EXERCISES = "exercises"
MANIFEST = f"{EXERCISES}/.kata/handout.json"
TOP = ("pytest.ini", "README.md")  # beside the units


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`handout.json`: what was handed out. files: path -> SHA-256 of its bytes, all but this very file."""

    course: str
    version: str
    katagrad: str
    units: tuple[str, ...]
    files: dict[str, str]
    schema: int = 1


@dataclass(frozen=True)
class Handout:
    """files: path below the hand-out, with `/` -> bytes; the manifest is among them."""

    manifest: Manifest
    files: Mapping[str, bytes]


def make(catalogue: Catalogue, units: Collection[str], wheel: Wheel) -> Handout:
    """The hand-out of these units, all that have exercises where none is named.

    Stubs, pictures and lists come from the solutions, whatever lies in exercises/ under their names.
    Raises UsageError for an unknown unit, and for one that builds on another that is not among them;
    CourseError where a source is wrong or a file is missing.
    """
    part = _part(catalogue, units)
    files = {name: _read(catalogue.exercises_dir / name) for name in TOP}
    for path, text in generated_files(part).items():
        files[path.relative_to(catalogue.exercises_dir).as_posix()] = text.encode()
    for unit in part.units:
        paths = [catalogue.lesson(unit), catalogue.public_tests(unit), *shown(catalogue, unit)]
        for path in paths:
            name = path.relative_to(catalogue.exercises_dir).as_posix()
            files[name] = files.get(name) or _read(path)
    whole = {f"{EXERCISES}/{name}": data for name, data in files.items()}
    whole[wheel.name] = wheel.data
    beside = {
        "README.md": readme(part),
        **requirements(wheel, part.units),
        **_settings(catalogue.exercises_dir / "pytest.ini", files),
    }
    whole |= {name: text.encode() for name, text in beside.items()}
    manifest = Manifest(
        course=catalogue.course.id,
        version=catalogue.course.version,
        katagrad=__version__,
        units=tuple(unit.id for unit in part.units),
        files={name: digest(whole[name]) for name in sorted(whole)},
    )
    whole[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    return Handout(manifest, {name: whole[name] for name in sorted(whole)})


def digest(data: bytes) -> str:
    """What the manifest says of a file."""
    return hashlib.sha256(data).hexdigest()


def read_manifest(data: bytes, where: Path) -> Manifest:
    """What was handed out before. UsageError where it cannot be read."""
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        help = "Release to another place, or restore that file."
        raise UsageError(
            f"{where}: {MANIFEST} is broken, so nobody knows what was handed out", help
        ) from None


def together(catalogue: Catalogue, before: Manifest | None, units: Collection[str]) -> tuple[str, ...]:
    """The units after this release: those that were handed out, and these, in the order of the course.

    Later releases only add. Raises UsageError for another course's hand-out, and for an unknown unit.
    """
    known = {unit.id for unit in catalogue.units}
    if before is not None and before.course != catalogue.course.id:
        help = "Release to a place of this course's own."
        raise UsageError(f"that is a hand-out of the course {before.course}", help)
    asked = {unit.id for unit in catalogue.chosen(units)}
    asked |= set(before.units) & known if before is not None else set()
    return tuple(unit.id for unit in catalogue.units if unit.id in asked)


def _part(catalogue: Catalogue, units: Collection[str]) -> Catalogue:
    """The course as if it had only these units."""
    chosen = catalogue.chosen(units)
    for unit in chosen:
        missing = [other for other in _builds_on(unit, catalogue) if other not in chosen]
        if missing:
            names = ", ".join(other.id for other in missing)
            options = " ".join(f"--unit {other.id}" for other in missing)
            raise UsageError(f"{unit.id} builds on {names}, which is not released", f"Add {options}.")
    whole = len(chosen) == len(catalogue.units)  # then with the units that are announced only
    kept = catalogue.course.units if whole else chosen
    return Catalogue(msgspec.structs.replace(catalogue.course, units=kept), catalogue.root)


def _builds_on(unit: Unit, catalogue: Catalogue) -> list[Unit]:
    """The other units that exercises of this one need, or that its file imports."""
    text = _read(catalogue.solution_file(unit)).decode("utf-8", "replace")
    folders = set(re.findall(r"^\s*(?:from|import)\s+(u\d\d_\w+)", text, re.MULTILINE))
    needed = catalogue.needed_units(unit)
    return [one for one in catalogue.units if one is not unit and (one in needed or one.folder in folders)]


def _settings(path: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    try:
        return settings(files[path.name].decode("utf-8"))
    except (UnicodeDecodeError, configparser.Error) as error:
        what = f"{path}: is no configuration of pytest: {type(error).__name__}"
        raise CourseError(what, "Copy the one of docs/authors.md.") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"{path}: cannot be read: {error.strerror}"
        raise CourseError(what, "kata verify says all that the course lacks") from None
