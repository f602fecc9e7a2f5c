"""Hidden tests of unit 4, steps: drawn losses, of which no partial derivative depends on one weight alone."""

import numpy as np
from checks_descent import TOO_OFTEN, Calls, bowl, check_close, check_unchanged, trough

from grader.testing import exercise

EXACT = {"rtol": 1e-12, "atol": 1e-13}

# ---------------------------------------------------------------------------- gd_step

UPHILL = "the gradient is added: this goes uphill"
ONE_AFTER_THE_OTHER = "the weights move one after the other: later ones see the new values of earlier ones"
STEP_ALONE = "this is the step alone, without the weights that it starts from"
NO_LR = "the learning rate is not used"
UNIT = "the gradient is shortened to length 1"
SIGNS = "only the signs of the gradient are used"


def one_after_the_other(gradient, w, lr):
    """The mistake: weight i moves before the partial derivative of weight i + 1 is taken."""
    w = w.copy()
    for i in range(len(w)):
        w[i] -= lr * gradient(w)[i]
    return w


def wrong_steps(gradient, w, lr):
    g = gradient(w)
    return {
        UPHILL: w + lr * g,
        ONE_AFTER_THE_OTHER: one_after_the_other(gradient, w, lr),
        STEP_ALONE: -lr * g,
        NO_LR: w - g,
        UNIT: w - lr * g / np.linalg.norm(g),
        SIGNS: w - lr * np.sign(g),
    }


def check_step(student, reference, gradient, w, lr):
    """Compare one step with the reference's, then look at the argument and at the calls."""
    before, calls = w.copy(), Calls("gradient", gradient, len(w))
    called = f"gd_step(gradient, w, {lr:.4g}), w float64[{len(w)}]"
    yours, expected = student.gd_step(calls, w, lr), reference.gd_step(gradient, before, lr)
    check_unchanged("w", w, before, called)
    more = {"of": "the new weights", "called": called, **EXACT}
    check_close(yours, expected, lambda: wrong_steps(gradient, before, lr), **more)
    calls.check_count(1, called, TOO_OFTEN)


@exercise("u04.gd_step", weight=2, in_place=True)
def test_one_step_in_a_bowl(student, rng, reference):
    """All weights move at once, each by lr times its partial derivative at the old weights."""
    for D in (3, 5, 7):
        _, gradient, _ = bowl(rng, rng.uniform(0.5, 3, D))
        check_step(student, reference, gradient, rng.uniform(-3, 0.5, D), float(rng.uniform(0.05, 0.6)))


@exercise("u04.gd_step", in_place=True)
def test_one_step_where_the_slope_is_no_straight_line(student, rng, reference):
    """Whatever the loss is, one step goes against its gradient, whose length counts."""
    for D, low, high in ((5, 1e-3, 1e-2), (3, 0.5, 0.9), (7, 2.0, 9.0)):
        _, gradient = trough(rng, D)
        check_step(student, reference, gradient, rng.uniform(-2, 2, D), float(rng.uniform(low, high)))


@exercise("u04.gd_step", in_place=True)
def test_many_weights_and_one(student, rng, reference):
    """w may have any number of entries."""
    for D in (1, 300):
        _, gradient = trough(rng, D)
        check_step(student, reference, gradient, rng.uniform(0.5, 2, D), float(rng.uniform(0.1, 0.6)))


# ---------------------------------------------------------------------------- gd_loop

RECORD = "(path, losses)"
ONCE = "the gradient is computed once, and not again at the new weights"
AFTER = "the losses are those after each update, not before it"
SAME_ROWS = "every row of path is the last one: is one array changed in place, and appended each time?"
STOPPED = "the run is ended early when the loss rises"
TOO_MANY = "one loss too many: that of the end belongs to no update"
NO_END = "path has no row for where the last update led"


def record(loss, update, w, steps):
    """(path, losses) of any rule: update(w) gives the next weights."""
    path = [w]
    for _ in range(steps):
        path.append(update(path[-1]))
    return np.array(path), np.array([loss(p) for p in path[:-1]])


def wrong_runs(loss, gradient, w, lr, steps):
    """What named mistakes give."""
    path, losses = record(loss, lambda here: here - lr * gradient(here), w, steps + 1)
    first = next((t for t in range(1, steps) if losses[t] > losses[t - 1]), steps)
    return {
        ONCE: record(loss, lambda here: here - lr * gradient(w), w, steps),
        AFTER: (path[:-1], losses[1:]),
        TOO_MANY: (path[:-1], losses),
        NO_END: (path[:steps], losses[:-1]),
        SAME_ROWS: (np.tile(path[steps], (steps + 1, 1)), losses[:-1]),
        UPHILL: record(loss, lambda here: here + lr * gradient(here), w, steps),
        STOPPED: (path[: first + 1], losses[:first]),
        ONE_AFTER_THE_OTHER: record(loss, lambda here: one_after_the_other(gradient, here, lr), w, steps),
    }


def check_run(student, reference, functions, start, steps):
    """Compare a run with the reference's, then look at the argument and at the calls. start: (w, lr)"""
    (loss, gradient), (w, lr) = functions, start
    before = w.copy()
    gradients = Calls("gradient", gradient, len(w))
    called = f"gd_loop(loss, gradient, w, {lr:.4g}, {steps}), w float64[{len(w)}]"
    yours = student.gd_loop(Calls("loss", loss, len(w)), gradients, w, lr, steps)
    expected = reference.gd_loop(loss, gradient, before, lr, steps)
    check_unchanged("w", w, before, called)
    more = {"of": RECORD, "called": called, **EXACT}
    check_close(yours, expected, lambda: wrong_runs(loss, gradient, before, lr, steps), **more)
    gradients.check_count(steps, called, TOO_OFTEN)


@exercise("u04.gd_loop", weight=2, in_place=True)
def test_runs_that_come_down(student, rng, reference):
    """Row t of the path is t steps away from the start, and losses[t] is the loss there."""
    for D, steps in ((3, 7), (7, 5)):
        loss, gradient, _ = bowl(rng, rng.uniform(0.5, 3, D))
        check_run(student, reference, (loss, gradient), (rng.uniform(-1, 0.5, D), 0.3), steps)
    loss, gradient = trough(rng, 5)
    start = rng.uniform(-2, 2, 5), float(rng.uniform(0.05, 0.2))
    check_run(student, reference, (loss, gradient), start, 9)


@exercise("u04.gd_loop", in_place=True)
def test_a_run_that_gets_worse_goes_on(student, rng, reference):
    """Where the learning rate is too large the loss rises, and the record shows it to the end."""
    for D, steps in ((5, 6), (3, 8)):
        loss, gradient, _ = bowl(rng, rng.uniform(2.0, 3.0, D))
        check_run(student, reference, (loss, gradient), (rng.uniform(-1, 0.5, D), 1.3), steps)


@exercise("u04.gd_loop", in_place=True)
def test_short_runs(student, rng, reference):
    """One step gives two rows and one loss; no step gives one row and no loss."""
    for D, steps in ((5, 1), (3, 0), (7, 2)):
        loss, gradient = trough(rng, D)
        check_run(student, reference, (loss, gradient), (rng.uniform(-2, 2, D), 0.1), steps)
