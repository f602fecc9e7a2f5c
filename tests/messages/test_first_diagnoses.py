"""Each first diagnosis through the real examiner, and beside it the mistake that looks alike.

A twin is another mistake with the same look, on one draw at least: it must be named rightly or not at all.
"""

import pytest

SILENT = ""
STABLE = "e = np.exp(z - z.max(1, keepdims=True))\np = e / e.sum(1, keepdims=True)\n"
NAMED = [
    ("forgot `return`?", {"chain": "g * np.cos(x)"}),
    (
        "the right numbers in another shape (right after reshape)",
        {"weights": "return (x.T @ g / len(x)).ravel()"},
    ),
    ("transposed (right after .T)", {"weights": "return g.T @ x / len(x)"}),
    ("transposed (right after .T)", {"square": "return g.T @ x / len(x)"}),
    ("not summed over broadcast axis 0", {"bias": "return g"}),
    ("the sign is wrong (times -1)", {"chain": "return -g * np.cos(x)"}),
    ("missing factor 1/N (mean, not sum?), N = size of axis 0 of `x`", {"weights": "return x.T @ g"}),
    (
        "only the contribution through the square is there: `=` where `+=` is needed?",
        {"reuse": "return 2 * a * c"},
    ),
    ("holds one of its two contributions: `=` where `+=` is needed?", {"loop": "return parts[-1]"}),
    ("the upstream gradient is missing", {"chain": "return np.cos(x)"}),
    ("only the diagonal of the softmax Jacobian", {"softmax_backward": "return p * (1 - p) * g"}),
    ("overflow: exp of a large number", {"softmax": "e = np.exp(z)\nreturn e / e.sum(1, keepdims=True)"}),
    (
        "the mean counts ignored targets too",
        {
            "ce_gradient": """
            p = softmax(z)
            p[np.arange(len(z)), targets] -= 1
            return p * (targets != -1)[:, None] / len(z)
            """
        },
    ),
    (
        "divided by the number of all targets where the number of kept targets belongs",
        {"loss": "return float(each[kept].sum() / each.size)"},
    ),
]

# What looks alike -> what is said of it.
TWINS = [
    # The two draws have 13 and 23 rows. None comes back from one branch only, a sign from one only.
    ({"chain": "if len(x) > 20:\n    return -g * np.cos(x)"}, SILENT),
    ({"weights": "return (x.T @ g).ravel() + 1"}, SILENT),  # the same shape, other numbers
    (
        {"weights": "return (x.T @ g / len(x)).reshape(g.shape[1], -1)"},
        "the right numbers in another shape (right after reshape)",
    ),
    ({"square": "return x @ g / len(x)"}, "`x` is transposed where it must not be, or the other way round"),
    ({"bias": "return g - g.mean(0)"}, SILENT),  # not summed, and its sum is 0
    (
        {"bias": "return g.mean(0)"},
        "a factor 1/N too much (sum, not mean?), N = size of axis 0 of the upstream gradient",
    ),
    ({"chain": "return -g * abs(np.cos(x))"}, "only the signs are wrong, and not everywhere"),
    ({"chain": "return g * np.cos(x) * (-2 if len(x) > 20 else -1)"}, SILENT),
    ({"weights": "return 7 * x.T @ g / len(x)"}, "a constant factor 7 too large"),
    ({"weights": "return x.T @ g / len(g.T)"}, "off by the same factor everywhere"),
    # All sizes are 5 in every draw: whether this is an N, and which, cannot be told.
    ({"square": "return x.T @ g"}, "5x too large: missing factor 1/N (mean, not sum?)"),
    ({"reuse": "return (b + 2 * a * c) / 2"}, "a factor 2 is missing"),
    ({"reuse": "return a * c"}, SILENT),
    ({"loop": "return (parts[0] + parts[1]) / 2"}, "a factor 2 is missing"),
    ({"loop": "return parts[0] - parts[1]"}, SILENT),
    ({"loop": "return parts[0] * parts[1]"}, "the contributions are multiplied where they must be added"),
    ({"chain": "return g * g * np.cos(x)"}, "the upstream gradient is multiplied in twice"),
    ({"chain": "return g.mean() * np.cos(x)"}, SILENT),
    ({"softmax_backward": "return p * g"}, "the sum is missing in the gradient of softmax"),
    (
        {"softmax_backward": "return p * (g - (p * g).sum(0))"},
        "the sum runs over axis 0 where axis 1 belongs",
    ),
    ({"softmax_backward": "return p * (1 + p) * g"}, SILENT),
    # nan where no number is large, and inf where one is, but not from its exponential.
    (
        {"softmax": STABLE + "p[1] = np.log(-p[1])\nreturn p"},
        "nan (0/0, inf - inf, or the log of a negative number?)",
    ),
    (
        {"softmax": STABLE + "return p + np.where(z == z.min(), np.inf, 0)"},
        "inf (an overflow, or a division by 0?)",
    ),
    (
        {
            "ce_gradient": """
            kept = targets != -1
            p = softmax(z)
            p[np.arange(len(z)), targets] -= 1
            return p * kept[:, None] / kept.sum() / 2
            """
        },
        "a factor 2 is missing",
    ),
    ({"loss": "return float(each[kept].mean() * 0.7)"}, "a constant factor 1.429 too small"),
    ({"loss": "return float(each.mean())"}, SILENT),
    # The same literals three times: one draw, in which 2.0 is a third of 6.0 and 4 less.
    ({"triple": "return 1.0 * x"}, SILENT),
]


@pytest.mark.parametrize(("sentence", "wrong"), NAMED)
def test_the_mistake_is_named(said, sentence, wrong):
    assert said(**wrong) == sentence


@pytest.mark.parametrize(("wrong", "sentence"), TWINS)
def test_what_looks_alike_is_not_taken_for_it(said, wrong, sentence):
    assert said(**wrong) == sentence


@pytest.mark.parametrize(("sentence", "wrong"), [NAMED[0], NAMED[6], NAMED[10], NAMED[12]])
def test_the_jail_says_the_same(said_in_the_jail, sentence, wrong):
    assert said_in_the_jail(**wrong) == sentence
