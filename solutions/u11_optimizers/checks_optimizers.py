"""What the hidden tests of unit 11 share: models drawn at random, runs of several steps, comparisons.

A run of the student is held to a run of the reference: after every step each tensor must be right to 1e-11 of
its largest entry, must be the same object as before, and the gradients must be as they were handed over.
"""

import torch

from grader.testing import assert_gradient, fail

F32, F64 = torch.float32, torch.float64
NEAR = {F64: 1e-11, F32: 2e-5}
CHANGED = "the gradients are changed"
REBOUND = "a new tensor is put into params: the model's own stays as it was"
SHAPES = {"wq": (5, 3), "gamma": (7,), "embedding": (3, 7, 5), "scale": ()}


def normal(rng, *shape, device, dtype=F64, spread=1.0):
    return torch.tensor(rng.normal(0, spread, shape), dtype=dtype, device=device)


def drawn(rng, *, device, dtype=F64, spread=1.0, without=()):
    """A model, or its gradients: name -> tensor, or None for the names in without."""
    return {
        name: None if name in without else normal(rng, *shape, device=device, dtype=dtype, spread=spread)
        for name, shape in SHAPES.items()
    }


def gaps(rng, count, *, device):
    """Gradients of several steps, in some of which a tensor has none: at the first, or later on."""
    without = (("gamma",), ("wq", "scale"), (), ("gamma", "embedding"), ())
    return [drawn(rng, device=device, without=without[k % 5]) for k in range(count)]


def copied(tensors):
    return {name: None if x is None else x.clone() for name, x in tensors.items()}


def same(mine, other):
    """Whether gradients are as they were, bit by bit."""
    if not isinstance(mine, dict) or list(mine) != list(other):
        return False
    for name, x in other.items():
        if x is None or not isinstance(mine[name], torch.Tensor):
            if x is not mine[name]:
                return False
        elif not torch.equal(mine[name], x):
            return False
    return True


def fine(mine, right, rtol):
    """Whether every tensor is right beyond doubt."""
    for name, x in right.items():
        y = mine[name]
        if y.shape != x.shape or y.dtype != x.dtype:
            return False
        if not bool(((y - x).abs() <= rtol * x.abs().max()).all()):
            return False
    return True


def played(step, params, history, rates, **options):
    """The tensors after each step of a run that is known. history: gradients of each step    rates: lr"""
    params, state, path = copied(params), {}, []
    for grads, lr in zip(history, rates, strict=True):
        step(params, copied(grads), state, lr, **options)
        path.append(copied(params))
    return path


def run_student(step, params, history, rates, *, called, options):
    """The same of the student's; the run ends where more than numbers is wrong."""
    params = copied(params)
    own, state, path = dict(params), {}, []
    for grads, lr in zip(history, rates, strict=True):
        handed = copied(grads)
        step(params, handed, state, lr, **options)
        if not same(handed, grads):
            fail("gradients were changed", called=called, diagnosis=CHANGED)
        if list(params) != list(own) or any(params[name] is not own[name] for name in own):
            fail("params holds other tensors than before", called=called, diagnosis=REBOUND)
        path.append(copied(own))
    return path


def check_run(sides, name, params, history, rates, *, mistakes=None, rtol=None, **options):
    """Several steps of the optimizer `name`. sides: (student, reference)

    mistakes: {sentence: a step function that makes this mistake}
    """
    student, reference = sides
    rtol = rtol or NEAR[params["wq"].dtype]
    called = f"{name}(params, grads, state, {', '.join(['lr', *(f'{k}={v}' for k, v in options.items())])})"
    expected = played(getattr(reference, name), params, history, rates, **options)
    path = run_student(getattr(student, name), params, history, rates, called=called, options=options)
    if all(fine(mine, right, rtol) for mine, right in zip(path, expected, strict=True)):
        return
    suspects = {}
    for cause, step in (mistakes or {}).items():
        wrong = played(step, params, history, rates, **options)
        if all(fine(mine, other, 100 * rtol) for mine, other in zip(path, wrong, strict=True)):
            suspects[cause] = wrong
    for t, (mine, right) in enumerate(zip(path, expected, strict=True)):
        assert_gradient(
            mine,
            right,
            of="params",
            called=f"{called}, step {t + 1}",
            rtol=rtol,
            atol=0,
            suspects={cause: wrong[t] for cause, wrong in suspects.items()},
        )


def check_reused(sides, inside, name, params, history):
    """Gradients that live in the same tensors all the time, as in training: each step finds new numbers.

    The tensors stay on the student's side, so that what is remembered may be one of them by mistake.
    """
    (student, reference), lr = sides, 0.2
    called = f"{name}, the gradients of all steps written into the same tensors"
    expected = played(getattr(reference, name), params, history, [lr] * len(history))[-1]
    mine, state = copied(params), {}
    grads = {key: inside("torch.nn.Parameter", g.clone(), False) for key, g in history[0].items()}
    for new in history:
        for key, g in new.items():
            grads[key].copy_(g)
        getattr(student, name)(mine, grads, state, lr)
    if not fine(mine, expected, NEAR[F64]):
        assert_gradient(mine, expected, of="params", called=called, rtol=NEAR[F64], atol=0)


def refuses(call, called, cause):
    """The call raises ValueError."""
    try:
        call()
    except ValueError:
        return
    fail("no ValueError", called=called, yours="nothing is raised", expected="ValueError", diagnosis=cause)
