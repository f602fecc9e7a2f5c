"""Hidden tests of unit 10: the softmax, and one head of attention."""

import math
from functools import partial

import torch
from checks_backward import ask, check, forward, upstream
from checks_forward import F32, F64, normal, sizes

from grader.testing import exercise, fail

DIAGONAL = "only the diagonal of the softmax Jacobian"
NO_SUM = "the sum over the row is missing: weights that sum to 1 compete"


def drawn_mask(rng, *shape, device):
    """At least two keys in each row, and at least one that is forbidden."""
    mask = torch.tensor(rng.integers(0, 2, shape) == 1, device=device)
    at = torch.arange(shape[-2], device=device)
    for step, seen in ((0, True), (1, True), (2, False)):
        mask[..., at, (at + step) % shape[-1]] = seen
    return mask


def drawn_weights(rng, *shape, device, dtype=F64, masked=False):
    scores = normal(rng, *shape, device=device, dtype=dtype, spread=1.5)
    if masked:
        scores = scores.masked_fill(~drawn_mask(rng, *shape, device=device), -math.inf)
    return torch.softmax(scores, -1)


def softmax_suspects(d, p):
    inner = d * p

    def less(shared):
        return p * (d - shared)

    found = {
        DIAGONAL: d * p * (1 - p),
        NO_SUM: inner,
        "the mean of the row's products, where their sum belongs": less(inner.mean(-1, keepdim=True)),
        "the mean of the row's gradients, not weighted": less(d.mean(-1, keepdim=True)),
        "the sum of the row's gradients, not weighted": less(d.sum(-1, keepdim=True)),
        "the sum is added, where it is subtracted": less(-inner.sum(-1, keepdim=True)),
        "the weights are missing in front of the sum": inner - inner.sum(-1, keepdim=True),
        "the weights are missing in front": d - inner.sum(-1, keepdim=True),
        "that is the way back through log_softmax": d - p * d.sum(-1, keepdim=True),
        "the softmax is taken once more, of weights as if they were scores": forward_again(d, p),
    }
    if p.ndim > 1:
        found["one sum over everything, where each row has its own"] = less(inner.sum())
        found["the sum runs over the queries, where it runs over the keys"] = less(
            inner.sum(-2, keepdim=True)
        )
    return {"dscores": found}


def forward_again(d, p):
    p = torch.softmax(p, -1)
    return p * (d - (d * p).sum(-1, keepdim=True))


def check_softmax(student, reference, rng, weights):
    d = upstream(rng, weights)
    yours, expected, called = ask(student, reference, "softmax_backward", d, weights)
    called = called.replace("dout", "dweights").replace("cache", "weights")
    check(yours, expected, "dscores", called, partial(softmax_suspects, d, weights))
    return yours, called


@exercise("u10.softmax_backward", weight=2, in_place=True)
def test_back_through_drawn_weights(student, rng, reference, device):
    """Row by row: weights times what is better or worse than the row's own mean."""
    for axes in (2, 3, 4):
        check_softmax(student, reference, rng, drawn_weights(rng, *sizes(rng, axes), device=device))


@exercise("u10.softmax_backward", in_place=True)
def test_forbidden_scores_stay_forbidden(student, rng, reference, device):
    """Where the mask forbids, the weight is 0 and the gradient exactly 0, whatever comes from above."""
    for axes in (2, 3):
        weights = drawn_weights(rng, *sizes(rng, axes, 4, 8), device=device, masked=True)
        yours, called = check_softmax(student, reference, rng, weights)
        forbidden = yours[weights == 0]
        if bool((forbidden != 0).any()):
            cause = "a forbidden score has a gradient"
            fail(
                "a gradient is not 0", called=called, yours=forbidden, expected=0 * forbidden, diagnosis=cause
            )


