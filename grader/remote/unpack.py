"""From frames to values. A frame may come from a hostile worker: all is checked, nothing is trusted."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.remote.wire import MAX_BUFFERS, MAX_DEPTH, MAX_INT_DIGITS, MAX_PARTS, Tree, WireError

MAX_SIZE = MAX_BUFFERS  # bytes of an array, were its axes of size 0 of size 1: sums over those have this size
MAX_SHOWN = 2_000_000  # values, each counted as often as whoever prints them meets it
MAX_ODD_KEYS = 1_000  # in all dicts of a frame

_PLAIN = (type(None), bool, int, float, str, bytes)  # None and what msgpack has numbers and texts for


class Unpacker:
    """Reads the values of one frame.

    resolve: turns a handle's or callback's tree into an object, or raises WireError.
    """

    def __init__(
        self, buffers: bytearray, resolve: Callable[[Tree], Any], known: list[Any] | None = None
    ) -> None:
        self.resolve = resolve
        self.buffers = buffers
        self.mutables: list[Any] = list(known or ())
        self.spans: list[tuple[int, int] | None] = [None] * len(self.mutables)
        self.odd_keys = 0
        self.parts = 0
        self.shared = False  # a list or dict is met more than once

    def unpack(self, tree: Tree, depth: int = 0) -> Any:
        """The value of a tree. WireError for anything that no honest end writes."""
        if type(tree) is not list:
            if type(tree) not in _PLAIN:
                raise WireError("a frame holds an untagged container")
            return tree
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise WireError("a frame holds too many parts")
        if depth > MAX_DEPTH or not tree or type(tree[0]) is not str:
            raise WireError("a frame holds a container without a tag, or is nested too deeply")
        read = _READERS.get(tree[0])
        if read is not None:
            return read(self, tree, depth + 1)
        if tree[0] in ("T", "D", "z"):
            if "torch" not in sys.modules:  # nobody here asked for it: its import would cost seconds
                raise WireError("a tensor where there is no torch")
            from grader.remote import tensors  # noqa: PLC0415

            return tensors.read(self, tree)
        return self.resolve(tree)

    def check_size(self, *values: Any) -> None:
        """WireError where lists in lists are without end, or as good as: a few bytes can say so.

        Whoever prints, compares or converts such a list would not come back.
        """
        if self.shared:
            sizes: dict[int, int] = {}
            for value in (*values, *self.mutables):
                _size(value, sizes, 0)

    def span(self, at: Tree) -> memoryview:
        """The raw bytes that [offset, length] names, inside the frame."""
        offset, length = self.place(at)
        return memoryview(self.buffers)[offset : offset + length]

    def place(self, at: Tree) -> tuple[int, int]:
        match at:
            case [offset, length] if (
                type(offset) is type(length) is int  # True is an int too, but not to torch
                and offset >= 0
                and length >= 0
                and offset + length <= len(self.buffers)
            ):
                return offset, length
        raise WireError("an array points outside its frame")

    def remember(self, value: Any, span: tuple[int, int] | None = None) -> Any:
        self.mutables.append(value)
        self.spans.append(span)
        return value


def _size(value: Any, sizes: dict[int, int], depth: int) -> int:
    """How many values a list, tuple or dict holds, each counted as often as it is met. WireError for many."""
    kind = type(value)
    if kind is not list and kind is not tuple and kind is not dict:
        return 1
    known = sizes.get(id(value))
    if known is None:
        sizes[id(value)] = MAX_SHOWN  # whoever meets it now meets it inside itself
        parts = value.values() if kind is dict else value
        known = sizes[id(value)] = 1 + sum(_size(part, sizes, depth + 1) for part in parts)
    if known >= MAX_SHOWN or depth > 3 * MAX_DEPTH:
        raise WireError("lists that hold themselves, or each other too often")
    return known


def checked_shape(shape: Tree, itemsize: int, nbytes: int) -> tuple[int, ...]:
    """A shape that fits its bytes exactly. WireError otherwise."""
    if type(shape) is not list or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise WireError("an array has no proper shape")
    size = room = itemsize
    for n in shape:
        size, room = size * n, room * max(n, 1)
    if size != nbytes or room > MAX_SIZE:
        raise WireError("an array's shape does not fit its bytes")
    return tuple(shape)


def check_bools(data: bytes | memoryview) -> None:
    """WireError where a byte is neither 0 nor 1: what numpy and torch make of such a bool is undefined."""
    if np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise WireError("a bool is neither true nor false")


# A table, because numpy's own reading of such names is a small language, with an evaluator in it.
_DTYPES = {
    name: np.dtype(name)
    for code in "?bhilqBHILQefdgFDG"
    for name in (np.dtype(code).str, np.dtype(code).newbyteorder().str)
}


def _numeric_dtype(name: Tree) -> np.dtype[Any]:
    dtype = _DTYPES.get(name) if type(name) is str else None
    if dtype is None:
        raise WireError("an array has no numeric dtype")
    return dtype


def _read_array(unpacker: Unpacker, tree: Tree, depth: int) -> Any:
    _, name, shape, at, writable = _exactly(tree, 5)
    dtype = _numeric_dtype(name)
    span = unpacker.place(at)
    fits = checked_shape(shape, dtype.itemsize, span[1])
    array = _array(unpacker.span(at), dtype).reshape(fits)
    array.flags.writeable = writable is True
    return unpacker.remember(array, span)


def _read_numpy_scalar(unpacker: Unpacker, tree: Tree, depth: int) -> Any:
    _, name, data = _exactly(tree, 3)
    dtype = _numeric_dtype(name)
    if type(data) is not bytes or len(data) != dtype.itemsize:
        raise WireError("a number does not fit its dtype")
    return _array(data, dtype)[0]


def _array(data: bytes | memoryview, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    if dtype.kind == "b":
        check_bools(data)
    return np.frombuffer(data, dtype)


def _read_list(unpacker: Unpacker, tree: Tree, depth: int) -> Any:
    value: list[Any] = unpacker.remember([])
    value.extend(unpacker.unpack(part, depth) for part in tree[1:])
    return value


def _read_dict(unpacker: Unpacker, tree: Tree, depth: int) -> Any:
    value: dict[Any, Any] = unpacker.remember({})
    parts = [unpacker.unpack(part, depth) for part in tree[1:]]
    # Tuples, complex numbers and huge integers with one hash are easily made; a dict of them takes forever.
    unpacker.odd_keys += sum(not _is_usual_key(key) for key in parts[::2])
    if unpacker.odd_keys > MAX_ODD_KEYS:
        raise WireError("a frame holds too many dict keys that are neither texts nor small numbers")
    try:
        value.update(zip(parts[::2], parts[1::2], strict=True))
    except (TypeError, ValueError) as error:
        raise WireError("a dict has a key that cannot be one") from error
    return value


def _is_usual_key(key: Any) -> bool:
    return -(2**63) <= key < 2**63 if type(key) is int else type(key) in _PLAIN


def _read_reference(unpacker: Unpacker, tree: Tree, depth: int) -> Any:
    _, number = _exactly(tree, 2)
    if type(number) is not int or not 0 <= number < len(unpacker.mutables):
        raise WireError("a reference to an object that did not cross")
    value = unpacker.mutables[number]
    unpacker.shared = unpacker.shared or type(value) in (list, dict)
    return value


def _read_int(unpacker: Unpacker, tree: Tree, depth: int) -> int:
    _, digits = _exactly(tree, 2)
    if type(digits) is not str or len(digits) > MAX_INT_DIGITS + 8:
        raise WireError("an integer is too large")
    try:
        return int(digits, 16)
    except ValueError as error:
        raise WireError("an integer has no proper digits") from error


def _read_complex(unpacker: Unpacker, tree: Tree, depth: int) -> complex:
    _, real, imag = _exactly(tree, 3)
    if type(real) is not float or type(imag) is not float:
        raise WireError("a complex number needs two floats")
    return complex(real, imag)


def _read_slice(unpacker: Unpacker, tree: Tree, depth: int) -> Any:
    parts = [unpacker.unpack(part, depth) for part in _exactly(tree, 4)[1:]]
    if tree[0] == "s":
        return slice(*parts)
    if any(type(part) is not int for part in parts) or parts[2] == 0:
        raise WireError("a range needs three integers")
    return range(*parts)


def _exactly(tree: list[Any], count: int) -> list[Any]:
    if len(tree) != count:
        raise WireError("a frame holds a container of the wrong length")
    return tree


_READERS: dict[str, Callable[[Unpacker, Tree, int], Any]] = {
    "t": lambda u, tree, d: tuple(u.unpack(part, d) for part in tree[1:]),
    "l": _read_list,
    "d": _read_dict,
    "a": _read_array,
    "n": _read_numpy_scalar,
    "r": _read_reference,
    "i": _read_int,
    "c": _read_complex,
    "s": _read_slice,
    "g": _read_slice,
    "e": lambda u, tree, d: Ellipsis,
    "N": lambda u, tree, d: _numeric_dtype(_exactly(tree, 2)[1]),
}
