"""Wrong gradients from the formulas of units 9 and 10: the second trial, second half.

See wrong_by_unit.py, whose table and helpers these use.
"""

import runpy
from pathlib import Path

import numpy as np

BY_UNIT = runpy.run_path(str(Path(__file__).with_name("wrong_by_unit.py")))
UNITS, mistake, arrays, softmax = (BY_UNIT[name] for name in ("UNITS", "mistake", "arrays", "softmax"))
Draw, TRANSPOSED, MASK = BY_UNIT["Draw"], BY_UNIT["TRANSPOSED"], BY_UNIT["MASK"]
NOT_SUMMED = "not summed over broadcast axis 0"
SWAPPED = "the right results in another order"
SQRT = "missing factor 1/sqrt(N), N = size of axis 1"

# Unit 9: forward values that units 10 and 12 differentiate.


def rows(draw: Draw) -> tuple:
    (x,) = arrays(draw, (draw[1], draw[3]))
    gain = draw[0].uniform(0.5, 2, draw[3])
    return x, gain, {"arguments": {"x": x, "gain": gain}}


@mistake("off by a multiple of `gain` all along axis 1")
def rms_norm_subtracts_the_mean(draw):
    x, gain, clues = rows(draw)
    rms = np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)
    return (x - x.mean(1, keepdims=True)) / rms * gain, x / rms * gain, clues


@mistake("a factor 1/sqrt(N) too much, N = size of axis 1", "off by the same factor all along axis 1")
def rms_norm_sums(draw):
    x, gain, clues = rows(draw)
    square = (x**2).sum(1, keepdims=True)
    return x / np.sqrt(square + 1e-5) * gain, x / np.sqrt(square / x.shape[1] + 1e-5) * gain, clues


@mistake("off by the same factor all along axis 1")
def eps_outside_the_root(draw):
    x, gain, clues = rows(draw)
    s = (x**2).mean(1, keepdims=True)
    return x / (np.sqrt(s) + 0.01) * gain, x / np.sqrt(s + 0.01) * gain, clues


@mistake("the term `b2` is missing")
def ffn_without_its_second_bias(draw):
    n, d, k = draw[1:]
    x, w, b2 = arrays(draw, (n, d), (d, k), (k,))
    h = np.maximum(x @ w, 0)
    return h, h + b2, {"arguments": {"x": x, "w": w, "b2": b2}}


@mistake("the right numbers in the wrong places")
def heads_interleaved(draw):
    n, d, k = draw[1:]
    (x,) = arrays(draw, (n, d * k))
    right = x.reshape(n, d, k).transpose(1, 0, 2)
    return x.reshape(n, k, d).transpose(2, 0, 1), right, {"arguments": {"x": x}}


@mistake()
def attention_scores_without_scale(draw):
    n, d, k = draw[1:]
    q, key = arrays(draw, (n, k), (d, k))
    return softmax(q @ key.T), softmax(q @ key.T / np.sqrt(k)), {"arguments": {"q": q, "k": key}}


# Unit 10: the backward pass of a transformer.


@mistake("`W` is transposed where it must not be, or the other way round")
def linear_weights_untransposed_square(draw):
    n, d, _ = draw[1:]
    w, g = arrays(draw, (d, d), (n, d))
    return g @ w.T, g @ w, {"upstream": g, "arguments": {"W": w}}


@mistake("not summed over broadcast axis 0")
def bias_summed_over_time_only(draw):
    n, d, k = draw[1:]
    (g,) = arrays(draw, (n, d, k))
    return g.sum(1), g.sum((0, 1)), {"upstream": g}


@mistake(TRANSPOSED)
def weight_gradient_of_a_batch_transposed(draw):
    n, d, k = draw[1:]
    x, g = arrays(draw, (3, n, d), (3, n, k))
    right = np.einsum("bnk,bnd->kd", g, x)
    return right.T, right, {"upstream": g, "arguments": {"x": x}}


@mistake()
def gelu_without_the_density(draw):
    n, d, _ = draw[1:]
    x, g = arrays(draw, (n, d), (n, d))
    inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    t, slope = np.tanh(inner), np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    right = g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * slope)
    return g * 0.5 * (1 + t), right, {"upstream": g, "arguments": {"x": x}}


def layer_norm(draw: Draw) -> tuple:
    x, g = arrays(draw, *[(draw[1], draw[3])] * 2)
    s = np.sqrt(x.var(1, keepdims=True) + 1e-5)
    h = (x - x.mean(1, keepdims=True)) / s
    dh = g * draw[0].uniform(0.5, 2, draw[3])
    dx = (dh - dh.mean(1, keepdims=True) - h * (dh * h).mean(1, keepdims=True)) / s
    return g, h, s, dh, dx, {"upstream": g, "arguments": {"x": x, "xhat": h}}


@mistake("off by a multiple of `xhat` all along axis 1", "a multiple of `xhat` is missing all along axis 1")
def layer_norm_without_the_last_term(draw):
    _, _, s, dh, dx, clues = layer_norm(draw)
    return (dh - dh.mean(1, keepdims=True)) / s, dx, clues


@mistake(
    "a factor 1/N too much (sum, not mean?), N = size of axis 0 of the upstream gradient",
    "a factor 1/N too much (sum, not mean?), N = size of axis 0 of `x`",
)
def layer_norm_shift_averaged(draw):
    g, _, _, _, _, clues = layer_norm(draw)
    return g.mean(0), g.sum(0), clues


