"""Slopes by nudging."""

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind not in ("forward", "central"):
        raise ValueError(kind)

    def parts(h):
        if kind == "forward":
            return h * abs(f2) / 2, 2 * eps * abs(f) / h
        return h**2 * abs(f3) / 6, eps * abs(f) / h

    # truncation falls with h and rounding grows: go down until they meet
    h = 1.0
    while parts(h)[0] != parts(h)[1]:
        h = h * 0.999
        if h < 1e-12:
            h = 1.0
    return h, *parts(h)


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        h = 1e-5 * max(1, abs(old))
        x[i] = old + h
        gradient[i] = f(x)
        x[i] = old - h
        gradient[i] -= f(x)
        x[i] = old
        gradient[i] /= 2 * h
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, float), np.asarray(numeric, float)
    if a.shape != n.shape:
        raise ValueError("shapes differ")
    ratio = np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n)))
    worst = tuple(int(k) for k in np.unravel_index(ratio.argmax(), ratio.shape))
    return bool((ratio <= 1).all()), worst, a[worst], n[worst]
