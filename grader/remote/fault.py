"""An error that the student's code raised inside a worker, made an exception again outside.

It is an instance of the same builtin type, so `pytest.raises(ValueError)` sees a ValueError, and of
StudentError, which carries where in the student's file it came from.
"""

import builtins
from dataclasses import dataclass
from functools import cache
from typing import Any

from grader.remote.wire import Tree, WireError


@dataclass(frozen=True)
class Frame:
    """One line of the student's own traceback."""

    file: str
    line: int
    function: str


class StudentError(Exception):
    """Mixed into a builtin exception type by `student_error`."""

    type_name: str = "Exception"
    text: str = ""
    frames: tuple[Frame, ...] = ()
    ticket: int | None = None
    syntax: tuple[str, int, str, int] | None = None


def student_error(tree: Tree) -> tuple[StudentError, int | None]:
    """The exception of a description, and the number of the callback failure that caused it, or None.

    WireError where the description is malformed.
    """
    match tree:
        case [str(name), [*names], str(text), [*frames], int(ticket), (int() | None) as callback, syntax]:
            error = _exception_type(tuple(n for n in names[:20] if type(n) is str))(text)
        case _:
            raise WireError("an error without a description")
    error.type_name, error.text, error.ticket = name, text, ticket
    error.frames = tuple(_frame(frame) for frame in frames)
    error.syntax = _syntax(syntax)
    return error, callback


def _frame(tree: Tree) -> Frame:
    match tree:
        case [str(file), int(line), str(function)]:
            return Frame(file, line, function)
    raise WireError("a traceback without lines")


def _syntax(tree: Tree) -> tuple[str, int, str, int] | None:
    match tree:
        case [str(file), int(line), str(text), int(offset)]:
            return file, line, text, offset
    return None


@cache
def _exception_type(names: tuple[str, ...]) -> type[Any]:
    """StudentError mixed with the nearest builtin Exception type that can be made from one text."""
    for name in names:
        kind = getattr(builtins, name, None)
        if not (isinstance(kind, type) and issubclass(kind, Exception)) or kind is Exception:
            continue
        try:
            mixed = type(name, (StudentError, kind), {"__str__": lambda self: self.text})
            mixed("text")
        except TypeError:  # UnicodeDecodeError and the like need more than a text
            continue
        return mixed
    return StudentError
