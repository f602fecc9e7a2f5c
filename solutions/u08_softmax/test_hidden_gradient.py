"""Hidden tests of unit 8: the gradient at the logits."""

from functools import partial

import torch
from checks_gradient import (
    DIAGONAL,
    F32,
    F64,
    INF,
    call,
    check,
    check_unchanged,
    normal,
    one_hot,
    positions,
    surprised,
)

from grader.testing import exercise, fail

NO_SUM = "the sum is missing in the gradient of softmax"
EQUAL_WEIGHTS = "the entries of a row are averaged as equals, not by their probabilities"
OTHER_AXIS = "dim is not used: the sum runs along another axis"
ALL_ROWS = "one sum over all entries, not one along dim"
NO_TARGET = "the target leaves no trace: these are the probabilities alone"
PAIRED = "the target of every row is subtracted in all rows"
TWICE = "the softmax is taken twice: of probabilities, as if they were logits"
OVERFLOW = "exp overflows: a large logit becomes inf before anything is divided"
GLOBAL = "the largest of all entries is subtracted, not the largest of each row"
P_INF = "0 / 0: the gradient must not go through 1 / p or log p"


def right_gradient(reference, logits, targets, reduction="mean", upstream=1.0):
    return reference.cross_entropy_gradient(logits, targets, reduction=reduction, upstream=upstream)


def gradient_suspects(reference, logits, targets, scale):
    """Mistakes in the gradient, for targets [N] or [B, T]. scale: upstream / what the loss is divided by."""
    p, V = reference.softmax(logits), logits.shape[-1]
    y = one_hot(targets, V, logits.dtype)
    together = y.flatten(0, -2).sum(0)
    return {
        DIAGONAL: scale * y * (p - 1),
        NO_TARGET: scale * p,
        PAIRED: scale * (p - together),
        "the target of every row is subtracted in all rows, but once": scale * (p - together.clamp(max=1)),
        TWICE: scale * (reference.softmax(p) - y),
        "the logits stand where the probabilities belong": scale * (logits - y),
        "the target is subtracted in the wrong place": scale
        * (p - y.flatten(0, -2).roll(1, 0).reshape(y.shape)),
    }


def check_gradient(student, reference, logits, targets, reduction="mean", *, upstream=1.0, **more):
    yours = student.cross_entropy_gradient(logits, targets, reduction=reduction, upstream=upstream)
    expected = right_gradient(reference, logits, targets, reduction, upstream)
    scale = upstream / (targets.numel() if reduction == "mean" else 1)
    called = call("cross_entropy_gradient", logits, repr(reduction), upstream)
    suspects = partial(gradient_suspects, reference, logits, targets, scale)
    check(yours, expected, called=called, upstream=upstream, suspects=suspects, **more)


def some_factor(rng):
    return float(rng.uniform(0.2, 0.8) * rng.choice((-1, 1)))


@exercise("u08.ce_gradient", weight=2)
def test_gradient_of_rows_and_of_batches(student, rng, reference, device):
    """dL/dlogits for [N, V] and for [B, T, V], for the mean and for the sum, times what comes from above."""
    for shape, V in (((7,), 5), ((3, 5), 7), ((1,), 3)):
        for reduction in ("mean", "sum"):
            logits = normal(rng, *shape, V, device=device)
            targets = positions(rng, V, *shape, device=device)
            factor = some_factor(rng)
            check_gradient(
                student, reference, surprised(logits, targets), targets, reduction, upstream=factor
            )
    logits, targets = normal(rng, 5, 3, device=device), positions(rng, 3, 5, device=device)
    yours, expected = (
        student.cross_entropy_gradient(logits, targets),
        right_gradient(reference, logits, targets),
    )
    check(yours, expected, called=call("cross_entropy_gradient", logits))


