"""Public tests of unit 9: read them, run them with `pytest u09_forward`. Hidden tests decide about points."""

import pytest
import torch

from grader.testing import assert_close, assert_equal, exercise, fail, unpack

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
LAST_READ = "the last token of a short sentence is among the inputs, where it has no target"
UNSHIFTED = "the targets are not shifted: each is the token that stands at its own position"
BY_TOKEN = "the mask is read off the tokens: a target that is the padding token by right does not count"
ALL_TRUE = "padding counts: the mask is True everywhere"
NO_POSITIONS = "the positions are missing: a token is the same wherever it stands"
FROM_1 = "positions are counted from 1"
N_MINUS_1 = "the variance is divided by D - 1, not by D"
EPS_OUTSIDE = "eps is added to the root, not under it"
PLAIN = "gamma and beta are not used"
SUBTRACTED = "the mean is subtracted: that is layer_norm"
SUM = "the sum of the squares, not their mean"
OTHER_GELU = "this is the other GELU"
LARGE_TERM = "0.44715, where 0.044715 belongs"
QUICK = "the quick GELU, x sigmoid(1.702 x), is a third function"
NO_B1, NO_B2 = "b1 is not used", "b2 is not used"
NO_ROOT_K = "the scores are not divided by the root of K"
ZERO_SCORES = "forbidden scores are set to 0, and exp(0) is 1"
AFTER = "the mask comes after the softmax: the weights no longer sum to 1"
NO_MASK = "the mask is not used"
NOT_ITSELF, AHEAD = "a position may not look at itself", "positions look ahead, not back"
STRAIGHT = "reshaped straight to [B, heads, T, K], which mixes positions and heads"
INTERLEAVED = "the heads are interleaved: each has every H-th number, not K in a row"
ROOT_D = "the scores are divided by the root of D, not by that of K"
WO_TURNED = "wo is used transposed"
NO_WO = "the output projection is missing"
OTHER_ORDER = "this is the other order: the norms stand in the wrong places"
NO_PATH = "there is no residual path around attention"
BEHIND = "the residual path starts behind the norm: the normalized x is added, not x"
NO_FINAL = "the final norm is missing"
ALL_COUNT = "all positions count: the mask is not used"
SUMMED = "summed over the positions that count, where their mean belongs"
LOOKS_AHEAD = "the mask is missing: every position looks at those behind it"
TWICE = "the head counts twice: a tied head has no numbers of its own"


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def whole(values, device):
    return torch.tensor(values, dtype=torch.int64, device=device)


