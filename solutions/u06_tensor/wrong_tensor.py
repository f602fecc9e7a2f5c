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


@wrong(
    "u06.unbroadcast",
    diagnosis="g is changed, or comes back itself or as a view: gradients must not share memory",
)
def unbroadcast(g, shape):
    """The same in disguise: where nothing was broadcast, a reshape is a view of g."""
    copied = [k for k in range(-g.ndim, 0) if k < -len(shape) or shape[k] == 1]
    return (g.sum(copied, keepdim=True) if copied else g).reshape(shape)


@wrong("u06.unbroadcast", earns_nothing=True)
def unbroadcast(g, shape):
    """torch's own method."""
    return g.sum_to_size(shape).clone()


# ---------------------------------------------------------------------------- elementwise


@wrong(
    "u06.elementwise",
    diagnosis="g is changed, or comes back itself or as a view: gradients must not share memory",
)
def add(a, b):
    """Where the shapes are equal both operands get g itself: the next += on one is one on both."""

    def vjp(g):
        if a.shape == b.shape:
            return g, g
        return unbroadcast(g, a.shape), unbroadcast(g, b.shape)

    return Tensor(a.data + b.data, (a, b), vjp)


@wrong("u06.elementwise", diagnosis="not summed over broadcast axes 0 and 1")
def add(a, b):
    """No sum over the copies: right until somebody adds a bias."""
    return Tensor(a.data + b.data, (a, b), lambda g: (g.clone(), g.clone()))


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


@wrong("u06.elementwise", diagnosis="a factor `b` too much (or a division by it is missing)")
def div(a, b):
    """-a / b, where -a / b² belongs."""

    def vjp(g):
        return unbroadcast(g / b.data, a.shape), unbroadcast(-g * a.data / b.data, b.shape)

    return Tensor(a.data / b.data, (a, b), vjp)


@wrong("u06.elementwise", diagnosis="a factor `x` too much (or a division by it is missing)")
def power(x, n):
    """n x**n."""
    return Tensor(x.data**n, (x,), lambda g: (g * n * x.data**n,))


