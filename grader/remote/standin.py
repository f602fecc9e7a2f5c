"""Puts a function of the grader in the place of one of the student's, in its modules or in a class."""

import sys
from collections.abc import Callable
from typing import Any

from grader.remote.memory_modules import MemoryFinder

KINDS: dict[str, Callable[[Any], Any]] = {
    "function": lambda function: function,
    "property": property,
    "staticmethod": staticmethod,
    "classmethod": classmethod,
}


def replace(module: str, symbol: str, kind: str, function: Callable[..., Any]) -> None:
    """Let `symbol` ("f" or "Value.__add__") of a module be `function`, under all its names.

    A function is replaced wherever a file of the student's has imported it, a method in its class alone.
    A module that nobody has imported is left alone.
    kind: one of KINDS, what stands in a class under that name
    Raises AttributeError where the class is not there.
    """
    owner: Any = sys.modules.get(module)
    if owner is None:
        return
    *path, name = symbol.split(".")
    for part in path:
        owner = getattr(owner, part)

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    stand_in.__name__ = name
    put = KINDS[kind](stand_in)
    old = vars(owner).get(name)
    setattr(owner, name, put)
    for place in [owner] if path or old is None else [owner, *_files()]:
        for alias in [other for other, value in vars(place).items() if value is old and old is not None]:
            setattr(place, alias, put)  # `__radd__ = __add__` means the new one too


def _files() -> list[Any]:
    """The modules that are files of the student's."""
    return [
        found for found in sys.modules.values() if type(getattr(found, "__loader__", None)) is MemoryFinder
    ]
