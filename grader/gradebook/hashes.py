"""Content hashes of all that a verdict depends on, so that a later run knows what it need not do again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.gradebook.disk import clear_errors
from grader.gradebook.record import Hashes

# The parts of this package that decide no verdict: they read uploads (what they read has hashes of its own),
# count points (which is done anew), show and write. Whatever else there is counts, also what is new.
_NOT_DECIDING = frozenset({"cli", "collect", "gradebook", "report", "scoring", "student", "verify"})


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 over parts with their lengths (so that no two splits are alike), 32 hex digits."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(b"%d:" % len(part))
        hasher.update(part)
    return hasher.hexdigest()[:32]


@dataclass(frozen=True)
class Handed:
    """What one student handed in, as hashes. whole: all files of the course    files: by name"""

    whole: str
    files: Mapping[str, str]


def handed(sources: Mapping[str, str]) -> Handed:
    """sources: the files of this submission, "u01_slopes/slopes.py" -> text."""
    parts = [_bytes(text) for item in sorted(sources.items()) for text in item]
    return Handed(digest(parts), {name: digest([_bytes(text)]) for name, text in sources.items()})


class Hasher:
    """Hashes for one course; what is the same for all students is read and computed once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._of_exercise: dict[str, tuple[str, str, str]] = {}

    def hashes(self, exercise: Exercise, handed: Handed) -> Hashes:
        """All that the verdict of this exercise depends on. UsageError where a file cannot be read."""
        suite, solution, limits = self._course_side(exercise)
        return Hashes(
            student=handed.files.get(self._catalogue.unit(exercise.unit_id).file, ""),
            submission=handed.whole,
            suite=suite,
            solution=solution,
            limits=limits,
            grader=grader_hash(),
        )

    def _course_side(self, exercise: Exercise) -> tuple[str, str, str]:
        known = self._of_exercise.get(exercise.id)
        if known is None:
            unit = self._catalogue.unit(exercise.unit_id)
            known = self._suite(unit), self._solution(unit, exercise), self._limits(unit, exercise)
            self._of_exercise[exercise.id] = known
        return known

    def _suite(self, unit: Unit) -> str:
        """The tests of the unit and of those that it needs, and what these import of the files beside."""
        catalogue = self._catalogue
        tests = [
            path
            for one in (unit, *catalogue.needed_units(unit))
            for path in (*catalogue.hidden_tests(one), *catalogue.checks(one), catalogue.public_tests(one))
        ]
        shared = {file.stem: file for other in catalogue.units for file in catalogue.checks(other)}
        return _of_files(_with_named(tests, shared))

    def _solution(self, unit: Unit, exercise: Exercise) -> str:
        """The references of the unit and of the units that the exercise needs, and those that they import."""
        catalogue = self._catalogue
        needed = {id.partition(".")[0] for id in catalogue.needs_closure(exercise.id)} | {unit.id}
        others = {other.folder: catalogue.solution_file(other) for other in catalogue.units}
        return _of_files(
            _with_named([catalogue.solution_file(catalogue.unit(id)) for id in sorted(needed)], others)
        )

    def _limits(self, unit: Unit, exercise: Exercise) -> str:
        """What course.yml says that decides, the unit's share of a submission's seconds among it.

        Titles, points, dates and the late policy are left out: they decide no verdict.
        """
        catalogue = self._catalogue
        decides: list[object] = [exercise.id, catalogue.limits(exercise.id)]
        for one in (unit, *catalogue.needed_units(unit)):
            decides += [one.folder, one.flavour, catalogue.unit_rules(one), catalogue.unit_seconds(one)]
            for other in one.exercises:
                needs = sorted(catalogue.needs_closure(other.id))
                seconds = catalogue.limits(other.id).seconds
                decides.append((other.id, other.symbols, needs, catalogue.rules(other.id), seconds))
        return digest(map(msgspec.json.encode, decides))


@cache
def grader_hash() -> str:
    """Of the files of this package that decide a verdict."""
    package = Path(__file__).parent.parent
    parts = sorted(path for path in package.rglob("*") if path.suffix in (".py", ".txt"))
    files = [path for path in parts if path.relative_to(package).parts[0] not in _NOT_DECIDING]
    return digest(
        part for file in files for part in (file.relative_to(package).as_posix().encode(), file.read_bytes())
    )


def _with_named(files: list[Path], others: Mapping[str, Path]) -> list[Path]:
    """The files, then those of `others` whose name one of them mentions, and so on."""
    found, at = list(files), 0
    while at < len(found):
        text = _content(found[at])
        found += [file for name, file in others.items() if file not in found and name.encode() in text]
        at += 1
    return found


def _of_files(files: Iterable[Path]) -> str:
    return digest(map(_content, files))


def _content(file: Path) -> bytes:
    with clear_errors(file, "read"):
        return file.read_bytes() if file.exists() else b""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
