"""The numbers of lesson 11: every one that can be computed is computed here from the reference."""

from functools import partial
from types import ModuleType

import pytest
from kata_lessons import ROOT, solution, table

torch = pytest.importorskip("torch")

PACKAGES = [[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]]
HOURS = [5.0, 3.2, 9.5, 2.1, 6.8]


def numbers(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture(scope="module")
def optimizers() -> ModuleType:
    return solution("u11_optimizers/optimizers.py")


@pytest.fixture(scope="module")
def race_lesson() -> str:
    return (ROOT / "exercises/u11_optimizers/README.md").read_text(encoding="utf-8")


def losses(optimizers, step, lr, steps, w=(0.8, 1.5)):
    return optimizers.run(step, (numbers(PACKAGES), numbers(HOURS)), numbers(w), lr, steps)


def lowest() -> float:
    X, y = numbers(PACKAGES), numbers(HOURS)
    return float(((X @ torch.linalg.lstsq(X, y[:, None]).solution[:, 0] - y) ** 2).mean())


def test_first_steps_of_adam(optimizers, race_lesson):
    for row in table(race_lesson, "gradient"):
        g = numbers(float(row["gradient"]))
        direction, _ = optimizers.adam_direction(g, None)
        assert row["factor 1 / (√v̂ + ε)"] == f"{direction / g:.2f}"
        assert row["first step"] == f"{direction:.5f} lr"
    assert f"(1 − β1)/√(1 − β2) = {0.1 / 0.001**0.5:.2f} times as long" in race_lesson


def test_three_steps_of_adam_by_hand(optimizers, race_lesson):
    """m, v and their corrections by the lesson's formulas, the weight by the reference."""
    p, state, m, v = {"p": numbers(1.0)}, {}, 0.0, 0.0
    for t, row in enumerate(table(race_lesson, "t"), 1):
        g = float(row["g"].replace("−", "-"))
        optimizers.adam_step(p, {"p": numbers(g)}, state, 0.1, betas=(0.5, 0.75))
        m, v = 0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g
        m_hat, v_hat = m / (1 - 0.5**t), v / (1 - 0.75**t)
        assert (row["t"], row["m"], row["v"]) == (str(t), f"{m:.4f}", f"{v:.4f}")
        assert (row["m̂"], row["v̂"]) == (f"{m_hat:.4f}", f"{v_hat:.3f}")
        assert (row["m̂/√v̂"], row["p"]) == (f"{m_hat / v_hat**0.5:.4f}", f"{p['p']:.4f}")


def test_the_weight_that_decays(optimizers, race_lesson):
    p = {"p": numbers(0.024634)}
    optimizers.adamw_step(p, {"p": numbers(-0.35)}, {}, 0.001, weight_decay=0.01)
    assert f"shrinks by\n{0.024634 * 1e-5:.8f}, and then grows by lr: {p['p']:.6f}" in race_lesson
    after = (0.024634 + 0.001) * (1 - 1e-5)
    assert float(p["p"]) - after == pytest.approx(1e-8, rel=1e-2)
    assert "smaller by lr²·λ = 1e-8" in race_lesson


def test_the_race_of_unit_11(optimizers, race_lesson):
    steps = {
        "plain descent": optimizers.gd_step,
        "momentum 0.9": optimizers.sgd_momentum_step,
        "Nesterov 0.9": partial(optimizers.sgd_momentum_step, nesterov=True),
        "Adam": optimizers.adam_step,
    }
    target, data = 1.01 * lowest(), (numbers(PACKAGES), numbers(HOURS))
    rows = {row["optimizer"]: row for row in table(race_lesson, "optimizer")}
    assert list(rows) == list(steps)
    for name, step in steps.items():
        row = rows[name]
        common = losses(optimizers, step, 0.05, 200)
        assert row["lr 0.05: loss after 19"] == f"{common[19]:.4f}"
        assert row["lr 0.05: 1 %"] == str(optimizers.updates_until(common, target) or "never")
        best, quick = float(row["best lr for 19"]), float(row["best lr for 1 %"])
        unit = 0.005 if name == "Adam" else 0.001
        near = [best + unit * k for k in range(-3, 4)]
        rate, loss = optimizers.race({name: step}, data, numbers([0.8, 1.5]), {name: near}, 19)[name]
        assert rate == pytest.approx(best)
        assert row["loss after 19"] == f"{loss:.4f}"
        found = {
            lr: optimizers.updates_until(losses(optimizers, step, lr, 200), target) or 999
            for lr in (quick + unit * k for k in range(-3, 4))
        }
        assert row["1 %"] == str(found[quick])
        assert found[quick] == min(found.values())
    assert f"no weights have one below\n{lowest():.4f}" in race_lesson
    quickest = losses(optimizers, optimizers.adam_step, 0.2, 60)
    assert next(t for t, loss in enumerate(quickest) if loss <= target) == 34
    assert optimizers.updates_until(quickest, target) is None
    assert "34 updates, but then it leaves again" in race_lesson


def test_the_article_that_unit_11_corrects(optimizers, race_lesson):
    """The same start for both; and Adam from where descent ended, as the article's code has it."""
    plain = losses(optimizers, optimizers.gd_step, 0.05, 19)
    adam = losses(optimizers, optimizers.adam_step, 0.05, 19)
    remark = race_lesson.partition("**Watch out.**")[2].replace("\n> ", " ")
    assert f"end at {plain[19]:.4f} for plain descent and at {adam[19]:.4f} for Adam" in remark
    assert f"{plain[12]:.4f} instead of {plain[0]:.4f}" in remark


def test_the_picture_of_unit_11(optimizers, race_lesson):
    picture = solution("u11_optimizers/picture.py")
    assert [list(row[:2]) for row in picture.PACKAGES] == PACKAGES
    assert [row[2] for row in picture.PACKAGES] == HOURS
    assert picture.loss(picture.lowest()) == pytest.approx(lowest())
    steps = (optimizers.gd_step, optimizers.sgd_momentum_step, optimizers.adam_step)
    rates = [row["best lr for 19"] for row in table(race_lesson, "optimizer")]
    assert list(picture.RATES.values()) == [float(rates[k]) for k in (0, 1, 3)]
    for step, (name, move) in zip(steps, picture.MOVES.items(), strict=True):
        path = picture.walk(move, 120)
        expected = losses(optimizers, step, picture.RATES[name], 120, picture.START)
        assert [picture.loss(w) for w in path] == pytest.approx(expected, rel=1e-9)
