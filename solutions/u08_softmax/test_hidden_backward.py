"""Hidden tests of unit 8, backward: gradients at the logits.

Every test holds float64 to EXACT, which honest arithmetic meets a hundred times over and which no quotient
of differences can meet.
"""

import math
from functools import partial

import pytest
import torch

from grader.testing import assert_equal, assert_gradient, exercise, fail

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


# ---------------------------------------------------------------------------- ce_gradient

DIAGONAL = "only the diagonal of the softmax Jacobian"
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


@exercise("u08.ce_gradient", weight=2)
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


@exercise("u08.ce_gradient")
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


# ---------------------------------------------------------------------------- ignore_index

ALL_COUNT = "divided by the number of all positions, the ignored ones included"
NOT_ZERO = "ignored positions still have a gradient"
COUNTED = "ignored positions still count in the loss"
AS_ZERO = "an ignored position counts as class 0"
AS_ZERO_ONCE = "an ignored position counts as class 0, but not in the mean"
AS_LAST = "-1 is taken for the last class"
ROW_MEANS = "the mean of the rows' means: rows with fewer positions weigh too much"
FIXED = "ignore_index is not used: which targets are ignored is taken for granted"
NO_CLASS = "the class ignore_index has lost its logit; only its positions are to be ignored"
SUM = "summed over the positions, where their mean belongs"
LEFT_OUT = "the ignored positions are left out; the gradient has a row for every position"
NONE_LEFT = "where no position counts the loss is 0 / 0, which is nan"
NONE_LEFT_GRADIENT = "0 / 0: where no position counts the gradient must be 0"

IGNORED = (((7,), 5, -100), ((3, 5), 7, -1), ((3, 5), 7, 0), ((7,), 5, 2))


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


def nll(reference, logits, targets):
    return -reference.log_softmax(logits).gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def masked_suspects(reference, logits, targets, ignore_index):
    """Mistakes in the masked loss."""
    V, keep = logits.shape[-1], targets != ignore_index
    each, n = nll(reference, logits, targets.clamp(min=0)), keep.sum()
    kept = torch.where(keep, each, 0.0)
    suspects = {ALL_COUNT: kept.sum() / keep.numel(), SUM: kept.sum(), AS_ZERO: each.mean()}
    if ignore_index < 0:
        last = nll(reference, logits, targets % V if ignore_index == -1 else targets.clamp(min=0))
        suspects[COUNTED if ignore_index != -1 else AS_LAST] = last.mean()
    else:
        suspects[FIXED] = each.mean()
        del suspects[AS_ZERO]
        without = logits.index_fill(-1, torch.tensor([ignore_index], device=logits.device), -INF)
        lost = nll(reference, without, targets)
        suspects[NO_CLASS] = lost[keep].mean()
    if targets.ndim > 1:
        suspects[ROW_MEANS] = (kept.sum(-1) / keep.sum(-1)).mean()
    uniform = torch.where(keep, each, math.log(V))
    suspects["the logits of ignored positions are set to 0, which costs ln V"] = uniform.mean()
    suspects["the gradient would be as large as ever: ignored logits count, but nothing else"] = (
        uniform.sum() / n
    )
    return suspects


@exercise("u08.ignore_index", weight=2)
def test_loss_of_the_positions_that_count(student, rng, reference, device):
    """The mean over the positions whose target is not ignore_index, which may also be a class."""
    for shape, V, ignored in IGNORED:
        logits = normal(rng, *shape, V, device=device)
        targets = with_gaps(rng, V, *shape, ignore_index=ignored, device=device)
        before = logits.clone(), targets.clone()
        called = call("masked_cross_entropy", logits, f"ignore_index={ignored}")
        yours = student.masked_cross_entropy(logits, targets, ignore_index=ignored)
        check_unchanged(called, (logits, before[0]), (targets, before[1]))
        expected = reference.masked_cross_entropy(*before, ignored)
        check_loss(
            yours, expected, called=called, suspects=partial(masked_suspects, reference, *before, ignored)
        )


