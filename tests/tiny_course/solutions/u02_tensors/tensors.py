"""Tensors of torch: one pattern an exercise. The lesson is README.md, in this folder."""

import torch


def normalize(x):
    """Every row divided by its sum.

    x: float[N, D], entries > 0, of any floating dtype
    Returns float[N, D] of the same dtype.
    """
    # BEGIN SOLUTION
    return x / x.sum(-1, keepdim=True)
    # END SOLUTION


def add_in_place(x, y):
    """x plus y, written into x.

    x, y: float[N, D]
    Returns x itself.
    """
    # BEGIN SOLUTION
    return x.add_(y)
    # END SOLUTION


def facts(x):
    """The tuple (shape, dtype, requires_grad, number of entries) of a tensor."""
    # BEGIN SOLUTION
    return x.shape, x.dtype, x.requires_grad, x.numel()
    # END SOLUTION


def sgd_step(module, lr):
    """One step of gradient descent, in place: p becomes p - lr * p.grad.

    module: torch.nn.Module    lr: number
    A parameter whose grad is None stays as it is. Returns the number of parameters that moved.
    """
    # BEGIN SOLUTION
    moved = 0
    with torch.no_grad():
        for p in module.parameters():
            if p.grad is not None:
                p.sub_(lr * p.grad)
                moved += 1
    return moved
    # END SOLUTION


def weight_norm(parameter):
    """The Euclidean length of a parameter, as a Python float.

    parameter: torch.nn.Parameter of any shape
    """
    # BEGIN SOLUTION
    return parameter.detach().square().sum().sqrt().item()
    # END SOLUTION


def row_entropy(x):
    """-sum p log p of every row p = normalize(x).

    x: float[N, D], entries > 0
    Returns float[N].
    """
    # BEGIN SOLUTION
    p = normalize(x)
    return -(p * p.log()).sum(-1)
    # END SOLUTION
