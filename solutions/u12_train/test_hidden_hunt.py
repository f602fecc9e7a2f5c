"""Hidden tests of unit 12: a loop with eight mistakes. Each shows in a test of its own."""

import torch
from checks_forward import normal, sizes
from checks_hunt import HUNT, check_one, descent

from grader.testing import exercise

HUGE = 1e9  # a norm at which nothing is clipped
SHAPES = {"w": (5, 3), "b": (7,)}


def drawn(rng, device):
    return {name: normal(rng, *shape, device=device) for name, shape in SHAPES.items()}


def copied(tensors):
    return {name: p.clone() for name, p in tensors.items()}


def scripted(start, answers, *, losses=None, moves=None, step=descent, **options):
    """A script for a run of fixed_loop: what evaluate answers for each part, and how far the steps go.

    losses: of evaluate's calls one after the other, whatever is asked    moves: of the steps, likewise
    seen: {"parts": those that were asked for, "rates": those of the steps}
    """
    own = {"schedule": lambda i: 0.5, "max_norm": HUGE} | options
    groups = own.pop("groups", [[part] for part in range(len(answers))])

    def script():
        seen = {"parts": [], "rates": []}

        def evaluate(params, part):
            seen["parts"].append(part)
            loss, grads, count = answers[part]
            return turn(losses, seen["parts"]) if losses else loss, copied(grads), count

        def noted(params, grads, state, lr):
            seen["rates"].append(float(lr))
            if moves:
                descent(params, turn(moves, seen["rates"]), state, 1.0)
            else:
                step(params, grads, state, lr)

        return (copied(start), groups, evaluate, noted), own, seen

    return script


def turn(values, calls):
    """The value for the call that was noted last."""
    return values[(len(calls) - 1) % len(values)]


def of_params(history, best, params, seen):
    return {"params after the run": params}


def of_best(history, best, params, seen):
    return {"best": best}


@exercise("u12.broken_loop_hunt", in_place=True)
def test_gradients_do_not_pile_up(student, rng, reference, device):
    """Three updates by plain descent from one group: each is made with the gradients of its own parts."""
    script = scripted(drawn(rng, device), [(1.0, drawn(rng, device), 3)], steps=3)
    check_one((student, reference), ["old grads"], "fixed_loop, 3 updates from one group", script, of_params)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_what_the_step_remembers(student, rng, reference, device):
    """The step counts in its state, and walks as far as it has counted."""

    def counting(params, grads, state, lr):
        state["t"] = state.get("t", 0) + 1
        for name in params:
            params[name].sub_(state["t"] * size)

    size = float(rng.uniform(0.5, 1.5))
    script = scripted(drawn(rng, device), [(1.0, drawn(rng, device), 3)], step=counting, steps=4)
    check_one((student, reference), ["new state"], "fixed_loop, 4 updates that count", script, of_params)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_the_order_of_the_groups(student, rng, reference, device):
    """Update i is made from groups[i % len(groups)], and every part is asked for once."""
    count = int(rng.integers(3, 6))
    answers = [(float(rng.uniform(1, 2)), drawn(rng, device), 3) for _ in range(count)]
    script = scripted(drawn(rng, device), answers, steps=count + 2)

    def look(history, best, params, seen):
        return {"the parts": seen["parts"], "history": history}

    called = f"fixed_loop, {count + 2} updates from {count} groups of one part"
    check_one((student, reference), ["group before"], called, script, look)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_parts_of_different_sizes(student, rng, reference, device):
    """One update from three parts with different numbers of targets: the mean is that over all targets."""
    counts = sizes(rng, 3, low=1, high=12)
    answers = [(float(rng.uniform(1, 9)), drawn(rng, device), count) for count in counts]
    script = scripted(drawn(rng, device), answers, groups=[[0, 1, 2]], steps=1)

    def look(history, best, params, seen):
        return {"history": history, "params after the run": params}

    called = f"fixed_loop, 1 update from parts with {counts} targets"
    check_one((student, reference), ["equal parts"], called, script, look)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_the_lowest_of_all_losses(student, rng, reference, device):
    """Updates 1 and 3 have the lowest loss, and best are the parameters from before update 1."""
    third, last = rng.uniform(1.5, 2.5, 2).tolist()
    losses = [3.0, 1.0, third, 1.0, last]
    moves = [drawn(rng, device) for _ in range(5)]
    script = scripted(drawn(rng, device), [(0.0, moves[0], 3)], losses=losses, moves=moves, steps=5)
    check_one(
        (student, reference),
        ["last best", "no copy"],
        "fixed_loop, lowest loss at updates 1 and 3",
        script,
        of_best,
    )


@exercise("u12.broken_loop_hunt", in_place=True)
def test_best_stays_what_it_was(student, rng, reference, device):
    """The lowest loss is the last: best are the parameters from before the last update, not after it."""
    losses = sorted(rng.uniform(1, 2, 3).tolist(), reverse=True)
    moves = [drawn(rng, device) for _ in range(3)]
    script = scripted(drawn(rng, device), [(0.0, moves[0], 3)], losses=losses, moves=moves, steps=3)
    check_one((student, reference), ["no copy"], "fixed_loop, lowest loss at the end", script, of_best)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_the_rates_that_are_used(student, rng, reference, device):
    """Update i has the rate schedule(i); the first one has schedule(0)."""
    first = float(rng.uniform(0.1, 0.9))
    answers = [(1.0, drawn(rng, device), 3)]
    script = scripted(drawn(rng, device), answers, schedule=lambda i: first / (i + 1), steps=3)

    def look(history, best, params, seen):
        return {"the rates": seen["rates"]}

    check_one((student, reference), ["next rate"], "fixed_loop, 3 updates", script, look)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_clipped_before_the_step(student, rng, reference, device):
    """One update by plain descent, whose gradients are much longer than max_norm."""
    script = scripted(
        drawn(rng, device), [(1.0, drawn(rng, device), 3)], steps=1, max_norm=float(rng.uniform(0.5, 1.5))
    )
    check_one((student, reference), ["clip late"], "fixed_loop, 1 update that is clipped", script, of_params)


@exercise("u12.broken_loop_hunt", weight=2, in_place=True)
def test_a_model_that_learns(student, rng, reference, device):
    """A softmax of linear scores, six updates by AdamW from groups of uneven parts: everything at once."""
    D, V = sizes(rng, 2)
    start = {"w": normal(rng, V, D, device=device, spread=0.5), "b": normal(rng, V, device=device)}
    groups = []
    for sizes_of in ((5, 3), (4,), (1, 6, 3)):
        xs = [normal(rng, N, D, device=device) for N in sizes_of]
        groups.append([(x, torch.tensor(rng.integers(0, V, len(x)), device=device)) for x in xs])

    def evaluate(params, part):
        x, t = part
        log_p = torch.log_softmax(x @ params["w"].T + params["b"], -1)
        d = (log_p.exp() - torch.eye(V, dtype=x.dtype, device=x.device)[t]) / len(t)
        return float(-log_p.gather(-1, t[:, None]).mean()), {"w": d.T @ x, "b": d.sum(0)}, len(t)

    def script():
        options = {"schedule": lambda i: 0.3 / (i + 1) ** 0.5, "steps": 6, "max_norm": 0.4}
        return (copied(start), groups, evaluate, reference.adamw_step), options, None

    def look(history, best, params, seen):
        return {"history": history, "params after the run": params, "best": best}

    check_one((student, reference), list(HUNT), "fixed_loop, 6 updates by AdamW", script, look)
