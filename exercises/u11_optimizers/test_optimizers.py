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


# ---------------------------------------------------------------------------- param_groups

ALL = "everything decays, norms and biases too"
TIED = "a tensor with two names is listed twice: it would move and decay twice"


@exercise("u11.param_groups")
def test_matrices_decay(student, device):
    """The embedding and the matrix decay; gain, bias and a single number do not."""
    shapes = {"tok": (6, 4), "gamma": (4,), "wq": (4, 4), "bq": (4,), "temperature": ()}
    params = {name: torch.ones(shape, device=device) for name, shape in shapes.items()}
    yours, called = student.decay_groups(params, 0.3), "decay_groups(params, 0.3)"
    expected = {"tok": 0.3, "gamma": 0.0, "wq": 0.3, "bq": 0.0, "temperature": 0.0}
    suspects = {ALL: dict.fromkeys(shapes, 0.3)}
    assert_equal(yours, expected, of="the dict", called=called, suspects=suspects)


@exercise("u11.param_groups")
def test_tied_tensor_is_listed_once(student, device):
    """head.w is the very tensor tok: it is listed as tok, and not again. Two tensors of ones are two."""
    tok = torch.ones(6, 4, device=device)
    params = {"tok": tok, "w": torch.ones(6, 4, device=device), "head.w": tok, "b": tok[0].clone()}
    yours, called = student.decay_groups(params), "decay_groups(params), params['head.w'] is params['tok']"
    expected = {"tok": 0.1, "w": 0.1, "b": 0.0}
    if isinstance(yours, dict) and yours == {**expected, "head.w": 0.1}:
        fail("head.w is listed too", called=called, yours=yours, expected=expected, diagnosis=TIED)
    assert_equal(yours, expected, of="the dict", called=called)


# ---------------------------------------------------------------------------- lr_schedules

SMOOTH = "the rate falls a little at every update, not once every `every` updates"
EARLY = "one update too early"
TO_ZERO = "the last update already has the rate 0"
CONSTANT = "the rate is as at the start for the whole run: a whole division?"
EAGER = "one bad evaluation too few is borne"
PATIENT = "one bad evaluation too many is borne"
EQUAL_IS_GOOD = "an equal loss counts as good"


@exercise("u11.lr_schedules")
def test_a_tenth_every_three_updates(student):
    """With every = 3 the updates 0, 1 and 2 have the rate 0.5, the next three 0.05, then 0.005."""
    yours = [student.step_decay(step, 0.5, 3) for step in range(8)]
    expected = [0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005]
    suspects = {
        SMOOTH: [0.5 * 0.1 ** (step / 3) for step in range(8)],
        EARLY: [0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005],
    }
    called = "step_decay(step, 0.5, every=3), step = 0 to 7"
    assert_close(yours, expected, of="the list of rates", called=called, suspects=suspects)


@exercise("u11.lr_schedules")
def test_four_updates_down_a_line(student):
    """Four updates with 0.8, 0.6, 0.4 and 0.2: the 0 comes after the last."""
    yours = [student.linear_decay(step, 0.8, 4) for step in range(6)]
    suspects = {
        EARLY: [0.6, 0.4, 0.2, 0.0, 0.0, 0.0],
        TO_ZERO: [0.8, 0.8 * 2 / 3, 0.8 / 3, 0.0, 0.0, 0.0],
        CONSTANT: [0.8, 0.8, 0.8, 0.8, 0.0, 0.0],
    }
    called = "linear_decay(step, 0.8, 4), step = 0 to 5"
    expected = [0.8, 0.6, 0.4, 0.2, 0.0, 0.0]
    assert_close(yours, expected, of="the list of rates", called=called, suspects=suspects)


