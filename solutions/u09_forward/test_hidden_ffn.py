"""Hidden tests of unit 9: activations and the feed-forward layer."""

import math
from functools import partial

import torch
from checks_forward import (
    F32,
    F64,
    check,
    check_cache,
    check_unchanged,
    copied,
    ffn_params,
    layer,
    normal,
    refuses,
    sizes,
)

from grader.testing import exercise

KINDS = ("gelu", "gelu_tanh", "relu")
OTHER_GELU = "this is the other GELU"
INSIDE, ROOT_2 = math.sqrt(2 / math.pi), math.sqrt(2)


def tanh_gelu(x, a=0.044715, b=INSIDE, power=3):
    return x / 2 * (1 + torch.tanh(b * (x + a * x**power)))


def erf_gelu(x, scale=ROOT_2):
    return x / 2 * (1 + torch.erf(x / scale))


def activation_suspects(x, kind):
    quick = "the quick GELU, x sigmoid(1.702 x), is a third function"
    found = {}
    if kind != "relu":
        found = {
            OTHER_GELU: tanh_gelu(x) if kind == "gelu" else erf_gelu(x),
            quick: x * torch.sigmoid(1.702 * x),
            "this is the ReLU": x.clamp(min=0),
            "this is the SiLU, x sigmoid(x)": x * torch.sigmoid(x),
        }
    if kind == "gelu":
        phi = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
        found["erf(x) is not the normal distribution: its x is divided by the root of 2"] = erf_gelu(x, 1)
        found["the density of the normal distribution, where the probability below x belongs"] = x * phi
        found["the probability alone: x is missing in front"] = (1 + torch.erf(x / math.sqrt(2))) / 2
    if kind == "gelu_tanh":
        found["0.44715, where 0.044715 belongs"] = tanh_gelu(x, a=0.44715)
        found["the root of 2 / pi is missing"] = tanh_gelu(x, b=2 / math.pi)
        found["the root of pi / 2, where that of 2 / pi belongs"] = tanh_gelu(x, b=math.sqrt(math.pi / 2))
        found["x squared, where x cubed belongs"] = tanh_gelu(x, power=2)
        found["the cubic term is missing"] = tanh_gelu(x, a=0)
    return found


def ffn_suspects(reference, x, p, kind):
    def through(p, kind=kind):
        return reference.ffn(x, p, kind)[0]

    hidden = reference.linear(x, p["w1"], p.get("b1"))[0]
    found = {
        "the activation is missing": reference.linear(hidden, p["w2"], p.get("b2"))[0],
        "the activation comes last, after the second linear layer": reference.activation(
            reference.linear(hidden, p["w2"], p.get("b2"))[0], kind
        )[0],
        "a residual path is added: that is the block's": x + through(p),
        "kind is not used: this is always the GELU": through(p, "gelu"),
        "kind is not used: this is always the ReLU": through(p, "relu"),
    }
    if kind == "gelu":
        found[OTHER_GELU] = through(p, "gelu_tanh")
    for name in ("b1", "b2"):
        if p.get(name) is not None:
            found[f"{name} is not used"] = through(p | {name: None})
    return found


@exercise("u09.gelu_ffn", weight=2, in_place=True)
def test_activations_of_drawn_numbers(student, rng, reference, device):
    """The three activations, entry by entry; the two GELUs differ by up to 0.0005."""
    for kind in KINDS:
        for axes in (1, 2, 3):
            x = normal(rng, *sizes(rng, axes), device=device, spread=2)
            before, called = x.clone(), f"activation(x, {kind!r}) with x of shape {tuple(x.shape)}"
            out, cache = layer(student.activation(x, kind))
            check_unchanged(called, x, before)
            expected, other = reference.activation(before, kind)
            check(out, expected, called=called, suspects=partial(activation_suspects, before, kind))
        kept = "the output is kept: the slope is taken at the input"
        check_cache(cache, other, called, suspects={"cache[0]": {kept: expected}})


@exercise("u09.gelu_ffn")
def test_activations_of_large_numbers(student, rng, reference, device):
    """Far below 0 all three are 0, far above they are x; float32 stays float32."""
    for dtype in (F64, F32):
        x = torch.tensor([-1000.0, -40, -2.7, -1.1, -0.0, 0.3, 1.9, 40, 1000], dtype=dtype, device=device)
        x[3:7] += normal(rng, 4, device=device, dtype=dtype, spread=0.05)
        for kind in KINDS:
            out, _ = layer(student.activation(x, kind))
            part = slice(2, 7)  # beside 1000 the others would be exempt from a tolerance by tensor
            called = f"activation(x, {kind!r}) with numbers from -1000 to 1000, {dtype}"
            expected, _ = reference.activation(x, kind)
            check(out, expected, called=called, suspects=partial(activation_suspects, x, kind))
            check(out[part], expected[part], called=called)


@exercise("u09.gelu_ffn", weight=2, in_place=True)
def test_feed_forward_of_drawn_layers(student, rng, reference, device):
    """Linear, activation, linear, with biases, without them, and with one of them None."""
    for kind, absent in (("gelu", ()), ("gelu_tanh", ("b1", "b2")), ("relu", ("b2",)), ("gelu_tanh", ())):
        B, T, D, F = sizes(rng, 4)
        p = ffn_params(rng, D, F, device=device)
        p = {name: value for name, value in p.items() if name not in absent}
        if absent == ("b2",):
            p["b2"] = None
        x = normal(rng, B, T, D, device=device, spread=1.5)
        before = copied([x, p])
        called = f"ffn(x, p, {kind!r}) with x of shape {(B, T, D)}" + ", without biases" * (len(absent) == 2)
        out, cache = layer(student.ffn(x, p, kind))
        check_unchanged(called, [x, p], before)
        expected, other = reference.ffn(*before, kind)
        check(out, expected, called=called, suspects=partial(ffn_suspects, reference, *before, kind))
        if kind == "gelu":
            check_cache(cache, other, called)


@exercise("u09.gelu_ffn")
def test_other_activations_are_refused(student, rng, reference, device):
    """A kind that is none of the three raises ValueError."""
    x = normal(rng, 5, device=device)
    for kind in ("gelu", "relu"):
        out, _ = layer(student.activation(x, kind))
        expected, _ = reference.activation(x, kind)
        suspects = partial(activation_suspects, x, kind)
        check(out, expected, called=f"activation(x, {kind!r}) with x of shape (5,)", suspects=suspects)
    for kind in ("silu", "GELU", ""):
        refuses(
            lambda kind=kind: student.activation(x, kind),
            f"activation(x, {kind!r})",
            "an unknown kind of activation is accepted",
        )
