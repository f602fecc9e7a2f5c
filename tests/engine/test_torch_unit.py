"""The torch unit of the tiny course, in its own flavour of jail."""

import pytest

from grader.examine.outcome import Verdict


@pytest.fixture(scope="module")
def torch_pool(open_pool, tiny):
    with open_pool(tiny, workers=1) as opened:
        yield opened


def examined(pool, job):
    (result,) = pool.run([job])
    return {outcome.exercise.partition(".")[2]: outcome for outcome in result.outcomes}


def test_the_reference_is_right(torch_pool, job):
    for unit in ("u02", "u01"):
        got = examined(torch_pool, job("right", unit=unit))
        assert {outcome.verdict for outcome in got.values()} == {Verdict.RIGHT}


def test_a_tensor_that_is_too_large_is_too_much_memory(torch_pool, job):
    greedy = job("greedy", ("return x / x.sum(-1, keepdim=True)", "return torch.ones(10**10)"), unit="u02")
    got = examined(torch_pool, greedy)
    assert got["normalize"].verdict is Verdict.TOO_MUCH_MEMORY
    assert got["row_entropy"].followed == ("u02.normalize",)
    assert {got[name].verdict for name in ("facts", "sgd_step", "weight_norm")} == {Verdict.RIGHT}


def test_what_one_exercise_leaves_behind_does_not_fail_another(torch_pool, job):
    """Gradients are switched off for good by one, and missed by another."""
    leaky = job(
        "leaky",
        ("return x.add_(y)", "torch.set_grad_enabled(False)\n    return x.add_(y)"),
        ("return x.shape, x.dtype, x.requires_grad", "return x.shape, x.dtype, (x * 1).requires_grad"),
        unit="u02",
    )
    got = examined(torch_pool, leaky)
    assert {got["add_in_place"].verdict, got["facts"].verdict} == {Verdict.RIGHT}
