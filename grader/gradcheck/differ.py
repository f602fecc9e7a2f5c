"""Where two values differ: type, dtype, shape, nan and numbers, in this order, part by part.

Only `expected` says how deep to look; `yours` is hostile and is looked at through `plain` alone.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from grader.gradcheck import plain, show
from grader.gradcheck.difference import Difference, Path, Rule, other_type, within, wrong_numbers
from grader.gradcheck.leaves import dtype_problem, equal, leaf_differences
from grader.gradcheck.plain import Array, Leaf


def differences(yours: object, expected: object, rule: Rule, path: Path = ()) -> Iterator[Difference]:
    """All parts in which `yours` differs, in the order of `expected`; nothing where they agree."""
    yours = plain.settled(yours)
    if yours is None and expected is not None:
        yield _nothing(expected, path)
    elif (wanted := plain.leaf(expected)) is not None:
        yield from leaf_differences(yours, wanted, rule, path)
    elif plain.is_atom(expected):
        yield from _atom(yours, expected, path)
    elif (parts := plain.sequence(expected)) is not None:
        yield from _sequence(yours, expected, parts, rule, path)
    elif type(expected) is dict:
        yield from _dict(yours, expected, rule, path)
    else:
        fact = f" cannot be compared with {show.describe(expected)}"
        yield Difference(path, fact, yours, expected)


def same(yours: object, expected: object, rule: Rule) -> bool:
    """Whether the two values do not differ in any part."""
    return next(differences(yours, expected, rule), None) is None


def _nothing(expected: object, path: Path) -> Difference:
    if path:
        return Difference(path, " is None", None, expected)
    causes = ("forgot `return`?",)
    return Difference(path, " is None", None, expected, causes, "Does the function end with `return`?")


def _atom(yours: object, expected: object, path: Path) -> Iterator[Difference]:
    if not (plain.is_atom(yours) and (type(yours) is type(expected) or _dtypes(yours, expected))):
        yield other_type(yours, expected, path, show.describe(expected))
    elif yours != expected:
        yield Difference(path, " is wrong", yours, expected)


def _dtypes(yours: object, expected: object) -> bool:
    return isinstance(yours, np.dtype) and isinstance(expected, np.dtype)


def _sequence(yours: object, expected: object, parts: Any, rule: Rule, path: Path) -> Iterator[Difference]:
    mine = plain.sequence(yours)
    kind = "a list" if type(expected) is list else "a tuple"
    if mine is None or type(mine) is not type(parts):
        difference = other_type(yours, expected, path, f"{kind} of {len(parts)}")
        single = plain.leaf(yours) is not None and type(parts) is tuple
        causes = (f"1 result where {len(parts)} are expected",) if single else difference.causes
        yield Difference(path, difference.fact, yours, expected, causes)
    elif len(mine) != len(parts):
        fact = f" has {_count(len(mine))}, {len(parts)} are expected"
        causes = _count_causes(len(mine), len(parts), type(parts) is tuple)
        yield Difference(path, fact, yours, expected, causes)
    elif (pairs := _vector(mine, parts, rule)) is not None:
        yield from _vector_differences(mine, parts, pairs, rule, path)
    else:
        for index, (part, wanted) in enumerate(zip(mine, parts, strict=True)):
            yield from differences(part, wanted, rule, (*path, index))


def _count(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def _count_causes(got: int, wanted: int, is_tuple: bool) -> tuple[str, ...]:
    if abs(got - wanted) == 1:
        return ("one entry too many" if got > wanted else "one entry too few",)
    return (f"{got} results where {wanted} are expected" if is_tuple else "the number of entries is wrong",)


def _vector(mine: Any, parts: Any, rule: Rule) -> list[tuple[Leaf, Leaf]] | None:
    """The pairs of numbers where both sequences hold plain numbers of fitting types only, else None."""
    pairs = []
    for part, wanted in zip(mine, parts, strict=True):
        y, e = plain.leaf(part), plain.leaf(wanted)
        if y is None or e is None or y.shape != () or e.shape != () or e.family not in "iuf":
            return None
        if dtype_problem(y, e, rule) is not None:
            return None
        pairs.append((y, e))
    return pairs if len(pairs) > 1 else None


def _vector_differences(
    mine: Any, parts: Any, pairs: list[tuple[Leaf, Leaf]], rule: Rule, path: Path
) -> Iterator[Difference]:
    """Plain numbers in a row are one vector: its tolerance and its diagnosis are those of a tensor."""
    y, e = (np.array([one.exact() for one in column]) for column in zip(*pairs, strict=True))
    good = np.array([equal(*pair) for pair in pairs]) if rule.exact else within(y, e, rule.allowed(e))
    if (~good).sum() == 1:
        index = int(np.argmin(good))
        yield from differences(mine[index], parts[index], _at_scale(rule, e), (*path, index))
    elif not good.all():
        yield wrong_numbers(y, e, rule, (mine, parts), path)


def _at_scale(rule: Rule, e: Array) -> Rule:
    """The rule for one entry of a vector: its tolerance is still the whole vector's."""
    if rule.exact or not rule.per_tensor:
        return rule
    return Rule(atol=float(rule.allowed(e)))


def _dict(yours: object, expected: dict[Any, Any], rule: Rule, path: Path) -> Iterator[Difference]:
    if type(yours) is not dict:
        yield other_type(yours, expected, path, f"a dict of {len(expected)}")
        return
    foreign = [key for key in dict.keys(yours) if not plain.is_key(key)]
    if foreign:
        fact = f" has {show.describe(foreign[0])} as a key"
        yield Difference(path, fact, yours, expected, ("a key of the wrong type",))
        return
    missing = [show.value(key) for key in expected if key not in yours]
    extra = [show.value(key) for key in yours if key not in expected]
    if missing or extra:
        facts = [f"no key {key}" for key in missing[:1]] + [f"a key {key} too many" for key in extra[:1]]
        fact, cause = f" has {' and '.join(facts)}", "the keys are not the expected ones"
        yield Difference(path, fact, yours, expected, (cause,))
        return
    for key, wanted in expected.items():
        yield from differences(yours[key], wanted, rule, (*path, show.value(key)))
