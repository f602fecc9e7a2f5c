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


# ---------------------------------------------------------------------------- matmul


@right("u06.matmul")
def matmul(a, b):
    """By indices: einsum three times."""

    def vjp(g):
        return torch.einsum("nk,dk->nd", g, b.data), torch.einsum("nd,nk->dk", a.data, g)

    return Tensor(torch.einsum("nd,dk->nk", a.data, b.data), (a, b), vjp)


@right("u06.matmul")
def matmul(a, b):
    """A loop over the inner axis: a sum of outer products."""
    columns, rows = a.data.unbind(1), b.data.unbind(0)
    y = sum(torch.outer(column, row) for column, row in zip(columns, rows, strict=True))

    def vjp(g):
        da = torch.stack([g.mv(row) for row in rows], dim=1)
        db = torch.stack([g.t().mv(column) for column in columns])
        return da, db

    return Tensor(y, [a, b], vjp)


@right("u06.matmul")
def matmul(a, b):
    """By products of entries and sums, without any matrix product."""
    terms = a.data[:, :, None] * b.data[None, :, :]

    def vjp(g):
        g = g[:, None, :]
        return (g * b.data[None]).sum(2), (g * a.data[:, :, None]).sum(0)

    return Tensor(terms.sum(1), (a, b), vjp)


# ---------------------------------------------------------------------------- batched_matmul


@right("u06.batched_matmul")
def batched_matmul(a, b):
    """Four cases: vector and vector, vector and matrix, matrix and vector, matrix and matrix."""
    x, w = a.data, b.data

    def vjp(g):
        if x.ndim == 1 and w.ndim == 1:
            return g * w, g * x
        if x.ndim == 1:
            da = (g[..., None, :] * w).sum(-1)
            return unbroadcast(da, x.shape), unbroadcast(x[:, None] * g[..., None, :], w.shape)
        if w.ndim == 1:
            db = (g[..., None] * x).sum(tuple(range(g.ndim)))
            return g[..., None] * w, db
        da, db = g @ w.swapaxes(-1, -2), x.swapaxes(-1, -2) @ g
        return unbroadcast(da, x.shape), unbroadcast(db, w.shape)

    return Tensor(torch.matmul(x, w), (a, b), vjp)


@right("u06.batched_matmul")
def batched_matmul(a, b):
    """Both operands are broadcast by hand first; then it is bmm."""
    left = a.data.unsqueeze(0) if a.data.dim() == 1 else a.data
    right = b.data.unsqueeze(1) if b.data.dim() == 1 else b.data
    batch = torch.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    xs = left.expand(*batch, *left.shape[-2:]).reshape(-1, *left.shape[-2:])
    ws = right.expand(*batch, *right.shape[-2:]).reshape(-1, *right.shape[-2:])
    shape = [*batch, *a.shape[-2:-1], *(b.shape[-1:] if len(b.shape) > 1 else ())]

    def vjp(g):
        g = g.reshape(xs.shape[0], xs.shape[1], ws.shape[2])
        dx = torch.bmm(g, ws.transpose(1, 2)).reshape(*batch, *left.shape[-2:])
        dw = torch.bmm(xs.transpose(1, 2), g).reshape(*batch, *right.shape[-2:])
        return unbroadcast(dx, left.shape).reshape(a.shape), unbroadcast(dw, right.shape).reshape(b.shape)

    return Tensor(torch.bmm(xs, ws).reshape(shape), (a, b), vjp)


@right("u06.batched_matmul")
def batched_matmul(a, b):
    """einsum with an ellipsis for the batch."""
    left, right = "n" if len(a.shape) > 1 else "", "k" if len(b.shape) > 1 else ""
    y = torch.einsum(f"...{left}d,...d{right}->...{left}{right}", a.data, b.data)

    def vjp(g):
        da = torch.einsum(f"...{left}{right},...d{right}->...{left}d", g, b.data)
        db = torch.einsum(f"...{left}d,...{left}{right}->...d{right}", a.data, g)
        return unbroadcast(da, a.shape), unbroadcast(db, b.shape)

    return Tensor(y, (a, b), vjp)


# ---------------------------------------------------------------------------- reductions


