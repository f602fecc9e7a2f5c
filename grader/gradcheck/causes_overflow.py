"""nan and inf that come from exp of a large number, or from the log of what exp made 0."""

from collections.abc import Iterator, Mapping

import numpy as np

from grader.gradcheck import plain
from grader.gradcheck.difference import Difference
from grader.gradcheck.plain import Array

OVERFLOW = "overflow: exp of a large number"
UNDERFLOW = "log of 0: exp of a number far below 0 is 0"
# Half of the largest number that exp can take: tanh and others take exp of twice their input.
LIMITS = {"float16": 5.0, "float32": 44.0, "bfloat16": 44.0}
LIMIT = 354.0


def overflow(difference: Difference, arguments: Mapping[str, object]) -> Iterator[str]:
    """Said only where finite numbers are expected, and nan or inf stand where an argument is large."""
    y, e = difference.y, difference.e
    if y is None or e is None or y.shape != e.shape or y.dtype.kind != "f" or not np.isfinite(e).all():
        return
    bad = ~np.isfinite(y)
    if not bad.any():
        return
    wanted = plain.leaf(difference.expected)
    limit = LIMITS.get(wanted.dtype, LIMIT) if wanted is not None else LIMIT
    if (y[bad] == -np.inf).all():
        if (e[bad] < -limit).all():
            yield UNDERFLOW
        return
    for value in arguments.values():
        leaf = plain.leaf(value)
        if leaf is None or leaf.family not in "iuf":
            continue
        x = leaf.floats()
        if np.isfinite(x).all() and _covers(np.abs(x) > limit, bad):
            yield OVERFLOW
            return


def _covers(large: Array, bad: Array) -> bool:
    """Whether each bad element lies in a row of the argument, along one axis, that holds a large number."""
    if not large.any():
        return False
    if large.shape == bad.shape and not (bad & ~large).any():
        return True
    if bad.size == 1:
        return True
    for axis in range(large.ndim):
        row = large.any(axis=axis, keepdims=large.shape == bad.shape)
        if bad.shape in (row.shape, large.shape) and not (bad & ~row).any():
            return True
    return False
