"""What the hidden tests of unit 4 share: losses with their gradients, and a record of the calls."""

import numpy as np

from grader.testing import assert_close, fail

TOO_OFTEN = "the gradient is computed more than once in a step"


def bowl(rng, curvatures):
    """A parabola with these curvatures along drawn directions: (loss, gradient, lowest point)."""
    D = len(curvatures)
    directions = np.linalg.qr(rng.normal(size=(D, D)))[0]
    H, lowest = directions * curvatures @ directions.T, rng.uniform(1, 3, D)
    return lambda w: 0.5 * (w - lowest) @ H @ (w - lowest), lambda w: H @ (w - lowest), lowest


def trough(rng, D):
    """A loss that is no parabola: the gradient at w depends on all weights, and not in a straight line."""
    A, b = rng.uniform(-1, 1, (D + 4, D)), rng.uniform(-1, 1, D + 4)

    def loss(w):
        return np.logaddexp(A @ w + b, -A @ w - b).sum()

    return loss, lambda w: A.T @ np.tanh(A @ w + b)


class Calls:
    """A function of w that remembers what it was called with, and fails where that is no float64[D]."""

    def __init__(self, name, f, D):
        self.name, self.f, self.D, self.seen = name, f, D, []

    def __call__(self, w):
        if type(w) is not np.ndarray or w.shape != (self.D,) or w.dtype != np.float64:
            fail(f"{self.name} was called with something else than float64[{self.D}]", yours=w)
        self.seen.append(w.copy())
        return self.f(w)

    def check_count(self, most, called, diagnosis):
        if len(self.seen) > most:
            yours, expected = f"{len(self.seen)} calls", f"{most}"
            fail(
                f"{self.name} is called too often",
                called=called,
                yours=yours,
                expected=expected,
                diagnosis=diagnosis,
            )


def check_close(yours, expected, suspects, **more):
    """assert_close, with suspects() made only where the answer is wrong."""
    try:
        assert_close(yours, expected, **more)
    except AssertionError:
        assert_close(yours, expected, suspects=suspects(), **more)


def check_unchanged(name, array, before, called):
    """The caller's array still holds what it held."""
    if not np.array_equal(array, before, equal_nan=True):
        fail(
            f"{name} was changed", called=called, yours=array, expected=before, diagnosis=f"{name} is mutated"
        )
