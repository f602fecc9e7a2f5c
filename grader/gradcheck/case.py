"""One wrong tensor beside the right one, and the question that all causes ask: does this guess explain it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.gradcheck import plain
from grader.gradcheck.difference import Rule
from grader.gradcheck.plain import Array

EXPLAINED = 0.01  # a guess must explain all but this part of the gap, or a near miss would be named too
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """yours, expected: float64 of any shape, of the same shape for causes about values.

    upstream: dL/d(output) or None    arguments: what the function was called with, by name
    contributions: the parts whose sum is expected, each with its name or ""
    counts: what N may stand for beside the sizes of axes, by name
    gap: how far yours is off at most; infinite where the shapes differ
    """

    yours: Array
    expected: Array
    upstream: Array | None = None
    arguments: Mapping[str, Array] = field(default_factory=dict)
    contributions: tuple[tuple[str, Array], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    rtol: float = 1e-6
    atol: float = 1e-8
    gap: float = float("inf")
    _fitting: list[tuple[str, Array]] | None = field(default=None, init=False)

    def fits(self, guess: Array, target: Array) -> bool:
        """Whether two arrays agree in shape and, per tensor, in all numbers."""
        if guess.shape != target.shape:
            return False
        if target.size and not self.near(guess.item(0), target.item(0)):
            return False  # most guesses fail at their first number, which is quick to see
        size = float(np.max(np.abs(target), initial=0.0))
        limit = min(self.atol + self.rtol * size, EXPLAINED * min(self.gap, size))
        return bool(np.max(np.abs(guess - target), initial=0.0) <= max(limit, ROUNDING * size))

    def near(self, guess: float, target: float) -> bool:
        """Whether one number of a guess may be right: a wide test, for what `fits` need not look at."""
        return bool(abs(guess - target) <= EXPLAINED * self.gap + ROUNDING * abs(target))

    def explained_by(self, guess: Array) -> bool:
        """Whether a mistake that gives `guess` gives yours."""
        return self.fits(guess, self.yours)

    @property
    def scalar(self) -> bool:
        """With a single number many explanations fit by accident."""
        return self.expected.size == 1

    @property
    def fitting_arguments(self) -> list[tuple[str, Array]]:
        """The arguments that can be multiplied with the tensor without changing its shape, in its shape."""
        if self._fitting is None:
            shape = self.expected.shape
            fitting = [(k, x) for k, x in self.arguments.items() if broadcasts(x.shape, shape)]
            same = [(k, x if x.shape == shape else np.broadcast_to(x, shape)) for k, x in fitting]
            object.__setattr__(self, "_fitting", same)
        return self._fitting or []


@dataclass(frozen=True, slots=True)
class Clues:
    """What a test tells beside the two values.

    upstream: dL/d(output)    arguments: what the function was called with, by name
    suspects: the exercise's own named mistakes, sentence -> the value that the mistake gives
    contributions: the parts whose sum is expected: a list, or a dict that names each of them
    counts: what a mean may be divided by, name -> number
    """

    upstream: object = None
    arguments: Mapping[str, object] | None = None
    suspects: Mapping[str, object] | None = None
    contributions: Mapping[str, object] | Sequence[object] | None = None
    counts: Mapping[str, int] | None = None


def make_case(yours: Array, expected: Array, clues: Clues, rule: Rule, whole: bool = True) -> Case:
    """A case of real numbers; clues that are not arrays of finite ones are left out.

    whole: these are all numbers of the comparison, not one part of several; contributions are of the whole.
    """
    y, e = yours.astype(np.float64), expected.astype(np.float64)
    named = {name: _real(value) for name, value in (clues.arguments or {}).items()}
    known = {name: values for name, values in named.items() if values is not None}
    gap = float(np.max(np.abs(y - e), initial=0.0)) if y.shape == e.shape else float("inf")
    parts = _contributions(clues, e.shape) if whole else ()
    counts = {name: n for name, value in (clues.counts or {}).items() if (n := _count(value)) > 0}
    return Case(y, e, _real(clues.upstream), known, parts, counts, rule.rtol, rule.atol, gap)


def _count(value: object) -> int:
    """A whole number, numpy's and torch's too, or 0."""
    leaf = plain.leaf(value)
    return int(leaf.exact()) if leaf is not None and leaf.family in "iu" and leaf.shape == () else 0


def _contributions(clues: Clues, shape: tuple[int, ...]) -> tuple[tuple[str, Array], ...]:
    given = clues.contributions or ()
    pairs = list(given.items()) if isinstance(given, Mapping) else [("", part) for part in given]
    parts = [(name, _real(part)) for name, part in pairs]
    known = tuple((name, part) for name, part in parts if part is not None and part.shape == shape)
    return known if len(known) == len(pairs) else ()


def _real(value: object) -> Array | None:
    leaf = plain.leaf(value)
    if leaf is None or leaf.family not in "biuf":
        parts = plain.sequence(value)
        numbers = [plain.leaf(part) for part in parts or ()]
        if not numbers or any(one is None or one.shape != () or one.family not in "iuf" for one in numbers):
            return None
        return _finite(np.array([float(one.floats()) for one in numbers if one is not None]))
    return _finite(leaf.floats())


def _finite(values: Array) -> Array | None:
    return values if values.size and np.isfinite(values).all() else None


def broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether an array of shape `small` broadcasts to `large`."""
    if small == large:
        return True
    padded = (1,) * (len(large) - len(small)) + small
    return len(padded) == len(large) and all(s in (1, n) for s, n in zip(padded, large, strict=True))


def sum_to(values: Array, shape: tuple[int, ...]) -> Array:
    """The array summed over the axes along which `shape` broadcasts to it."""
    lead = values.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + k for k, n in enumerate(shape) if n == 1)
    return np.asarray(values.sum(axis=axes, keepdims=True).reshape(shape))
