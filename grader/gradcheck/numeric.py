"""The slow, obvious derivative that all gradients are held against."""

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.gradcheck import plain, show
from grader.gradcheck.compare import fail
from grader.gradcheck.plain import Array, Leaf


def numerical_vjp(f: Callable[[Any], Any], x: Any, upstream: Any = 1.0, h: float | None = None) -> Any:
    """Gradient of sum(upstream * f(x)) by central differences, one entry of x at a time.

    dL/dx_i = sum(upstream * (f(x + h e_i) - f(x - h e_i))) / 2h,  h = 1e-5 * max(1, |x_i|) unless it is given
    f: takes x, returns a number or an array    x: float or float[...], numpy or torch
    upstream: a number, or an array of the shape of f(x)
    Returns float64 like x: a float for a number, else an array or tensor of the shape of x.
    Raises TypeError when x or upstream is not real, ValueError when upstream does not have the shape of f(x),
    Mismatch when f returns no real number or array.
    """
    leaf = _real(x, "x")
    point = leaf.floats()
    weight = _real(upstream, "upstream").floats()
    gradient = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        step = 1e-5 * max(1.0, abs(float(point[index]))) if h is None else h
        right, left = point.copy(), point.copy()
        right[index] += step
        left[index] -= step
        rise = _numbers(f(plain.like(right, leaf)), weight) - _numbers(f(plain.like(left, leaf)), weight)
        gradient[index] = np.sum(weight * rise) / (right[index] - left[index])  # the step after rounding
    return plain.like(gradient, leaf)


def _real(value: object, name: str) -> Leaf:
    leaf = plain.leaf(value)
    if leaf is None or leaf.family not in "iuf":
        raise TypeError(f"{name} is {show.describe(value)}; numerical_vjp needs real numbers")
    return leaf


def _numbers(result: object, weight: Array) -> Array:
    leaf = plain.leaf(result)
    if leaf is None or leaf.family not in "iuf":
        got = show.describe(result)
        fail(f"the function to differentiate returned {got}, a real number or array is expected")
    values = leaf.floats()
    if weight.shape not in ((), values.shape):
        raise ValueError(f"upstream has shape {weight.shape}, the result of f has {values.shape}")
    return values
