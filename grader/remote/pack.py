"""From values to frames: what crosses by value, and how each kind is written.

Exact types only: a subclass is the student's own object and crosses as a handle, if at all.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.remote.wire import (
    HEADER,
    MAX_BUFFERS,
    MAX_DEPTH,
    MAX_INT_DIGITS,
    MAX_PARTS,
    MAX_STRUCTURE,
    NUMERIC_KINDS,
    Tree,
    WireError,
    encode_structure,
)


class Packer:
    """Turns values into one frame.

    export: called for whatever cannot cross by value; returns a tree (a handle, a callback) or raises.
    known: mutable objects that the other end has already, in its order; they cross as references.
    """

    def __init__(self, export: Callable[[Any], Tree], known: list[Any] | None = None) -> None:
        self.export = export
        self.mutables: list[Any] = list(known or ())
        self._index = {id(value): at for at, value in enumerate(self.mutables)}
        self._anew = 0
        self._parts = 0
        self._buffers = bytearray()

    def pack(self, value: Any, depth: int = 0) -> Tree:
        """The tree of a value. WireError where it is nested too deeply or has too many parts."""
        kind = type(value)
        if value is None or kind in (bool, float, str, bytes):
            return value
        if depth > MAX_DEPTH:
            raise WireError("a value is nested too deeply")
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise WireError("a value has too many parts to cross")
        if kind is int:
            return value if -(2**63) <= value < 2**63 else ["i", _digits(value)]
        write = _WRITERS.get(kind)
        if write is not None:
            return write(self, value, depth + 1)
        if isinstance(value, np.generic) and kind.__module__ == "numpy":
            return _write_numpy_scalar(self, value)
        if kind.__module__.partition(".")[0] == "torch":
            from grader.remote import tensors  # noqa: PLC0415 - numpy units never touch torch

            tree = tensors.write(self, value)
            if tree is not None:
                return tree
        return self.export(value)

    def content(self, value: Any) -> Tree:
        """The tree of a mutable object as it is now, though the other end knows the object already."""
        self._anew = id(value)
        return self.pack(value)

    def buffer(self, data: bytes | memoryview) -> list[int]:
        """Append raw bytes, aligned to 8; returns where they are: [offset, length]."""
        self._buffers += b"\0" * (-len(self._buffers) % 8)
        offset = len(self._buffers)
        self._buffers += data
        return [offset, len(self._buffers) - offset]

    def remember(self, value: Any) -> int | None:
        """The number of a mutable object that crossed already; else None, and it gets the next one."""
        known = self._index.get(id(value))
        if known is None:
            self._index[id(value)] = len(self.mutables)
        elif self._anew != id(value):
            return known
        self._anew = 0  # it crosses once more, and its number stays: others refer to the object by it
        self.mutables.append(value)
        return None

    def frame(self, message: Tree, most: int = MAX_STRUCTURE) -> bytes:
        """The whole frame around a tree made by `pack`. WireError where it is too large."""
        structure = encode_structure(message)
        if len(structure) > most or len(self._buffers) > MAX_BUFFERS:
            raise WireError("a value is too large to cross")
        return HEADER.pack(len(structure), len(self._buffers)) + structure + self._buffers


def is_atom(value: Any) -> bool:
    """Whether a value stands for itself on the wire."""
    kind = type(value)
    return value is None or kind in (bool, float, str, bytes) or (kind is int and -(2**63) <= value < 2**63)


def is_by_value(value: Any) -> bool:
    """Whether a value that is no atom crosses by value, as far as its type tells."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    return (kind in _WRITERS and value is not NotImplemented) or kind is int or library in ("numpy", "torch")


def _digits(value: int) -> str:
    if value.bit_length() > MAX_INT_DIGITS * 4:
        raise WireError("an integer is too large to cross")
    return hex(value)


def _write_numpy_scalar(packer: Packer, value: np.generic) -> Tree:
    if value.dtype.kind not in NUMERIC_KINDS:
        return packer.export(value)
    return ["n", value.dtype.str, value.tobytes()]


def _write_array(packer: Packer, value: np.ndarray[Any, Any], depth: int) -> Tree:
    if value.dtype.kind not in NUMERIC_KINDS:
        return packer.export(value)
    known = packer.remember(value)
    if known is not None:
        return ["r", known]
    writable = value.flags.writeable
    return ["a", value.dtype.str, list(value.shape), packer.buffer(value.tobytes()), writable]


def _write_list(packer: Packer, value: list[Any], depth: int) -> Tree:
    known = packer.remember(value)
    return ["r", known] if known is not None else ["l", *[packer.pack(v, depth) for v in value]]


def _write_dict(packer: Packer, value: dict[Any, Any], depth: int) -> Tree:
    known = packer.remember(value)
    if known is not None:
        return ["r", known]
    return ["d", *[packer.pack(part, depth) for pair in value.items() for part in pair]]


def _write_dtype(packer: Packer, value: np.dtype[Any], depth: int) -> Tree:
    return ["N", value.str] if value.kind in NUMERIC_KINDS else packer.export(value)


_WRITERS: dict[type, Callable[[Packer, Any, int], Tree]] = dict.fromkeys(
    (type(np.dtype(code)) for code in "?bhilqBHILQefdgFDG"), _write_dtype
)
_WRITERS |= {
    tuple: lambda p, v, d: ["t", *[p.pack(x, d) for x in v]],
    list: _write_list,
    dict: _write_dict,
    np.ndarray: _write_array,
    complex: lambda p, v, d: ["c", v.real, v.imag],
    slice: lambda p, v, d: ["s", p.pack(v.start, d), p.pack(v.stop, d), p.pack(v.step, d)],
    range: lambda p, v, d: ["g", p.pack(v.start, d), p.pack(v.stop, d), p.pack(v.step, d)],
    type(Ellipsis): lambda p, v, d: ["e"],
    type(NotImplemented): lambda p, v, d: p.export(v),
}