@wrong("u06.elementwise", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def power(x, n):
    """By way of the logarithm: nan for entries below 0."""
    y = (n * x.data.log()).exp()
    return Tensor(y, (x,), lambda g: (g * n * y / x.data,))


@wrong("u06.elementwise", diagnosis="the derivative is taken at x where the formula has the result")
def tanh(x):
    """1 - x² for 1 - y²."""
    return Tensor(x.data.tanh(), (x,), lambda g: (g * (1 - x.data * x.data),))


@wrong("u06.elementwise", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def tanh(x):
    """From exponentials: nan beyond 710."""
    p, m = x.data.exp(), (-x.data).exp()
    y = (p - m) / (p + m)
    y = torch.where(x.data.abs() < 20, x.data.tanh(), y)
    return Tensor(y, (x,), lambda g: (g * (1 - y * y),))


@wrong("u06.elementwise", diagnosis="right but where it must be 0")
def relu(x):
    """>= for >: the derivative at 0 is 1."""
    return Tensor(x.data.clamp(min=0), (x,), lambda g: (g * (x.data >= 0),))


@wrong(
    "u06.elementwise",
    diagnosis="g is changed, or comes back itself or as a view: gradients must not share memory",
)
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


@wrong("u06.elementwise", earns_nothing=True)
def exp(x):
    """The complex step: exact, and no formula."""
    h = 1e-30
    return Tensor(
        x.data.exp(), (x,), lambda g: (g * torch.exp(torch.complex(x.data, x.data * 0 + h)).imag / h,)
    )


# ---------------------------------------------------------------------------- matmul


@wrong("u06.matmul")
def matmul(a, b):
    """No transposes: the shapes fit for square matrices only."""
    return Tensor(a.data @ b.data, (a, b), lambda g: (g @ b.data, a.data @ g))


@wrong("u06.matmul", diagnosis="reshaped to fit, where a transpose belongs")
def matmul(a, b):
    """No transposes, and the shapes made to fit by reshape."""
    (N, D), K = a.shape, b.shape[1]
    return Tensor(a.data @ b.data, (a, b), lambda g: (g @ b.data.reshape(K, D), a.data.reshape(D, N) @ g))


@wrong("u06.matmul")
def matmul(a, b):
    """The factors in the other order: fits for square matrices only."""
    return Tensor(a.data @ b.data, (a, b), lambda g: (b.data.T @ g, g @ a.data.T))


@wrong("u06.matmul", diagnosis="transposed (right after .T)")
def matmul(a, b):
    """Both products transposed: (g bᵀ)ᵀ and (aᵀ g)ᵀ."""
    return Tensor(a.data @ b.data, (a, b), lambda g: (b.data @ g.T, g.T @ a.data))


@wrong("u06.matmul", diagnosis="the gradients of the two operands stand in each other's place")
def matmul(a, b):
    """The two gradients in each other's place."""
    return Tensor(a.data @ b.data, (a, b), lambda g: (a.data.T @ g, g @ b.data.T))


@wrong("u06.matmul", diagnosis="g is taken for all ones")
def matmul(a, b):
    """g is taken for ones: right for the gradient of the sum of all entries."""

    def vjp(g):
        ones = torch.ones_like(g)
        return ones @ b.data.T, a.data.T @ ones

    return Tensor(a.data @ b.data, (a, b), vjp)


@wrong(
    "u06.matmul",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def matmul(a, b):
    """The gradient is measured, one entry after the other."""

    def vjp(g, h=1e-5):
        found = []
        for x in (a.data, b.data):
            dx = torch.zeros_like(x)
            for k in range(min(x.numel(), 100)):
                keep = x.view(-1)[k].item()
                x.view(-1)[k] = keep + h
                above = (g * (a.data @ b.data)).sum()
                x.view(-1)[k] = keep - h
                below = (g * (a.data @ b.data)).sum()
                x.view(-1)[k] = keep
                dx.view(-1)[k] = (above - below) / (2 * h)
            found.append(dx)
        return tuple(found)

    return Tensor(a.data @ b.data, (a, b), vjp)


@wrong("u06.matmul")
def matmul(a, b):
    """Measured with a step of 1, which is exact for a product, and needs a product for each entry."""

    def vjp(g):
        found = []
        for x in (a.data, b.data):
            dx, y = torch.zeros_like(x), a.data @ b.data
            for k in range(x.numel()):
                keep = x.view(-1)[k].item()
                x.view(-1)[k] += 1
                dx.view(-1)[k] = (g * (a.data @ b.data - y)).sum()
                x.view(-1)[k] = keep
            found.append(dx)
        return tuple(found)

    return Tensor(a.data @ b.data, (a, b), vjp)


@wrong("u06.matmul", earns_nothing=True)
def matmul(a, b):
    """torch's autograd does it."""

    def vjp(g):
        x, w = (torch.tensor(t.data.tolist(), dtype=g.dtype, requires_grad=True) for t in (a, b))
        (x @ w).backward(g)
        return x.grad, w.grad

    return Tensor(a.data @ b.data, (a, b), vjp)


# ---------------------------------------------------------------------------- batched_matmul


def operands(a, b):
    """Vectors as a row and as a column."""
    rows = a.data if a.data.ndim > 1 else a.data[None, :]
    columns = b.data if b.data.ndim > 1 else b.data[:, None]
    return rows, columns


def batched(a, b, left, right):
    """A product whose two gradients are these functions of g, rows and columns."""
    rows, columns = operands(a, b)
    y = rows @ columns

    def vjp(g):
        g = g.reshape(y.shape)
        return left(g, rows, columns).reshape(a.shape), right(g, rows, columns).reshape(b.shape)

    return Tensor(a.data @ b.data, (a, b), vjp)


@wrong("u06.batched_matmul")
def batched_matmul(a, b):
    """Only two axes: .T turns all axes round."""
    return batched(
        a,
        b,
        lambda g, rows, columns: unbroadcast(g @ columns.permute(*range(columns.ndim)[::-1]), rows.shape),
        lambda g, rows, columns: unbroadcast(rows.permute(*range(rows.ndim)[::-1]) @ g, columns.shape),
    )


@wrong("u06.batched_matmul")
def batched_matmul(a, b):
    """A weight that the batch shares keeps one gradient for each entry."""

    def vjp(g):
        return g @ b.data.mT, a.data.mT @ g

    return Tensor(a.data @ b.data, (a, b), vjp if min(a.data.ndim, b.data.ndim) > 1 else matmul(a, b).vjp)


@wrong(
    "u06.batched_matmul", diagnosis="the gradient of one entry of the batch alone, where their sum belongs"
)
def batched_matmul(a, b):
    """Of a shared operand, the gradient from the first entry of the batch."""

    def first(x, shape):
        while x.ndim > len(shape):
            x = x[0]
        return x[tuple(slice(0, size) for size in shape)]

    return batched(
        a,
        b,
        lambda g, rows, columns: first(g @ columns.mT, rows.shape),
        lambda g, rows, columns: first(rows.mT @ g, columns.shape),
    )


@wrong("u06.batched_matmul", diagnosis="a factor 1/N too much (sum, not mean?), N = size of axis 0 of `a`")
def batched_matmul(a, b):
    """The mean over the entries of the batch."""

    def mean(x, shape):
        return unbroadcast(x, shape) * (torch.Size(shape).numel() / x.numel())

    return batched(
        a,
        b,
        lambda g, rows, columns: mean(g @ columns.mT, rows.shape),
        lambda g, rows, columns: mean(rows.mT @ g, columns.shape),
    )


@wrong("u06.batched_matmul", diagnosis="not summed over broadcast axis 1")
def batched_matmul(a, b):
    """Batch axes in front are summed, those of size 1 are not."""

    def front(x, shape):
        while x.ndim > len(shape):
            x = x.sum(0)
        return x if x.shape != shape else x.reshape(shape)

    rows, columns = operands(a, b)
    y = rows @ columns

    def vjp(g):
        g = g.reshape(y.shape)
        da, db = front(g @ columns.mT, rows.shape), front(rows.mT @ g, columns.shape)
        return da.squeeze(0) if a.data.ndim == 1 else da, db.squeeze(-1) if b.data.ndim == 1 else db

    return Tensor(a.data @ b.data, (a, b), vjp)


@wrong("u06.batched_matmul")
def batched_matmul(a, b):
    """No vectors: the last two axes are taken for granted."""

    def vjp(g):
        return unbroadcast(g @ b.data.mT, a.shape), unbroadcast(a.data.mT @ g, b.shape)

    return Tensor(a.data @ b.data, (a, b), vjp)


@wrong("u06.batched_matmul")
def batched_matmul(a, b):
    """The outer product of two vectors, where their inner product belongs."""
    if len(a.shape) == len(b.shape) == 1:
        return Tensor(torch.outer(a.data, b.data), (a, b), lambda g: (g @ b.data, g.T @ a.data))
    return batched(
        a,
        b,
        lambda g, rows, columns: unbroadcast(g @ columns.mT, rows.shape),
        lambda g, rows, columns: unbroadcast(rows.mT @ g, columns.shape),
    )


@wrong("u06.batched_matmul", diagnosis="all zeros", earns_nothing=True)
def batched_matmul(a, b):
    """The right result, and gradients of zeros."""
    return Tensor(a.data @ b.data, (a, b), lambda g: (torch.zeros_like(a.data), torch.zeros_like(b.data)))


# ---------------------------------------------------------------------------- reductions


def reduced(x, dim, keepdim, kept):
    """The result with or without the reduced axes."""
    return kept if keepdim else kept.squeeze(axes(x, dim))


@wrong("u06.reductions")
def reduce_sum(x, dim=None, keepdim=False):
    """The axes are not put back: fits by accident, or where all sizes are equal."""
    y = reduced(x, dim, keepdim, x.data.sum(axes(x, dim), keepdim=True))
    return Tensor(y, (x,), lambda g: (g.expand(x.shape).clone(),))


@wrong("u06.reductions", diagnosis="not divided by the number of entries in a mean")
def reduce_mean(x, dim=None, keepdim=False):
    """A mean that spreads the whole g."""
    kept = x.data.mean(axes(x, dim), keepdim=True)
    y = reduced(x, dim, keepdim, kept)
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape).expand(x.shape).clone(),))


