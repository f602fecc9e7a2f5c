"""The numbers of lesson 3: every one that can be computed is computed here from the reference."""

from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def partials() -> ModuleType:
    return solution("u03_partials/partials.py")


@pytest.fixture(scope="module")
def partials_lesson() -> str:
    return (ROOT / "exercises/u03_partials/README.md").read_text(encoding="utf-8")


def signed(cell: str) -> float:
    return float(cell.replace("−", "-"))


def test_the_package_of_unit_3(partials, partials_lesson):
    w, x, y = (1, 2), (2, 3), 5
    y_hat, loss, gradient = partials.two_weight_partials(w, x, y)
    assert f"ŷ = {y_hat}, e = {y_hat - y}, L = {loss}." in partials_lesson
    local = partials.local_derivatives(w, x, y)
    rows = table(partials_lesson, "path")
    for row, weight, slope in zip(rows, ("w1", "w2"), gradient, strict=True):
        path = ["L", "e", "y_hat", weight]
        names = [
            name.replace("ŷ", "y_hat").replace("₁", "1").replace("₂", "2")
            for name in row["path"].split(" → ")
        ]
        assert names == path
        assert row["product"] == " · ".join(str(local[arrow]) for arrow in pairwise(path))
        assert int(row["slope"]) == slope == partials.along_path(local, path)
        assert partials.total_derivative(local, "L", weight) == slope
    data, arrows, drawn = solution("u03_partials/picture.py").worked_example()
    assert (data["y_hat"], data["L"], arrows, drawn) == (y_hat, loss, local, gradient)


def test_the_five_packages_of_unit_3(partials, partials_lesson):
    *rows, mean = table(partials_lesson, "x₁")
    X, y = (
        np.array([[signed(row[name]) for name in names] for row in rows]) for names in (("x₁", "x₂"), ("y",))
    )
    w = np.array([0.8, 1.5])
    e = X @ w - y[:, 0]
    expected = {
        "ŷ": X @ w,
        "e": e,
        "e²": e**2,
        "2 e x₁": 2 * e * X[:, 0],
        "2 e x₂": 2 * e * X[:, 1],
        "2 e": 2 * e,
    }
    for name, column in expected.items():
        assert [signed(row[name]) for row in rows] == pytest.approx(column, abs=1e-12)
    loss, dw, db = partials.batch_mse_gradient(X, y[:, 0], w, 0)
    said = [signed(mean[name]) for name in ("e²", "2 e x₁", "2 e x₂", "2 e")]
    assert said == pytest.approx([loss, *dw, db], abs=1e-12)


def test_the_jacobians_of_unit_3(partials, partials_lesson):
    p = np.array([0.5, 0.3, 0.2])
    J = partials.softmax_jacobian(p)
    said = np.array([[signed(row[f"z{k}"]) for k in "₁₂₃"] for row in table(partials_lesson, "J")])
    np.testing.assert_allclose(said, J, atol=1e-12)
    np.testing.assert_allclose(J.sum(1), 0, atol=1e-15)
    W, v = np.array([[1, 2], [3, 4]]), np.array([1, 0])
    assert ((v @ W).tolist(), (W @ v).tolist()) == ([1, 2], [1, 3])
    text = partials_lesson.replace("\n> ", " ").replace("\n", " ")
    assert "v W = (1, 2), but W v = (1, 3)" in text
    entries = 50_257**2
    assert f"{entries / 1e9:.1f} billion entries, {entries * 4 / 1e9:.0f} GB" in text
    assert f"{2**30:,}".startswith("1,07")  # 30 diamonds: a billion paths
    diamonds = {}
    for k in range(8):
        arms = (f"{k}a", f"{k}b")
        diamonds |= {(str(k), arm): 1 for arm in arms} | {(arm, str(k + 1)): 1 for arm in arms}
    assert partials.total_derivative(diamonds, "0", "8") == 2**8
