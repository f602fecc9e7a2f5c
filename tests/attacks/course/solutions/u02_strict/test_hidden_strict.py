"""Hidden tests of strict.py."""

import torch

from grader.testing import assert_close, exercise

CANARY = "kata-canary-hidden"


@exercise("u02.normalize")
def test_random_rows(student, rng):
    """Random rows."""
    x = torch.tensor(rng.normal(size=(3, 4)))
    expected = torch.softmax(x, -1)
    assert_close(student.normalize(x), expected, of="the rows", rtol=1e-9)


@exercise("u02.normalize")
def test_small_numbers(student, rng):
    """Random rows of float32."""
    x = torch.tensor(rng.normal(size=(2, 3)), dtype=torch.float32)
    expected = torch.softmax(x, -1)
    assert_close(student.normalize(x), expected, of="the rows", rtol=1e-5)


@exercise("u02.cube_slope")
def test_random_slopes(student, rng):
    """The slope to nine digits."""
    x = torch.tensor(rng.uniform(1, 3, 4))
    expected = 3 * x**2
    assert_close(student.cube_slope(x), expected, of="the gradient", rtol=1e-13, atol=0)
