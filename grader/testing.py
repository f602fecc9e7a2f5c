"""Everything that a test of the course imports: public and hidden tests are written in these words.

@exercise("u01.central_difference", weight=2)
def test_a_parabola_is_exact(student, rng): ...
"""

from collections.abc import Callable
from typing import Any

import pytest

from grader.gradcheck.compare import assert_close, assert_equal, assert_gradient, fail, unpack
from grader.gradcheck.numeric import numerical_vjp

__all__ = ["assert_close", "assert_equal", "assert_gradient", "exercise", "fail", "numerical_vjp", "unpack"]


def exercise(id: str, weight: float = 1.0) -> Callable[[Any], Any]:
    """Say which exercise a test belongs to. Points stand in course.yml alone; tests carry weights."""
    return pytest.mark.exercise(id, weight)
