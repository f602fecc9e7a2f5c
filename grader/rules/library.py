"""Which attribute names are the libraries' own: a file that defines one of them means both.

`x.softmax` cannot be told from a method `softmax` of the student's own class, so defining a name does not
allow it where torch has it too. The names of torch are a committed list and not asked of the installed
one: the same file breaks the same rules with every version, and where no torch is installed.
"""

import sys
import types
from collections.abc import Set
from functools import cache
from importlib.resources import files

_BUILTIN = (
    *(bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, slice, type, object),
    *(property, classmethod, staticmethod, super, memoryview, bytearray, enumerate, zip, map, filter),
    *(value for value in vars(types).values() if isinstance(value, type)),
    *(AttributeError, ImportError, KeyError, NameError, OSError, StopIteration, SystemExit, UnicodeError),
    type(sys.exc_info),
)


@cache
def _torch() -> dict[str, frozenset[str]]:
    """Owner -> the names of its attributes: "torch", "torch.Tensor", "torch.linalg", ..."""
    text = files("grader.rules").joinpath("torch_names.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {owner.rstrip(":"): frozenset(names) for owner, *names in lines}


@cache
def _always() -> frozenset[str]:
    builtin = {name for kind in _BUILTIN for name in dir(kind)}
    return _torch()["torch"] | _torch()["torch.Tensor"] | builtin | _torch()["math"]


@cache
def reserved(listed: frozenset[str]) -> Set[str]:
    """The names that mean something to a library or to Python itself.

    listed: attributes that the rules allow; of a module of torch among them the names are reserved too.
    """
    modules = (names for owner, names in _torch().items() if owner.rpartition(".")[2] in listed)
    return _always().union(*modules)
