"""What the hidden tests of unit 9 share: drawn sizes and parameters, and comparisons that name a mistake.

Forward values of float64 are held to 1e-11 of the largest entry of each tensor.
"""

import torch

from grader.testing import assert_equal, assert_gradient, fail, unpack

F32, F64 = torch.float32, torch.float64
NEAR = {F64: 1e-11, F32: 3e-5}
CHANGED = "an argument is changed in place"
BIASES = {"attn": ("bq", "bk", "bv", "bo"), "ffn": ("b1", "b2")}


def normal(rng, *shape, device, dtype=F64, spread=1.0, mean=0.0):
    return torch.tensor(rng.normal(mean, spread, shape), dtype=dtype, device=device)


def sizes(rng, count, low=3, high=8):
    """Sizes of axes, no two alike."""
    return [int(size) for size in rng.choice(range(low, high), count, replace=False)]


def drawn_tokens(rng, V, *shape, device):
    """Tokens of which some occur twice, and 0 at the end of the first row: PAD."""
    tokens = torch.tensor(rng.integers(1, V, shape), device=device)
    tokens[..., 1] = tokens[..., 0]
    tokens[0, -1] = 0
    return tokens


def causal(T, device):
    return torch.ones(T, T, dtype=torch.bool, device=device).tril()


# ---------------------------------------------------------------------------- parameters


def norm_params(rng, D, kind, *, device, dtype=F64):
    p = {"gamma": normal(rng, D, device=device, dtype=dtype, mean=1.0, spread=0.5)}
    return p if kind == "rms" else {**p, "beta": normal(rng, D, device=device, dtype=dtype)}


def attn_params(rng, D, *, device, dtype=F64, biases=True):
    p = {name: normal(rng, D, D, device=device, dtype=dtype, spread=0.5) for name in ("wq", "wk", "wv", "wo")}
    return {**p, **{name: normal(rng, D, device=device, dtype=dtype) for name in BIASES["attn"] if biases}}


def ffn_params(rng, D, F, *, device, dtype=F64, biases=True):
    p = {
        "w1": normal(rng, F, D, device=device, dtype=dtype, spread=0.5),
        "w2": normal(rng, D, F, device=device, dtype=dtype, spread=0.5),
    }
    if biases:
        p["b1"], p["b2"] = (normal(rng, size, device=device, dtype=dtype) for size in (F, D))
    return p


def block_params(rng, D, F, config, *, device, dtype=F64):
    return {
        "norm1": norm_params(rng, D, config["norm"], device=device, dtype=dtype),
        "attn": attn_params(rng, D, device=device, dtype=dtype),
        "norm2": norm_params(rng, D, config["norm"], device=device, dtype=dtype),
        "ffn": ffn_params(rng, D, F, device=device, dtype=dtype),
    }


def configuration(heads, **others):
    return {
        "heads": heads,
        "norm": "layer",
        "order": "pre",
        "activation": "gelu",
        "tied": False,
        "final_norm": True,
        "eps": 1e-5,
    } | others


# ---------------------------------------------------------------------------- comparisons


def layer(yours):
    """out and cache of what a layer returned."""
    return unpack(yours, "(out, cache)")


def check(yours, expected, *, of="out", called, suspects=None, rtol=None):
    """assert_gradient, for its tolerance per tensor. suspects: a dict, or a function that makes it"""
    rtol = rtol or NEAR[expected.dtype]
    if fine(yours, expected, rtol):
        return
    suspects = suspects() if callable(suspects) else suspects
    assert_gradient(yours, expected, of=of, called=called, rtol=rtol, atol=1e-15, suspects=suspects)


def fine(yours, expected, rtol):
    """Whether it is right beyond doubt; then no mistake has to be computed."""
    if type(yours) is not torch.Tensor or yours.dtype != expected.dtype or yours.device != expected.device:
        return False
    if yours.shape != expected.shape:
        return False
    return bool(((yours - expected).abs() <= rtol * expected.abs().max()).all())


def check_device(yours, expected, of, called):
    if type(yours) is torch.Tensor and yours.device != expected.device:
        fail(f"{of} is on another device", called=called, yours=yours.device, expected=expected.device)


def check_cache(yours, expected, called, *, path="cache", suspects=None):
    """The same form, and in it the same numbers. suspects: {"cache[1]": {mistake: its value}}"""
    own = (suspects or {}).get(path)
    if type(yours) is not type(expected):
        have, want = type(yours).__name__, type(expected).__name__
        fail(f"{path} is of type {have}, {want} is expected", called=called, yours=have, expected=want)
    if isinstance(expected, tuple | list):
        if len(yours) != len(expected):
            what = f"{path} has {len(yours)} parts, {len(expected)} are expected"
            fail(what, called=called, yours=f"{len(yours)} parts", expected=f"{len(expected)} parts")
        for at, (mine, other) in enumerate(zip(yours, expected, strict=True)):
            check_cache(mine, other, called, path=f"{path}[{at}]", suspects=suspects)
    elif isinstance(expected, dict):
        assert_equal(sorted(yours), sorted(expected), of=f"the keys of {path}", called=called)
        for key, other in expected.items():
            check_cache(yours[key], other, called, path=f"{path}[{key!r}]", suspects=suspects)
    elif isinstance(expected, torch.Tensor) and expected.is_floating_point():
        check(yours, expected, of=path, called=called, suspects=own)
    elif expected is not None:
        assert_equal(yours, expected, of=path, called=called, suspects=own)


def copied(value):
    """The same, with tensors and containers of its own."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    return type(value)(map(copied, value)) if isinstance(value, tuple | list) else value


def same(value, other):
    if isinstance(value, torch.Tensor):
        return torch.equal(value, other)
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(same(part, other[key]) for key, part in value.items())
    if isinstance(value, tuple | list):
        return len(value) == len(other) and all(map(same, value, other))
    return value == other


def check_unchanged(called, arguments, before):
    """arguments, before: what was handed over, and its copy from before the call."""
    if not same(arguments, before):
        fail("an argument was changed", called=called, diagnosis=CHANGED)


def refuses(call, called, cause):
    """The call raises ValueError."""
    try:
        result = call()
    except ValueError:
        return
    fail("no ValueError", called=called, yours=result, expected="ValueError", diagnosis=cause)