def table(start, *shape, device):
    """Weights that look drawn: multiples of 1/4 from -5/4 to 5/4."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.float64, device=device)
    return (((count * 7 + start) % 11 - 5) / 4).reshape(shape)


# ---------------------------------------------------------------------------- make_batch


@exercise("u09.make_batch")
def test_two_sentences_of_the_lesson(student, device):
    """BOS I like transformers EOS: four inputs, and for each the token after it; BOS like EOS has two."""
    called = "make_batch([[1, 3, 4, 5, 2], [1, 4, 2]])"
    inputs, targets, mask = unpack(
        student.make_batch([[1, 3, 4, 5, 2], [1, 4, 2]], 0, str(device)), "(inputs, targets, mask)"
    )
    suspects = {LAST_READ: whole([[1, 3, 4, 5], [1, 4, 2, 0]], device)}
    expected = whole([[1, 3, 4, 5], [1, 4, 0, 0]], device)
    assert_equal(inputs, expected, of="inputs", called=called, suspects=suspects)
    suspects = {UNSHIFTED: whole([[1, 3, 4, 5], [1, 4, 0, 0]], device)}
    expected = whole([[3, 4, 5, 2], [4, 2, 0, 0]], device)
    assert_equal(targets, expected, of="targets", called=called, suspects=suspects)
    expected = torch.tensor([[True, True, True, True], [True, True, False, False]], device=device)
    suspects = {ALL_TRUE: torch.ones_like(expected)}
    assert_equal(mask, expected, of="mask", called=called, suspects=suspects)


@exercise("u09.make_batch")
def test_sentences_that_end_in_the_padding_token(student, device):
    """Where EOS is the padding too, each sentence's own EOS counts as a target; those behind it do not."""
    called = "make_batch([[1, 4, 2], [1, 2, 3, 4, 2]], pad=2)"
    inputs, targets, mask = unpack(
        student.make_batch([[1, 4, 2], [1, 2, 3, 4, 2]], 2, str(device)), "(inputs, targets, mask)"
    )
    assert_equal(inputs, whole([[1, 4, 2, 2], [1, 2, 3, 4]], device), of="inputs", called=called)
    suspects = {UNSHIFTED: whole([[1, 4, 2, 2], [1, 2, 3, 4]], device)}
    expected = whole([[4, 2, 2, 2], [2, 3, 4, 2]], device)
    assert_equal(targets, expected, of="targets", called=called, suspects=suspects)
    expected = torch.tensor([[True, True, False, False], [True, True, True, True]], device=device)
    read_off = torch.tensor([[True, False, False, False], [False, True, True, False]], device=device)
    suspects = {BY_TOKEN: read_off, ALL_TRUE: torch.ones_like(expected)}
    assert_equal(mask, expected, of="mask", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- embed


@exercise("u09.embed")
def test_token_one_at_two_places(student, device):
    """Token 1 stands at the positions 0 and 2, and is not the same there."""
    tok = numbers([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0], [70.0, 80.0, 90.0]], device)
    pos = numbers([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [0.1, 0.2, 0.3]], device)
    tokens = whole([[1, 2, 1]], device)
    called = "embed([[1, 2, 1]], tok, pos)"
    out, cache = unpack(student.embed(tokens, tok, pos), "(out, cache)")
    expected = numbers([[[41.0, 52.0, 63.0], [74.0, 85.0, 96.0], [47.0, 58.0, 69.0]]], device)
    late = numbers([[[44.0, 55.0, 66.0], [77.0, 88.0, 99.0], [40.1, 50.2, 60.3]]], device)
    assert_close(out, expected, of="out", called=called, suspects={NO_POSITIONS: tok[tokens], FROM_1: late})
    kept, V, M = unpack(cache, "(tokens, V, M)")
    assert_equal((V, M), (3, 4), of="(V, M)", called=called)
    assert_equal(kept, tokens, of="tokens in the cache", called=called)


@exercise("u09.embed")
def test_sentences_longer_than_the_table_of_positions(student, device):
    """Four positions fit a table of four rows; with five there is no row for the last one."""
    tok, pos = table(3, 3, 2, device=device), table(1, 4, 2, device=device)
    out, _ = unpack(student.embed(whole([[0, 1, 2, 0]], device), tok, pos), "(out, cache)")
    expected = numbers([[[-1.5, 2.0], [0.0, -2.0], [1.5, -0.5], [0.75, 1.5]]], device)
    assert_close(out, expected, of="out", called="embed([[0, 1, 2, 0]], tok, pos)")
    with pytest.raises(ValueError):
        student.embed(whole([[0, 1, 2, 0, 1]], device), tok, pos)


# ---------------------------------------------------------------------------- layer_norm


@exercise("u09.layer_norm")
def test_norm_of_one_two_three_six(student, device):
    """The mean is 3 and the variance 3.5; what is left has mean 0 and variance 1, before gain and bias."""
    x = numbers([1.0, 2.0, 3.0, 6.0], device)
    gamma, beta = numbers([1.0, 2.0, -1.0, 0.5], device), numbers([0.0, 0.5, 1.0, -0.5], device)
    called = "layer_norm([1, 2, 3, 6], [1, 2, -1, 0.5], [0, 0.5, 1, -0.5])"
    out, cache = unpack(student.layer_norm(x, gamma, beta), "(out, cache)")
    suspects = {
        N_MINUS_1: numbers([-0.925819108, -0.425819108, 1.0, 0.194364331], device),
        PLAIN: numbers([-1.06904344, -0.53452172, 0.0, 1.60356516], device),
    }
    expected = numbers([-1.06904344, -0.56904344, 1.0, 0.30178258], device)
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    xhat, inv_std, kept = unpack(cache, "(xhat, inv_std, gamma)")
    expected = numbers([-1.06904344, -0.53452172, 0.0, 1.60356516], device)
    assert_close(xhat, expected, of="xhat", called=called)
    assert_close(inv_std, numbers([0.53452172], device), of="inv_std", called=called)
    assert_equal(kept, gamma, of="gamma in the cache", called=called)


