"""One wrong tensor beside the right one, and the question that all causes ask: does this guess explain it?"""

from collections.abc import Iterator, Mapping
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
    gap: how far yours is off at most; infinite where the shapes differ
    """

    yours: Array
    expected: Array
    upstream: Array | None = None
    arguments: Mapping[str, Array] = field(default_factory=dict)
    rtol: float = 1e-6
    atol: float = 1e-8
    gap: float = float("inf")

    def fits(self, guess: Array, target: Array) -> bool:
        """Whether two arrays agree in shape and, per tensor, in all numbers."""
        if guess.shape != target.shape:
            return False
        if target.size and not abs(guess.item(0) - (first := target.item(0))) <= self._far(first):
            return False  # most guesses fail at their first number, which is quick to see
        size = float(np.max(np.abs(target), initial=0.0))
        limit = min(self.atol + self.rtol * size, EXPLAINED * min(self.gap, size))
        return bool(np.max(np.abs(guess - target), initial=0.0) <= max(limit, ROUNDING * size))

    def _far(self, number: float) -> float:
        return EXPLAINED * self.gap + ROUNDING * abs(number)

    def explained_by(self, guess: Array) -> bool:
        """Whether a mistake that gives `guess` gives yours."""
        return self.fits(guess, self.yours)

    @property
    def scalar(self) -> bool:
        """With a single number many explanations fit by accident."""
        return self.expected.size == 1

    def fitting_arguments(self) -> Iterator[tuple[str, Array]]:
        """The arguments that can be multiplied with the tensor without changing its shape."""
        for name, values in self.arguments.items():
            if broadcasts(values.shape, self.expected.shape):
                yield name, np.broadcast_to(values, self.expected.shape)


@dataclass(frozen=True, slots=True)
class Clues:
    """What a test tells beside the two values.

    upstream: dL/d(output)    arguments: what the function was called with, by name
    suspects: the exercise's own named mistakes, sentence -> the value that the mistake gives
    """

    upstream: object = None
    arguments: Mapping[str, object] | None = None
    suspects: Mapping[str, object] | None = None


def make_case(yours: Array, expected: Array, clues: Clues, rule: Rule) -> Case:
    """A case of real numbers; clues that are not arrays of finite ones are left out."""
    y, e = yours.astype(np.float64), expected.astype(np.float64)
    named = {name: _real(value) for name, value in (clues.arguments or {}).items()}
    known = {name: values for name, values in named.items() if values is not None}
    gap = float(np.max(np.abs(y - e), initial=0.0)) if y.shape == e.shape else float("inf")
    return Case(y, e, _real(clues.upstream), known, rule.rtol, rule.atol, gap)


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
    padded = (1,) * (len(large) - len(small)) + small
    return len(padded) == len(large) and all(s in (1, n) for s, n in zip(padded, large, strict=True))


def sum_to(values: Array, shape: tuple[int, ...]) -> Array:
    """The array summed over the axes along which `shape` broadcasts to it."""
    lead = values.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + k for k, n in enumerate(shape) if n == 1)
    return np.asarray(values.sum(axis=axes, keepdims=True).reshape(shape))
