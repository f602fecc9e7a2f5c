"""Mistakes that a wrong shape betrays; yours and expected differ in shape here."""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.plain import Array

MOST_AXES = 4  # orders and subsets of more axes than these are not tried


def causes(case: Case) -> Iterator[str]:
    """The mistakes that explain the wrong shape, likeliest first; an empty array explains nothing."""
    if not case.yours.size or not case.expected.size:
        return
    yield from reordered(case)
    yield from not_summed(case)
    yield from summed_too_much(case)
    yield from reshaped(case)


def reordered(case: Case) -> Iterator[str]:
    """Right after .T, or after another order of the axes. Square arrays come here too."""
    y, e = case.yours, case.expected
    if y.ndim != e.ndim or not 2 <= y.ndim <= MOST_AXES or not e.size:
        return
    for order in permutations(range(y.ndim)):
        if order == tuple(range(y.ndim)):
            continue
        for sign in (1, -1):
            if case.fits(sign * y.transpose(order), e):
                also = "" if sign == 1 else ", and the sign is wrong"
                yield f"transposed (right after .T){also}" if y.ndim == 2 else _order(order) + also


def _order(order: tuple[int, ...]) -> str:
    return f"the axes are in another order (right after transpose{order})"


def axes_text(axes: tuple[int, ...]) -> str:
    """ "axis 0", or "axes 0 and 1"."""
    if len(axes) == 1:
        return f"axis {axes[0]}"
    return f"axes {', '.join(map(str, axes[:-1]))} and {axes[-1]}"


def subsets(ndim: int) -> Iterator[tuple[int, ...]]:
    """All sets of axes, the small ones first."""
    for count in range(1, ndim + 1):
        yield from combinations(range(ndim), count)


def not_summed(case: Case) -> Iterator[str]:
    """The gradient of a value that was broadcast is summed over the axes along which it was repeated."""
    y, e = case.yours, case.expected
    if y.ndim > MOST_AXES or y.size <= e.size:
        return
    for axes in subsets(y.ndim):
        if all(y.shape[k] == 1 for k in axes):
            continue
        for total, name in ((np.sum, "summed"), (np.mean, "averaged")):
            if case.fits(_fitted(np.asarray(total(y, axis=axes, keepdims=True)), e.shape), e):
                yield f"not {name} over {'broadcast ' * (name == 'summed')}{axes_text(axes)}"


def summed_too_much(case: Case) -> Iterator[str]:
    """Over an axis that should have stayed."""
    y, e = case.yours, case.expected
    if e.ndim > MOST_AXES or e.size <= y.size:
        return
    for axes in subsets(e.ndim):
        one = np.asarray(e.mean(axis=axes, keepdims=True))
        if case.fits(np.broadcast_to(one, e.shape), e):
            if case.fits(_fitted(one, y.shape), y):
                yield f"not expanded back over {axes_text(axes)}"
            continue
        for total, name in ((np.sum, "summed"), (np.mean, "averaged")):
            if case.fits(_fitted(np.asarray(total(e, axis=axes, keepdims=True)), y.shape), y):
                yield f"{name} over {axes_text(axes)}, which must stay"


def _fitted(values: Array, shape: tuple[int, ...]) -> Array:
    """The values in `shape` where the two differ by axes of size 1 only."""
    if [n for n in values.shape if n != 1] == [n for n in shape if n != 1]:
        return values.reshape(shape)
    return values


def reshaped(case: Case) -> Iterator[str]:
    """The right numbers in the wrong shape."""
    y, e = case.yours, case.expected
    if y.size != e.size:
        return
    if [n for n in y.shape if n != 1] == [n for n in e.shape if n != 1]:
        if case.fits(y.reshape(e.shape), e):
            yield (
                "an axis of size 1 too many"
                if y.ndim > e.ndim
                else "an axis of size 1 is missing or misplaced"
            )
    elif case.fits(y.reshape(e.shape), e):
        yield "the right numbers in another shape (right after reshape)"


def reshape_for_transpose(case: Case) -> Iterator[str]:
    """The right shape, but the numbers were only re-read in another order; no difference in shape here."""
    e = case.expected
    if 2 <= e.ndim <= MOST_AXES and any(
        case.explained_by(e.transpose(order).reshape(e.shape)) for order in permutations(range(e.ndim))
    ):
        yield "reshape where a transpose belongs"
