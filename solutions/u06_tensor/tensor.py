"""Arrays that remember how they were computed. The lesson is README.md, in this folder.

Unit 5 once more, with a tensor in the place of each number. The walk backwards is given, for it is the same;
you write the operations. Tensors of torch are the arrays: no autograd of theirs is used, and all runs on the
device where the data lies.
"""

import torch


class Tensor:
    """An array, and what it was computed from: one node of a computation graph.

    data: float[...], a tensor of torch    shape: that of data
    grad: dL/d(self) with the shape of data, once backward was called; None before
    parents: tuple of Tensors, the operands; () in a leaf
    vjp: function, from g = dL/d(self) to a tuple: dL/d(parent) for each parent, in the order of parents,
         each of its parent's shape. It must not change g, and all that it returns are new tensors: neither g
         nor a view of g, and none twice. For backward keeps them as grad, and adds to them in place.
    version: int, how often data was changed in place; only the last exercise uses it
    number: int, larger than that of every node made before
    """

    made = 0

    def __init__(self, data, parents=(), vjp=None):
        self.data, self.shape, self.grad = data, data.shape, None
        self.parents, self.vjp, self.version = tuple(parents), vjp, 0
        self.number = Tensor.made = Tensor.made + 1

    def backward(self, upstream):
        """Bring dL/d(node) to all that self was computed from, leaves add it up. upstream: dL/d(self)"""
        nodes = ancestors(self)
        for node in [node for node in nodes if node.parents]:
            node.grad = None
        self.grad = upstream.clone()
        for node in nodes:
            parts = node.vjp(node.grad) if node.parents else ()
            if not isinstance(parts, tuple):
                raise TypeError("vjp must return a tuple: one gradient for each parent")
            for parent, part in zip(node.parents, parts, strict=True):
                parent.grad = part if parent.grad is None else parent.grad.add_(part)

    # ------------------------------------------------------------------------ u06.inplace_guard, first part

    def add_(self, other):
        """Add a number or a tensor of torch to data in place, outside of the graph. version counts it.

        data stays the same object, with other numbers in it. Returns self.
        """
        # BEGIN SOLUTION
        self.data += other
        self.version += 1
        return self
        # END SOLUTION


def ancestors(root):
    """All nodes that root was computed from, and root: the youngest first, so each before its parents."""
    found, new = set(), {root}
    while new:
        found |= new
        new = {parent for node in new for parent in node.parents} - found
    return sorted(found, key=lambda node: node.number, reverse=True)


