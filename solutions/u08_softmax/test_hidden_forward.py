"""Hidden tests of unit 8, forward: probabilities, their logarithms, and the loss."""

import math
from functools import partial

import pytest
import torch

from grader.testing import assert_close, assert_equal, exercise, fail

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


# ---------------------------------------------------------------------------- stable_softmax


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


@exercise("u08.stable_softmax")
def test_the_logits_stay(student, rng, reference, device):
    """z is the caller's, and holds the same numbers after the call."""
    z = normal(rng, 5, 3, device=device)
    before = z.clone()
    yours, called = student.softmax(z), text("softmax", z)
    check_unchanged(z, before, called)
    check(yours, reference.softmax(z), of="p", called=called)


# ---------------------------------------------------------------------------- log_softmax_and_lse

LOST = "the log of a probability that has become 0: log p must not go through p"
CAPPED = "a small number is added to p before the log, which caps it"
CLAMPED = "p is clamped before the log, which caps it"
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
    """A log p of -1000 is an ordinary number, although its p is 0 as a float."""
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


@exercise("u08.log_softmax_and_lse")
def test_dtypes_of_logarithms(student, rng, reference, device):
    """float32 stays float32, float64 stays float64, ints become floats; and z stays as it was."""
    for dtype in (torch.float64, torch.float32, torch.int64):
        z = torch.tensor(rng.integers(-9, 10, (5, 3)), dtype=dtype, device=device)
        before, rtol = z.clone(), 1e-12 if dtype == torch.float64 else 1e-5
        for name, of in (("logsumexp", "lse"), ("log_softmax", "log p")):
            yours, called = getattr(student, name)(z, 0), text(name, z, 0)
            check_unchanged(z, before, called)
            check(yours, getattr(reference, name)(z, 0), of=of, called=called, rtol=rtol, atol=rtol)


# ---------------------------------------------------------------------------- cross_entropy

SUMMED = "summed over the positions, where their mean belongs"
AVERAGED = "the mean over the positions, where their sum belongs"
TWICE = "the softmax is taken twice: of probabilities, as if they were logits"
NO_SOFTMAX = "the logits are taken for log-probabilities: the normalization is missing"
FIRST_AXIS = "divided by the size of the first axis alone, not by the number of positions"
ALSO_V = "divided by the number of classes too"
PAIRED = "every row is paired with every target"
ALL_CLASSES = "all classes count, not the target alone"
INVERTED = "the wrong classes count too, as in a sum of yes-or-no losses"
ZERO_TIMES_INF = "0 times -inf is nan: a class that is not the target must not be touched"
PREFERRED = "this is the surprise of the class that the model prefers, not of the target"
RIGHTNESS = "this is the probability of the target, without its logarithm"


def positions(rng, V, *shape, device):
    """Targets that use every class, in an order without a pattern."""
    count = math.prod(shape)
    classes = rng.permutation([k % V for k in range(count)])
    return torch.tensor(classes, device=device).reshape(shape)


def right_loss(reference, logits, targets, reduction="mean"):
    """Expected forward values come from the reference, never from the student."""
    return reference.cross_entropy(logits, targets, reduction=reduction)


def loss_suspects(reference, logits, targets, reduction):
    """Mistakes in the loss, for targets [N] or [B, T]."""
    total = right_loss(reference, logits, targets, "sum")
    n, at = targets.numel(), targets.unsqueeze(-1)
    share = n if reduction == "mean" else 1
    log_p, p = reference.log_softmax(logits), reference.softmax(logits)
    wrong = p.scatter(-1, at, 0.0)
    suspects = {
        TWICE: right_loss(reference, p, targets, reduction),
        NO_SOFTMAX: -logits.gather(-1, at).sum() / share,
        ALL_CLASSES: -log_p.sum() / share,
        RIGHTNESS: -p.gather(-1, at).sum() / share,
        PREFERRED: -log_p.amax(-1).sum() / share,
        CAPPED: -(p.gather(-1, at) + 1e-9).log().sum() / share,
        INVERTED: (total - (1 - wrong).log().sum()) / share,
        PAIRED: -log_p.flatten(0, -2)[:, targets.flatten()].mean() * (n / share),
    }
    if reduction == "mean":
        suspects |= {SUMMED: total, ALSO_V: total / n / logits.shape[-1]}
        if targets.ndim > 1:
            suspects[FIRST_AXIS] = total / len(targets)
    else:
        suspects[AVERAGED] = total / n
    return suspects


