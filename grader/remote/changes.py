"""What was done to the mutable arguments of a call at the other end, and to which objects it is done here."""

from typing import Any

import numpy as np

from grader.remote.pack import Packer
from grader.remote.unpack import Unpacker
from grader.remote.wire import Tree, WireError


class Given:
    """The mutable objects that a call from the other end handed over, and what they were then.

    values: in the order in which they came
    """

    def __init__(self, unpacker: Unpacker) -> None:
        self.values = list(unpacker.mutables)
        self._spans = list(unpacker.spans)
        self._buffers, self._bytes = unpacker.buffers, bytes(unpacker.buffers)
        self._parts = [_parts(value) for value in self.values]

    @classmethod
    def of(cls, unpacker: Unpacker) -> "Given":
        """What has come with a frame, all of whose values are unpacked."""
        return cls(unpacker) if unpacker.mutables else NOTHING

    def changes(self, packer: Packer) -> list[Tree]:
        """What `apply` takes at the other end. packer: one that knows these values"""
        return [[at, packer.content(value)] for at, value in enumerate(self.values) if self._is_changed(at)]

    def _is_changed(self, at: int) -> bool:
        """Elements are told apart by identity: no operator of the student's is asked."""
        before, now = self._parts[at], _parts(self.values[at])
        if before is not None and now is not None:
            return len(now) != len(before) or any(a is not b for a, b in zip(now, before, strict=True))
        span = self._spans[at]
        if span is None:
            return False
        start, end = span[0], span[0] + span[1]
        return self._buffers[start:end] != self._bytes[start:end]


NOTHING = Given(Unpacker(bytearray(), lambda tree: None))  # of a call without mutable objects


def apply(changed: list[Tree], unpacker: Unpacker) -> None:
    """Give the objects that were handed over the state in which the other end left them."""
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


def _parts(value: Any) -> list[Any] | None:
    if type(value) is list:
        return list(value)
    return [part for item in value.items() for part in item] if type(value) is dict else None


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