def axes(x, dim):
    """dim as a tuple of axes from 0 up, for the dim of a reduction."""
    dims = range(len(x.shape)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return tuple(d % len(x.shape) for d in dims)


# ---------------------------------------------------------------------------- u06.unbroadcast
def unbroadcast(g, shape):
    """The gradient of an array of this shape that was broadcast to g's shape: the sum over all its copies.

    g: float[...], a tensor of torch = dL/d(the array as it was broadcast)
    shape: tuple or torch.Size, that of the array before; it broadcasts to g's shape
    Returns a new tensor of this shape, no view of g, also where nothing was broadcast. Changes nothing.
    """
    # BEGIN SOLUTION
    copied = [k for k in range(-g.ndim, 0) if k < -len(shape) or shape[k] == 1]
    return g.sum(copied, keepdim=True).reshape(shape) if copied else g.clone()
    # END SOLUTION


def broadcast(x, shape):
    """y = x, copied to this shape. Given: this is what every operation looks like."""
    return Tensor(x.data.expand(shape).clone(), (x,), lambda g: (unbroadcast(g, x.shape),))


# ---------------------------------------------------------------------------- u06.elementwise
# Operands are Tensors; two of them broadcast, as [3, 1] and [5] to [3, 5]. No function changes its operands.


def add(a, b):
    """y = a + b."""
    # BEGIN SOLUTION
    return Tensor(a.data + b.data, (a, b), lambda g: (unbroadcast(g, a.shape), unbroadcast(g, b.shape)))
    # END SOLUTION


def mul(a, b):
    """y = a * b, entry by entry."""

    # BEGIN SOLUTION
    def vjp(g):
        return unbroadcast(g * b.data, a.shape), unbroadcast(g * a.data, b.shape)

    return Tensor(a.data * b.data, (a, b), vjp)
    # END SOLUTION


def div(a, b):
    """y = a / b, entry by entry."""
    # BEGIN SOLUTION
    y = a.data / b.data

    def vjp(g):
        return unbroadcast(g / b.data, a.shape), unbroadcast(-g * y / b.data, b.shape)

    return Tensor(y, (a, b), vjp)
    # END SOLUTION


def power(x, n):
    """y = x ** n for a plain number n; entries of x are above 0, or n is an int from 1 up."""
    # BEGIN SOLUTION
    return Tensor(x.data**n, (x,), lambda g: (g * n * x.data ** (n - 1),))
    # END SOLUTION


def exp(x):
    """y = e ** x."""
    # BEGIN SOLUTION
    y = x.data.exp()
    return Tensor(y, (x,), lambda g: (g * y,))
    # END SOLUTION


def log(x):
    """y = natural logarithm of x, for entries above 0."""
    # BEGIN SOLUTION
    return Tensor(x.data.log(), (x,), lambda g: (g / x.data,))
    # END SOLUTION


def tanh(x):
    """y = hyperbolic tangent of x, for entries of any size."""
    # BEGIN SOLUTION
    y = x.data.tanh()
    return Tensor(y, (x,), lambda g: (g * (1 - y * y),))
    # END SOLUTION


def relu(x):
    """y = x where it is greater than 0, else 0. The derivative at 0 is 0."""
    # BEGIN SOLUTION
    return Tensor(x.data.clamp(min=0), (x,), lambda g: (g * (x.data > 0),))
    # END SOLUTION


# ---------------------------------------------------------------------------- u06.matmul, u06.batched_matmul
def matmul(a, b):
    """y = a b, the product of two matrices.

    a: Tensor[N, D]    b: Tensor[D, K]    Returns a Tensor[N, K].
    """
    # BEGIN SOLUTION
    return Tensor(a.data @ b.data, (a, b), lambda g: (g @ b.data.T, a.data.T @ g))
    # END SOLUTION


def batched_matmul(a, b):
    """y = a b as torch.matmul has it: a product of matrices in the last two axes, for each entry of a batch.

    a: Tensor[..., N, D]    b: Tensor[..., D, K]    Returns a Tensor[..., N, K].
    The batch axes in front broadcast; either operand may have none. A vector is a row on the left, a column
    on the right, and the result lacks that axis: [D] and [..., D, K] give [..., K], [D] and [D] no axes.
    """
    # BEGIN SOLUTION
    rows = a.data if a.data.ndim > 1 else a.data[None, :]
    columns = b.data if b.data.ndim > 1 else b.data[:, None]
    y = rows @ columns

    def vjp(g):
        g = g.reshape(y.shape)
        d_rows = unbroadcast(g @ columns.mT, rows.shape)
        d_columns = unbroadcast(rows.mT @ g, columns.shape)
        return d_rows.reshape(a.shape), d_columns.reshape(b.shape)

    return Tensor(a.data @ b.data, (a, b), vjp)
    # END SOLUTION


# ---------------------------------------------------------------------------- u06.reductions
# dim: None for all axes, an int, or a tuple of ints, negative ones too: `axes(x, dim)` makes a tuple of them.
# keepdim: whether these axes stay, with the size 1


def reduce_sum(x, dim=None, keepdim=False):
    """y = sum of x along dim."""
    # BEGIN SOLUTION
    dims = axes(x, dim)
    kept = x.data.sum(dims, keepdim=True)
    y = kept if keepdim else kept.squeeze(dims)
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape).expand(x.shape).clone(),))
    # END SOLUTION


def reduce_mean(x, dim=None, keepdim=False):
    """y = mean of x along dim."""
    # BEGIN SOLUTION
    dims = axes(x, dim)
    kept = x.data.mean(dims, keepdim=True)
    y, n = kept if keepdim else kept.squeeze(dims), x.data.numel() / kept.numel()
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape).expand(x.shape) / n,))
    # END SOLUTION


def reduce_max(x, dim=None, keepdim=False):
    """y = the largest entry of x along dim. Entries that share it share its gradient in equal parts."""
    # BEGIN SOLUTION
    dims = axes(x, dim)
    kept = x.data.amax(dims, keepdim=True)
    y, is_max = kept if keepdim else kept.squeeze(dims), x.data == kept
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape) * is_max / is_max.sum(dims, keepdim=True),))
    # END SOLUTION


# ---------------------------------------------------------------------------- u06.shape_ops
def reshape(x, shape):
    """y = the entries of x, in their order, in another shape: a tuple of ints; one of them may be -1."""
    # BEGIN SOLUTION
    return Tensor(x.data.reshape(shape), (x,), lambda g: (g.reshape(x.shape).clone(),))
    # END SOLUTION


def permute(x, perm):
    """y = x with its axes in another order: axis k of y is axis perm[k] of x.

    perm: tuple, in which each axis from 0 to ndim - 1 stands once
    """
    # BEGIN SOLUTION
    back = sorted(range(len(perm)), key=lambda k: perm[k])
    return Tensor(x.data.permute(perm), (x,), lambda g: (g.permute(back).clone(),))
    # END SOLUTION


def concat(xs, dim=0):
    """y = all xs, one after the other along dim.

    xs: list of Tensors, whose sizes differ along dim only; one may stand in it twice    dim: int
    """
    # BEGIN SOLUTION
    sizes = [x.shape[dim] for x in xs]
    y = torch.cat([x.data for x in xs], dim)
    return Tensor(y, xs, lambda g: tuple(part.clone() for part in g.split(sizes, dim)))
    # END SOLUTION


def split(x, sizes, dim=0):
    """x cut into parts along dim.

    sizes: list of ints, those of the parts along dim; their sum is x's size there    dim: int
    Returns a list of Tensors, each with x as its parent.
    """

    # BEGIN SOLUTION
    def part(at):
        y = x.data.index_select(dim, at)
        return Tensor(y, (x,), lambda g: (torch.zeros_like(x.data).index_add(dim, at, g),))

    return [part(at) for at in torch.arange(x.shape[dim], device=x.data.device).split(sizes)]
    # END SOLUTION