@right("u06.reductions")
def reduce_sum(x, dim=None, keepdim=False):
    """The axes are put back one by one; a product with ones spreads g."""
    dims = sorted(axes(x, dim))
    y = torch.sum(x.data, dims, keepdim=keepdim) if dims else x.data.clone()

    def vjp(g):
        if not keepdim:
            for axis in dims:
                g = g.unsqueeze(axis)
        return (g * torch.ones_like(x.data),)

    return Tensor(y, (x,), vjp)


@right("u06.reductions")
def reduce_mean(x, dim=None, keepdim=False):
    """The sum, times one over the count: the chain rule does the rest."""
    count = 1
    for axis in axes(x, dim):
        count *= x.shape[axis]
    one = Tensor(torch.full_like(x.data, 1 / count))
    return reduce_sum(mul(x, one), dim, keepdim)


@right("u06.reductions")
def reduce_max(x, dim=None, keepdim=False):
    """One axis after the other; the mask at the end, in x's dtype."""
    kept = x.data
    for axis in axes(x, dim):
        kept = kept.max(axis, keepdim=True).values
    mask = (x.data == kept).to(x.data.dtype)
    share = mask / mask.sum(axes(x, dim), keepdim=True)
    y = kept.clone() if keepdim else kept.reshape([n for k, n in enumerate(x.shape) if k not in axes(x, dim)])
    return Tensor(y, (x,), lambda g: (share * g.reshape(kept.shape),))


# ---------------------------------------------------------------------------- shape_ops


@right("u06.shape_ops")
def permute(x, perm):
    """The inverse by a loop."""
    inverse = [0] * len(perm)
    for k, axis in enumerate(perm):
        inverse[axis] = k
    return Tensor(torch.permute(x.data, perm), [x], lambda g: (torch.permute(g, inverse).contiguous() * 1,))


@right("u06.shape_ops")
def permute(x, perm):
    """Without an inverse: g is written through a permuted view of zeros."""

    def vjp(g):
        dx = torch.zeros_like(x.data)
        dx.permute(perm).copy_(g)
        return (dx,)

    return Tensor(x.data.permute(*perm), (x,), vjp)


@right("u06.shape_ops")
def concat(xs, dim=0):
    """narrow with a running offset."""
    xs = list(xs)

    def vjp(g):
        parts, start = [], 0
        for x in xs:
            parts.append(g.narrow(dim, start, x.shape[dim]) + 0)
            start += x.shape[dim]
        return tuple(parts)

    return Tensor(torch.cat([x.data for x in xs], dim=dim), xs, vjp)


@right("u06.shape_ops")
def split(x, sizes, dim=0):
    """Each part is an index of x along dim; zeros are put in front and behind."""
    parts, start = [], 0
    for size in sizes:
        data = x.data.narrow(dim, start, size).clone()
        before = x.data.narrow(dim, 0, start) * 0
        after = x.data.narrow(dim, start + size, x.shape[dim] - start - size) * 0
        parts.append(Tensor(data, (x,), lambda g, b=before, a=after: (torch.cat([b, g, a], dim),)))
        start += size
    return tuple(parts)


@right("u06.shape_ops")
def reshape(x, shape):
    """By way of one long row."""
    return Tensor(x.data.flatten().view(shape), (x,), lambda g: (g.flatten().view(x.data.shape).clone(),))


# ---------------------------------------------------------------------------- indexing_embedding


@right("u06.indexing_embedding")
def embedding(table, tokens):
    """A product with one-hot rows, forward and backward."""
    V = table.shape[0]
    hot = (tokens[..., None] == torch.arange(V, device=tokens.device)).to(table.data.dtype)
    return Tensor(hot @ table.data, (table,), lambda g: (hot.reshape(-1, V).T @ g.reshape(-1, g.shape[-1]),))


@right("u06.indexing_embedding")
def embedding(table, tokens):
    """A loop over the tokens, one row after the other."""

    def vjp(g):
        dt = torch.zeros_like(table.data)
        for token, row in zip(tokens.flatten().tolist(), g.reshape(-1, table.shape[1]), strict=True):
            dt[token] += row
        return (dt,)

    return Tensor(table.data.index_select(0, tokens.flatten()).reshape(*tokens.shape, -1), (table,), vjp)


@right("u06.indexing_embedding")
def embedding(table, tokens):
    """index_put_ with accumulate."""

    def vjp(g):
        return (torch.zeros_like(table.data).index_put_((tokens,), g, accumulate=True),)

    return Tensor(table.data[tokens, :], (table,), vjp)


