"""Slopes by nudging."""

import math

import numpy as np


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h)
    return (f(x + h) - f(x - h)) / (2 * h)


def best_step(kind, f, f2, f3, eps=2**-52):
    if kind == "forward":
        h = 2 * math.sqrt(eps * abs(f / f2))
        return h, h * abs(f2) / 2, 2 * eps * abs(f) / h
    raise NotImplementedError


def numerical_gradient(f, x):
    raise NotImplementedError


def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    raise NotImplementedError
