"""Hidden tests of unit 11: the race."""

import math

import torch
from checks_optimizers import F64

from grader.testing import assert_close, assert_equal, exercise, fail

EXACT = {"rtol": 1e-10, "atol": 0}
INF, NAN = math.inf, math.nan

CHANGED = "the start is changed: the next run does not begin there"
SHORT = "the loss after the last update is missing"
NO_START = "the loss of the start is missing"
FROZEN = "nothing moves: every loss is that of the start"
ALTERNATING = "one update too many between two losses"
NO_MEMORY = "the state begins anew at every step"

TOUCHED = "this is where the loss first reaches the target, not where it stays"
STRICT = "at the target is enough; it need not be below"
ONE_MORE = "one update too many"
AT_END = "where the loss never stays at the target the answer is None"

LOWEST = "the lowest loss of the run counts, not its last one"
WORST = "the highest loss wins"
BY_START = "the first rate is taken, whatever the loss"
LAST_TIE = "of equal losses the last one wins"
CONTINUED = "every run begins where the last one ended"
SHARED_RATE = "all optimizers have the same rate, though each has its own best one"


def deliveries(rng, device):
    """A valley of two to four weights, narrow enough that rates matter, and a start."""
    D, N = int(rng.integers(2, 5)), int(rng.integers(5, 8))
    X = torch.tensor(rng.uniform(0.5, 2, (N, D)), dtype=F64, device=device)
    y = X @ torch.tensor(rng.uniform(1, 2, D), dtype=F64, device=device) + 0.1
    return (X, y), torch.tensor(rng.uniform(-1, 0.5, D), dtype=F64, device=device)


def limit(X):
    """The largest rate at which plain descent does not diverge."""
    return 2 / float(torch.linalg.eigvalsh(2 * X.T @ X / len(X))[-1])


def losses_like(reference, step, data, w, *, lr, count, forgets=False):
    """The losses before `count` updates; forgets: with an empty state for each."""
    params, state, losses = {"w": w.clone()}, {}, []
    for _ in range(count):
        loss, g = reference.loss_and_gradient(params["w"], *data)
        losses.append(loss)
        step(params, {"w": g}, {} if forgets else state, lr)
    return losses


@exercise("u11.optimizer_race", weight=2, in_place=True)
def test_losses_of_one_run(student, rng, reference, device):
    """Entry t is the loss after t updates: there is one more than updates. The start stays where it is."""
    for step, share, steps in (("adagrad_step", 1.0, 7), ("gd_step", 0.3, 5), ("adagrad_step", 2.0, 3)):
        data, w = deliveries(rng, device)
        lr, before = share * limit(data[0]), w.clone()
        called = f"run({step}, data, w, lr={lr:.3g}, steps={steps})"
        yours = student.run(getattr(student, step), data, w, lr, steps)
        if not torch.equal(w, before):
            fail("w was changed", called=called, yours=w, expected=before, diagnosis=CHANGED)
        expected = reference.run(getattr(reference, step), data, before, lr, steps)
        case, right = (reference, getattr(reference, step), data, before), {"lr": lr}
        forgetful = losses_like(*case, **right, count=steps + 1, forgets=True)
        suspects = {
            FROZEN: [expected[0]] * (steps + 1),
            ALTERNATING: losses_like(*case, **right, count=2 * steps + 1)[::2],
            NO_MEMORY: forgetful if forgetful != expected else [NAN],
        }
        for cause, other in {SHORT: expected[:-1], NO_START: expected[1:]}.items():
            if isinstance(yours, list) and len(yours) == steps and abs(yours[0] - other[0]) < 1e-9:
                what = f"{steps + 1} losses are expected, not {steps}"
                fail(what, called=called, yours=yours, expected=expected, diagnosis=cause)
        assert_close(yours, expected, of="the list of losses", called=called, suspects=suspects, **EXACT)
    yours, expected = student.run(student.gd_step, data, w, 0.1, 0), reference.run(None, data, before, 0.1, 0)
    assert_close(yours, expected, of="the list of losses", called="run(gd_step, data, w, 0.1, 0)", **EXACT)


