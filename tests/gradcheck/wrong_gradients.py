"""Typical wrong gradients, each with the sentence that names it: the table of the trial.

Each function takes a draw (generator, n, d, k) and returns the wrong value, the right one, and the clues
that a test would give.
"""

from collections.abc import Callable

import numpy as np

Draw = tuple[np.random.Generator, int, int, int]
TRIAL: dict[str, tuple[Callable[..., tuple], str]] = {}

UPSTREAM = "equal to the upstream gradient: the local derivative is missing"
NO_UPSTREAM = "the upstream gradient is missing"
SIGN = "the sign is wrong (times -1)"
TRANSPOSED = "transposed (right after .T)"
UNNAMED = ""  # nothing general explains it; an exercise lists it among its suspects
DIAGONAL = "only the diagonal of the softmax Jacobian"


def mistake(truth: str) -> Callable:
    """Add one wrong gradient: a function of a draw that returns yours, expected and the clues."""

    def add(function: Callable) -> Callable:
        TRIAL[function.__name__] = function, truth
        return function

    return add


def arrays(draw: Draw, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    return [draw[0].uniform(0.3, 2.0, shape) * draw[0].choice([-1, 1], shape) for shape in shapes]


def linear(draw: Draw) -> tuple:
    _, n, d, k = draw
    x, g = arrays(draw, (n, d), (n, k))
    return n, x, g, {"upstream": g, "arguments": {"x": x}}


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def cross_entropy(draw: Draw, shape: tuple[int, ...]) -> tuple:
    (z,) = arrays(draw, shape)
    one_hot = np.eye(shape[-1])[draw[0].integers(0, shape[-1], shape[:-1])]
    return softmax(z) - one_hot, {"arguments": {"logits": z}}


def softmax_rows(draw: Draw) -> tuple:
    z, g = arrays(draw, (draw[1], draw[3]), (draw[1], draw[3]))
    return g, softmax(z), {"upstream": g, "arguments": {"z": z, "p": softmax(z)}}


def softmax_backward(g: np.ndarray, p: np.ndarray) -> np.ndarray:
    return p * (g - (g * p).sum(-1, keepdims=True))


def elementwise(name: str, truth: str, formula: Callable) -> None:
    """Add a wrong gradient of a function of a and b, from the wrong formula and the right one."""

    def function(draw: Draw) -> tuple:
        a, b, g = arrays(draw, *[draw[1:3]] * 3)
        return *formula(a, b, g), {"upstream": g, "arguments": {"a": a, "b": b}}

    TRIAL[name] = function, truth


elementwise("mul_own_data", "uses `a` where `b` belongs", lambda a, b, g: (g * a, g * b))
elementwise("mul_without_local", UPSTREAM, lambda a, b, g: (g, g * b))
elementwise("division_sign", SIGN, lambda a, b, g: (g * a / b**2, -g * a / b**2))
elementwise(
    "division_without_the_square",
    "a factor `b` too much (or a division by it is missing)",
    lambda a, b, g: (-g * a / b, -g * a / b**2),
)
elementwise(
    "division_without_the_numerator", "missing factor `a`", lambda a, b, g: (-g / b**2, -g * a / b**2)
)
elementwise(
    "adds_along_a_path",
    "the upstream gradient is added where it must be multiplied",
    lambda a, b, g: (g + np.exp(a), g * np.exp(a)),
)
elementwise(
    "upstream_twice",
    "the upstream gradient is multiplied in twice",
    lambda a, b, g: (g * g * np.exp(a), g * np.exp(a)),
)
elementwise("relu_without_mask", UPSTREAM, lambda a, b, g: (g, g * (a > 0)))
elementwise(
    "leaky_slope_on_the_wrong_side",
    "right only where `a` > 0",
    lambda a, b, g: (g * np.where(a > 0, 1, -0.1), g * np.where(a > 0, 1, 0.1)),
)
elementwise("returns_nothing", "forgot `return`?", lambda a, b, g: (None, g))
elementwise("reversed_time", "in reversed order along axis 0", lambda a, b, g: ((g * a)[::-1], g * a))
elementwise(
    "shifted_targets", "shifted by one along axis 0", lambda a, b, g: (np.roll(g * a * b, 1, 0), g * a * b)
)
elementwise("detached", "all zeros", lambda a, b, g: (0 * g, g * np.exp(a)))
elementwise("three_times", "a constant factor 3 too large", lambda a, b, g: (3 * g * a**2, g * a**2))
elementwise(
    "logarithm_of_base_2",
    "a factor 1/ln 2 too much (base 2 where base e belongs?)",
    lambda a, b, g: (g / a / np.log(2), g / a),
)


@mistake(NO_UPSTREAM)
def tanh_without_upstream(draw):
    x, g = arrays(draw, *[draw[1:3]] * 2)
    t = np.tanh(x)
    return 1 - t**2, g * (1 - t**2), {"upstream": g, "arguments": {"x": x, "t": t}}


@mistake("uses `x` where `t` belongs")
def tanh_at_the_input(draw):
    x, g = arrays(draw, *[draw[1:3]] * 2)
    t = np.tanh(x)
    return g * (1 - x**2), g * (1 - t**2), {"upstream": g, "arguments": {"x": x, "t": t}}


@mistake(TRANSPOSED)
def matmul_transposed_square(draw):
    _, n, _, k = draw
    x, g = arrays(draw, (k, n), (k, n))
    return g.T @ x, x.T @ g, {"upstream": g, "arguments": {"x": x}}


@mistake(TRANSPOSED)
def weights_transposed(draw):
    _, x, g, clues = linear(draw)
    return g.T @ x, x.T @ g, clues


@mistake("missing factor 1/N (mean, not sum?), N = size of axis 0 of `x`")
def weights_summed(draw):
    n, x, g, clues = linear(draw)
    return x.T @ g, x.T @ g / n, clues


@mistake("a factor 1/N too much (sum, not mean?), N = size of axis 0 of `x`")
def bias_mean(draw):
    _, _, g, clues = linear(draw)
    return g.mean(0), g.sum(0), clues


@mistake("not summed over broadcast axis 0")
def bias_not_summed(draw):
    _, _, g, clues = linear(draw)
    return g, g.sum(0), clues


@mistake("an axis of size 1 too many")
def bias_keepdims(draw):
    _, _, g, clues = linear(draw)
    return g.sum(0, keepdims=True), g.sum(0), clues


@mistake("summed over axis 1, which must stay")
def summed_over_the_wrong_axis_too(draw):
    _, n, d, k = draw
    (g,) = arrays(draw, (n, d, k))
    return g.sum((0, 2)), g.sum(0), {"upstream": g}


@mistake("not expanded back over axis 1")
def sum_without_its_axis(draw):
    (g,) = arrays(draw, draw[1:2])
    return g, np.repeat(g[:, None], draw[3], axis=1), {"upstream": g}


@mistake("not summed over broadcast axes 0 and 1")
def scale_not_summed(draw):
    _, n, d, _ = draw
    x, g = arrays(draw, (n, d), (n, d))
    return g * x, np.sum(g * x), {"upstream": g, "arguments": {"x": x}}


@mistake("the axes are in another order (right after transpose(0, 2, 1))")
def batched_transposed(draw):
    _, n, d, k = draw
    x, g = arrays(draw, (n, d, k), (n, d, d))
    return g.transpose(0, 2, 1) @ x, (g.transpose(0, 2, 1) @ x).transpose(0, 2, 1), {"upstream": g}


@mistake("missing factor 1/N (mean, not sum?), N = size of axis 0")
def cross_entropy_sum(draw):
    _, n, _, v = draw
    d, clues = cross_entropy(draw, (n, v))
    return d, d / n, clues


@mistake("missing factor 1/N (mean, not sum?), N = size of axes 0 and 1 together")
def cross_entropy_sum_over_time(draw):
    _, b, t, v = draw
    d, clues = cross_entropy(draw, (b, t, v))
    return d, d / (b * t), clues


@mistake("a factor 1/N too much (sum, not mean?), N = size of axis 1")
def cross_entropy_over_all_elements(draw):
    _, n, _, v = draw
    d, clues = cross_entropy(draw, (n, v))
    return d / (n * v), d / n, clues


@mistake("a factor 2 is missing")
def mse_without_two(draw):
    _, n, d, _ = draw
    x, w, y = arrays(draw, (n, d), (d,), (n,))
    e = x @ w - y
    return x.T @ e / n, 2 * x.T @ e / n, {"arguments": {"x": x, "w": w, "y": y}}


@mistake("missing factor 2/N, N = size of axis 0 of `x`")
def mse_without_two_over_n(draw):
    _, n, d, _ = draw
    x, w, y = arrays(draw, (n, d), (d,), (n,))
    e = x @ w - y
    return x.T @ e, 2 * x.T @ e / n, {"arguments": {"x": x, "w": w, "y": y}}


@mistake(DIAGONAL)
def softmax_diagonal(draw):
    g, p, clues = softmax_rows(draw)
    diagonal = g * p * (1 - p)
    return diagonal, softmax_backward(g, p), {**clues, "suspects": {DIAGONAL: diagonal}}


@mistake("missing factor `p`")
def softmax_without_outer_p(draw):
    g, p, clues = softmax_rows(draw)
    return softmax_backward(g, p) / p, softmax_backward(g, p), clues


@mistake("missing factor 1/sqrt(N), N = size of axis 1")
def attention_without_scale(draw):
    _, t, s, d = draw
    q, k, ds = arrays(draw, (t, d), (s, d), (t, s))
    return ds.T @ q, ds.T @ q / np.sqrt(d), {"arguments": {"q": q, "k": k}}


def layer_norm(draw):
    rng, n, _, d = draw
    x, g = arrays(draw, (n, d), (n, d))
    gamma = rng.uniform(0.5, 2, d)
    s = np.sqrt(x.var(1, keepdims=True) + 1e-5)
    h = (x - x.mean(1, keepdims=True)) / s
    dh = g * gamma
    dx = (dh - dh.mean(1, keepdims=True) - h * (dh * h).mean(1, keepdims=True)) / s
    return x, g, gamma, s, h, dx, {"upstream": g, "arguments": {"x": x, "gamma": gamma, "xhat": h}}


@mistake("off by the same number all along axis 1")
def layer_norm_without_the_mean(draw):
    _, g, gamma, s, _, dx, clues = layer_norm(draw)
    return dx + (g * gamma / s).mean(1, keepdims=True), dx, clues


@mistake("off by the same factor all along axis 1")
def layer_norm_without_sigma(draw):
    _, _, _, s, _, dx, clues = layer_norm(draw)
    return dx * s, dx, clues


@mistake("uses `x` where `xhat` belongs")
def layer_norm_gain_of_x(draw):
    x, g, _, _, h, _, clues = layer_norm(draw)
    return (g * x).sum(0), (g * h).sum(0), clues


@mistake("a count under a root is off by one, N = size of axis 1 (ddof of the variance?)")
def layer_norm_of_the_sample(draw):
    x, _, _, _, _, _, clues = layer_norm(draw)
    centred = x - x.mean(1, keepdims=True)
    return centred / x.std(1, ddof=1, keepdims=True), centred / x.std(1, keepdims=True), clues


@mistake(UNNAMED)
def layer_norm_gain_outside(draw):
    _, g, gamma, s, h, dx, clues = layer_norm(draw)
    return gamma * (g - g.mean(1, keepdims=True) - h * (g * h).mean(1, keepdims=True)) / s, dx, clues


@mistake(UNNAMED)
def layer_norm_straight_through(draw):
    _, g, gamma, s, _, dx, clues = layer_norm(draw)
    return g * gamma / s, dx, clues


@mistake("the sum runs over axis 0 where axis 1 belongs")
def softmax_over_the_wrong_axis(draw):
    g, p, clues = softmax_rows(draw)
    return p * (g - (g * p).sum(0)), softmax_backward(g, p), clues


@mistake(UNNAMED)
def embedding_assigned(draw):
    rng, _, d, v = draw
    ids, (g,) = rng.integers(0, v, 4 * v), arrays(draw, (4 * v, d))
    right, wrong = np.zeros((v, d)), np.zeros((v, d))
    np.add.at(right, ids, g)
    wrong[ids] = g
    return wrong, right, {"upstream": g}


@mistake("reshape where a transpose belongs")
def heads_reshaped(draw):
    _, n, d, k = draw
    (x,) = arrays(draw, (n, d, k))
    return x.reshape(d, n, k), x.transpose(1, 0, 2), {}


@mistake("the sign of the term `lr` times `g` is wrong")
def uphill(draw):
    w, g = arrays(draw, *[draw[1:3]] * 2)
    lr = float(draw[0].uniform(0.01, 0.2))
    return w + lr * g, w - lr * g, {"arguments": {"w": w, "g": g, "lr": lr}}


@mistake("the term `beta` is missing")
def affine_without_shift(draw):
    h, gamma, beta = arrays(draw, draw[1:3], draw[2:3], draw[2:3])
    return h * gamma, h * gamma + beta, {"arguments": {"x": h, "gamma": gamma, "beta": beta}}


@mistake("right but where it must be 0")
def ignored_rows_not_zeroed(draw):
    _, n, _, v = draw
    z, g = arrays(draw, (n, v), (n, v))
    kept = (np.arange(n) != 1)[:, None]
    return g * z**2 / 3, g * z**2 / 3 * kept, {"arguments": {"z": z}}


@mistake("the right results in another order")
def results_swapped(draw):
    _, n, d, k = draw
    x, w, g = arrays(draw, (n, d), (d, k), (n, k))
    return (x.T @ g, g @ w.T), (g @ w.T, x.T @ g), {}


# From here on numbers: many explanations fit one number, so these are where a misnaming would begin.


@mistake("`=` where `+=` is needed")
def one_of_two_contributions(draw):
    a = float(draw[0].uniform(1, 3))
    return a, 2 * a, {"arguments": {"a": a}, "suspects": {"`=` where `+=` is needed": a}}


@mistake("uses `a` where `b` belongs")
def scalar_own_data(draw):
    a, b = draw[0].uniform(1, 3, 2).tolist()
    return a, b, {"upstream": 1.0, "arguments": {"a": a, "b": b}}


@mistake("missing factor `n`")
def power_without_exponent(draw):
    x, n = float(draw[0].uniform(1, 3)), float(draw[0].uniform(2, 5))
    return x ** (n - 1), n * x ** (n - 1), {"arguments": {"x": x, "n": n}}


@mistake("missing factor `x`")
def power_of_one_less(draw):
    x, n = float(draw[0].uniform(1, 3)), float(draw[0].uniform(2, 5))
    return n * x ** (n - 2), n * x ** (n - 1), {"arguments": {"x": x, "n": n}}


@mistake(UNNAMED)
def nothing_but_noise(draw):
    x, g = arrays(draw, *[draw[1:3]] * 2)
    return draw[0].normal(size=g.shape), g * np.exp(x), {"upstream": g, "arguments": {"x": x}}


@mistake(UNNAMED)
def scalar_noise(draw):
    a, b, c = draw[0].uniform(1, 3, 3).tolist()
    return c, a * b, {"upstream": 1.0, "arguments": {"a": a, "b": b}, "suspects": {"`=`": a, "seed": 1.0}}


@mistake(UNNAMED)
def wrong_gelu(draw):
    x, g = arrays(draw, *[draw[1:3]] * 2)
    s = 1 / (1 + np.exp(-1.702 * x))
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    right = 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner
    return g * (s + 1.702 * x * s * (1 - s)), g * right, {"upstream": g, "arguments": {"x": x}}
