"""Hidden tests of unit 6: the same numbers in other places, and entries that are picked."""

import torch
from checks_tensor import arrived, check, check_op, check_owned, is_tensor, listed, normal, sizes

from grader.testing import exercise, fail

SAME_PERM = "the permutation is applied once more, where its inverse belongs"
RESHAPED = "reshaped to the right shape, where the axes must be put back"
EQUAL_PARTS = "g is cut into equal parts, where each has the size of its operand"
OTHER_ORDER = "the parts of g go to the operands in another order"
TO_THE_FRONT = "the part's gradient stands at the beginning, not where the part was taken"
ASSIGNED = "an entry that is picked several times keeps one gradient, not the sum"
MEAN = "the mean over the times that an entry is picked, where the sum belongs"


# ---------------------------------------------------------------------------- u06.shape_ops


@exercise("u06.shape_ops", weight=2)
def test_reshape_and_back(student, rng, reference, device):
    """The gradient takes the shape of x again, each entry where it was."""
    a, b, c = sizes(rng, 3, high=7)
    for old, new in (
        ((a, b, c), (a * b, c)),
        ((a * b, c), (c, -1)),
        ((a, b), (a * b,)),
        ((b,), (1, b, 1)),
        ((), (1, 1)),
    ):
        x = normal(rng, *old, device=device)
        called = f"y = reshape(x, {new}) with x {listed(x)}"
        check_op(student, reference, rng, "reshape", [x], new, called=called, names="x")
    check_owned(
        student,
        reference,
        rng,
        "reshape",
        [normal(rng, a, b, device=device)],
        (b, a),
        called="y = reshape(x, shape)",
        names="x",
    )


@exercise("u06.shape_ops", weight=3)
def test_axes_in_every_order(student, rng, reference, device):
    """For 3 and 4 axes, orders that undo themselves and orders that do not."""
    for perm in ((1, 2, 0), (2, 0, 1), (1, 3, 0, 2), (3, 0, 2, 1), (1, 0), (0, 2, 1)):
        n, owned = len(perm), perm == (2, 0, 1)
        for shape in (sizes(rng, n, high=7), sizes(rng, 1, high=5) * n):
            x = normal(rng, *shape, device=device)

            def suspects(g, x=x, perm=perm):
                again = g.permute(perm)
                return {"x": {SAME_PERM: again, RESHAPED: g.reshape(x.shape)}}

            called = f"y = permute(x, {perm}) with x {listed(x)}"
            check_op(
                student, reference, rng, "permute", [x], perm, called=called, names="x", suspects=suspects
            )
        if owned:
            check_owned(student, reference, rng, "permute", [x], perm, called=called, names="x")


def check_concat(student, reference, rng, arrays, dim):
    """The student's concat of these, and the parts of g that come back."""
    called = f"y = concat([{', '.join('abc'[: len(arrays)])}], {dim}) with shapes {listed(*arrays)}"
    own = [reference.Tensor(x.clone()) for x in arrays]
    mine = [student.Tensor(x.clone()) for x in arrays]
    y, expected = student.concat(mine, dim), reference.concat(own, dim)
    is_tensor(student, y, called)
    check(y.data, expected.data, of="y.data", called=called)
    g = normal(rng, *expected.shape, device=expected.data.device)
    expected.backward(g)
    y.backward(g)
    equal = g.tensor_split(len(arrays), dim)
    turned = g.split([x.shape[dim] for x in arrays[::-1]], dim)[::-1]
    for key, leaf, other, same, back in zip("abc", mine, own, equal, turned, strict=False):
        named = {EQUAL_PARTS: same, OTHER_ORDER: back}
        mine_grad = arrived(leaf, key, called)
        check(mine_grad, other.grad, of=f"{key}.grad", called=f"{called}, y.backward(g)", suspects=named)


@exercise("u06.shape_ops", weight=3)
def test_concat_of_unequal_parts(student, rng, reference, device):
    """Each operand gets its own part of g, along the first axis, the last one, or one between."""
    for dim in (0, 1, -1):
        a, b, c, n = sizes(rng, 4)
        arrays = []
        for size in (n, a, b):
            shape = [b, c, a]
            shape[dim] = size
            arrays.append(normal(rng, *shape, device=device))
        check_concat(student, reference, rng, arrays, dim)
    x, g = normal(rng, a, b, device=device), normal(rng, a + a, b, device=device)
    twice = student.Tensor(x.clone())
    student.concat([twice, twice]).backward(g)
    called = "y = concat([a, a]), y.backward(g)"
    parts = [g[:a], g[a:]]
    check(arrived(twice, "a", called), g[:a] + g[a:], of="a.grad", called=called, contributions=parts)


def check_split(student, rng, x, cut, dim):
    """The student's split, each part used by itself: its gradient arrives at the place it came from."""
    called = f"split(x, {cut}, {dim}) with x {listed(x)}"
    expected = x.split(cut, dim)
    leaf = student.Tensor(x.clone())
    parts = student.split(leaf, cut, dim)
    if not isinstance(parts, list | tuple) or len(parts) != len(cut):
        fail(f"the result is not a list of {len(cut)} Tensors", called=called, yours=parts)
    total, upstream = torch.zeros_like(x), []
    for k, (part, data) in enumerate(zip(parts, expected, strict=True)):
        is_tensor(student, part, called)
        check(part.data, data, of=f"part {k}.data", called=called)
        g = normal(rng, *data.shape, device=x.device)
        part.backward(g)
        upstream.append(g)
        total.narrow(dim, sum(cut[:k]), cut[k]).add_(g)
        front = torch.zeros_like(x)
        for one in upstream:
            front.narrow(dim, 0, one.shape[dim]).add_(one)
        told = f"{called}, backward of parts 0 to {k}"
        check(arrived(leaf, "x", told), total, of="x.grad", called=told, suspects={TO_THE_FRONT: front})