@exercise("u09.layer_norm")
def test_norms_of_two_positions(student, device):
    """Each row by itself; with eps = 0.5 the small row stays small."""
    x = numbers([[0.25, -0.5, 1.0], [4.0, -2.0, 10.0]], device)
    gamma, beta = numbers([2.0, 1.0, -0.5], device), numbers([0.0, 1.0, -1.0], device)
    called = "layer_norm(x, gamma, beta, eps=0.5) with x of shape (2, 3)"
    out, _ = unpack(student.layer_norm(x, gamma, beta, eps=0.5), "(out, cache)")
    suspects = {
        N_MINUS_1: numbers([[0.0, 0.272393125, -1.36380344], [0.0, 0.00687293368, -1.49656353]], device),
        EPS_OUTSIDE: numbers([[0.0, 0.325765386, -1.33711731], [0.0, -0.111321133, -1.55566057]], device),
        PLAIN: numbers([[0.0, -0.801783726, 0.801783726], [0.0, -1.21218305, 1.21218305]], device),
    }
    expected = numbers([[0.0, 0.198216274, -1.40089186], [0.0, -0.212183053, -1.60609153]], device)
    assert_close(out, expected, of="out", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- rms_norm


@exercise("u09.rms_norm")
def test_root_mean_square_of_one_two_three_six(student, device):
    """The mean square is 12.5, its root 3.54; no mean is subtracted, and nothing is added."""
    x, gamma = numbers([1.0, 2.0, 3.0, 6.0], device), numbers([1.0, 2.0, -1.0, 0.5], device)
    called = "rms_norm([1, 2, 3, 6], [1, 2, -1, 0.5])"
    out, cache = unpack(student.rms_norm(x, gamma), "(out, cache)")
    suspects = {
        SUBTRACTED: numbers([-1.06904344, -1.06904344, -0.0, 0.80178258], device),
        SUM: numbers([0.141421342, 0.565685368, -0.424264026, 0.424264026], device),
    }
    expected = numbers([0.282842599, 1.1313704, -0.848527798, 0.848527798], device)
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    xhat, inv_rms, _ = unpack(cache, "(xhat, inv_rms, gamma)")
    assert_close(
        xhat, numbers([0.282842599, 0.565685199, 0.848527798, 1.6970556], device), of="xhat", called=called
    )
    assert_close(inv_rms, numbers([0.282842599], device), of="inv_rms", called=called)


@exercise("u09.rms_norm")
def test_root_mean_squares_without_gain(student, device):
    """Without gamma there is no gain; with eps = 0.5 the small row stays small."""
    x = numbers([[0.25, -0.5, 1.0], [4.0, -2.0, 10.0]], device)
    out, cache = unpack(student.rms_norm(x, eps=0.5), "(out, cache)")
    called = "rms_norm(x, eps=0.5) with x of shape (2, 3)"
    suspects = {
        SUBTRACTED: numbers([[0.0, -0.801783726, 0.801783726], [0.0, -1.21218305, 1.21218305]], device),
        EPS_OUTSIDE: numbers(
            [[0.215250437, -0.430500874, 0.861001748], [0.586118774, -0.293059387, 1.46529694]], device
        ),
        SUM: numbers(
            [[0.185695338, -0.371390676, 0.742781353], [0.364390015, -0.182195007, 0.910975037]], device
        ),
    }
    expected = numbers(
        [[0.25819889, -0.516397779, 1.03279556], [0.628539361, -0.314269681, 1.5713484]], device
    )
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    assert_equal(cache[2], None, of="gamma in the cache", called=called)


# ---------------------------------------------------------------------------- gelu_ffn


@exercise("u09.gelu_ffn")
def test_two_gelus_and_a_relu(student, device):
    """At -2.7 the two GELUs differ most: -0.00936 and -0.00983."""
    x = numbers([-2.7, -1.0, 0.5, 2.0], device)
    erf, tanh = (
        [-0.00936082927, -0.158655254, 0.345731231, 1.95449974],
        [-0.00888759464, -0.158808009, 0.34571401, 1.95459769],
    )
    quick = [-0.0269925126, -0.154204234, 0.350388437, 1.93565862]
    large = [-2.88806692e-08, -0.0903542417, 0.354143412, 1.99972724]
    for kind, expected, others in (
        ("gelu", erf, {OTHER_GELU: tanh, QUICK: quick}),
        ("gelu_tanh", tanh, {OTHER_GELU: erf, LARGE_TERM: large, QUICK: quick}),
        ("relu", [0.0, 0.0, 0.5, 2.0], {}),
    ):
        called = f"activation([-2.7, -1, 0.5, 2], {kind!r})"
        out, cache = unpack(student.activation(x, kind), "(out, cache)")
        suspects = {sentence: numbers(other, device) for sentence, other in others.items()}
        assert_close(out, numbers(expected, device), of="out", called=called, suspects=suspects)
        assert_equal(cache, (x, kind), of="cache", called=called)
    with pytest.raises(ValueError):
        student.activation(x, "gelo")


@exercise("u09.gelu_ffn")
def test_feed_forward_with_and_without_biases(student, device):
    """Three numbers become five, and three again."""
    x = numbers([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]], device)
    p = {"w1": table(1, 5, 3, device=device), "w2": table(4, 3, 5, device=device)}
    called = "ffn(x, p, 'gelu_tanh') with x of shape (2, 3), without biases"
    out, cache = unpack(student.ffn(x, p, "gelu_tanh"), "(out, cache)")
    bare = numbers(
        [[-0.032522944, -0.0807150999, 0.11797192], [2.36897886, 0.577479197, -2.70727951]], device
    )
    assert_close(out, bare, of="out", called=called, rtol=1e-8)
    unpack(cache, "(cache_in, cache_act, cache_out)")
    p |= {"b1": numbers([1.0, -0.5, 0.25, 0.0, 2.0], device), "b2": numbers([10.0, 20.0, 30.0], device)}
    called = "ffn(x, p, 'gelu_tanh') with x of shape (2, 3)"
    out, _ = unpack(student.ffn(x, p, "gelu_tanh"), "(out, cache)")
    expected = numbers([[10.1087268, 19.7299036, 29.9994327], [15.0299085, 18.7285722, 25.9056147]], device)
    suspects = {
        NO_B1: numbers([[9.96747706, 19.9192849, 30.1179719], [12.3689789, 20.5774792, 27.2927205]], device),
        NO_B2: numbers(
            [[0.108726801, -0.270096446, -0.000567267197], [5.02990851, -1.27142777, -4.09438527]], device
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects, rtol=1e-8)


# ---------------------------------------------------------------------------- causal_attention

# The lesson's example: three positions, four numbers each.
Q = [[0.0, 0.0, 2.0, 2.0], [2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]
K = [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [1.0, 2.0, 0.0, 0.0]]
V = [[4.0, 0.0, 0.0, 1.0], [0.0, 4.0, 0.0, 2.0], [0.0, 0.0, 4.0, 3.0]]


@exercise("u09.causal_attention")
def test_mask_of_three_positions(student, device):
    """Position 0 looks at itself, position 1 at 0 and 1, position 2 at all three."""
    rows = [[True, False, False], [True, True, False], [True, True, True]]
    expected = torch.tensor(rows, device=device)
    suspects = {
        NOT_ITSELF: torch.tensor([[False] * 3, [True, False, False], [True, True, False]], device=device),
        AHEAD: torch.tensor([row[::-1] for row in rows[::-1]], device=device),
    }
    mask, called = student.causal_mask(whole([[3, 4, 5]], device)), "causal_mask([[3, 4, 5]])"
    assert_equal(mask, expected, of="the mask", called=called, suspects=suspects)


@exercise("u09.causal_attention")
def test_three_positions_of_the_lesson(student, device):
    """The first position has only itself to look at; the last has the weights 0.0900, 0.2447, 0.6652."""
    q, k, v = numbers(Q, device), numbers(K, device), numbers(V, device)
    mask = torch.tensor([[True, False, False], [True, True, False], [True, True, True]], device=device)
    called = "attention(q, k, v, mask) with the lesson's numbers"
    out, cache = unpack(student.attention(q, k, v, mask), "(out, cache)")
    expected = numbers(
        [
            [4.0, 0.0, 0.0, 1.0],
            [2.92423431, 1.07576569, 0.0, 1.26894142],
            [0.360122293, 0.978913884, 2.66096382, 2.57521038],
        ],
        device,
    )
    suspects = {
        NO_ROOT_K: numbers(
            [
                [4.0, 0.0, 0.0, 1.0],
                [3.52318831, 0.476811688, 0.0, 1.11920292],
                [0.0635049599, 0.469241711, 3.46725333, 2.85093709],
            ],
            device,
        ),
        ZERO_SCORES: numbers(
            [
                [2.30446754, 0.84776623, 0.84776623, 1.63582467],
                [2.30446754, 0.84776623, 0.84776623, 1.63582467],
                [0.360122293, 0.978913884, 2.66096382, 2.57521038],
            ],
            device,
        ),
        AFTER: numbers(
            [
                [1.68927519, 0.0, 0.0, 0.422318798],
                [1.68927519, 0.621449614, 0.0, 0.733043605],
                [0.360122293, 0.978913884, 2.66096382, 2.57521038],
            ],
            device,
        ),
        NO_MASK: numbers(
            [
                [1.68927519, 1.68927519, 0.621449614, 1.73304361],
                [1.68927519, 0.621449614, 1.68927519, 2.0],
                [0.360122293, 0.978913884, 2.66096382, 2.57521038],
            ],
            device,
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    *_, weights = unpack(cache, "(q, k, v, weights)")
    expected = numbers(
        [[1.0, 0.0, 0.0], [0.731058579, 0.268941421, 0.0], [0.0900305732, 0.244728471, 0.665240956]], device
    )
    assert_close(weights, expected, of="the weights", called=called)


@exercise("u09.causal_attention")
def test_two_queries_and_three_keys(student, device):
    """Queries need not be as many as keys; without a mask, every one of them looks at every key."""
    q, k, v = numbers(Q, device)[1:] / 2, numbers(K, device), numbers(V, device)
    called = "attention(q, k, v) with two of the lesson's queries, halved"
    out, _ = unpack(student.attention(q, k, v), "(out, cache)")
    expected = numbers(
        [[1.53460692, 0.93078615, 1.53460692, 2.0], [0.745294893, 1.22878354, 2.02592156, 2.32015667]], device
    )
    suspects = {
        NO_ROOT_K: numbers(
            [[1.68927519, 0.621449614, 1.68927519, 2.0], [0.360122293, 0.978913884, 2.66096382, 2.57521038]],
            device,
        )
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    mask = torch.tensor([[True, False, True], [False, True, True]], device=device)
    out, _ = unpack(student.attention(q, k, v, mask), "(out, cache)")
    called = "attention(q, k, v, [[True, False, True], [False, True, True]])"
    expected = numbers([[2.0, 0.0, 2.0, 2.0], [0.0, 1.51016268, 2.48983732, 2.62245933]], device)
    suspects = {
        NO_ROOT_K: numbers([[2.0, 0.0, 2.0, 2.0], [0.0, 1.07576569, 2.92423431, 2.73105858]], device),
        ZERO_SCORES: numbers(
            [[1.53460692, 0.93078615, 1.53460692, 2.0], [0.745294893, 1.22878354, 2.02592156, 2.32015667]],
            device,
        ),
        AFTER: numbers(
            [[1.53460692, 0.0, 1.53460692, 1.53460692], [0.0, 1.22878354, 2.02592156, 2.13383294]], device
        ),
        NO_MASK: numbers(
            [[1.53460692, 0.93078615, 1.53460692, 2.0], [0.745294893, 1.22878354, 2.02592156, 2.32015667]],
            device,
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- multi_head


def projections(device):
    """wq, wk, wv and wo for D = 6."""
    return {name: table(at, 6, 6, device=device) for at, name in enumerate(("wq", "wk", "wv", "wo"), 1)}


def causal(T, device):
    return torch.arange(T, device=device)[:, None] >= torch.arange(T, device=device)


@exercise("u09.multi_head")
def test_two_heads_of_three_numbers(student, device):
    """Head 0 has the numbers 0, 1 and 2 of each query, key and value; head 1 has 3, 4 and 5."""
    x, mask = table(5, 1, 2, 6, device=device), causal(2, device)
    called = "multi_head(x, p, 2, mask) with x of shape (1, 2, 6) and a causal mask"
    out, cache = unpack(student.multi_head(x, projections(device), 2, mask), "(out, cache)")
    expected = numbers(
        [
            [
                [5.390625, 1.921875, 3.78125, -1.40625, -4.1875, -3.53125],
                [-6.24174131, 0.671701659, -5.29069997, 3.33721124, -0.0481441609, -0.854304119],
            ]
        ],
        device,
    )
    suspects = {
        STRAIGHT: numbers(
            [
                [
                    [5.39044373, 1.92185904, 3.78114226, -1.40619243, -4.18746523, -3.53104992],
                    [-6.24999585, 0.671872795, -5.29686139, 3.34375725, -0.0468806187, -0.859386972],
                ]
            ],
            device,
        ),
        INTERLEAVED: numbers(
            [
                [
                    [5.390625, 1.921875, 3.78125, -1.40625, -4.1875, -3.53125],
                    [-6.24524348, 0.676904199, -5.29152668, 3.33959941, -0.0512733426, -0.863470432],
                ]
            ],
            device,
        ),
        ROOT_D: numbers(
            [
                [
                    [5.390625, 1.921875, 3.78125, -1.40625, -4.1875, -3.53125],
                    [-6.19159377, 0.670738901, -5.25318211, 3.29777564, -0.0559919168, -0.824103238],
                ]
            ],
            device,
        ),
        WO_TURNED: numbers(
            [
                [
                    [5.609375, -1.5, 3.421875, 1.640625, -7.015625, 3.75],
                    [-4.18124626, -1.51253369, 2.18423535, -8.02289667, 7.51845749, 1.78115537],
                ]
            ],
            device,
        ),
        NO_WO: numbers(
            [
                [
                    [-2.125, -1.5, -1.5625, 0.4375, 3.125, 0.3125],
                    [3.43057133, 2.80712834, -1.25038925, -1.87499697, -1.81249353, 0.3125],
                ]
            ],
            device,
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    parts = unpack(cache, "(cache_q, cache_k, cache_v, cache_attention, cache_o, heads)")
    assert_equal(parts[5], 2, of="heads in the cache", called=called)


@exercise("u09.multi_head")
def test_three_heads_of_two_numbers(student, device):
    """The same layer with three heads, with biases, and without a mask."""
    p = projections(device) | {"bq": table(2, 6, device=device), "bo": table(7, 6, device=device), "bv": None}
    x = table(8, 1, 2, 6, device=device)
    called = "multi_head(x, p, 3) with x of shape (1, 2, 6) and biases bq and bo"
    out, _ = unpack(student.multi_head(x, p, 3), "(out, cache)")
    expected = numbers(
        [
            [
                [3.64451432, -4.21993197, 8.12583517, 0.903962382, 0.0737572697, 0.735671227],
                [6.09944763, 0.225122747, 4.69807119, -0.66584924, -4.05303417, -1.59925238],
            ]
        ],
        device,
    )
    suspects = {
        STRAIGHT: numbers(
            [
                [
                    [0.120922421, -5.72584424, 8.27858654, 2.88967546, 0.845769818, 3.16686715],
                    [6.45460084, 0.661732587, 4.46379517, -0.936644151, -4.32111282, -2.06425212],
                ]
            ],
            device,
        ),
        INTERLEAVED: numbers(
            [
                [
                    [3.23772263, -3.62706608, 7.10469586, 0.922210294, -0.150784761, 1.52832129],
                    [6.79873163, 0.646740373, 4.40449855, -1.36153899, -2.90301711, -0.93063721],
                ]
            ],
            device,
        ),
        ROOT_D: numbers(
            [
                [
                    [3.86690456, -4.05645721, 8.06898174, 0.746883429, -0.013017605, 0.528015804],
                    [5.6009718, -0.348708473, 5.09013103, -0.346938957, -3.57498247, -1.19324731],
                ]
            ],
            device,
        ),
        WO_TURNED: numbers(
            [
                [
                    [6.18243004, 0.149362108, -3.11929408, 8.30785142, -5.77846766, -3.9133371],
                    [6.21978119, -2.41981911, 3.89494185, 2.85261488, -7.38563043, 3.99683275],
                ]
            ],
            device,
        ),
        NO_WO: numbers(
            [
                [
                    [-1.86683154, -2.10049463, 1.06162342, 4.24867389, 1.43741313, -0.604212169],
                    [-1.84280081, -2.02840242, -1.26147535, 0.734242422, 2.85338513, 0.137487451],
                ]
            ],
            device,
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    with pytest.raises(ValueError):
        student.multi_head(x, p, 4)


# ---------------------------------------------------------------------------- block


def block_of(device):
    """Two norms with gain and bias, attention, and a feed-forward layer, for D = 6 and F = 4."""
    norms = [
        {"gamma": 1 + table(at, 6, device=device) / 2, "beta": table(at + 1, 6, device=device)}
        for at in (3, 9)
    ]
    ffn = {
        "w1": table(6, 4, 6, device=device),
        "b1": table(2, 4, device=device),
        "w2": table(1, 6, 4, device=device),
    }
    return {"norm1": norms[0], "attn": projections(device), "norm2": norms[1], "ffn": ffn}


CONFIG = {
    "heads": 2,
    "norm": "layer",
    "activation": "gelu_tanh",
    "tied": True,
    "final_norm": True,
    "eps": 1e-5,
}


@exercise("u09.block")
def test_block_with_its_norms_first(student, device):
    """pre: what attention and the feed-forward layer give is added to a path without norms."""
    x, called = table(4, 1, 2, 6, device=device), 'block(x, p, config, mask), "pre", x of shape (1, 2, 6)'
    config = CONFIG | {"order": "pre"}
    out, cache = unpack(student.block(x, block_of(device), config, causal(2, device)), "(out, cache)")
    expected = numbers(
        [
            [
                [3.13636697, -0.565529295, -7.63235458, -12.8487497, 7.05990398, 1.66352401],
                [-16.6132236, 3.41793177, -16.3754227, 2.9748694, -0.410535071, 2.85602605],
            ]
        ],
        device,
    )
    suspects = {
        OTHER_ORDER: numbers(
            [
                [
                    [1.83106703, -0.43129881, -0.425291023, -0.868620462, 1.43929947, -1.2405303],
                    [-0.0719742781, 1.23622442, -0.701521551, -0.68409136, 1.36896993, -1.20310318],
                ]
            ],
            device,
        ),
        NO_PATH: numbers(
            [
                [
                    [3.00417471, 0.934991773, -8.64315858, -12.2160305, 5.17048824, 1.41763145],
                    [-15.9063265, 1.98618362, -16.4801101, 4.48512952, -1.32680705, 3.55470167],
                ]
            ],
            device,
        ),
        BEHIND: numbers(
            [
                [
                    [3.61281412, -3.83315473, -6.03837769, -13.2080296, 10.4829174, 2.18460496],
                    [-16.6894187, 3.80845781, -15.6229725, 2.19637562, 1.94356074, 2.6485107],
                ]
            ],
            device,
        ),
        NO_MASK: numbers(
            [
                [
                    [3.13460976, -0.56518539, -7.6337328, -12.8478407, 7.06046498, 1.66237925],
                    [-16.6132236, 3.41793177, -16.3754227, 2.9748694, -0.410535071, 2.85602605],
                ]
            ],
            device,
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    order, *_ = unpack(cache, "(order, cache_norm1, cache_attn, cache_norm2, cache_ffn)")
    assert_equal(order, "pre", of="order in the cache", called=called)


@exercise("u09.block")
def test_block_with_its_norms_last(student, device):
    """post: the sum of x and what a layer gives is normalized."""
    x, called = table(7, 1, 2, 6, device=device), 'block(x, p, config, mask), "post", x of shape (1, 2, 6)'
    config = CONFIG | {"order": "post"}
    out, cache = unpack(student.block(x, block_of(device), config, causal(2, device)), "(out, cache)")
    expected = numbers(
        [
            [
                [1.04340297, -1.68663498, -0.215564289, 0.502422826, 0.506119667, -0.704144971],
                [0.675440715, -1.57765711, -0.157677511, 0.694153019, 0.218413022, -0.625423398],
            ]
        ],
        device,
    )
    suspects = {
        OTHER_ORDER: numbers(
            [
                [
                    [12.1006275, 2.62133012, 4.79894746, -6.3691245, -6.41150031, -4.50414964],
                    [11.6006275, 2.12133012, 4.29894746, -6.8691245, -6.91150031, -5.00414964],
                ]
            ],
            device,
        ),
        NO_PATH: numbers(
            [
                [
                    [1.96587423, -1.5431572, -0.162016412, 0.0547750134, 0.732720747, -1.00375684],
                    [1.8024186, -1.52581415, -0.0524849692, 0.118264, 0.517349355, -0.976558313],
                ]
            ],
            device,
        ),
        NO_MASK: numbers(
            [
                [
                    [0.665563738, -1.57373622, -0.156159587, 0.699610279, 0.211192712, -0.623956857],
                    [0.675440715, -1.57765711, -0.157677511, 0.694153019, 0.218413022, -0.625423398],
                ]
            ],
            device,
        ),
    }
    assert_close(out, expected, of="out", called=called, suspects=suspects)
    assert_equal(cache[0], "post", of="order in the cache", called=called)


# ---------------------------------------------------------------------------- gpt_loss


def model_of(device):
    """Five tokens, four positions, two blocks, a tied head."""
    first, second = block_of(device), block_of(device)
    second["norm1"], second["norm2"] = second["norm2"], second["norm1"]
    tok, pos = table(2, 5, 6, device=device), table(5, 4, 6, device=device)
    return {"tok": tok, "pos": pos, "blocks": [first, second], "final_norm": block_of(device)["norm1"]}


@exercise("u09.gpt_loss")
def test_logits_of_a_small_model(student, device):
    """Two blocks, the final norm, and the table of tokens as the head."""
    called, config = "gpt([[3, 1, 3]], params, config), tied", CONFIG | {"order": "pre"}
    logits, cache = unpack(
        student.gpt(whole([[3, 1, 3]], device), model_of(device), config), "(logits, cache)"
    )
    expected = numbers(
        [
            [
                [-1.02619985, -4.72383616, -1.88389681, 2.51669152, 2.6659886],
                [2.54279738, 1.27100399, -3.29634461, -2.29043657, -2.74860347],
                [0.780163452, -0.275367241, 0.279500873, -0.0757280207, -0.100750623],
            ]
        ],
        device,
    )
    suspects = {
        NO_FINAL: numbers(
            [
                [
                    [-6.65903693, -44.7476836, -3.6584024, 24.8297928, 11.9967296],
                    [18.9733778, 28.4170111, -17.8250365, -23.4877697, -20.0822276],
                    [0.401879835, 2.00997833, 6.66283822, -2.04683925, -0.435945606],
                ]
            ],
            device,
        ),
        LOOKS_AHEAD: numbers(
            [
                [
                    [-2.02292813, -4.58185866, -1.96192391, 4.02336645, 4.39804276],
                    [1.14163594, 0.935671977, -3.64492513, -0.63189312, -0.801646878],
                    [-0.52910689, -1.14785619, 0.138535869, 1.37258096, 1.60317352],
                ]
            ],
            device,
        ),
    }
    assert_close(logits, expected, of="logits", called=called, suspects=suspects)
    wanted = ["blocks", "config", "embed", "final_norm", "head"]
    assert_equal(sorted(cache), wanted, of="the keys of the cache", called=called)


@exercise("u09.gpt_loss")
def test_loss_of_a_small_model(student, device):
    """Four of six positions count, and the loss is the mean of their surprises."""
    tokens, targets = whole([[3, 1, 3], [2, 4, 0]], device), whole([[1, 3, 4], [4, 0, 0]], device)
    mask = torch.tensor([[True, True, True], [True, False, False]], device=device)
    called, config = "gpt_loss(tokens, targets, mask, params, config), tied", CONFIG | {"order": "pre"}
    loss, cache = unpack(student.gpt_loss(tokens, targets, mask, model_of(device), config), "(loss, cache)")
    suspects = {
        ALL_COUNT: numbers(3.3063851, device),
        SUMMED: numbers(15.8148203, device),
        NO_FINAL: numbers(36.1129391, device),
        LOOKS_AHEAD: numbers(3.34935914, device),
    }
    expected = numbers(3.95370508, device)
    assert_close(loss, expected, of="the loss", called=called, suspects=suspects)
    unpack(cache, "(logits, targets, mask, cache of gpt)")


@exercise("u09.gpt_loss")
def test_size_of_a_small_model(student, device):
    """Tokens 30, positions 24, two blocks of 220, final norm 12: 506 in all. A tied head has none."""
    params, called = model_of(device), "count_parameters(params), tied"
    count = student.count_parameters(params)
    assert_equal(count, 506, of="the count", called=called, suspects={TWICE: 536})
    params["head"] = {"w": table(1, 5, 6, device=device), "b": table(1, 5, device=device)}
    count = student.count_parameters(params)
    called = "count_parameters(params) with a head of its own, 30 and 5"
    assert_equal(count, 541, of="the count", called=called)
