"""Public tests of strict.py."""

import torch

from grader.testing import assert_close, exercise


@exercise("u02.normalize")
def test_equal_entries(student):
    """Equal entries share alike."""
    assert_close(student.normalize(torch.zeros(1, 2)), torch.full((1, 2), 0.5), of="the row")


@exercise("u02.cube_slope")
def test_of_two(student):
    """The slope of x^3 at 2 is 12."""
    x = torch.tensor([2.0], dtype=torch.float64)
    assert_close(student.cube_slope(x), torch.tensor([12.0], dtype=torch.float64), of="the gradient")
