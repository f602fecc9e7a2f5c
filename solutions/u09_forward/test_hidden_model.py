"""Hidden tests of unit 9: the model, its loss and its size."""

import math
from functools import partial

import torch
from checks_forward import (
    F32,
    F64,
    block_params,
    check,
    check_cache,
    check_unchanged,
    configuration,
    copied,
    drawn_tokens,
    layer,
    norm_params,
    normal,
    sizes,
)

from grader.testing import assert_equal, exercise, fail

TRACE = "later tokens reach the logits of earlier positions"


def drawn_model(rng, *, device, dtype=F64, layers=2, head_bias=True, **config):
    """Tokens, targets, mask, parameters and configuration; the last sentence ends in PAD."""
    B, T, heads, K, F = sizes(rng, 5)
    D, V, config = heads * K, B + T + 5, configuration(heads, **config)
    params = {
        "tok": normal(rng, V, D, device=device, dtype=dtype),
        "pos": normal(rng, T + 2, D, device=device, dtype=dtype),
        "blocks": [block_params(rng, D, F + 10, config, device=device, dtype=dtype) for _ in range(layers)],
    }
    if config["final_norm"]:
        params["final_norm"] = norm_params(rng, D, config["norm"], device=device, dtype=dtype)
    if not config["tied"]:
        params["head"] = {"w": normal(rng, V, D, device=device, dtype=dtype, spread=0.6)}
        if head_bias:
            params["head"]["b"] = normal(rng, V, device=device, dtype=dtype)
    tokens = drawn_tokens(rng, V, B, T + 1, device=device)
    mask = torch.tensor(rng.integers(0, 4, (B, T)) > 0, device=device)
    mask[0], mask[1, -1], mask[2, 0] = True, False, True
    tokens[1, -1] = 0
    return tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous(), mask, params, config


def variant(reference, tokens, params, config, *, mask="causal", final=None, blocks=None, tok=None, pos=None):
    """The logits of the model, with one thing done differently."""
    x, _ = reference.embed(tokens, params["tok"], params["pos"] if pos is None else pos)
    mask = reference.causal_mask(tokens) if type(mask) is str else mask
    for p in params["blocks"] if blocks is None else blocks:
        x, _ = reference.block(x, p, config, mask)
    final = config["final_norm"] if final is None else final
    if final:
        x, _ = reference.norm(x, params["final_norm"], config)
    head = {"w": params["tok"]} if config["tied"] or tok else params["head"]
    return reference.linear(x, head["w"], head.get("b"))[0]


def gpt_suspects(reference, tokens, params, config):
    change, blocks = partial(variant, reference, tokens, params, config), params["blocks"]
    found = {
        "the mask is missing: every position looks at those behind it": change(mask=None),
        "all blocks have the parameters of the first": change(blocks=blocks[:1] * len(blocks)),
        "the blocks are run in reverse order": change(blocks=blocks[::-1]),
        "only the first block is there": change(blocks=blocks[:1]),
        "the blocks are missing": change(blocks=[]),
        "the positions are missing": change(pos=torch.zeros_like(params["pos"])),
    }
    if len(blocks) == 1:
        found = {key: value for key, value in found.items() if "locks" not in key or "missing" in key}
    if config["final_norm"]:
        found["the final norm is missing"] = change(final=False)
    if not config["tied"]:
        found["the head is not tied here, and has a table of its own"] = change(tok=True)
        if params["head"].get("b") is not None:
            bare = {**params, "head": {"w": params["head"]["w"]}}
            found["the bias of the head is missing"] = variant(reference, tokens, bare, config)
    return found


def nll_of(logits, targets):
    return -torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]


def loss_suspects(reference, *arguments):
    """Mistakes in the loss, and those of the logits."""
    tokens, targets, mask, params, config = arguments
    logits, _ = reference.gpt(tokens, params, config)
    nll = nll_of(logits, targets)
    found = {
        "all positions count: the mask is not used": nll.mean(),
        "divided by the number of all positions, not by that of the positions that count": (
            nll * mask
        ).mean(),
        "summed over the positions that count, where their mean belongs": nll[mask].sum(),
        "the mean of the sentences' means: short sentences weigh too much": (
            (nll * mask).sum(1) / mask.sum(1)
        ).mean(),
        "the mask is inverted": nll[~mask].mean(),
        "the targets are shifted once more: they are shifted already": nll_of(logits[:, :-1], targets[:, 1:])[
            mask[:, 1:]
        ].mean(),
        "the inputs are taken for targets": nll_of(logits, tokens)[mask].mean(),
        "the targets' logits, without their softmax": -logits.gather(-1, targets[..., None])[..., 0][
            mask
        ].mean(),
        "the softmax is taken twice": nll_of(torch.softmax(logits, -1), targets)[mask].mean(),
        "the probability, not its logarithm": -(-nll).exp()[mask].mean(),
        "in bits: the logarithm to base 2": nll[mask].mean() / math.log(2),
        "only the last position counts": nll[:, -1].mean(),
        "masked logits still count: they are set to 0, which costs ln V": nll_of(
            logits * mask[..., None], targets
        ).mean(),
    }
    for sentence, other in gpt_suspects(reference, tokens, params, config).items():
        found[sentence] = nll_of(other, targets)[mask].mean()
    return found


