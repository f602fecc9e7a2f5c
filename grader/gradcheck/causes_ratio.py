"""Mistakes that make a tensor too large or too small by one constant factor."""

import math
import re
from collections.abc import Callable, Iterator

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.causes_shape import MOST_AXES, axes_text, subsets

Size = tuple[str, int]
IGNORED = "the mean counts ignored targets too"
OFF_BY_ONE = "a count is off by one{N} (N - 1 for N, or the reverse?)"
OFF_UNDER_ROOT = "a count under a root is off by one{N} (ddof of the variance?)"
_CONSTANTS = (
    (2.0, "a factor 2 too much"),
    (0.5, "a factor 2 is missing"),
    *((1 / math.log(b), f"a factor 1/ln {b} too much (base {b} where base e belongs?)") for b in (2, 10)),
    *((math.log(b), f"a factor ln {b} too much") for b in (2, 10)),
)
_COUNTED = "divided by the number of {} where the number of {} belongs"
_RELIES = re.compile(rf"^(wrong sign, and )?(.*[ /(]N\b|{IGNORED}$|{_COUNTED.format('.*', '.*')}$)")
_NUMBER = re.compile(r"^(wrong sign, and )?(a constant factor \S+ too |\S+x too )")


# A factor by its name, with its value for an N. {N} is filled in by ", N = size of axis 0" or left out.
Named = tuple[Callable[[float], float], str]
FIRST: tuple[Named, ...] = (
    (lambda n: n, "missing factor 1/N (mean, not sum?){N}"),
    (lambda n: 1 / n, "a factor 1/N too much (sum, not mean?){N}"),
)
SECOND: tuple[Named, ...] = (
    (lambda n: n / 2, "missing factor 2/N{N}"),
    (lambda n: 2 / n, "a factor 2/N too much{N}"),
    (math.sqrt, "missing factor 1/sqrt(N){N}"),
    (lambda n: 1 / math.sqrt(n), "a factor 1/sqrt(N) too much{N}"),
    (lambda n: n / (n - 1), OFF_BY_ONE),
    (lambda n: (n - 1) / n, OFF_BY_ONE),
    (lambda n: math.sqrt(n / (n - 1)), OFF_UNDER_ROOT),
    (lambda n: math.sqrt((n - 1) / n), OFF_UNDER_ROOT),
)


def known(case: Case) -> Iterator[str]:
    """Names for the constant r in yours = r * expected: a count, the size of an axis, 2 and others."""
    r = ratio(case)
    if r is None:
        return
    sign = "wrong sign, and " if r < 0 else ""
    sizes = list(_sizes(case))
    yield from (sign + name for name in _counted(case, r))
    yield from (sign + name for name in _sized(case, r, FIRST, sizes))
    yield from (sign + name for factor, name in _CONSTANTS[:2] if _is(case, r, factor))
    yield from (sign + name for name in _sized(case, r, SECOND, sizes))
    yield from (sign + name for factor, name in _CONSTANTS[2:] if _is(case, r, factor))


def relies_on_sizes(sentence: str) -> bool:
    """Whether the sentence takes a constant for the size of something: true only if it changes with it."""
    return bool(_RELIES.search(sentence))


def is_number(sentence: str) -> bool:
    """Whether the sentence names the constant itself."""
    return bool(_NUMBER.search(sentence))


def number(case: Case) -> Iterator[str]:
    """The constant r in yours = r * expected as a number, or that there is one; none for 1 and -1."""
    r = ratio(case)
    size = max(abs(r), 1 / abs(r)) if r else 1.0
    text = f"{size:.4g}" if size > 1.01 else f"{size:.6g}"
    if r is None or text == "1":
        return
    sign = "wrong sign, and " if r < 0 else ""
    way = "large" if abs(r) > 1 else "small"
    for name in (*_counted(case, r), *_sized(case, r, FIRST + SECOND, list(_sizes(case)))):
        if ", N = " not in name:  # in every draw the same number: an N of this size, or just this number
            yield f"{sign}{text}x too {way}: {name}{'' if '?' in name else '?'}"
    yield f"{sign}a constant factor {text} too {way}"
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


def _is(case: Case, r: float, factor: float) -> bool:
    """Whether the constant is this factor: to the tolerance, or but for an eps somewhere below a root."""
    if not math.isclose(abs(r), factor, rel_tol=1e-3):
        return False
    but_for_eps = not case.scalar and math.isclose(abs(r), factor, rel_tol=1e-5)
    return but_for_eps or case.explained_by(math.copysign(factor, r) * case.expected)


def _sized(case: Case, r: float, factors: tuple[Named, ...], sizes: list[Size]) -> Iterator[str]:
    """Factors that depend on an N. Where two axes of the tensor fit, the one is as good as the other."""
    own_labels = {label for label, _ in _axis_sizes(case.expected.shape, "")}
    for value, name in factors:
        labels = [label for label, n in sizes if _is(case, r, value(n))]
        if not labels:
            continue
        own = own_labels.intersection(labels)
        bare = name.format(N="")
        if len(own) > 1:
            yield bare
            continue
        yield from (name.format(N=f", N = {label}") for label in labels)
        yield bare


def _counted(case: Case, r: float) -> Iterator[str]:
    """One count stands where another one belongs: rows that are 0, and the counts that the test names."""
    e = case.expected
    if e.ndim > 1:
        rows = e.reshape(-1, e.shape[-1]).any(axis=1)
        if 0 < rows.sum() < rows.size and _is(case, r, float(rows.sum() / rows.size)):
            yield IGNORED
    for wrong, n in case.counts.items():
        for right, m in case.counts.items():
            if n != m and _is(case, r, m / n):
                yield _COUNTED.format(wrong, right)


def _sizes(case: Case) -> Iterator[Size]:
    """What N may stand for: named counts, then axes of the tensor, the arguments, the upstream gradient."""
    yield from ((f"number of {name}", n) for name, n in case.counts.items() if n > 2)
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
