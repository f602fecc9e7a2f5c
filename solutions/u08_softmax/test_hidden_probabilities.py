"""Hidden tests of unit 8: probabilities and their logarithms."""

import math

import torch
from checks_softmax import (
    BASE_2,
    CAPPED,
    CLAMPED,
    DIM,
    EXPONENTIALS,
    FAR,
    FIRST,
    GLOBAL,
    INF,
    LOGARITHMS,
    LOST,
    MEAN,
    OVERFLOW,
    PAINTED,
    SHAPES,
    UNDIVIDED,
    WHOLE,
    check,
    check_unchanged,
    extremes,
    normal,
    overflows,
    text,
)

from grader.testing import assert_equal, exercise


@exercise("u08.stable_softmax", weight=2)
def test_probabilities_along_any_axis(student, rng, reference, device):
    """The entries along dim are positive and sum to 1, for tensors with any number of axes."""
    for shape, dim in SHAPES:
        z = normal(rng, *shape, device=device)
        e, last, first = z.exp(), len(shape) - 1, 0
        suspects = {
            UNDIVIDED: (z - z.amax(dim, keepdim=True)).exp(),
            EXPONENTIALS: e,
            WHOLE: e / e.sum(),
            BASE_2: reference.softmax(z * math.log(2), dim),
            LOGARITHMS: reference.log_softmax(z, dim),
        }
        if dim % len(shape) != last:
            suspects[DIM] = reference.softmax(z, last)
        if dim % len(shape) != first:
            suspects[FIRST] = reference.softmax(z, first)
        yours, called = student.softmax(z, dim=dim), text("softmax", z, dim)
        check(yours, reference.softmax(z, dim), of="p", called=called, suspects=suspects)
    z = normal(rng, 3, 5, device=device)
    check(student.softmax(z), reference.softmax(z), of="p", called=text("softmax", z))


@exercise("u08.stable_softmax", weight=2)
def test_rows_that_lie_far_apart(student, rng, reference, device):
    """Logits of 1000 and -1000 are as good as any, also side by side in one tensor."""
    for dtype, rtol in FAR:
        for dim in (1, 0):
            z = extremes(rng, device, dtype)
            z = z if dim else z.T.contiguous()
            broken = {
                OVERFLOW: overflows(z, dim),
                GLOBAL: overflows(z, dim, z.max()),
                MEAN: overflows(z, dim, z.mean(dim, keepdim=True)),
            }
            yours, called = student.softmax(z, dim), text("softmax", z, dim)
            expected, suspects = reference.softmax(z, dim), {PAINTED: overflows(z, dim).nan_to_num()}
            check(yours, expected, of="p", called=called, broken=broken, suspects=suspects, rtol=rtol)


@exercise("u08.stable_softmax")
def test_impossible_entries_get_no_probability(student, rng, reference, device):
    """Where z is -inf, p is exactly 0, and the others share the rest; an entry that is alone gets 1."""
    z = normal(rng, 5, 7, device=device)
    for row, count in enumerate((1, 3, 6, 2, 4)):
        z[row, torch.tensor(rng.permutation(7)[:count], device=device)] = -INF
    broken = {MEAN: overflows(z, -1, z.mean(-1, keepdim=True))}
    yours, expected = student.softmax(z), reference.softmax(z)
    check(yours, expected, of="p", called="softmax(z) with -inf in z", broken=broken)
    assert_equal(yours[z == -INF], expected[z == -INF], of="p where z is -inf")
    for z in (normal(rng, 5, 1, device=device), 800 + normal(rng, 3, 1, device=device)):
        check(student.softmax(z), torch.ones_like(z), of="p", called=text("softmax", z))


@exercise("u08.stable_softmax")
def test_dtypes_of_probabilities(student, rng, reference, device):
    """float32 stays float32, float64 stays float64, and ints become floats."""
    for dtype in (torch.float64, torch.float32, torch.int64, torch.int32):
        z = torch.tensor(rng.integers(-9, 10, (5, 3)), dtype=dtype, device=device)
        rtol = 1e-12 if dtype == torch.float64 else 1e-5
        check(student.softmax(z, 0), reference.softmax(z, 0), of="p", called=text("softmax", z, 0), rtol=rtol)


@exercise("u08.stable_softmax", in_place=True)
def test_the_logits_stay(student, rng, reference, device):
    """z is the caller's, and holds the same numbers after the call."""
    z = normal(rng, 5, 3, device=device)
    before = z.clone()
    yours, called = student.softmax(z), text("softmax", z)
    check_unchanged(z, before, called)
    check(yours, reference.softmax(z), of="p", called=called)


NO_MAX = "the largest entry is not added back"
ONLY_MAX = "this is the largest entry alone"
MEAN_EXP = "the log of a mean, where the log of a sum belongs"
NO_LOG = "the log of the sum is missing"
DIVIDED = "a division by the logarithm where a difference belongs"


