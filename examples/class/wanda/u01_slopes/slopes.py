"""Slopes by nudging."""

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    return np.same(f(x))


def best_step(kind, f, f2, f3, eps=2**-52):
    return np.same(1.0), np.same(1.0), np.same(1.0)


def numerical_gradient(f, x):
    return np.same(x)


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    return np.same(analytic)
