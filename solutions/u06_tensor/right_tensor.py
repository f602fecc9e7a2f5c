"""Right answers of unit 6 in other styles. Each must earn everything, in process and in the jail."""
# ruff: noqa: F821  # each answer takes its place among the names of tensor.py

import math

import torch

from grader.verify.bank import right

# ---------------------------------------------------------------------------- unbroadcast


@right("u06.unbroadcast")
def unbroadcast(g, shape):
    """First the axes in front, one by one, then those of size 1."""
    g = g.clone()
    while g.ndim > len(shape):
        g = g.sum(0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis, keepdim=True)
    return g


@right("u06.unbroadcast")
def unbroadcast(g, shape):
    """The shape is filled up with ones in front; whatever differs is summed."""
    full = (1,) * (g.ndim - len(shape)) + tuple(shape)
    dims = tuple(k for k in range(g.ndim) if full[k] != g.shape[k])
    summed = torch.sum(g, dims, keepdim=True) if len(dims) > 0 else g
    return summed.reshape(shape) * 1.0


@right("u06.unbroadcast")
def unbroadcast(g, shape):
    """By counting: every entry of g is added to the place that it was copied from."""
    places = torch.arange(math.prod(shape), device=g.device).reshape(shape).expand(g.shape)
    found = torch.zeros(math.prod(shape), dtype=g.dtype, device=g.device)
    return found.index_add_(0, places.flatten(), g.flatten()).reshape(shape)


@right("u06.unbroadcast")
def unbroadcast(g, shape):
    """As a product with ones: einsum with the kept axes in the result."""
    front = g.ndim - len(shape)
    kept = [k for k in range(g.ndim) if k >= front and shape[k - front] != 1]
    return (torch.einsum(g, list(range(g.ndim)), kept) + 0).reshape(shape)


# ---------------------------------------------------------------------------- elementwise


@right("u06.elementwise")
def add(a, b):
    """vjp as a function, which asks for nothing but shapes."""
    shapes = (a.data.shape, b.data.shape)

    def vjp(g):
        return tuple(unbroadcast(g, shape) for shape in shapes)

    return Tensor(torch.add(a.data, b.data), [a, b], vjp)


@right("u06.elementwise")
def div(a, b):
    """b to the power of -2; the Tensor gets its vjp afterwards."""
    y = Tensor(torch.div(a.data, b.data), (a, b))

    def vjp(g):
        da = unbroadcast(g * b.data**-1.0, a.shape)
        db = unbroadcast(g * a.data * -(b.data**-2.0), b.shape)
        return (da, db)

    y.vjp = vjp
    return y


@right("u06.elementwise")
def div(a, b):
    """The product of a and 1 / b."""
    return mul(a, power(b, -1))


@right("u06.elementwise")
def tanh(x):
    """From 1 / cosh, and a list made a tuple."""

    def vjp(g):
        parts = [g / torch.cosh(x.data.clamp(-350, 350)).square()]
        return tuple(parts)

    return Tensor(torch.tanh(x.data), (x,), vjp)


@right("u06.elementwise")
def relu(x):
    """where, forward and backward."""
    zero = torch.zeros_like(x.data)
    positive = x.data > 0
    return Tensor(torch.where(positive, x.data, zero), (x,), lambda g: (torch.where(positive, g, zero),))


@right("u06.elementwise")
def exp(x):
    """e**x is computed again on the way back."""
    return Tensor(math.e**x.data * 0 + torch.exp(x.data), (x,), lambda g: (torch.exp(x.data).mul_(g),))
