"""The slow derivative: exact where it can be, like its argument in container and shape, hard to fool."""

import numpy as np
import pytest

from grader.gradcheck.compare import assert_gradient
from grader.gradcheck.message import Mismatch
from grader.gradcheck.numeric import numerical_vjp

RNG = np.random.default_rng(7)


def test_a_number_gives_a_float():
    slope = numerical_vjp(np.sin, 1.0)
    assert type(slope) is float
    assert slope == pytest.approx(np.cos(1.0), rel=1e-9)
    assert numerical_vjp(lambda x: x**2, 3) == pytest.approx(6.0, rel=1e-9)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (3, 5), (2, 3, 4), (0, 3)])
def test_an_array_gives_an_array_of_its_shape(shape):
    x, g = RNG.normal(size=shape), RNG.normal(size=shape)
    gradient = numerical_vjp(np.tanh, np.asarray(x), np.asarray(g))
    assert type(gradient) is np.ndarray
    assert gradient.dtype == np.float64
    assert_gradient(gradient, np.asarray(g * (1 - np.tanh(x) ** 2)), of="dx")


def test_upstream_weighs_the_results():
    x, w, g = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 7)), RNG.normal(size=(5, 7))
    assert_gradient(numerical_vjp(lambda w: x @ w, w, g), x.T @ g, of="dw")
    assert_gradient(numerical_vjp(lambda x: x @ w, x, g), g @ w.T, of="dx")
    assert numerical_vjp(lambda x: x.sum(), np.ones(3), 2.5) == pytest.approx([2.5] * 3)


def test_the_step_grows_with_the_number():
    """With a fixed h = 1e-5 rounding would leave three digits here."""
    assert numerical_vjp(lambda x: x**2, 1e6) == pytest.approx(2e6, rel=1e-8)


def test_the_step_can_be_given():
    assert numerical_vjp(lambda x: x**3, 2.0, h=0.5) == pytest.approx(12.25)


def test_a_small_difference_of_large_results_is_kept():
    """The results are subtracted one by one before they are summed."""
    big = np.array([1e9, 0.0])
    gradient = numerical_vjp(lambda x: big + np.array([0.0, x]), 1.0)
    assert gradient == pytest.approx(1.0, rel=1e-6)


def test_other_dtypes_are_widened_to_float64():
    for x in (np.array([1, 2]), np.array([1.0, 2.0], dtype=np.float32)):
        assert numerical_vjp(lambda x: x**2, x) == pytest.approx([2.0, 4.0], rel=1e-8)


def test_a_function_that_changes_its_argument_does_not_disturb():
    def f(x):
        x *= 2
        return x

    x = np.array([1.0, 2.0])
    assert numerical_vjp(f, x) == pytest.approx([2.0, 2.0])
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("x", [None, "1", True, 1j, [1.0], np.array([1j]), object()])
def test_what_has_no_derivative_is_refused(x):
    with pytest.raises(TypeError, match="numerical_vjp needs real numbers"):
        numerical_vjp(lambda x: x, x)


def test_upstream_must_have_the_shape_of_the_result():
    with pytest.raises(ValueError, match=r"upstream has shape \(2,\), the result of f has \(3,\)"):
        numerical_vjp(lambda x: x, np.ones(3), np.ones(2))
    with pytest.raises(TypeError, match="upstream is a string"):
        numerical_vjp(lambda x: x, np.ones(3), "1")


@pytest.mark.parametrize("result", [None, [1.0], 1j, True, "1"])
def test_a_function_that_returns_no_real_number_is_a_finding(result):
    with pytest.raises(Mismatch, match="the function to differentiate returned"):
        numerical_vjp(lambda x: result, 1.0)
