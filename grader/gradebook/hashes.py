"""Content hashes of all that a verdict depends on, so that a later run knows what it need not do again."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise
from grader.gradebook.folder import clear_errors
from grader.gradebook.record import Hashes

# The parts of this package that decide a verdict. Points are computed anew from the stored shares.
_DECIDING = ("errors.py", "testing.py", "gradcheck", "rules", "sandbox", "remote", "examine", "engine")


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 over parts with their lengths (so that no two splits are alike), 32 hex digits."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(b"%d:" % len(part))
        hasher.update(part)
    return hasher.hexdigest()[:32]


class Hasher:
    """Hashes for one course; what is the same for all students is read and computed once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._of_exercise: dict[str, tuple[str, str, str]] = {}
        self._last: tuple[Mapping[str, str], str] = ({}, digest([]))

    def hashes(self, exercise: Exercise, sources: Mapping[str, str]) -> Hashes:
        """sources: the files of this submission, "u01_slopes/slopes.py" -> text."""
        own = sources.get(self._catalogue.unit(exercise.unit_id).file)
        suite, solution, limits = self._course_side(exercise)
        return Hashes(
            student="" if own is None else digest([_bytes(own)]),
            submission=self._submission(sources),
            suite=suite,
            solution=solution,
            limits=limits,
            grader=grader_hash(),
        )

    def _submission(self, sources: Mapping[str, str]) -> str:
        """Computed once for the exercises of a unit, which come together."""
        if self._last[0] is not sources:
            parts = (_bytes(text) for item in sorted(sources.items()) for text in item)
            self._last = sources, digest(parts)
        return self._last[1]

    def _course_side(self, exercise: Exercise) -> tuple[str, str, str]:
        known = self._of_exercise.get(exercise.id)
        if known is None:
            catalogue = self._catalogue
            unit = catalogue.unit(exercise.unit_id)
            needed = {id.partition(".")[0] for id in catalogue.needs_closure(exercise.id)} | {unit.id}
            rules = catalogue.rules(exercise.id)
            solutions = [catalogue.solution_file(catalogue.unit(id)) for id in sorted(needed)]
            known = (
                _of_files(
                    [*catalogue.hidden_tests(unit), *catalogue.checks(unit), catalogue.public_tests(unit)]
                ),
                _of_files(solutions),
                digest(msgspec.json.encode(part) for part in (catalogue.limits(exercise.id), rules)),
            )
            self._of_exercise[exercise.id] = known
        return known


@cache
def grader_hash() -> str:
    """Of the Python files of this package that decide a verdict."""
    package = Path(__file__).parent.parent
    files: list[Path] = []
    for name in _DECIDING:
        path = package / name
        files += [path] if path.suffix else sorted(path.rglob("*.py"))
    return digest(
        part for file in files for part in (file.relative_to(package).as_posix().encode(), file.read_bytes())
    )


def _of_files(files: Iterable[Path]) -> str:
    contents = []
    for file in files:
        with clear_errors(file):
            contents.append(file.read_bytes() if file.exists() else b"")
    return digest(contents)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
