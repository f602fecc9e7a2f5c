"""Public tests of unit 11: read them, run them with `pytest u11_optimizers`. Hidden ones decide on points."""

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


def walk(step, params, history, lr, *, called, **options):
    """The tensors of params after some steps. history: the gradients of each step, name -> tensor or None"""
    own, state = dict(params), {}
    for grads in history:
        handed = {name: None if g is None else g.clone() for name, g in grads.items()}
        step(params, handed, state, lr, **options)
        for name, g in grads.items():
            if g is not None and not torch.equal(handed[name], g):
                fail(
                    "a gradient was changed", called=called, yours=handed[name], expected=g, diagnosis=CHANGED
                )
            if params[name] is not own[name]:
                fail(f"params[{name!r}] is another tensor than before", called=called, diagnosis=REBOUND)
    return own


# ---------------------------------------------------------------------------- momentum


@exercise("u11.momentum", in_place=True)
def test_three_gradients_of_one(student, device):
    """With μ = 0.9 three gradients of 1 make the velocities 1, 1.9 and 2.71; lr times each is walked."""
    params = {"w": numbers([2.0, -1.0], device)}
    history = [{"w": numbers([1.0, -1.0], device)}] * 3
    called = "sgd_momentum_step, 3 steps with g = [1, -1], lr = 0.1, μ = 0.9"
    own = walk(student.sgd_momentum_step, params, history, 0.1, called=called)
    suspects = {
        AVERAGE: {"w": numbers([1.9439, -0.9439], device)},
        FORGOTTEN: {"w": numbers([1.7, -0.7], device)},
    }
    assert_close(own, {"w": numbers([1.439, -0.439], device)}, of="params", called=called, suspects=suspects)


@exercise("u11.momentum", in_place=True)
def test_nesterov_looks_ahead(student, device):
    """With nesterov the first two steps with a gradient of 1 are 1.9 and 2.71 long, times lr."""
    params = {"w": numbers([2.0], device), "b": numbers(0.5, device)}
    history = [
        {"w": numbers([1.0], device), "b": None},
        {"w": numbers([1.0], device), "b": numbers(2.0, device)},
    ]
    called = "sgd_momentum_step, 2 steps with nesterov; b has no gradient at first"
    own = walk(student.sgd_momentum_step, params, history, 0.1, called=called, nesterov=True)
    expected = {"w": numbers([1.539], device), "b": numbers(0.12, device)}
    suspects = {
        NO_LOOK: {"w": numbers([1.71], device), "b": numbers(0.3, device)},
        OLD_U: {"w": numbers([1.62], device), "b": numbers(0.12, device)},
    }
    assert_close(own, expected, of="params", called=called, suspects=suspects)


