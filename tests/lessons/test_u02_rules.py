"""The numbers of lesson 2: every one that can be computed is computed here from the reference."""

import math
from types import ModuleType

import numpy as np
import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    return solution("u02_rules/rules.py")


@pytest.fixture(scope="module")
def rules_lesson() -> str:
    return (ROOT / "exercises/u02_rules/README.md").read_text(encoding="utf-8")


def test_the_functions_of_unit_2(rules, rules_lesson):
    rows = table(rules_lesson, "function")
    assert [row["function"] for row in rows] == ["exp", "log", "sqrt", "tanh", "sigmoid", "relu"]
    for row in rows:
        y, dy = getattr(rules, row["function"])(np.array(1.0))
        assert (row["y"], row["dy"]) == (f"{y:.4f}", f"{dy:.4f}")
    assert "nan from x = 710 on" in rules_lesson
    assert np.isfinite(np.exp(709.0))
    with pytest.raises(OverflowError):
        math.exp(710)


def test_the_worked_example_of_unit_2(rules, rules_lesson):
    """The same slope by powers, by products, by chains and in dual numbers."""
    w = 3
    by_powers = np.polyval(rules.poly_derivative([25, -20, 4])[::-1], w)
    by_products = rules.product_rule(2 * w - 5, 2, 2 * w - 5, 2)
    _, dh = rules.compose(lambda u: u**2, lambda u: 2 * u, lambda w: 2 * w - 5, lambda w: 2)
    assert (by_powers, by_products, dh(w)) == (4, 4, 4)
    for row in table(rules_lesson, "rule"):
        sum_, _, result = row["dL/dw at 3"].replace("−", "-").replace("·", "*").partition("=")
        terms = [math.prod(map(float, term.split("*"))) for term in sum_.split("+")]
        assert (sum(terms), float(result)) == (4, 4)
    x = rules.Dual(w, 1)
    steps = {"w": x, "2 w": 2 * x, "2 w − 5": 2 * x - 5, "(2 w − 5)²": (2 * x - 5) ** 2}
    rows = table(rules_lesson, "step")
    assert [row["step"] for row in rows] == list(steps)
    for row in rows:
        y = steps[row["step"]]
        assert (float(row["value"]), float(row["tangent"])) == (y.value, y.tangent)
    for place, wrong in ((3, 12), (5, 20)):
        assert 2 * place * 2 == wrong
        assert (dh(place) == wrong) == (place == 5)
    assert "2 · 3 · 2 = 12" in rules_lesson
    assert "gives 20, which is right" in rules_lesson


def test_dual_numbers_of_unit_2_and_values_of_unit_5_agree(rules, value):
    """Forward and backward through one expression."""

    def f(x):
        return (3 - x) * x / (1 + x**2) - 2 / x + x**-1.5

    for x in (0.7, 1.9):
        leaf = value.Value(x)
        f(leaf).backward()
        assert rules.derivative(f, x) == pytest.approx(leaf.grad, rel=1e-13)
