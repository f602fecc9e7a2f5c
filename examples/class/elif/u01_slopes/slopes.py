"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    y0 = f(x)
    y1 = f(x + h)
    return (y1 - y0) / h


def central_difference(f, x, h):
    y0 = f(x - h)
    y1 = f(x + h)
    return (y1 - y0) / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind not in ("forward", "central"):
        raise ValueError("kind: forward or central")
    if kind == "forward":
        h = 2 * math.sqrt(eps * abs(f / f2))
        return h, h * abs(f2) / 2, 2 * eps * abs(f) / h
    h = math.cbrt(3 * eps * abs(f / f3))
    return h, h * h * abs(f3) / 6, eps * abs(f) / h


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    g = np.empty_like(x)
    for i, entry in np.ndenumerate(x.copy()):
        h = 1e-5 * max(1, abs(entry))
        x[i] = entry + h
        y1 = f(x)
        x[i] = entry - h
        y0 = f(x)
        x[i] = entry
        g[i] = (y1 - y0) / (2 * h)
    return g


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, float), np.asarray(numeric, float)
    if a.shape != n.shape:
        raise ValueError("shapes differ")
    off = np.abs(a - n)
    worst = tuple(int(k) for k in np.unravel_index(off.argmax(), off.shape))
    return bool((off <= atol).all()), worst, a[worst], n[worst]
