"""Wrong answers of unit 6. Each must lose points in its own exercise, and in no other that does not need it."""

import torch

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- unbroadcast


@wrong("u06.unbroadcast", diagnosis="not summed over broadcast axis 0")
def unbroadcast(g, shape):
    """No sum at all: right where nothing was broadcast."""
    return g.clone()


@wrong("u06.unbroadcast", diagnosis="not summed over broadcast axis 1")
def unbroadcast(g, shape):
    """Only the axes in front; a bias of shape [1, D] keeps all its copies."""
    front = tuple(range(g.ndim - len(shape)))
    return g.sum(front) if front else g.clone()


@wrong("u06.unbroadcast", diagnosis="not summed over broadcast axis 0")
def unbroadcast(g, shape):
    """Only axes of size 1, counted from the end; new axes stay."""
    ones = [k - len(shape) for k, size in enumerate(shape) if size == 1]
    return g.sum(ones, keepdim=True) if ones else g.clone()


@wrong("u06.unbroadcast", diagnosis="an axis of size 1 is missing or misplaced")
def unbroadcast(g, shape):
    """keepdim forgotten: [3, 1] comes back as [3], and then broadcasts to [3, 3]."""
    copied = [k for k in range(-g.ndim, 0) if k < -len(shape) or shape[k] == 1]
    return g.sum(copied) if copied else g.clone()


@wrong("u06.unbroadcast", diagnosis="not summed over broadcast axis 0")
def unbroadcast(g, shape):
    """Always axis 0: enough for a bias, and hidden by square shapes."""
    return g.sum(0) if g.shape != torch.Size(shape) else g.clone()


@wrong("u06.unbroadcast")
def unbroadcast(g, shape):
    """Aligned on the left: axes are compared from the front, where broadcasting counts from the end."""
    full = tuple(shape) + (1,) * (g.ndim - len(shape))
    copied = [k for k in range(g.ndim) if full[k] == 1]
    return g.sum(copied, keepdim=True).reshape(shape) if copied else g.clone()


@wrong("u06.unbroadcast", diagnosis="the mean over the copies, where their sum belongs")
def unbroadcast(g, shape):
    """The mean over the copies."""
    copied = [k for k in range(-g.ndim, 0) if k < -len(shape) or shape[k] == 1]
    return g.mean(copied, keepdim=True).reshape(shape) if copied else g.clone()


@wrong("u06.unbroadcast", diagnosis="one of the copies alone, where the sum over all of them belongs")
def unbroadcast(g, shape):
    """The shape is right: cut out of g."""
    while g.ndim > len(shape):
        g = g[0]
    return g[tuple(slice(0, size) for size in shape)].clone()


@wrong("u06.unbroadcast", diagnosis="everything is summed, where nothing or less was broadcast")
def unbroadcast(g, shape):
    """torch sums everything where the list of axes is empty."""
    copied = [k for k in range(-g.ndim, 0) if k < -len(shape) or shape[k] == 1]
    return g.sum(copied, keepdim=True).expand((1,) * (g.ndim - len(shape)) + tuple(shape)).reshape(shape)


@wrong("u06.unbroadcast", diagnosis="g itself comes back, where a new tensor belongs")
def unbroadcast(g, shape):
    """g itself where nothing was broadcast: a + b gives both operands one gradient in common."""
    copied = [k for k in range(-g.ndim, 0) if k < -len(shape) or shape[k] == 1]
    return g.sum(copied, keepdim=True).reshape(shape) if copied else g


@wrong("u06.unbroadcast", earns_nothing=True)
def unbroadcast(g, shape):
    """torch's own method."""
    return g.sum_to_size(shape).clone()


@wrong("u06.unbroadcast", diagnosis="all zeros", earns_nothing=True)
def unbroadcast(g, shape):
    """The shape alone: zeros."""
    return torch.zeros(shape, dtype=g.dtype, device=g.device)


# ---------------------------------------------------------------------------- elementwise