def check_gpt(student, reference, tokens, params, config):
    before = copied([tokens, params, config])
    called = f"gpt(tokens, params, config) with tokens of shape {tuple(tokens.shape)}"
    out, cache = layer(student.gpt(tokens, params, config))
    check_unchanged(called, [tokens, params, config], before)
    expected, other = reference.gpt(*before)
    check(out, expected, of="logits", called=called, suspects=partial(gpt_suspects, reference, *before))
    return out, cache, other, called


def check_loss(student, reference, *arguments):
    before = copied(list(arguments))
    called = (
        f"gpt_loss(tokens, targets, mask, params, config) with tokens of shape {tuple(arguments[0].shape)}"
    )
    out, cache = layer(student.gpt_loss(*arguments))
    check_unchanged(called, list(arguments), before)
    expected, other = reference.gpt_loss(*before)
    check(out, expected, of="the loss", called=called, suspects=partial(loss_suspects, reference, *before))
    return cache, other, called


@exercise("u09.gpt_loss", weight=2, in_place=True)
def test_logits_of_drawn_models(student, rng, reference, device):
    """Embeddings, blocks, the final norm and the head, each where config says so."""
    for kinds in (
        {"order": "pre", "tied": True, "activation": "gelu_tanh"},
        {"order": "pre", "norm": "rms", "activation": "relu", "final_norm": False},
        {"order": "post", "final_norm": False, "head_bias": False},
    ):
        tokens, _, _, params, config = drawn_model(rng, device=device, **kinds)
        check_gpt(student, reference, tokens, params, config)


@exercise("u09.gpt_loss", weight=2, in_place=True)
def test_losses_of_drawn_models(student, rng, reference, device):
    """The mean over the positions whose target counts, and over no other."""
    for config in ({"tied": True}, {"norm": "rms", "final_norm": True}, {"layers": 1, "order": "post"}):
        check_loss(student, reference, *drawn_model(rng, device=device, **config))
    tokens, targets, mask, *model = drawn_model(rng, device=device, layers=1)
    mask[0, -1] = False
    check_loss(student, reference, tokens[:1], targets[:1], mask[:1], *model)  # one sentence is a batch too


@exercise("u09.gpt_loss")
def test_sizes_of_drawn_models(student, rng, reference, device):
    """Every number that is learned counts once, also that of a table which stands in two places."""
    for tied, kind in ((False, "layer"), (True, "rms")):
        *_, params, _ = drawn_model(rng, device=device, layers=3 - tied, tied=tied, norm=kind)
        count, table = reference.count_parameters(params), params["tok"].numel()
        suspects = {
            "the head counts twice: a tied head has no numbers of its own": count + table,
            "the blocks are missing": reference.count_parameters({**params, "blocks": []}),
            "only the first block is counted": reference.count_parameters(
                {**params, "blocks": params["blocks"][:1]}
            ),
            "tensors are counted, not the numbers in them": len(list(leaves(params))),
            "biases, gains and the like are missing": sum(t.numel() for t in leaves(params) if t.ndim > 1),
            "the tables of tokens and positions are missing": count - table - params["pos"].numel(),
        }
        called = f"count_parameters(params) of a model with {'a tied' if tied else 'its own'} head"
        assert_equal(
            student.count_parameters(params), count, of="the count", called=called, suspects=suspects
        )
        if not tied:
            params["head"] = {"w": params["tok"], "b": None}
            count = reference.count_parameters(params)
            suspects = {"a table that stands in two places is counted twice": count + table}
            called = "count_parameters(params) where head['w'] is tok"
            yours = student.count_parameters(params)
            assert_equal(yours, count, of="the count", called=called, suspects=suspects)


def leaves(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif value is not None:
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)


@exercise("u09.gpt_loss", in_place=True)
def test_logits_that_know_no_future(student, rng, reference, device):
    """A changed token changes no logits before it, not by one bit: or the loss would be for cheaters."""
    for order, layers in (("pre", 2), ("post", 1)):
        tokens, _, _, params, config = drawn_model(rng, device=device, order=order, layers=layers)
        T, V = tokens.shape[1], len(params["tok"])
        out, _, _, called = check_gpt(student, reference, tokens, params, config)
        at = int(rng.integers(1, T))
        other = tokens.clone()
        other[:, at] = (other[:, at] + 1 + int(rng.integers(0, V - 1))) % V
        again, *_ = check_gpt(student, reference, other, params, config)
        if not torch.equal(out[:, :at], again[:, :at]):
            what = f"the logits of the first {at} positions change with token {at}"
            fail(what, called=called, yours=again[:, :at], expected=out[:, :at], diagnosis=TRACE)


@exercise("u09.gpt_loss", in_place=True)
def test_cache_of_the_model(student, rng, reference, device):
    """The way back needs the caches of all layers, and for the loss the logits, targets and mask."""
    for dtype, config in ((F64, {"tied": True, "layers": 1}), (F32, {"final_norm": False, "layers": 1})):
        check_cache(*check_loss(student, reference, *drawn_model(rng, device=device, dtype=dtype, **config)))
