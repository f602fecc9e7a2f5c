"""The delivery example of an article: what it prints, and what its own code computes.

Five packages, two weights, plain descent and Adam. Unit 4 and unit 11 build on the corrected numbers.
"""

from functools import partial
from types import ModuleType

import pytest
from kata_golden import solution

torch = pytest.importorskip("torch")

PACKAGES = [[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]]
HOURS = [5.0, 3.2, 9.5, 2.1, 6.8]
SECOND_LOSS, EXPLODED, FIRST_OF_FIVE, LAST_OF_FIVE = 0.18, 180, (8, 10), 0.2  # as printed


def numbers(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture(scope="module")
def optimizers() -> ModuleType:
    return solution("u11_optimizers/optimizers.py")


def one_package(optimizers, lr, steps):
    """The losses of a single package, from w = (1, 2)."""
    data = numbers([[2.0, 3.0]]), numbers([5.0])
    return optimizers.run(optimizers.gd_step, data, numbers([1.0, 2.0]), lr, steps)


def five_packages(optimizers, step, lr, steps, w=(0.8, 1.5)):
    return optimizers.run(step, (numbers(PACKAGES), numbers(HOURS)), numbers(w), lr, steps)


def test_the_second_step(optimizers):
    losses = one_package(optimizers, 0.05, 3)
    assert losses == pytest.approx([9, 0.81, 0.0729, 0.006561], rel=1e-9)
    assert losses[2] != pytest.approx(SECOND_LOSS, rel=0.5)


def test_the_rate_that_explodes(optimizers):
    assert one_package(optimizers, 3.0, 1) == pytest.approx([9, 53_361])
    assert one_package(optimizers, 3.0, 1)[1] > 100 * EXPLODED


def test_a_dozen_lines_of_five_packages(optimizers):
    losses = five_packages(optimizers, optimizers.gd_step, 0.05, 11)
    assert (len(losses), round(losses[0], 4), round(losses[-1], 4)) == (12, 0.7288, 0.3418)
    assert losses[0] < min(FIRST_OF_FIVE)
    assert losses[-1] > LAST_OF_FIVE


def test_plain_descent_is_ahead_at_the_rate_of_the_article(optimizers):
    """Line 20 is the loss after 19 updates. Adam's loop begins where descent's ended, and so seems faster."""
    plain = five_packages(optimizers, optimizers.gd_step, 0.05, 19)[-1]
    adam = five_packages(optimizers, optimizers.adam_step, 0.05, 19)[-1]
    assert (round(plain, 4), round(adam, 4)) == (0.2464, 0.2944)
    w = {"w": numbers([0.8, 1.5])}
    for _ in range(12):
        g = optimizers.loss_and_gradient(w["w"], numbers(PACKAGES), numbers(HOURS))[1]
        optimizers.gd_step(w, {"w": g}, {}, 0.05)
    continued = five_packages(optimizers, optimizers.adam_step, 0.05, 19, w["w"].tolist())
    assert (round(continued[0], 4), round(continued[-1], 4)) == (0.3278, 0.0395)


def test_tuned_adam_is_ahead(optimizers):
    """At 0.055 and 0.2 the losses are .228 and .129; each has a better rate still."""
    run = partial(five_packages, optimizers, steps=19)
    plain, adam = run(optimizers.gd_step, lr=0.055)[-1], run(optimizers.adam_step, lr=0.2)[-1]
    assert (round(plain, 3), round(adam, 3)) == (0.228, 0.129)
    data, w = (numbers(PACKAGES), numbers(HOURS)), numbers([0.8, 1.5])
    best = optimizers.race(
        {"plain": optimizers.gd_step, "adam": optimizers.adam_step},
        data,
        w,
        {"plain": [k / 1000 for k in range(1, 68)], "adam": [k / 200 for k in range(1, 61)]},
        19,
    )
    assert {name: (rate, round(loss, 4)) for name, (rate, loss) in best.items()} == {
        "plain": (0.064, 0.2010),
        "adam": (0.135, 0.1189),
    }


def test_updates_until_one_percent(optimizers):
    X, y = numbers(PACKAGES), numbers(HOURS)
    lowest = float(((X @ torch.linalg.lstsq(X, y[:, None]).solution[:, 0] - y) ** 2).mean())
    assert round(lowest, 4) == 0.0395
    for step, updates in ((optimizers.gd_step, 152), (optimizers.adam_step, 69)):
        losses = five_packages(optimizers, step, 0.05, 300)
        assert optimizers.updates_until(losses, 1.01 * lowest) == updates
