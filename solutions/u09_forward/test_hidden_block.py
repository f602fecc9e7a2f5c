"""Hidden tests of unit 9: the block."""

from functools import partial

from checks_forward import (
    F32,
    F64,
    block_params,
    causal,
    check,
    check_cache,
    check_unchanged,
    configuration,
    copied,
    layer,
    normal,
    sizes,
)

from grader.testing import exercise

FEED_FIRST = "the feed-forward layer comes before attention"
NO_ATTENTION_PATH = "there is no residual path around attention"
NO_FEED_PATH = "there is no residual path around the feed-forward layer"


def steps(reference, p, config, mask):
    """The two norms and the two layers, each a function of x."""
    return (
        lambda x: reference.norm(x, p["norm1"], config)[0],
        lambda x: reference.multi_head(x, p["attn"], config["heads"], mask)[0],
        lambda x: reference.norm(x, p["norm2"], config)[0],
        lambda x: reference.ffn(x, p["ffn"], config["activation"])[0],
    )


def pre_suspects(x, norm1, attn, norm2, ffn):
    """Mistakes in a block with its norms first."""
    a = attn(norm1(x))
    mid, late = x + a, norm1(x) + a
    f = ffn(norm2(mid))
    fed, swapped = x + ffn(norm2(x)), x + attn(norm2(x))
    return {
        "the residual path starts behind the norm: the normalized x is added, not x": late + ffn(norm2(late)),
        "both residual paths start behind their norms": norm2(late) + ffn(norm2(late)),
        "the residual path around the feed-forward layer starts behind its norm": norm2(mid) + f,
        NO_ATTENTION_PATH: a + ffn(norm2(a)),
        NO_FEED_PATH: f,
        "there is no residual path at all": ffn(norm2(a)),
        "attention and the feed-forward layer are side by side, not one after the other": mid + ffn(norm2(x)),
        FEED_FIRST: fed + attn(norm1(fed)),
        "norm1 is used in both places": mid + ffn(norm1(mid)),
        "norm1 and norm2 are swapped": swapped + ffn(norm1(swapped)),
        "the norms are missing": x + attn(x) + ffn(x + attn(x)),
        "the norm before the feed-forward layer is missing": mid + ffn(mid),
        "the second residual path starts from the block's input": x + f,
    }


def post_suspects(x, norm1, attn, norm2, ffn):
    """Mistakes in a block with its norms last."""
    a = attn(x)
    mid, apart, inside, alone = norm1(x + a), norm1(x) + a, x + norm1(a), norm1(a)
    fed = norm2(x + ffn(x))
    return {
        "the sum is not normalized, only what is added to": norm2(apart) + ffn(apart),
        "only what the layer gives is normalized, not the sum": inside + norm2(ffn(inside)),
        NO_ATTENTION_PATH: norm2(alone + ffn(alone)),
        NO_FEED_PATH: norm2(ffn(mid)),
        FEED_FIRST: norm1(fed + attn(fed)),
        "the norm behind attention is missing": norm2(x + a + ffn(x + a)),
        "the norm behind the feed-forward layer is missing": mid + ffn(mid),
        "norm1 is used in both places": norm1(mid + ffn(mid)),
    }


def block_suspects(reference, x, p, config, mask):
    """Mistakes in the block."""

    def other(**changes):
        return reference.block(x, p, config | changes, mask)[0]

    pre = config["order"] == "pre"
    found = {
        "this is the other order: the norms stand in the wrong places": other(order="post" if pre else "pre"),
        "the mask is not handed on": reference.block(x, p, config, None)[0],
    }
    for kind in sorted({"gelu", "gelu_tanh", "relu"} - {config["activation"]}):
        found[f'config["activation"] is not used: this is always {kind}'] = other(activation=kind)
    more = pre_suspects if pre else post_suspects
    return found | more(x, *steps(reference, p, config, mask))


def check_block(student, reference, *arguments):
    before = copied(list(arguments))
    called = f'block(x, p, config, mask), "{before[2]["order"]}", x of shape {tuple(before[0].shape)}'
    out, cache = layer(student.block(*arguments))
    check_unchanged(called, list(arguments), before)
    expected, other = reference.block(*before)
    check(out, expected, called=called, suspects=partial(block_suspects, reference, *before))
    return cache, other, called


def drawn_block(rng, reference, *, device, dtype=F64, masked=True, **config):
    B, T, heads, K, F = sizes(rng, 5)
    config = configuration(heads, **config)
    x = normal(rng, B, T, heads * K, device=device, dtype=dtype, spread=1.5)
    mask = causal(T, device) if masked else None
    return x, block_params(rng, heads * K, F + 10, config, device=device, dtype=dtype), config, mask


@exercise("u09.block", weight=2, in_place=True)
def test_blocks_with_norms_first(student, rng, reference, device):
    """pre: each layer gets the normalized x, and what it gives is added to x itself."""
    for kind, activation in (("layer", "gelu"), ("rms", "gelu_tanh"), ("layer", "relu")):
        drawn = drawn_block(
            rng, reference, device=device, norm=kind, order="pre", activation=activation, eps=0.1
        )
        check_block(student, reference, *drawn)


@exercise("u09.block", weight=2, in_place=True)
def test_blocks_with_norms_last(student, rng, reference, device):
    """post: each layer gets x, and the sum of both is normalized."""
    for kind, activation in (("layer", "gelu"), ("rms", "relu"), ("layer", "gelu_tanh")):
        drawn = drawn_block(
            rng, reference, device=device, norm=kind, order="post", activation=activation, eps=0.1
        )
        check_block(student, reference, *drawn)


@exercise("u09.block", in_place=True)
def test_blocks_without_gain_or_mask(student, rng, reference, device):
    """Without a mask every position looks at every other; an RMS norm may have no gain."""
    for order in ("pre", "post"):
        x, p, config, mask = drawn_block(rng, reference, device=device, norm="rms", order=order, masked=False)
        check_block(student, reference, x, p, config, mask)
        p["norm1"] = {"gamma": None}
        p["norm2"] = {}
        check_block(student, reference, x, p, config, None)


@exercise("u09.block", in_place=True)
def test_cache_of_a_block(student, rng, reference, device):
    """The way back needs the order and the caches of the two norms and of the two layers."""
    for order, dtype in (("pre", F64), ("post", F32)):
        drawn = drawn_block(rng, reference, device=device, dtype=dtype, order=order, activation="gelu_tanh")
        check_cache(*check_block(student, reference, *drawn))