def masked_gradient_suspects(reference, logits, targets, ignore_index):
    """Mistakes in the gradient of the masked loss."""
    V, keep = logits.shape[-1], (targets != ignore_index).unsqueeze(-1)
    n, p, y = keep.sum(), reference.softmax(logits), one_hot(targets, V, logits.dtype)
    g = torch.where(keep, p - y, 0.0)
    suspects = {
        ALL_COUNT: g / keep.numel(),
        NOT_ZERO: (p - torch.where(keep, y, 0.0)) / n,
        "ignored positions still have a gradient, and count in the mean": (p - torch.where(keep, y, 0.0))
        / keep.numel(),
        SUM: g,
        AS_ZERO: (p - one_hot(targets.clamp(min=0), V, logits.dtype)) / keep.numel(),
        AS_ZERO_ONCE: ((p - one_hot(targets.clamp(min=0), V, logits.dtype)) / n),
        DIAGONAL: torch.where(keep, y * (p - 1), 0.0) / n,
    }
    if ignore_index == -1:
        suspects[AS_LAST] = (p - one_hot(targets % V, V, logits.dtype)) / keep.numel()
    if ignore_index >= 0:
        del suspects[AS_ZERO], suspects[AS_ZERO_ONCE]
        suspects[FIXED] = (p - y) / keep.numel()
        other = torch.arange(V, device=logits.device) != ignore_index
        suspects["the class ignore_index has no gradient; only its positions are to be 0"] = g / n * other
    if targets.ndim > 1:
        suspects[ROW_MEANS] = g / keep.sum(1, keepdim=True) / len(keep)
    return suspects


@exercise("u08.ignore_index", weight=2)
def test_gradient_of_the_positions_that_count(student, rng, reference, device):
    """Positions that count share the mean among them; all others have a gradient of exactly 0."""
    for shape, V, ignored in IGNORED:
        logits = normal(rng, *shape, V, device=device)
        targets = with_gaps(rng, V, *shape, ignore_index=ignored, device=device)
        logits = surprised(logits, targets, ignored)
        before = logits.clone(), targets.clone()
        called = call("masked_cross_entropy_gradient", logits, f"ignore_index={ignored}")
        yours = student.masked_cross_entropy_gradient(logits, targets, ignore_index=ignored)
        check_unchanged(called, (logits, before[0]), (targets, before[1]))
        expected = reference.masked_cross_entropy_gradient(*before, ignored)
        if type(yours) is torch.Tensor and yours.shape == ((targets != ignored).sum(), V):
            fail(
                "the gradient has another shape",
                called=called,
                yours=yours,
                expected=expected,
                diagnosis=LEFT_OUT,
            )
        suspects = partial(masked_gradient_suspects, reference, *before, ignored)
        check(yours, expected, called=called, suspects=suspects)
        silent = targets == ignored
        of = "the gradient at ignored positions"
        assert_equal(yours[silent], torch.zeros_like(yours[silent]), of=of, called=called)


@exercise("u08.ignore_index")
def test_ignored_by_default(student, rng, reference, device):
    """Without ignore_index, -100 is ignored; where nothing is, this is the ordinary cross-entropy."""
    for dtype in (F64, F32):
        for full in (False, True):
            logits = normal(rng, 3, 5, 7, device=device, dtype=dtype)
            targets = with_gaps(rng, 7, 3, 5, ignore_index=-100, device=device)
            targets = targets.clamp(min=0) if full else targets
            expected = reference.masked_cross_entropy(logits, targets)
            suspects = partial(masked_suspects, reference, logits, targets, -100)
            yours, called = (
                student.masked_cross_entropy(logits, targets),
                call("masked_cross_entropy", logits),
            )
            check_loss(yours, expected, called=called, suspects=suspects)


@exercise("u08.ignore_index")
def test_gradient_without_ignore_index(student, rng, reference, device):
    """Without ignore_index, -100 is ignored; where nothing is, this is the ordinary gradient."""
    for dtype in (F64, F32):
        for full in (False, True):
            logits = normal(rng, 3, 5, 7, device=device, dtype=dtype)
            targets = with_gaps(rng, 7, 3, 5, ignore_index=-100, device=device)
            targets = targets.clamp(min=0) if full else targets
            logits = surprised(logits, targets)
            expected = reference.masked_cross_entropy_gradient(logits, targets)
            suspects = partial(masked_gradient_suspects, reference, logits, targets, -100)
            yours = student.masked_cross_entropy_gradient(logits, targets)
            check(yours, expected, called=call("masked_cross_entropy_gradient", logits), suspects=suspects)


