"""Hidden tests of unit 1, slopes and steps: random smooth functions, away from kinks."""

import math
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grader.testing import assert_close, exercise, fail, unpack

FORWARD = "this is the forward difference"
BACKWARD = "this is the backward difference"
BRACKETS = "the brackets around the difference are missing: only its second part is divided"
SHORT = "divided by h, but the two points are further apart than h"
OWN_H = "the h that was handed over is not used"
CUT = "the slope is cut to a whole number"

numbers = st.floats(-3, 3)
steps = st.floats(0.01, 1)


def wave(rng):
    """A smooth function of one number, and its derivative."""
    a, b, c, d, e = rng.uniform(0.5, 1.5, 5)

    def f(x):
        if not isinstance(x, int | float | np.number | np.ndarray):
            fail("f was not called with a number", yours=x)
        return a * np.sin(b * x + c) + d * x**3 + e * np.exp(x / 2)

    return f, lambda x: a * b * np.cos(b * x + c) + 3 * d * x**2 + e / 2 * np.exp(x / 2)


def floored(x):
    """Whole numbers for whole numbers, and never falling."""
    return x**3 // 7


# ---------------------------------------------------------------------------- forward_difference


@exercise("u01.forward_difference", weight=2)
def test_forward_slope_of_smooth_functions(student, rng, reference):
    """The slope is that of the line through the points of f at x and at x + h."""
    for _ in range(4):
        f, slope = wave(rng)
        x, h = rng.uniform(0.5, 2), rng.uniform(0.1, 0.5)
        suspects = {
            "the division by h is missing": f(x + h) - f(x),
            BACKWARD: (f(x) - f(x - h)) / h,
            "this is the central difference": reference.central_difference(f, x, h),
            BRACKETS: f(x + h) - f(x) / h,
            OWN_H: slope(x),
            CUT: math.floor(reference.forward_difference(f, x, h)),
            "the slope is rounded": round(float(reference.forward_difference(f, x, h)), 3),
        }
        called = f"forward_difference(f, {x:.4f}, {h:.4f})"
        yours, expected = student.forward_difference(f, x, h), reference.forward_difference(f, x, h)
        assert_close(yours, expected, of="the slope", called=called, suspects=suspects)


@exercise("u01.forward_difference")
@given(a=numbers, b=numbers, x=numbers, h=steps)
def test_forward_slope_of_parabolas(student, a, b, x, h):
    """For a parabola the error is exactly h * f''(x) / 2, whatever h is."""
    yours = student.forward_difference(lambda t: a * t * t + b * t + 1, x, h)
    assert_close(yours, 2 * a * x + b + a * h, of="the slope of a parabola")


@exercise("u01.forward_difference")
def test_forward_slope_with_whole_numbers(student, rng):
    """x, h and the values of f may be whole numbers; the slope need not be one."""
    for _ in range(8):
        x, h = int(rng.integers(-20, 20)), int(rng.integers(3, 9))
        expected = (floored(x + h) - floored(x)) / h
        yours = student.forward_difference(floored, x, h)
        called = f"forward_difference(f, {x}, {h})"
        assert_close(yours, expected, of="the slope", called=called, suspects={CUT: math.floor(expected)})


# ---------------------------------------------------------------------------- central_difference


@exercise("u01.central_difference", weight=2)
def test_central_slope_of_smooth_functions(student, rng, reference):
    """The slope is that of the line through the points of f at x - h and at x + h."""
    for _ in range(4):
        f, slope = wave(rng)
        x, h = rng.uniform(0.5, 2), rng.uniform(0.1, 0.5)
        right, left = f(x + h), f(x - h)
        suspects = {
            SHORT: (right - left) / h,
            FORWARD: reference.forward_difference(f, x, h),
            BACKWARD: (f(x) - left) / h,
            "the division by the distance of the two points is missing": right - left,
            BRACKETS: right - left / (2 * h),
            "`/ 2 * h` divides by 2 and then multiplies by h": (right - left) / 2 * h,
            "the two points lie half a step from x": reference.central_difference(f, x, h / 2),
            "this is the second derivative": (right - 2 * f(x) + left) / h**2,
            OWN_H: slope(x),
            CUT: math.floor(reference.central_difference(f, x, h)),
        }
        called = f"central_difference(f, {x:.4f}, {h:.4f})"
        yours, expected = student.central_difference(f, x, h), reference.central_difference(f, x, h)
        assert_close(yours, expected, of="the slope", called=called, suspects=suspects)


