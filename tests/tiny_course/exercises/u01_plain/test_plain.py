"""Public tests of plain.py."""

import numpy as np
import pytest

from grader.testing import assert_close, assert_equal, exercise


@exercise("u01.slope")
def test_a_line_through_two_points(student):
    """The line through (1, 2) and (3, 8) has slope 3."""
    assert_close(student.slope(1, 2, 3, 8), 3.0, of="the slope", called="slope(1, 2, 3, 8)")


@exercise("u01.describe")
def test_three_numbers(student):
    """Three numbers with a name and a unit."""
    yours = student.describe([2, 7, 1], "speed", unit="m/s")
    expected = {"title": "speed [m/s]", "count": 3, "range": (1, 7)}
    assert_equal(yours, expected, of="the description", called="describe([2, 7, 1], 'speed', unit='m/s')")


@exercise("u01.central_difference")
def test_a_parabola(student):
    """The slope of (2x - 5)^2 at 3 is 4."""
    yours = student.central_difference(lambda x: (2 * x - 5) ** 2, 3.0, 1e-3)
    assert_close(yours, 4.0, of="the slope", called="central_difference(f, 3.0, 1e-3)", rtol=1e-9)


@exercise("u01.scale_in_place", in_place=True)
def test_an_array_is_scaled_where_it_lies(student):
    """The caller's own array is changed."""
    x = np.array([1.0, -2.0, 3.0])
    student.scale_in_place(x, 2.0)
    assert_close(
        x, np.array([2.0, -4.0, 6.0]), of="the array after the call", called="scale_in_place(x, 2.0)"
    )


@exercise("u01.scaled")
def test_a_copy_is_scaled(student):
    """The result is new, the argument stays as it was."""
    x = np.array([1.0, -2.0, 3.0])
    assert_close(student.scaled(x, 2.0), np.array([2.0, -4.0, 6.0]), of="the copy", called="scaled(x, 2.0)")
    assert_close(x, np.array([1.0, -2.0, 3.0]), of="your argument after the call", called="scaled(x, 2.0)")


@exercise("u01.value_ops")
def test_sums_and_products(student):
    """2 * Value(3) + 1 is Value(7)."""
    v = 2 * student.Value(3.0) + 1
    assert isinstance(v, student.Value), "2 * Value(3) + 1 should be a Value"
    assert_close(v.data, 7.0, of="(2 * Value(3) + 1).data")


@exercise("u01.paused")
def test_a_pause_ends(student):
    """The pause is on inside the block and off after it."""
    with student.paused():
        assert_equal(student.is_paused(), True, of="is_paused() inside the block")
    assert_equal(student.is_paused(), False, of="is_paused() after the block")


@exercise("u01.checked_root")
def test_a_root_and_a_refusal(student):
    """The root of 9 is 3; -1 is refused with a ValueError."""
    assert_close(student.checked_root(9.0), 3.0, of="the root", called="checked_root(9.0)")
    with pytest.raises(ValueError, match="negative"):
        student.checked_root(-1.0)


@exercise("u01.make_adder")
def test_an_adder_adds(student):
    """make_adder(3) adds 3."""
    assert_close(student.make_adder(3)(4), 7, of="the sum", called="make_adder(3)(4)")


@exercise("u01.count_calls")
def test_three_calls(student):
    """Three calls are counted as three."""
    g, count = student.count_calls(lambda x: 10 * x)
    assert_equal([g(1), g(2), g(3)], [10, 20, 30], of="the results of g")
    assert_equal(count(), 3, of="count() after three calls")


@exercise("u01.dual_ops")
def test_a_product_of_duals(student):
    """(2 + 1e) * (3 + 4e) is 6 + 11e."""
    z = student.Dual(2.0, 1.0) * student.Dual(3.0, 4.0)
    assert_close((z.a, z.b), (6.0, 11.0), of="(a, b)", called="Dual(2, 1) * Dual(3, 4)")


@exercise("u01.derivative")
def test_the_slope_of_a_square(student):
    """x * x + 3 x at 2 is 10, with slope 7."""
    yours = student.derivative(lambda x: x * x + 3 * x, 2.0)
    assert_close(yours, (10.0, 7.0), of="(value, slope)", called="derivative(f, 2.0)")


@exercise("u01.newton_step")
def test_a_step_to_a_root(student):
    """One step from 3 on x^2 - 4 leads to 13/6."""
    yours = student.newton_step(lambda x: x * x - 4, 3.0)
    assert_close(yours, 13 / 6, of="the new x", called="newton_step(f, 3.0)", rtol=1e-8)
