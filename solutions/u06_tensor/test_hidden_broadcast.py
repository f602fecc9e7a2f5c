"""Hidden tests of unit 6: broadcasting forward, and the sum over its copies backward."""

import torch
from checks_tensor import F32, arrived, check, check_op, check_owned, listed, normal, positive, sizes

from grader.testing import exercise, fail

EVERYTHING = "everything is summed, where nothing or less was broadcast"
MEAN = "the mean over the copies, where their sum belongs"
ONE_COPY = "one of the copies alone, where the sum over all of them belongs"
ITSELF = "g itself comes back, where a new tensor belongs"


# ---------------------------------------------------------------------------- u06.unbroadcast


def copied(g, shape):
    """The axes of g along which an array of this shape was copied, counted from the end."""
    return [k for k in range(-g.ndim, 0) if k < -len(shape) or (shape[k] == 1 != g.shape[k])]


def mistakes(g, shape):
    """sentence -> what the mistake gives"""
    all_axes = copied(g, shape)
    n = g.numel() // max(1, torch.Size(shape).numel())
    first = g[tuple(slice(0, 1) if k in all_axes else slice(None) for k in range(-g.ndim, 0))]
    total = g.sum(all_axes, keepdim=True).reshape(shape) if all_axes else g
    return {
        EVERYTHING: g.sum().expand(shape),
        MEAN: total / n,
        ONE_COPY: first.reshape(shape),
    }


def check_sum(student, reference, g, shape):
    shape = tuple(shape)
    called = f"unbroadcast(g, {shape}) with g {listed(g)}"
    expected = reference.unbroadcast(g.clone(), shape)
    yours = student.unbroadcast(g, shape)
    if yours is g:
        fail("the result is g itself", called=called, diagnosis=ITSELF)
    check(yours, expected, of="the result", called=called, suspects=lambda: mistakes(g, shape))


@exercise("u06.unbroadcast", weight=2)
def test_axes_in_front_are_summed(student, rng, reference, device):
    """Axes of g that the array did not have were copies: they are summed away."""
    a, b, c = sizes(rng, 3)
    for shape in ((b, c), (c,), ()):
        check_sum(student, reference, normal(rng, a, b, c, device=device), shape)
    check_sum(student, reference, normal(rng, a, b, device=device), (b,))


@exercise("u06.unbroadcast", weight=2)
def test_axes_of_size_one_are_summed(student, rng, reference, device):
    """Axes that had the size 1 were copied too: they are summed, and stay as axes of size 1."""
    a, b, c = sizes(rng, 3)
    for shape in ((a, 1, c), (1, b, 1), (a, b, 1), (1, 1, 1), (1, b, c)):
        check_sum(student, reference, normal(rng, a, b, c, device=device), shape)


@exercise("u06.unbroadcast", weight=2)
def test_both_kinds_at_once(student, rng, reference, device):
    """New axes in front, axes of size 1, and axes of size 1 that were never copied."""
    a, b, c, d = sizes(rng, 4, high=8)
    g = normal(rng, a, b, c, d, device=device)
    for shape in ((b, 1, d), (1, d), (c, 1), (1, 1)):
        check_sum(student, reference, g, shape)
    check_sum(student, reference, normal(rng, a, 1, c, d, device=device), (1, c, 1))


@exercise("u06.unbroadcast", in_place=True)
def test_sum_over_copies_is_a_new_tensor(student, rng, reference, device):
    """The result is a tensor of its own, of g's dtype, and g stays as it was."""
    a, b = sizes(rng, 2)
    for g, shape in (
        (normal(rng, a, b, device=device), (b,)),
        (normal(rng, a, b, device=device, dtype=F32), (a, 1)),
        (normal(rng, 101, 99, device=device), (1, 99)),
        (normal(rng, 1, b, device=device), (b,)),
        (normal(rng, a, b, device=device), (a, b)),
    ):
        before = g.clone()
        check_sum(student, reference, g, shape)
        if not torch.equal(g, before):
            fail("g is not what it was", called=f"unbroadcast(g, {shape})", diagnosis="g is changed in place")
    x = [normal(rng, a, b, device=device)]
    called = "y = broadcast(x, x.shape), by your unbroadcast"
    check_owned(student, reference, rng, "broadcast", x, (a, b), called=called, names="x")


# ---------------------------------------------------------------------------- u06.elementwise

OWN = "each factor has its own number as its derivative"
NO_MINUS = "the minus sign of 1 / b is missing"
NO_N = "the factor n is missing"
BY_X = "the derivative is taken at x where the formula has the result"
BY_Y = "the derivative is taken at the result where the formula has x"


def pair(rng, device, *shapes):
    return [positive(rng, *shape, device=device) for shape in shapes]


def summed(x, like):
    """Over all copies of `like` within x, by the definition."""
    found = torch.zeros_like(like)
    flat = torch.arange(like.numel(), device=x.device).reshape(like.shape).expand(x.shape).flatten()
    return found.flatten().index_add(0, flat, x.flatten()).reshape(like.shape)


