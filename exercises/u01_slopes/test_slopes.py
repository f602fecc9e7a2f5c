"""Public tests of unit 1: read them, run them with `pytest u01_slopes`. Hidden tests decide about points."""

import math

import numpy as np

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
NO_H = "the division by h is missing"
NO_DISTANCE = "the division by the distance of the two points is missing"
SHORT = "divided by h, but the two points are further apart than h"
FORWARD = "this is the forward difference"
BACKWARD = "this is the backward difference"
CENTRAL = "this is the central difference"
ROOT = "this is the root of eps alone: f and its derivative do not enter"
EQUAL = "the two parts were set equal, or eps was counted twice"
ALL = "all entries are nudged at once"
LEFT = "an entry is not put back before the next one is nudged"
FLAT = "the index counts through the flattened array"


def squared_error(w):
    """The lesson's loss: one package, x = 2, y = 5."""
    return (w * 2 - 5) ** 2


@exercise("u01.forward_difference")
def test_forward_slope_of_the_loss(student):
    """A nudge of 0.001 from w = 3 lifts the loss by 0.004004, so the slope is 4.004."""
    assert_close(
        student.forward_difference(squared_error, 3.0, 0.001),
        4.004,
        of="the slope",
        called="forward_difference(squared_error, 3.0, 0.001)",
        suspects={NO_H: 0.004004, BACKWARD: 3.996, CENTRAL: 4.0},
    )


@exercise("u01.forward_difference")
def test_forward_slope_of_sine(student):
    """The line from 1 to 1.1 is flatter than the sine at 1, whose slope is 0.540302."""
    assert_close(
        student.forward_difference(math.sin, 1.0, 0.1),
        0.4973637525353891,
        of="the slope",
        called="forward_difference(sin, 1.0, 0.1)",
        suspects={NO_H: 0.04973637525353891, BACKWARD: 0.5814407518041309, CENTRAL: 0.53940225216976},
    )


@exercise("u01.central_difference")
def test_central_slope_of_the_loss(student):
    """The loss is a parabola, and for a parabola even a step of 0.5 gives exactly 4."""
    for h in (0.001, 0.5):
        assert_close(
            student.central_difference(squared_error, 3.0, h),
            4.0,
            of="the slope",
            called=f"central_difference(squared_error, 3.0, {h})",
            suspects={FORWARD: 4.0 + 4 * h, BACKWARD: 4.0 - 4 * h, SHORT: 8.0, NO_DISTANCE: 8.0 * h},
        )


@exercise("u01.central_difference")
def test_central_slope_of_a_cube(student):
    """For x**3 the error is exactly h**2: 0.01 at h = 0.1, beside the slope of 12 at x = 2."""
    assert_close(
        student.central_difference(lambda x: x**3, 2.0, 0.1),
        12.01,
        of="the slope",
        called="central_difference(x**3, 2.0, 0.1)",
        suspects={FORWARD: 12.61, BACKWARD: 11.41, SHORT: 24.02, NO_DISTANCE: 2.402},
    )


@exercise("u01.best_step")
def test_best_step_in_round_numbers(student):
    """With f = 8, f2 = 2, f3 = 3 and eps = 1e-12 all six results are round numbers."""
    for kind, expected, root in (
        ("forward", (4e-6, 4e-6, 4e-6), (1e-6, 1e-6, 1.6e-5)),
        ("central", (2e-4, 2e-8, 4e-8), (1e-4, 5e-9, 8e-8)),
    ):
        assert_close(
            student.best_step(kind, 8.0, 2.0, 3.0, 1e-12),
            expected,
            of="h, truncation, rounding",
            called=f"best_step({kind!r}, 8.0, 2.0, 3.0, 1e-12)",
            atol=0.0,
            suspects={ROOT: root, EQUAL: (2.519842099789747e-4, 3.174802103936399e-8, 3.174802103936399e-8)},
        )


