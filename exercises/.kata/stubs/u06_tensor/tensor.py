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
        raise NotImplementedError


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
    raise NotImplementedError


def broadcast(x, shape):
    """y = x, copied to this shape. Given: this is what every operation looks like."""
    return Tensor(x.data.expand(shape).clone(), (x,), lambda g: (unbroadcast(g, x.shape),))


# ---------------------------------------------------------------------------- u06.elementwise
# Operands are Tensors; two of them broadcast, as [3, 1] and [5] to [3, 5]. No function changes its operands.


def add(a, b):
    """y = a + b."""
    raise NotImplementedError


def mul(a, b):
    """y = a * b, entry by entry."""

    raise NotImplementedError


def div(a, b):
    """y = a / b, entry by entry."""
    raise NotImplementedError


def power(x, n):
    """y = x ** n for a plain number n; entries of x are above 0, or n is an int from 1 up."""
    raise NotImplementedError


def exp(x):
    """y = e ** x."""
    raise NotImplementedError


def log(x):
    """y = natural logarithm of x, for entries above 0."""
    raise NotImplementedError


def tanh(x):
    """y = hyperbolic tangent of x, for entries of any size."""
    raise NotImplementedError


def relu(x):
    """y = x where it is greater than 0, else 0. The derivative at 0 is 0."""
    raise NotImplementedError


# ---------------------------------------------------------------------------- u06.matmul, u06.batched_matmul
def matmul(a, b):
    """y = a b, the product of two matrices.

    a: Tensor[N, D]    b: Tensor[D, K]    Returns a Tensor[N, K].
    """
    raise NotImplementedError


def batched_matmul(a, b):
    """y = a b as torch.matmul has it: a product of matrices in the last two axes, for each entry of a batch.

    a: Tensor[..., N, D]    b: Tensor[..., D, K]    Returns a Tensor[..., N, K].
    The batch axes in front broadcast; either operand may have none. A vector is a row on the left, a column
    on the right, and the result lacks that axis: [D] and [..., D, K] give [..., K], [D] and [D] no axes.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- u06.reductions
# dim: None for all axes, an int, or a tuple of ints, negative ones too: `axes(x, dim)` makes a tuple of them.
# keepdim: whether these axes stay, with the size 1


def reduce_sum(x, dim=None, keepdim=False):
    """y = sum of x along dim."""
    raise NotImplementedError


def reduce_mean(x, dim=None, keepdim=False):
    """y = mean of x along dim."""
    raise NotImplementedError


def reduce_max(x, dim=None, keepdim=False):
    """y = the largest entry of x along dim. Entries that share it share its gradient in equal parts."""
    raise NotImplementedError


# ---------------------------------------------------------------------------- u06.shape_ops
def reshape(x, shape):
    """y = the entries of x, in their order, in another shape: a tuple of ints; one of them may be -1."""
    raise NotImplementedError


def permute(x, perm):
    """y = x with its axes in another order: axis k of y is axis perm[k] of x.

    perm: tuple, in which each axis from 0 to ndim - 1 stands once
    """
    raise NotImplementedError


def concat(xs, dim=0):
    """y = all xs, one after the other along dim.

    xs: list of Tensors, whose sizes differ along dim only; one may stand in it twice    dim: int
    """
    raise NotImplementedError


def split(x, sizes, dim=0):
    """x cut into parts along dim.

    sizes: list of ints, those of the parts along dim; their sum is x's size there    dim: int
    Returns a list of Tensors, each with x as its parent.
    """

    raise NotImplementedError


# ---------------------------------------------------------------------------- u06.indexing_embedding
def index(x, key):
    """y = x[key]. An entry that is picked several times collects the gradient of each time.

    key: all that torch takes: an int, a slice, None, int64[...] or bool[...] tensors, a tuple of these
    """
    raise NotImplementedError


def gather(x, idx, dim):
    """y[i, j, k] = x[i, idx[i, j, k], k] for dim = 1, and likewise for other axes: torch.gather.

    x: Tensor    idx: int64[...] with as many axes as x, along the others not longer than x    dim: int
    """
    raise NotImplementedError


def embedding(table, tokens):
    """y = one row of the table for each token.

    table: Tensor[V, D]    tokens: int64[...], from 0 to V - 1    Returns a Tensor[..., D].
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- u06.softmax_family
# Logits may be of any size, such as 1000 and -1000, and -inf; along dim at least one is finite.


def logsumexp(x, dim=-1):
    """y = log(sum of exp(x) along dim), of x's shape without dim."""
    raise NotImplementedError


def softmax(x, dim=-1):
    """p = exp(x) / sum of exp(x) along dim, of x's shape."""
    raise NotImplementedError


def log_softmax(x, dim=-1):
    """y = log of softmax(x, dim), exact also where the probability is too small for a float."""
    raise NotImplementedError


# ---------------------------------------------------------------------------- u06.inplace_guard
# Operations on Tensors that add_ may change between forward and backward. Where that touches what a vjp still
# reads, the vjp raises RuntimeError; where it touches nothing of that, backward works as ever.


def save(name, *tensors):
    """Remember Tensors for the way back.

    name: str, the operation's, for the error    Copies no data.
    Returns a function without arguments. It returns the tuple of the Tensors' data, and raises RuntimeError
    with `name` in its text if one of them was changed in place since it was saved.
    """
    raise NotImplementedError


def safe_add(a, b):
    """y = a + b; the name is "add"."""
    raise NotImplementedError


def safe_mul(a, b):
    """y = a * b, entry by entry; the name is "mul"."""
    raise NotImplementedError


def safe_exp(x):
    """y = e ** x, by the derivative that needs y itself; the name is "exp"."""
    raise NotImplementedError
