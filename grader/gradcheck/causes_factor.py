"""Mistakes in the factors and terms of a formula: the upstream gradient and the arguments, by name."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from grader.gradcheck.case import Case, broadcasts, sum_to
from grader.gradcheck.plain import Array


def upstream(case: Case) -> Iterator[str]:
    """The upstream gradient alone, missing, twice, or added."""
    up, e, y = case.upstream, case.expected, case.yours
    if up is None:
        return
    if broadcasts(e.shape, up.shape) and case.explained_by(sum_to(up, e.shape)):
        yield "equal to the upstream gradient: the local derivative is missing"
    if not broadcasts(up.shape, e.shape):
        return
    up = np.broadcast_to(up, e.shape)
    if case.fits(y * up, e):
        yield "the upstream gradient is missing"
    if case.explained_by(e * up):
        yield "the upstream gradient is multiplied in twice"
    if (up != 0).all() and case.explained_by(up + e / up):
        yield "the upstream gradient is added where it must be multiplied"


def argument_factors(case: Case) -> Iterator[str]:
    """One argument is a factor that is missing or too much."""
    for name, x in case.fitting_arguments:
        if case.fits(case.yours * x, case.expected):
            yield f"missing factor `{name}`"
        if case.explained_by(case.expected * x):
            yield f"a factor `{name}` too much (or a division by it is missing)"
        if case.fits(-case.yours * x, case.expected):
            yield f"missing factor `{name}`, and the sign is wrong"
        if case.explained_by(case.expected * x * x):
            yield f"a factor `{name}`**2 too much (multiplied by `{name}` where it must be divided by it?)"


def argument_terms(case: Case) -> Iterator[str]:
    """One argument is a summand that is missing, too much or of the wrong sign; or it is the whole result."""
    off = case.expected - case.yours
    for name, x in _terms(case):
        if case.explained_by(x):
            yield f"equal to {name}"
        if case.fits(off, x):
            yield f"the term {name} is missing"
        if case.fits(-off, x):
            yield f"the term {name} is too much"
        if case.fits(off, 2 * x) or case.fits(-off, 2 * x):
            yield f"the sign of the term {name} is wrong"


def _terms(case: Case) -> Iterator[tuple[str, Array]]:
    """The arguments, and their products with those that are single numbers, such as a learning rate."""
    usable = [(name, x) for name, x in case.fitting_arguments if x.any()]
    yield from ((f"`{name}`", x) for name, x in usable)
    numbers = [(name, x) for name, x in case.arguments.items() if x.ndim == 0 and x.any()]
    for factor, c in numbers:
        yield from ((f"`{factor}` times `{name}`", c * x) for name, x in usable if name != factor)


def row_multiple(case: Case) -> Iterator[str]:
    """What is missing or too much is a multiple of one argument, another one for each row."""
    off = case.yours - case.expected
    for name, x in case.fitting_arguments:
        for axis, n in enumerate(x.shape):
            if n < 3 or n == x.size:
                continue
            square = (x * x).sum(axis=axis, keepdims=True)
            multiple = (x * off).sum(axis=axis, keepdims=True) / np.where(square, square, 1)
            if multiple.any() and case.fits(multiple * x, off):
                yield f"off by a multiple of `{name}` all along axis {axis}"


def argument_multiple(case: Case) -> Iterator[str]:
    """What is missing or too much is a multiple of one argument."""
    off = case.yours - case.expected
    for name, x in case.fitting_arguments:
        if x.size < 3 or np.ptp(x) == 0:
            continue
        square = float(np.vdot(x, x))  # 0 for numbers so small that their squares are
        if square and case.fits(float(np.vdot(x, off)) / square * x, off):
            yield f"off by a multiple of `{name}`"


def _inverse(x: Array) -> Array:
    return np.asarray(1 / x)


# Shapes that a local derivative often has as a function of one value.
LOCAL: tuple[Callable[[Array], Array], ...] = (
    lambda x: x,
    lambda x: 2 * x,
    _inverse,
    lambda x: -_inverse(x * x),
    lambda x: x * x,
    lambda x: 1 - x * x,
    lambda x: x * (1 - x),
    np.exp,
    np.cos,
    lambda x: 0.5 * _inverse(x),
)


def mixed_up(case: Case) -> Iterator[str]:
    """One argument stands where another one belongs; which one is said only where it can be told."""
    for right, y in case.arguments.items() if len(case.arguments) > 1 else ():
        true = [formula for formula in _formulas(case, y) if case.fits(formula(y), case.expected)]
        for wrong, x in case.arguments.items():
            if wrong != right and any(case.explained_by(formula(x)) for formula in true):
                yield f"uses `{wrong}` where `{right}` belongs"
    usable = case.fitting_arguments
    for index, (first, x) in enumerate(usable):
        for second, y in usable[index + 1 :]:
            if _swapped(case, x, y) or _swapped(case, y, x):
                yield f"one of `{first}` and `{second}` stands where the other belongs"


def _formulas(case: Case, x: Array) -> Iterator[Callable[[Array], Array]]:
    """f(x) and upstream * f(x) for each local derivative f, summed to the tensor's shape.

    Left out are those that do not give the expected first number, which is quick to see.
    """
    shape = case.expected.shape
    first = case.expected.item(0) if case.expected.size else 0.0
    for scale in [np.ones(())] if case.upstream is None else [np.ones(()), case.upstream]:
        whole = x.size > 0 and broadcasts(x.shape, shape) and broadcasts(scale.shape, shape)
        for local in LOCAL:
            if not whole or case.near(scale.item(0) * local(x.reshape(-1)[:1]).item(), first):
                yield partial(_summed, local, scale, shape)


def _summed(local: Callable[[Array], Array], scale: Array, shape: tuple[int, ...], x: Array) -> Array:
    """upstream * f(x) in `shape`; empty, which explains nothing, where the shapes do not allow it."""
    if not (broadcasts(x.shape, scale.shape) or broadcasts(scale.shape, x.shape)):
        return np.empty(0)
    product = scale * local(x)
    if broadcasts(product.shape, shape):
        return np.broadcast_to(product, shape)
    return sum_to(product, shape) if broadcasts(shape, product.shape) else np.empty(0)


def _swapped(case: Case, x: Array, y: Array) -> bool:
    """yours = k * x and expected = k * y for a k that is nowhere 0 or without bounds."""
    if not (x.all() and y.all() and case.expected.any()):
        return False
    return case.explained_by(case.expected / y * x)
