"""Mistakes in what is added up: contributions that are missing, overwritten or counted twice."""

from collections.abc import Iterator

import numpy as np

from grader.gradcheck.case import Case
from grader.gradcheck.plain import Array

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ASSIGNED = "`=` where `+=` is needed?"


def contributions(case: Case) -> Iterator[str]:
    """One contribution alone, one of them missing, counted twice, or multiplied instead of added.

    Said of a gradient whose parts the test hands over, and only where their sum is the gradient.
    """
    parts = [part for _, part in case.contributions]
    if len(parts) < 2 or not case.fits(np.asarray(np.sum(parts, axis=0)), case.expected):
        return
    count = _WORDS[len(parts)] if len(parts) < len(_WORDS) else str(len(parts))
    shown = [(name, part) for name, part in case.contributions if part.any()]
    alone = [name for name, part in shown if case.explained_by(part)]
    yield from (f"only the contribution {name} is there: {ASSIGNED}" for name in alone if name)
    if alone:
        yield f"holds one of its {count} contributions: {ASSIGNED}"
    missing = [name for name, part in shown if case.explained_by(case.expected - part)]
    if len(parts) > 2:
        yield from (f"the contribution {name} is missing" for name in missing if name)
        if missing:
            yield f"one of its {count} contributions is missing"
    twice = [name for name, part in shown if case.explained_by(case.expected + part)]
    yield from (f"the contribution {name} is counted twice" for name in twice if name)
    if twice:
        yield "one of its contributions is counted twice"
    if case.explained_by(np.asarray(np.prod(parts, axis=0))):
        yield "the contributions are multiplied where they must be added"


def upstream_term(case: Case) -> Iterator[str]:
    """The upstream gradient as a summand: the path around a block is missing, or is there twice."""
    up, off = case.upstream, case.expected - case.yours
    if up is None or up.shape != off.shape or not up.any():
        return
    if case.fits(off, up):
        yield "the upstream gradient is missing as a term (the path around?)"
    if case.fits(-off, up):
        yield "the upstream gradient is added once too often"


def scattered(case: Case) -> Iterator[str]:
    """Rows that an index names more than once: each of them counts, not the last one alone."""
    up, e = case.upstream, case.expected
    if up is None or up.ndim < 2 or e.ndim != 2 or up.shape[-1] != e.shape[1]:
        return
    rows = up.reshape(-1, e.shape[1])
    for name, values in case.arguments.items():
        index = _index(values, up.shape[:-1], e.shape[0])
        if index is None:
            continue
        added, last = np.zeros_like(e), np.zeros_like(e)
        np.add.at(added, index, rows)
        last[index] = rows
        if case.fits(added, e) and case.explained_by(last):
            yield f"rows that `{name}` names more than once are assigned, not added: {ASSIGNED}"


def _index(values: Array, shape: tuple[int, ...], count: int) -> Array | None:
    """The argument as row numbers below `count`, flat, or None where it holds something else."""
    if values.shape != shape or not ((values >= 0) & (values < count) & (values == np.floor(values))).all():
        return None
    return values.astype(np.int64).ravel()
