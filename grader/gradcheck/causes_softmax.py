"""Mistakes in the backward pass of softmax and log_softmax, told from the probabilities or the logits."""

from collections.abc import Iterator

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.plain import Array

DIAGONAL = "only the diagonal of the softmax Jacobian"


def softmax(case: Case) -> Iterator[str]:
    """What is missing of the Jacobian; said only where the right gradient is that of a softmax."""
    g, e = case.upstream, case.expected
    if g is None or g.shape != e.shape or not 1 <= e.ndim <= 4:
        return
    for axis, p in _probabilities(case):
        if case.fits(p * (g - _total(p * g, axis)), e):
            yield from _softmax(case, p, g, axis)
        if case.fits(g - p * _total(g, axis), e):
            if case.explained_by(g - p * g) or case.explained_by(g - p):
                yield "the sum of the upstream gradient is missing in the gradient of log_softmax"
            yield from _other_axis(case, axis, [(k, g - p * _total(g, k)) for k in range(e.ndim)])


def _softmax(case: Case, p: Array, g: Array, axis: int) -> Iterator[str]:
    if case.explained_by(p * (1 - p) * g):
        yield DIAGONAL
    if case.explained_by(p * g):
        yield "the sum is missing in the gradient of softmax"
    yield from _other_axis(case, axis, [(k, p * (g - _total(p * g, k))) for k in range(p.ndim)])


def _other_axis(case: Case, axis: int, guesses: list[tuple[int, Array]]) -> Iterator[str]:
    for other, guess in guesses:
        if other != axis and case.explained_by(guess):
            yield f"the sum runs over axis {other} where axis {axis} belongs"


def _probabilities(case: Case) -> Iterator[tuple[int, Array]]:
    """Arguments that sum to 1 along an axis, and the softmax of each of the others along each axis.

    Both gradients sum to 0 along the axis of the softmax: no other axis is looked at.
    """
    e = case.expected
    size = float(np.abs(e).max(initial=0.0))
    axes = [k for k in range(e.ndim) if np.abs(e.sum(axis=k)).max(initial=0.0) <= 1e-6 * size]
    for values in case.arguments.values():
        if values.shape != e.shape:
            continue
        for axis in axes:
            if (values >= 0).all() and np.allclose(values.sum(axis), 1, rtol=1e-6):
                yield axis, values
            else:
                powers = np.exp(values - values.max(axis, keepdims=True))
                yield axis, powers / powers.sum(axis, keepdims=True)


def _total(values: Array, axis: int) -> Array:
    return np.asarray(values.sum(axis=axis, keepdims=True))