@wrong(
    "u06.reductions", diagnosis="a factor 1/N too much (sum, not mean?), N = size of axes 1 and 2 together"
)
def reduce_mean(x, dim=None, keepdim=False):
    """Divided by the number of all entries: right for dim=None only."""
    kept = x.data.mean(axes(x, dim), keepdim=True)
    y, n = reduced(x, dim, keepdim, kept), x.data.numel()
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape).expand(x.shape) / n,))


@wrong("u06.reductions", diagnosis="each of the entries that share the maximum gets all of g")
def reduce_max(x, dim=None, keepdim=False):
    """Each of several largest entries gets the whole g."""
    kept = x.data.amax(axes(x, dim), keepdim=True)
    y = reduced(x, dim, keepdim, kept)
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape) * (x.data == kept),))


@wrong("u06.reductions", diagnosis="a factor 1/N too much (sum, not mean?)")
def reduce_max(x, dim=None, keepdim=False):
    """Shared by all entries of the mask, those of other rows included."""
    kept = x.data.amax(axes(x, dim), keepdim=True)
    y, mask = reduced(x, dim, keepdim, kept), x.data == kept
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape) * mask / mask.sum(),))


@wrong("u06.reductions", diagnosis="the first of the entries that share the maximum gets all of g")
def reduce_max(x, dim=None, keepdim=False):
    """Only the first of several largest entries, as argmax finds it."""
    kept = x.data.amax(axes(x, dim), keepdim=True)
    y, mask = reduced(x, dim, keepdim, kept), x.data == kept
    for axis in axes(x, dim):
        mask = mask & (mask.cumsum(axis) == 1)
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape) * mask,))


