"""Cells of spreadsheets and stored text, made harmless; numbers and lists as people write them."""

from datetime import UTC, datetime

from grader.harmless import cut, printable
from grader.scoring.rubric import exact

__all__ = ["cell", "count", "cut", "moment", "number", "printable", "storable"]

_FORMULA_START = frozenset("=+-@\t\r\n＝＋－＠")


def storable(text: str, limit: int) -> str:
    """Text that UTF-8 can carry, of bounded length; nothing else is changed."""
    bounded = cut(text, limit)
    return bounded if bounded.isascii() else bounded.encode("utf-8", "backslashreplace").decode("utf-8")


def cell(text: str) -> str:
    """A cell of a spreadsheet: harmless text, and no formula. What could start one gets a leading '."""
    shown = printable(text)
    risky = text[:1] in _FORMULA_START or shown.lstrip()[:1] in _FORMULA_START
    return "'" + shown if text and risky else shown


def number(value: float) -> str:
    """3.0 -> "3", 2.5 -> "2.5"; at most four decimals, never an exponent."""
    text = f"{exact(value):.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def count(amount: int, one: str, many: str = "") -> str:
    """1 -> "1 file", 2 -> "2 files"; `many` where an s does not do."""
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def moment(time: datetime) -> str:
    """2026-09-15 23:59:00 UTC"""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
