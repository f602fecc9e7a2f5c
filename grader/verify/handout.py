"""The claim that a hand-out is finished, and that nothing in it or in its wheel gives anything away.

Stricter than what `kata verify` claims of exercises/: here one telling line of a solution is enough.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.errors import CourseError
from grader.examine.seed import Seed
from grader.release.placeholder import placeholders
from grader.release.stub import BEGIN, END
from grader.verify.broken import Broken, place
from grader.verify.claims_files import files_below
from grader.verify.claims_leaks import Secrets, held_in_json

TELLING = 24  # signs of a line, without blanks and comment: shorter ones are written by chance
HIDDEN = re.compile(r"(?:test_hidden|wrong|right|checks)_\w+\.py")
MANY = 20  # claims in one message


def check(catalogue: Catalogue, seed: Seed, files: Mapping[str, bytes]) -> None:
    """CourseError where a hand-out of these files, by name, would give something away or is not finished."""
    found = list(proof(catalogue, seed, files))
    if found:
        more = [f"... and {len(found) - MANY} more"] if len(found) > MANY else []
        lines = ["this hand-out is not fit to be given away:", *map(str, found[:MANY]), *more]
        raise CourseError("\n".join(lines), "Nothing was written.")


def proof(catalogue: Catalogue, seed: Seed, files: Mapping[str, bytes]) -> Iterator[Broken]:
    """What of the course's secrets stands in these files. All units count, released or not."""
    secrets = Secrets.of(catalogue, seed)
    lines = _telling_lines(catalogue)
    hidden = _hidden_files(catalogue)
    for name, data in _members(files):
        path = Path(name)
        known = hidden.get(hashlib.sha256(data).hexdigest()) or hidden.get(path.name)
        if known is not None:
            yield Broken(f"this is the hidden file {known}", name, "take it out")
            continue
        if not seed.demo and (seed.value.encode() in data or seed.fingerprint.encode() in data):
            yield Broken("the secret seed or its fingerprint stands in it", name, "take it out")
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        claims = list(secrets.told_by(path, text))
        for one in placeholders(text):
            yield Broken(
                f"{one.exercise} lacks {one.what}", f"{name}:{one.line}", "write it, then kata stubs"
            )
        yield from claims
        if not claims:
            yield from _told(lines, path, text)


def _members(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Every file, and what stands in a wheel as `NAME.whl/member`."""
    for name, data in files.items():
        if not name.endswith(".whl"):
            yield name, data
            continue
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield f"{name}/{member}", archive.read(member)


@dataclass(frozen=True)
class _Line:
    """A line of a solution. text: as it is searched    where: file and line"""

    text: str
    where: str


def _telling_lines(catalogue: Catalogue) -> list[_Line]:
    """The lines between the markers that say something, and that the given part does not say itself."""
    secret: dict[str, str] = {}
    given: list[str] = []
    for unit in catalogue.units:
        path, is_inside = catalogue.solution_file(unit), False
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip() in (BEGIN, END):
                is_inside = line.strip() == BEGIN
            elif is_inside:
                secret.setdefault(_bare(line), place(path, number))
            else:
                given.append(_bare(line))
    known = "\n".join(given)
    return [
        _Line(text, where) for text, where in secret.items() if len(text) >= TELLING and text not in known
    ]


def _bare(line: str) -> str:
    """A line without what may be written in another way: blanks, and a comment at its end."""
    return "".join(line.partition("  #")[0].split())


def _told(lines: list[_Line], path: Path, text: str) -> Iterator[Broken]:
    held = held_in_json(text) if path.suffix in (".json", ".ipynb") else text
    bare = "".join(held.split())
    for line in lines:
        if line.text in bare:
            fact = f"a line of the solution ({line.where}) stands in what students get"
            yield Broken(fact, _where(path, held, line.text), "take it out, or let the lesson say less")


def _where(path: Path, text: str, bare: str) -> str:
    """The line of a text on which the searched one begins; the first where that cannot be said."""
    numbers = (n for n, line in enumerate(text.split("\n"), 1) if bare in "".join(line.split()))
    return f"{path}:{next(numbers, 1)}"


def _hidden_files(catalogue: Catalogue) -> dict[str, str]:
    """The files of solutions/ and .secret/, by the hash of what they hold, and by name where it tells."""
    hidden: dict[str, str] = {}
    for top in (catalogue.solutions_dir, catalogue.root / ".secret"):
        for path in files_below(top):
            data = path.read_bytes() if path.is_file() else b""
            if data.strip():
                hidden[hashlib.sha256(data).hexdigest()] = str(path)
            if HIDDEN.fullmatch(path.name):
                hidden[path.name] = str(path)
    return hidden
