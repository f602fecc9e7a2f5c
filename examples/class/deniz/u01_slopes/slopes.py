"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    f, f2, f3 = abs(f), abs(f2), abs(f3)
    if kind == "forward":
        h = math.sqrt(4 * eps * f / f2)
        truncation, rounding = h * f2 / 2, 2 * eps * f / h
    elif kind == "central":
        h = math.cbrt(3 * eps * f / f3)
        truncation, rounding = h**2 * f3 / 6, eps * f / h
    else:
        raise ValueError(f"no such kind: {kind!r}")
    return h, truncation, rounding


def numerical_gradient(f, x):
    # numpy adds h to every entry, so no loop is needed
    x = np.array(x, dtype=np.float64)
    h = 1e-5 * np.maximum(1, np.abs(x))
    return (f(x + h) - f(x - h)) / (2 * h)


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a = np.asarray(analytic, dtype=np.float64)
    n = np.asarray(numeric, dtype=np.float64)
    if a.shape != n.shape:
        raise ValueError("shapes differ")
    tol = atol + rtol * np.maximum(abs(a), abs(n))
    ratio = abs(a - n) / tol
    worst = tuple(map(int, np.unravel_index(ratio.argmax(), ratio.shape)))
    return bool((ratio <= 1).all()), worst, a[worst], n[worst]
