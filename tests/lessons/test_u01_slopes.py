"""The numbers of lesson 1: every one that can be computed is computed here from the reference."""

import math
from types import ModuleType

import numpy as np
import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def slopes() -> ModuleType:
    return solution("u01_slopes/slopes.py")


@pytest.fixture(scope="module")
def lesson() -> str:
    return (ROOT / "exercises/u01_slopes/README.md").read_text(encoding="utf-8")


def test_the_worked_example_of_unit_1(slopes, lesson):
    def loss(w):
        return (2 * w - 5) ** 2

    x, h = 3, 0.001
    forward = slopes.forward_difference(loss, x, h)
    expected = {
        "L(3)": loss(3),
        "L(3.001)": loss(3.001),
        "L(2.999)": loss(2.999),
        "forward difference": forward,
        "backward difference": slopes.forward_difference(loss, x, -h),
        "central difference": slopes.central_difference(loss, x, h),
        "true slope": 8 * x - 20,
    }
    said = {row["quantity"]: float(row["value"]) for row in table(lesson, "quantity")}
    assert said == pytest.approx(expected, abs=1e-9)
    assert forward - 4 == pytest.approx(h * 8 / 2, abs=1e-9)  # the loss has the second derivative 8


def test_the_errors_of_the_sine_in_unit_1(slopes, lesson):
    """The sine is rightly rounded: another machine's differs in just the digits that these errors are."""
    sine, single = (getattr(solution("u01_slopes/picture.py"), name) for name in ("sine", "single"))
    true = math.cos(1)

    def measured(row):
        h = float(row["h"])
        return {
            "forward, float64": slopes.forward_difference(sine, 1.0, h),
            "central, float64": slopes.central_difference(sine, 1.0, h),
            "central, float32": slopes.central_difference(
                lambda x: np.float32(single(sine(float(x)))), np.float32(1), np.float32(h)
            ),
        }

    rows = table(lesson, "h")
    assert len(rows) == 10
    for row in rows:
        for column, slope in measured(row).items():
            assert row[column].strip("*") == f"{abs(float(slope) - true):.1e}", (row["h"], column)
    for column in ("forward, float64", "central, float64"):
        errors = {float(row[column].strip("*")): row[column] for row in rows}
        assert [cell for cell in errors.values() if "*" in cell] == [errors[min(errors)]]
    assert f"{true:.6f}" in lesson


def test_the_constants_of_unit_1(lesson):
    assert f"2⁻⁵² = {2**-52:.1e}" in lesson
    assert "2⁻²³ = 1.2e-7" in lesson
    assert f"{2**-23:.1e}" == "1.2e-07"
    assert "3,456 weights" in lesson
    assert f"{2 * 3456:,} forward" in lesson.replace("\n", " ")
