"""My own checks."""

import math

from slopes import central_difference, forward_difference


def test_exp_has_slope_one_at_zero():
    assert abs(forward_difference(math.exp, 0.0, 1e-6) - 1) < 1e-5
    assert abs(central_difference(math.exp, 0.0, 1e-6) - 1) < 1e-9
