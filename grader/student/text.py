"""Lines of styled text that fit a terminal: escape, measure, cut, wrap. Pure functions."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.gradebook.plain import printable

CUT_AFTER = 4000  # characters of one text that are looked at, however few columns they take


@dataclass(frozen=True)
class Span:
    """Text of one style: "good", "bad", "waiting", "strange", "strong", "quiet" or "" (as it is)."""

    text: str
    style: str = ""


Line = Sequence[Span]
EMPTY: Line = ()


def plain(text: str) -> str:
    """One harmless line of somebody else's text: controls by their codes, bounded."""
    return printable(text[:CUT_AFTER])


def paragraphs(text: str) -> list[str]:
    """The lines of somebody else's text, each harmless; a trailing empty line is dropped."""
    return [plain(line) for line in text[:CUT_AFTER].rstrip().split("\n")]


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def cut(text: str, room: int, ellipsis: str) -> str:
    """The text, or as much of it as fits into `room` columns together with the ellipsis."""
    if columns(text) <= room:
        return text
    left = max(room - columns(ellipsis), 0)
    kept: list[str] = []
    for character in text:
        left -= _columns_of(character)
        if left < 0:
            break
        kept.append(character)
    shown = "".join(kept)
    return (shown.rstrip() + ellipsis)[: max(room, 0)] if ellipsis else shown


def cut_line(line: Line, room: int, ellipsis: str) -> tuple[Line, bool]:
    """The line within `room` columns, and whether anything was cut off it."""
    if sum(columns(span.text) for span in line) <= room:
        return line, False
    fitting: list[Span] = []
    room -= columns(ellipsis)
    for span in line:
        part = cut(span.text, room, "")
        fitting.append(Span(part, span.style))
        room -= columns(part)
        if part != span.text:
            break
    return [*fitting, Span(ellipsis, "quiet")], True


def wrap(text: str, room: int) -> list[str]:
    """Lines of at most `room` columns, broken at spaces; a longer word is broken where it must be."""
    lines: list[str] = []
    current = ""
    for word in _pieces(text.split(" "), max(room, 8)):
        if current and columns(current) + 1 + columns(word) > room:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    return [*lines, current] if current or not lines else lines


def _pieces(words: Iterable[str], room: int) -> Iterable[str]:
    for word in words:
        rest = word
        while columns(rest) > room:
            head = cut(rest, room, "")
            yield head
            rest = rest[len(head) :]
        yield rest