@exercise("u11.momentum", in_place=True)
def test_dampening_begins_late(student, device):
    """With μ = 0.5, dampening = 0.25 the velocities are 1, 1.25 and 1.375: the first gradient is whole."""
    params = {"w": numbers([0.0], device)}
    history = [{"w": numbers([1.0], device)}] * 3
    called = "sgd_momentum_step, 3 steps with g = 1, lr = 1, μ = 0.5, dampening = 0.25"
    own = walk(student.sgd_momentum_step, params, history, 1.0, called=called, momentum=0.5, dampening=0.25)
    suspects = {DAMPED_FIRST: {"w": numbers([-3.1875], device)}}
    assert_close(own, {"w": numbers([-3.625], device)}, of="params", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- adam

NO_CORRECTION = "m and v are not corrected: both begin at 0, and are too small at first"
T_LOOP = "t grows with every tensor in the loop, not once for each step"
EPS_INSIDE = "ε stands under the root"


@exercise("u11.adam", in_place=True)
def test_first_step_is_as_long_as_lr(student, device):
    """At the first step m̂ / √v̂ is the sign of g: a gradient of 1000 moves as far as one of 0.001."""
    params = {"a": numbers([1.0, 1.0], device), "b": numbers([[1.0], [1.0], [1.0]], device)}
    grads = {"a": numbers([1000.0, -0.001], device), "b": numbers([[0.5], [-2.0], [0.0]], device)}
    called = "adam_step, 1 step, lr = 0.1, ε = 0.001"
    own = walk(student.adam_step, params, [grads], 0.1, called=called, eps=0.001)
    expected = {
        "a": numbers([0.9000001, 1.05], device),
        "b": numbers([[0.90019960079840319], [1.0999500249875063], [1.0]], device),
    }
    uncorrected = {
        "a": numbers([0.68378223366694457, 1.00969346569968277], device),
        "b": numbers([[0.70258256424012266], [1.31130559241494149], [1.0]], device),
    }
    assert_close(own, expected, of="params", called=called, suspects={NO_CORRECTION: uncorrected})


@exercise("u11.adam", in_place=True)
def test_three_steps_with_three_gradients(student, device):
    """With β = (0.5, 0.75), lr = 0.1 and the gradients 1, -1, 2 the tensor w goes to 0.9, 0.9333, 0.8674."""
    params = {"w": numbers([1.0], device), "late": numbers(1.0, device)}
    history = [
        {"w": numbers([1.0], device), "late": None},
        {"w": numbers([-1.0], device), "late": None},
        {"w": numbers([2.0], device), "late": numbers(-3.0, device)},
    ]
    called = "adam_step, 3 steps; late has its first gradient at the third"
    own = walk(student.adam_step, params, history, 0.1, called=called, betas=(0.5, 0.75), eps=1e-8)
    expected = {"w": numbers([0.8673565114103061], device), "late": numbers(1.0999999996666667, device)}
    assert_close(own, expected, of="params", called=called)


# ---------------------------------------------------------------------------- adamw

IN_GRADIENT = "the decay goes into the gradient, where Adam divides it away"
AFTER = "the decay comes after the step, and shrinks the step too"
WHOLE = "the decay is not multiplied by lr"


@exercise("u11.adamw", in_place=True)
def test_shrink_then_step(student, device):
    """w = 2 shrinks by lr λ = 0.03 of itself to 1.94; Adam's first step, 0.1 long, leads to 1.84."""
    params, grads = {"w": numbers([2.0, -2.0], device)}, {"w": numbers([5.0, 5.0], device)}
    called = "adamw_step, 1 step, w = [2, -2], g = [5, 5], lr = 0.1, λ = 0.3"
    own = walk(student.adamw_step, params, [grads], 0.1, called=called, weight_decay=0.3)
    suspects = {
        IN_GRADIENT: {"w": numbers([1.9, -2.1], device)},
        AFTER: {"w": numbers([1.843, -2.037], device)},
        WHOLE: {"w": numbers([1.3, -1.5], device)},
    }
    expected = {"w": numbers([1.8400000002, -2.0399999998], device)}
    assert_close(own, expected, of="params", called=called, rtol=1e-9, suspects=suspects)


@exercise("u11.adamw", in_place=True)
def test_decay_of_some_tensors(student, device):
    """With a dict each tensor has its own λ: 0 for the gain, which only Adam's steps of 0.1 move."""
    params = {"w": numbers([[4.0]], device), "gain": numbers([4.0], device), "idle": numbers([4.0], device)}
    history = [{"w": numbers([[2.0]], device), "gain": numbers([2.0], device), "idle": None}] * 2
    called = "adamw_step, 2 steps, lr = 0.1, λ = {w: 0.5, gain: 0, idle: 0.5}; idle has no gradient"
    decay = {"w": 0.5, "gain": 0.0, "idle": 0.5}
    own = walk(student.adamw_step, params, history, 0.1, called=called, weight_decay=decay)
    expected = {
        "w": numbers([[3.415]], device),
        "gain": numbers([3.8], device),
        "idle": numbers([4.0], device),
    }
    assert_close(own, expected, of="params", called=called)
