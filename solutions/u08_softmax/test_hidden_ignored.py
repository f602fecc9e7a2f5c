"""Hidden tests of unit 8: positions without a target."""

import math
from functools import partial

import torch
from checks_gradient import (
    ALL_COUNT,
    COUNTED,
    DIAGONAL,
    F32,
    F64,
    INF,
    NONE_LEFT,
    NONE_LEFT_GRADIENT,
    NOT_ZERO,
    SUM,
    call,
    check,
    check_loss,
    check_unchanged,
    normal,
    one_hot,
    surprised,
    with_gaps,
)

from grader.testing import assert_equal, exercise, fail

AS_ZERO = "an ignored position counts as class 0"
AS_ZERO_ONCE = "an ignored position counts as class 0, but not in the mean"
AS_LAST = "-1 is taken for the last class"
ROW_MEANS = "the mean of the rows' means: rows with fewer positions weigh too much"
FIXED = "ignore_index is not used: which targets are ignored is taken for granted"
NO_CLASS = "the class ignore_index has lost its logit; only its positions are to be ignored"
LEFT_OUT = "the ignored positions are left out; the gradient has a row for every position"

IGNORED = (((7,), 5, -100), ((3, 5), 7, -1), ((3, 5), 7, 0), ((7,), 5, 2))


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


@exercise("u08.ignore_index", weight=2, in_place=True)
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


@exercise("u08.ignore_index", weight=2, in_place=True)
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