@exercise("u08.ce_gradient", weight=2, in_place=True)
def test_two_ways_to_one_gradient(student, rng, reference, device):
    """softmax_backward takes any dL/dp to dL/dz; for the loss, cross_entropy_gradient goes the whole way."""
    for shape, dim in (((3, 5), 1), ((5, 3), 0), ((3, 5, 7), 1), ((7,), -1)):
        p, dp = reference.softmax(normal(rng, *shape, device=device), dim), normal(rng, *shape, device=device)
        mean = dp.mean(dim, keepdim=True)
        suspects = {
            DIAGONAL: p * (1 - p) * dp,
            NO_SUM: p * dp,
            EQUAL_WEIGHTS: p * (dp - mean),
            "the entries of a row are added up without their probabilities": p * (dp - mean * shape[dim]),
            "the sign of the part that all entries of a row share": p
            * (dp + (p * dp).sum(dim, keepdim=True)),
            ALL_ROWS: p * (dp - (p * dp).sum()),
            "p is missing in the part that all entries of a row share": p * dp
            - (p * dp).sum(dim, keepdim=True),
        }
        if len(shape) > 1:
            other = -1 if dim % len(shape) != len(shape) - 1 else 0
            suspects[OTHER_AXIS] = p * (dp - (p * dp).sum(other, keepdim=True))
        called = f"softmax_backward(p, dp, dim={dim}) with p of shape {shape}"
        kept, yours = (p.clone(), dp.clone()), student.softmax_backward(p, dp, dim)
        check_unchanged(called, (p, kept[0]), (dp, kept[1]))
        expected = reference.softmax_backward(p, dp, dim)
        more = {"upstream": dp, "arguments": {"p": p, "dp": dp}, "suspects": suspects}
        check(yours, expected, of="dz", called=called, **more)
    logits, targets = normal(rng, 7, 5, device=device), positions(rng, 5, 7, device=device)
    check_gradient(student, reference, surprised(logits, targets), targets, upstream=some_factor(rng))


@exercise("u08.ce_gradient")
def test_gradient_of_many_entries(student, rng, reference, device):
    """Ten thousand logits cost no more than one softmax."""
    logits, targets = normal(rng, 37, 271, device=device), positions(rng, 271, 37, device=device)
    check_gradient(student, reference, surprised(logits, targets), targets, upstream=some_factor(rng))


@exercise("u08.ce_gradient")
def test_gradient_at_large_logits(student, rng, reference, device):
    """Rows of logits around 1000 and -1000, and classes at -inf, have an ordinary gradient."""
    far = torch.tensor([[800.0], [0.0], [-800.0], [300.0]], device=device, dtype=F64)
    targets = torch.tensor([2, 0, 1, 3], device=device)
    logits = torch.tensor(rng.integers(-3, 4, (4, 5)), dtype=F64, device=device)
    logits[1, 4], logits[3, 0], logits[3, 1], logits[3, 3] = -INF, 999, 1000, -1000
    for dtype in (F64, F32):
        z = (logits + far).to(dtype)
        y = one_hot(targets, 5, dtype)
        e, g = z.exp(), (z - z.max()).exp()
        naive, shifted = e / e.sum(-1, keepdim=True), g / g.sum(-1, keepdim=True)
        p = reference.softmax(z)
        broken = {
            OVERFLOW: naive,
            GLOBAL: shifted,
            P_INF: reference.softmax_backward(p, -y / p),
            "0 / 0: the gradient must not divide by the probabilities": -y / p * p,
        }
        check_gradient(student, reference, z, targets, upstream=some_factor(rng), broken=broken, far=True)


@exercise("u08.ce_gradient", in_place=True)
def test_gradient_keeps_dtype_and_arguments(student, rng, reference, device):
    """The gradient has the logits' dtype, and the logits and targets stay as they were."""
    for dtype in (F64, F32):
        logits = normal(rng, 3, 5, 7, device=device, dtype=dtype)
        targets = positions(rng, 7, 3, 5, device=device)
        logits = surprised(logits, targets)
        before, called = (logits.clone(), targets.clone()), call("cross_entropy_gradient", logits)
        yours = student.cross_entropy_gradient(logits, targets)
        check_unchanged(called, (logits, before[0]), (targets, before[1]))
        suspects = partial(gradient_suspects, reference, *before, 1 / 15)
        check(yours, right_gradient(reference, *before), called=called, suspects=suspects)


@exercise("u08.ce_gradient")
def test_gradient_of_other_reductions_is_refused(student, rng, reference, device):
    """A reduction that is neither "mean" nor "sum" raises ValueError."""
    logits, targets = normal(rng, 5, 3, device=device), positions(rng, 3, 5, device=device)
    check_gradient(student, reference, surprised(logits, targets), targets, "sum", upstream=some_factor(rng))
    for reduction in ("avg", "Mean", ""):
        try:
            result = student.cross_entropy_gradient(logits, targets, reduction=reduction)
        except ValueError:
            continue
        cause = "an unknown reduction is accepted"
        fail("no ValueError", called=f"reduction={reduction!r}", yours=result, diagnosis=cause)