@wrong(
    "u06.reductions",
    diagnosis="g is changed, or comes back itself or as a view: gradients must not share memory",
)
def reduce_sum(x, dim=None, keepdim=False):
    """g is expanded, and not cloned: all copies are one number in memory, to which nothing can be added."""
    kept = x.data.sum(axes(x, dim), keepdim=True)
    return Tensor(reduced(x, dim, keepdim, kept), (x,), lambda g: (g.reshape(kept.shape).expand(x.shape),))


@wrong("u06.reductions", diagnosis="an axis of size 1 is missing or misplaced")
def reduce_sum(x, dim=None, keepdim=False):
    """keepdim is not used: the axes are always gone."""
    kept = x.data.sum(axes(x, dim), keepdim=True)
    y = kept.squeeze(axes(x, dim))
    return Tensor(y, (x,), lambda g: (g.reshape(kept.shape).expand(x.shape).clone(),))


# ---------------------------------------------------------------------------- shape_ops


@wrong("u06.shape_ops", diagnosis="the axes are in another order (right after transpose(1, 2, 0))")
def permute(x, perm):
    """The same permutation again: right for swaps, which undo themselves."""
    return Tensor(x.data.permute(perm), (x,), lambda g: (g.permute(perm).clone(),))


@wrong("u06.shape_ops", diagnosis="reshaped to the right shape, where the axes must be put back")
def permute(x, perm):
    """The shape of x again, by reshape."""
    return Tensor(x.data.permute(perm), (x,), lambda g: (g.reshape(x.shape).clone(),))


@wrong("u06.shape_ops", diagnosis="g is cut into equal parts, where each has the size of its operand")
def concat(xs, dim=0):
    """Cut into equal parts: right where all operands have one size."""
    y = torch.cat([x.data for x in xs], dim)
    return Tensor(y, xs, lambda g: tuple(part.clone() for part in g.tensor_split(len(xs), dim)))


@wrong("u06.shape_ops")
def concat(xs, dim=0):
    """dim is used forward only."""
    sizes = [x.shape[dim] for x in xs]
    y = torch.cat([x.data for x in xs], dim)

    def vjp(g):
        return tuple(part.clone() for part in g.split(sizes, 0 if sum(sizes) == g.shape[0] else dim))[::-1]

    return Tensor(y, xs, vjp)


@wrong("u06.shape_ops", diagnosis="the part's gradient stands at the beginning, not where the part was taken")
def split(x, sizes, dim=0):
    """Every part's gradient is written to the beginning."""

    def part(data):
        def vjp(g):
            dx = torch.zeros_like(x.data)
            dx.narrow(dim, 0, g.shape[dim]).copy_(g)
            return (dx,)

        return Tensor(data, (x,), vjp)

    return [part(data) for data in x.data.split(sizes, dim)]


@wrong("u06.shape_ops")
def split(x, sizes, dim=0):
    """The part's g alone, without zeros around it."""
    return [Tensor(data, (x,), lambda g: (g.clone(),)) for data in x.data.split(sizes, dim)]


@wrong(
    "u06.shape_ops",
    diagnosis="g is changed, or comes back itself or as a view: gradients must not share memory",
)
def reshape(x, shape):
    """A view of g: what is added to x.grad later changes y.grad."""
    return Tensor(x.data.reshape(shape), (x,), lambda g: (g.reshape(x.shape),))


@wrong("u06.shape_ops", diagnosis="the right numbers in another shape (right after reshape)")
def reshape(x, shape):
    """The gradient keeps the new shape."""
    return Tensor(x.data.reshape(shape), (x,), lambda g: (g.clone(),))


# ---------------------------------------------------------------------------- indexing_embedding


