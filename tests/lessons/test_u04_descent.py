"""The numbers of lesson 4: every one that can be computed is computed here from the reference."""

from types import ModuleType

import numpy as np
import pytest
from kata_lessons import ROOT, solution, table

DELIVERIES = np.array([[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]])
HOURS = np.array([5.0, 3.2, 9.5, 2.1, 6.8])


@pytest.fixture(scope="module")
def descent() -> ModuleType:
    return solution("u04_descent/descent.py")


@pytest.fixture(scope="module")
def descent_lesson() -> str:
    return (ROOT / "exercises/u04_descent/README.md").read_text(encoding="utf-8")


def descend(descent, data, w, lr, steps):
    """(path, losses) of a linear model with a mean squared error. data: (X, y)"""
    X, y = data

    def loss(w):
        return np.mean((X @ w - y) ** 2)

    def gradient(w):
        return 2 * X.T @ (X @ w - y) / len(y)

    return descent.gd_loop(loss, gradient, np.array(w), lr, steps)


def number(cell: str) -> float:
    return float(cell.replace("−", "-").replace(",", ""))


def test_the_single_package_of_unit_4(descent, descent_lesson):
    x, y = np.array([[2.0, 3.0]]), np.array([5.0])
    rows = table(descent_lesson, "step")
    path, losses = descend(descent, (x, y), [1.0, 2.0], 0.05, len(rows))
    for t, row in enumerate(rows):
        gradient = 2 * (x[0] @ path[t] - 5) * x[0]
        said = [number(part) for part in row["gradient"].strip("()").split(", ")]
        assert said == pytest.approx(gradient, abs=5e-4)
        assert (row["w1"], row["w2"]) == (f"{path[t, 0]:.3f}", f"{path[t, 1]:.3f}")
        assert row["loss"] == f"{losses[t]:.4f}"
    assert losses[1:] / losses[:-1] == pytest.approx(0.09)
    first, second = np.diff(path, axis=0)[:2]
    assert (*first, *second) == pytest.approx((-0.6, -0.9, 0.18, 0.27))
    assert f"(−0.6, −0.9) and (0.18, 0.27) have the dot product −{-first @ second:.3f}" in descent_lesson
    assert (2 * (x**2).sum(), 1 - 0.05 * 26) == (26, pytest.approx(-0.3))
    assert f"1/|x|² = 1/13 = {descent.max_stable_lr(x):.4f}" in descent_lesson


def test_the_five_packages_of_unit_4(descent, descent_lesson):
    for row in table(descent_lesson, "lr"):
        path, losses = descend(descent, (DELIVERIES, HOURS), [0.8, 1.5], number(row["lr"]), 12)
        steps = np.diff(path, axis=0)
        back = int(((steps[:-1] * steps[1:]).sum(axis=1) < 0).sum())
        assert f"{losses[0]:.4f}" == "0.7288"
        assert row["loss at step 1"] == f"{losses[1]:.4f}"
        assert row["loss at step 11"] == (f"{losses[11]:.4f}" if losses[11] < 1e6 else f"{losses[11]:.1e}")
        assert row["turns back"] == f"{back} of 11"
        assert row["diagnosis"] == descent.diagnose_run(path, losses)
    best = np.linalg.lstsq(DELIVERIES, HOURS)[0]
    lowest = np.mean((DELIVERIES @ best - HOURS) ** 2)
    assert f"no weights have a loss below {lowest:.4f}" in descent_lesson.replace("\n", " ")
    assert f"the limit is 2/29.383 = {descent.max_stable_lr(DELIVERIES):.4f}" in descent_lesson


def test_the_valleys_of_unit_4(descent, descent_lesson):
    ones = np.ones((5, 1))
    Z = descent.standardise(DELIVERIES, DELIVERIES)[0]
    tables = (
        DELIVERIES,
        np.hstack([DELIVERIES, ones]),
        np.hstack([DELIVERIES * [100, 1], ones]),
        np.hstack([Z, ones]),
    )
    for X, row in zip(tables, table(descent_lesson, "columns"), strict=True):
        curvatures = np.linalg.eigvalsh(2 * X.T @ X / 5)
        assert number(row["λ_min"]) == pytest.approx(curvatures[0], abs=5e-4)
        assert number(row["λ_max"]) == pytest.approx(curvatures[-1], abs=5e-4 if X.max() < 99 else 0.05)
        assert 2 / curvatures[-1] == pytest.approx(descent.max_stable_lr(X))
        kappa = descent.condition_number(X)
        assert row["κ"] == (f"{kappa:.1f}" if kappa < 1000 else f"{kappa:,.0f}")
    assert f"for (0.1, 0.1, 0.1) numpy says {np.array([0.1, 0.1, 0.1]).std():.1e}" in descent_lesson
    correlation = np.corrcoef(DELIVERIES.T)[0, 1]
    assert "by 0.901, and κ = (1 + 0.901)/(1 − 0.901)" in descent_lesson
    assert (f"{correlation:.3f}", (1 + correlation) / (1 - correlation)) == ("0.901", pytest.approx(kappa))


def test_the_article_that_unit_4_corrects(descent, descent_lesson):
    x, y = np.array([[2.0, 3.0]]), np.array([5.0])
    second = descend(descent, (x, y), [1.0, 2.0], 0.05, 3)[1][2]
    dozen = descend(descent, (DELIVERIES, HOURS), [0.8, 1.5], 0.05, 12)[1]
    far = descend(descent, (x, y), [1.0, 2.0], 3.0, 2)[1]
    assert (second, far[0], far[1]) == (pytest.approx(0.0729), 9, pytest.approx(53_361))
    assert (1 - 3 * 26) ** 2 * 9 == 53_361
    remark = descent_lesson.partition("**Watch out.**")[2].replace("\n> ", " ")
    assert f"0.18 after the second step; it is {second:.4f}" in remark
    assert f"prints {dozen[0]:.4f} to {dozen[-1]:.4f}" in remark
    assert f"from 9 to {far[1]:,.0f}" in remark


def test_the_picture_of_unit_4(descent):
    picture = solution("u04_descent/picture.py")
    H = np.diag(picture.CURVATURES)
    words = ("crawling", "ok", "oscillating", "diverging")
    for lr, word in zip(picture.RUNS.values(), words, strict=True):
        path, losses = descent.gd_loop(
            lambda e: e @ H @ e / 2, lambda e: H @ e, np.array(picture.START), lr, picture.STEPS
        )
        assert np.array(picture.errors(lr)) == pytest.approx(path)
        assert picture.losses(lr) == pytest.approx(losses)
        assert (np.diff(losses) < 0).all() or word == "diverging"
        assert losses[1] < losses[0]
        assert descent.diagnose_run(path, losses) == word
    limit = descent.max_stable_lr(np.diag(np.sqrt(picture.CURVATURES)))
    assert limit == pytest.approx(picture.LIMIT)