# ---------------------------------------------------------------------------- u06.indexing_embedding
def index(x, key):
    """y = x[key]. An entry that is picked several times collects the gradient of each time.

    key: all that torch takes: an int, a slice, None, int64[...] or bool[...] tensors, a tuple of these
    """
    # BEGIN SOLUTION
    places = torch.arange(x.data.numel(), device=x.data.device).reshape(x.shape)[key]

    def vjp(g):
        dx = torch.zeros_like(x.data).flatten()
        return (dx.index_add(0, places.flatten(), g.flatten()).reshape(x.shape),)

    return Tensor(x.data[key], (x,), vjp)
    # END SOLUTION


def gather(x, idx, dim):
    """y[i, j, k] = x[i, idx[i, j, k], k] for dim = 1, and likewise for other axes: torch.gather.

    x: Tensor    idx: int64[...] with as many axes as x, along the others not longer than x    dim: int
    """
    # BEGIN SOLUTION
    y = x.data.gather(dim, idx)
    return Tensor(y, (x,), lambda g: (torch.zeros_like(x.data).scatter_add(dim, idx, g),))
    # END SOLUTION


def embedding(table, tokens):
    """y = one row of the table for each token.

    table: Tensor[V, D]    tokens: int64[...], from 0 to V - 1    Returns a Tensor[..., D].
    """
    # BEGIN SOLUTION
    y, D, rows = table.data[tokens], table.shape[1], tokens.flatten()
    return Tensor(y, (table,), lambda g: (torch.zeros_like(table.data).index_add(0, rows, g.reshape(-1, D)),))
    # END SOLUTION


# ---------------------------------------------------------------------------- u06.softmax_family
# Logits may be of any size, such as 1000 and -1000, and -inf; along dim at least one is finite.


def logsumexp(x, dim=-1):
    """y = log(sum of exp(x) along dim), of x's shape without dim."""
    # BEGIN SOLUTION
    m = x.data.amax(dim, keepdim=True)
    e = (x.data - m).exp()
    total = e.sum(dim, keepdim=True)
    return Tensor((m + total.log()).squeeze(dim), (x,), lambda g: (g.unsqueeze(dim) * e / total,))
    # END SOLUTION


def softmax(x, dim=-1):
    """p = exp(x) / sum of exp(x) along dim, of x's shape."""
    # BEGIN SOLUTION
    e = (x.data - x.data.amax(dim, keepdim=True)).exp()
    p = e / e.sum(dim, keepdim=True)
    return Tensor(p, (x,), lambda g: (p * (g - (g * p).sum(dim, keepdim=True)),))
    # END SOLUTION


def log_softmax(x, dim=-1):
    """y = log of softmax(x, dim), exact also where the probability is too small for a float."""
    # BEGIN SOLUTION
    z = x.data - x.data.amax(dim, keepdim=True)
    y = z - z.exp().sum(dim, keepdim=True).log()
    return Tensor(y, (x,), lambda g: (g - y.exp() * g.sum(dim, keepdim=True),))
    # END SOLUTION


# ---------------------------------------------------------------------------- u06.inplace_guard
# Operations on Tensors that add_ may change between forward and backward. Where that touches what a vjp still
# reads, the vjp raises RuntimeError; where it touches nothing of that, backward works as ever.


def save(name, *tensors):
    """Remember Tensors for the way back.

    name: str, the operation's, for the error    Copies no data.
    Returns a function without arguments. It returns the tuple of the Tensors' data, and raises RuntimeError
    with `name` in its text if one of them was changed in place since it was saved.
    """
    # BEGIN SOLUTION
    versions = [t.version for t in tensors]

    def load():
        if [t.version for t in tensors] != versions:
            raise RuntimeError(f"{name}: a Tensor that backward needs was changed in place")
        return tuple(t.data for t in tensors)

    return load
    # END SOLUTION


def safe_add(a, b):
    """y = a + b; the name is "add"."""
    # BEGIN SOLUTION
    return Tensor(a.data + b.data, (a, b), lambda g: (unbroadcast(g, a.shape), unbroadcast(g, b.shape)))
    # END SOLUTION


def safe_mul(a, b):
    """y = a * b, entry by entry; the name is "mul"."""
    # BEGIN SOLUTION
    load = save("mul", a, b)

    def vjp(g):
        a_data, b_data = load()
        return unbroadcast(g * b_data, a.shape), unbroadcast(g * a_data, b.shape)

    return Tensor(a.data * b.data, (a, b), vjp)
    # END SOLUTION


def safe_exp(x):
    """y = e ** x, by the derivative that needs y itself; the name is "exp"."""
    # BEGIN SOLUTION
    y = Tensor(x.data.exp(), (x,))
    load = save("exp", y)
    y.vjp = lambda g: (g * load()[0],)
    return y
    # END SOLUTION
