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


def block_suspects(reference, x, p, config, mask):
    """Mistakes in the block, each with one line that is different."""

    def norm(y, name, kind=None):
        return reference.norm(y, p[name], {**config, "norm": kind or config["norm"]})[0]

    def attn(y, mask=mask):
        return reference.multi_head(y, p["attn"], config["heads"], mask)[0]

    def ffn(y, kind=config["activation"]):
        return reference.ffn(y, p["ffn"], kind)[0]

    pre_a = attn(norm(x, "norm1"))
    mid = x + pre_a
    pre_f = ffn(norm(mid, "norm2"))
    post_mid = norm(x + attn(x), "norm1")
    pre, post = mid + pre_f, norm(post_mid + ffn(post_mid), "norm2")
    found = {
        "this is the other order: the norms stand in the wrong places": post
        if config["order"] == "pre"
        else pre
    }
    without = partial(reference.block, x, p, config)
    found["the mask is not handed on"] = without(None)[0]
    others = {"gelu", "gelu_tanh", "relu"} - {config["activation"]}
    for kind in sorted(others):
        other = reference.block(x, p, {**config, "activation": kind}, mask)[0]
        found[f'config["activation"] is not used: this is always {kind}'] = other
    if config["order"] == "pre":
        after_norm = norm(x, "norm1") + pre_a
        swapped = x + ffn(norm(x, "norm2"))
        other_names = x + attn(norm(x, "norm2"))
        found |= {
            "the residual path starts behind the norm: the normalized x is added, not x": after_norm
            + ffn(norm(after_norm, "norm2")),
            "both residual paths start behind their norms": norm(after_norm, "norm2")
            + ffn(norm(after_norm, "norm2")),
            "the residual path around the feed-forward layer starts behind its norm": norm(mid, "norm2")
            + pre_f,
            "there is no residual path around attention": pre_a + ffn(norm(pre_a, "norm2")),
            "there is no residual path around the feed-forward layer": pre_f,
            "there is no residual path at all": ffn(norm(pre_a, "norm2")),
            "attention and the feed-forward layer are side by side, not one after the other": mid
            + ffn(norm(x, "norm2")),
            "the feed-forward layer comes before attention": swapped + attn(norm(swapped, "norm1")),
            "norm1 is used in both places": mid + ffn(norm(mid, "norm1")),
            "norm1 and norm2 are swapped": other_names + ffn(norm(other_names, "norm1")),
            "the norms are missing": x + attn(x) + ffn(x + attn(x)),
            "the norm before the feed-forward layer is missing": mid + ffn(mid),
            "the second residual path starts from the block's input": x + pre_f,
        }
    else:
        apart = norm(x, "norm1") + attn(x)
        inside = x + norm(attn(x), "norm1")
        found |= {
            "the sum is not normalized, only what is added to": norm(apart, "norm2") + ffn(apart),
            "only what the layer gives is normalized, not the sum": inside + norm(ffn(inside), "norm2"),
            "there is no residual path around attention": norm(
                norm(attn(x), "norm1") + ffn(norm(attn(x), "norm1")), "norm2"
            ),
            "there is no residual path around the feed-forward layer": norm(ffn(post_mid), "norm2"),
            "the norm behind attention is missing": norm(x + attn(x) + ffn(x + attn(x)), "norm2"),
            "the norm behind the feed-forward layer is missing": post_mid + ffn(post_mid),
            "norm1 is used in both places": norm(post_mid + ffn(post_mid), "norm1"),
        }
    return found


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


@exercise("u09.block", weight=2)
def test_blocks_with_norms_first(student, rng, reference, device):
    """pre: each layer gets the normalized x, and what it gives is added to x itself."""
    for kind, activation in (("layer", "gelu"), ("rms", "gelu_tanh"), ("layer", "relu")):
        drawn = drawn_block(
            rng, reference, device=device, norm=kind, order="pre", activation=activation, eps=0.1
        )
        check_block(student, reference, *drawn)


@exercise("u09.block", weight=2)
def test_blocks_with_norms_last(student, rng, reference, device):
    """post: each layer gets x, and the sum of both is normalized."""
    for kind, activation in (("layer", "gelu"), ("rms", "relu"), ("layer", "gelu_tanh")):
        drawn = drawn_block(
            rng, reference, device=device, norm=kind, order="post", activation=activation, eps=0.1
        )
        check_block(student, reference, *drawn)


@exercise("u09.block")
def test_blocks_without_gain_or_mask(student, rng, reference, device):
    """Without a mask every position looks at every other; an RMS norm may have no gain."""
    for order in ("pre", "post"):
        x, p, config, mask = drawn_block(rng, reference, device=device, norm="rms", order=order, masked=False)
        check_block(student, reference, x, p, config, mask)
        p["norm1"] = {"gamma": None}
        p["norm2"] = {}
        check_block(student, reference, x, p, config, None)


@exercise("u09.block")
def test_cache_of_a_block(student, rng, reference, device):
    """The way back needs the order and the caches of the two norms and of the two layers."""
    for order, dtype in (("pre", F64), ("post", F32)):
        drawn = drawn_block(rng, reference, device=device, dtype=dtype, order=order, activation="gelu_tanh")
        check_cache(*check_block(student, reference, *drawn))
