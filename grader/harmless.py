"""Text from outside, made harmless for a terminal, a file or a web page."""

import unicodedata

# Joiners that some scripts cannot be written without; every other invisible character is shown by its code.
_NEEDED_JOINERS = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: str, limit: int = 0) -> str:
    """One line without control characters, escape sequences, direction marks or lone surrogates.

    Each of them is shown by its code, as in a Python string: `\\x1b`. A tab becomes spaces. Longer text
    than `limit` (0: any length) is cut, and says so.
    """
    looked_at = text[: limit + 1] if limit else text  # a code is never shorter than its character
    shown = looked_at if looked_at.isprintable() else "".join(map(_visible, looked_at))
    return cut(shown, limit) if limit else shown


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what is cut ends in "…"."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _visible(character: str) -> str:
    if character == "\t":
        return "    "
    if unicodedata.category(character) in _INVISIBLE and character not in _NEEDED_JOINERS:
        return character.encode("unicode_escape").decode("ascii")
    return character