@exercise("u01.best_step")
def test_best_steps_for_sine(student):
    """For sin at 1 the best step is 3e-8 forward and 1e-5 central; float32 needs far larger ones."""
    sine, cosine = 0.8414709848078965, 0.5403023058681398
    for kind, eps, h, root, equal in (
        ("forward", 2**-52, 2.9802322387695312e-08, 1.4901161193847656e-08, 0.0),
        ("central", 2**-52, 1.0123280443752242e-05, 6.0554544523933395e-06, 1.275453412507256e-05),
        ("forward", 2**-23, 0.0006905339660024879, 0.00034526698300124393, 0.0),
        ("central", 2**-23, 0.008227689485200081, 0.004921566601151848, 0.010366239174402294),
    ):
        result = student.best_step(kind, sine, -sine, -cosine, eps)
        if type(result) is not tuple or len(result) != 3:
            fail(
                "the result is not a tuple of three numbers",
                yours=result,
                expected="(h, truncation, rounding)",
            )
        called = f"best_step({kind!r}, {sine:.3f}, {-sine:.3f}, {-cosine:.3f}, {eps:.3g})"
        assert_close(
            result[0], h, of="the step", called=called, atol=0.0, suspects={ROOT: root, EQUAL: equal}
        )


@exercise("u01.numerical_gradient")
def test_gradient_of_a_product(student):
    """f = v0 * v1 has the gradient (v1, v0), also where v holds whole numbers."""
    for v in (np.array([4.0, 5.0]), np.array([4, 5])):
        assert_gradient(
            student.numerical_gradient(np.prod, v),
            np.array([5.0, 4.0]),
            of="the gradient",
            called=f"numerical_gradient(f, v) with v = [4, 5], {v.dtype}",
            suspects={ALL: np.array([9.0, 9.0]), LEFT: np.array([5.0, 3.99996])},
        )


@exercise("u01.numerical_gradient", in_place=True)
def test_gradient_has_one_entry_for_each_entry(student):
    """For x of shape (2, 3) the gradient has shape (2, 3); x itself is the same afterwards."""
    x = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])
    gradient = np.array([[2.5, -0.5, 4.5], [2.0, 1.5, 0.5]])
    assert_gradient(
        student.numerical_gradient(lambda p: (np.sum(p) ** 2 + np.sum(p**2)) / 2, x),
        gradient,
        of="the gradient",
        called="numerical_gradient(f, x) with x of shape (2, 3)",
        suspects={ALL: np.full((2, 3), 10.5), LEFT: gradient - 1e-5 * np.array([[0, 1, 3], [6, 7, 8]])},
    )
    if not np.array_equal(x, [[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]]):
        fail("x was changed", yours=x, diagnosis="x is mutated")


@exercise("u01.numerical_gradient")
def test_gradient_at_a_number(student):
    """One number is an array without axes, and so is its gradient: x**3 at 2 gives 12."""
    assert_gradient(
        student.numerical_gradient(lambda p: np.sum(p**3), 2.0),
        np.array(12.0),
        of="the gradient",
        called="numerical_gradient(f, 2.0)",
    )


@exercise("u01.grad_check")
def test_the_worst_entry_is_named(student):
    """Of six entries one is wrong; the answer says which, and shows both values."""
    analytic = np.array([[1.0, 2.0, 3.0], [4.0, 5.5, 6.0]])
    numeric = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert_equal(
        student.grad_check(analytic, numeric),
        (False, (1, 1), 5.5, 5.0),
        of="ok, worst, a, n",
        called="grad_check(analytic, numeric) of shape (2, 3)",
        suspects={
            FLAT: (False, 4, 5.5, 5.0),
            "the two values have changed places": (False, (1, 1), 5.0, 5.5),
        },
    )


@exercise("u01.grad_check")
def test_a_wrong_sign_is_wrong(student):
    """-5 for 5 is wrong, and so is -2e-6 for 2e-6, however small."""
    for a in (-5.0, 2e-6):
        assert_equal(
            student.grad_check(np.array([a]), np.array([-a])),
            (False, (0,), a, -a),
            of="ok, worst, a, n",
            called=f"grad_check([{a}], [{-a}])",
            suspects={FLAT: (False, 0, a, -a)},
        )


@exercise("u01.grad_check")
def test_noise_is_not_wrong(student):
    """A numeric gradient that should be 0 comes out as 1e-12: that is right. One number has the index ()."""
    yours = student.grad_check(0.0, 1e-12)
    assert_equal(yours, (True, (), 0.0, 1e-12), of="ok, worst, a, n", called="grad_check(0.0, 1e-12)")


@exercise("u01.grad_check")
def test_nan_is_wrong(student):
    """nan is never right, although every comparison with it is False."""
    assert_equal(
        student.grad_check(np.array([1.0, math.nan, 3.0]), np.array([1.0, 2.0, 3.1])),
        (False, (1,), math.nan, 2.0),
        of="ok, worst, a, n",
        called="grad_check([1, nan, 3], [1, 2, 3.1])",
        suspects={FLAT: (False, 1, math.nan, 2.0)},
    )
