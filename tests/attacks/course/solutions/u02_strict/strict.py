"""Two functions of torch, by the rules."""

import torch


def normalize(x):
    """exp(x) / sum(exp(x)) of each row. x: float[N, D]"""
    # BEGIN SOLUTION
    e = torch.exp(x - x.amax(-1, keepdim=True))
    return e / e.sum(-1, keepdim=True)
    # END SOLUTION


def cube_slope(x):
    """The gradient of sum(x^3). x: float[N]"""
    # BEGIN SOLUTION
    return 3 * x.square()
    # END SOLUTION
