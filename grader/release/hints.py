"""hints.md to the hints of each exercise: three steps from a nudge to almost the answer.

## u01.forward_difference
1. A nudge.
2. A direction.
3. Almost the answer.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from grader.errors import CourseError

WANTED = 3
HEADING = re.compile(r"##\s+(\S.*?)\s*")
ITEM = re.compile(r"([0-9]{1,3})[.)](?:\s+(.*))?")
FENCE = re.compile(r"\s*(```|~~~)")
HELP = "write `## id` and under it three items: `1. ` a nudge, `2. ` a direction, `3. ` almost the answer"


@dataclass
class _Section:
    """What stands under one heading: `stray` is the line of text above the first item, 0 if none."""

    id: str
    line: int
    numbers: list[tuple[int, int]] = field(default_factory=list)  # (line, number as written)
    items: list[list[str]] = field(default_factory=list)
    stray: int = 0


def parse_hints(text: str, known: Collection[str], path: str) -> dict[str, list[str]]:
    """The three hints of every id in `known`, in that order; a hint may have several lines of Markdown.

    Raises CourseError, a line `path:LINE: what` for each mistake: an unknown, repeated or missing id, and
    items that are not numbered 1, 2, 3.
    """
    sections = list(_sections(text))
    first: dict[str, _Section] = {}
    wrong: list[tuple[int, str]] = []
    for section in sections:
        id, line = section.id, section.line
        if id in first:
            wrong.append((line, f"{id} stands twice, first on line {first[id].line}"))
        elif id not in known:
            wrong.append((line, f"{id} is not an exercise of this unit"))
        first.setdefault(id, section)
        wrong += _numbering(section)
    wrong += [(1, f"{id} has no hints") for id in known if id not in first]
    if wrong:
        raise CourseError("\n".join(f"{path}:{line}: {what}" for line, what in sorted(wrong)), HELP)
    return {id: [_text(lines) for lines in first[id].items] for id in known}


def _sections(text: str) -> Iterator[_Section]:
    section: _Section | None = None
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        heading = None if fenced else HEADING.fullmatch(line)
        item = None if fenced else ITEM.match(line)
        fenced ^= bool(FENCE.match(line))
        if heading:
            if section:
                yield section
            section = _Section(heading[1], number)
        elif section is None:
            continue  # a title above the first exercise
        elif item:
            section.numbers.append((number, int(item[1])))
            section.items.append([item[2] or ""])
        elif section.items:
            section.items[-1].append(line)
        elif line.strip():
            section.stray = section.stray or number
    if section:
        yield section


def _numbering(section: _Section) -> Iterator[tuple[int, str]]:
    if section.stray:
        yield section.stray, f"text stands above the first hint of {section.id}"
    if len(section.items) != WANTED:
        yield section.line, f"{section.id} has {len(section.items)} hints, not {WANTED}"
    for wanted, (line, number) in enumerate(section.numbers, 1):
        if number != wanted:
            yield line, f"hint {number} of {section.id} stands where {wanted} belongs"
    for (line, number), item in zip(section.numbers, section.items, strict=True):
        if not any(part.strip() for part in item):
            yield line, f"hint {number} of {section.id} is empty"


def _text(lines: list[str]) -> str:
    """One hint without the indentation that only makes it a list item."""
    inner = [line for line in lines[1:] if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in inner), default=0)
    return "\n".join([lines[0], *(line[margin:].rstrip() for line in lines[1:])]).strip()
