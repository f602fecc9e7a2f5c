"""Values as short text: one line, the same on every machine, no addresses, no control characters."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np

from grader.gradcheck import plain
from grader.gradcheck.plain import Array, Leaf

WIDTH = 100  # characters of a value that is shown in full
SMALL = 24  # elements of an array that is shown in full
DIGITS = (6, 9, 12, 17)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def clean(text: str) -> str:
    """The text without addresses, with control and invisible characters written as escapes."""
    text = _ADDRESS.sub("", text)
    return "".join(c if c.isprintable() or c == "\n" else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def number(value: Any, digits: int = 6) -> str:
    """A number with so many significant digits: 1.0, 0.333333, 1e-09, 12, True."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        whole = int(value)
        return (
            str(whole)
            if whole.bit_length() < 200
            else f"{'-' * (whole < 0)}2**{whole.bit_length() - 1} or more"
        )
    text = f"{value:.{digits}g}"
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def value(thing: object, digits: int = 6, depth: int = 3) -> str:
    """Anything as one line: numbers, strings and small containers in full, the rest by type and size."""
    if (leaf := plain.leaf(thing)) is not None:
        return _leaf(leaf, digits)
    if plain.is_atom(thing):
        return _atom(thing)
    parts = plain.sequence(thing)
    if parts is not None and depth:
        marks = "[]" if type(thing) is list else "()"
        inner = [value(part, digits, depth - 1) for part in parts[:12]] + ["…"] * (len(parts) > 12)
        comma = "," if marks == "()" and len(parts) == 1 else ""
        return _fitting(f"{marks[0]}{', '.join(inner)}{comma}{marks[1]}", thing)
    if type(thing) is dict and depth:
        items = list(dict.items(thing))
        inner = [f"{value(k, digits, 1)}: {value(v, digits, depth - 1)}" for k, v in items[:6]]
        return _fitting("{" + ", ".join(inner + ["…"] * (len(items) > 6)) + "}", thing)
    return describe(thing)


def _fitting(text: str, thing: object) -> str:
    return text if len(text) <= WIDTH else f"{describe(thing)}: {text[: WIDTH - 30].rstrip(', …')}…"


def _atom(thing: object) -> str:
    if type(thing) is str or type(thing) is bytes:
        return repr(thing) if len(thing) <= 60 else f"{thing[:60]!r}… ({len(thing)} characters)"
    return str(thing)


def _leaf(leaf: Leaf, digits: int) -> str:
    if leaf.family == "?":
        return describe(leaf.raw)
    if leaf.shape == ():
        return number(leaf.raw if leaf.container == "python" else leaf.exact()[()], digits)
    size = math.prod(leaf.shape)
    if 0 < size <= SMALL:
        word = "tensor" if leaf.container == "torch" else "array"
        kind = "" if leaf.dtype in ("float64", "int64", "bool") else f", {leaf.dtype}"
        text = f"{word}({_nested(leaf.exact(), digits)}{kind})"
        if len(text) <= WIDTH:
            return text
    first = [number(v, digits) for v in _first(leaf)] if size else []
    return (
        f"{describe(leaf.raw).partition(' ')[2]}{': ' * bool(first)}{', '.join(first)}{', …' * bool(first)}"
    )


def _first(leaf: Leaf) -> Array:
    """The first few numbers, without a copy of the rest: a broadcast view can claim 10**12 elements."""
    if leaf.container == "numpy":
        return np.asarray(leaf.raw.flat[:3])
    row = leaf.raw[(0,) * (len(leaf.shape) - 1)][:3]
    return replace(leaf, raw=row).exact()


def _nested(values: Array, digits: int) -> str:
    if values.ndim == 0:
        return number(values[()], digits)
    return f"[{', '.join(_nested(part, digits) for part in values)}]"


def pair(yours: object, expected: object) -> tuple[str, str]:
    """Both values as text, with as many digits as it takes to tell them apart."""
    texts = ("", "")
    for digits in DIGITS:
        texts = value(yours, digits), value(expected, digits)
        if texts[0] != texts[1]:
            break
    return texts


_NAMES = {id(bool): "a bool", id(int): "an int", id(float): "a float", id(complex): "a complex number"}
_NAMES |= {id(str): "a string", id(bytes): "a bytes string", id(type(None)): "None"}


def describe(thing: object) -> str:
    """What a value is, without its content: "a float64 array of shape (5, 3)", "a list of 3"."""
    kind: Any = type(thing)
    if id(kind) in _NAMES:
        return _NAMES[id(kind)]
    if (leaf := plain.leaf(thing)) is not None:
        word = "torch tensor" if leaf.container == "torch" else "array"
        article = "an" if leaf.dtype[0] in "aio" else "a"
        if type(thing) is not np.ndarray and leaf.container == "numpy":
            return f"a numpy {leaf.dtype}"
        return f"{article} {leaf.dtype} {word} of shape {leaf.shape}"
    if plain.is_atom(thing):
        return f"the dtype {thing}"
    parts = plain.sequence(thing)
    if parts is not None:
        return f"{'a list' if kind is list else 'a tuple'} of {len(parts)}"
    if kind is dict:
        return f"a dict of {len(dict.keys(thing))}"  # type: ignore[arg-type]
    base = plain.plain_base(thing)
    return f"an object of class {clean(plain.type_name(thing))}" + (
        f" (a subclass of {base})" if base else ""
    )
