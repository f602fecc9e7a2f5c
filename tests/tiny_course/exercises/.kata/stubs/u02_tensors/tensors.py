"""Tensors of torch: one pattern an exercise. The lesson is README.md, in this folder."""

import torch


def normalize(x):
    """Every row divided by its sum.

    x: float[N, D], entries > 0, of any floating dtype
    Returns float[N, D] of the same dtype.
    """
    raise NotImplementedError


def add_in_place(x, y):
    """x plus y, written into x.

    x, y: float[N, D]
    Returns x itself.
    """
    raise NotImplementedError


def facts(x):
    """The tuple (shape, dtype, requires_grad, number of entries) of a tensor."""
    raise NotImplementedError


def sgd_step(module, lr):
    """One step of gradient descent, in place: p becomes p - lr * p.grad.

    module: torch.nn.Module    lr: number
    A parameter whose grad is None stays as it is. Returns the number of parameters that moved.
    """
    raise NotImplementedError


def weight_norm(parameter):
    """The Euclidean length of a parameter, as a Python float.

    parameter: torch.nn.Parameter of any shape
    """
    raise NotImplementedError


def row_entropy(x):
    """-sum p log p of every row p = normalize(x).

    x: float[N, D], entries > 0
    Returns float[N].
    """
    raise NotImplementedError