@exercise("u11.optimizer_race", weight=2)
def test_when_a_loss_stays_low(student, rng, reference):
    """The first update after which every loss is at or below the target; None where the last one is not."""
    cases = (
        [9, 5, 2, 4, 3, 3, 1],
        [3, 3, 3],
        [9, 8, 2, 3, 3, 4],
        [2, NAN, 3, 2],
        [9, 4, 3],
        [1, 2, NAN],
        [9, INF, 5, 3, 3],
        [7, 6],
        [3] * 300 + [4],
    )
    for k in rng.permutation(len(cases)):
        shift = float(rng.integers(0, 100))
        losses, target = [loss + shift for loss in cases[k]], 3 + shift
        expected = reference.updates_until(losses, target)
        called = f"updates_until({losses if len(losses) < 9 else f'{len(losses)} losses'}, {target})"
        reached = [t for t, loss in enumerate(losses) if loss <= target]
        strict = [t for t in range(len(losses)) if all(loss < target for loss in losses[t:])]
        suspects = {
            TOUCHED: reached[0] if reached else None,
            STRICT: strict[0] if strict else None,
            ONE_MORE: None if expected is None else expected + 1,
        }
        yours = student.updates_until(losses, target)
        for cause, other in suspects.items():
            if type(yours) is type(other) and yours == other != expected:
                fail("the answer is wrong", called=called, yours=yours, expected=expected, diagnosis=cause)
        if yours is not None and expected is None:
            fail("the answer is not None", called=called, yours=yours, expected="None", diagnosis=AT_END)
        assert_equal(yours, expected, of="the answer", called=called)


def raced(losses_of, rates, *, score=lambda losses: losses[-1], better=lambda new, old: new < old):
    """A race with a mistake. losses_of: (name, rate) -> losses"""
    best = {}
    for name, some in rates.items():
        for lr in some:
            loss = score(losses_of(name, lr))
            if name not in best or better(loss, best[name][1]):
                best[name] = (lr, loss)
    return best


def check_race(student, reference, names, *, data, w, rates, steps):
    """names: name -> name of the function"""
    theirs = {name: getattr(reference, step) for name, step in names.items()}
    rates = {name: rates[name] for name in names}
    expected, wandering = reference.race(theirs, data, w, rates, steps), w.clone()

    def losses_of(name, lr):
        return reference.run(theirs[name], data, w, lr, steps)

    def continued(name, lr):
        def keep(params, grads, state, lr):
            theirs[name](params, grads, state, lr)
            wandering.copy_(params["w"])

        return reference.run(keep, data, wandering, lr, steps)

    suspects = {
        LOWEST: raced(losses_of, rates, score=min),
        WORST: raced(losses_of, rates, better=lambda new, old: new > old),
        BY_START: raced(losses_of, rates, better=lambda new, old: False),
        LAST_TIE: raced(losses_of, rates, better=lambda new, old: new <= old),
        CONTINUED: raced(continued, rates),
        SHARED_RATE: raced(losses_of, dict.fromkeys(names, next(iter(rates.values())))),
    }
    mine = {name: getattr(student, step) for name, step in names.items()}
    yours = student.race(mine, data, w, {name: list(values) for name, values in rates.items()}, steps)
    called = f"race({{{', '.join(f'{n!r}: {s}' for n, s in names.items())}}}, data, w, rates, {steps})"
    if list(yours) != list(expected):
        fail("the dict has other names", called=called, yours=list(yours), expected=list(expected))
    for name, (rate, loss) in expected.items():
        pair = {cause: other[name] for cause, other in suspects.items()}
        if rate is None:
            assert_equal(yours[name], (None, INF), of=f"the pair of {name}", called=called)
        else:
            assert_close(
                yours[name], (rate, loss), of=f"the pair of {name}", called=called, suspects=pair, **EXACT
            )


@exercise("u11.optimizer_race", weight=2)
def test_each_at_its_best_rate(student, rng, reference, device):
    """The rate whose last loss is the lowest, for each optimizer among its own rates, from the same start."""
    for steps in (4, 7):
        data, w = deliveries(rng, device)
        most = limit(data[0])
        rates = {
            "plain": [most * share for share in (0.1, 1.3, 0.45, 0.05)],
            "adaptive": [0.02, 0.6, 0.05, 5.0],
        }
        names = {"adaptive": "adagrad_step", "plain": "gd_step"}
        check_race(student, reference, names, data=data, w=w, rates=rates, steps=steps)


@exercise("u11.optimizer_race")
def test_runs_that_diverge_never_win(student, rng, reference, device):
    """Runs that end in nan or inf do not count: with no others there is no rate. The first of equals wins."""
    data, w = deliveries(rng, device)
    most, names = limit(data[0]), {"wild": "gd_step", "mixed": "gd_step", "same": "adagrad_step"}
    rates = {
        "wild": [1e80 * most, 1e120],
        "mixed": [1e150, 1e70, 0.2 * most, 1e90],
        "same": [1e-30, 1e-200],
    }
    check_race(student, reference, names, data=data, w=w, rates=rates, steps=5)
