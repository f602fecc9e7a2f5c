"""Hidden tests of unit 7: gradients that add up, are forgotten, and move parameters."""

import torch
from checks_pytorch import check, normal, sizes

from grader.testing import assert_equal, exercise, fail

FRESH = "each gradient stands alone: backward adds to what is there"
ALIAS = "the list holds one tensor several times: later passes write into it"
SUM = "the loss of a batch is a mean over its examples, not a sum"
ZEROS = "zeros where None belongs: with set_to_none nothing is left to step with"
NONE = "None where zeros belong: set_to_none=False keeps the tensor"
MADE_UP = "a gradient of zeros is made up where there was None"
DECAYS_NONE = "a parameter without a gradient is changed: None is not 0"
SKIPS_ZERO = "a gradient of 0 is taken for none: the weight decay is missing"
NO_DECAY = "the weight decay is missing"
UNSCALED_DECAY = "the weight decay is not multiplied by the learning rate"
AFTER = "the gradient's part of the step decays too: the decay belongs to w alone"
UPHILL = "the step goes uphill"
REPLACED = "the parameter is no leaf that requires a gradient any more"
CLEARED = "the step has changed the gradient"


def parameter(inside, values, gradient=None):
    """A parameter on the student's side, with this gradient."""
    p = inside("torch.nn.Parameter", values.clone())
    if gradient is not None:
        p.grad = gradient.clone()
    return p


@exercise("u07.accumulation", weight=2)
def test_histories_of_drawn_batches(student, rng, reference, device):
    """After each batch w.grad is the sum of all gradients so far; a list of them needs copies."""
    for count in (3, 4):
        D, *rows = sizes(rng, 1 + count, 3, 9)
        w = normal(rng, D, device=device)
        batches = [(normal(rng, N, D, device=device), normal(rng, N, device=device)) for N in rows]
        expected = reference.grad_history(w, batches)
        called = f"grad_history(w, {count} batches of {rows} examples)"
        yours = student.grad_history(w, batches)
        if type(yours) is not list or len(yours) != count:
            fail(
                f"the history is no list of {count}",
                called=called,
                yours=yours,
                expected=f"{count} gradients",
            )
        alone = [one - before for one, before in zip(expected[1:], expected, strict=False)]
        sums, total = [], 0.0
        for N, one in zip(rows, [expected[0], *alone], strict=True):
            total = total + N * one
            sums.append(total)
        for at in range(1, count):
            suspects = {
                FRESH: alone[at - 1],
                ALIAS: expected[-1],
                SUM: sums[at],
            }
            check(yours[at], expected[at], f"entry {at} of the history", called, suspects)
        suspects = {ALIAS: expected[-1], SUM: sums[0]}
        check(yours[0], expected[0], "entry 0 of the history", called, suspects)


@exercise("u07.accumulation")
def test_gradients_are_forgotten(student, inside, rng, device):
    """None and zeros are two things: zero_grad makes the one or the other, and never a gradient from None."""
    shapes = [tuple(sizes(rng, axes)) for axes in (1, 2, 2)]
    for set_to_none in (False, True):
        parameters = [parameter(inside, normal(rng, *s, device=device)) for s in shapes]
        for p, shape in zip(parameters[1:], shapes[1:], strict=True):
            p.grad = normal(rng, *shape, device=device)
        called = f"zero_grad(parameters, set_to_none={set_to_none})"
        student.zero_grad(parameters, set_to_none=set_to_none)
        for p, shape in zip(parameters[1:], shapes[1:], strict=True):
            zeros, grad = torch.zeros(shape, dtype=torch.float64, device=device), p.grad
            if set_to_none and grad is not None:
                diagnosis = ZEROS if type(grad) is torch.Tensor and not grad.any() else ""
                fail(
                    "the gradient is not None", called=called, yours=grad, expected=None, diagnosis=diagnosis
                )
            if not set_to_none:
                if grad is None:
                    fail("the gradient is None", called=called, yours=None, expected=zeros, diagnosis=NONE)
                assert_equal(grad, zeros, of="the gradient", called=called)
        if parameters[0].grad is not None:
            what = "the gradient was None, and is not any more"
            fail(what, called=called, yours=parameters[0].grad, expected=None, diagnosis=MADE_UP)


@exercise("u07.accumulation", weight=2)
def test_steps_of_drawn_parameters(student, inside, rng, reference, device):
    """Who has a gradient decays and moves, be it of zeros; who has none is left alone. All stay leaves."""
    for weight_decay in (0.3, 0.7):
        lr = float(rng.uniform(0.1, 0.3))
        (A, B), C = sizes(rng, 2), 4
        values = [normal(rng, *shape, device=device) for shape in ((A, B), (C,), (B,), (A,))]
        gradients = [normal(rng, A, B, device=device), torch.zeros_like(values[1]), None, None]
        gradients[3] = normal(rng, A, device=device)
        twins = [torch.nn.Parameter(one.clone()) for one in values]
        for twin, gradient in zip(twins, gradients, strict=True):
            twin.grad = None if gradient is None else gradient.clone()
        reference.apply_gradients(twins, lr, weight_decay)
        expected = [twin.detach().clone() for twin in twins]
        yours = [parameter(inside, *both) for both in zip(values, gradients, strict=True)]
        called = f"apply_gradients(parameters, {lr:.3f}, {weight_decay})"
        student.apply_gradients(yours, lr, weight_decay)
        for p, w, g, right in zip(yours, values, gradients, expected, strict=True):
            keep = 1 - lr * weight_decay
            if g is None:
                suspects = {DECAYS_NONE: w * keep}
            else:
                suspects = {
                    **({} if g.any() else {SKIPS_ZERO: w}),
                    NO_DECAY: w - lr * g,
                    UNSCALED_DECAY: w * (1 - weight_decay) - lr * g,
                    AFTER: (w - lr * g) * keep,
                    UPHILL: w * keep + lr * g,
                }
            kind = "no gradient" if g is None else "a gradient of 0" if not g.any() else "a gradient"
            check(p.data, right, f"a parameter with {kind}", called, suspects)
            if not (p.requires_grad and p.is_leaf):
                fail("it is no trainable leaf any more", called=called, diagnosis=REPLACED)
            if g is None and p.grad is not None:
                fail("p.grad was None", called=called, yours=p.grad, expected=None, diagnosis=MADE_UP)
            if g is not None:
                assert_equal(p.grad, g, of="p.grad after the step", called=called, suspects={CLEARED: g * lr})
