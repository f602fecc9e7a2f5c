"""The assertions that tests are written in: silent when right, one `Mismatch` with all its parts when not."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from grader.gradcheck import plain, show
from grader.gradcheck.case import Clues
from grader.gradcheck.diagnose import explain
from grader.gradcheck.differ import differences
from grader.gradcheck.difference import EXACT, Difference, Path, Rule, wrong
from grader.gradcheck.message import Finding, Mismatch
from grader.gradcheck.plain import Array

__tracebackhide__ = True  # pytest shows the test's line, not ours

LONGEST = 500  # characters of a text; one of a student's can have a million
_ATTRIBUTE = re.compile(r"\w\.[A-Za-z_]\w*$")  # of="a.grad": a value that is stored, not returned


def assert_close(
    yours: object,
    expected: object,
    *,
    of: str,
    called: str = "",
    rtol: float = 1e-6,
    atol: float = 1e-8,
    arguments: Mapping[str, object] | None = None,
    suspects: Mapping[str, object] | None = None,
    counts: Mapping[str, int] | None = None,
    help: str = "",
) -> None:
    """Forward values: |yours - expected| <= atol + rtol * |expected| for each element.

    yours, expected: numbers, arrays of any shape, or tuples, lists and dicts of them; types are strict.
    of: the name that the student reads    called: the call that was made    suspects: {mistake: its value}
    arguments: {name: value} of the call    counts: {name: what a mean may be divided by}
    Raises Mismatch.
    """
    plain_floats = type(yours) is float and type(expected) is float and math.isfinite(expected)
    if plain_floats and abs(yours - expected) <= atol + rtol * abs(expected):  # type: ignore[operator, arg-type]
        return  # most comparisons of the course
    clues = Clues(arguments=arguments, suspects=suspects, counts=counts)
    _compare(yours, expected, Rule(rtol, atol), clues, of=of, called=called, help=help)


def assert_gradient(
    yours: object,
    expected: object,
    *,
    of: str,
    called: str = "",
    rtol: float = 1e-6,
    atol: float = 1e-8,
    upstream: object = None,
    arguments: Mapping[str, object] | None = None,
    suspects: Mapping[str, object] | None = None,
    contributions: Mapping[str, object] | Sequence[object] | None = None,
    counts: Mapping[str, int] | None = None,
    help: str = "",
) -> None:
    """Gradients: |yours - expected| <= atol + rtol * max|expected|, per tensor and never per entry.

    A gradient entry may be exactly 0, and a relative error there divides noise by noise.
    These only serve the diagnosis: upstream: dL/d(output), any shape    arguments: {name: value} of the call
    suspects: {mistake: its value}    contributions: the parts whose sum is expected, a list or {name: part}
    counts: {name: what a mean may be divided by}
    Raises Mismatch.
    """
    rule = Rule(rtol, atol, per_tensor=True)
    clues = Clues(upstream, arguments, suspects, contributions, counts)
    _compare(yours, expected, rule, clues, of=of, called=called, help=help)


def assert_equal(
    yours: object,
    expected: object,
    *,
    of: str,
    called: str = "",
    suspects: Mapping[str, object] | None = None,
    help: str = "",
) -> None:
    """Exactly equal: bools, ints, strings, None, shapes, dtypes, arrays, and tuples, lists and dicts of them.

    True is not 1, a list is not a tuple; an int may stand for a float, and nan equals nan. Raises Mismatch.
    """
    _compare(yours, expected, EXACT, Clues(suspects=suspects), of=of, called=called, help=help)


def fail(
    what: str,
    *,
    called: str = "",
    yours: object = "",
    expected: object = "",
    diagnosis: str = "",
    help: str = "",
) -> NoReturn:
    """Raise a Mismatch in the test's own words; yours, expected: text, or values to be shown short."""
    parts = (_text(yours), _text(expected))
    causes = (show.clean(diagnosis),) if diagnosis else ()
    raise Mismatch(_clean(Finding(what, "", called, *parts, help=help, candidates=causes)))


def _text(value: object) -> str:
    if type(value) is not str:
        return show.value(plain.settled(value))
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"


