"""A claim that does not hold, said in one line: the fact, where, and what mends it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.errors import CourseError, KataError
from grader.examine.judge import shown

_PLACED = re.compile(r"(?P<file>\S.*?\.\w+)(?::(?P<line>\d+))?: (?P<fact>.*)")


@dataclass(frozen=True)
class Broken:
    """fact: what is not as it must be    where: file:line    mend: the command or the edit that helps"""

    fact: str
    where: str
    mend: str

    def __str__(self) -> str:
        return f"{self.fact}  ({self.where})  -> {self.mend}"


def place(path: Path, line: int = 1) -> str:
    """A line of a file, as a person would type it from here."""
    return f"{shown(str(path))}:{line}"


def reason(error: Exception) -> str:
    """Why a file could not be read, in a few words without its path."""
    if isinstance(error, SyntaxError):
        return error.msg
    return getattr(error, "strerror", None) or "it is not UTF-8 text"


def not_collected(error: CourseError, otherwise: Path) -> Broken:
    """What pytest says when the tests of the course cannot be imported, as one claim."""
    lines = error.rationale.split("\n")
    causes = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    places = [_placed(match) for line in lines if (match := _PLACED.fullmatch(line)) and match["line"]]
    fact = " ".join([lines[0], *causes[-1:]])
    return Broken(fact, places[-1] if places else place(otherwise), error.help or "mend the test")


def from_error(error: KataError, otherwise: Path) -> Iterator[Broken]:
    """An error as broken claims, one for each of its lines that says `file:LINE: what` or `file: what`."""
    lines = [line for line in error.rationale.split("\n") if line.strip()]
    found = [match for line in lines if (match := _PLACED.fullmatch(line))]
    mend = " ".join(error.help.split()) or "mend it"
    for match in found:
        yield Broken(match["fact"], _placed(match), mend)
    if not found:
        yield Broken(" ".join(" ".join(lines).split()), place(otherwise), mend)


def _placed(match: re.Match[str]) -> str:
    return f"{shown(match['file'])}:{match['line'] or 1}"
