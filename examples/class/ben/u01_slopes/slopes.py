"""Unit 1. The same formulas, written without loops where numpy can do them."""

import numpy as np


def _line(f, left, right):
    return (f(right) - f(left)) / (right - left)


def forward_difference(f, x, h):
    return _line(f, x, x + h)


def central_difference(f, x, h):
    return _line(f, x - h, x + h)


def best_step(kind, f, f2, f3, eps=2**-52):
    # error(h) = A * h**p + B / h is smallest where p * A * h**(p + 1) = B
    table = {
        "forward": (abs(f2) / 2, 1, 2 * eps * abs(f)),
        "central": (abs(f3) / 6, 2, eps * abs(f)),
    }
    if kind not in table:
        raise ValueError(f"unknown kind: {kind}")
    A, p, B = table[kind]
    h = (B / (p * A)) ** (1 / (p + 1))
    return h, A * h**p, B / h


def numerical_gradient(f, x):
    x = np.asarray(x, dtype=np.float64)
    h = 1e-5 * np.maximum(1, np.abs(x)).ravel()
    nudges = np.diag(h).reshape(-1, *x.shape)
    rises = [f(x + nudge) - f(x - nudge) for nudge in nudges]
    return (np.array(rises) / (2 * h)).reshape(x.shape)


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    a, n = np.asarray(analytic, dtype=float), np.asarray(numeric, dtype=float)
    if a.shape != n.shape:
        raise ValueError("a gradient has the shape of its x: these two have different ones")
    known = np.isfinite(a) & np.isfinite(n)
    with np.errstate(invalid="ignore"):
        ratio = np.abs(a - n) / (atol + rtol * np.maximum(np.abs(a), np.abs(n)))
    ratio = np.where(known, ratio, np.nan)
    worst = np.unravel_index(np.argmax(ratio), ratio.shape)
    worst = tuple(i.item() for i in worst)
    return not np.any(~(ratio <= 1)).item(), worst, a[worst].item(), n[worst].item()