@wrong(
    "u06.indexing_embedding",
    diagnosis="an entry that is picked several times keeps one gradient, not the sum",
)
def embedding(table, tokens):
    """Assigned: the last occurrence of a token wins."""

    def vjp(g):
        dt = torch.zeros_like(table.data)
        dt[tokens] = g
        return (dt,)

    return Tensor(table.data[tokens], (table,), vjp)


@wrong(
    "u06.indexing_embedding",
    diagnosis="an entry that is picked several times keeps one gradient, not the sum",
)
def embedding(table, tokens):
    """`+=` with an index: it reads, adds and writes once for each place."""

    def vjp(g):
        dt = torch.zeros_like(table.data)
        dt[tokens] += g
        return (dt,)

    return Tensor(table.data[tokens], (table,), vjp)


@wrong(
    "u06.indexing_embedding",
    diagnosis="the mean over the times that an entry is picked, where the sum belongs",
)
def embedding(table, tokens):
    """The mean over a token's occurrences."""
    (V, D), rows = table.shape, tokens.flatten()

    def vjp(g):
        dt = torch.zeros_like(table.data).index_add(0, rows, g.reshape(-1, D))
        return (dt / rows.bincount(minlength=V).clamp(min=1)[:, None],)

    return Tensor(table.data[tokens], (table,), vjp)


@wrong("u06.indexing_embedding")
def embedding(table, tokens):
    """One gradient for each token, not for each row of the table."""
    return Tensor(table.data[tokens], (table,), lambda g: (g.clone(),))


@wrong(
    "u06.indexing_embedding",
    diagnosis="an entry that is picked several times keeps one gradient, not the sum",
)
def gather(x, idx, dim):
    """scatter, where scatter_add belongs."""
    y = x.data.gather(dim, idx)
    return Tensor(y, (x,), lambda g: (torch.zeros_like(x.data).scatter(dim, idx, g),))


@wrong("u06.indexing_embedding")
def gather(x, idx, dim):
    """dim is used forward only."""
    y = x.data.gather(dim, idx)
    return Tensor(y, (x,), lambda g: (torch.zeros_like(x.data).scatter_add(0, idx % x.shape[0], g),))


@wrong(
    "u06.indexing_embedding",
    diagnosis="an entry that is picked several times keeps one gradient, not the sum",
)
def index(x, key):
    """dx[key] += g: right for slices, wrong where an index stands twice."""

    def vjp(g):
        dx = torch.zeros_like(x.data)
        dx[key] += g
        return (dx,)

    return Tensor(x.data[key], (x,), vjp)


@wrong(
    "u06.indexing_embedding",
    diagnosis="an entry that is picked several times keeps one gradient, not the sum",
)
def index(x, key):
    """Slices only: an index tensor is taken for the first axis, whatever stands around it."""

    def vjp(g):
        dx = torch.zeros_like(x.data)
        if isinstance(key, torch.Tensor) and key.dtype == torch.int64:
            return (dx.index_add(0, key.flatten(), g.reshape(-1, *x.shape[1:])),)
        dx[key] = g
        return (dx,)

    return Tensor(x.data[key], (x,), vjp)


# ---------------------------------------------------------------------------- softmax_family


def shares(x, dim):
    """p, and what goes into it."""
    m = x.data.amax(dim, keepdim=True)
    e = (x.data - m).exp()
    total = e.sum(dim, keepdim=True)
    return m, total, e / total


@wrong("u06.softmax_family", diagnosis="only the diagonal of the softmax Jacobian")
def softmax(x, dim=-1):
    """p (1 - p): each probability by its own logit."""
    p = shares(x, dim)[2]
    return Tensor(p, (x,), lambda g: (g * p * (1 - p),))


@wrong("u06.softmax_family", diagnosis="the sum is missing in the gradient of softmax")
def softmax(x, dim=-1):
    """The rule of exp: p times g."""
    p = shares(x, dim)[2]
    return Tensor(p, (x,), lambda g: (g * p,))


@wrong("u06.softmax_family", diagnosis="the sum runs over axis 2 where axis 0 belongs")
def softmax(x, dim=-1):
    """Backward along the last axis, whatever dim is."""
    p = shares(x, dim)[2]
    return Tensor(p, (x,), lambda g: (p * (g - (g * p).sum(-1, keepdim=True)),))


