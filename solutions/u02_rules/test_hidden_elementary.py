"""Hidden tests of unit 2: six functions and their derivatives."""

import numpy as np
import pytest

from grader.testing import assert_close, assert_gradient, exercise, fail, unpack

FUNCTIONS = ("exp", "log", "sqrt", "tanh", "sigmoid", "relu")
CHANGED = "x is changed"
EXACT = {"rtol": 1e-13, "atol": 1e-15}  # a slope measured by nudging is not as exact


def places(rng, name, shape):
    """Where the function is looked at: away from kinks, inside its domain, and of both signs if it may."""
    x = rng.uniform(0.2, 3, shape)
    return x if name in ("log", "sqrt") else x * rng.choice((-1, 1), shape)


def mistakes(name, x, y):
    """sentence -> the derivative that the mistake gives"""
    return {
        "exp": {"the power rule is used": x * np.exp(x - 1)},
        "tanh": {"the square is missing": 1 - y, "this is the derivative of the sigmoid": y * (1 - y)},
        "sigmoid": {"this is the derivative of tanh": 1 - y**2},
        "relu": {"the gradient passes where x is not greater than 0": np.ones(np.shape(x))},
    }.get(name, {})


def check(student, reference, name, x, *, entry_by_entry=False, **exact):
    """Compare y and dy with the reference's. entry_by_entry: sizes differ too much for one tolerance."""
    shape = np.shape(x)
    called = f"{name}(x) with x " + (f"of shape {shape}" if shape else f"= {x:.6g}")
    y, dy = unpack(getattr(student, name)(x), "(y, dy)")
    with np.errstate(all="ignore"):
        right_y, right_dy = getattr(reference, name)(x)
        suspects = mistakes(name, np.asarray(x, dtype=float), right_y)
    judge = assert_close if entry_by_entry else assert_gradient
    clues = {"called": called, "arguments": {"x": np.asarray(x, dtype=float)}, **(exact or EXACT)}
    judge(y, right_y, of="y", **clues)
    clues["arguments"]["y"] = np.asarray(right_y, dtype=float)
    judge(dy, right_dy, of="dy", suspects=suspects, **clues)


@exercise("u02.elementary_derivatives", weight=3)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_curve_and_slope(student, rng, reference, name):
    """Value and derivative, for each entry of an array."""
    for shape in ((3, 5, 7), (5,), (7, 3)):
        check(student, reference, name, places(rng, name, shape))


@exercise("u02.elementary_derivatives")
def test_one_number_will_do(student, rng, reference):
    """x may be one number, an int too."""
    for name in FUNCTIONS:
        for x in (float(places(rng, name, ())), int(rng.integers(2, 5))):
            check(student, reference, name, x)


@exercise("u02.elementary_derivatives", weight=2)
def test_far_from_zero(student, rng, reference):
    """tanh and sigmoid have limits on both sides, so no number is too large for them."""
    for name in ("tanh", "sigmoid"):
        sizes = np.array([rng.uniform(0.5, 1), rng.uniform(30, 40), 400.0, 750.0, 1e6])
        check(student, reference, name, np.concatenate([-sizes, sizes]))
        check(student, reference, name, 1000.0)
        check(student, reference, name, -1000.0)


@exercise("u02.elementary_derivatives")
def test_steep_and_flat_places(student, rng, reference):
    """Near 0 the logarithm and the root are steep, far out flat; exp goes to 0 on the left."""
    scale = 10.0 ** np.array([-300, -12, 0, 12, 300])
    exact = {"entry_by_entry": True, "rtol": 1e-12, "atol": 0}
    for name in ("log", "sqrt"):
        check(student, reference, name, scale * rng.uniform(1.5, 3, 5), **exact)
    check(student, reference, "exp", np.array([-700.0, -30.0, 0.0, 30.0, 700.0]) + rng.uniform(0, 5), **exact)


@exercise("u02.elementary_derivatives")
def test_relu_around_its_kink(student, rng, reference):
    """At 0 the derivative of relu is 0, and it is 1 already a hair to the right of it."""
    hair = float(rng.uniform(1e-12, 1e-9))
    x = np.array([-1.5, -hair, -0.0, 0.0, hair, 1.5, 1e9])
    check(student, reference, "relu", x, entry_by_entry=True, rtol=1e-13, atol=0)
    check(student, reference, "relu", 0.0)
    check(student, reference, "relu", float(rng.uniform(-2, -1)))
    check(student, reference, "relu", float(rng.uniform(1, 2)))


@exercise("u02.elementary_derivatives", in_place=True)
def test_x_is_left_as_it_was(student, rng, reference):
    """10,000 entries at once, and x holds the same numbers afterwards."""
    for name in FUNCTIONS:
        x = places(rng, name, 10_000)
        before = x.copy()
        check(student, reference, name, x)
        if not np.array_equal(x, before):
            fail("x was changed", called=f"{name}(x)", diagnosis=CHANGED)
