"""An error that the student's code raised inside a worker, made an exception again outside.

It is an instance of the same builtin type, so `pytest.raises(ValueError)` sees a ValueError, and of
StudentError, which carries where in the student's file it came from.
"""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from grader.errors import text_of
from grader.remote.wire import Tree, WireError

_NO_MEMORY = ("DefaultCPUAllocator: can't allocate", "DefaultCPUAllocator: not enough", "CUDA out of memory")
MAX_TEXT, MAX_NAME, MAX_FRAMES = (
    2_000,
    80,
    20,
)  # an honest worker keeps to them; a hostile one is held to them


@dataclass(frozen=True)
class Frame:
    """One line of the student's own traceback."""

    file: str
    line: int
    function: str


class StudentError(Exception):
    """Mixed into a builtin error type by `student_error`."""

    type_name: str = "Exception"
    text: str = ""
    frames: tuple[Frame, ...] = ()
    ticket: int | None = None
    syntax: tuple[str, int, str, int] | None = None

    def __str__(self) -> str:
        return self.text


def student_error(tree: Tree) -> tuple[StudentError, int | None]:
    """The exception of a description, and the number of the callback failure that caused it, or None.

    WireError where the description is malformed.
    """
    match tree:
        case [str(name), [*names], str(text), [*frames], int(ticket), (int() | None) as callback, syntax]:
            text = text[:MAX_TEXT]
            known = [n for n in names[:20] if type(n) is str]
            error = as_builtin(StudentError, Exception, known)(text)
        case _:
            raise WireError("an error without a description")
    error.type_name, error.text, error.ticket = name[:MAX_NAME], text, ticket
    error.frames = tuple(_frame(frame) for frame in frames[-MAX_FRAMES:])
    error.syntax = _syntax(syntax)
    return error, callback


def _frame(tree: Tree) -> Frame:
    match tree:
        case [str(file), int(line), str(function)]:
            return Frame(file, line, function[:MAX_NAME])
    raise WireError("a traceback without lines")


def _syntax(tree: Tree) -> tuple[str, int, str, int] | None:
    match tree:
        case [str(file), int(line), str(text), int(offset)]:
            return file, line, text[:MAX_TEXT], offset
    return None


def lacks_memory(error: BaseException) -> bool:
    """Whether it says that no memory was left; torch says so with a RuntimeError."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in text_of(error) for words in _NO_MEMORY)
    )


def builtin_names(kind: type[BaseException]) -> list[str]:
    """The names of the builtin types that an error is an instance of, the nearest first."""
    return [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"]


def as_builtin(mixin: type[Any], within: type[BaseException], names: Sequence[str]) -> type[Any]:
    """`mixin` mixed with the first named builtin type inside `within` that can be made from one text."""
    types = _mixed(mixin, within)  # type: ignore[arg-type]  # classes are hashable
    return next((types[name] for name in names if name in types), mixin)


@cache
def _mixed(mixin: type[Any], within: type[BaseException]) -> dict[str, type[Any]]:
    """All mixtures by name: made once, so that names without end fill no memory."""
    found = {}
    for name, kind in vars(builtins).items():
        if not (isinstance(kind, type) and issubclass(kind, within)):
            continue
        if within is Exception and kind in (StopIteration, StopAsyncIteration):
            continue  # a test's `for y in map(student.f, xs)` would end there, without a word
        try:
            mixed = type(name, (mixin, kind), {})
            mixed("text")
        except TypeError:  # UnicodeDecodeError and the like need more than a text
            continue
        found[name] = mixed
    return found