@exercise("u08.cross_entropy", weight=3)
def test_loss_of_rows_and_of_batches(student, rng, reference, device):
    """The mean, or the sum, of -log p[target] over all positions of [N, V] and of [B, T, V]."""
    for shape, V in (((7,), 5), ((3, 5), 7), ((1,), 3)):
        logits = normal(rng, *shape, V, device=device)
        targets = positions(rng, V, *shape, device=device)
        for reduction in ("mean", "sum"):
            called = f"cross_entropy(logits, targets, {reduction!r}) with logits of shape {(*shape, V)}"
            yours = student.cross_entropy(logits, targets, reduction=reduction)
            expected = right_loss(reference, logits, targets, reduction)
            suspects = partial(loss_suspects, reference, logits, targets, reduction)
            check(yours, expected, of="the loss", called=called, suspects=suspects)
    logits, targets = normal(rng, 5, 3, device=device), positions(rng, 3, 5, device=device)
    expected, called = right_loss(reference, logits, targets), "cross_entropy(logits, targets)"
    suspects = partial(loss_suspects, reference, logits, targets, "mean")
    check(student.cross_entropy(logits, targets), expected, of="the loss", called=called, suspects=suspects)


@exercise("u08.cross_entropy", weight=2)
def test_loss_of_large_logits(student, rng, reference, device):
    """A model that is sure and wrong has a loss of 1000 or so, never inf."""
    for dtype, rtol in FAR:
        logits = extremes(rng, device, dtype)
        targets = torch.tensor([2, 0, 1, 4], device=device)
        p, at = reference.softmax(logits), targets.unsqueeze(-1)
        expected = right_loss(reference, logits, targets)
        broken = {
            LOST: -p.gather(-1, at).log().mean(),
            OVERFLOW: -overflows(logits, -1).gather(-1, at).log().mean(),
        }
        suspects = {
            CAPPED: -(p.gather(-1, at) + 1e-9).log().mean(),
            CLAMPED: -p.gather(-1, at).clamp(min=1e-12).log().mean(),
        }
        yours, called = student.cross_entropy(logits, targets), f"cross_entropy(logits, targets), {dtype}"
        check(yours, expected, of="the loss", called=called, broken=broken, suspects=suspects, rtol=rtol)


@exercise("u08.cross_entropy")
def test_classes_that_are_impossible(student, rng, reference, device):
    """A logit of -inf that is not the target's does no harm."""
    for shape in ((7,), (3, 5)):
        logits = normal(rng, *shape, 4, device=device)
        logits[..., 3] = -INF
        targets = positions(rng, 3, *shape, device=device)
        expected = right_loss(reference, logits, targets)
        broken = {ZERO_TIMES_INF: torch.full_like(expected, math.nan)}
        yours, called = (
            student.cross_entropy(logits, targets),
            "cross_entropy(logits, targets), -inf in logits",
        )
        check(yours, expected, of="the loss", called=called, broken=broken)
    logits = normal(rng, 5, 1, device=device)
    targets = positions(rng, 1, 5, device=device)
    yours, called = student.cross_entropy(logits, targets), "cross_entropy(logits, targets) with one class"
    check(yours, right_loss(reference, logits, targets), of="the loss", called=called)


@exercise("u08.cross_entropy")
def test_other_reductions_are_refused(student, rng, reference, device):
    """A reduction that is neither "mean" nor "sum" raises ValueError: a silent guess would hide a typo."""
    logits, targets = normal(rng, 5, 3, device=device), positions(rng, 3, 5, device=device)
    kept = logits.clone(), targets.clone()
    yours, called = student.cross_entropy(logits, targets, "sum"), "cross_entropy(logits, targets, 'sum')"
    check_unchanged(logits, kept[0], called)
    check_unchanged(targets, kept[1], called)
    suspects = partial(loss_suspects, reference, logits, targets, "sum")
    check(yours, right_loss(reference, *kept, "sum"), of="the loss", called=called, suspects=suspects)
    refuses(student.cross_entropy, logits, targets)


def refuses(function, *arguments):
    for reduction in ("avg", "Mean", ""):
        try:
            result = function(*arguments, reduction=reduction)
        except ValueError:
            continue
        cause, called = "an unknown reduction is accepted", f"reduction={reduction!r}"
        fail("no ValueError", called=called, yours=result, diagnosis=cause)


