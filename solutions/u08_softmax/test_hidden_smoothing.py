"""Hidden tests of unit 8: softer targets, and gradients at a temperature."""

import math
from functools import partial

import pytest
import torch
from checks_gradient import (
    ALL_COUNT,
    COUNTED,
    F32,
    F64,
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
    positions,
    surprised,
    with_gaps,
)

from grader.testing import assert_equal, exercise

OTHERS_ONLY = "the smoothing is shared by the V - 1 other classes alone"
NOT_REDUCED = "the target keeps its whole weight: the weights sum to more than 1"
NO_SHARE = "the target has no share of the smoothing: the weights sum to less than 1"
SWAPPED = "the smoothing and the rest have changed places"
UNSMOOTHED = "the smoothing is not used"
FIXED_SMOOTHING = "a smoothing of 0.1 is taken for granted"
SOFT_P = "the probabilities are smoothed, not the targets"
UNDIVIDED = "each class gets the whole smoothing, not its V-th part"

SMOOTHED = (((7,), 5, -100), ((3, 5), 7, -1), ((3, 5), 7, 0), ((7,), 5, 2))


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


@exercise("u08.label_smoothing", weight=2, in_place=True)
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


@exercise("u08.label_smoothing", weight=2, in_place=True)
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


NO_FACTOR = "the chain rule stops at logits / temperature: its own factor is missing"
MULTIPLIED = "multiplied by the temperature where it divides"
NO_TEMPERATURE = "the temperature is not used"
HOT_TARGET = "the target is divided by the temperature, but not the probabilities"
ONLY_FACTOR = "the probabilities are those of temperature 1"


@exercise("u08.perplexity_baseline_temperature", weight=2, in_place=True)
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
