"""Mistakes in matrix products that a square matrix hides."""

from collections.abc import Iterator

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.plain import Array


def untransposed(case: Case) -> Iterator[str]:
    """The upstream gradient times a square argument, where times its transpose belongs, or the reverse."""
    g, e = case.upstream, case.expected
    if g is None or g.ndim < 2 or e.shape != g.shape:
        return
    for name, m in case.arguments.items():
        if m.ndim < 2 or m.shape[-1] != m.shape[-2]:
            continue
        t = m.swapaxes(-1, -2)
        pairs = [(g, m, g, t), (g, t, g, m), (m, g, t, g), (t, g, m, g)]
        if any(_product_is(case, (a, b), (c, d)) for a, b, c, d in pairs):
            yield f"`{name}` is transposed where it must not be, or the other way round"


def _product_is(case: Case, wrong: tuple[Array, Array], right: tuple[Array, Array]) -> bool:
    """yours = k * wrong product, expected = k * right product, with one k for both, such as 1/sqrt(d)."""
    if wrong[0].shape[-1] != wrong[1].shape[-2]:
        return False
    try:
        yours, expected = wrong[0] @ wrong[1], right[0] @ right[1]
    except ValueError:  # batch axes that do not fit
        return False
    if expected.shape != case.expected.shape:
        return False
    square = float(np.vdot(expected, expected))
    k = float(np.vdot(expected, case.expected)) / square if square else 0.0
    return k != 0 and case.fits(k * expected, case.expected) and case.explained_by(k * yours)
