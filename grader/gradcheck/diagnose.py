"""Name the mistake, or stay silent.

`candidates` lists what would explain one wrong result; `confirm` believes an explanation only when every
independent draw (other sizes, other numbers) names it in the same words. So a sentence here never holds
the size of a draw, and never the formula that is the answer.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from grader.gradcheck import (
    causes_factor,
    causes_overflow,
    causes_parts,
    causes_product,
    causes_ratio,
    causes_shape,
    causes_softmax,
    causes_value,
    plain,
    show,
)
from grader.gradcheck.case import Case, Clues, make_case
from grader.gradcheck.differ import differences, same
from grader.gradcheck.difference import Difference, Rule

Cause = Callable[[Case], Iterator[str]]

GENERAL: tuple[Cause, ...] = (
    causes_shape.reordered,
    causes_value.zeros,
    causes_value.sign,
    causes_value.reversed_order,
    causes_parts.contributions,
    causes_ratio.known,
    causes_factor.upstream,
    causes_parts.upstream_term,
    causes_parts.scattered,
    causes_softmax.softmax,
    causes_product.untransposed,
    causes_factor.argument_factors,
    causes_factor.mixed_up,
    causes_factor.argument_terms,
)
LAST: tuple[Cause, ...] = (
    causes_ratio.number,
    causes_value.shifted,
    causes_value.masked,
    causes_value.right_where_positive,
    causes_value.at_the_edge,
    causes_value.offset,
    causes_value.averaged,
    causes_value.row_factor,
    causes_factor.argument_multiple,
    causes_factor.row_multiple,
    causes_value.same_everywhere,
    causes_shape.reshape_for_transpose,
    causes_value.elsewhere,
)


def candidates(
    yours: object,
    expected: object,
    *,
    upstream: object = None,
    arguments: Mapping[str, object] | None = None,
    suspects: Mapping[str, object] | None = None,
    contributions: Mapping[str, object] | Sequence[object] | None = None,
    counts: Mapping[str, int] | None = None,
) -> tuple[str, ...]:
    """Explanations of one wrong gradient, likeliest first; () where it is right or nothing explains it.

    upstream: dL/d(output)    arguments: what the function was called with, by name
    suspects: the exercise's own named mistakes, sentence -> the value that the mistake gives
    contributions: the parts whose sum is expected, a list or {name: part}
    counts: what a mean may be divided by, {"kept targets": 5}
    """
    rule = Rule(1e-6, 1e-8, per_tensor=True)
    with np.errstate(all="ignore"):
        first = next(differences(yours, expected, rule), None)
        if first is None:
            return ()
        return explain(
            first, yours, expected, rule, Clues(upstream, arguments, suspects, contributions, counts)
        )


class Draw(tuple[str, ...]):
    """Explanations of one wrong result, likeliest first, and a mark of the numbers that were expected.

    expected: the same for the same numbers; "" where the form is wrong, which is a fact and no guess
    """

    expected: str = ""


def explain(difference: Difference, yours: object, expected: object, rule: Rule, clues: Clues) -> Draw:
    """Explanations of one difference between the whole of `yours` and the whole of `expected`."""
    draw = Draw(_explain(difference, yours, expected, rule, clues))
    if difference.y is not None or not difference.causes:
        draw.expected = hashlib.blake2b(_mark(expected).encode(), digest_size=8).hexdigest()
    return draw


def _mark(expected: object) -> str:
    """The value as text, its numbers to about 7 digits: rounding makes no other draw."""
    if (leaf := plain.leaf(expected)) is not None and leaf.family in "biuf":
        return f"{leaf.shape} {leaf.floats().astype(np.float32).tobytes().hex()}"
    parts = list(expected.values()) if type(expected) is dict else plain.sequence(expected)
    return show.describe(expected) + " ".join(map(_mark, parts)) if parts else show.value(expected)


def _explain(
    difference: Difference, yours: object, expected: object, rule: Rule, clues: Clues
) -> tuple[str, ...]:
    suspects = clues.suspects or {}
    case = _case(difference, rule, clues)
    large = causes_overflow.overflow(difference, clues.arguments or {})
    found = [*large, *difference.causes, *_other_order(yours, expected, rule)]
    own = [name for name, value in suspects.items() if _is_suspect(case, difference, yours, value, rule)]
    if case is None or case.gap == 0:  # integers that float64 cannot tell apart
        return _unique([*found, *own])
    if difference.e is not None and difference.e.dtype.kind == "b":
        return _unique([*found, *own, *causes_value.inverted(case)])
    if case.yours.shape != case.expected.shape:
        return _unique([*found, *causes_shape.causes(case), *own])
    nearly = list(causes_value.nearly(case))
    if nearly:  # beside so small a gap any guess would fit
        return _unique([*found, *own, *nearly])
    general = [sentence for cause in GENERAL for sentence in cause(case)]
    last = [sentence for cause in LAST for sentence in cause(case)]
    named = [*own, *general] if case.scalar else [*general, *own]
    return _unique([*found, *named, *last])


def _case(difference: Difference, rule: Rule, clues: Clues) -> Case | None:
    """The numbers to explain, or None where there are none, or complex ones, or nan and inf among them."""
    y, e = difference.y, difference.e
    if y is None or e is None or "c" in y.dtype.kind + e.dtype.kind:
        return None
    if not (np.isfinite(y).all() and np.isfinite(e).all()):
        return None
    return make_case(y, e, clues, rule, whole=not difference.path)


def _other_order(yours: object, expected: object, rule: Rule) -> Iterator[str]:
    """A tuple whose parts are all there, in another order."""
    mine, parts = plain.sequence(yours), plain.sequence(expected)
    if type(mine) is not tuple or type(parts) is not tuple or not 2 <= len(mine) == len(parts) <= 4:
        return
    if any(same(order, parts, rule) for order in permutations(mine)):
        yield "the right results in another order"


def _is_suspect(case: Case | None, difference: Difference, yours: object, value: object, rule: Rule) -> bool:
    """Whether a named mistake gives yours; one that is only near yours must still explain the gap."""
    leaf = plain.leaf(value)
    if case is None or difference.path or leaf is None or leaf.family not in "biuf":
        return same(yours, value, rule)
    return case.explained_by(leaf.floats())


def _unique(sentences: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))


def confirm(draws: Sequence[tuple[str, ...]]) -> str:
    """The first candidate that every independent draw names, with at least two draws; else "".

    Draws that expected the same numbers are one draw. Where every draw is off by the same constant, it
    is taken for that number, never for the size of something.
    """
    first, *others = draws or ((),)
    others = [other for other in others if independent(first, other)]
    if not others:
        return ""
    shared = [sentence for sentence in first if all(sentence in other for other in others)]
    if any(causes_ratio.is_number(sentence) for sentence in shared):
        shared = [
            one for one in shared if causes_ratio.is_number(one) or not causes_ratio.relies_on_sizes(one)
        ]
    return shared[0] if shared else ""


def independent(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two draws can confirm each other: tests with the same literals agree by accident."""
    if not isinstance(one, Draw) or not isinstance(other, Draw):
        return True
    return not one.expected or one.expected != other.expected
