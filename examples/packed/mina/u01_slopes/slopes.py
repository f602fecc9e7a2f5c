"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    return (f(x + h) - f(x - h)) / (h + h)


def _forward(f, f2, eps):
    h = math.sqrt(4 * eps * abs(f / f2))
    return h, h * abs(f2) / 2, 2 * eps * abs(f) / h


def _central(f, f3, eps):
    h = math.cbrt(3 * eps * abs(f / f3))
    return h, h**2 * abs(f3) / 6, eps * abs(f) / h


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind == "forward":
        return _forward(f, f2, eps)
    if kind == "central":
        return _central(f, f3, eps)
    raise ValueError(f"best_step knows 'forward' and 'central', not {kind!r}")


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    gradient = np.empty(x.shape)
    with np.nditer(x, flags=["multi_index"], op_flags=["readwrite"]) as entries:
        for entry in entries:
            old = entry.item()
            h = 1e-5 * max(1, abs(old))
            entry[...] = old + h
            up = f(x)
            entry[...] = old - h
            down = f(x)
            entry[...] = old
            gradient[entries.multi_index] = (up - down) / (2 * h)
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    if a.shape != n.shape:
        raise ValueError(f"one gradient has shape {a.shape}, the other {n.shape}")
    ratio = np.abs(a - n) / (atol + rtol * np.fmax(np.abs(a), np.abs(n)))
    worst = tuple(int(k) for k in np.unravel_index(np.argmax(ratio), ratio.shape))
    return bool(np.all(ratio <= 1)), worst, float(a[worst]), float(n[worst])
