"""What one student handed in, once all that is hostile about it has been dealt with."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MIB = 1024 * 1024


@dataclass(frozen=True)
class Submission:
    """One student's files, in memory. Nothing of it has touched the disk.

    id: letters, digits and . _ @ - only, safe as a file name
    sources: "u01_slopes/slopes.py" -> text with newlines as line ends, for the course's files only
    submitted_at: from timestamp.txt, aware, in UTC    problems: one clear line each, safe to print
    ignored: names of what else was handed in, safe to print
    """

    id: str
    sources: Mapping[str, str] = field(default_factory=dict)
    submitted_at: datetime | None = None
    problems: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """How much of an upload is looked at. Sizes are bytes; beyond them it is refused, never cut."""

    source: int = 512 * 1024  # one file of the course
    archive: int = 64 * MIB  # an archive as it was uploaded
    unpacked: int = 128 * MIB  # all that it claims to hold, or that comes out of its stream
    members: int = 2_000  # files and folders
    listing: int = 1 * MIB  # the table of contents of a zip
    depth: int = 32  # folders in folders
    name: int = 512  # characters of a path
    shown: int = 20  # lines of one kind that are reported


BOUNDS = Bounds()


def printable(text: str, most: int = 120) -> str:
    """A student's text in one harmless line: no control, direction or lone surrogate characters."""
    cut = text[:most] + ("..." if len(text) > most else "")
    return "".join(_escape(c) if unicodedata.category(c)[0] in "CZ" and c != " " else c for c in cut)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def capped(lines: list[str], most: int) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    return (*lines[:most], f"and {len(lines) - most} more") if len(lines) > most else tuple(lines)
