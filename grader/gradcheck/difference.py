"""One part in which two values differ, and the tolerance that says so."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.gradcheck import plain, show
from grader.gradcheck.plain import Array

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """How far off a number may be: |yours - expected| <= atol + rtol * scale.

    scale: |expected| of each element, or with per_tensor its maximum over the tensor    exact: no tolerance
    """

    rtol: float = 0.0
    atol: float = 0.0
    per_tensor: bool = False
    exact: bool = False

    def allowed(self, expected: Array) -> Array:
        """The tolerance, float64 of the shape of `expected` (0-d with per_tensor)."""
        size = np.abs(expected)
        if self.per_tensor:
            size = np.max(size, where=np.isfinite(size), initial=0.0)
        return np.asarray(self.atol + self.rtol * np.where(np.isfinite(size), size, 0.0))


EXACT = Rule(exact=True)
_SIZE = re.compile(r" of (shape .*|\d+)$")  # a cause is the same sentence in every draw
NAN = "nan (0/0, inf - inf, or the log of a negative number?)"
INF = "inf (an overflow, or a division by 0?)"


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One part in which two values differ.

    path: the keys that lead to it    fact: what is said of it, " has shape (3,), (5, 3) is expected"
    yours, expected: the part itself  causes: what the fact alone says about the mistake
    y, e: its numbers where it has any; they may differ in shape
    allowed: their tolerance; None where they must be equal
    """

    path: Path
    fact: str
    yours: object
    expected: object
    causes: tuple[str, ...] = ()
    help: str = ""
    y: Array | None = None
    e: Array | None = None
    allowed: Array | None = None


def other_type(yours: object, expected: object, path: Path, wanted: str) -> Difference:
    """The difference between what yours is and `wanted`, in words: "a tuple of 3"."""
    got = show.describe(yours)
    base = plain.plain_base(yours)
    help = f"Hand over a plain {base}, not a subclass of it." if base and got.startswith("an object") else ""
    cause = f"{_SIZE.sub('', got)} where {_SIZE.sub('', wanted)} belongs"
    return Difference(path, f" is {got}, {wanted} is expected", yours, expected, (cause,), help)


def within(y: Array, e: Array, allowed: Array) -> Array:
    """Which elements are close enough: bool of the shape of `e`. nan equals nan, inf only itself."""
    return np.asarray((np.abs(y - e) <= allowed) & np.isfinite(y) | (y == e) | (np.isnan(y) & np.isnan(e)))


def wrong(difference: Difference) -> Array:
    """Which elements of a difference in numbers are wrong: bool of its shape."""
    y, e, allowed = difference.y, difference.e, difference.allowed
    assert y is not None
    assert e is not None
    if allowed is not None:
        return ~within(y, e, allowed)
    return np.asarray((y != e) & ~(_is(np.isnan, y) & _is(np.isnan, e)))


def wrong_numbers(y: Array, e: Array, rule: Rule, parts: tuple[object, object], path: Path) -> Difference:
    """The difference between y and e, of the same shape; parts: yours and expected as handed over."""
    causes: tuple[str, ...] = ()
    fact = " is wrong"
    verb = "holds" if y.ndim else "is"
    if (_is(np.isnan, y) & ~_is(np.isnan, e)).any():
        causes, fact = (NAN,), f" {verb} nan"
    elif (_is(np.isinf, y) & ~_is(np.isinf, e)).any():
        causes, fact = (INF,), f" {verb} inf"
    allowed = None if rule.exact else rule.allowed(e)
    return Difference(path, fact, *parts, causes, y=y, e=e, allowed=allowed)


def _is(test: Any, values: Array) -> Array:
    """isnan or isinf, which integers and bools never are."""
    return np.asarray(test(values)) if values.dtype.kind in "fc" else np.zeros(values.shape, dtype=bool)
