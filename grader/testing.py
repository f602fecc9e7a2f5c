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


def exercise(id: str, weight: float = 1.0, in_place: bool = False) -> Callable[[Any], Any]:
    """Say which exercise a test belongs to. Points stand in course.yml alone; tests carry weights.

    in_place: the test looks at what the student's code changes in its arguments. Any other test finds its
    own arrays and lists unchanged: who clears them must not choose what is expected.
    """
    return pytest.mark.exercise(id, weight, in_place=in_place)
