"""Wrong gradients from the formulas of units 5 and 8: the second trial, first half.

Each truth was written down before the first run: the sentences that are true of the mistake, the best one
first; none where nothing general could say it. Any other sentence is a misnaming. The first run, before
any rule was changed: of 45, 20 named, 22 silent, 3 told something true but vaguer than noted. Then causes
were added, and the truths of ten mistakes were put into the words of those. The other half is in
wrong_transformer.py; wrong_gradients.py is the first trial.
"""

from collections.abc import Callable

import numpy as np

Draw = tuple[np.random.Generator, int, int, int]
UNITS: dict[str, tuple[Callable[..., tuple], tuple[str, ...]]] = {}

SIGN = "the sign is wrong (times -1)"
NO_UPSTREAM = "the upstream gradient is missing"
TRANSPOSED = "transposed (right after .T)"
DIAGONAL = "only the diagonal of the softmax Jacobian"
ONE_OF_TWO = "holds one of its two contributions: `=` where `+=` is needed?"
MASK = "right but where it must be 0"
IGNORED = "the mean counts ignored targets too"
NO_SUM = "the sum of the upstream gradient is missing in the gradient of log_softmax"
OVERFLOW = "overflow: exp of a large number"


def mistake(*truths: str) -> Callable:
    """Add one wrong gradient: a function of a draw that returns yours, expected and the clues."""

    def add(function: Callable) -> Callable:
        UNITS[function.__name__] = function, truths
        return function

    return add


def arrays(draw: Draw, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    return [draw[0].uniform(0.3, 2.0, shape) * draw[0].choice([-1, 1], shape) for shape in shapes]


def numbers(draw: Draw, count: int) -> list[float]:
    return draw[0].uniform(0.4, 2.5, count).tolist()


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


# Unit 5: single numbers.


@mistake("uses `x` where `s` belongs")
def sigmoid_at_the_input(draw):
    x, g = numbers(draw, 2)
    s = 1 / (1 + np.exp(-x))
    return g * x * (1 - x), float(g * s * (1 - s)), {"upstream": g, "arguments": {"x": x, "s": float(s)}}


@mistake()
def reflected_division_the_wrong_way_round(draw):
    """10 / a, differentiated as if it were a / 10."""
    a, g = numbers(draw, 2)
    return g / 10, -10 * g / a**2, {"upstream": g, "arguments": {"a": a}}


@mistake(NO_UPSTREAM)
def power_without_upstream(draw):
    a, g = numbers(draw, 2)
    return 3 * a**2, 3 * g * a**2, {"upstream": g, "arguments": {"a": a}}


@mistake("a factor `a`**2 too much (multiplied by `a` where it must be divided by it?)")
def log_multiplies(draw):
    a, g = numbers(draw, 2)
    return g * a, g / a, {"upstream": g, "arguments": {"a": a}}


@mistake("uses `a` where `out` belongs")
def exp_of_the_input(draw):
    a, g = numbers(draw, 2)
    return g * a, g * float(np.exp(a)), {"upstream": g, "arguments": {"a": a, "out": float(np.exp(a))}}


@mistake("a factor 2 too much")
def stale_gradients_are_sent_again(draw):
    a, b = numbers(draw, 2)
    return 4 * a * b, 2 * a * b, {"arguments": {"a": a, "b": b}}


@mistake(ONE_OF_TWO)
def diamond_keeps_its_last_path(draw):
    a, b, c = numbers(draw, 3)
    parts = [b * c, 2 * a * b * b]
    return parts[1], sum(parts), {"arguments": {"a": a, "b": b, "c": c}, "contributions": parts}


# Unit 8: softmax and cross-entropy.


def ce(draw: Draw) -> tuple:
    n, v = draw[1], draw[3]
    (z,) = arrays(draw, (n, v))
    one_hot = np.eye(v)[draw[0].integers(0, v, n)]
    return z, softmax(z), one_hot, n, {"arguments": {"logits": z}}


@mistake(SIGN)
def ce_gradient_of_the_likelihood(draw):
    _, p, y, n, clues = ce(draw)
    return (y - p) / n, (p - y) / n, clues


@mistake(IGNORED)
def ce_divides_by_all(draw):
    _, p, y, n, clues = ce(draw)
    ignored = 1 if n == 4 else 2
    kept = (np.arange(n) >= ignored)[:, None]
    right = (p - y) * kept / (n - ignored)
    return right * (n - ignored) / n, right, clues


@mistake(MASK)
def ce_of_minus_one_is_the_last_class(draw):
    _, p, y, n, clues = ce(draw)
    kept = (np.arange(n) != 1)[:, None]
    y[1] = np.eye(y.shape[1])[-1]
    return (p - y) / (n - 1), (p - y) * kept / (n - 1), clues


@mistake()
def smoothing_over_the_other_classes(draw):
    _, p, y, n, clues = ce(draw)
    v, eps = y.shape[1], 0.1
    wrong = (1 - eps) * y + eps / (v - 1) * (1 - y)
    return (p - wrong) / n, (p - (1 - eps) * y - eps / v) / n, clues


@mistake()
def smoothing_only_in_the_loss(draw):
    _, p, y, n, clues = ce(draw)
    return (p - y) / n, (p - 0.8 * y - 0.2 / y.shape[1]) / n, clues


@mistake("a factor `T` too much (or a division by it is missing)")
def temperature_without_its_own_factor(draw):
    z, _, y, _, _ = ce(draw)
    t = numbers(draw, 1)[0]
    d = softmax(z / t) - y
    return d, d / t, {"arguments": {"z": z, "T": t}}


def softmax_rows(draw: Draw) -> tuple:
    z, g = arrays(draw, (draw[1], draw[3]), (draw[1], draw[3]))
    p = softmax(z)
    right = p * (g - (g * p).sum(-1, keepdims=True))
    return g, p, right, {"upstream": g, "arguments": {"p": p}}


@mistake(DIAGONAL)
def softmax_diagonal_from_p(draw):
    g, p, right, clues = softmax_rows(draw)
    return g * p * (1 - p), right, clues


@mistake("the sum is missing in the gradient of softmax")
def softmax_without_the_sum(draw):
    g, p, right, clues = softmax_rows(draw)
    return g * p, right, clues


@mistake("the sum runs over axis 0 where axis 1 belongs")
def softmax_sums_over_queries(draw):
    g, p, right, clues = softmax_rows(draw)
    return p * (g - (g * p).sum(0)), right, clues


@mistake(NO_SUM)
def log_softmax_without_the_sum(draw):
    g, p, _, clues = softmax_rows(draw)
    return g - p * g, g - p * g.sum(-1, keepdims=True), clues


@mistake(NO_SUM)
def log_softmax_of_one_target(draw):
    """Right for cross-entropy, where g sums to 1."""
    g, p, _, clues = softmax_rows(draw)
    return g - p, g - p * g.sum(-1, keepdims=True), clues


@mistake(OVERFLOW)
def softmax_of_large_numbers(draw):
    z = arrays(draw, (draw[1], draw[3]))[0] * 100
    z[1] += 1000
    with np.errstate(all="ignore"):
        naive = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    return naive, softmax(z), {"arguments": {"z": z}}