@exercise("u08.ignore_index")
def test_loss_where_no_position_counts(student, rng, reference, device):
    """The mean of nothing is nan, as in torch; one position that counts is enough for a number."""
    logits, targets = normal(rng, 5, 3, device=device), torch.full((5,), -100, device=device)
    targets[1] = 2
    yours, called = student.masked_cross_entropy(logits, targets), call("masked_cross_entropy", logits)
    check_loss(yours, nll(reference, logits[1:2], targets[1:2]).sum(), called=called)
    for shape, ignored in (((5,), -100), ((3, 5), 0)):
        logits, targets = normal(rng, *shape, 3, device=device), torch.full(shape, ignored, device=device)
        yours = student.masked_cross_entropy(logits, targets, ignored)
        called = "masked_cross_entropy(logits, targets) where no position counts"
        expected = torch.tensor(math.nan, device=device, dtype=F64)
        suspects = {NONE_LEFT: torch.zeros_like(expected)}
        check_loss(yours, expected, called=called, suspects=suspects)


@exercise("u08.ignore_index")
def test_gradient_where_no_position_counts(student, rng, reference, device):
    """Where no position counts, the gradient is 0 everywhere; one that counts has the whole gradient."""
    logits, targets = normal(rng, 5, 3, device=device), torch.full((5,), -100, device=device)
    targets[1] = 2
    logits, called = surprised(logits, targets), call("masked_cross_entropy_gradient", logits)
    expected = reference.masked_cross_entropy_gradient(logits, targets)
    yours = student.masked_cross_entropy_gradient(logits, targets)
    check(
        yours,
        expected,
        called=called,
        suspects=partial(masked_gradient_suspects, reference, logits, targets, -100),
    )
    for shape, ignored in (((5,), -100), ((3, 5), 0)):
        logits, targets = normal(rng, *shape, 3, device=device), torch.full(shape, ignored, device=device)
        yours = student.masked_cross_entropy_gradient(logits, targets, ignored)
        expected = torch.zeros_like(logits)
        called = "masked_cross_entropy_gradient(logits, targets) where no position counts"
        broken = {NONE_LEFT_GRADIENT: expected / 0}
        check(yours, expected, called=called, broken=broken)


# ---------------------------------------------------------------------------- label_smoothing

OTHERS_ONLY = "the smoothing is shared by the V - 1 other classes alone"
NOT_REDUCED = "the target keeps its whole weight: the weights sum to more than 1"
NO_SHARE = "the target has no share of the smoothing: the weights sum to less than 1"
SWAPPED = "the smoothing and the rest have changed places"
UNSMOOTHED = "the smoothing is not used"
FIXED_SMOOTHING = "a smoothing of 0.1 is taken for granted"
SOFT_P = "the probabilities are smoothed, not the targets"
UNDIVIDED = "each class gets the whole smoothing, not its V-th part"

SMOOTHED = (((7,), 5, -100), ((3, 5), 7, -1), ((3, 5), 7, 0))


def weights(y, s):
    """Right and wrong targets: mistake -> q. y: one-hot float[..., V]    s: smoothing"""
    V = y.shape[-1]
    return {
        "": (1 - s) * y + s / V,
        OTHERS_ONLY: (1 - s) * y + s / (V - 1) * (1 - y),
        NOT_REDUCED: y + s / V,
        NO_SHARE: (1 - s) * y + s / V * (1 - y),
        SWAPPED: s * y + (1 - s) / V,
        UNSMOOTHED: y,
        FIXED_SMOOTHING: 0.9 * y + 0.1 / V,
        UNDIVIDED: (1 - s) * y + s,
        "the V - 1 other classes share the smoothing, and so does the target": (1 - s) * y + s / (V - 1),
    }


def smoothed_suspects(reference, logits, targets, s, ignore_index):
    """Mistakes in the smoothed loss, then in its gradient."""
    V, keep = logits.shape[-1], (targets != ignore_index).unsqueeze(-1)
    y, n, count = one_hot(targets, V, logits.dtype), keep.sum(), keep.numel()
    log_p, p = reference.log_softmax(logits), reference.softmax(logits)
    losses, gradients = {}, {}
    for cause, q in weights(y, s).items():
        losses[cause] = -torch.where(keep, q * log_p, 0.0).sum() / n
        gradients[cause] = torch.where(keep, p - q, 0.0) / n
    right, slope, q = losses.pop(""), gradients.pop(""), weights(y, s)[""]
    soft = ((1 - s) * p + s / V).log()
    losses |= {
        ALL_COUNT: right * n / count,
        SUM: right * n,
        COUNTED: -(q * log_p).sum() / count,
        "ignored positions still count in the sum": -(q * log_p).sum() / n,
        SOFT_P: -torch.where(keep, y * soft, 0.0).sum() / n,
    }
    gradients |= {
        ALL_COUNT: slope * n / count,
        NOT_ZERO: (p - q) / n,
        "ignored positions still have a gradient, and count in the mean": (p - q) / count,
        "ignored positions still have the gradient of p": (p - torch.where(keep, q, 0.0)) / n,
        SUM: slope * n,
        SOFT_P: torch.where(keep, (1 - s) * p + s / V - y, 0.0) / n,
        "the gradient is multiplied by what the smoothing leaves": torch.where(keep, (1 - s) * (p - y), 0.0)
        / n,
    }
    if s == 0:
        return {}, {}
    return losses, gradients


