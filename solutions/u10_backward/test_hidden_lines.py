"""Hidden tests of unit 10: linear layers and activations."""

import math
from functools import partial

import torch
from checks_backward import ask, check, forward, rows, upstream
from checks_forward import F32, F64, normal, sizes

from grader.testing import exercise

NAMES = "dx, dw, db"


def linear_suspects(dout, x, w, has_bias):
    g, flat = rows(dout), rows(x)
    N, dw, db = len(g), g.T @ flat, g.sum(0)
    found = {
        "dx": {"dx is divided by the number of rows, but every row has its own": dout @ w / N},
        "dw": {
            "dw is averaged over the rows, where it is their sum": dw / N,
            "dw comes from the last row alone": torch.outer(g[-1], flat[-1]),
        },
        "db": {
            "db is averaged over the rows, where it is their sum": db / N,
            "db comes from the last row alone": g[-1],
        },
    }
    if w.shape[0] == w.shape[1]:
        found["dx"]["w is used transposed, which only a square w lets pass"] = dout @ w.T
    return found


def check_linear(student, reference, rng, line):
    x, w, b = line
    out, cache = forward.linear(x, w, b)
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "linear_backward", dout, cache)
    check(yours, expected, NAMES, called, partial(linear_suspects, dout, *cache))


def drawn_line(rng, axes, *, device, dtype=F64, bias=True, square=False):
    inner, outer, *front = sizes(rng, 2 + axes)
    outer = inner if square else outer
    x, w = (normal(rng, *shape, device=device, dtype=dtype) for shape in ((*front, inner), (outer, inner)))
    return x, w, normal(rng, outer, device=device, dtype=dtype) if bias else None


@exercise("u10.linear_backward", weight=2, in_place=True)
def test_back_through_drawn_lines(student, rng, reference, device):
    """dx for each row; dw and db are sums over all rows, however many axes these have."""
    for axes in (1, 2, 3):
        check_linear(student, reference, rng, drawn_line(rng, axes, device=device))


@exercise("u10.linear_backward", in_place=True)
def test_square_weights_are_not_turned(student, rng, reference, device):
    """Where w is square, w and its transpose have one shape, but only one of them leads back."""
    for axes in (2, 1):
        check_linear(student, reference, rng, drawn_line(rng, axes, device=device, square=True))


@exercise("u10.linear_backward", in_place=True)
def test_lines_without_bias_and_in_float32(student, rng, reference, device):
    """No bias, no db; float32 stays float32; one row alone has gradients, as have ten thousand numbers."""
    for axes, dtype in ((2, F64), (1, F32), (0, F64)):
        x, w, b = drawn_line(rng, axes, device=device, dtype=dtype, bias=dtype == F32)
        check_linear(student, reference, rng, (x, w, b))
    x, w = normal(rng, 37, 271, device=device), normal(rng, 41, 271, device=device)
    check_linear(student, reference, rng, (x, w, None))


# ---------------------------------------------------------------------------- activation_backward

KINDS = ("gelu", "gelu_tanh", "relu")
C = math.sqrt(2 / math.pi)


def parts_of(x):
    """What the slopes of the two GELUs are made of."""
    t = torch.tanh(C * (x + 0.044715 * x**3))
    return (1 + torch.erf(x / math.sqrt(2))) / 2, torch.exp(-x * x / 2) / math.sqrt(2 * math.pi), t


def slope_suspects(reference, dout, x, kind):
    """Mistakes in the slope, each with what it gives for dx."""
    one = torch.ones_like(dout)
    slopes = {k: reference.activation_backward(one, (x, k)) for k in KINDS}
    out, _ = forward.activation(x, kind)
    right, (below, density, t) = slopes[kind], parts_of(x)
    found = {f'this is the slope of "{other}"': s for other, s in slopes.items() if other != kind}
    found["the slope is taken at the output, not at the input"] = reference.activation_backward(
        one, (out, kind)
    )
    found["dout is added to the slope, where they are multiplied"] = right + dout
    found["the function itself, where its slope belongs"] = out
    if kind == "gelu":
        found |= {
            "the product rule has a second term: the density is missing": below,
            "the density is not multiplied by x": below + density,
            "the density is that of a normal distribution of another width": below
            + x * torch.exp(-x * x) / math.sqrt(math.pi),
        }
    elif kind == "gelu_tanh":
        half, inner = (1 + t) / 2, C * (1 + 3 * 0.044715 * x * x)
        found |= {
            "the product rule has a second term: the slope of the tanh is missing": half,
            "the slope of what stands inside the tanh is missing": half + x / 2 * (1 - t * t),
            "the slope of x³ is 3 x²: the 3 is missing": half
            + x / 2 * (1 - t * t) * C * (1 + 0.044715 * x * x),
            "the slope of the tanh is 1 - t², not 1 - t": half + x / 2 * (1 - t) * inner,
            "0.44715, where 0.044715 belongs": half + x / 2 * (1 - t * t) * C * (1 + 3 * 0.44715 * x * x),
        }
    return {"dx": {sentence: dout * s for sentence, s in found.items()} | {"dout is not used": right}}


def check_activation(student, reference, rng, x, kind):
    dout = upstream(rng, x)
    yours, expected, called = ask(student, reference, "activation_backward", dout, (x, kind))
    suspects = partial(slope_suspects, reference, dout, x, kind)
    check(yours, expected, "dx", f"{called}, kind {kind!r}", suspects)


def points(rng, *shape, device, dtype=F64):
    """Numbers on both sides of 0, and not near it."""
    x = normal(rng, *shape, device=device, dtype=dtype, spread=1.2)
    return torch.where(x < 0, x - 0.05, x + 0.05)


@exercise("u10.activation_backward", weight=2, in_place=True)
def test_slopes_of_three_functions(student, rng, reference, device):
    """Entry by entry dout times the slope, at the number that went into the function."""
    for kind in (*KINDS, "gelu_tanh"):
        check_activation(student, reference, rng, points(rng, *sizes(rng, 2, 4, 8), device=device), kind)


@exercise("u10.activation_backward", in_place=True)
def test_slopes_where_functions_are_flat(student, rng, reference, device):
    """Far from 0 the slopes are 0 and 1, without nan; at 0 they are 0, 1/2 and 1/2."""
    for kind in KINDS:
        far = torch.tensor(rng.uniform(30, 60, 7), device=device) * torch.tensor(
            [1.0, -1] * 3 + [1], device=device
        )
        near = torch.tensor([0.0, -0.0, *rng.uniform(0.3, 3, 4)], dtype=F64, device=device)
        check_activation(student, reference, rng, torch.cat((far, near)).reshape(1, -1), kind)


@exercise("u10.activation_backward", in_place=True)
def test_slopes_of_many_numbers(student, rng, reference, device):
    """Ten thousand numbers of any shape, and float32 stays float32."""
    for kind, shape, dtype in (
        ("gelu", (37, 271), F64),
        ("gelu_tanh", (3, 5, 7), F32),
        ("relu", (7,), F32),
        ("gelu_tanh", (5,), F64),
    ):
        check_activation(student, reference, rng, points(rng, *shape, device=device, dtype=dtype), kind)
