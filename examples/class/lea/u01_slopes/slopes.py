"""Slopes by nudging."""

from math import cbrt, sqrt

import numpy as np


def forward_difference(f, x, h):
    rise, run = f(x + h) - f(x), h
    return rise / run


def central_difference(f, x, h):
    rise, run = f(x + h) - f(x - h), 2 * h
    return rise / run


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind == "forward":
        h = sqrt(4 * eps * abs(f / f2))
        return h, abs(f2) * h / 2, 2 * eps * abs(f) / h
    if kind == "central":
        h = cbrt(3 * eps * abs(f / f3))
        return h, abs(f3) * h * h / 6, eps * abs(f) / h
    raise ValueError(f"{kind!r} is neither 'forward' nor 'central'")


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    gradient = np.full(x.shape, np.nan)
    for i in np.ndindex(*x.shape):
        keep = x[i]
        h = 1e-5 * max(1.0, abs(keep))
        values = []
        for place in (keep + h, keep - h):
            x[i] = place
            values.append(f(x))
        x[i] = keep
        gradient[i] = (values[0] - values[1]) / (2 * h)
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.array(analytic, dtype=float), np.array(numeric, dtype=float)
    if a.shape != n.shape:
        raise ValueError(f"{a.shape} != {n.shape}")
    ratio = np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n)))
    i = np.unravel_index(np.argmax(ratio), a.shape)
    i = tuple(int(k) for k in i)
    return bool(np.all(ratio <= 1)), i, float(a[i]), float(n[i])