def smoothed_loss_suspects(*case):
    return smoothed_suspects(*case)[0]


def smoothed_gradient_suspects(*case):
    return smoothed_suspects(*case)[1]


def smoothed_cases(rng, device):
    for shape, V, ignored in SMOOTHED:
        logits = normal(rng, *shape, V, device=device)
        targets = with_gaps(rng, V, *shape, ignore_index=ignored, device=device)
        s = float(rng.uniform(0.15, 0.4))
        called = f"smoothing={s:.3g}, ignore_index={ignored}"
        yield logits, targets, s, ignored, called


@exercise("u08.label_smoothing", weight=2)
def test_loss_against_softer_targets(student, rng, reference, device):
    """The target gets 1 - smoothing; the smoothing is shared equally by all V classes; ignored is ignored."""
    for logits, targets, s, ignored, words in smoothed_cases(rng, device):
        before = logits.clone(), targets.clone()
        called = call("smoothed_cross_entropy", logits, words)
        yours = student.smoothed_cross_entropy(logits, targets, smoothing=s, ignore_index=ignored)
        check_unchanged(called, (logits, before[0]), (targets, before[1]))
        expected = reference.smoothed_cross_entropy(*before, s, ignored)
        suspects = partial(smoothed_loss_suspects, reference, *before, s, ignored)
        check_loss(yours, expected, called=called, suspects=suspects)


@exercise("u08.label_smoothing", weight=2)
def test_gradient_against_softer_targets(student, rng, reference, device):
    """The gradient is that of the smoothed loss, and exactly 0 at ignored positions."""
    for drawn, targets, s, ignored, words in smoothed_cases(rng, device):
        logits = surprised(drawn, targets, ignored)
        before = logits.clone(), targets.clone()
        called = call("smoothed_cross_entropy_gradient", logits, words)
        yours = student.smoothed_cross_entropy_gradient(logits, targets, smoothing=s, ignore_index=ignored)
        check_unchanged(called, (logits, before[0]), (targets, before[1]))
        expected = reference.smoothed_cross_entropy_gradient(*before, s, ignored)
        suspects = partial(smoothed_gradient_suspects, reference, *before, s, ignored)
        check(yours, expected, called=called, suspects=suspects)
        silent = targets == ignored
        of = "the gradient at ignored positions"
        assert_equal(yours[silent], torch.zeros_like(yours[silent]), of=of, called=called)


@exercise("u08.label_smoothing")
def test_smoothing_of_nothing_and_of_all(student, rng, reference, device):
    """Without smoothing this is the ordinary loss; with all of it no target matters; 0.1 is the default."""
    for dtype in (F64, F32):
        logits = normal(rng, 3, 5, 7, device=device, dtype=dtype)
        targets = with_gaps(rng, 7, 3, 5, ignore_index=-100, device=device)
        for s in (0.0, 1.0, None):
            more = () if s is None else (s,)
            expected = reference.smoothed_cross_entropy(logits, targets, *more)
            called = call("smoothed_cross_entropy", logits, *more)
            suspects = partial(
                smoothed_loss_suspects, reference, logits, targets, 0.1 if s is None else s, -100
            )
            yours = student.smoothed_cross_entropy(logits, targets, *more)
            check_loss(yours, expected, called=called, suspects=suspects)