def two_operands(name, a, b):
    """g -> the named mistakes of a.grad and b.grad."""

    def suspects(g):
        if name == "mul":
            return {"a": {OWN: summed(g * a, a)}, "b": {OWN: summed(g * b, b)}}
        if name == "div":
            return {"b": {NO_MINUS: summed(g * a / b / b, b)}}
        return {}

    return suspects


@exercise("u06.elementwise", weight=3)
def test_sum_product_and_quotient(student, rng, reference, device):
    """add, mul and div of two operands of one shape, and of one operand with itself."""
    a, b = sizes(rng, 2)
    for name in ("add", "mul", "div"):
        x, y = pair(rng, device, (a, b), (a, b))
        called = f"y = {name}(a, b) with a, b {listed(x)}"
        check_op(student, reference, rng, name, [x, y], called=called, suspects=two_operands(name, x, y))
        if name == "div":
            continue  # a / a is 1, and its gradient 0
        leaf, own = student.Tensor(x.clone()), reference.Tensor(x.clone())
        g = normal(rng, a, b, device=device)
        getattr(student, name)(leaf, leaf).backward(g)
        getattr(reference, name)(own, own).backward(g)
        called = f"{name}(a, a).backward(g)"
        check(
            arrived(leaf, "a", called),
            own.grad,
            of="a.grad",
            called=called,
            contributions=[own.grad / 2] * 2,
        )


@exercise("u06.elementwise", weight=3)
def test_two_operands_that_broadcast(student, rng, reference, device):
    """add, mul and div where one operand, or each of them, is copied along some axes."""
    a, b, c = sizes(rng, 3, high=8)
    shapes = (((a, b, c), (c,)), ((b, 1), (a, b, c)), ((a, 1, c), (b, 1)), ((), (b, c)))
    for at, name in enumerate(("add", "mul", "div")):
        for shape, other in (shapes[at], shapes[(at + 1) % 3], shapes[3]):
            x, y = pair(rng, device, shape, other)
            called = f"y = {name}(a, b) with a, b {listed(x, y)}"
            check_op(student, reference, rng, name, [x, y], called=called, suspects=two_operands(name, x, y))


@exercise("u06.elementwise", weight=3)
def test_functions_of_one_operand(student, rng, reference, device):
    """power, exp, log, tanh and relu, each with its derivative at x."""
    a, b = sizes(rng, 2)
    for n in (3, -1.5, 2, 1):
        x = positive(rng, a, b, device=device)
        if n > 0:  # an int: entries below 0 are welcome too
            x = x * normal(rng, a, b, device=device).sign()

        def wrong_powers(g, x=x, n=n):
            return {"x": {NO_N: g * x ** (n - 1)}}

        called = f"y = power(x, {n})"
        check_op(student, reference, rng, "power", [x], n, called=called, names="x", suspects=wrong_powers)
    for name in ("exp", "log", "tanh"):
        x = positive(rng, a, b, device=device)
        y = getattr(torch, name)(x)
        at_x = {"exp": x, "log": 1 / x, "tanh": 1 - x * x}[name]
        at_y = {"exp": y.exp(), "log": 1 / y, "tanh": 1 - y.tanh() ** 2}[name]

        def misplaced(g, at_x=at_x, at_y=at_y):
            return {"x": {BY_X: g * at_x, BY_Y: g * at_y}}

        check_op(student, reference, rng, name, [x], called=f"y = {name}(x)", names="x", suspects=misplaced)
    x = normal(rng, a, b, device=device)
    x = x.sign() * (x.abs() + 0.1)
    check_op(student, reference, rng, "relu", [x], called="y = relu(x)", names="x")


@exercise("u06.elementwise")
def test_functions_at_their_corners(student, rng, reference, device):
    """relu has the derivative 0 at 0, tanh saturates without nan, exp of -800 is 0; float32 stays float32."""
    a = sizes(rng, 1)[0]
    for name, corners in (("relu", (0.0, -3.0, 2.0)), ("tanh", (800.0, -800.0, 0.0)), ("exp", (-800.0, 0.0))):
        x = torch.cat(
            [torch.tensor(corners, device=device, dtype=torch.float64), normal(rng, a, device=device)]
        )
        called = f"y = {name}(x) with {', '.join(f'{c:g}' for c in corners)} in x"
        check_op(student, reference, rng, name, [x], called=called, names="x")
    for name, count in (("mul", 2), ("div", 2), ("tanh", 1), ("relu", 1)):
        arrays = [positive(rng, 3, a, device=device, dtype=F32) for _ in range(count)]
        check_op(student, reference, rng, name, arrays, called=f"y = {name} of float32")


@exercise("u06.elementwise", weight=2)
def test_operands_that_are_used_again(student, rng, reference, device):
    """Each gradient is a tensor of its own: what other uses add to it later changes no other one."""
    a, b = sizes(rng, 2)
    for name in ("add", "mul", "div"):
        x, y = pair(rng, device, (a, b), (a, b))
        check_op(student, reference, rng, name, [x, y], called=f"y = {name}(a, b)")
        check_owned(student, reference, rng, name, [x, y], called=f"y = {name}(a, b)")
    for name in ("exp", "log", "tanh", "relu"):
        x = positive(rng, a, b, device=device)
        check_owned(student, reference, rng, name, [x], called=f"y = {name}(x)", names="x")