@exercise("u01.central_difference")
@given(a=numbers, b=numbers, x=numbers, h=steps)
def test_central_slope_of_parabolas_is_exact(student, a, b, x, h):
    """A parabola has no third derivative, so its central difference has no error, whatever h is."""
    yours, expected = student.central_difference(lambda t: a * t * t + b * t + 1, x, h), 2 * a * x + b
    suspects = {SHORT: 2 * expected}
    assert_close(yours, expected, of="the slope of a parabola", rtol=1e-9, atol=1e-9, suspects=suspects)


@exercise("u01.central_difference")
def test_central_slope_with_whole_numbers(student, rng):
    """x, h and the values of f may be whole numbers; the slope need not be one."""
    for _ in range(8):
        x, h = int(rng.integers(-20, 20)), int(rng.integers(3, 9))
        expected = (floored(x + h) - floored(x - h)) / (2 * h)
        yours = student.central_difference(floored, x, h)
        called = f"central_difference(f, {x}, {h})"
        suspects = {CUT: math.floor(expected), SHORT: 2 * expected}
        assert_close(yours, expected, of="the slope", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- best_step

STEP = "(h, truncation, rounding)"
EPS = (2.0**-52, 2.0**-23, 1e-10)  # float64, float32, and neither
SIGNS = ((1, -1, 1), (-1, 1, 1), (1, 1, -1))
sizes = st.floats(0.1, 10) | st.floats(-10, -0.1)


def random_point(rng, eps, signs=SIGNS[0]):
    """f, f2, f3, eps with the signs given: a forgotten absolute value must show at every seed."""
    return *(sign * float(size) for sign, size in zip(signs, rng.uniform(0.2, 5, 3), strict=True)), eps


def call(kind, point):
    return f"best_step({kind!r}, {', '.join(f'{number:.3g}' for number in point)})"


def model(kind, h, point):
    """Truncation and rounding of the lesson's model at a step h."""
    f, f2, f3, eps = point
    if kind == "forward":
        return h * abs(f2) / 2, 2 * eps * abs(f) / h
    return h**2 * abs(f3) / 6, eps * abs(f) / h


def check_step(student, reference, kind, point, suspects):
    """Compare the student's h with the best one. Errors are tiny here, so only ratios count: atol is 0."""
    f, f2, f3, eps = point
    root = eps ** (1 / 2 if kind == "forward" else 1 / 3)
    suspects["this is the root of eps alone: f and its derivative do not enter"] = root
    if eps != EPS[0]:
        suspects["the eps that was handed over is not used"] = reference.best_step(kind, f, f2, f3)[0]
    h, _, _ = unpack(student.best_step(kind, *point), STEP)
    best = reference.best_step(kind, *point)[0]
    assert_close(h, best, of="the step", called=call(kind, point), atol=0.0, suspects=suspects)


@exercise("u01.best_step", weight=2)
def test_best_forward_step(student, rng, reference):
    """The forward difference errs least where h * |f2| / 2 + 2 * eps * |f| / h is smallest."""
    for eps, signs in zip(EPS, SIGNS, strict=True):
        f, f2, f3, _ = point = random_point(rng, eps, signs)
        step = reference.best_step("forward", *point)[0]
        suspects = {
            "f is left out": step / math.sqrt(abs(f)),
            "the derivative is left out": step * math.sqrt(abs(f2)),
            "f3 stands where f2 belongs": step * math.sqrt(abs(f2 / f3)),
            "f and f2 have changed places": step * abs(f2 / f),
            "the constant factors of the two parts are left out": step / 2,
            "this is the step of the central difference": reference.best_step("central", *point)[0],
        }
        check_step(student, reference, "forward", point, suspects)


@exercise("u01.best_step", weight=2)
def test_best_central_step(student, rng, reference):
    """The central difference errs least where h**2 * |f3| / 6 + eps * |f| / h is smallest."""
    for eps, signs in zip(EPS, SIGNS, strict=True):
        f, f2, f3, _ = point = random_point(rng, eps, signs)
        step = reference.best_step("central", *point)[0]
        suspects = {
            "f is left out": step / math.cbrt(abs(f)),
            "the derivative is left out": step * math.cbrt(abs(f3)),
            "f2 stands where f3 belongs": step * math.cbrt(abs(f3 / f2)),
            "f and f3 have changed places": step * math.cbrt(f3 / f) ** 2,
            "the two parts were set equal, or eps was counted twice": step * math.cbrt(2),
            "the constant factors of the two parts are left out": step / math.cbrt(3),
            "this is the step of the forward difference": reference.best_step("forward", *point)[0],
        }
        check_step(student, reference, "central", point, suspects)


@exercise("u01.best_step", weight=2)
def test_both_parts_of_the_error(student, rng, reference):
    """Truncation and rounding are the two parts of the error at the best step, in this order."""
    for kind, signs in product(("central", "forward"), SIGNS):
        point = random_point(rng, 1e-10, signs)
        _, *yours = unpack(student.best_step(kind, *point), STEP)
        _, *expected = reference.best_step(kind, *point)
        of, called = "truncation, rounding", call(kind, point)
        assert_close(tuple(yours), tuple(expected), of=of, called=called, atol=0.0)


@exercise("u01.best_step")
@given(
    kind=st.sampled_from(("forward", "central")),
    point=st.tuples(sizes, sizes, sizes, st.sampled_from(EPS)),
    nudge=st.sampled_from((0.5, 0.9, 0.99, 1.01, 1.1, 2.0)),
)
def test_no_other_step_is_better(student, kind, point, nudge):
    """A step that is a little larger or smaller than yours has the larger error."""
    h, _, _ = unpack(student.best_step(kind, *point), STEP)
    if not isinstance(h, int | float | np.floating) or not 0 < h < math.inf:
        fail("the step is not a number greater than 0", called=call(kind, point), yours=h)
    here, there = sum(model(kind, h, point)), sum(model(kind, h * nudge, point))
    if here > there:
        what = "another step has a smaller error than yours"
        fail(what, called=call(kind, point), yours=f"{here:.6g}", expected=f"at most {there:.6g}")


@exercise("u01.best_step")
def test_eps_is_that_of_float64_by_default(student, rng, reference):
    """Without eps, the step is for float64: 2**-52."""
    for kind in ("forward", "central"):
        f, f2, f3, eps = random_point(rng, EPS[0])
        h, _, _ = unpack(student.best_step(kind, f, f2, f3), STEP)
        assert_close(
            h,
            reference.best_step(kind, f, f2, f3, eps)[0],
            of="the step without eps",
            called=call(kind, (f, f2, f3)),
            atol=0.0,
            suspects={"float32 is taken for granted": reference.best_step(kind, f, f2, f3, 2.0**-23)[0]},
        )


@exercise("u01.best_step")
def test_only_two_kinds_are_known(student, rng, reference):
    """A misspelt kind raises ValueError; a silent guess would hide the mistake."""
    for kind in ("forward", "central"):
        point = random_point(rng, EPS[0])
        yours, expected = student.best_step(kind, *point), reference.best_step(kind, *point)
        assert_close(yours, expected, of=STEP, called=call(kind, point), atol=0.0)
    for kind in ("centre", "Forward", "onward", ""):
        point = random_point(rng, EPS[0])
        try:
            result = student.best_step(kind, *point)
        except ValueError:
            continue
        fail("no ValueError", called=call(kind, point), yours=result, diagnosis="an unknown kind is accepted")
