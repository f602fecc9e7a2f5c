"""Hidden tests of unit 10: blocks, and whole models."""

from functools import partial

import torch
from checks_backward import F32, F64, ask, check_part, fine, forward, upstream
from checks_forward import causal, configuration, normal, sizes
from checks_models import (
    MODEL,
    NOISE,
    back,
    block_mistakes,
    changed_model,
    check_gradients,
    drawn_model,
    drawn_params,
    flat,
)

from grader.testing import assert_gradient, exercise, fail, unpack

ORDER = {"pre": ("ffn", "norm2", "attn", "norm1"), "post": ("norm2", "ffn", "norm1", "attn")}
NOT_ZERO = "a row that nothing was computed from has a gradient"


def check_block(student, reference, rng, *, device, biases=True, dtype=F64, **kinds):
    B, T, heads, K, F = sizes(rng, 5)
    config, more = configuration(heads, **kinds), {"device": device, "dtype": dtype}
    x = normal(rng, B, T, heads * K, spread=1.2, **more)
    p = drawn_params(rng, heads * K, F + 5, config, biases=biases, **more)
    out, cache = forward.block(x, p, config, causal(T, device))
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "block_backward", dout, cache, config)
    called = called.replace("cache)", "cache, config)") + f", {config['order']!r}"
    dx, grads = unpack(yours, "(dx, grads)")

    def suspects():
        ways = block_mistakes(config["order"])
        return {s: back(reference, dout, cache, config, **how) for s, how in ways.items()}

    order = ORDER[config["order"]]
    check_gradients(
        grads, expected[1], order, called, lambda: {s: grads for s, (_, grads) in suspects().items()}
    )
    if not fine(dx, expected[0], 1e-11 if dtype == F64 else 1e-4):
        own = {s: other for s, (other, _) in suspects().items()}
        check_part(dx, expected[0], "dx", called, own, near=1e-11 if dtype == F64 else 1e-4, upstream=dout)


@exercise("u10.model_backward", weight=2, in_place=True)
def test_back_through_drawn_blocks(student, rng, reference, device):
    """Each sum sends its gradient along both of its paths, and each norm stands on one of them, or behind."""
    check_block(student, reference, rng, device=device, order="pre", activation="gelu_tanh")
    check_block(
        student, reference, rng, device=device, order="post", norm="rms", activation="relu", biases=False
    )


def model_suspects(reference, dlogits, cache):
    """Mistakes in the model, and those of the block in all blocks."""
    found = {s: changed_model(reference, dlogits, cache, how) for s, how in MODEL.items()}
    for sentence, how in block_mistakes(cache["config"]["order"], few=True).items():
        found[sentence] = changed_model(Changed(reference, how), dlogits, cache, "")
    return found


class Changed:
    """The reference, but for one thing in its blocks."""

    def __init__(self, reference, how):
        self.head_backward, self.embed_backward = reference.head_backward, reference.embed_backward
        self.norm_backward = reference.norm_backward
        self.block_backward = partial(back, reference, **how)


def check_model(student, reference, dlogits, cache):
    yours, expected, called = ask(student, reference, "model_backward", dlogits, cache)
    config, count = cache["config"], len(cache["blocks"])
    said = ", ".join(f"{config[key]!r}" for key in ("order", "norm", "activation"))
    called = f"model_backward(dlogits, cache), {count} blocks, {said}" + ", tied" * config["tied"]
    inside = [f"blocks.{at}.{name}" for at in reversed(range(count)) for name in ORDER[config["order"]]]
    order = ("head", "final_norm", *inside, "pos", "tok")
    check_gradients(yours, expected, order, called, partial(model_suspects, reference, dlogits, cache))
    return yours, called


@exercise("u10.model_backward", weight=2, in_place=True)
def test_back_through_drawn_models(student, rng, reference, device):
    """From drawn gradients of the logits to every parameter, whatever the configuration."""
    for kinds in (
        {"tied": True, "activation": "gelu_tanh", "layers": 1},
        {"norm": "rms", "layers": 3, "biases": False},
    ):
        tokens, _, _, params, config = drawn_model(rng, device=device, **kinds)
        logits, cache = forward.gpt(tokens, params, config)
        check_model(student, reference, upstream(rng, logits), cache)


def by_autograd(tokens, targets, mask, params, config):
    """{name: gradient of the loss} by torch."""
    leaves = flat(params)
    with torch.enable_grad():
        for leaf in leaves.values():
            leaf.requires_grad_(True)
        loss, _ = forward.gpt_loss(tokens, targets, mask, params, config)
        found = torch.autograd.grad(loss, list(leaves.values()))
    for leaf in leaves.values():
        leaf.requires_grad_(False)
    return dict(zip(leaves, found, strict=True))


@exercise("u10.model_backward", weight=2, in_place=True)
def test_hand_as_autograd(student, rng, reference, device):
    """The gradient of the loss is that of autograd, and exactly 0 in rows that no target depends on."""
    tokens, targets, mask, params, config = drawn_model(
        rng, device=device, order="post", layers=1, final_norm=False
    )
    mask[:, -1] = False
    expected = by_autograd(tokens, targets, mask, params, config)
    _, cache = forward.gpt_loss(tokens, targets, mask, params, config)
    yours, called = check_model(student, reference, reference.loss_backward(cache), cache[3])
    for name, grad in flat(yours).items():
        if not fine(grad, expected[name], 1e-11):
            assert_gradient(grad, expected[name], of=f"grads {name}", called=called, rtol=1e-11, atol=NOISE)
    unread = torch.ones(len(yours["tok"]), dtype=torch.bool, device=device)
    unread[tokens[:, :-1]] = False
    for name, rest in (("pos", yours["pos"][tokens.shape[1] - 1 :]), ("tok", yours["tok"][unread])):
        if bool((rest != 0).any()):
            what = f"grads {name} is not 0 in an unused row"
            fail(what, called=called, yours=rest, expected=0 * rest, diagnosis=NOT_ZERO)


@exercise("u10.model_backward", in_place=True)
def test_back_in_float32(student, rng, reference, device):
    """float32 stays float32."""
    tokens, _, _, params, config = drawn_model(rng, device=device, dtype=F32, layers=1, tied=True)
    logits, cache = forward.gpt(tokens, params, config)
    check_model(student, reference, upstream(rng, logits), cache)
