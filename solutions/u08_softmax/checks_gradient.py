"""What the hidden tests of unit 8 share, backward: gradients at the logits.

Every test holds float64 to EXACT, which honest arithmetic meets a hundred times over and which no quotient
of differences can meet.
"""

import math

import torch

from grader.testing import assert_gradient, fail

F32, F64 = torch.float32, torch.float64
EXACT = 1e-13
NEAR = {F64: EXACT, F32: 1e-5}
FAR = {F64: 1e-12, F32: 3e-4}  # what the last digit of a logit of 1000 makes of p
INF = math.inf

CHANGED = "an argument is changed in place"
NEARLY = "right to some digits only: float32 on the way, a small number added, or a quotient of differences?"


def normal(rng, *shape, device, dtype=F64, spread=2.0):
    return torch.tensor(rng.normal(0, spread, shape), dtype=dtype, device=device)


def positions(rng, V, *shape, device):
    """Targets that use every class, in an order without a pattern."""
    classes = rng.permutation([k % V for k in range(math.prod(shape))])
    return torch.tensor(classes, device=device).reshape(shape)


def surprised(logits, targets, ignore_index=-100):
    """The same logits, but at one position the model takes the target for impossible.

    Beside so large a loss no quotient of differences has enough digits left; the gradient is an ordinary one.
    """
    V, flat = logits.shape[-1], targets.flatten()
    at = int((flat != ignore_index).nonzero()[0])
    logits.view(-1, V)[at, flat[at]] -= 400
    return logits


def one_hot(targets, V, dtype=F64):
    """1 at the target; a row without a class, such as -100, stays 0."""
    return (targets.unsqueeze(-1) == torch.arange(V, device=targets.device)).to(dtype)


def check(yours, expected, *, of="the gradient", called, broken=None, suspects=None, far=False, **more):
    """assert_gradient to EXACT, after a look at where yours is not finite. suspects: a dict, or what makes it

    broken: {mistake: what it gives}; one that gives nan and inf where yours has them is named.
    """
    rtol = (FAR if far else NEAR)[expected.dtype]
    if fine(yours, expected, rtol):
        return
    suspects = suspects() if callable(suspects) else suspects
    for cause, other in (broken or {}).items():
        lost = ~other.isfinite()
        if not lost.any() or type(yours) is not torch.Tensor or yours.shape != expected.shape:
            continue
        if yours.is_floating_point() and (~yours.isfinite() == lost).all():
            fail(f"{of} holds nan", called=called, yours=yours, expected=expected, diagnosis=cause)
    if nearly(yours, expected, rtol, suspects):
        fail(f"{of} is nearly right", called=called, yours=yours, expected=expected, diagnosis=NEARLY)
    assert_gradient(yours, expected, of=of, called=called, rtol=rtol, atol=1e-16, suspects=suspects, **more)


def fine(yours, expected, rtol):
    """Whether it is right beyond doubt; then no mistake has to be computed."""
    if type(yours) is not torch.Tensor or yours.dtype != expected.dtype or yours.device != expected.device:
        return False
    if yours.shape != expected.shape:
        return False
    return bool(((yours - expected).abs() <= rtol * expected.abs().max() + 1e-16).all())


def nearly(yours, expected, rtol, suspects):
    """Whether float64 is right to some of its digits only, and no suspect tells why."""
    if type(yours) is not torch.Tensor or not yours.dtype == expected.dtype == F64:
        return False
    if yours.shape != expected.shape or not (yours.isfinite() & expected.isfinite()).all():
        return False
    off, size = (yours - expected).abs().max(), expected.abs().max()
    others = [other for other in (suspects or {}).values() if other.shape == yours.shape]
    known = any((yours - other).abs().max() < 0.01 * off for other in others)
    return bool(rtol * size + 1e-16 < off < 1e-5 * size) and not known


def check_loss(yours, expected, *, called, suspects=None):
    """The loss beside a gradient; a forward value, so that 1e-12 is near enough."""
    rtol = 1e-12 if expected.dtype == F64 else NEAR[F32]
    if fine(yours, expected, rtol):
        return
    suspects = suspects() if callable(suspects) else suspects
    assert_gradient(yours, expected, of="the loss", called=called, rtol=rtol, atol=1e-15, suspects=suspects)


def check_unchanged(called, *pairs):
    for argument, before in pairs:
        if not torch.equal(argument, before):
            fail("an argument was changed", called=called, yours=argument, expected=before, diagnosis=CHANGED)


def call(name, logits, *more):
    """A call as the student would type it."""
    kind = str(logits.dtype).removeprefix("torch.")
    words = ["logits", "targets", *(word if type(word) is str else f"{word:.4g}" for word in more)]
    return f"{name}({', '.join(words)}) with logits {kind}{list(logits.shape)}"


DIAGONAL = "only the diagonal of the softmax Jacobian"
ALL_COUNT = "divided by the number of all positions, the ignored ones included"
NOT_ZERO = "ignored positions still have a gradient"
COUNTED = "ignored positions still count in the loss"
SUM = "summed over the positions, where their mean belongs"
NONE_LEFT = "where no position counts the loss is 0 / 0, which is nan"
NONE_LEFT_GRADIENT = "0 / 0: where no position counts the gradient must be 0"


def with_gaps(rng, V, *shape, ignore_index, device):
    """Targets of which some are ignore_index: a different number in every row of a batch."""
    targets = positions(rng, V, *shape, device=device)
    if 0 <= ignore_index < V:  # a class: no other position has it
        others = torch.tensor(rng.integers(1, V, shape), device=device)
        targets = torch.where(targets == ignore_index, (ignore_index + others) % V, targets)
    rows = targets if len(shape) > 1 else targets.unsqueeze(0)
    for count, row in enumerate(rows, start=0 if len(rows) > 1 else 3):
        row[torch.tensor(rng.permutation(len(row))[:count], device=device)] = ignore_index
    return targets
