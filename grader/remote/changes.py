"""What student code did to the mutable arguments of a call, and to which objects it is done here."""

from typing import Any

import numpy as np

from grader.remote.unpack import Unpacker
from grader.remote.wire import Tree, WireError


def apply(changed: list[Tree], unpacker: Unpacker) -> None:
    """Give the objects that were handed over the state that the student's code left them in."""
    for entry in changed:
        match entry:
            case [int(at), [*_] as tree] if 0 <= at < len(unpacker.mutables):
                _become(unpacker.mutables[at], unpacker.unpack(tree))
            case _:
                raise WireError("an unknown change")


def copies(values: list[Any]) -> list[Any]:
    """Copies of mutable objects, in which they refer to each other as the objects themselves do.

    A test that computes what it expects from its own arguments must not find them changed: whoever
    clears them would choose what is expected.
    """
    memo: dict[int, Any] = {}
    return [_copy(value, memo) for value in values]


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    kind = type(value)
    if kind is tuple:
        return tuple(_copy(part, memo) for part in value)
    if id(value) in memo:
        return memo[id(value)]
    if kind is list:
        parts: list[Any] = []
        memo[id(value)] = parts
        parts.extend(_copy(part, memo) for part in value)
        return parts
    if kind is dict:
        table: dict[Any, Any] = {}
        memo[id(value)] = table
        table.update((key, _copy(part, memo)) for key, part in value.items())
        return table
    if kind is np.ndarray:
        memo[id(value)] = array = value.copy()
        array.flags.writeable = value.flags.writeable
        return array
    if kind.__module__ == "torch" and kind.__name__ == "Tensor":
        memo[id(value)] = tensor = value.detach().clone().requires_grad_(value.requires_grad)
        return tensor
    return value


def _become(old: Any, new: Any) -> None:
    if type(old) is not type(new):
        raise WireError("an argument changed its type")
    if type(old) is list:
        old[:] = new
    elif type(old) is dict:
        old.clear()
        old.update(new)
    elif old.shape != new.shape or old.dtype != new.dtype:
        raise WireError("an argument changed its shape")
    elif type(old) is np.ndarray:
        if not old.flags.writeable:
            raise WireError("a read-only argument was changed")
        old[...] = new
    else:
        old.detach().copy_(new.detach())
