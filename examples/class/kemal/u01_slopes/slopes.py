"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    # the finer the grid, the better the slope
    grid = np.linspace(x - h, x + h, 100_000_001)
    return np.gradient(f(grid), grid)[50_000_000]


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind == "forward":
        h = 2 * math.sqrt(eps * abs(f / f2))
        return h, h * abs(f2) / 2, 2 * eps * abs(f) / h
    if kind == "central":
        h = math.cbrt(3 * eps * abs(f / f3))
        return h, h**2 * abs(f3) / 6, eps * abs(f) / h
    raise ValueError(kind)


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        h = 1e-5 * max(1, abs(x[i]))
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, float), np.asarray(numeric, float)
    if a.shape != n.shape:
        raise ValueError("shapes differ")
    ratio = np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n)))
    worst = tuple(int(k) for k in np.unravel_index(ratio.argmax(), ratio.shape))
    return bool((ratio <= 1).all()), worst, a[worst], n[worst]
