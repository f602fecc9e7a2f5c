"""Answers to tensors.py that must be rejected."""

import torch

from grader.verify.bank import wrong


@wrong("u02.normalize", diagnosis="the columns sum to one, not the rows")
def normalize(x):
    """Columns instead of rows."""
    return x / x.sum(0, keepdim=True)


@wrong("u02.normalize", diagnosis="dtype float32 where float64 belongs")
def normalize(x):
    """Always float32."""
    return (x / x.sum(-1, keepdim=True)).float()


@wrong("u02.normalize")
def normalize(x):
    """In place."""
    x /= x.sum(-1, keepdim=True)
    return x


@wrong("u02.normalize")
def normalize(x):
    """Softmax, which is something else."""
    return torch.softmax(x, -1)


@wrong("u02.normalize")
def normalize(x):
    """A result that remembers how it was made."""
    x = x.clone().requires_grad_(True)
    return x / x.sum(-1, keepdim=True)


@wrong("u02.add_in_place")
def add_in_place(x, y):
    """A new tensor."""
    return x + y


@wrong("u02.add_in_place")
def add_in_place(x, y):
    """Into the wrong one."""
    return y.add_(x)


@wrong("u02.add_in_place")
def add_in_place(x, y):
    """Changes x and returns a copy."""
    x += y
    return x.clone()


@wrong("u02.facts")
def facts(x):
    """The number of axes instead of entries."""
    return x.shape, x.dtype, x.requires_grad, x.dim()


@wrong("u02.facts", diagnosis="a string where the dtype torch.float64 belongs")
def facts(x):
    """A dtype by name."""
    return x.shape, str(x.dtype), x.requires_grad, x.numel()


@wrong("u02.facts")
def facts(x):
    """The flag is always down."""
    return x.shape, x.dtype, False, x.numel()


@wrong("u02.sgd_step")
def sgd_step(module, lr):
    """Uphill."""
    moved = 0
    with torch.no_grad():
        for p in module.parameters():
            if p.grad is not None:
                p += lr * p.grad
                moved += 1
    return moved


@wrong("u02.sgd_step")
def sgd_step(module, lr):
    """New parameters instead of the old ones."""
    moved = 0
    for part in module.modules():
        for name, p in list(part.named_parameters(recurse=False)):
            if p.grad is not None:
                new = torch.nn.Parameter(p.detach() - lr * p.grad)
                new.grad = p.grad
                setattr(part, name, new)
                moved += 1
    return moved


@wrong("u02.sgd_step")
def sgd_step(module, lr):
    """A grad of None is not thought of."""
    with torch.no_grad():
        for p in module.parameters():
            p -= lr * p.grad
    return sum(1 for _ in module.parameters())


@wrong("u02.sgd_step")
def sgd_step(module, lr):
    """Counts every parameter."""
    with torch.no_grad():
        for p in module.parameters():
            if p.grad is not None:
                p -= lr * p.grad
    return len(list(module.parameters()))


@wrong("u02.weight_norm")
def weight_norm(parameter):
    """Squared."""
    return parameter.detach().square().sum().item()


@wrong("u02.weight_norm")
def weight_norm(parameter):
    """The sum of sizes."""
    return parameter.detach().abs().sum().item()


@wrong("u02.weight_norm")
def weight_norm(parameter):
    """A tensor instead of a float."""
    return parameter.detach().norm()


@wrong("u02.row_entropy")
def row_entropy(x):
    """Not normalized."""
    return -(x * x.log()).sum(-1)


@wrong("u02.row_entropy", diagnosis="the sign is wrong (times -1)")
def row_entropy(x):
    """The sign."""
    p = normalize(x)
    return (p * p.log()).sum(-1)


@wrong("u02.row_entropy", diagnosis="a factor 1/ln 2 too much (base 2 where base e belongs?)")
def row_entropy(x):
    """In bits."""
    p = normalize(x)
    return -(p * p.log2()).sum(-1)
