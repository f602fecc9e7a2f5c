"""What a value is, told from its exact type alone: nothing of an unknown object is ever called.

A student's class may lie in `__eq__`, `__array__` or `__class__`. So each comparison asks `type(x)` first,
goes on with the types listed here, and describes all others by the name of their type.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import MemberDescriptorType, ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Container = Literal["python", "numpy", "torch"]

# Types are looked up by id: a metaclass may define __eq__ and __hash__, so not even `kind in {...}` is safe.
_PYTHON_FAMILY = {id(bool): "b", id(int): "i", id(float): "f", id(complex): "c"}
_WIDE: dict[str, type] = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float64, "c": np.complex128}
_NUMPY_SCALARS = frozenset(id(np.dtype(code).type) for code in "?bhilqBHILQefdgFDG")
_NUMPY_DTYPES = frozenset(id(type(np.dtype(code))) for code in "?bhilqBHILQefdgFDGOUSVmM")
_ATOMS = frozenset(map(id, (str, bytes, type(None))))
_KEYS = frozenset(map(id, (str, bytes, bool, int, float, type(None))))
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, np.ndarray)
_PLAIN_BASES = {id(base): base.__name__ for base in _PLAIN}


_STAND_INS: dict[int, Callable[[Any], Any]] = {}


def stands_in(kind: type, settle: Callable[[Any], Any]) -> None:
    """Make a class of ours known that may stand for a plain value, which `settle` gives, or the object."""
    _STAND_INS[id(kind)] = settle


def settled(value: object) -> object:
    """The value itself, where one of ours stands for it."""
    settle = _STAND_INS.get(id(type(value)))
    return value if settle is None else settle(value)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number or an array of numbers whose exact type is known.

    dtype: "float64"; a Python number has "float"    family: b, i, u, f, c, or ? if it cannot be computed with
    """

    container: Container
    dtype: str
    family: str
    shape: tuple[int, ...]
    raw: Any

    def exact(self) -> Array:
        """The same numbers as a numpy array, without loss: bool, int64, uint64, float64 or complex128."""
        if self.container == "torch":
            return _torch_to_numpy(self.raw, self.family)
        if self.family == "i" and self.container == "python":
            return np.asarray(self.raw if -(2**63) <= self.raw < 2**63 else _as_float(self.raw))
        return np.asarray(self.raw, dtype=_WIDE[self.family])

    def floats(self) -> Array:
        """The same numbers as float64, or complex128 where they are complex."""
        values = self.exact()
        return values if values.dtype.kind == "c" else values.astype(np.float64, copy=False)


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def leaf(value: object) -> Leaf | None:
    """The number or array that `value` is, or None if it is neither."""
    kind = type(value)
    raw: Any = value
    if (family := _PYTHON_FAMILY.get(id(kind))) is not None:
        return Leaf("python", kind.__name__, family, (), raw)
    if kind is np.ndarray or id(kind) in _NUMPY_SCALARS:
        dtype = raw.dtype
        known = id(type(dtype)) in _NUMPY_DTYPES and dtype.kind in "biufc"
        return Leaf("numpy", dtype.name, dtype.kind if known else "?", raw.shape, raw)
    if is_tensor(value):
        return Leaf("torch", *_torch_kind(raw), tuple(raw.shape), raw)
    return None


def _torch() -> Any:
    """The torch that somebody else has imported, or None: this package never imports it."""
    torch = sys.modules.get("torch")
    return torch if type(torch) is ModuleType and {"Tensor", "nn"} <= torch.__dict__.keys() else None


def is_tensor(value: object) -> bool:
    """Whether `value` is exactly a torch.Tensor or torch.nn.Parameter; subclasses are not."""
    torch = _torch()
    return torch is not None and (type(value) is torch.Tensor or type(value) is torch.nn.Parameter)


_TORCH_FAMILIES = {"bool": "b", "uint": "u", "int": "i", "float": "f", "bfloat": "f", "complex": "c"}


def _torch_kind(tensor: Any) -> tuple[str, str]:
    """The dtype by name and its family; a sparse or meta tensor has no numbers to read."""
    name, layout = (str(what).removeprefix("torch.") for what in (tensor.dtype, tensor.layout))
    if layout != "strided" or tensor.device.type == "meta":
        return f"{layout if layout != 'strided' else 'meta'} {name}", "?"
    return name, _TORCH_FAMILIES.get(name.partition("_")[0].rstrip("0123456789"), "?")


def _torch_to_numpy(tensor: Any, family: str) -> Array:
    """numpy has no bfloat16, so torch itself widens the numbers first."""
    torch = _torch()
    wide = {"b": torch.bool, "i": torch.int64, "u": torch.int64, "f": torch.float64, "c": torch.complex128}
    values = tensor.detach().cpu().resolve_conj().resolve_neg().to(wide[family]).numpy()
    return np.asarray(values)


def like(values: Array, leaf: Leaf) -> Any:
    """A fresh float64 number, array or tensor with these values, in the container of `leaf`."""
    if leaf.container == "torch":
        return leaf.raw.new_tensor(values, dtype=_torch().float64)
    return values.copy() if type(leaf.raw) is np.ndarray else float(values)


def is_atom(value: object) -> bool:
    """Whether `value` is exactly a str, bytes, None, or a dtype of numpy or torch."""
    kind = type(value)
    torch = _torch()
    return id(kind) in _ATOMS or id(kind) in _NUMPY_DTYPES or (torch is not None and kind is torch.dtype)


def sequence(value: object) -> list[object] | tuple[object, ...] | None:
    """`value` if it is exactly a list or a tuple (a torch.Size counts as a tuple), else None."""
    if type(value) is list or type(value) is tuple:
        return value
    torch = _torch()
    if torch is not None and type(value) is torch.Size:
        return tuple(value)  # type: ignore[arg-type]
    return None


def is_key(value: object, depth: int = 3) -> bool:
    """Whether `value` may be looked up in a dict without running foreign code."""
    if type(value) is tuple:
        return depth > 0 and all(is_key(part, depth - 1) for part in value)
    return id(type(value)) in _KEYS


def type_name(value: object) -> str:
    """The name of the value's class, read past its metaclass; a remote handle gives its student's class."""
    for base in _mro(value):
        told = type.__dict__["__dict__"].__get__(base).get("__kata_type__")
        if type(told) is MemberDescriptorType:  # a slot: reading it runs no code of the class
            told = told.__get__(value, base)
        if type(told) is str:
            return told
    return str.__str__(type.__dict__["__name__"].__get__(type(value)))


def plain_base(value: object) -> str:
    """The plain type that the value's class derives from ("float" for `class F(float)`), or ""."""
    return next((_PLAIN_BASES[id(base)] for base in _mro(value)[1:] if id(base) in _PLAIN_BASES), "")


def _mro(value: object) -> tuple[type, ...]:
    bases: tuple[type, ...] = type.__dict__["__mro__"].__get__(type(value))
    return bases
