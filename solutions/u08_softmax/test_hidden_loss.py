"""Hidden tests of unit 8: the loss, perplexity and temperature."""

import math
from functools import partial

import pytest
import torch
from checks_softmax import (
    CAPPED,
    CLAMPED,
    FAR,
    INF,
    LOST,
    OVERFLOW,
    check,
    check_unchanged,
    extremes,
    normal,
    overflows,
)

from grader.testing import assert_close, exercise, fail

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


@exercise("u08.cross_entropy", in_place=True)
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
