"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    # like the forward one, but on both sides
    return (f(x + h) - f(x - h)) / h


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind == "forward":
        h = 2 * math.sqrt(eps * abs(f) / abs(f2))
        return (h, h * abs(f2) / 2, 2 * eps * abs(f) / h)
    if kind == "central":
        h = (3 * eps * abs(f) / abs(f3)) ** (1 / 3)
        return (h, h**2 * abs(f3) / 6, eps * abs(f) / h)
    raise ValueError(kind)


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = 1e-5 * max(1, abs(x[i]))
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, float), np.asarray(numeric, float)
    if a.shape != n.shape:
        raise ValueError("different shapes")
    ratio = np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n)))
    worst = tuple(int(k) for k in np.unravel_index(np.argmax(ratio), ratio.shape))
    return bool(np.all(ratio <= 1)), worst, a[worst], n[worst]
