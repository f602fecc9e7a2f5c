"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    left, right = f(x - h), f(x + h)
    return (right - left) / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    match kind:
        case "forward":
            h = 2 * math.sqrt(eps * abs(f / f2))
            return h, abs(f2) * h / 2, 2 * eps * abs(f) / h
        case "central":
            h = (3 * eps * abs(f / f3)) ** (1 / 3)
            return h, abs(f3) * h**2 / 6, eps * abs(f) / h
    raise ValueError(f"kind is {kind!r}")


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    slopes = []
    for i in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[i] = 1e-5 * max(1.0, abs(x[i]))
        slopes.append((f(x + nudge) - f(x - nudge)) / (2 * nudge[i]))
    return np.array(slopes, dtype=np.float64).reshape(x.shape)


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, dtype=float), np.asarray(numeric, dtype=float)
    if a.shape != n.shape:
        raise ValueError(f"the shapes {a.shape} and {n.shape} differ")
    ratio = abs(a - n) / (atol + rtol * np.maximum(abs(a), abs(n)))
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    worst = tuple(int(i) for i in np.unravel_index(ratio.argmax(), a.shape))
    return bool((ratio <= 1).all()), worst, float(a[worst]), float(n[worst])