@mistake()
def layer_norm_means_over_rows(draw):
    _, h, s, dh, dx, clues = layer_norm(draw)
    return (dh - dh.mean(0) - h * (dh * h).mean(0)) / s, dx, clues


@mistake("off by the same number all along axis 1")
def rms_norm_with_the_mean_term(draw):
    x, g = arrays(draw, *[(draw[1], draw[3])] * 2)
    r = np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)
    h = x / r
    right = (g - h * (g * h).mean(1, keepdims=True)) / r
    return right - g.mean(1, keepdims=True) / r, right, {"upstream": g, "arguments": {"x": x}}


@mistake("off by a multiple of `x` all along axis 1", "off by a multiple of `xhat` all along axis 1")
def rms_norm_straight_through(draw):
    x, g = arrays(draw, *[(draw[1], draw[3])] * 2)
    r = np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)
    h = x / r
    right = (g - h * (g * h).mean(1, keepdims=True)) / r
    return g / r, right, {"upstream": g, "arguments": {"x": x}}


def attention(draw: Draw) -> tuple:
    t, s, d = draw[1:]
    q, k, v, g = arrays(draw, (t, d), (s, d), (s, d), (t, d))
    a = softmax(q @ k.T / np.sqrt(d))
    da = g @ v.T
    ds = a * (da - (da * a).sum(-1, keepdims=True))
    return q, k, a, da, ds, g, {"upstream": g, "arguments": {"q": q, "k": k, "v": v}}


@mistake(SWAPPED)
def queries_and_keys_swapped(draw):
    q, k, _, _, ds, _, clues = attention(draw)
    dq, dk = ds @ k / np.sqrt(q.shape[1]), ds.T @ q / np.sqrt(q.shape[1])
    return (dk, dq), (dq, dk), clues


@mistake(SQRT)
def queries_without_scale(draw):
    q, k, _, _, ds, _, clues = attention(draw)
    return ds @ k, ds @ k / np.sqrt(q.shape[1]), clues


@mistake("`a` is transposed where it must not be, or the other way round")
def values_by_a_untransposed_square(draw):
    _, n, d, _ = draw
    z, g = arrays(draw, (n, n), (n, d))
    a = softmax(z)
    return a @ g, a.T @ g, {"upstream": g, "arguments": {"a": a}}


@mistake(MASK)
def masked_scores_get_a_gradient(draw):
    z, g = arrays(draw, *[(draw[3], draw[3])] * 2)
    a = softmax(np.where(np.tri(draw[3], dtype=bool), z, -np.inf))
    right = a * (g - (g * a).sum(-1, keepdims=True))
    wrong = np.where(a > 0, right, g * 0.1)
    return wrong, right, {"upstream": g, "arguments": {"a": a}}


@mistake("only the contribution through V is there: `=` where `+=` is needed?")
def heads_send_back_one_path(draw):
    n, d, _ = draw[1:]
    parts = dict(zip(("through Q", "through K", "through V"), arrays(draw, *[(n, d)] * 3), strict=True))
    return parts["through V"], sum(parts.values()), {"contributions": parts}


@mistake(
    "the contribution of the head is missing",
    "only the contribution of the embedding is there: `=` where `+=` is needed?",
)
def tied_head_counts_one_path(draw):
    v, d = draw[2:]
    parts = dict(zip(("of the embedding", "of the head"), arrays(draw, *[(v, d)] * 2), strict=True))
    return parts["of the embedding"], sum(parts.values()), {"contributions": parts}


@mistake("rows that `ids` names more than once are assigned, not added: `=` where `+=` is needed?")
def embedding_rows_assigned(draw):
    v, d = draw[2:]
    ids, (g,) = draw[0].integers(0, v, 4 * v), arrays(draw, (4 * v, d))
    right, wrong = np.zeros((v, d)), np.zeros((v, d))
    np.add.at(right, ids, g)
    wrong[ids] = g
    return wrong, right, {"upstream": g, "arguments": {"ids": ids}}


@mistake("off by the same factor all along axis 1")
def embedding_rows_averaged(draw):
    v, d = draw[2:]
    ids, (g,) = draw[0].integers(0, v, 4 * v), arrays(draw, (4 * v, d))
    ids[:v] = np.arange(v)
    right = np.zeros((v, d))
    np.add.at(right, ids, g)
    return right / np.bincount(ids, minlength=v)[:, None], right, {"upstream": g, "arguments": {"ids": ids}}


@mistake(NOT_SUMMED)
def positions_not_summed_over_the_batch(draw):
    n, d, k = draw[1:]
    (g,) = arrays(draw, (n, d, k))
    return g, g.sum(0), {"upstream": g}


@mistake(NOT_SUMMED)
def shared_weight_not_summed_over_the_batch(draw):
    n, d, k = draw[1:]
    x, g = arrays(draw, (n, 8, d), (n, 8, k))
    each = x.transpose(0, 2, 1) @ g
    return each, each.sum(0), {"upstream": g, "arguments": {"x": x}}


@mistake("the upstream gradient is missing as a term (the path around?)")
def residual_path_dropped(draw):
    n, d, _ = draw[1:]
    w, g = arrays(draw, (d, d), (n, d))
    return g @ w, g + g @ w, {"upstream": g, "arguments": {"W": w}}