@exercise("u08.label_smoothing")
def test_gradient_with_no_and_with_full_smoothing(student, rng, reference, device):
    """The gradient keeps the dtype, for a smoothing of 0, of 1, and of 0.1 where none is given."""
    for dtype in (F64, F32):
        logits = normal(rng, 3, 5, 7, device=device, dtype=dtype)
        targets = with_gaps(rng, 7, 3, 5, ignore_index=-100, device=device)
        for s in (0.0, 1.0, None):
            more = () if s is None else (s,)
            logits = surprised(logits, targets) if s is None else logits
            expected = reference.smoothed_cross_entropy_gradient(logits, targets, *more)
            called = call("smoothed_cross_entropy_gradient", logits, *more)
            suspects = partial(
                smoothed_gradient_suspects, reference, logits, targets, 0.1 if s is None else s, -100
            )
            yours = student.smoothed_cross_entropy_gradient(logits, targets, *more)
            check(yours, expected, called=called, suspects=suspects)


@exercise("u08.label_smoothing")
@pytest.mark.parametrize("name", ["loss", "gradient"])
def test_smoothing_where_no_position_counts(student, rng, reference, device, name):
    """Where no position counts, the loss is nan, as in torch, and the gradient is 0."""
    logits, targets = normal(rng, 3, 5, 7, device=device), torch.full((3, 5), -100, device=device)
    one = targets.clone()
    one[1, 2] = 4
    if name == "loss":
        called = call("smoothed_cross_entropy", logits)
        expected = reference.smoothed_cross_entropy(logits, one)
        suspects = partial(smoothed_loss_suspects, reference, logits, one, 0.1, -100)
        check_loss(student.smoothed_cross_entropy(logits, one), expected, called=called, suspects=suspects)
        yours = student.smoothed_cross_entropy(logits, targets)
        expected = torch.tensor(math.nan, device=device, dtype=F64)
        called = "smoothed_cross_entropy(logits, targets) where no position counts"
        check_loss(yours, expected, called=called, suspects={NONE_LEFT: torch.zeros_like(expected)})
    else:
        logits, called = surprised(logits, one), call("smoothed_cross_entropy_gradient", logits)
        expected = reference.smoothed_cross_entropy_gradient(logits, one)
        suspects = partial(smoothed_gradient_suspects, reference, logits, one, 0.1, -100)
        check(
            student.smoothed_cross_entropy_gradient(logits, one), expected, called=called, suspects=suspects
        )
        yours, expected = student.smoothed_cross_entropy_gradient(logits, targets), torch.zeros_like(logits)
        called = "smoothed_cross_entropy_gradient(logits, targets) where no position counts"
        check(yours, expected, called=called, broken={NONE_LEFT_GRADIENT: expected / 0})


# ---------------------------------------------------------------------------- temperature, backward

NO_FACTOR = "the chain rule stops at logits / temperature: its own factor is missing"
MULTIPLIED = "multiplied by the temperature where it divides"
NO_TEMPERATURE = "the temperature is not used"
HOT_TARGET = "the target is divided by the temperature, but not the probabilities"
ONLY_FACTOR = "the probabilities are those of temperature 1"


@exercise("u08.perplexity_baseline_temperature", weight=2)
def test_gradient_at_a_temperature(student, rng, reference, device):
    """The gradient at the logits themselves, not at the logits after their division."""
    for shape, V, near, dtype in (
        ((5,), 3, 0.5, F64),
        ((3, 5), 7, 2.5, F64),
        ((3, 5), 7, 0.3, F64),
        ((5,), 3, 2.0, F32),
    ):
        logits, targets = (
            normal(rng, *shape, V, device=device, dtype=dtype),
            positions(rng, V, *shape, device=device),
        )
        T = near * float(rng.uniform(0.9, 1.1))
        n, p, y = targets.numel(), reference.softmax(logits / T), one_hot(targets, V, dtype)
        suspects = {
            NO_FACTOR: (p - y) / n,
            NO_TEMPERATURE: (reference.softmax(logits) - y) / n,
            ONLY_FACTOR: (reference.softmax(logits) - y) / n / T,
            MULTIPLIED: T * (reference.softmax(logits * T) - y) / n,
            "the factor is turned over: multiplied by the temperature": T * (p - y) / n,
            "the factor is in there twice": (p - y) / n / T**2,
            HOT_TARGET: (p - y / T) / n,
            "the probabilities are divided by the temperature, but not the target": (p / T - y) / n,
            SUM: (p - y) / T,
        }
        before = logits.clone(), targets.clone()
        called = call("tempered_cross_entropy_gradient", logits, T)
        yours = student.tempered_cross_entropy_gradient(logits, targets, T)
        check_unchanged(called, (logits, before[0]), (targets, before[1]))
        expected = reference.tempered_cross_entropy_gradient(*before, T)
        check(yours, expected, called=called, suspects=suspects)
