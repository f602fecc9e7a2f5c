"""Where two numbers or arrays differ: container, then dtype, then shape, then values."""

import math
from collections.abc import Iterator

import numpy as np

from grader.gradcheck import plain, show
from grader.gradcheck.difference import EXACT, Difference, Path, Rule, other_type, within, wrong_numbers
from grader.gradcheck.plain import Array, Leaf

LARGEST = 10_000_000  # elements of an array of the wrong shape that is still read to name the mistake


def leaf_differences(yours: object, wanted: Leaf, rule: Rule, path: Path) -> Iterator[Difference]:
    """The one difference between yours and a number or array, if there is one."""
    expected = wanted.raw
    got = plain.leaf(yours)
    if wanted.family == "?":
        yield Difference(path, f" cannot be compared with {show.describe(expected)}", yours, expected)
    elif got is None:
        yield _wrong_container(yours, wanted, path)
    elif wanted.shape != () and got.shape != () and got.container != wanted.container:
        yield other_type(yours, expected, path, show.describe(expected))
    elif (problem := dtype_problem(got, wanted, rule)) is not None:
        yield Difference(path, problem[0], yours, expected, (problem[1],))
    elif got.shape != wanted.shape:
        fact = f" has shape {got.shape}, {wanted.shape} is expected"
        if got.container == "python":
            fact = f" is {show.describe(yours)}, {show.describe(expected)} is expected"
        elif wanted.container == "python":
            fact = f" has shape {got.shape}, {show.describe(expected)} is expected"
        readable = math.prod(got.shape) <= LARGEST
        yield Difference(path, fact, yours, expected, y=got.floats() if readable else None, e=wanted.floats())
    else:
        yield from _numbers(got, wanted, rule, path)


def _wrong_container(yours: object, wanted: Leaf, path: Path) -> Difference:
    parts = plain.sequence(yours)
    what = show.describe(wanted.raw)
    difference = other_type(yours, wanted.raw, path, what)
    if parts is None or type(yours) is list:
        return difference
    if len(parts) == 1:
        cause, help = "a comma too many makes a tuple of one", "Look for a comma at the end of the line."
    else:
        cause, help = f"{len(parts)} results where one is expected", ""
    return Difference(path, difference.fact, yours, wanted.raw, (cause,), help)


def dtype_problem(got: Leaf, wanted: Leaf, rule: Rule) -> tuple[str, str] | None:
    """The fact and its cause where the kind of number is not the expected one, else None."""
    if got.family == "c" and wanted.family in "iuf":
        return " is complex, a real number is expected", "complex where a real number belongs"
    if got.container == "python" or wanted.container == "python" or got.shape == wanted.shape == ():
        fits = _number_fits(got, wanted, rule)
    else:
        fits = got.dtype == wanted.dtype or got.family == wanted.family == "i"
    if fits:
        return None
    if got.container == "python" and wanted.container == "python":
        have, want = show.describe(got.raw), show.describe(wanted.raw)
        return f" is {have}, {want} is expected", f"{have} where {want} belongs"
    have, want = _wide_name(got), _wide_name(wanted)
    return f" has dtype {have}, {want} is expected", f"dtype {have} where {want} belongs"


def _wide_name(leaf: Leaf) -> str:
    return "float64" if leaf.dtype == "float" else "complex128" if leaf.dtype == "complex" else leaf.dtype


def _number_fits(got: Leaf, wanted: Leaf, rule: Rule) -> bool:
    """Numbers are compared leniently: an int for a float is fine, a 0-d array too; less precision is not."""
    if wanted.family == "b" or got.family in "b?":
        return wanted.family == got.family
    if wanted.family in "iu":
        return got.family in "iu" or (got.family == "f" and not rule.exact)
    if got.family == wanted.family and got.container != "python":
        return _wide_name(got) == _wide_name(wanted)
    return True


def _numbers(got: Leaf, wanted: Leaf, rule: Rule, path: Path) -> Iterator[Difference]:
    if rule.exact or wanted.family == "b":
        if not equal(got, wanted):
            yield wrong_numbers(got.exact(), wanted.exact(), EXACT, (got.raw, wanted.raw), path)
        return
    y, e = got.floats(), wanted.floats()
    if not (_plainly_within(y, e, rule) or within(y, e, rule.allowed(e)).all()):
        yield wrong_numbers(y, e, rule, (got.raw, wanted.raw), path)


def _plainly_within(y: Array, e: Array, rule: Rule) -> bool:
    """The quick answer for right values: every call of a right solution comes here."""
    if not e.size:
        return True
    size = np.abs(e)
    largest = size.max()
    if not math.isfinite(largest):
        return False
    allowed = rule.atol + rule.rtol * (largest if rule.per_tensor else size)
    return bool((np.abs(y - e) <= allowed).all())


def equal(got: Leaf, wanted: Leaf) -> bool:
    """Whether two leaves of the same shape hold the same numbers, to the last bit; nan equals nan."""
    if wanted.shape == () and wanted.family in "iu" and got.family in "iu":
        return _as_int(got) == _as_int(wanted)
    return bool(np.array_equal(got.exact(), wanted.exact(), equal_nan=wanted.family in "fc"))


def _as_int(leaf: Leaf) -> int:
    return int(leaf.raw) if leaf.container == "python" else int(leaf.exact())