@exercise("u11.lr_schedules")
def test_patience_of_one(student):
    """The losses 5, 4, 4, 4: the third is borne, the fourth lowers the rate; two more bad ones again."""
    losses = [5.0, 4.0, 4.0, 4.0, 6.0, 4.5, 3.0, 3.5, 2.5, 2.5]
    yours = [student.plateau_decay(losses[:n], 1.0, patience=1) for n in range(11)]
    expected = [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01]
    suspects = {
        EAGER: [1.0, 1.0, 1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5, 1e-6],
        PATIENT: [1.0, 1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
        EQUAL_IS_GOOD: [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1, 0.1],
    }
    called = "plateau_decay(losses[:n], 1.0, patience=1), n = 0 to 10"
    assert_close(yours, expected, of="the list of rates", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- warmup_cosine

NO_FLOOR = "the cosine goes down to 0, not to min_lr"
FROM_ZERO = "the cosine begins at update 0, not after the warm-up"
GOES_ON = "the wave goes on after the end of the cycle, and up again"


@exercise("u11.warmup_cosine")
def test_up_in_four_and_down_in_eight(student):
    """Warm-up 4, cycle 12: 0 at update 0, 1 at 4, half way between 1 and 0.2 at 8, 0.2 from 12 on."""
    its = (0, 1, 2, 3, 4, 6, 8, 10, 12, 13, 16, 20)
    yours = [student.warmup_cosine(it, 1.0, 0.2, 4, 12) for it in its]
    up, a, b = [0.0, 0.25, 0.5, 0.75, 1.0], 0.8828427124746190, 0.3171572875253810
    suspects = {
        NO_FLOOR: [*up, 0.8535533905932737, 0.5, 0.1464466094067263, 0.2, 0.2, 0.2, 0.2],
        FROM_ZERO: [*up[:4], 0.8, 0.6, 0.4, 0.25358983848622454, 0.2, 0.2, 0.2, 0.2],
        GOES_ON: [*up, a, 0.6, b, 0.2, 0.23044818699548519, 0.6, 1.0],
    }
    called = f"warmup_cosine(it, 1.0, 0.2, warmup=4, cycle=12), it = {', '.join(map(str, its))}"
    expected = [*up, a, 0.6, b, 0.2, 0.2, 0.2, 0.2]
    assert_close(yours, expected, of="the list of rates", called=called, suspects=suspects)


@exercise("u11.warmup_cosine")
def test_no_warmup(student):
    """With warm-up 0 the first update has the whole rate, and half of the cycle has half of it."""
    yours = [student.warmup_cosine(it, 0.6, 0.0, 0, 4) for it in (0, 2, 4)]
    called = "warmup_cosine(it, 0.6, 0.0, warmup=0, cycle=4), it = 0, 2, 4"
    assert_close(yours, [0.6, 0.3, 0.0], of="the list of rates", called=called)


# ---------------------------------------------------------------------------- clip_grad_norm

PER_TENSOR = "every tensor is shortened by its own norm, not all by one"
ALWAYS = "short gradients are made longer"
SQUARED = "the root is missing: this is the square of the norm"
AFTER = "this is the norm after clipping"
REBOUND_GRADS = "new tensors are put into grads: the model's own stay as they were"


def clipped(student, grads, max_norm, called):
    """The gradients after the call, and the norm as a plain number."""
    own = dict(grads)
    norm = student.clip_grad_norm(grads, max_norm)
    if any(grads[name] is not own[name] for name in own):
        fail("grads holds other tensors than before", called=called, diagnosis=REBOUND_GRADS)
    if isinstance(norm, torch.Tensor) and norm.ndim == 0:
        norm = float(norm)
    return {name: g for name, g in own.items() if g is not None}, norm


@exercise("u11.clip_grad_norm", in_place=True)
def test_norm_thirteen_becomes_six_and_a_half(student, device):
    """3, 4 and 12 have the norm 13: with max_norm 6.5 all of them are halved."""
    grads = {"w": numbers([[3.0], [-4.0]], device), "idle": None, "b": numbers([12.0], device)}
    called = "clip_grad_norm({w: [[3], [-4]], idle: None, b: [12]}, 6.5)"
    own, norm = clipped(student, grads, 6.5, called)
    suspects = {PER_TENSOR: {"w": numbers([[3.0], [-4.0]], device), "b": numbers([6.5], device)}}
    expected = {"w": numbers([[1.5], [-2.0]], device), "b": numbers([6.0], device)}
    assert_close(own, expected, of="grads", called=called, suspects=suspects, rtol=1e-9)
    assert_close(norm, 13.0, of="the norm", called=called, suspects={SQUARED: 169.0, AFTER: 6.5}, rtol=1e-9)


@exercise("u11.clip_grad_norm", in_place=True)
def test_norm_five_is_left_alone(student, device):
    """With max_norm 6.5 a gradient of norm 5 stays as it is, and so does one of norm 0."""
    called = "clip_grad_norm({w: [3, 4], b: 0}, 6.5)"
    own, norm = clipped(student, {"w": numbers([3.0, 4.0], device), "b": numbers(0.0, device)}, 6.5, called)
    expected = {"w": numbers([3.0, 4.0], device), "b": numbers(0.0, device)}
    suspects = {ALWAYS: {"w": numbers([3.9, 5.2], device), "b": numbers(0.0, device)}}
    assert_equal(own, expected, of="grads", called=called, suspects=suspects)
    assert_close(norm, 5.0, of="the norm", called=called, suspects={SQUARED: 25.0})
    own, norm = clipped(student, {"w": numbers([0.0, 0.0], device)}, 1.0, "clip_grad_norm({w: [0, 0]}, 1)")
    assert_equal(own, {"w": numbers([0.0, 0.0], device)}, of="grads", called="clip_grad_norm({w: [0, 0]}, 1)")
    assert_close(norm, 0.0, of="the norm", called="clip_grad_norm({w: [0, 0]}, 1)")


# ---------------------------------------------------------------------------- optimizer_race

TOUCHED = "this is where the loss first reaches the target, not where it stays"
SHORT = "the loss after the last update is missing"


def deliveries(device):
    """Five packages: hundreds of kilometres and kilograms, then hours; and where every run begins."""
    X = numbers([[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]], device)
    return (X, numbers([5.0, 3.2, 9.5, 2.1, 6.8], device)), numbers([0.8, 1.5], device)


@exercise("u11.optimizer_race", in_place=True)
def test_three_updates_on_the_deliveries(student, device):
    """Plain descent with lr 0.05: 0.72884 at the start, and a loss after each of three updates."""
    data, w = deliveries(device)
    yours, called = student.run(student.gd_step, data, w, 0.05, 3), "run(gd_step, data, w, lr=0.05, steps=3)"
    expected = [0.7288399999999994, 0.5649516209183998, 0.511563686634782, 0.4833004429060714]
    if isinstance(yours, list) and len(yours) == 3:
        fail("4 losses are expected", called=called, yours=yours, expected=expected, diagnosis=SHORT)
    assert_close(yours, expected, of="the list of losses", called=called, rtol=1e-9)
    assert_equal(w, numbers([0.8, 1.5], device), of="w", called=called)


@exercise("u11.optimizer_race")
def test_when_it_is_low_for_good(student):
    """The loss is 1 after two updates, but rises again; it stays at or below 2 from update 5 on."""
    yours, called = student.updates_until([9, 4, 1, 3, 5, 2, 1], 2), "updates_until([9, 4, 1, 3, 5, 2, 1], 2)"
    assert_equal(yours, 5, of="the answer", called=called, suspects={TOUCHED: 2})
    assert_equal(student.updates_until([9, 4], 2), None, of="the answer", called="updates_until([9, 4], 2)")


@exercise("u11.optimizer_race")
def test_race_on_the_deliveries(student, device):
    """Ten updates from one start: with 0.02 plain descent crawls, with 300 it explodes, 0.06 is its best."""
    data, w = deliveries(device)
    optimizers = {"plain": student.gd_step, "adagrad": student.adagrad_step}
    rates = {"plain": [0.02, 0.06, 300.0], "adagrad": [0.1, 1.0, 0.3]}
    yours = student.race(optimizers, data, w, rates, 10)
    called = "race({'plain': gd_step, 'adagrad': adagrad_step}, data, w, rates, 10)"
    expected = {"plain": (0.06, 0.3282418085864119), "adagrad": (0.1, 0.4055669825793915)}
    assert_close(yours, expected, of="the dict", called=called, rtol=1e-9)
