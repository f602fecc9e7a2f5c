"""Slopes in many directions: partials, gradients, Jacobians. The lesson is README.md, in this folder.

One weight has one slope. Two weights have two, which together are the gradient. A function with several
outputs has a gradient for each of them: the rows of its Jacobian.
"""

from itertools import pairwise
from math import prod

import numpy as np


def two_weight_partials(w, x, y):
    """Forward pass and gradient of one example: y_hat = w1 x1 + w2 x2, L = (y_hat - y)**2.

    w, x: tuples of two numbers, weights and features    y: number, the target
    Returns the tuple (y_hat, L, (dL/dw1, dL/dw2)), with numbers.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- u03.chain_path
# A graph is a dict of local derivatives: local[result, operand] is how fast the result of one step grows
# with one of its operands, all others fixed. One entry for each arrow, and no way round in a circle.


def local_derivatives(w, x, y):
    """The local derivatives of these three steps: y_hat = w1 x1 + w2 x2, e = y_hat - y, L = e**2.

    w, x: tuples of two numbers    y: number
    Returns a dict of numbers with the keys ("L", "e"), ("e", "y_hat"), ("y_hat", "w1"), ("y_hat", "w2").
    """
    raise NotImplementedError


def along_path(local, path):
    """What one path contributes: the chain rule, arrow by arrow.

    local: dict, (result, operand) -> number
    path: list of names, from the result down, as ["L", "e", "y_hat", "w1"]
    Returns a number; 1 for a path of one name, which has no arrow.
    """
    raise NotImplementedError


def total_derivative(local, top, bottom):
    """How fast top grows with bottom, where everything between the two moves too: all paths count.

    local: dict, (result, operand) -> number    top, bottom: names
    Returns a number; 1 if top is bottom, 0 if no path leads from top down to bottom.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- u03.batch_mse_gradient


def batch_mse_gradient(X, y, w, b):
    """Loss and gradient of a linear model on a batch: L = mean over n of (X[n] . w + b - y[n])**2.

    X: float[N, D], one example a row    y: float[N], targets    w: float[D]    b: number, the bias
    Returns the tuple (L, dw, db): a number, float[D] = dL/dw, a number = dL/db. Changes nothing.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- u03.jacobian_and_vjp
# A layer: f(x) = tanh(W x), from D numbers to M numbers. And softmax: p = exp(z) / sum(exp(z)), from V to V.


def layer_jacobian(W, x):
    """J[i, j] = df_i/dx_j for f(x) = tanh(W x): one row for each output, one column for each input.

    W: float[M, D]    x: float[D]    Returns J: float[M, D]. Changes nothing.
    """
    raise NotImplementedError


def layer_jvp(W, x, u):
    """J u: how fast each output grows where x moves in the direction u. J itself is not made.

    W: float[M, D]    x, u: float[D]    Returns float[M]. Changes nothing.
    """
    raise NotImplementedError


def layer_vjp(W, x, v):
    """v J: the gradient in x of a loss whose gradient in f is v. J itself is not made.

    W: float[M, D]    x: float[D]    v: float[M], dL/df    Returns float[D], dL/dx. Changes nothing.
    """
    raise NotImplementedError


def softmax_jacobian(p):
    """J[i, j] = dp_i/dz_j for p = softmax(z).

    p: float[V], the probabilities    Returns J: float[V, V]. Changes nothing.
    """
    raise NotImplementedError


def softmax_vjp(p, v):
    """v J for p = softmax(z), without J: a vocabulary of 10,000 would make it 100 million numbers.

    p: float[V], the probabilities    v: float[V], dL/dp    Returns float[V], dL/dz. Changes nothing.
    """
    raise NotImplementedError
