"""Public tests."""

import numpy as np

from grader.testing import assert_close, assert_equal, exercise, unpack


@exercise("u01.double")
def test_three_is_six(student):
    """double(3) is 6."""
    assert_close(student.double(3), 6, of="the double", called="double(3)")


@exercise("u01.odd_part")
def test_of_the_identity(student):
    """The odd part of x is 2 x."""
    assert_close(student.odd_part(lambda t: t, 5.0), 10.0, of="the odd part")


@exercise("u01.fill", in_place=True)
def test_two_numbers(student):
    """Two zeros become ones."""
    x = np.zeros(2)
    student.fill(x, 1.0)
    assert_close(x, np.ones(2), of="the array after the call")


@exercise("u01.box_add")
def test_one_and_two(student):
    """Box(1) + Box(2) holds 3."""
    assert_close((student.Box(1.0) + student.Box(2.0)).data, 3.0, of="(a + b).data")


@exercise("u01.guarded")
def test_on_and_off(student):
    """The guard is on inside and off outside."""
    with student.guarded():
        assert_equal(student.is_guarded(), True, of="is_guarded() inside the block")
    assert_equal(student.is_guarded(), False, of="is_guarded() after the block")


@exercise("u01.relay")
def test_one_way_and_back(student):
    """forward(1) gives 2, and backward(1) gives 2."""
    y, kept = unpack(student.forward(1.0), "(y, kept)")
    assert_close((y, student.backward(1.0, kept)), (2.0, 2.0), of="(y, dx)")


@exercise("u01.steps")
def test_four_steps(student):
    """Four are four."""
    assert_equal(student.steps(4), 4, of="the number of steps")


@exercise("u01.ranked")
def test_three_numbers(student):
    """3, 1, 2 become 1, 2, 3."""
    assert_equal(student.ranked([3, 1, 2]), [1, 2, 3], of="the order")


@exercise("u01.quadruple")
def test_of_two(student):
    """quadruple(2) is 8."""
    assert_close(student.quadruple(2), 8, of="quadruple(2)")
