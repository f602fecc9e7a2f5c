"""Mistakes that make a tensor too large or too small by one constant factor."""

import math
from collections.abc import Iterator

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.causes_shape import MOST_AXES, axes_text, subsets

Size = tuple[str, int]


def known(case: Case) -> Iterator[str]:
    """Names for the constant r in yours = r * expected: the size of an axis, 2 and others."""
    r = ratio(case)
    if r is None:
        return
    sign = "wrong sign, and " if r < 0 else ""
    for factor, sentence in _known_factors(case):
        if math.isclose(abs(r), factor, rel_tol=1e-3):
            guess = math.copysign(factor, r) * case.expected
            if case.explained_by(guess):
                yield sign + sentence


def number(case: Case) -> Iterator[str]:
    """The constant r in yours = r * expected as a number, or that there is one; none for 1 and -1."""
    r = ratio(case)
    size = max(abs(r), 1 / abs(r)) if r else 1.0
    text = f"{size:.4g}" if size > 1.01 else f"{size:.6g}"
    if r is None or text == "1":
        return
    sign = "wrong sign, and " if r < 0 else ""
    yield f"{sign}a constant factor {text} too {'large' if abs(r) > 1 else 'small'}"
    if not case.scalar:
        yield f"{sign}off by the same factor everywhere"


def ratio(case: Case) -> float | None:
    """The least-squares r, if yours = r * expected holds and r is neither 0 nor out of reach."""
    e = case.expected
    square = float(np.vdot(e, e).real)
    if square == 0 or not math.isfinite(square):
        return None
    r = float(np.vdot(e, case.yours).real) / square
    return r if 1e-12 < abs(r) < 1e12 and case.fits(r * e, case.yours) else None


def _known_factors(case: Case) -> Iterator[tuple[float, str]]:
    """Factors by name, in the order in which they are believed."""
    sizes = list(_sizes(case))
    for label, n in sizes:
        yield n, f"missing factor 1/N (mean, not sum?), N = {label}"
        yield 1 / n, f"a factor 1/N too much (sum, not mean?), N = {label}"
    yield 2, "a factor 2 too much"
    yield 0.5, "a factor 2 is missing"
    for label, n in sizes:
        yield n / 2, f"missing factor 2/N, N = {label}"
        yield 2 / n, f"a factor 2/N too much, N = {label}"
        yield math.sqrt(n), f"missing factor 1/sqrt(N), N = {label}"
        yield 1 / math.sqrt(n), f"a factor 1/sqrt(N) too much, N = {label}"
        for m in (n / (n - 1), (n - 1) / n):
            yield m, f"a count is off by one, N = {label} (N - 1 for N, or the reverse?)"
            yield math.sqrt(m), f"a count under a root is off by one, N = {label} (ddof of the variance?)"
    for base in (2, 10):
        yield 1 / math.log(base), f"a factor 1/ln {base} too much (base {base} where base e belongs?)"
        yield math.log(base), f"a factor ln {base} too much"


def _sizes(case: Case) -> Iterator[Size]:
    """All that N may stand for: axes of the tensor, then of the arguments, then of the upstream gradient."""
    yield from _axis_sizes(case.expected.shape, "")
    for name, values in case.arguments.items():
        yield from _axis_sizes(values.shape, f" of `{name}`")
    if case.upstream is not None:
        yield from _axis_sizes(case.upstream.shape, " of the upstream gradient")


def _axis_sizes(shape: tuple[int, ...], owner: str) -> Iterator[Size]:
    if len(shape) > MOST_AXES:
        return
    for axes in subsets(len(shape)):
        n = math.prod(shape[k] for k in axes)
        if n < 3:  # a 2 is more often a constant than an axis
            continue
        if len(axes) == 1:
            yield f"size of {axes_text(axes)}{owner}", n
        elif len(axes) == len(shape):
            yield f"number of all elements{owner}", n
        else:
            yield f"size of {axes_text(axes)} together{owner}", n