@exercise("u06.shape_ops", weight=2)
def test_parts_of_a_split(student, rng, reference, device):
    """x gets the gradient of each part at the part's place, and 0 elsewhere."""
    for dim in (0, 1, -1):
        a, b, c, n = sizes(rng, 4)
        shape, cut = [n, a, b], [a, c, b]
        shape[dim] = sum(cut)
        check_split(student, rng, normal(rng, *shape, device=device), cut, dim)


# ---------------------------------------------------------------------------- u06.indexing_embedding


def picked(x, places):
    """g -> the named mistakes, for entries of x that stand at these places, counted through all of x."""

    def suspects(g):
        flat, at, values = torch.zeros_like(x).flatten(), places.flatten(), g.flatten()
        last = flat.clone()
        for place, value in zip(at.tolist(), values, strict=True):
            last[place] = value
        count = flat.index_add(0, at, torch.ones_like(values)).clamp(min=1)
        mean = flat.index_add(0, at, values) / count
        return {"x": {ASSIGNED: last.reshape(x.shape), MEAN: mean.reshape(x.shape)}}

    return suspects


def numbered(x):
    return torch.arange(x.numel(), device=x.device).reshape(x.shape)


def check_index(student, reference, rng, x, key, *, told):
    called, places = f"y = index(x, {told}) with x {listed(x)}", numbered(x)[key]
    check_op(student, reference, rng, "index", [x], key, called=called, names="x", suspects=picked(x, places))


def drawn_ints(rng, high, *shape, device):
    """Indices below `high`, of which the first occurs twice at least."""
    found = torch.tensor(rng.integers(0, high, shape), device=device).flatten()
    found[-1] = found[1] = found[0]
    return found.reshape(shape)


@exercise("u06.indexing_embedding", weight=2)
def test_slices_and_single_entries(student, rng, reference, device):
    """What is picked once gets its g; all other entries get 0."""
    a, b, c = sizes(rng, 3, low=4)
    for key, told in (
        (slice(1, None), "1:"),
        ((slice(None), slice(None, -1), 1), ":, :-1, 1"),
        ((slice(None, None, 2), None, 2), "::2, None, 2"),
        (-1, "-1"),
        ((0, 1, 2), "0, 1, 2"),
    ):
        check_index(student, reference, rng, normal(rng, a, b, c, device=device), key, told=told)


@exercise("u06.indexing_embedding", weight=3)
def test_entries_that_are_picked_twice(student, rng, reference, device):
    """An index tensor may name a place several times: the gradients of all times are added."""
    a, b, c = sizes(rng, 3)
    i, j = (drawn_ints(rng, size, 5, device=device) for size in (a, b))
    table = drawn_ints(rng, b, 3, 4, device=device)
    for key, told in (
        (i, "int64[5]"),
        ((i, j), "int64[5], int64[5]"),
        ((slice(None), table), ":, int64[3, 4]"),
        ((slice(1, 3), j, 1), "1:3, int64[5], 1"),
    ):
        check_index(student, reference, rng, normal(rng, a, b, c, device=device), key, told=told)
    x = normal(rng, a, b, device=device)
    check_index(student, reference, rng, x, x > 0, told="bool, as x has it,")
    check_index(
        student,
        reference,
        rng,
        normal(rng, 101, 97, device=device),
        drawn_ints(rng, 101, 30, device=device),
        told="int64[30]",
    )


@exercise("u06.indexing_embedding", weight=2)
def test_gather_along_each_axis(student, rng, reference, device):
    """gather with an index that names places twice, also one that is shorter than x along other axes."""
    for dim in (0, 1, -1):
        a, b, c = sizes(rng, 3)
        x, shape = normal(rng, a, b, c, device=device), [a, b, c]
        shape[dim] += 3
        shape[dim - 1] -= 1
        idx = drawn_ints(rng, x.shape[dim], *shape, device=device)
        idx.select(dim, 1).copy_(idx.select(dim, 0))
        called = f"y = gather(x, idx, {dim}) with x, idx {listed(x, idx)}"
        suspects = picked(x, numbered(x).gather(dim, idx))
        check_op(
            student, reference, rng, "gather", [x], idx, dim, called=called, names="x", suspects=suspects
        )


@exercise("u06.indexing_embedding", weight=3)
def test_rows_of_an_embedding(student, rng, reference, device):
    """Tokens that occur several times, tokens that do not occur; a row, a batch, a single token."""
    V, D, B, T = sizes(rng, 4)
    for shape in ((T,), (B, T), (2, B, T)):
        table = normal(rng, V, D, device=device)
        tokens = drawn_ints(rng, V - 1, *shape, device=device)
        called = f"y = embedding(x, tokens) with x, tokens {listed(table, tokens)}"
        suspects = picked(table, numbered(table)[tokens])
        check_op(
            student, reference, rng, "embedding", [table], tokens, called=called, names="x", suspects=suspects
        )
    token = torch.tensor(int(rng.integers(0, V)), device=device)
    check_op(
        student, reference, rng, "embedding", [table], token, called="y = embedding(x, one token)", names="x"
    )
    check_owned(
        student, reference, rng, "embedding", [table], tokens, called="y = embedding(x, tokens)", names="x"
    )
