"""Slopes by nudging. Half of it: best_step and grad_check come next week."""

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    raise NotImplementedError


def numerical_gradient(f, x):
    x = np.array(x, dtype=np.float64)
    h = 1e-5
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        down = f(x)
        x[i] += h
        gradient[i] = (up - down) / (2 * h)
    return gradient


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    raise NotImplementedError
