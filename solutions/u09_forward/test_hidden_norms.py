"""Hidden tests of unit 9: the norms."""

from functools import partial

import torch
from checks_forward import (
    F32,
    F64,
    check,
    check_cache,
    check_unchanged,
    copied,
    layer,
    normal,
    sizes,
)

from grader.testing import exercise

EPS_OUTSIDE = "eps is added to the root, not under it"
NO_EPS = "eps is not used"
FIXED_EPS = "eps is taken for granted: it is an argument"
FIRST_AXIS = "normalized along the first axis: each position is to be normalized by itself"
LAST_BUT_ONE = "normalized along the last axis but one: each position is to be normalized by itself"
ALL_AXES = "one mean over everything: each position is to be normalized by itself"
NO_GAMMA = "gamma is not used"
ROOT_KEPT = "the root is kept, where 1 / root is asked for"
NO_ROOT = "the root is missing"


def layer_norm_suspects(x, gamma, beta, eps):
    centred = x - x.mean(-1, keepdim=True)
    var = centred.square().mean(-1, keepdim=True)
    xhat, D = centred / (var + eps).sqrt(), x.shape[-1]
    found = {
        "the variance is divided by D - 1, not by D": gamma * centred / (var * D / (D - 1) + eps).sqrt()
        + beta,
        EPS_OUTSIDE: gamma * centred / (var.sqrt() + eps) + beta,
        NO_EPS: gamma * centred / var.sqrt() + beta,
        FIXED_EPS: gamma * centred / (var + 1e-5).sqrt() + beta,
        "gamma and beta are not used": xhat,
        "beta is not used": gamma * xhat,
        NO_GAMMA: xhat + beta,
        "gamma multiplies beta too": gamma * (xhat + beta),
        "gamma and beta are swapped": beta * xhat + gamma,
        "the mean is not subtracted: that is the RMS norm": gamma
        * x
        / (x.square().mean(-1, keepdim=True) + eps).sqrt()
        + beta,
        "the mean is not subtracted": gamma * x / (var + eps).sqrt() + beta,
        NO_ROOT: gamma * centred / (var + eps) + beta,
        "the sum of the squares, not their mean": gamma * centred / (var * D + eps).sqrt() + beta,
        ALL_AXES: gamma * (x - x.mean()) / (x.var(correction=0) + eps).sqrt() + beta,
    }
    if x.abs().min() > 1e4:
        mean = x.mean(-1, keepdim=True)
        lost = (x.square().mean(-1, keepdim=True) - mean.square() + eps).rsqrt()
        found["the variance as a difference of two large numbers, which loses its digits"] = (
            gamma * centred * lost + beta
        )
    for axis, sentence in ((0, FIRST_AXIS), (-2, LAST_BUT_ONE)):
        if x.ndim > 2:  # with two axes nobody can tell the one from the other
            other = (x - x.mean(axis, keepdim=True)) / (x.var(axis, keepdim=True, correction=0) + eps).sqrt()
            found[sentence] = gamma * other + beta
    return found


def check_layer_norm(student, reference, x, gamma, beta, *eps, rtol=None):
    before, called = copied([x, gamma, beta]), f"layer_norm(x, gamma, beta) with x of shape {tuple(x.shape)}"
    called += f", eps={eps[0]}" if eps else ""
    out, cache = layer(student.layer_norm(x, gamma, beta, *eps))
    check_unchanged(called, [x, gamma, beta], before)
    expected, other = reference.layer_norm(*before, *eps)
    suspects = partial(layer_norm_suspects, *before, *(eps or (1e-5,)))
    check(out, expected, called=called, suspects=suspects, rtol=rtol)
    return cache, other, called


def affine(rng, D, device, dtype=F64):
    return normal(rng, D, device=device, dtype=dtype), normal(rng, D, device=device, dtype=dtype)


@exercise("u09.layer_norm", weight=2, in_place=True)
def test_norms_of_drawn_positions(student, rng, reference, device):
    """Each position's D numbers get mean 0 and variance 1, and then gain and bias."""
    for axes in (3, 3, 2, 1):
        shape = sizes(rng, axes)
        x = normal(rng, *shape, device=device, spread=2, mean=1.5)
        check_layer_norm(student, reference, x, *affine(rng, shape[-1], device))


@exercise("u09.layer_norm", in_place=True)
def test_norms_where_eps_counts(student, rng, reference, device):
    """Where the numbers are as small as the root of eps, or eps is large, it shows; a constant gives beta."""
    for spread, eps in ((1e-3, ()), (1.0, (0.3,)), (0.1, (1e-2,))):
        B, D = sizes(rng, 2, 4, 9)
        x = normal(rng, B, D, device=device, spread=spread, mean=0.0 if eps else 0.002)
        check_layer_norm(student, reference, x, *affine(rng, D, device), *eps)
    D = sizes(rng, 1)[0]
    x = torch.full((3, D), 0.75, dtype=F64, device=device)
    check_layer_norm(student, reference, x, *affine(rng, D, device))