def _clean(finding: Finding) -> Finding:
    what, called, help = (show.clean(text) for text in (finding.what, finding.called, finding.help))
    yours, expected = show.clean(finding.yours), show.clean(finding.expected)
    return replace(finding, what=what, called=called, yours=yours, expected=expected, help=help)


def _compare(
    yours: object, expected: object, rule: Rule, clues: Clues, *, of: str, called: str, help: str
) -> None:
    yours = plain.settled(yours)
    if expected is None and not rule.exact:
        fail(f"{of} cannot be compared with None", called=called, yours=show.value(yours), help=help)
    with np.errstate(all="ignore"):  # a student's np.seterr(all="raise") must not reach our arithmetic
        found = differences(yours, expected, rule)
        first = next(found, None)
        if first is None:
            return
        if first.yours is None and _ATTRIBUTE.search(of):
            first = replace(first, causes=("nothing was written to it",), help="")
        what = _name(of, first.path, expected) + first.fact
        worst, differ = _elements(first, rule)
        wrong_parts = len({first.path[:1], *(other.path[:1] for other in found)})
        if wrong_parts > 1:
            differ += f"{'; ' * bool(differ)}{wrong_parts} parts are wrong"
        texts = show.pair(first.yours, first.expected)
        causes = explain(first, yours, expected, rule, clues)
    help = help or first.help
    raise Mismatch(_clean(Finding(what, "", called, *texts, worst, differ, help=help, candidates=causes)))


def _name(of: str, path: Path, expected: object) -> str:
    """ "grads['W'][1]"; a tuple of="dx, dW" has parts with names of their own."""
    names = [name.strip() for name in of.strip("()").split(",")]
    parts = plain.sequence(expected)
    if path and parts is not None and type(path[0]) is int and len(names) == len(parts) > 1:
        of, path = names[path[0]], path[1:]
    return of + "".join(f"[{key}]" for key in path)


def _elements(difference: Difference, rule: Rule) -> tuple[str, str]:
    """The worst element, and how many differ; empty where single numbers or shapes are compared."""
    y, e = difference.y, difference.e
    if y is None or e is None or y.shape != e.shape or y.ndim == 0:
        return "", ""
    bad = wrong(difference)
    place = np.unravel_index(int(np.argmax(np.where(bad, _badness(y, e, difference.allowed), -1.0))), y.shape)
    ours, theirs = show.pair(y[place], e[place])
    error = "" if rule.exact else _error(complex(y[place]), complex(e[place]))
    worst = f"[{', '.join(str(int(k)) for k in place)}]: yours {ours}, expected {theirs}{error}"
    count = int(bad.sum())
    return worst, f"{count} of {bad.size} elements differ{'s' * (count == 1)}"


def _badness(y: Array, e: Array, allowed: Array | None) -> Array:
    """How far each element is beyond its tolerance; nan is further off than any number."""
    if allowed is None:
        return np.asarray(np.abs(y.astype(np.complex128) - e.astype(np.complex128)))
    off = np.abs(y - e) / np.maximum(allowed, np.finfo(float).tiny)
    return np.where(np.isnan(off), np.inf, off)


def _error(yours: complex, expected: complex) -> str:
    if not (np.isfinite(yours) and np.isfinite(expected)):
        return ""
    if expected == 0:
        return f", off by {abs(yours):.2g}"
    return f", relative error {abs(yours - expected) / abs(expected):.2g}"


def unpack(yours: object, names: str) -> tuple[Any, ...]:
    """The parts of a tuple that the student returned, once its form is right.

    names: what the parts are called, such as "(h, truncation, rounding)". Raises Mismatch.
    """
    yours = plain.settled(yours)
    wanted = names.count(",") + 1
    if type(yours) is tuple and len(yours) == wanted:
        return yours
    if yours is None:
        fail("the result is None", expected=names, diagnosis="forgot `return`?")
    count = len(yours) if type(yours) is tuple else 1
    cause = f"{count} result{'s' * (count != 1)} where {wanted} are expected"
    fail("the result has the wrong form", yours=yours, expected=names, diagnosis=cause)
