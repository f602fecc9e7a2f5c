"""Slopes by nudging. The lesson is README.md, in this folder.

A slope that is measured knows nothing of calculus. That makes it the judge of every gradient that you
will write by hand in this course.
"""

import math

import numpy as np


def forward_difference(f, x, h):
    """Slope of the line through two points of f: the one at x and the one at x + h.

    Off by about h * f''(x) / 2.

    f: function, number -> number    x: number    h: number > 0
    Returns the slope, a number.
    """
    rise = f(x + h) - f(x)
    return rise / h


def central_difference(f, x, h):
    """Slope of the line through two points of f: the one at x - h and the one at x + h.

    Off by about h**2 * f'''(x) / 6.

    f: function, number -> number    x: number    h: number > 0
    Returns the slope, a number.
    """
    rise = f(x + h) - f(x - h)
    return rise / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    """The step h with the smallest error, and the two parts of the error at that h.

    kind         error(h) =  truncation         +  rounding
    "forward"                h * |f2| / 2       +  2 * eps * |f| / h
    "central"                h**2 * |f3| / 6    +  eps * |f| / h

    f, f2, f3: numbers other than 0 = f(x), f''(x), f'''(x)
    eps: number > 0, the relative rounding error of one value of f; 2**-52 for float64, 2**-23 for float32
    Returns the tuple (h, truncation, rounding), three numbers > 0.
    Raises ValueError for every other kind.
    """
    if kind == "forward":
        h = math.sqrt(4 * eps * abs(f) / abs(f2))
        return h, h * abs(f2) / 2, 2 * eps * abs(f) / h
    elif kind == "central":
        h = math.cbrt(3 * eps * abs(f) / abs(f3))
        return h, h**2 * abs(f3) / 6, eps * abs(f) / h
    else:
        raise ValueError("kind must be 'forward' or 'central', not " + repr(kind))


def numerical_gradient(f, x):
    """Gradient of f at x: entry i is the central difference of f along entry i alone.

    The step of entry i is 1e-5 * max(1, |x_i|): it grows with the entry, and is not 0 where the entry is 0.

    f: function, float64 array of x's shape -> number. It must never be called with another shape or type.
    x: array of any shape, or one number; whole numbers and float32 are welcome. It is not changed.
    Returns gradient: float64 array of x's shape. f is called twice for each entry.
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        h = 1e-5 * max(1, abs(old))
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old  # put it back before the next one
        gradient[i] = (up - down) / (2 * h)
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Are two gradients the same, up to the error of the numeric one? And where do they differ most?

    An entry is right if |a - n| <= tolerance, with tolerance = atol + rtol * max(|a|, |n|).
    nan and infinity are never right.

    analytic, numeric: arrays of one shape with at least one entry, or two numbers
    rtol: number >= 0    atol: number > 0
    Returns the tuple (ok, worst, a, n):
        ok: bool, True if every entry is right
        worst: tuple with one int for each axis, the index of the entry whose |a - n| / tolerance is largest
               (a nan there counts as the largest)
        a, n: numbers, analytic[worst] and numeric[worst]
    Raises ValueError if the two shapes differ.
    """
    a = np.array(analytic, dtype=np.float64)
    n = np.array(numeric, dtype=np.float64)
    if a.shape != n.shape:
        raise ValueError(f"shapes {a.shape} and {n.shape} are not the same")
    tolerance = atol + rtol * np.maximum(np.abs(a), np.abs(n))
    ratio = np.abs(a - n) / tolerance
    # nan <= 1 is False, so nan is never ok, and argmax finds it first
    ok = bool(np.all(ratio <= 1))
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
    return ok, worst, float(a[worst]), float(n[worst])
