"""nan and inf that come from exp of a large number, or from the log of what exp made 0."""

from collections.abc import Iterator, Mapping

import numpy as np

from grader.gradcheck import plain
from grader.gradcheck.difference import Difference
from grader.gradcheck.plain import Array

OVERFLOW = "overflow: exp of a large number"
UNDERFLOW = "log of 0: exp of a number far below 0 is 0"
LARGEST = {"float16": 11.0, "float32": 88.0, "bfloat16": 88.0}  # that exp can take
LARGEST64 = 709.0


def overflow(difference: Difference, arguments: Mapping[str, object]) -> Iterator[str]:
    """Said only where finite numbers are expected, and nan or inf stand where an argument is large."""
    y, e = difference.y, difference.e
    if y is None or e is None or y.shape != e.shape or y.dtype.kind != "f" or not np.isfinite(e).all():
        return
    bad = ~np.isfinite(y)
    if not bad.any():
        return
    wanted = plain.leaf(difference.expected)
    largest = LARGEST.get(wanted.dtype, LARGEST64) if wanted is not None else LARGEST64
    if (y[bad] == -np.inf).all():
        if (e[bad] < -largest).all():
            yield UNDERFLOW
        return
    for value in arguments.values():
        leaf = plain.leaf(value)
        if leaf is None or leaf.family not in "iuf" or not np.isfinite(x := leaf.floats()).all():
            continue
        # tanh and others take exp of twice their input
        if any(_explains(x, limit, bad) for limit in (largest, largest / 2)):
            yield OVERFLOW
            return


def _explains(x: Array, limit: float, bad: Array) -> bool:
    """Whether the bad elements are those with a large number, or those in a line with one along some axis.

    Numbers far below 0 alone prove nothing: a line of them gives 0 / 0.
    """
    above, far = x > limit, np.abs(x) > limit
    if not above.any():
        return False
    if bad.size == 1 or any(np.array_equal(large, bad) for large in (above, far)):
        return True
    match = all if bad.all() and bad.shape == far.shape else any  # nan everywhere: no line stands out
    return any(match(_lines_match(large, bad, axis) for axis in range(x.ndim)) for large in (above, far))


def _lines_match(large: Array, bad: Array, axis: int) -> bool:
    """Whether a line along the axis is bad where, and only where, it holds a large number."""
    lines = large.any(axis=axis)
    wanted = bad.any(axis=axis) if bad.shape == large.shape else bad
    if lines.shape != wanted.shape or not np.array_equal(lines, wanted):
        return False
    return bool(not lines.all() or bad.all())
