"""Hidden tests of unit 11: Adam and AdamW."""

import torch
from checks_adam import DECAYS, MISTAKES
from checks_optimizers import F32, check_reused, check_run, drawn, fine, gaps, normal

from grader.testing import assert_gradient, exercise, fail, unpack

RATES = (0.3, 0.1, 0.05, 0.2)


def check(student, reference, params, history, *, rates=RATES, **options):
    check_run((student, reference), "adam_step", params, history, rates, mistakes=MISTAKES, **options)


def direction_like(step):
    """adam_direction with the mistake of this step: where it moves a tensor that lies at 0, with lr 1."""

    def direction(g, memory, betas, eps):
        p, state = {"p": torch.zeros_like(g)}, memory or {}
        step(p, {"p": g}, state, 1.0, betas=betas, eps=eps)
        return -p["p"], state

    return direction


def followed(direction, gradients, betas, eps):
    memory, found = None, {}
    for t, g in enumerate(gradients):
        found[t], memory = direction(g.clone(), memory, betas, eps)
    return found


def check_directions(student, reference, gradients, *, betas, eps):
    """Some steps of one tensor, by adam_direction alone."""
    called = f"direction, memory = adam_direction(g, memory, betas={betas}, eps={eps})"
    expected, memory, mine = followed(reference.adam_direction, gradients, betas, eps), None, {}
    for t, g in enumerate(gradients):
        handed = g.clone()
        yours = student.adam_direction(handed, memory, betas, eps)
        mine[t], memory = unpack(yours, "(direction, memory)")
        if not torch.equal(handed, g):
            fail("the gradient was changed", called=called, diagnosis="the gradients are changed")
        assert isinstance(mine[t], torch.Tensor), "direction is no tensor"
    if fine(mine, expected, 1e-11):
        return
    wrong = {cause: followed(direction_like(step), gradients, betas, eps) for cause, step in MISTAKES.items()}
    suspects = {cause: other for cause, other in wrong.items() if fine(mine, other, 1e-9)}
    for t, right in expected.items():
        mistakes = {cause: other[t] for cause, other in suspects.items()}
        where = f"{called}, step {t + 1}"
        assert_gradient(mine[t], right, of="direction", called=where, rtol=1e-11, atol=0, suspects=mistakes)


def several(rng, device, **more):
    return [drawn(rng, device=device, **more) for _ in RATES]


@exercise("u11.adam", weight=3, in_place=True)
def test_adam_over_four_steps(student, rng, reference, device):
    """Both averages are corrected by their own β to the power of t, which is 1 at a tensor's first step."""
    for options in ({}, {"betas": (0.8, 0.95)}, {"betas": (0.5, 0.4), "eps": 1e-3}):
        check(student, reference, drawn(rng, device=device), several(rng, device), **options)
    for betas, eps in (((0.9, 0.999), 1e-8), ((0.6, 0.8), 1e-2)):
        gradients = [normal(rng, 5, 3, device=device) for _ in RATES]
        check_directions(student, reference, gradients, betas=betas, eps=eps)


@exercise("u11.adam", weight=2, in_place=True)
def test_adam_where_eps_counts(student, rng, reference, device):
    """ε is added to the root of the corrected v: it shows where gradients are small, or ε is large."""
    for spread, eps in ((1e-4, 1e-4), (1.0, 0.3), (1e-8, 1e-8)):
        params, history = drawn(rng, device=device), several(rng, device, spread=spread)
        check(student, reference, params, history, betas=(0.9, 0.99), eps=eps)


@exercise("u11.adam", weight=2, in_place=True)
def test_adam_with_gaps(student, rng, reference, device):
    """Without a gradient a tensor stays, and so do its m, v and t."""
    for betas in ((0.9, 0.999), (0.7, 0.9)):
        params, history = drawn(rng, device=device), gaps(rng, 5, device=device)
        check(student, reference, params, history, rates=(*RATES, 0.1), betas=betas, eps=1e-2)


@exercise("u11.adam", in_place=True)
def test_adam_remembers_in_own_tensors(student, rng, reference, device, inside):
    """Whoever writes new gradients into the old tensors must not change m or v by that."""
    params, history = drawn(rng, device=device), several(rng, device)
    check_reused((student, reference), inside, "adam_step", params, history)


@exercise("u11.adam", in_place=True)
def test_adam_in_float32(student, rng, reference, device):
    """Tensors of float32 stay float32, whatever lr and the betas are."""
    params = drawn(rng, device=device, dtype=F32)
    check(student, reference, params, several(rng, device, dtype=F32), betas=(0.8, 0.9), eps=1e-3)


def check_decay(student, reference, params, history, *, rates=RATES, **options):
    more = {"mistakes": DECAYS, **options}
    check_run((student, reference), "adamw_step", params, history, rates, **more)


@exercise("u11.adamw", weight=3, in_place=True)
def test_adamw_over_four_steps(student, rng, reference, device):
    """The old weights shrink by lr λ of themselves; then Adam makes its step, which has not seen that."""
    for options in ({}, {"eps": 0.1}, {"betas": (0.8, 0.9), "eps": 1e-3}):
        params, history = drawn(rng, device=device), several(rng, device)
        check_decay(student, reference, params, history, weight_decay=0.3, **options)
    check_decay(
        student, reference, drawn(rng, device=device), several(rng, device), rates=(0.5, 1.0, 0.7, 0.2)
    )


@exercise("u11.adamw", weight=2, in_place=True)
def test_adamw_with_a_decay_for_each(student, rng, reference, device):
    """weight_decay may be a dict: each tensor shrinks by its own number, and where that is 0 not at all."""
    for numbers in ((0.3, 0.0, 0.1, 0.0), (0.0, 0.2, 0.5, 0.1)):
        params, history = drawn(rng, device=device), several(rng, device)
        decays = dict(zip(params, numbers, strict=True))
        check_decay(student, reference, params, history, weight_decay=decays, eps=1e-2)


@exercise("u11.adamw", in_place=True)
def test_adamw_with_gaps(student, rng, reference, device):
    """A tensor without a gradient neither moves nor decays."""
    for decay in (0.2, 0.4):
        params, history = drawn(rng, device=device), gaps(rng, 5, device=device)
        check_decay(student, reference, params, history, rates=(*RATES, 0.1), weight_decay=decay)
