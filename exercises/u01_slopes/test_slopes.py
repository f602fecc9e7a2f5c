"""Public tests of unit 1: read them, run them with `pytest u01_slopes`. Hidden tests decide about points."""

import math

import numpy as np

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail


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
        suspects={
            "the division by h is missing": 0.004004,
            "this is the backward difference": 3.996,
            "this is the central difference": 4.0,
        },
    )


@exercise("u01.forward_difference")
def test_forward_slope_of_sine(student):
    """The line from 1 to 1.1 is flatter than the sine at 1, whose slope is 0.540302."""
    assert_close(
        student.forward_difference(math.sin, 1.0, 0.1),
        0.4973637525353891,
        of="the slope",
        called="forward_difference(sin, 1.0, 0.1)",
        suspects={
            "the division by h is missing": 0.04973637525353891,
            "this is the backward difference": 0.5814407518041309,
            "this is the central difference": 0.53940225216976,
        },
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
            suspects={
                "this is the forward difference": 4.0 + 4 * h,
                "this is the backward difference": 4.0 - 4 * h,
                "divided by h, but the two points are further apart than h": 8.0,
                "the division by the distance of the two points is missing": 8.0 * h,
            },
        )


@exercise("u01.central_difference")
def test_central_slope_of_a_cube(student):
    """For x**3 the error is exactly h**2: 0.01 at h = 0.1, beside the slope of 12 at x = 2."""
    assert_close(
        student.central_difference(lambda x: x**3, 2.0, 0.1),
        12.01,
        of="the slope",
        called="central_difference(x**3, 2.0, 0.1)",
        suspects={
            "this is the forward difference": 12.61,
            "this is the backward difference": 11.41,
            "divided by h, but the two points are further apart than h": 24.02,
            "the division by the distance of the two points is missing": 2.402,
        },
    )


@exercise("u01.best_step")
def test_best_step_in_round_numbers(student):
    """With f = 2, f2 = 8, f3 = 6 and eps = 1e-12 all six results are round numbers."""
    for kind, expected in (("forward", (1e-6, 4e-6, 4e-6)), ("central", (1e-4, 1e-8, 2e-8))):
        assert_close(
            student.best_step(kind, 2.0, 8.0, 6.0, 1e-12),
            expected,
            of="h, truncation, rounding",
            called=f"best_step({kind!r}, 2.0, 8.0, 6.0, 1e-12)",
            atol=0.0,
        )


@exercise("u01.best_step")
def test_best_steps_for_sine(student):
    """For sin at 1 the best step is 3e-8 forward and 1e-5 central; float32 needs far larger ones."""
    sine, cosine = 0.8414709848078965, 0.5403023058681398
    for kind, eps, h in (
        ("forward", 2**-52, 2.9802322387695312e-08),
        ("central", 2**-52, 1.0123280443752242e-05),
        ("forward", 2**-23, 0.0006905339660024879),
        ("central", 2**-23, 0.008227689485200081),
    ):
        result = student.best_step(kind, sine, -sine, -cosine, eps)
        if type(result) is not tuple or len(result) != 3:
            fail(
                "the result is not a tuple of three numbers",
                yours=result,
                expected="(h, truncation, rounding)",
            )
        assert_close(result[0], h, of="the step", called=f"best_step({kind!r}, ..., eps={eps:.3g})", atol=0.0)


@exercise("u01.numerical_gradient")
def test_gradient_of_a_product(student):
    """f = v0 * v1 has the gradient (v1, v0), also where v holds whole numbers."""
    for v in (np.array([4.0, 5.0]), np.array([4, 5])):
        assert_gradient(
            student.numerical_gradient(np.prod, v),
            np.array([5.0, 4.0]),
            of="the gradient",
            called=f"numerical_gradient(f, v) with v = [4, 5], {v.dtype}",
            suspects={"all entries are nudged at once": np.array([9.0, 9.0])},
        )


@exercise("u01.numerical_gradient")
def test_gradient_has_one_entry_for_each_entry(student):
    """For x of shape (2, 3) the gradient has shape (2, 3); x itself is the same afterwards."""
    x = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])
    assert_gradient(
        student.numerical_gradient(lambda p: np.sum(p**2), x),
        np.array([[2.0, -4.0, 6.0], [1.0, 0.0, -2.0]]),
        of="the gradient",
        called="numerical_gradient(f, x) with x of shape (2, 3)",
        suspects={"all entries are nudged at once": np.full((2, 3), 3.0)},
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
            "the index counts through the flattened array": (False, 4, 5.5, 5.0),
            "the two values have changed places": (False, (1, 1), 5.0, 5.5),
        },
    )


@exercise("u01.grad_check")
def test_a_wrong_sign_is_wrong(student):
    """-5 for 5 is wrong, and so is -2e-6 for 2e-6, however small."""
    for a in (-5.0, 2e-6):
        yours = student.grad_check(np.array([a]), np.array([-a]))
        assert_equal(yours, (False, (0,), a, -a), of="ok, worst, a, n", called=f"grad_check([{a}], [{-a}])")


@exercise("u01.grad_check")
def test_noise_is_not_wrong(student):
    """A numeric gradient that should be 0 comes out as 1e-12: that is right. One number has the index ()."""
    yours = student.grad_check(0.0, 1e-12)
    assert_equal(yours, (True, (), 0.0, 1e-12), of="ok, worst, a, n", called="grad_check(0.0, 1e-12)")


@exercise("u01.grad_check")
def test_nan_is_wrong(student):
    """nan is never right, although every comparison with it is False."""
    analytic, numeric = np.array([1.0, math.nan, 3.0]), np.array([1.0, 2.0, 3.1])
    yours = student.grad_check(analytic, numeric)
    assert_equal(
        yours,
        (False, (1,), math.nan, 2.0),
        of="ok, worst, a, n",
        called="grad_check([1, nan, 3], [1, 2, 3.1])",
    )
