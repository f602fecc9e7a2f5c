"""Hidden tests of unit 12: one update, and many."""

from functools import partial

from checks_forward import check_unchanged, copied
from checks_train import (
    ALL_COUNT,
    GRADIENTS,
    LOOPS,
    STEPS,
    UNSHIFTED,
    judge,
    looped,
    mistaken_loop,
    mistaken_step,
    model,
    stepped,
)

from grader.testing import exercise, fail, unpack

NESTED = "the gradients are nested as the parameters are: their names must be those of flatten"


def of_batch(function, params, batch, config):
    loss, grads = unpack(function(params, batch, config), "(loss, grads)")
    return {"the loss": loss, "grads": grads}


@exercise("u12.training_step")
def test_the_gradients_of_a_batch(student, rng, reference, device):
    """The loss and all gradients, by name; padding leaves no trace in them."""
    for tied in (False, True):
        params, config, (batch,) = model(rng, device=device, tied=tied, layers=1 + tied)
        called = f"loss_and_grads(params, batch, config) with {'a tied' if tied else 'an own'} head"
        before = copied(params)
        yours = of_batch(student.loss_and_grads, params, batch, config)
        check_unchanged(called, [params], [before])
        if type(yours["grads"]) is not dict:
            fail("the gradients are no dict", called=called, yours=yours["grads"])
        if yours["grads"].keys() == params.keys():
            fail("the gradients have other names", called=called, diagnosis=NESTED)
        inputs, targets, mask = batch
        own = partial(of_batch, reference.loss_and_grads, params, config=config)
        mistakes = {
            UNSHIFTED: partial(own, batch=(inputs, inputs, mask)),
            ALL_COUNT: partial(own, batch=(inputs, targets, mask | True)),
        }
        judge(yours, own(batch=batch), called=called, mistakes=mistakes, tolerance=GRADIENTS)


def check_steps(student, reference, case, rates, **options):
    called = f"training_step, {len(rates)} updates, {', '.join(f'{k}={v:.3g}' for k, v in options.items())}"
    yours = stepped(student.training_step, case, rates, called, **options)
    mistakes = {
        sentence: partial(stepped, mistaken_step(reference, how), case, rates, **options)
        for sentence, how in STEPS.items()
    }
    expected = stepped(reference.training_step, case, rates, **options)
    judge(yours, expected, called=called, mistakes=mistakes)


@exercise("u12.training_step", weight=2, in_place=True)
def test_updates_that_are_clipped(student, rng, reference, device):
    """Three updates, of other batches and at other rates: the losses, the norms, and every parameter."""
    case, rates = model(rng, device=device, batches=3), (0.05, 0.02, 0.03)
    least = min(stepped(reference.training_step, case, rates)["the norms"])
    max_norm = float(rng.uniform(0.3, 0.6)) * least
    check_steps(student, reference, case, rates, weight_decay=0.3, max_norm=max_norm)


@exercise("u12.training_step", in_place=True)
def test_updates_of_a_tied_model(student, rng, reference, device):
    """A model with RMS norms and a tied head, whose gradients need not be clipped."""
    case = model(rng, device=device, batches=2, tied=True, norm="rms", biases=False)
    check_steps(student, reference, case, (0.1, 0.05), weight_decay=0.2, max_norm=1e6)


# ---------------------------------------------------------------------------- train_loop


def check_loop(student, reference, case, runs, **options):
    called = f"train_loop, {' and then '.join(map(str, runs))}, {len(case[2])} batches"
    yours = looped(student.train_loop, case, runs, called, **options)
    mistakes = {
        sentence: partial(looped, mistaken_loop(reference, how), case, runs, **options)
        for sentence, how in LOOPS.items()
    }
    expected = looped(reference.train_loop, case, runs, **options)
    judge(yours, expected, called=called, mistakes=mistakes)


def rates(rng):
    """A schedule whose rates are all different."""
    first = float(rng.uniform(0.02, 0.04))
    return lambda i: first / (1 + i) ** 0.5


@exercise("u12.train_loop", weight=2, in_place=True)
def test_a_run_with_evaluations(student, rng, reference, device):
    """Four updates from three batches, and a fourth batch that is only measured before two of them."""
    params, config, (*batches, eval_batch) = model(rng, device=device, batches=4)
    check_loop(
        student,
        reference,
        (params, config, batches),
        [range(4)],
        schedule=rates(rng),
        weight_decay=0.3,
        max_norm=float(rng.uniform(0.1, 0.2)),
        eval_batch=eval_batch,
        eval_every=3,
    )


@exercise("u12.train_loop", in_place=True)
def test_a_run_that_goes_on(student, rng, reference, device):
    """Two updates, and then five more with the same state: as if there had been one run of seven."""
    case = model(rng, device=device, batches=3)
    check_loop(student, reference, case, [range(2), range(2, 7)], schedule=rates(rng))
