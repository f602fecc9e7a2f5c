"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    forward = (f(x + h) - f(x)) / h
    backward = (f(x) - f(x - h)) / h
    return (forward + backward) / 2


def best_step(kind, f, f2, f3, eps=2**-52):
    match kind:
        case "forward":
            h = 2 * math.sqrt(eps * abs(f) / abs(f2))
            return h, h * abs(f2) / 2, 2 * eps * abs(f) / h
        case "central":
            h = math.cbrt(3 * eps * abs(f) / abs(f3))
            return h, h**2 * abs(f3) / 6, eps * abs(f) / h
        case _:
            raise ValueError(kind)


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.size)
    for k in range(x.size):
        old = x.flat[k]
        h = 1e-5 * max(1, abs(old))
        x.flat[k] = old + h
        up = f(x)
        x.flat[k] = old - h
        down = f(x)
        x.flat[k] = old
        gradient[k] = (up - down) / (2 * h)
    return gradient.reshape(x.shape)


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, float), np.asarray(numeric, float)
    if a.shape != n.shape:
        raise ValueError("shapes differ")
    ratio = np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n)))
    worst = tuple(int(k) for k in np.unravel_index(ratio.argmax(), ratio.shape))
    return bool((ratio <= 1).all()), worst, a[worst], n[worst]
