"""Hidden tests of unit 9: one head of attention."""

import math
from functools import partial

import torch
from checks_forward import (
    F32,
    F64,
    causal,
    check,
    check_cache,
    check_unchanged,
    copied,
    layer,
    normal,
    sizes,
)

from grader.testing import assert_equal, exercise, fail

TRACE = "forbidden keys still reach the last digits: they must not enter the largest score, or a sum"
NOT_ZERO = "a forbidden key has a weight: its score is a large negative number, and not minus infinity"


def attention_suspects(q, k, v, mask):
    """Mistakes in attention."""
    K, raw, seen = q.shape[-1], q @ k.mT, torch.ones((), dtype=torch.bool, device=q.device)
    mask = seen if mask is None else mask

    def through(scores, mask=mask, dim=-1):
        return torch.softmax(scores.masked_fill(~mask, -math.inf), dim) @ v

    scores = raw / math.sqrt(K)
    p = torch.softmax(scores, -1)
    found = {
        "the scores are not divided by the root of K": through(raw),
        "the scores are divided by K, not by its root": through(raw / K),
        "the scores are multiplied by the root of K, where they are divided": through(raw * math.sqrt(K)),
        "the scores are divided by the root of the number of keys": through(raw / math.sqrt(k.shape[-2])),
        "the scores are divided by the root of the number of queries": through(raw / math.sqrt(q.shape[-2])),
        "the softmax runs over the queries, not over the keys": through(scores, dim=-2),
        "the softmax is missing: the scores themselves are the weights": scores.masked_fill(~mask, 0.0) @ v,
        "all keys have the same weight": through(torch.zeros_like(scores)),
        "the keys are averaged, where the values belong": torch.softmax(
            scores.masked_fill(~mask, -math.inf), -1
        )
        @ k,
    }
    if not bool(mask.all()):
        found |= {
            "the mask is not used": p @ v,
            "the mask comes after the softmax: the weights no longer sum to 1": (p * mask) @ v,
            "forbidden scores are set to 0, and exp(0) is 1": torch.softmax(scores * mask, -1) @ v,
            "the mask is inverted: True means that the query may look": through(scores, ~mask),
        }
    return found


def check_attention(student, reference, qkv, mask, called):
    q, k, v = qkv
    before = copied([q, k, v, mask])
    out, cache = layer(student.attention(q, k, v, mask))
    check_unchanged(called, [q, k, v, mask], before)
    expected, other = reference.attention(*before)
    check(out, expected, called=called, suspects=partial(attention_suspects, *before))
    return out, cache, other


def drawn_mask(rng, *shape, device):
    """At least one key in each row, and at least one that is forbidden."""
    mask = torch.tensor(rng.integers(0, 2, shape) == 1, device=device)
    own = torch.arange(shape[-2], device=device) % shape[-1]
    at = torch.arange(shape[-2], device=device)
    mask[..., at, own] = True
    mask[..., at, (own + 1) % shape[-1]] = False
    return mask


@exercise("u09.causal_attention", weight=2, in_place=True)
def test_attention_of_drawn_queries(student, rng, reference, device):
    """Every query takes the mean of the values by its own weights, with any axes in front."""
    for axes in (0, 1, 2):
        T, S, K, *front = sizes(rng, 3 + axes)
        q = normal(rng, *front, T, K, device=device)
        k, v = (normal(rng, *front, S, K, device=device) for _ in "kv")
        called = f"attention(q, k, v, mask) with q of shape {tuple(q.shape)} and k of shape {tuple(k.shape)}"
        for mask in (None, drawn_mask(rng, T, S, device=device)):
            check_attention(student, reference, (q, k, v), mask, called)
    mask = drawn_mask(rng, front[0], 1, T, S, device=device)
    check_attention(student, reference, (q, k, v), mask, f"{called}, mask of shape {tuple(mask.shape)}")


@exercise("u09.causal_attention", weight=2, in_place=True)
def test_attention_that_looks_back(student, rng, reference, device):
    """causal_mask allows each position itself and those before it: the first takes its own value."""
    T, S = sizes(rng, 2, 3, 9)
    for shape in ((2, T), (3, 2, S), (T,), (2, 1)):
        T, tokens = shape[-1], torch.tensor(rng.integers(1, 9, shape), device=device)
        mask, called = student.causal_mask(tokens), f"causal_mask(tokens) with tokens of shape {shape}"
        expected = reference.causal_mask(tokens)
        suspects = {
            "a position may not look at itself": expected & ~expected.T,
            "positions look ahead, not back": expected.T,
            "True where the position must not look": ~expected,
        }
        assert_equal(mask, expected, of="the mask", called=called, suspects=suspects if T > 1 else {})
        if mask.device != expected.device:
            fail("the mask is on another device", called=called, yours=str(mask.device))
        q, k, v = (normal(rng, 3, T, 5, device=device) for _ in "qkv")
        called = f"attention(q, k, v, mask) with q, k, v of shape {tuple(q.shape)} and a causal mask"
        check_attention(student, reference, (q, k, v), expected, called)


@exercise("u09.causal_attention", in_place=True)
def test_changed_futures_leave_no_trace(student, rng, reference, device):
    """A key that the mask forbids may change as it likes: out stays the same to the last bit."""
    for _ in range(3):
        T, K, B = sizes(rng, 3, 4, 8)
        q, k, v = (normal(rng, B, T, K, device=device, spread=2) for _ in "qkv")
        mask, at = causal(T, device), int(rng.integers(1, T))
        called = f"attention(q, k, v, causal mask) with q, k, v of shape {(B, T, K)}"
        out, cache, other = check_attention(student, reference, (q, k, v), mask, called)
        k2, v2 = k.clone(), v.clone()
        k2[:, at:] += normal(rng, B, T - at, K, device=device, spread=5)
        v2[:, at:] += normal(rng, B, T - at, K, device=device, spread=5)
        again, *_ = check_attention(student, reference, (q, k2, v2), mask, called)
        if not torch.equal(out[:, :at], again[:, :at]):
            what = f"the first {at} positions change with those behind them"
            fail(what, called=called, yours=again[:, :at], expected=out[:, :at], diagnosis=TRACE)
        check_cache(cache, other, called)


@exercise("u09.causal_attention", in_place=True)
def test_attention_with_large_scores(student, rng, reference, device):
    """Scores of several hundred are no reason for inf, and forbidden keys have a weight of exactly 0."""
    for spread, dtype in ((15.0, F64), (15.0, F32)):
        T, S, K = sizes(rng, 3, 4, 8)
        q, k, v = (normal(rng, n, K, device=device, spread=spread) for n in (T, S, S))
        q, k, v = (x.round().to(dtype) for x in (q, k, v))
        mask = drawn_mask(rng, T, S, device=device)
        called = f"attention(q, k, v, mask) with scores of several hundred, {dtype}"
        _, cache, other = check_attention(student, reference, (q, k, v), mask, called)
        check_cache(cache, other, called)
        forbidden = cache[3].masked_select(~mask)
        if bool((forbidden != 0).any()):
            expected = torch.zeros_like(forbidden)
            fail(
                "a forbidden weight is not 0",
                called=called,
                yours=forbidden,
                expected=expected,
                diagnosis=NOT_ZERO,
            )
