"""Public tests of unit 11: read them, run them with `pytest u11_optimizers`. Hidden tests decide about points."""

import math

import torch

from grader.testing import assert_close, assert_equal, exercise, fail

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
CHANGED = "the gradients are changed"
REBOUND = "a new tensor is put into params: the model's own stays as it was"
AVERAGE = "the new gradient is scaled down, as in an average: u is smaller than it should be"
FORGOTTEN = "nothing is remembered: the velocity begins anew at every step"
NO_LOOK = "nesterov is not used"
OLD_U = "nesterov looks ahead with the velocity from before this step"
DAMPED_FIRST = "the first gradient is dampened too"


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def walk(step, params, history, lr, called, **options):
    """The tensors of params after some steps. history: the gradients of each step, name -> tensor or None"""
    own, state = dict(params), {}
    for grads in history:
        handed = {name: None if g is None else g.clone() for name, g in grads.items()}
        step(params, handed, state, lr, **options)
        for name, g in grads.items():
            if g is not None and not torch.equal(handed[name], g):
                fail("a gradient was changed", called=called, yours=handed[name], expected=g, diagnosis=CHANGED)
            if params[name] is not own[name]:
                fail(f"params[{name!r}] is another tensor than before", called=called, diagnosis=REBOUND)
    return own


# ---------------------------------------------------------------------------- momentum


@exercise("u11.momentum", in_place=True)
def test_three_gradients_of_one(student, device):
    """With μ = 0.9 three gradients of 1 make the velocities 1, 1.9 and 2.71, and lr = 0.1 of each is walked."""
    params = {"w": numbers([2.0, -1.0], device)}
    history = [{"w": numbers([1.0, -1.0], device)}] * 3
    called = "sgd_momentum_step, 3 steps with g = [1, -1], lr = 0.1, μ = 0.9"
    own = walk(student.sgd_momentum_step, params, history, 0.1, called)
    suspects = {
        AVERAGE: {"w": numbers([1.9439, -0.9439], device)},
        FORGOTTEN: {"w": numbers([1.7, -0.7], device)},
    }
    assert_close(own, {"w": numbers([1.439, -0.439], device)}, of="params", called=called, suspects=suspects)


@exercise("u11.momentum", in_place=True)
def test_nesterov_looks_ahead(student, device):
    """With nesterov the first two steps with a gradient of 1 are 1.9 and 2.71 long, times lr."""
    params = {"w": numbers([2.0], device), "b": numbers(0.5, device)}
    history = [{"w": numbers([1.0], device), "b": None}, {"w": numbers([1.0], device), "b": numbers(2.0, device)}]
    called = "sgd_momentum_step, 2 steps with nesterov; b has no gradient at first"
    own = walk(student.sgd_momentum_step, params, history, 0.1, called, nesterov=True)
    expected = {"w": numbers([1.539], device), "b": numbers(0.12, device)}
    suspects = {
        NO_LOOK: {"w": numbers([1.71], device), "b": numbers(0.3, device)},
        OLD_U: {"w": numbers([1.62], device), "b": numbers(0.12, device)},
    }
    assert_close(own, expected, of="params", called=called, suspects=suspects)


@exercise("u11.momentum", in_place=True)
def test_dampening_begins_late(student, device):
    """With μ = 0.5 and a dampening of 0.25 the velocities are 1, 1.25 and 1.375: the first gradient is whole."""
    params = {"w": numbers([0.0], device)}
    history = [{"w": numbers([1.0], device)}] * 3
    called = "sgd_momentum_step, 3 steps with g = 1, lr = 1, μ = 0.5, dampening = 0.25"
    own = walk(student.sgd_momentum_step, params, history, 1.0, called, momentum=0.5, dampening=0.25)
    suspects = {DAMPED_FIRST: {"w": numbers([-3.1875], device)}}
    assert_close(own, {"w": numbers([-3.625], device)}, of="params", called=called, suspects=suspects)
