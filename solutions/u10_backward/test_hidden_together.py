"""Hidden tests of unit 10: several heads of attention."""

from functools import partial

from checks_backward import F32, F64, ask, check_names, check_part, fine, forward, rows, upstream
from checks_forward import attn_params, causal, normal, sizes

from grader.testing import exercise, unpack

NAMES = ("wo", "bo", "wq", "bq", "wk", "bk", "wv", "bv")
SPLITS = {
    "dout is reshaped straight to [B, heads, T, K], which mixes positions and heads": "straight",
    "the heads are interleaved: each has K numbers in a row": "interleaved",
}
MERGES = {
    "merged without moving the axis of heads back: positions and heads are mixed": "straight",
    "merged interleaved: each head's K numbers stand in a row": "interleaved",
}


def split(x, heads, how="right"):
    B, T, D = x.shape
    if how == "straight":
        return x.reshape(B, heads, T, D // heads)
    if how == "interleaved":
        return x.reshape(B, T, D // heads, heads).permute(0, 3, 1, 2)
    return x.reshape(B, T, heads, D // heads).transpose(1, 2)


def merge(x, how="right"):
    B, H, T, K = x.shape
    if how == "straight":
        return x.reshape(B, T, H * K)
    if how == "interleaved":
        return x.permute(0, 2, 3, 1).reshape(B, T, H * K)
    return x.transpose(1, 2).reshape(B, T, H * K)


def variant(reference, dout, cache, *, splits="right", merges="right", turn=False, skip=False):
    """The three paths, and the gradients of the weights, with one thing done differently."""
    *caches, cache_attention, cache_o, heads = cache
    back = dout if skip else dout @ (cache_o[1].T if turn else cache_o[1])
    parts = reference.attention_backward(split(back, heads, splits), cache_attention)
    paths, grads = [], {}
    for name, part, one in zip("qkv", parts, caches, strict=True):
        path, grads["w" + name], grads["b" + name] = reference.linear_backward(merge(part, merges), one)
        paths.append(path)
    return paths, grads


def head_suspects(reference, dout, cache):
    """Mistakes, for dx and for each gradient."""
    make = partial(variant, reference, dout, cache)
    paths, _ = make()
    found = {"dx": {}, **{name: {} for name in NAMES}}
    for at, name in enumerate("qkv"):
        only = f"only the path through {name} is there: the three are added"
        found["dx"][only] = paths[at]
        found["dx"][f"the path through {name} is missing"] = sum(paths) - paths[at]
    found["dx"]["the three paths are averaged, where they are added"] = sum(paths) / 3
    others = {"wo is used transposed, which a square wo lets pass": make(turn=True)}
    others["the way back through wo is missing"] = make(skip=True)
    others |= {sentence: make(splits=how) for sentence, how in SPLITS.items()}
    others |= {sentence: make(merges=how) for sentence, how in MERGES.items()}
    for sentence, (parts, grads) in others.items():
        found["dx"][sentence] = sum(parts)
        for name, grad in grads.items():
            found[name][sentence] = grad
    found["dx"]["wq, wk and wv are used transposed, which square ones let pass"] = turned(
        reference, dout, cache
    )
    x, o = rows(dout), rows(cache[4][0])
    found["wo"]["the gradient of wo is transposed"] = o.T @ x
    found["wo"]["the gradient of wo is made with x, where the heads' results belong"] = x.T @ rows(
        cache[0][0]
    )
    return found


def turned(reference, dout, cache):
    *caches, cache_attention, cache_o, heads = cache
    parts = reference.attention_backward(split(dout @ cache_o[1], heads), cache_attention)
    return sum(merge(part) @ one[1].T for part, one in zip(parts, caches, strict=True))


def check_heads(student, reference, rng, drawn):
    out, cache = forward.multi_head(*drawn)
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "multi_head_backward", dout, cache)
    called += f", {drawn[2]} heads"
    dx, grads = unpack(yours, "(dx, grads)")
    check_names(grads, expected[1], "grads", called)
    pairs = [("dx", dx, expected[0]), *((name, grads.get(name), expected[1].get(name)) for name in NAMES)]
    wrong = [pair for pair in pairs if pair[2] is not None and not right(*pair)]
    suspects = head_suspects(reference, dout, cache) if wrong else {}
    for name, mine, other in wrong:
        of = name if name == "dx" else f"grads[{name!r}]"
        check_part(mine, other, of, called, suspects[name], atol=NOISE)


NOISE = 1e-12  # the gradient of bk is 0, but for rounding: a shift of all keys changes no weight


def right(name, mine, other):
    if fine(mine, other, {F64: 1e-12, F32: 3e-5}[other.dtype]):
        return True
    known = name == "bk" and getattr(mine, "dtype", None) == other.dtype and mine.shape == other.shape
    return known and bool(mine.abs().max() <= (NOISE if other.dtype == F64 else 1e-4))


def drawn_heads(rng, *, device, dtype=F64, biases=True):
    B, T, heads, K = sizes(rng, 4)
    x = normal(rng, B, T, heads * K, device=device, dtype=dtype, spread=1.2)
    return x, attn_params(rng, heads * K, device=device, dtype=dtype, biases=biases), heads, causal(T, device)


@exercise("u10.multi_head_backward", weight=3, in_place=True)
def test_back_through_drawn_heads(student, rng, reference, device):
    """wo, split, attention, merge, three projections, and the sum of three paths."""
    for biases in (True, False):
        check_heads(student, reference, rng, drawn_heads(rng, device=device, biases=biases))


@exercise("u10.multi_head_backward", in_place=True)
def test_back_through_heads_that_see_all(student, rng, reference, device):
    """Without a mask, and with one bias of four."""
    x, p, heads, _ = drawn_heads(rng, device=device)
    p |= {"bq": None, "bo": None}
    del p["bk"]
    check_heads(student, reference, rng, (x, p, heads, None))


@exercise("u10.multi_head_backward", in_place=True)
def test_back_through_one_head_and_many(student, rng, reference, device):
    """One head of all numbers, heads of one number, and float32."""
    for heads, dtype in ((1, F64), (5, F64), (1, F32)):
        B, T = sizes(rng, 2)
        x = normal(rng, B, T, 5, device=device, dtype=dtype)
        p = attn_params(rng, 5, device=device, dtype=dtype)
        check_heads(student, reference, rng, (x, p, heads, causal(T, device)))
