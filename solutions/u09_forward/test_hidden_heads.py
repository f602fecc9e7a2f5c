"""Hidden tests of unit 9: several heads."""

from functools import partial

import torch
from checks_forward import (
    BIASES,
    F32,
    F64,
    attn_params,
    causal,
    check,
    check_cache,
    check_unchanged,
    copied,
    layer,
    normal,
    refuses,
    sizes,
)

from grader.testing import exercise, fail

TRACE = "later positions reach earlier ones, although the mask forbids it"


def by_heads(reference, x, p, heads, mask, *, split=None, merge=None, scale=1.0, names="qkv"):
    """Attention by heads, with one thing done differently."""
    B, T, D = x.shape
    K = D // heads
    split = split or (lambda y: y.reshape(B, T, heads, K).transpose(1, 2))
    merge = merge or (lambda y: y.transpose(1, 2).reshape(B, T, D))
    q, k, v = (split(reference.linear(x, p["w" + n], p.get("b" + n))[0]) for n in names)
    out, _ = reference.attention(q * scale, k, v, mask)
    return reference.linear(merge(out), p["wo"], p.get("bo"))[0]


def multi_head_suspects(reference, x, p, heads, mask):
    B, T, D = x.shape
    K = D // heads
    through = partial(by_heads, reference, x)

    def apart(y):
        return y.reshape(B, T, K, heads).permute(0, 3, 1, 2)

    def together(y):
        return y.permute(0, 2, 3, 1).reshape(B, T, D)

    turned = {f"w{n}": p[f"w{n}"].T for n in "qkvo"}
    found = {
        "reshaped straight to [B, heads, T, K], which mixes positions and heads": through(
            p, heads, mask, split=lambda y: y.reshape(B, heads, T, K), merge=lambda y: y.reshape(B, T, D)
        ),
        "the heads are merged without moving their axis back": through(
            p, heads, mask, merge=lambda y: y.reshape(B, T, D)
        ),
        "split without moving the axis of the heads": through(
            p, heads, mask, split=lambda y: y.reshape(B, heads, T, K)
        ),
        "the heads are interleaved: each has every H-th number, not K in a row": through(
            p, heads, mask, split=apart, merge=together
        ),
        "split in one way, and merged in another: the order of the numbers changes": through(
            p, heads, mask, merge=together
        ),
        "the scores are divided by the root of D, not by that of K": through(
            p, heads, mask, scale=(K / D) ** 0.5
        ),
        "the output projection is missing": through(
            {**p, "wo": torch.eye(D, dtype=x.dtype, device=x.device), "bo": None}, heads, mask
        ),
        "wo is used transposed": through({**p, "wo": turned["wo"]}, heads, mask),
        "all four matrices are used transposed": through({**p, **turned}, heads, mask),
        "wq, wk and wv are used transposed": through({**p, **turned, "wo": p["wo"]}, heads, mask),
        "the queries are taken for keys, and the keys for queries": through(p, heads, mask, names="kqv"),
        "the keys are averaged, where the values belong": through(p, heads, mask, names="qkk"),
        "all of D is one head": through(p, 1, mask),
        "the biases are not used": through({**p, **dict.fromkeys(BIASES["attn"])}, heads, mask),
        "bo is not used": through({**p, "bo": None}, heads, mask),
    }
    if mask is not None:
        found["the mask is not used"] = through(p, heads, None)
    return found


def check_multi_head(student, reference, *arguments):
    x, p, heads, mask = arguments
    before = copied([x, p, mask])
    called = f"multi_head(x, p, {heads}, mask) with x of shape {tuple(x.shape)}"
    out, cache = layer(student.multi_head(x, p, heads, mask))
    check_unchanged(called, [x, p, mask], before)
    expected, other = reference.multi_head(before[0], before[1], heads, before[2])
    suspects = partial(multi_head_suspects, reference, before[0], before[1], heads, before[2])
    check(out, expected, called=called, suspects=suspects)
    return out, cache, other, called


@exercise("u09.multi_head", weight=2, in_place=True)
def test_heads_of_drawn_layers(student, rng, reference, device):
    """Each head attends with K numbers of its own; wo mixes what they found."""
    for masked, biases in ((True, True), (False, True), (True, False)):
        B, T, heads, K = sizes(rng, 4)
        x, p = (
            normal(rng, B, T, heads * K, device=device),
            attn_params(rng, heads * K, device=device, biases=biases),
        )
        mask = causal(T, device) if masked else None
        check_multi_head(student, reference, x, p, heads, mask)


@exercise("u09.multi_head", in_place=True)
def test_heads_under_masks_of_a_batch(student, rng, reference, device):
    """A mask may differ from sentence to sentence: causal, and without the keys that are PAD."""
    for _ in range(2):
        B, T, heads, K = sizes(rng, 4)
        x, p = normal(rng, B, T, heads * K, device=device), attn_params(rng, heads * K, device=device)
        p["bq"], p["bo"] = None, p["bo"]
        lengths = torch.tensor(rng.permutation(T)[: min(B, T)], device=device) + 1
        keep = torch.arange(T, device=device) < lengths.repeat(B)[:B, None]
        mask = causal(T, device) & keep[:, None, None]
        check_multi_head(student, reference, x, p, heads, mask)


@exercise("u09.multi_head", in_place=True)
def test_one_head_and_heads_of_one_number(student, rng, reference, device):
    """One head has all numbers, D heads have one each; other numbers must divide D."""
    for B, T, D in (sizes(rng, 3), sizes(rng, 3)):
        x, p = normal(rng, B, T, D, device=device), attn_params(rng, D, device=device)
        mask = causal(T, device)
        for heads in (1, D):
            check_multi_head(student, reference, x, p, heads, mask)
        refuses(
            lambda x=x, p=p, D=D, mask=mask: student.multi_head(x, p, D - 1, mask),
            f"multi_head(x, p, {D - 1}, mask) with x of shape {(B, T, D)}",
            "a number of heads that does not divide D is accepted",
        )


@exercise("u09.multi_head", in_place=True)
def test_heads_that_never_look_ahead(student, rng, reference, device):
    """Under a causal mask a changed position changes nothing before it, not by one bit."""
    B, T, heads, K = sizes(rng, 4)
    p, mask = attn_params(rng, heads * K, device=device), causal(T, device)
    x = normal(rng, B, T, heads * K, device=device)
    for at in (1, T - 1):
        out, _, _, called = check_multi_head(student, reference, x, p, heads, mask)
        changed = x.clone()
        changed[:, at] += normal(rng, heads * K, device=device)
        again, *_ = check_multi_head(student, reference, changed, p, heads, mask)
        if not torch.equal(out[:, :at], again[:, :at]):
            what = f"the first {at} positions change with position {at}"
            fail(what, called=called, yours=again[:, :at], expected=out[:, :at], diagnosis=TRACE)


@exercise("u09.multi_head", in_place=True)
def test_cache_of_multi_head(student, rng, reference, device):
    """The way back needs the caches of four linear layers and of attention, and the number of heads."""
    for dtype in (F64, F32):
        B, T, heads, K = sizes(rng, 4)
        x = normal(rng, B, T, heads * K, device=device, dtype=dtype)
        p, mask = attn_params(rng, heads * K, device=device, dtype=dtype), causal(T, device)
        _, *found = check_multi_head(student, reference, x, p, heads, mask)
        check_cache(*found)