@exercise("u09.layer_norm", in_place=True)
def test_norms_far_from_zero(student, rng, reference, device):
    """Numbers around 100,000 have an ordinary variance: mean of squares less square of the mean loses it."""
    for mean in (1e5, -1e5):
        B, D = sizes(rng, 2)
        x = normal(rng, B, D, device=device, mean=mean)
        check_layer_norm(student, reference, x, *affine(rng, D, device), rtol=1e-8)


@exercise("u09.layer_norm", in_place=True)
def test_cache_of_layer_norm(student, rng, reference, device):
    """The way back needs xhat, 1 / sqrt(var + eps) for each position, and gamma, in the dtype of x."""
    for dtype in (F64, F32):
        B, T, D = sizes(rng, 3)
        x = normal(rng, B, T, D, device=device, dtype=dtype, spread=2)
        found = check_layer_norm(student, reference, x, *affine(rng, D, device, dtype))
        check_cache(*found, suspects={"cache[1]": {ROOT_KEPT: 1 / found[1][1]}})


# ---------------------------------------------------------------------------- rms_norm


def rms_norm_suspects(x, gamma, eps):
    ms, D = x.square().mean(-1, keepdim=True), x.shape[-1]
    gain = 1.0 if gamma is None else gamma
    centred = x - x.mean(-1, keepdim=True)
    var = centred.square().mean(-1, keepdim=True)
    found = {
        "the mean is subtracted: that is layer_norm": gain * centred / (var + eps).sqrt(),
        "the variance, where the mean of the squares belongs": gain * x / (var + eps).sqrt(),
        EPS_OUTSIDE: gain * x / (ms.sqrt() + eps),
        NO_EPS: gain * x / ms.sqrt(),
        FIXED_EPS: gain * x / (ms + 1e-5).sqrt(),
        "the sum of the squares, not their mean": gain * x / (ms * D + eps).sqrt(),
        "the mean of the squares is divided by D - 1, not by D": gain * x / (ms * D / (D - 1) + eps).sqrt(),
        NO_ROOT: gain * x / (ms + eps),
        ALL_AXES: gain * x / (x.square().mean() + eps).sqrt(),
        "the mean of the sizes, not the root of the mean square": gain
        * x
        / (x.abs().mean(-1, keepdim=True) + eps),
    }
    if gamma is not None:
        found[NO_GAMMA] = x / (ms + eps).sqrt()
        found["the gain is 1 + gamma, where it is gamma"] = (1 + gamma) * x / (ms + eps).sqrt()
    for axis, sentence in ((0, FIRST_AXIS), (-2, LAST_BUT_ONE)):
        if x.ndim > 2:  # with two axes nobody can tell the one from the other
            found[sentence] = gain * x / (x.square().mean(axis, keepdim=True) + eps).sqrt()
    return found


def check_rms_norm(student, reference, x, gamma, *eps):
    before, called = copied([x, gamma]), f"rms_norm(x, gamma) with x of shape {tuple(x.shape)}"
    called = called.replace("gamma", "None") if gamma is None else called
    called += f", eps={eps[0]}" if eps else ""
    out, cache = layer(student.rms_norm(x, gamma, *eps))
    check_unchanged(called, [x, gamma], before)
    expected, other = reference.rms_norm(*before, *eps)
    check(out, expected, called=called, suspects=partial(rms_norm_suspects, *before, *(eps or (1e-5,))))
    return cache, other, called


@exercise("u09.rms_norm", weight=2, in_place=True)
def test_positions_by_their_root_mean_square(student, rng, reference, device):
    """Each position is divided by the root of its mean square; no mean is subtracted."""
    for axes, gain in ((3, True), (3, False), (2, True), (1, True)):
        shape = sizes(rng, axes)
        x = normal(rng, *shape, device=device, spread=2, mean=1.5)
        check_rms_norm(student, reference, x, affine(rng, shape[-1], device)[0] if gain else None)


@exercise("u09.rms_norm", in_place=True)
def test_root_mean_squares_where_eps_counts(student, rng, reference, device):
    """Where the numbers are as small as the root of eps, or eps is large, it shows; 0 stays 0."""
    for spread, eps in ((1e-3, ()), (1.0, (0.3,)), (0.1, (1e-2,))):
        B, D = sizes(rng, 2, 4, 9)
        x = normal(rng, B, D, device=device, spread=spread)
        x[1] = 0
        check_rms_norm(student, reference, x, affine(rng, D, device)[0], *eps)


@exercise("u09.rms_norm", in_place=True)
def test_cache_of_rms_norm(student, rng, reference, device):
    """The way back needs xhat, 1 / sqrt(ms + eps) for each position, and gamma or None, in the dtype of x."""
    for dtype, gain in ((F64, True), (F64, False), (F32, True)):
        B, T, D = sizes(rng, 3)
        x = normal(rng, B, T, D, device=device, dtype=dtype, spread=2)
        gamma = affine(rng, D, device, dtype)[0] if gain else None
        found = check_rms_norm(student, reference, x, gamma)
        check_cache(*found, suspects={"cache[1]": {ROOT_KEPT: 1 / found[1][1]}})
