"""Mistakes told from the numbers alone; yours and expected have the same shape here."""

from collections.abc import Iterator

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.causes_ratio import ratio
from grader.gradcheck.plain import Array

NEARLY = "right to some digits only: float32 on the way, a small number added, or a quotient of differences?"
NEGLIGIBLE = 1e-3  # the part of an offset below which the expected number does not count


def nearly(case: Case) -> Iterator[str]:
    """Right to some of its digits, where a stricter test asks for more."""
    size = float(np.max(np.abs(case.expected), initial=0.0))
    if (np.abs(case.yours - case.expected) <= 1e-6 * np.abs(case.expected) + 1e-9 * size).all():
        yield NEARLY


def zeros(case: Case) -> Iterator[str]:
    """Nothing was written, or everything cancels."""
    if not case.yours.any() and case.expected.any():
        yield "it is 0" if case.scalar else "all zeros"


def sign(case: Case) -> Iterator[str]:
    """Times -1."""
    if case.explained_by(-case.expected):
        yield "the sign is wrong (times -1)"


def reversed_order(case: Case) -> Iterator[str]:
    """The right numbers from the other end."""
    for axis in _long_axes(case, 2):
        if case.explained_by(np.flip(case.expected, axis)):
            yield "in reversed order" if case.expected.ndim == 1 else f"in reversed order along axis {axis}"


def _long_axes(case: Case, at_least: int) -> Iterator[int]:
    return (axis for axis, n in enumerate(case.expected.shape) if n >= at_least)


def shifted(case: Case) -> Iterator[str]:
    """Each number one place too early or too late."""
    for axis in _long_axes(case, 4):
        y, e = (np.moveaxis(values, axis, 0) for values in (case.yours, case.expected))
        if case.fits(e[1:], e[:-1]):
            continue  # a constant looks shifted wherever it is wrong
        if case.fits(y[1:], e[:-1]) or case.fits(y[:-1], e[1:]):
            yield f"shifted by one along axis {axis}"


def masked(case: Case) -> Iterator[str]:
    """Right in part: zero where it should not be, or the other way round."""
    if case.scalar:
        return
    right = _right(case)
    y, e = case.yours, case.expected
    if not right.all() and right[y != 0].all() and (y != 0).any():
        yield "right where it is not 0, but 0 in too many places"
    if not right.all() and right[e != 0].all() and (e != 0).any():
        yield "right but where it must be 0"


def _right(case: Case) -> Array:
    """Which elements are right: bool of the tensor's shape."""
    size = float(np.max(np.abs(case.expected), initial=0.0))
    return np.asarray(np.abs(case.yours - case.expected) <= case.atol + case.rtol * size)


def right_where_positive(case: Case) -> Iterator[str]:
    """Right on one side of 0 of an argument only."""
    right = _right(case)
    if min(right.sum(), (~right).sum()) < 2:
        return
    for name, x in case.fitting_arguments:
        if np.array_equal(right, x > 0):
            yield f"right only where `{name}` > 0"
        if np.array_equal(right, x < 0):
            yield f"right only where `{name}` < 0"


def at_the_edge(case: Case) -> Iterator[str]:
    """Wrong in the first or the last place along an axis only."""
    right = _right(case)
    if right.all():
        return
    for axis in _long_axes(case, 3):
        place = "element" if right.ndim == 1 else f"place along axis {axis}"
        rows = [bool(row.all()) for row in np.moveaxis(right, axis, 0)]
        if all(rows[1:]):
            yield f"only the first {place} is wrong"
        if all(rows[:-1]):
            yield f"only the last {place} is wrong"


def offset(case: Case) -> Iterator[str]:
    """Off by a constant, or by one number for each row."""
    off = case.yours - case.expected
    if case.scalar and np.abs(case.expected).max() < NEGLIGIBLE * np.abs(off).max():
        return  # beside so small a number, every constant that was returned would be an offset
    if case.scalar:
        amount = float(np.abs(off).ravel()[0])
        yield f"{amount:.4g} too {'large' if off.real.ravel()[0] > 0 else 'small'}"
        return
    if case.fits(np.full_like(off, off.mean()), off):
        yield "off by the same number everywhere"
        return
    yield from (f"off by the same number all along axis {axis}" for axis in _constant_axes(case, off))


def _constant_axes(case: Case, values: Array) -> Iterator[int]:
    """The axes along which the values do not change, where the axis is not the only one."""
    if values.ndim < 2:
        return
    for axis in _long_axes(case, 3):
        mean = values.mean(axis=axis, keepdims=True)
        if case.fits(np.broadcast_to(mean, values.shape), values):
            yield axis


def row_factor(case: Case) -> Iterator[str]:
    """Off by one factor for each row."""
    y, e = case.yours, case.expected
    if e.ndim < 2 or not e.all() or not y.any() or ratio(case) is not None:
        return
    yield from (f"off by the same factor all along axis {axis}" for axis in _constant_axes(case, y / e))


def averaged(case: Case) -> Iterator[str]:
    """All numbers along an axis are the same: their sum or their mean."""
    for axis in _long_axes(case, 3):
        for total, name in ((np.sum, "sum"), (np.mean, "mean")):
            guess = np.broadcast_to(total(case.expected, axis=axis, keepdims=True), case.expected.shape)
            if case.explained_by(guess):
                yield f"each number is the {name} along axis {axis}"


def same_everywhere(case: Case) -> Iterator[str]:
    """One number in all places."""
    y = case.yours
    if y.size >= 3 and y.any() and case.fits(np.full_like(y, y.flat[0]), y):
        yield "the same number in every place"


def elsewhere(case: Case) -> Iterator[str]:
    """The right numbers, or the right sizes, in the wrong way."""
    y, e = case.yours, case.expected
    if e.size < 3:
        return
    if case.explained_by(np.where(y < 0, -1, 1) * np.abs(e)):
        yield "only the signs are wrong, and not everywhere"
    if case.fits(np.sort(y.ravel()), np.sort(e.ravel())):
        yield "the right numbers in the wrong places"


def inverted(case: Case) -> Iterator[str]:
    """True for False everywhere; for bools only."""
    if np.ptp(case.expected) and np.array_equal(case.yours, 1 - case.expected):
        yield "True and False are swapped"
