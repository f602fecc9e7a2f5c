"""What the hidden tests of unit 8 share, forward: comparisons that look at inf and nan first."""

import math

import torch

from grader.testing import assert_close, fail

NEARLY = "right to some digits only: float32 on the way, a small number added, or a quotient of differences?"
PAINTED = "nan is painted over, where it must not arise"
OVERFLOW = "exp overflows: a large logit becomes inf before anything is divided"
GLOBAL = "the largest of all entries is subtracted, not the largest along dim"
MEAN = "the mean is subtracted, not the largest: exp can still overflow"
CHANGED = "an argument is changed in place"
DIM = "dim is not used: this is the last axis"
FIRST = "dim is not used: this is the first axis"
WHOLE = "one sum over all entries, not one along dim"
UNDIVIDED = "the division by the sum is missing"
EXPONENTIALS = "these are the exponentials of the logits, not divided by their sum"
BASE_2 = "powers of 2, not of e"
LOGARITHMS = "these are the logarithms of the probabilities"

INF = math.inf
FAR = ((torch.float64, 1e-12), (torch.float32, 3e-4))  # what the last digit of a logit of 1000 makes of p
SHAPES = (((3, 5), -1), ((3, 5), 0), ((7,), 0), ((3, 5, 7), 1), ((5, 7, 3), -3), ((3, 5, 7), 2))


def normal(rng, *shape, device, dtype=torch.float64, spread=2.0):
    return torch.tensor(rng.normal(0, spread, shape), dtype=dtype, device=device)


def text(name, z, dim=None):
    """A call as the student would type it."""
    kind = str(z.dtype).removeprefix("torch.")
    return f"{name}(z{'' if dim is None else f', dim={dim}'}) with z {kind}{list(z.shape)}"


def check(yours, expected, *, of, called, broken=None, suspects=None, rtol=1e-12, atol=1e-14):
    """assert_close, after a look at where yours is not finite. suspects: a dict, or a function that makes it

    broken: {mistake: what it gives}; one that gives nan and inf where yours has them is named.
    """
    if fine(yours, expected, rtol, atol):
        return
    suspects = suspects() if callable(suspects) else suspects
    for cause, other in (broken or {}).items():
        lost = ~other.isfinite()
        if not lost.any() or type(yours) is not torch.Tensor or yours.shape != expected.shape:
            continue
        if not yours.is_floating_point() or (yours.isfinite() == expected.isfinite()).all():
            continue
        if (~yours.isfinite() == lost).all():
            word = "nan" if yours.isnan().any() else "inf"
            fail(f"{of} holds {word}", called=called, yours=yours, expected=expected, diagnosis=cause)
    if nearly(yours, expected, rtol * expected.abs() + atol, suspects):
        fail(f"{of} is nearly right", called=called, yours=yours, expected=expected, diagnosis=NEARLY)
    assert_close(yours, expected, of=of, called=called, rtol=rtol, atol=atol, suspects=suspects)


def fine(yours, expected, rtol, atol):
    """Whether it is right beyond doubt; then no mistake has to be computed."""
    if type(yours) is not torch.Tensor or yours.dtype != expected.dtype or yours.device != expected.device:
        return False
    if yours.shape != expected.shape:
        return False
    return bool(((yours - expected).abs() <= rtol * expected.abs() + atol).all())


def nearly(yours, expected, allowed, suspects):
    """Whether float64 is right to some of its digits only, and no suspect tells why."""
    if type(yours) is not torch.Tensor or not yours.dtype == expected.dtype == torch.float64:
        return False
    if yours.shape != expected.shape or not (yours.isfinite() & expected.isfinite()).all():
        return False
    off = (yours - expected).abs()
    others = [other for other in (suspects or {}).values() if other.shape == yours.shape]
    known = any((yours - other).abs().max() < 0.01 * off.max() for other in others)
    return bool((off > allowed).any() and (off <= 1e-6 * expected.abs()).all()) and not known


def check_unchanged(argument, before, called):
    if not torch.equal(argument, before):
        fail("an argument was changed", called=called, yours=argument, expected=before, diagnosis=CHANGED)


def overflows(z, dim, shift=None):
    """Softmax after the subtraction of `shift`, overflow included."""
    e = (z if shift is None else z - shift).exp()
    return e / e.sum(dim, keepdim=True)


def extremes(rng, device, dtype):
    """Rows far apart: one up, one down, one around 0, one with both ends; in each, neighbours are close."""
    z = torch.tensor(rng.uniform(0, 3, (4, 5)), dtype=dtype, device=device)
    far = torch.tensor([[800.0], [-800.0], [0.0], [0.0]], dtype=dtype, device=device)
    z[3, 0], z[3, 4] = 1000, -1000
    return z + far


LOST = "the log of a probability that has become 0: log p must not go through p"
CAPPED = "a small number is added to p before the log, which caps it"
CLAMPED = "p is clamped before the log, which caps it"
