"""What the hidden tests of unit 6 share: one operation on drawn operands, forward and backward.

Every gradient is held to 1e-12 of its tensor's largest entry, which no quotient of differences meets.
"""

import torch

from grader.testing import assert_gradient, fail

F32, F64 = torch.float32, torch.float64
EXACT = 1e-12
NEAR = {F64: EXACT, F32: 1e-5}
RETURN = "forgot `return`?"
NOT_ARRIVED = "nothing arrives at an operand: is it among the parents?"
ALIASED = "g is changed, or comes back itself or as a view: gradients must not share memory"
SWAPPED = "the gradients of the two operands stand in each other's place"
CHANGED = "an operand is changed in place"


def normal(rng, *shape, device, dtype=F64, spread=1.0):
    return torch.tensor(rng.normal(0, spread, shape), dtype=dtype, device=device)


def positive(rng, *shape, device, dtype=F64):
    """Numbers from 0.5 to 2."""
    return torch.tensor(rng.uniform(0.5, 2, shape), dtype=dtype, device=device)


def sizes(rng, count, low=3, high=9):
    """Sizes of axes, no two alike."""
    return [int(size) for size in rng.choice(range(low, high), count, replace=False)]


def listed(*arrays):
    """Shapes as a student reads them."""
    return ", ".join(str(list(x.shape)) for x in arrays)


def is_tensor(student, y, called):
    """Stop with a clear word where y is not a Tensor."""
    if not isinstance(y, student.Tensor):
        cause = RETURN if repr(y) == "None" else ""
        fail("the result is not a Tensor", called=called, yours=y, diagnosis=cause)


def fine(yours, expected, rtol=None):
    """Whether it is right beyond doubt; then no mistake has to be computed."""
    if type(yours) is not torch.Tensor or yours.dtype != expected.dtype or yours.device != expected.device:
        return False
    if yours.shape != expected.shape:
        return False
    gap = (yours - expected).abs()
    return bool((gap <= (rtol or NEAR[expected.dtype]) * expected.abs().max()).all()) if gap.numel() else True


def check(yours, expected, *, of, called, suspects=None, **more):
    """assert_gradient, for its tolerance per tensor. suspects: a dict, or a function that makes it"""
    if fine(yours, expected):
        return
    suspects = suspects() if callable(suspects) else suspects
    rtol = NEAR[expected.dtype]
    assert_gradient(yours, expected, of=of, called=called, rtol=rtol, atol=1e-16, suspects=suspects, **more)


def arrived(leaf, name, called):
    """leaf.grad, where something arrived."""
    if leaf.grad is None:
        fail(f"{name}.grad is None", called=called, diagnosis=NOT_ARRIVED)
    return leaf.grad


def run(side, name, arrays, g, *more, **options):
    """The operation on leaves of one side: its result and the leaves' gradients."""
    leaves = [side.Tensor(x.clone()) for x in arrays]
    y = getattr(side, name)(*leaves, *more, **options)
    y.backward(g)
    return y.data, tuple(leaf.grad for leaf in leaves)


def check_op(student, reference, rng, name, arrays, *more, called, names="ab", suspects=None):
    """The student's operation has the reference's result, and brings the same gradients to its operands.

    more: the arguments behind the operands
    suspects: {name of an operand: {mistake: its gradient}}, or a function of g that makes it
    """
    expected = getattr(reference, name)(*(reference.Tensor(x.clone()) for x in arrays), *more)
    leaves = [student.Tensor(x.clone()) for x in arrays]
    y = getattr(student, name)(*leaves, *more)
    is_tensor(student, y, called)
    check(y.data, expected.data, of="y.data", called=called)
    g = normal(rng, *expected.shape, device=expected.data.device, dtype=expected.data.dtype)
    expected.backward(g)
    y.backward(g)
    named = dict(zip(names, arrays, strict=False))
    other = (
        {key: p.grad for key, p in zip(names, expected.parents[::-1], strict=False)}
        if len(leaves) == 2
        else {}
    )

    def mistakes(key):
        own = (suspects(g) if callable(suspects) else suspects or {}).get(key, {})
        return {**own, SWAPPED: other[key]} if other else own

    for key, leaf, parent in zip(names, leaves, expected.parents, strict=False):
        check(
            arrived(leaf, key, called),
            parent.grad,
            of=f"{key}.grad",
            called=f"{called}, y.backward(g)",
            upstream=g,
            arguments=named,
            suspects=lambda key=key: mistakes(key),
        )


def check_owned(student, reference, rng, name, arrays, *more, called, names="ab"):
    """Every operand is used once more, later on the way back: what that adds reaches no other gradient."""
    y = getattr(reference, name)(*(reference.Tensor(x.clone()) for x in arrays), *more)
    like = {"device": y.data.device, "dtype": y.data.dtype}
    g, more_g = normal(rng, *y.shape, **like), [normal(rng, *x.shape, **like) for x in arrays]
    y.backward(g)
    wanted = [leaf.grad + h for leaf, h in zip(y.parents, more_g, strict=True)]
    leaves = [student.Tensor(x.clone()) for x in arrays]
    # Made before y, and so met after it on the way back.
    others = [
        student.Tensor(x.clone(), (leaf,), lambda g: (g,)) for x, leaf in zip(arrays, leaves, strict=True)
    ]
    yours = getattr(student, name)(*leaves, *more)
    is_tensor(student, yours, called)
    root = student.Tensor(g.sum(), (yours, *others), lambda _: (g.clone(), *(h.clone() for h in more_g)))
    called += ", whose operands are used again"
    try:
        root.backward(g.sum())
    except RuntimeError as error:
        if "memory location" not in str(error):
            raise
        fail("a gradient cannot be added to", called=called, yours=str(error), diagnosis=ALIASED)
    if not fine(yours.grad, g):
        fail("y.grad is not g any more", called=called, yours=yours.grad, expected=g, diagnosis=ALIASED)
    for key, leaf, expected in zip(names, leaves, wanted, strict=False):
        mine = arrived(leaf, key, called)
        if not fine(mine, expected):
            fail(f"{key}.grad is wrong", called=called, yours=mine, expected=expected, diagnosis=ALIASED)
    for key, leaf, x in zip(names, leaves, arrays, strict=False):
        if not torch.equal(leaf.data, x):
            fail(f"{key}.data is not what it was", called=called, diagnosis=CHANGED)
