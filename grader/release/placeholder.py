"""What is still to write, said where it is to be written; `kata verify` and `kata release` refuse it.

`kata new` writes such words, `kata verify` finds them:  WRITE-ME uNN.name: the first line of the docstring
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MARK = "WRITE-ME"
_FOUND = re.compile(rf"{MARK} (?P<id>u\d\d\.[a-z][a-z0-9_]*): (?P<what>[^\"|\n]*)")


@dataclass(frozen=True)
class Placeholder:
    """exercise: the id    what: is to be written    line: of the text, from 1"""

    exercise: str
    what: str
    line: int


def placeholder(exercise: str, what: str) -> str:
    """The words that stand for what is still to write."""
    return f"{MARK} {exercise}: {what}"


def placeholders(text: str) -> Iterator[Placeholder]:
    """All that a text still lacks."""
    for found in _FOUND.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Placeholder(found["id"], found["what"].strip().rstrip("."), line)