@exercise("u08.log_softmax_and_lse", weight=2)
def test_logsumexp_along_any_axis(student, rng, reference, device):
    """The log of the sum of the exponentials along dim, which has one axis less than z."""
    for shape, dim in SHAPES:
        z = normal(rng, *shape, device=device)
        expected, m = reference.logsumexp(z, dim), z.amax(dim)
        suspects = {
            NO_MAX: expected - m,
            ONLY_MAX: m,
            MEAN_EXP: expected - math.log(shape[dim]),
            NO_LOG: m + (expected - m).exp(),
            "this is the sum of the exponentials, without its log": expected.exp(),
        }
        if len(shape) == 3:
            suspects[DIM], suspects[FIRST] = reference.logsumexp(z, 2), reference.logsumexp(z, 0)
        yours, called = student.logsumexp(z, dim=dim), text("logsumexp", z, dim)
        check(yours, expected, of="lse", called=called, suspects=suspects)
    z = normal(rng, 3, 5, device=device)
    check(student.logsumexp(z), reference.logsumexp(z), of="lse", called=text("logsumexp", z))


@exercise("u08.log_softmax_and_lse", weight=2)
def test_log_softmax_along_any_axis(student, rng, reference, device):
    """log p, of z's shape: its exponentials sum to 1 along dim."""
    for shape, dim in SHAPES:
        z = normal(rng, *shape, device=device)
        expected, last = reference.log_softmax(z, dim), len(shape) - 1
        lse = reference.logsumexp(z, dim).unsqueeze(dim)
        m = z.amax(dim, keepdim=True)
        suspects = {
            NO_LOG: z - m - (lse - m).exp(),
            NO_MAX: expected + m,
            DIVIDED: (z - m) / (lse - m),
            "these are the probabilities, without their logarithms": expected.exp(),
            CAPPED: (expected.exp() + 1e-9).log(),
        }
        if dim % len(shape) != last:
            suspects[DIM] = reference.log_softmax(z, last)
        if dim % len(shape) != 0:
            suspects[FIRST] = reference.log_softmax(z, 0)
        yours, called = student.log_softmax(z, dim=dim), text("log_softmax", z, dim)
        check(yours, expected, of="log p", called=called, suspects=suspects)
    z = normal(rng, 3, 5, device=device)
    check(student.log_softmax(z), reference.log_softmax(z), of="log p", called=text("log_softmax", z))


@exercise("u08.log_softmax_and_lse", weight=2)
def test_logarithms_of_rows_that_lie_far_apart(student, rng, reference, device):
    """A log p far below 0 is an ordinary number, although its p is 0 as a float."""
    for dtype, rtol in FAR:
        z = extremes(rng, device, dtype)
        p, lse, log_p = reference.softmax(z), reference.logsumexp(z), reference.log_softmax(z)
        broken = {
            OVERFLOW: z.exp().sum(-1).log(),
            GLOBAL: (z - z.max()).exp().sum(-1).log() + z.max(),
            MEAN: (z - z.mean(-1, keepdim=True)).exp().sum(-1).log(),
        }
        called = text("logsumexp", z)
        check(student.logsumexp(z), lse, of="lse", called=called, broken=broken, rtol=rtol)
        broken = {LOST: p.log(), **{cause: z - other.unsqueeze(-1) for cause, other in broken.items()}}
        suspects = {CAPPED: (p + 1e-9).log(), CLAMPED: p.clamp(min=1e-12).log()}
        yours, called = student.log_softmax(z), text("log_softmax", z)
        more = {"broken": broken, "suspects": suspects, "rtol": rtol, "atol": rtol}
        check(yours, log_p, of="log p", called=called, **more)
        z = torch.tensor(rng.uniform(0.5, 0.9, (3, 5)), dtype=dtype, device=device) * torch.finfo(dtype).max
        called = f"with z up to {float(z.max()):.2g}, nearly the largest of {dtype}"
        check(student.logsumexp(z), reference.logsumexp(z), of="lse", called=f"logsumexp(z) {called}")
        check(student.log_softmax(z), reference.log_softmax(z), of="log p", called=f"log_softmax(z) {called}")


@exercise("u08.log_softmax_and_lse")
def test_logarithms_of_impossible_entries(student, rng, reference, device):
    """log p is -inf where z is and nowhere else; of an entry that is alone it is 0, and lse is the entry."""
    z = normal(rng, 5, 7, device=device)
    z[torch.tensor(rng.uniform(0, 1, (5, 7)) < 0.4, device=device)] = -INF
    z[:, 2], z[1, 3:] = 0.5, -INF
    called = "with -inf in z"
    check(student.logsumexp(z), reference.logsumexp(z), of="lse", called=f"logsumexp(z) {called}")
    check(student.log_softmax(z), reference.log_softmax(z), of="log p", called=f"log_softmax(z) {called}")
    z = 900 + normal(rng, 3, 1, device=device)
    check(student.logsumexp(z), z[:, 0], of="lse", called=text("logsumexp", z))
    check(student.log_softmax(z), torch.zeros_like(z), of="log p", called=text("log_softmax", z))


@exercise("u08.log_softmax_and_lse", in_place=True)
def test_dtypes_of_logarithms(student, rng, reference, device):
    """float32 stays float32, float64 stays float64, ints become floats; and z stays as it was."""
    for dtype in (torch.float64, torch.float32, torch.int64):
        z = torch.tensor(rng.integers(-9, 10, (5, 3)), dtype=dtype, device=device)
        before, rtol = z.clone(), 1e-12 if dtype == torch.float64 else 1e-5
        for name, of in (("logsumexp", "lse"), ("log_softmax", "log p")):
            yours, called = getattr(student, name)(z, 0), text(name, z, 0)
            check_unchanged(z, before, called)
            check(yours, getattr(reference, name)(z, 0), of=of, called=called, rtol=rtol, atol=rtol)