@right("u06.indexing_embedding")
def gather(x, idx, dim):
    """A one-hot product: which entry of x each entry of y is."""
    size = torch.arange(x.shape[dim], device=idx.device)
    hot = (idx.movedim(dim, -1)[..., None] == size).to(x.data.dtype)

    def vjp(g):
        rows = (hot * g.movedim(dim, -1)[..., None]).sum(-2).movedim(-1, dim)
        dx = torch.zeros_like(x.data)
        dx[tuple(slice(0, n) for n in rows.shape)] = rows
        return (dx,)

    return Tensor(torch.gather(x.data, dim, idx), (x,), vjp)


@right("u06.indexing_embedding")
def index(x, key):
    """The places are counted, and put_ adds at places of the flattened tensor."""
    count = torch.arange(x.data.numel(), device=x.data.device).view(x.shape)

    def vjp(g):
        return (torch.zeros_like(x.data).put_(count[key], g, accumulate=True),)

    return Tensor(x.data[key].clone(), (x,), vjp)


# ---------------------------------------------------------------------------- softmax_family


@right("u06.softmax_family")
def softmax(x, dim=-1):
    """With the Jacobian of each row: diag(p) - p pᵀ."""
    z = x.data.movedim(dim, -1)
    e = torch.exp(z - z.max(-1, keepdim=True).values)
    p = e / e.sum(-1, keepdim=True)

    def vjp(g):
        jacobian = torch.diag_embed(p) - p[..., :, None] * p[..., None, :]
        return ((jacobian @ g.movedim(dim, -1)[..., None])[..., 0].movedim(-1, dim),)

    return Tensor(p.movedim(-1, dim), (x,), vjp)


@right("u06.softmax_family")
def softmax(x, dim=-1):
    """The exponential of log_softmax: the chain rule does the rest."""
    return exp(log_softmax(x, dim))


@right("u06.softmax_family")
def log_softmax(x, dim=-1):
    """x minus its logsumexp, which is shifted in a way of its own."""
    z = x.data - torch.amax(x.data, dim, keepdim=True)
    lse = z.exp().sum(dim, keepdim=True).log()
    p = torch.exp(z - lse)

    def vjp(g):
        return (torch.sub(g, g.sum(dim, keepdim=True).mul(p)),)

    return Tensor(z - lse, (x,), vjp)


@right("u06.softmax_family")
def logsumexp(x, dim=-1):
    """The gradient by exp(x - y)."""
    m = x.data.amax(dim)
    y = (x.data - m.unsqueeze(dim)).exp().sum(dim).log()

    def vjp(g):
        p = (x.data - m.unsqueeze(dim) - y.unsqueeze(dim)).exp()
        return (p * g.unsqueeze(dim),)

    return Tensor(m + y, (x,), vjp)


# ---------------------------------------------------------------------------- inplace_guard


@right("u06.inplace_guard")
def save(name, *tensors):
    """Pairs of Tensor and version, looked at one by one."""
    kept = [(tensor, tensor.version) for tensor in tensors]

    def load():
        found = []
        for tensor, version in kept:
            if tensor.version != version:
                found = None
                break
            found.append(tensor.data)
        if found is None:
            raise RuntimeError(f"a tensor saved by {name} was modified by an in-place operation")
        return tuple(found)

    return load


@right("u06.inplace_guard")
class Tensor:
    """add_ by torch's method."""

    def add_(self, other):
        self.version = self.version + 1
        self.data.add_(other)
        return self


@right("u06.inplace_guard")
def safe_mul(a, b):
    """Two saves, one for each operand."""
    load_a, load_b = save("mul", a), save("mul", b)

    def vjp(g):
        return unbroadcast(g * load_b()[0], a.shape), unbroadcast(g * load_a()[0], b.shape)

    return Tensor(a.data * b.data, (a, b), vjp)


@right("u06.inplace_guard")
def safe_exp(x):
    """The vjp first, which finds y and its version later."""
    found = []

    def vjp(g):
        (y,) = found[0]()
        return (y * g,)

    y = Tensor(torch.exp(x.data), (x,), vjp)
    found.append(save("exp", y))
    return y


@right("u06.inplace_guard")
def safe_add(a, b):
    """As add; nothing to save."""
    return add(a, b)