@exercise("u08.cross_entropy")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_dtype_of_the_loss(student, rng, reference, device, dtype):
    """The loss has the dtype of the logits."""
    logits = normal(rng, 3, 5, 7, device=device, dtype=dtype)
    targets = positions(rng, 7, 3, 5, device=device)
    expected = right_loss(reference, logits, targets)
    called = f"cross_entropy(logits, targets), {dtype}"
    rtol = 1e-12 if dtype == torch.float64 else 1e-5
    suspects = partial(loss_suspects, reference, logits, targets, "mean")
    yours = student.cross_entropy(logits, targets)
    check(yours, expected, of="the loss", called=called, suspects=suspects, rtol=rtol)


# ---------------------------------------------------------------------------- perplexity, baseline

EXP_SUM = "e to the power of the sum, not of the mean"
TWO = "2 to the power of a loss in nats"
MEAN_OF_EXP = "the mean of the powers, not the power of the mean"
NO_EXP = "this is the mean itself"
NEGATIVE = "the sign in the exponent is wrong"


@exercise("u08.perplexity_baseline_temperature")
def test_perplexity_of_many_positions(student, rng, device):
    """e to the power of the mean nll, whatever the shape and the dtype."""
    for shape, dtype in (((7,), torch.float64), ((3, 5), torch.float64), ((5, 3), torch.float32)):
        nll = torch.tensor(rng.uniform(0.5, 3, shape), dtype=dtype, device=device)
        expected, called = nll.mean().exp(), f"perplexity(nll) with nll of shape {shape}"
        suspects = {
            EXP_SUM: nll.sum().exp(),
            TWO: 2 ** nll.mean(),
            MEAN_OF_EXP: nll.exp().mean(),
            NO_EXP: nll.mean(),
            NEGATIVE: (-nll.mean()).exp(),
        }
        rtol = 1e-12 if dtype == torch.float64 else 1e-5
        check(
            student.perplexity(nll),
            expected,
            of="the perplexity",
            called=called,
            suspects=suspects,
            rtol=rtol,
        )


@exercise("u08.perplexity_baseline_temperature")
def test_baseline_of_any_vocabulary(student, rng):
    """A model that knows nothing has this loss, in nats."""
    for V in (1, 2, int(rng.integers(3, 100)), int(rng.integers(1000, 60000))):
        expected = math.log(V)
        suspects = {
            "a logarithm to base 2": math.log2(V),
            "a logarithm to base 10": math.log10(V),
            "this is the perplexity, not the loss": float(V),
            "this is a probability, not a loss": 1 / V,
        }
        assert_close(
            student.baseline_loss(V), expected, of="the loss", called=f"baseline_loss({V})", suspects=suspects
        )


# ---------------------------------------------------------------------------- temperature, forward

MULTIPLIED = "multiplied by the temperature where it divides"
NO_TEMPERATURE = "the temperature is not used"
AFTER = "the temperature comes after the softmax, not before it"


@exercise("u08.perplexity_baseline_temperature")
def test_loss_at_a_temperature(student, rng, reference, device):
    """The logits are divided by the temperature before the softmax."""
    for shape, V, near in (((5,), 3, 0.5), ((3, 5), 7, 2.5), ((3, 5), 7, 0.02)):
        logits, targets = normal(rng, *shape, V, device=device), positions(rng, V, *shape, device=device)
        T = near * float(rng.uniform(0.9, 1.1))
        loss, log_p = right_loss(reference, logits, targets), reference.log_softmax(logits)
        suspects = {
            MULTIPLIED: right_loss(reference, logits * T, targets),
            NO_TEMPERATURE: loss,
            AFTER: loss + math.log(T),
            "the loss is divided by the temperature, not the logits": loss / T,
            "the temperature is a divisor of the logarithms too": right_loss(reference, logits / T, targets)
            / T,
            "the shifted power is not normalized again": -(log_p / T)
            .gather(-1, targets.unsqueeze(-1))
            .mean(),
        }
        expected = reference.tempered_cross_entropy(logits, targets, T)
        yours = student.tempered_cross_entropy(logits, targets, T)
        called = f"tempered_cross_entropy(logits, targets, {T:.3g}) with logits of shape {(*shape, V)}"
        check(yours, expected, of="the loss", called=called, suspects=suspects)
