"""Hidden tests. Their secrets: CANARY, a canary in the frame of a callback, and the numbers of `rng`."""

import numpy as np
import pytest
from checks_watch import watched

from grader.testing import assert_close, assert_equal, exercise, fail, unpack

CANARY = "kata-canary-hidden"


@exercise("u01.double", weight=2)
@watched
def test_random_numbers(student, rng):
    """Any number is doubled."""
    for x in rng.uniform(1, 9, 3):
        assert_close(student.double(float(x)), 2 * float(x), of="the double", called=f"double({x})")


@exercise("u01.double")
@watched
def test_a_whole_number(student):
    """A whole number is doubled."""
    assert_close(student.double(73_501), 147_002, of="the double", called="double(73501)")


@exercise("u01.odd_part", weight=2)
@watched
def test_a_cubic(student, rng):
    """A random cubic."""
    a, b, x = (float(v) for v in rng.uniform(1, 3, 3))
    expected = 2 * (a * x**3 + b * x)

    def f(t):
        secret = (CANARY, "kata-canary-frame", expected)
        return a * t**3 + b * t if secret else None

    assert_close(student.odd_part(f, x), expected, of="the odd part", called="odd_part(f, x)")


@exercise("u01.odd_part")
@watched
def test_an_error_of_f_comes_through(student):
    """Where f raises, the caller sees that error."""

    def f(x):
        raise ArithmeticError("kata-canary-error")

    with pytest.raises(ArithmeticError, match="canary"):
        student.odd_part(f, 1.0)
    assert_close(student.odd_part(lambda t: 3 * t, 2.0), 12.0, of="the odd part of 3 t")


@exercise("u01.odd_part")
@watched
def test_a_verdict_inside_f(student):
    """f is asked for x and -x only."""

    def f(x):
        if abs(x) != 2.0:
            fail("f was called with another number", expected="kata-canary-verdict")
        return x

    assert_close(student.odd_part(f, 2.0), 4.0, of="the odd part")


@exercise("u01.fill", in_place=True)
@watched
def test_any_shape(student, rng):
    """The caller's array is filled."""
    x, number = rng.normal(size=(2, 3)), float(rng.uniform(2, 5))
    assert_equal(student.fill(x, number), None, of="the result")
    assert_close(x, np.full((2, 3), number), of="the array after the call")


@exercise("u01.box_add")
@watched
def test_a_sum_of_boxes(student, rng):
    """Boxes add up."""
    a, b, c = (float(v) for v in rng.uniform(1, 9, 3))
    total = student.Box(a) + student.Box(b) + student.Box(c)
    assert isinstance(total, student.Box), "Box + Box should be a Box"
    assert_close(total.data, a + b + c, of="(a + b + c).data")


@exercise("u01.guarded")
@watched
def test_an_error_inside_the_block(student):
    """The guard ends after an error, which goes on its way."""
    with pytest.raises(KeyError), student.guarded():
        raise KeyError("inside")
    assert_equal(student.is_guarded(), False, of="is_guarded() after the block")


@exercise("u01.guarded")
@watched
def test_a_verdict_inside_the_block(student, rng):
    """The guard is on inside the block, and swallows no verdict."""
    number = float(rng.uniform(1, 9))
    with student.guarded():
        assert_equal(student.is_guarded(), True, of="is_guarded() inside the block")
        assert_close(student.forward(number)[0], 2 * number, of="forward(x)[0] inside the block")


@exercise("u01.relay")
@watched
def test_forward_and_back(student, rng):
    """What forward kept is what backward needs."""
    x, dy = (float(v) for v in rng.uniform(1, 9, 2))
    y, kept = unpack(student.forward(x), "(y, kept)")
    assert_close(student.backward(dy, kept), 2 * dy, of="dx", called="backward(dy, kept)")
    assert_close(y, 2 * x, of="y", called="forward(x)")


@exercise("u01.steps")
@watched
def test_the_steps_are_taken(student):
    """The number of steps is what was asked for."""
    taken = sum(1 for _ in range(student.steps(731)))
    assert_equal(taken, 731, of="the number of steps")


@exercise("u01.ranked")
@watched
def test_random_numbers_in_order(student, rng):
    """Random numbers come out in order."""
    values = [float(v) for v in rng.uniform(1, 9, 5)]
    assert_close(student.ranked(list(values)), sorted(values), of="the order", called="ranked(values)")


@exercise("u01.quadruple")
@watched
def test_four_times(student, rng):
    """Any number times four."""
    x = float(rng.uniform(1, 9))
    assert_close(student.quadruple(x), 4 * x, of="quadruple(x)")