@exercise("u10.softmax_backward", in_place=True)
def test_weights_of_one_and_of_many(student, rng, reference, device):
    """One row without axes in front, ten thousand weights, and float32."""
    for shape, dtype in (((7,), F64), ((37, 271), F64), ((3, 5, 7), F32)):
        check_softmax(student, reference, rng, drawn_weights(rng, *shape, device=device, dtype=dtype))


# ---------------------------------------------------------------------------- attention_backward


def attention_suspects(reference, dout, cache):
    q, k, v, a = cache
    root, da = math.sqrt(q.shape[-1]), dout @ v.mT
    ds = reference.softmax_backward(da, a)

    def keys_and_queries(ds, root=root):
        return ds @ k / root, ds.mT @ q / root

    flawed = {
        "the scores were divided by the root of K, and so is their gradient": keys_and_queries(ds, 1),
        "divided by K, not by its root": keys_and_queries(ds, root * root),
        "multiplied by the root of K, where it is divided": keys_and_queries(ds, 1 / root),
        "the way back leads through the softmax, which is missing": keys_and_queries(da),
        DIAGONAL: keys_and_queries(da * a * (1 - a)),
        NO_SUM: keys_and_queries(da * a),
        "the sum runs over the queries, where it runs over the keys": keys_and_queries(
            a * (da - (da * a).sum(-2, keepdim=True))
        ),
        "the number of keys, where K belongs under the root": keys_and_queries(ds, math.sqrt(k.shape[-2])),
    }
    found = {name: {s: parts[at] for s, parts in flawed.items()} for at, name in enumerate(("dq", "dk"))}
    found["dv"] = {
        "the gradient of the scores stands where the weights belong": ds.mT @ dout,
        "the weights are divided by the root of K once more": a.mT @ dout / root,
    }
    if q.shape == k.shape:
        found["dq"] |= {"dq is made with q, where k belongs": ds @ q / root}
        found["dk"] |= {
            "dscores is not transposed in dk": ds @ q / root,
            "dk is made with k, where q belongs": ds.mT @ k / root,
        }
        found["dv"]["the weights are not transposed in dv"] = a @ dout
    return found


def check_attention(student, reference, rng, qkv, mask=None):
    out, cache = forward.attention(*qkv, mask)
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "attention_backward", dout, cache)
    called += f" and k {list(qkv[1].shape)}"
    check(yours, expected, "dq, dk, dv", called, partial(attention_suspects, reference, dout, cache))


def drawn_heads(rng, T, S, K, front, *, device, dtype=F64):
    return [normal(rng, *front, n, K, device=device, dtype=dtype, spread=1.5) for n in (T, S, S)]


@exercise("u10.attention_backward", weight=2, in_place=True)
def test_back_through_drawn_attention(student, rng, reference, device):
    """Other numbers of queries than of keys, with any axes in front, with a mask and without."""
    for axes in (0, 1, 2):
        T, S, K, *front = sizes(rng, 3 + axes)
        qkv = drawn_heads(rng, T, S, K, front, device=device)
        check_attention(
            student, reference, rng, qkv, drawn_mask(rng, T, S, device=device) if axes != 1 else None
        )


@exercise("u10.attention_backward", weight=2, in_place=True)
def test_back_through_causal_attention(student, rng, reference, device):
    """As many queries as keys: dq and dk then have one shape, and only the numbers tell them apart."""
    for axes in (1, 2):
        T, K, *front = sizes(rng, 2 + axes)
        mask = torch.ones(T, T, dtype=torch.bool, device=device).tril()
        check_attention(student, reference, rng, drawn_heads(rng, T, T, K, front, device=device), mask)


@exercise("u10.attention_backward", in_place=True)
def test_attention_of_one_and_of_many(student, rng, reference, device):
    """One key, thousands of numbers, and float32."""
    for T, S, K, dtype in ((3, 1, 5, F64), (29, 37, 61, F64), (5, 7, 3, F32)):
        check_attention(student, reference, rng, drawn_heads(rng, T, S, K, (), device=device, dtype=dtype))
