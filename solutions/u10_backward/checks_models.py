"""What the hidden tests of whole blocks and models share: drawn models, gradients by name, and mistakes."""

from checks_backward import F64, check_part
from checks_forward import (
    attn_params,
    configuration,
    drawn_tokens,
    ffn_params,
    fine,
    norm_params,
    normal,
    sizes,
)

from grader.testing import assert_equal, fail

NOISE = 1e-11  # gradients that are 0 but for rounding, such as that of bk
AROUND = {
    "missing": "the path around {} is missing",
    "alone": "only the path around {} is there",
    "twice": "the path around {} is counted twice",
    "mean": "the path around {} and the one through it are averaged, where they are added",
}


def flat(grads, name=""):
    """{"blocks.0.attn.wq": tensor} of dicts and lists in each other; without None."""
    if isinstance(grads, dict | list):
        pairs = grads.items() if isinstance(grads, dict) else enumerate(grads)
        return {k: v for key, part in pairs for k, v in flat(part, f"{name}.{key}".strip(".")).items()}
    return {} if grads is None else {name: grads}


def check_gradients(yours, expected, order, called, suspects):
    """The first that is wrong on the way back.

    order: prefixes of names, in the order in which they are computed    suspects: makes {mistake: grads}
    """
    if type(yours) is not dict:
        fail("the gradients are no dict", called=called, yours=yours)
    mine, right = flat(yours), flat(expected)
    assert_equal(sorted(mine), sorted(right), of="the names of the gradients", called=called)
    names = sorted(
        right, key=lambda name: next(k for k, prefix in enumerate(order) if name.startswith(prefix))
    )
    wrong = [name for name in names if not near(mine[name], right[name])]
    if not wrong:
        return
    own = {sentence: flat(other) for sentence, other in suspects().items()}
    for name in wrong:
        values = {
            s: other[name] for s, other in own.items() if name in other and not near(other[name], right[name])
        }
        check_part(mine[name], right[name], f"grads {name}", called, values, near=1e-11, atol=NOISE)


def near(mine, right):
    if fine(mine, right, 1e-11 if right.dtype == F64 else 1e-4):
        return True
    known = getattr(mine, "dtype", None) == right.dtype and mine.shape == right.shape
    return known and bool(((mine - right).abs() <= (NOISE if right.dtype == F64 else 1e-3)).all())


# ---------------------------------------------------------------------------- drawn models


def drawn_params(rng, D, F, config, *, device, biases=True, dtype=F64):
    """Parameters of one block."""
    more = {"device": device, "dtype": dtype}
    return {
        "norm1": norm_params(rng, D, config["norm"], **more),
        "attn": attn_params(rng, D, biases=biases, **more),
        "norm2": norm_params(rng, D, config["norm"], **more),
        "ffn": ffn_params(rng, D, F, biases=biases, **more),
    }


def drawn_model(rng, *, device, layers=2, biases=True, dtype=F64, **config):
    """tokens, targets, mask, params, config. The first row ends in PAD, tokens repeat, some are not used."""
    more = {"device": device, "dtype": dtype}
    B, T, heads, K, F = sizes(rng, 5)
    D, V, config = heads * K, B + T + 5, configuration(heads, **config)
    params = {
        "tok": normal(rng, V, D, **more),
        "pos": normal(rng, T + 2, D, **more),
        "blocks": [drawn_params(rng, D, F + 5, config, biases=biases, **more) for _ in range(layers)],
    }
    if config["final_norm"]:
        params["final_norm"] = norm_params(rng, D, config["norm"], **more)
    if not config["tied"]:
        b = normal(rng, V, **more) if biases else None
        params["head"] = {"w": normal(rng, V, D, spread=0.6, **more), "b": b}
    tokens = drawn_tokens(rng, V - 2, B, T + 1, device=device)
    mask = tokens[:, 1:] != 0
    mask[:, 0] = True
    return tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous(), mask, params, config


# ---------------------------------------------------------------------------- mistakes


def joined(around, through, how):
    if how == "right":
        return around + through
    return {
        "missing": through,
        "alone": around,
        "twice": 2 * around + through,
        "mean": (around + through) / 2,
    }[how]


def back(reference, dout, cache, config, *, ffn="right", attn="right", swap=False, order=None):
    """block_backward with one thing done differently: how paths join, or what is swapped."""
    own, cache_norm1, cache_attn, cache_norm2, cache_ffn = cache
    caches = {"norm1": cache_norm1, "norm2": cache_norm2}
    caches = dict(zip(caches, list(caches.values())[::-1], strict=True)) if swap else caches
    grads = {}

    def kept(name, result):
        dx, grads[name] = result
        return dx

    def norm(name, d):
        return kept(name, reference.norm_backward(d, caches[name], config))

    def half(d, layer, name, how):
        if (order or own) == "pre":
            through = layer(d)
            return norm(name, d + through) if how == "other" else joined(d, norm(name, through), how)
        inner = norm(name, d)
        return d + layer(inner) if how == "other" else joined(inner, layer(inner), how)

    dx = half(dout, lambda d: kept("ffn", reference.ffn_backward(d, cache_ffn)), "norm2", ffn)
    dx = half(dx, lambda d: kept("attn", reference.multi_head_backward(d, cache_attn)), "norm1", attn)
    return dx, grads


def block_mistakes(order, few=False):
    """{sentence: how to make it with `back`}; few: those that are common enough to ask a whole model for."""
    both = {"the feed-forward layer": ("ffn",), "attention": ("attn",), "both layers": ("ffn", "attn")}
    found = {}
    for words, names in both.items():
        for how, sentence in AROUND.items():
            if not few or how == "missing":
                found[sentence.format(words)] = dict.fromkeys(names, how)
        where = "goes through the norm" if order == "pre" else "leads past the norm"
        if len(names) == 1 and not few:
            found[f"the path around {words} {where}, and must not"] = {names[0]: "other"}
    found["the caches of norm1 and norm2 are swapped"] = {"swap": True}
    found["this is the way back through the other order"] = {"order": "post" if order == "pre" else "pre"}
    return found


def changed_model(reference, dlogits, cache, how):
    """model_backward with one thing done differently."""
    config, blocks = cache["config"], []
    dx, grads = reference.head_backward(dlogits, cache["head"], config["tied"])
    if cache["final_norm"] is not None:
        dnorm, grads["final_norm"] = reference.norm_backward(dx, cache["final_norm"], config)
        dx = dx if how == "no final norm" else dnorm
    top = dx
    caches = cache["blocks"] if how == "first to last" else cache["blocks"][::-1]
    for one in caches:
        dx, own = reference.block_backward(top if how == "not handed on" else dx, one, config)
        blocks.append(own)
    blocks = blocks if how in ("first to last", "last to first") else blocks[::-1]
    if how == "skips the blocks":
        dx = top
    head = grads.get("tok")
    dtok, dpos = reference.embed_backward(dx, cache["embed"], None if how == "no head" else head)
    if how == "only head" and head is not None:
        dtok = head
    return grads | {"tok": dtok, "pos": dpos, "blocks": blocks}


MODEL = {
    "the way back through the final norm is missing": "no final norm",
    "the blocks are gone through from first to last, and the way back begins at the last": "first to last",
    "the blocks' gradients stand in reverse order": "last to first",
    "every block gets what came from above the last one: dx is not handed on": "not handed on",
    "the embedding gets what came from above the blocks": "skips the blocks",
    "the tied head's part of tok is missing": "no head",
    "tok has only what came through the tied head": "only head",
}