@wrong(
    "u06.elementwise", diagnosis="two gradients share their memory: what is added to one changes the other"
)
def add(a, b):
    """Where the shapes are equal both operands get g itself: the next += on one is one on both."""

    def vjp(g):
        if a.shape == b.shape:
            return g, g
        return unbroadcast(g, a.shape), unbroadcast(g, b.shape)

    return Tensor(a.data + b.data, (a, b), vjp)


@wrong("u06.elementwise")
def add(a, b):
    """No sum over the copies: right until somebody adds a bias."""
    return Tensor(a.data + b.data, (a, b), lambda g: (g.clone(), g.clone()))


@wrong("u06.elementwise")
def mul(a, b):
    """The copies are summed before the product: right only where nothing is broadcast."""

    def vjp(g):
        return unbroadcast(g, a.shape) * unbroadcast(b.data.expand(g.shape), a.shape), unbroadcast(
            g * a.data, b.shape
        )

    return Tensor(a.data * b.data, (a, b), vjp)


@wrong("u06.elementwise", diagnosis="uses `a` where `b` belongs")
def mul(a, b):
    """Each factor gets its own number."""

    def vjp(g):
        return unbroadcast(g * a.data, a.shape), unbroadcast(g * b.data, b.shape)

    return Tensor(a.data * b.data, (a, b), vjp)


@wrong("u06.elementwise", diagnosis="nothing arrives at an operand: is it among the parents?")
def mul(a, b):
    """Only the first operand is a parent."""
    return Tensor(a.data * b.data, (a,), lambda g: (unbroadcast(g * b.data, a.shape),))


@wrong("u06.elementwise", diagnosis="the sign is wrong (times -1)")
def div(a, b):
    """The minus of the quotient rule is lost."""

    def vjp(g):
        return unbroadcast(g / b.data, a.shape), unbroadcast(g * a.data / b.data**2, b.shape)

    return Tensor(a.data / b.data, (a, b), vjp)


@wrong("u06.elementwise", diagnosis="b divides once, where its derivative has the square of b")
def div(a, b):
    """-a / b, where -a / b² belongs."""

    def vjp(g):
        return unbroadcast(g / b.data, a.shape), unbroadcast(-g * a.data / b.data, b.shape)

    return Tensor(a.data / b.data, (a, b), vjp)


@wrong("u06.elementwise", diagnosis="the exponent is not lowered by 1")
def power(x, n):
    """n x**n."""
    return Tensor(x.data**n, (x,), lambda g: (g * n * x.data**n,))


@wrong("u06.elementwise", diagnosis="the derivative is taken at x where the formula has the result")
def tanh(x):
    """1 - x² for 1 - y²."""
    return Tensor(x.data.tanh(), (x,), lambda g: (g * (1 - x.data * x.data),))


@wrong("u06.elementwise")
def tanh(x):
    """From exponentials: nan beyond 710."""
    p, m = x.data.exp(), (-x.data).exp()
    y = (p - m) / (p + m)
    y = torch.where(x.data.abs() < 20, x.data.tanh(), y)
    return Tensor(y, (x,), lambda g: (g * (1 - y * y),))


@wrong("u06.elementwise")
def relu(x):
    """>= for >: the derivative at 0 is 1."""
    return Tensor(x.data.clamp(min=0), (x,), lambda g: (g * (x.data >= 0),))


@wrong("u06.elementwise", diagnosis="g is changed in place")
def exp(x):
    """Saves a tensor: g is multiplied in place."""
    y = x.data.exp()
    return Tensor(y, (x,), lambda g: (g.mul_(y),))


@wrong("u06.elementwise")
def log(x):
    """A tensor, not a tuple with one."""
    return Tensor(x.data.log(), (x,), lambda g: g / x.data)


def quotient(f, x, g, h=1e-5):
    """g times the slope of f, by nudging all entries at once."""
    return g * (f(x + h) - f(x - h)) / (2 * h)


@wrong(
    "u06.elementwise",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def exp(x):
    """The slope is measured by nudging."""
    return Tensor(x.data.exp(), (x,), lambda g: (quotient(torch.exp, x.data, g),))
