"""What one student handed in, once all that is hostile about it has been dealt with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grader.collect.roster import Person
from grader.harmless import printable

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Submission:
    """One student's files, in memory. Nothing of it has touched the disk.

    id: letters, digits and . _ @ - only, safe as a file name
    sources: "u01_slopes/slopes.py" -> text with newlines as line ends, for the course's files only
    submitted_at: from a timestamp.txt that the instructor's side wrote, aware, in UTC
    problems: one clear line each, safe to print    ignored: names of what else was handed in, safe to print
    notebooks: those of `sources` that came as notebooks: their line 3002 is line 2 of code cell 3
    person: who it is, where there is a roster    earlier: attempts before this one, oldest first
    elsewhere: units that were handed in on their own, not with this one: unit id -> when
    """

    id: str
    sources: Mapping[str, str] = field(default_factory=dict)
    submitted_at: datetime | None = None
    problems: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    person: Person | None = None
    earlier: tuple["Submission", ...] = ()
    elsewhere: Mapping[str, datetime | None] = field(default_factory=dict)

    @property
    def attempts(self) -> tuple["Submission", ...]:
        """All of them, oldest first; this one is the latest."""
        return (*self.earlier, self)


@dataclass(frozen=True)
class Bounds:
    """How much of an upload is looked at. Sizes are bytes; beyond them it is refused, never cut."""

    source: int = 256 * KIB  # one file of the course, or the code of one notebook
    words: int = 40_000  # words and signs in it: what reading it costs the grader
    notebook: int = 8 * MIB  # a notebook with its pictures
    cells: int = 250  # code cells of a notebook
    archive: int = 64 * MIB  # an archive as it was uploaded
    unpacked: int = 128 * MIB  # all that it claims to hold, or that comes out of its stream
    members: int = 2_000  # files and folders
    entries: int = 50_000  # the same, with those of repositories, environments and hidden folders
    listing: int = 2 * MIB  # the table of contents of a zip
    depth: int = 32  # folders in folders
    name: int = 512  # characters of a path
    shown: int = 20  # lines of one kind that are reported


BOUNDS = Bounds()


def named(text: str) -> str:
    """A name from outside, in one harmless line of bounded length."""
    return printable(text, 120)


def capped(lines: list[str], most: int) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    return (*lines[:most], f"and {len(lines) - most} more") if len(lines) > most else tuple(lines)
