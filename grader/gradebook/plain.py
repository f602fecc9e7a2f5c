"""Text from outside, made harmless for terminals, files and spreadsheets; numbers as people write them."""

import unicodedata
from collections.abc import Sequence

from grader.scoring.rubric import exact

# Joiners that some scripts cannot be written without; every other invisible character is shown by its code.
_NEEDED_JOINERS = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_FORMULA_START = frozenset("=+-@\t\r\n＝＋－＠")


def printable(text: str, limit: int = 0) -> str:
    """One line without control characters, escape sequences, direction marks or lone surrogates.

    Each of them is shown by its code, as in a Python string: `\\x1b`. A tab becomes spaces. Longer text
    than `limit` (0: any length) is cut, and says so.
    """
    shown = text if text.isprintable() else "".join(map(_visible, text))
    return cut(shown, limit) if limit else shown


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what is cut ends in "…"."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


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


def listed(words: Sequence[str]) -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _visible(character: str) -> str:
    if character == "\t":
        return "    "
    if unicodedata.category(character) in _INVISIBLE and character not in _NEEDED_JOINERS:
        return character.encode("unicode_escape").decode("ascii")
    return character
