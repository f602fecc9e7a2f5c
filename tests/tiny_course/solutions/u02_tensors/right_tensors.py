"""Answers to tensors.py in other styles, which must earn everything."""

import math

import torch

from grader.verify.bank import right


@right("u02.normalize")
def normalize(x):
    """A loop over the rows."""
    return torch.stack([row / row.sum() for row in x])


@right("u02.normalize")
def normalize(x):
    """einsum and an axis by hand."""
    return x * (1 / torch.einsum("nd->n", x))[:, None]


@right("u02.add_in_place")
def add_in_place(x, y):
    """The operator."""
    x += y
    return x


@right("u02.add_in_place")
def add_in_place(x, y):
    """copy_."""
    return x.copy_(x + y)


@right("u02.facts")
def facts(x):
    """By hand."""
    return tuple(x.size()), x.dtype, x.requires_grad, math.prod(x.shape)


@right("u02.facts")
def facts(x):
    """Other names for the same."""
    return x.size(), x.detach().dtype, bool(x.requires_grad), x.nelement()


@right("u02.sgd_step")
def sgd_step(module, lr):
    """Through .data."""
    with_grad = [p for p in module.parameters() if p.grad is not None]
    for p in with_grad:
        p.data.add_(p.grad, alpha=-lr)
    return len(with_grad)


@right("u02.sgd_step")
def sgd_step(module, lr):
    """torch's own optimizer."""
    torch.optim.SGD(module.parameters(), lr=lr).step()
    return sum(p.grad is not None for p in module.parameters())


@right("u02.weight_norm")
def weight_norm(parameter):
    """torch.linalg."""
    return float(torch.linalg.vector_norm(parameter.data))


@right("u02.weight_norm")
def weight_norm(parameter):
    """math.hypot of all entries."""
    return math.hypot(*parameter.flatten().tolist())


@right("u02.row_entropy")
def row_entropy(x):
    """By the log of the sums."""
    p = normalize(x)
    return x.sum(-1).log() - (p * x.log()).sum(-1)


@right("u02.row_entropy")
def row_entropy(x):
    """torch.special."""
    return torch.special.entr(normalize(x)).sum(-1)
