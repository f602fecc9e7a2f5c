"""The bytes of a chosen file as text, or as a time. What they cannot be is said in half a sentence."""

import re
from datetime import UTC, datetime
from itertools import islice

from grader.collect.member import Unreadable
from grader.harmless import printable

WORD = re.compile(r"\w+|([^\w\s])\1*")  # a row of one sign counts once
TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(?:(UTC|GMT|Z)|([+-]\d\d):?(\d\d))?", re.ASCII
)


def decode(raw: bytes) -> str:
    """Python source as text: UTF-8, no byte order mark, every line end a newline. Raises Unreadable."""
    refuse_utf16(raw)
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise Unreadable(f"holds a null byte on line {line}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not UTF-8 text on line {line}; save it as UTF-8") from None
    return unix(text)


def refuse_utf16(raw: bytes) -> None:
    """Raises Unreadable for what begins as UTF-16 or UTF-32 text does."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("is UTF-16 or UTF-32 text; save it as UTF-8")


def check_words(text: str, most: int) -> str:
    """The text, if it has no more words and signs. Raises Unreadable."""
    if sum(1 for _ in islice(WORD.finditer(text), most + 1)) > most:
        raise Unreadable(f"holds more than {most:,} words and signs")
    return text


def unix(text: str) -> str:
    """The same text with newlines as line ends, as Python reads a file."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_time(raw: bytes) -> datetime:
    """A time of handing in: `2026-09-14 21:04:00 UTC` or ISO 8601; UTC without a zone. Raises Unreadable."""
    text = raw.decode("utf-8-sig", "replace").strip()
    match = TIME.fullmatch(text)
    if not match:
        raise Unreadable("holds no time like 2026-09-14 21:04:00 UTC")
    day, clock, _, hours, minutes = match.groups()
    try:
        zone = f"{hours}:{minutes}" if hours else "+00:00"
        return datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"holds the impossible time {printable(text, 40)}") from None
