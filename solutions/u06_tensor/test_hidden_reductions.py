"""Hidden tests of unit 6: sums, means and maxima, and the softmax family."""

import math

import torch
from checks_tensor import F32, check_op, check_owned, listed, normal, sizes

from grader.testing import exercise

WRONG_AXIS = "g is spread along another axis: give it the reduced axes back before it broadcasts"
NO_N = "not divided by the number of entries in a mean"
EACH_MAX = "each of the entries that share the maximum gets all of g"
FIRST_MAX = "the first of the entries that share the maximum gets all of g"
NO_MASK = "every entry gets g, not only the largest"


def call(name, dim, keepdim, x):
    return f"y = {name}(x, {dim}, {keepdim}) with x {listed(x)}"


def axes_of(x, dim):
    dims = range(x.ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return tuple(d % x.ndim for d in dims)


def sums_suspects(name, x, dim):
    """The named mistakes of a sum or a mean."""
    dims = axes_of(x, dim)
    count = math.prod(x.shape[d] for d in dims)

    def suspects(g):
        kept = [1 if k in dims else size for k, size in enumerate(x.shape)]
        spread = g.reshape(kept).expand(x.shape)
        n = count if name == "reduce_mean" else 1
        found = {}
        if name == "reduce_mean":
            found = {NO_N: spread}
        plain = g.reshape([size for k, size in enumerate(x.shape) if k not in dims])
        if all(mine in (1, size) for mine, size in zip(plain.shape[::-1], x.shape[::-1], strict=False)):
            found[WRONG_AXIS] = plain.expand(x.shape) / n
        return {"x": found}

    return suspects


def max_suspects(x, dim):
    dims = axes_of(x, dim)
    largest = x.amax(dims, keepdim=True)
    mask = x == largest

    def suspects(g):
        g = g.reshape(largest.shape)
        moved = mask.permute(*(k for k in range(x.ndim) if k not in dims), *dims)
        rows = moved.reshape(-1, math.prod(x.shape[d] for d in dims))
        once = (rows.cumsum(-1) == 1) & rows
        back = sorted(range(x.ndim), key=lambda k: [*(j for j in range(x.ndim) if j not in dims), *dims][k])
        first = once.reshape(moved.shape).permute(back)
        return {"x": {EACH_MAX: g * mask, FIRST_MAX: g * first, NO_MASK: g.expand(x.shape)}}

    return suspects


def check_reduction(student, reference, rng, name, x, *, dim, keepdim):
    suspects = max_suspects(x, dim) if name == "reduce_max" else sums_suspects(name, x, dim)
    called = call(name, dim, keepdim, x)
    check_op(student, reference, rng, name, [x], dim, keepdim, called=called, names="x", suspects=suspects)


# ---------------------------------------------------------------------------- u06.reductions

NAMES = ("reduce_sum", "reduce_mean", "reduce_max")


def drawn(rng, *shape, device):
    """Few different numbers, so that the largest is often there several times; none of them is 0."""
    return torch.tensor(rng.integers(1, 5, shape), dtype=torch.float64, device=device) - 0.25


@exercise("u06.reductions", weight=3)
def test_along_one_axis(student, rng, reference, device):
    """Along an axis in front, in the middle or at the end, with keepdim and without."""
    for at, name in enumerate(NAMES):
        a, b, c = sizes(rng, 3, high=7)
        for dim, keepdim in ((0, False), (1, True), (-1, False), (1 - 3 * (at % 2), False)):
            check_reduction(
                student, reference, rng, name, drawn(rng, a, b, c, device=device), dim=dim, keepdim=keepdim
            )


@exercise("u06.reductions", weight=3)
def test_along_several_axes_or_all(student, rng, reference, device):
    """Along a tuple of axes, in any order, or along all of them."""
    for name in NAMES:
        a, b, c = sizes(rng, 3, high=7)
        for dim, keepdim in (((0, 2), False), ((-1, 1), True), ((1, 0), False), (None, False), (None, True)):
            check_reduction(
                student, reference, rng, name, drawn(rng, a, b, c, device=device), dim=dim, keepdim=keepdim
            )


@exercise("u06.reductions", weight=2)
def test_axes_of_equal_sizes(student, rng, reference, device):
    """Where all axes have the same size, a wrong one shows in the numbers alone."""
    for name in NAMES:
        for dim in (0, 1, (0, 2)):
            n = sizes(rng, 1, high=6)[0]
            x = normal(rng, n, n, n, device=device)
            check_reduction(student, reference, rng, name, x, dim=dim, keepdim=False)


@exercise("u06.reductions", weight=2)
def test_what_is_reduced_and_used_again(student, rng, reference, device):
    """The gradients have memory of their own, and can be added to."""
    for name in NAMES:
        a, b = sizes(rng, 2)
        for dim in (1, None):
            x = drawn(rng, a, b, device=device)
            check_reduction(student, reference, rng, name, x, dim=dim, keepdim=False)
            called = call(name, dim, False, x)
            check_owned(student, reference, rng, name, [x], dim, called=called, names="x")


# ---------------------------------------------------------------------------- u06.softmax_family

FAMILY = ("logsumexp", "softmax", "log_softmax")
DIAGONAL = "only the diagonal of the softmax Jacobian"
NO_SUM = "the sum is missing in the gradient of softmax"
OTHER_AXIS = "the sum runs along another axis than dim"
ALL_ROWS = "one sum over all entries, not one along dim"
UNSHARED = "every entry gets the whole g, where it is shared out by p"


def family_suspects(name, x, dim):
    p = torch.softmax(x, dim)
    other = 0 if dim % x.ndim else x.ndim - 1

    def suspects(g):
        if name == "logsumexp":
            g = g.unsqueeze(dim)
            return {"x": {UNSHARED: g.expand(x.shape), OTHER_AXIS: g * torch.softmax(x, other)}}
        if name == "softmax":
            mixed = {
                OTHER_AXIS: g * p - p * (g * p).sum(other, keepdim=True),
                ALL_ROWS: p * (g - (g * p).sum()),
            }
            return {"x": {DIAGONAL: g * p * (1 - p), NO_SUM: g * p, **mixed}}
        mixed = {OTHER_AXIS: g - p * g.sum(other, keepdim=True), ALL_ROWS: g - p * g.sum()}
        return {"x": {DIAGONAL: g * (1 - p), **mixed}}

    return suspects


def check_family(student, reference, rng, name, x, *, dim):
    called = f"y = {name}(x, {dim}) with x {listed(x)}"
    check_op(
        student,
        reference,
        rng,
        name,
        [x],
        dim,
        called=called,
        names="x",
        suspects=family_suspects(name, x, dim),
    )


@exercise("u06.softmax_family", weight=3)
def test_family_along_the_last_axis(student, rng, reference, device):
    """One distribution in each row: forward, and the gradient of all its entries."""
    for name in FAMILY:
        for axes in (1, 2, 3):
            x = normal(rng, *sizes(rng, axes, high=7), device=device)
            check_family(student, reference, rng, name, x, dim=-1)


@exercise("u06.softmax_family", weight=2)
def test_family_along_other_axes(student, rng, reference, device):
    """dim may be any axis; the sums run along it, and along no other one."""
    for name in FAMILY:
        for dim in (0, 1, -2):
            n = sizes(rng, 1, high=6)[0]
            check_family(student, reference, rng, name, normal(rng, n, n, n, device=device), dim=dim)
            check_family(student, reference, rng, name, normal(rng, *sizes(rng, 3), device=device), dim=dim)


@exercise("u06.softmax_family", weight=2)
def test_family_of_large_logits(student, rng, reference, device):
    """Rows 1600 apart, logits of 1000, entries of -inf: neither forward nor backward is there a nan."""
    for name in FAMILY:
        rows, V = sizes(rng, 2)
        far = normal(rng, rows, V, device=device, spread=2)
        far[0] += 800
        far[1] -= 800
        far[2, 0] += 1000
        check_family(student, reference, rng, name, far, dim=-1)
        masked = normal(rng, rows, V, device=device)
        masked[0, 1] = masked[1, 0] = -math.inf
        if name != "log_softmax":  # -inf in the result: there is no tolerance per tensor
            check_family(student, reference, rng, name, masked, dim=-1)


@exercise("u06.softmax_family")
def test_logits_that_are_used_again(student, rng, reference, device):
    """Gradients of their own, of the dtype of x."""
    for name in FAMILY:
        for dtype in (torch.float64, F32):
            x = normal(rng, *sizes(rng, 2), device=device, dtype=dtype)
            check_family(student, reference, rng, name, x, dim=-1)
        called = f"y = {name}(x, 0)"
        x = normal(rng, *sizes(rng, 2), device=device)
        check_family(student, reference, rng, name, x, dim=0)
        check_owned(student, reference, rng, name, [x], 0, called=called, names="x")