@wrong("u06.softmax_family", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def softmax(x, dim=-1):
    """One maximum for all rows: 0 / 0 in rows far below."""
    e = (x.data - x.data.max()).exp()
    p = e / e.sum(dim, keepdim=True)
    return Tensor(p, (x,), lambda g: (p * (g - (g * p).sum(dim, keepdim=True)),))


@wrong("u06.softmax_family", diagnosis="inf (an overflow, or a division by 0?)")
def logsumexp(x, dim=-1):
    """Without the maximum: inf from 710 on."""
    e = x.data.exp()
    total = e.sum(dim, keepdim=True)
    return Tensor(total.log().squeeze(dim), (x,), lambda g: (g.unsqueeze(dim) * e / total,))


@wrong("u06.softmax_family", diagnosis="every entry gets the whole g, where it is shared out by p")
def logsumexp(x, dim=-1):
    """The rule of a sum: everybody gets g."""
    m, total, p = shares(x, dim)
    y = (m + total.log()).squeeze(dim)
    return Tensor(y, (x,), lambda g: (g.unsqueeze(dim).expand(x.shape).clone(),))


@wrong(
    "u06.softmax_family",
    diagnosis="the sum of the upstream gradient is missing in the gradient of log_softmax",
)
def log_softmax(x, dim=-1):
    """The sum of g is missing: g (1 - p)."""
    m, total, p = shares(x, dim)
    return Tensor(x.data - m - total.log(), (x,), lambda g: (g * (1 - p),))


@wrong("u06.softmax_family", diagnosis="log of 0: exp of a number far below 0 is 0")
def log_softmax(x, dim=-1):
    """log(softmax): -inf where p is too small for a float."""
    p = shares(x, dim)[2]
    return Tensor(p.log(), (x,), lambda g: (g - p * g.sum(dim, keepdim=True),))


@wrong("u06.softmax_family", earns_nothing=True)
def softmax(x, dim=-1):
    """torch's own function, and zeros on the way back."""
    return Tensor(torch.softmax(x.data, dim), (x,), lambda g: (torch.zeros_like(g),))


# ---------------------------------------------------------------------------- inplace_guard


@wrong("u06.inplace_guard", diagnosis="a change in place is not counted in version")
class Tensor:
    """The numbers change, and nobody counts."""

    def add_(self, other):
        self.data += other
        return self


@wrong("u06.inplace_guard", diagnosis="a change in place is not counted in version")
class Tensor:
    """self.data = self.data + other: another tensor, so that the saved one is not even touched."""

    def add_(self, other):
        self.data = self.data + other
        return self


@wrong("u06.inplace_guard", diagnosis="a saved array was changed in place, and nobody notices")
def save(name, *tensors):
    """No comparison: a silent wrong gradient."""
    return lambda: tuple(t.data for t in tensors)


@wrong("u06.inplace_guard", diagnosis="a saved array was changed in place, and nobody notices")
def save(name, *tensors):
    """Copies everything: right numbers, twice the memory, and no error."""
    copies = tuple(t.data.clone() for t in tensors)
    return lambda: copies


@wrong("u06.inplace_guard", diagnosis="an error, though nothing that the vjp reads was changed")
def save(name, *tensors):
    """Asks whether there was any change at all, also one before it was saved."""

    def load():
        if any(t.version for t in tensors):
            raise RuntimeError(f"{name}: changed in place")
        return tuple(t.data for t in tensors)

    return load


@wrong("u06.inplace_guard", diagnosis="the error does not name the operation")
def save(name, *tensors):
    """An error that does not say where."""
    versions = [t.version for t in tensors]

    def load():
        if [t.version for t in tensors] != versions:
            raise RuntimeError("a tensor was changed in place")
        return tuple(t.data for t in tensors)

    return load


@wrong("u06.inplace_guard", diagnosis="an error, though nothing that the vjp reads was changed")
def safe_add(a, b):
    """A sum that saves its operands, which it does not need."""
    load = save("add", a, b)

    def vjp(g):
        load()
        return unbroadcast(g, a.shape), unbroadcast(g, b.shape)

    return Tensor(a.data + b.data, (a, b), vjp)


@wrong("u06.inplace_guard", diagnosis="a saved array was changed in place, and nobody notices")
def safe_mul(a, b):
    """Saves the first operand alone."""
    load = save("mul", a)

    def vjp(g):
        (a_data,) = load()
        return unbroadcast(g * b.data, a.shape), unbroadcast(g * a_data, b.shape)

    return Tensor(a.data * b.data, (a, b), vjp)


@wrong("u06.inplace_guard", diagnosis="a saved array was changed in place, and nobody notices")
def safe_exp(x):
    """Saves x, and reads y: a change of y goes unnoticed."""
    y = x.data.exp()
    load = save("exp", x)

    def vjp(g):
        load()
        return (g * y,)

    return Tensor(y, (x,), vjp)
