"""Public tests of unit 10: read them, run them with `pytest u10_backward`. Hidden tests decide the points."""

import torch

from grader.testing import assert_equal, assert_gradient, exercise, fail, unpack

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
TURNED = "w is used transposed, which only a square w lets pass"
OTHER_SLOPES = {
    "gelu": 'this is the slope of "gelu"',
    "gelu_tanh": 'this is the slope of "gelu_tanh"',
    "relu": 'this is the slope of "relu"',
}
AT_OUTPUT = "the slope is taken at the output, not at the input"
NO_DENSITY = "the product rule has a second term: the density is missing"
NO_TANH_SLOPE = "the product rule has a second term: the slope of the tanh is missing"
STRAIGHT = "only the straight path is there: the norm's own numbers depend on x too"
GAMMA_OUTSIDE = (
    "gamma multiplies at the end, and belongs inside the means: right only where gamma is constant"
)
NO_MEAN = "the path through the mean is missing"
NO_VARIANCE = "the path through the variance is missing"
LAYER_NORM = "the mean is subtracted too: that is the LayerNorm"
DIAGONAL = "only the diagonal of the softmax Jacobian"
NO_SUM = "the sum over the row is missing: weights that sum to 1 compete"
NO_ROOT = "the scores were divided by the root of K, and so is their gradient"
NOT_TURNED = "dscores is not transposed in dk"
NOT_TURNED_V = "the weights are not transposed in dv"
ONLY_V = "only the path through v is there: the three are added"
WO_TURNED = "wo is used transposed, which a square wo lets pass"
UNMOVED = "merged without moving the axis of heads back: positions and heads are mixed"
ASSIGNED = "a row that several tokens use is assigned, where it is added to: the last one wins"
MEAN = "a row that several tokens use gets the mean, where it gets their sum"
NO_HEAD = "what came through the tied head is missing: the table is used twice"
ONLY_HEAD = "only what came through the tied head is there: the table is used twice"
POS_MEAN = "the positions' rows are averaged over the sentences, where these are added"
NO_FFN_PATH = "the path around the feed-forward layer is missing"
NO_ATTN_PATH = "the path around attention is missing"
NO_PATHS = "the path around both layers is missing"


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def whole(values, device):
    return torch.tensor(values, dtype=torch.int64, device=device)


def table(start, *shape, device):
    """Numbers that look drawn: multiples of 1/8 from -5/8 to 5/8."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.float64, device=device)
    return (((count * 7 + start) % 11 - 5) / 8).reshape(shape)


def check(yours, expected, of, called, *, device, suspects=None):
    """One gradient against its literal."""
    if yours is None:
        fail(f"{of} is None", called=called, expected=str(expected))
    own = {sentence: numbers(values, device) for sentence, values in (suspects or {}).items()}
    assert_gradient(yours, numbers(expected, device), of=of, called=called, suspects=own)


# ---------------------------------------------------------------------------- linear_backward


@exercise("u10.linear_backward")
def test_two_rows_and_three_outputs(student, device):
    """dx for each of the two rows; dw and db add up what both of them say."""
    x, w = numbers([[1.0, 2.0], [3.0, -1.0]], device), numbers([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0]], device)
    dout = numbers([[1.0, -2.0, 0.5], [0.0, 1.0, 2.0]], device)
    called = "linear_backward(dout, (x, w, True)) with dout of shape (2, 3)"
    dx, dw, db = unpack(student.linear_backward(dout, (x, w, True)), "(dx, dw, db)")
    check(dx, [[-3.0, 3.5], [2.0, 5.0]], "dx", called, device=device)
    check(dw, [[1.0, 2.0], [1.0, -5.0], [6.5, -1.0]], "dw", called, device=device)
    check(db, [1.0, -1.0, 2.5], "db", called, device=device)


@exercise("u10.linear_backward")
def test_sentences_without_a_bias(student, device):
    """Two sentences of two positions: dw sums over all four. Without a bias there is no db."""
    x, w, dout = (
        table(at, *shape, device=device) for at, shape in ((5, (2, 2, 3)), (1, (3, 3)), (3, (2, 2, 3)))
    )
    called = "linear_backward(dout, (x, w, False)) with dout of shape (2, 2, 3)"
    dx, dw, db = unpack(student.linear_backward(dout, (x, w, False)), "(dx, dw, db)")
    check(
        dx,
        [
            [[-0.1875, 0.078125, -0.171875], [-0.125, -0.015625, -0.078125]],
            [[-0.0625, -0.109375, 0.015625], [0.0, -0.203125, 0.109375]],
        ],
        "dx",
        called,
        device=device,
        suspects={
            TURNED: [
                [[0.34375, 0.28125, -0.125], [0.375, 0.359375, -0.171875]],
                [[0.40625, 0.4375, -0.21875], [0.4375, 0.515625, -0.265625]],
            ]
        },
    )
    check(
        dw,
        [[0.40625, -0.265625, -0.25], [-0.25, -0.265625, 0.40625], [0.125, -0.265625, 0.03125]],
        "dw",
        called,
        device=device,
    )
    assert_equal(db, None, of="db", called=called)


# ---------------------------------------------------------------------------- activation_backward


@exercise("u10.activation_backward")
def test_slopes_at_four_points(student, device):
    """At -1 the slope of the GELU is -0.0833: it falls there, before it rises."""
    x, dout = numbers([-2.7, -1.0, 0.5, 2.0], device), numbers([1.0, 2.0, -1.0, 3.0], device)
    slopes = {
        "gelu": [-0.0246695502, -0.166630941, -0.867495125, 3.2556954],
        "gelu_tanh": [-0.0246678654, -0.165928168, -0.867369904, 3.25829777],
        "relu": [0.0, 0.0, -1.0, 3.0],
    }
    more = {
        "gelu": {
            AT_OUTPUT: [0.492531357, 0.748935144, -0.765152741, 3.2704141],
            NO_DENSITY: [0.0034669738, 0.317310508, -0.691462461, 2.9317496],
        },
        "gelu_tanh": {
            AT_OUTPUT: [0.492908913, 0.748707736, -0.765092674, 3.27295261],
            NO_TANH_SLOPE: [0.00329170172, 0.317616019, -0.69142802, 2.93189654],
        },
        "relu": {},
    }
    for kind, expected in slopes.items():
        called = f"activation_backward([1, 2, -1, 3], ([-2.7, -1, 0.5, 2], {kind!r}))"
        others = {OTHER_SLOPES[k]: values for k, values in slopes.items() if k != kind}
        check(
            student.activation_backward(dout, (x, kind)),
            expected,
            "dx",
            called,
            device=device,
            suspects=others | more[kind],
        )


@exercise("u10.activation_backward")
def test_slopes_at_zero(student, device):
    """At 0 both GELUs have the slope 1/2; for relu it is taken to be 0."""
    x, dout = numbers([[0.0, 40.0, -40.0]], device), numbers([[4.0, 3.0, 2.0]], device)
    for kind, expected in (("gelu", 2.0), ("gelu_tanh", 2.0), ("relu", 0.0)):
        called = f"activation_backward([[4, 3, 2]], ([[0, 40, -40]], {kind!r}))"
        check(
            student.activation_backward(dout, (x, kind)), [[expected, 3.0, 0.0]], "dx", called, device=device
        )


# ---------------------------------------------------------------------------- layer_norm_backward

XHAT = [[1.0, -1.0, 1.0, -1.0], [-1.0, -1.0, 1.0, 1.0]]  # mean 0 and variance 1 in each row


@exercise("u10.layer_norm_backward")
def test_norm_of_the_lesson(student, device):
    """x = (1, 2, 3, 6) with gamma = (1, 2, -1, 0.5): each number of dx knows of all four."""
    xhat = numbers([-1.06904344, -0.53452172, 0.0, 1.60356516], device)
    inv_std, gamma = numbers([0.53452172], device), numbers([1.0, 2.0, -1.0, 0.5], device)
    called = "layer_norm_backward([1, 0, 2, -1], cache) with the lesson's numbers"
    dout = numbers([1.0, 0.0, 2.0, -1.0], device)
    parts = student.layer_norm_backward(dout, (xhat, inv_std, gamma))
    dx, dgamma, dbeta = unpack(parts, "(dx, dgamma, dbeta)")
    suspects = {
        STRAIGHT: [0.53452172, 0.0, -1.06904344, -0.26726086],
        GAMMA_OUTSIDE: [-0.114539277, -0.916321857, -0.80178258, -0.114541187],
        NO_MEAN: [0.267261624, -0.133630048, -1.06904344, 0.133629284],
        NO_VARIANCE: [0.734967365, 0.200445645, -0.868597795, -0.066815215],
    }
    check(
        dx,
        [0.467707269, 0.0668155969, -0.868597795, 0.334074929],
        "dx",
        called,
        device=device,
        suspects=suspects,
    )
    check(dgamma, [-1.06904344, 0.0, 0.0, -1.60356516], "dgamma", called, device=device)
    check(dbeta, [1.0, 0.0, 2.0, -1.0], "dbeta", called, device=device)


@exercise("u10.layer_norm_backward")
def test_norm_of_two_positions(student, device):
    """Each row of dx by itself, and its numbers sum to 0; dgamma and dbeta sum over both rows."""
    dout = numbers([[1.0, 2.0, 0.0, -1.0], [0.5, 0.0, 3.0, 1.0]], device)
    cache = (numbers(XHAT, device), numbers([[0.5], [2.0]], device), numbers([2.0, 1.0, -0.5, 1.0], device))
    called = "layer_norm_backward(dout, cache) with dout of shape (2, 4)"
    dx, dgamma, dbeta = unpack(student.layer_norm_backward(dout, cache), "(dx, dgamma, dbeta)")
    suspects = {
        STRAIGHT: [[1.0, 1.0, 0.0, -0.5], [2.0, 0.0, -3.0, 2.0]],
        GAMMA_OUTSIDE: [[0.5, 0.75, 0.125, -0.75], [1.0, -0.5, -1.0, -2.0]],
        NO_MEAN: [[0.875, 1.125, -0.125, -0.375], [1.25, -0.75, -2.25, 2.75]],
        NO_VARIANCE: [[0.625, 0.625, -0.375, -0.875], [1.75, -0.25, -3.25, 1.75]],
    }
    check(
        dx, [[0.5, 0.75, -0.5, -0.75], [1.0, -1.0, -2.5, 2.5]], "dx", called, device=device, suspects=suspects
    )
    check(dgamma, [0.5, -2.0, 3.0, 2.0], "dgamma", called, device=device)
    check(dbeta, [1.5, 2.0, 3.0, 0.0], "dbeta", called, device=device)


# ---------------------------------------------------------------------------- rms_norm_backward


@exercise("u10.rms_norm_backward")
def test_root_of_the_lesson(student, device):
    """x = (1, 2, 3, 6) with gamma = (1, 2, -1, 0.5): only the root makes the four depend on each other."""
    xhat = numbers([0.282842599, 0.565685199, 0.848527798, 1.6970556], device)
    cache = (xhat, numbers([0.282842599], device), numbers([1.0, 2.0, -1.0, 0.5], device))
    called = "rms_norm_backward([1, 0, 2, -1], cache) with the lesson's numbers"
    dx, dgamma = unpack(
        student.rms_norm_backward(numbers([1.0, 0.0, 2.0, -1.0], device), cache), "(dx, dgamma)"
    )
    suspects = {
        STRAIGHT: [0.282842599, 0.0, -0.565685198, -0.141421299],
        LAYER_NORM: [0.434163353, 0.196575534, -0.323854884, 0.236173354],
        GAMMA_OUTSIDE: [0.277185752, -0.0226273895, -0.548714656, -0.158391842],
    }
    check(
        dx,
        [0.328097379, 0.0905095594, -0.429920859, 0.130107379],
        "dx",
        called,
        device=device,
        suspects=suspects,
    )
    check(dgamma, [0.282842599, 0.0, 1.6970556, -1.6970556], "dgamma", called, device=device)


@exercise("u10.rms_norm_backward")
def test_roots_without_a_gain(student, device):
    """Two rows, and gamma is None: then there is no dgamma."""
    dout = numbers([[1.0, 2.0, 0.0, -1.0], [0.5, 0.0, 3.0, 1.0]], device)
    cache = (numbers(XHAT, device), numbers([[0.5], [2.0]], device), None)
    called = "rms_norm_backward(dout, (xhat, inv_rms, None)) with dout of shape (2, 4)"
    dx, dgamma = unpack(student.rms_norm_backward(dout, cache), "(dx, dgamma)")
    check(
        dx,
        [[0.5, 1.0, 0.0, -0.5], [2.75, 1.75, 4.25, 0.25]],
        "dx",
        called,
        device=device,
        suspects={
            STRAIGHT: [[0.5, 1.0, 0.0, -0.5], [1.0, 0.0, 6.0, 2.0]],
            LAYER_NORM: [[0.25, 0.75, -0.25, -0.75], [0.5, -0.5, 2.0, -2.0]],
        },
    )
    assert_equal(dgamma, None, of="dgamma", called=called)


# ---------------------------------------------------------------------------- softmax_backward


@exercise("u10.softmax_backward")
def test_two_rows_of_weights(student, device):
    """Each row of the result sums to 0; the forbidden place in the second row stays 0."""
    weights = numbers([[0.5, 0.3, 0.2], [0.75, 0.25, 0.0]], device)
    dweights = numbers([[1.0, 2.0, -1.0], [4.0, -2.0, 3.0]], device)
    called = "softmax_backward([[1, 2, -1], [4, -2, 3]], [[0.5, 0.3, 0.2], [0.75, 0.25, 0]])"
    suspects = {
        DIAGONAL: [[0.25, 0.42, -0.16], [0.75, -0.375, 0.0]],
        NO_SUM: [[0.5, 0.6, -0.2], [3.0, -0.5, 0.0]],
    }
    yours = student.softmax_backward(dweights, weights)
    check(
        yours,
        [[0.05, 0.33, -0.38], [1.125, -1.125, 0.0]],
        "dscores",
        called,
        device=device,
        suspects=suspects,
    )


@exercise("u10.softmax_backward")
def test_one_row_of_weights(student, device):
    """The row's own mean is 0.9: what is better has a positive gradient, what is worse a negative one."""
    weights, dweights = numbers([0.1, 0.2, 0.3, 0.4], device), numbers([3.0, -1.0, 2.0, 0.5], device)
    called = "softmax_backward([3, -1, 2, 0.5], [0.1, 0.2, 0.3, 0.4])"
    suspects = {DIAGONAL: [0.27, -0.16, 0.42, 0.12], NO_SUM: [0.3, -0.2, 0.6, 0.2]}
    yours = student.softmax_backward(dweights, weights)
    check(yours, [0.21, -0.38, 0.33, -0.16], "dscores", called, device=device, suspects=suspects)


# ---------------------------------------------------------------------------- attention_backward

# The example of lesson 9: three positions, four numbers each, under a causal mask.
Q = [[0.0, 0.0, 2.0, 2.0], [2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]
K = [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [1.0, 2.0, 0.0, 0.0]]
V = [[4.0, 0.0, 0.0, 1.0], [0.0, 4.0, 0.0, 2.0], [0.0, 0.0, 4.0, 3.0]]
WEIGHTS = [[1.0, 0.0, 0.0], [0.731058579, 0.268941421, 0.0], [0.0900305732, 0.244728471, 0.665240956]]
DOUT = [[1.0, 0.0, -1.0, 2.0], [0.0, 1.0, 1.0, 0.0], [2.0, -1.0, 0.0, 1.0]]


@exercise("u10.attention_backward")
def test_way_back_of_three_positions(student, device):
    """The first position looked only at itself: no change of its query would have changed anything."""
    cache = tuple(numbers(one, device) for one in (Q, K, V, WEIGHTS))
    called = "attention_backward(dout, cache) with the numbers of lesson 9"
    dq, dk, dv = unpack(student.attention_backward(numbers(DOUT, device), cache), "(dq, dk, dv)")
    check(
        dv,
        [
            [1.18006115, 0.641028005, -0.268941421, 2.09003057],
            [0.489456942, 0.0242129503, 0.268941421, 0.244728471],
            [1.33048191, -0.665240956, 0.0, 0.665240956],
        ],
        "dv",
        called,
        device=device,
        suspects={
            NOT_TURNED_V: [
                [1.0, 0.0, -1.0, 2.0],
                [0.731058579, 0.268941421, -0.462117157, 1.46211716],
                [1.42051248, -0.420512485, 0.154697898, 0.845302102],
            ]
        },
    )
    check(
        dq,
        [
            [0.0, 0.0, 0.0, 0.0],
            [-0.393223866, 0.393223866, -0.393223866, 0.393223866],
            [0.52819025, -0.0735253872, 0.300857818, -0.52819025],
        ],
        "dq",
        called,
        device=device,
        suspects={
            NO_ROOT: [
                [0.0, 0.0, 0.0, 0.0],
                [-0.786447733, 0.786447733, -0.786447733, 0.786447733],
                [1.0563805, -0.147050774, 0.601715637, -1.0563805],
            ]
        },
    )
    check(
        dk,
        [
            [-0.786447733, 0.601715637, 0.0, 0.0],
            [0.786447733, -1.0563805, 0.0, 0.0],
            [0.0, 0.454664863, 0.0, 0.0],
        ],
        "dk",
        called,
        device=device,
        suspects={
            NO_ROOT: [
                [-1.57289547, 1.20343127, 0.0, 0.0],
                [1.57289547, -2.112761, 0.0, 0.0],
                [0.0, 0.909329725, 0.0, 0.0],
            ],
            NOT_TURNED: [
                [0.0, 0.0, 0.0, 0.0],
                [0.786447733, 0.0, -0.786447733, -0.786447733],
                [-1.0563805, 0.454664863, 0.601715637, 0.601715637],
            ],
        },
    )


@exercise("u10.attention_backward")
def test_way_back_of_two_queries(student, device):
    """Two queries and three keys, without a mask."""
    weights = [[0.383651731, 0.232696538, 0.383651731], [0.186323723, 0.307195886, 0.506480391]]
    q, dout = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]], DOUT[1:]
    cache = tuple(numbers(one, device) for one in (q, K, V, weights))
    called = "attention_backward(dout, cache) with two queries and three keys"
    dq, dk, dv = unpack(student.attention_backward(numbers(dout, device), cache), "(dq, dk, dv)")
    check(
        dv,
        [
            [0.372647446, 0.197328008, 0.383651731, 0.186323723],
            [0.614391771, -0.0744993481, 0.232696538, 0.307195886],
            [1.01296078, -0.12282866, 0.383651731, 0.506480391],
        ],
        "dv",
        called,
        device=device,
    )
    check(
        dq,
        [
            [-0.178548859, 0.767303462, -0.472926161, 0.178548859],
            [0.703780077, -0.492052489, 0.597916283, -0.703780077],
        ],
        "dq",
        called,
        device=device,
        suspects={
            NO_ROOT: [
                [-0.357097718, 1.53460692, -0.945852321, 0.357097718],
                [1.40756015, -0.984104978, 1.19583257, -1.40756015],
            ]
        },
    )
    check(
        dk,
        [
            [-0.472926161, 0.597916283, 0.0, 0.0],
            [0.178548859, -0.703780077, 0.0, 0.0],
            [0.294377302, 0.105863794, 0.0, 0.0],
        ],
        "dk",
        called,
        device=device,
        suspects={
            NO_ROOT: [
                [-0.945852321, 1.19583257, 0.0, 0.0],
                [0.357097718, -1.40756015, 0.0, 0.0],
                [0.588754603, 0.211727588, 0.0, 0.0],
            ]
        },
    )


# ---------------------------------------------------------------------------- multi_head_backward

# One sentence of two positions with D = 4, and what two heads of two numbers made of it, under a causal mask.
HEAD_WEIGHTS = [[[[1.0, 0.0], [0.511176157, 0.488823843]], [[1.0, 0.0], [0.495468495, 0.504531505]]]]
HEADS_MERGED = [
    [[-0.21875, -0.234375, 0.4375, -0.265625], [-0.0889061666, -0.0968932941, 0.066984676, -0.107958905]]
]


def heads_cache(device, biases=False):
    """The cache of multi_head(x, p, 2, mask), x and p from `table`."""
    x, w = table(5, 1, 2, 4, device=device), [table(at, 4, 4, device=device) for at in (1, 2, 3, 4)]
    q, k, v = (
        numbers(
            [[[[-0.15625, 0.34375], [0.046875, -0.296875]], [[-0.1875, -0.203125], [0.046875, 0.046875]]]],
            device,
        ),
        numbers(
            [[[[-0.1875, -0.203125], [0.046875, 0.046875]], [[-0.21875, -0.234375], [0.046875, 0.046875]]]],
            device,
        ),
        numbers(
            [[[[-0.21875, -0.234375], [0.046875, 0.046875]], [[0.4375, -0.265625], [-0.296875, 0.046875]]]],
            device,
        ),
    )
    lines = [(x, one, biases) for one in w[:3]]
    attended = (q, k, v, numbers(HEAD_WEIGHTS, device))
    return (*lines, attended, (numbers(HEADS_MERGED, device), w[3], biases), 2)


@exercise("u10.multi_head_backward")
def test_way_back_of_two_heads(student, device):
    """x was used three times, for queries, keys and values: three gradients come back, and add up."""
    dout, called = (
        table(4, 1, 2, 4, device=device),
        "multi_head_backward(dout, cache) with dout of shape (1, 2, 4)",
    )
    dx, grads = unpack(student.multi_head_backward(dout, heads_cache(device)), "(dx, grads)")
    suspects = {
        ONLY_V: [
            [
                [-0.261059112, -0.454924271, 0.259330141, -0.179418588],
                [0.116527862, -0.0294507294, -0.0737832661, 0.132543588],
            ]
        ],
        WO_TURNED: [
            [
                [-0.275584085, -0.0155819418, 0.201934263, -0.326355127],
                [0.268738805, -0.0212549783, -0.260345033, 0.253143748],
            ]
        ],
        UNMOVED: [
            [
                [-0.0146498662, -0.145875299, 0.0390124509, 0.084082445],
                [-0.144831408, 0.246069705, 0.128116145, -0.147220938],
            ]
        ],
    }
    check(
        dx,
        [
            [
                [-0.263759714, -0.454872294, 0.263242199, -0.18115417],
                [0.120405208, -0.0265403435, -0.0860960867, 0.134142445],
            ]
        ],
        "dx",
        called,
        device=device,
        suspects=suspects,
    )
    check(
        grads["wo"],
        [
            [-0.0282226041, -0.0312614338, -0.0128220775, -0.0342711906],
            [0.125605479, 0.134372713, -0.265064415, 0.152520762],
            [-0.0213476875, -0.0222587647, 0.0842557465, -0.0259216606],
            [0.0102344167, 0.010147103, -0.075882662, 0.0124267975],
        ],
        "grads['wo']",
        called,
        device=device,
    )
    check(
        grads["wv"],
        [
            [0.0954734068, 0.151056912, -0.103745343, -0.0481618382],
            [0.0190946814, 0.102086382, -0.0746553186, 0.00833638236],
            [0.0492706548, -0.160687286, 0.12544253, -0.0845154107],
            [-0.0837601131, 0.202074636, -0.159931988, 0.125902761],
        ],
        "grads['wv']",
        called,
        device=device,
    )
    check(
        grads["wq"],
        [
            [0.00260337387, -0.00104134955, 0.00104134955, -0.00260337387],
            [0.00277693213, -0.00111077285, 0.00111077285, -0.00277693213],
            [-0.00580314434, 0.00232125774, -0.00232125774, 0.00580314434],
            [-0.00614450577, 0.00245780231, -0.00245780231, 0.00614450577],
        ],
        "grads['wq']",
        called,
        device=device,
    )


@exercise("u10.multi_head_backward")
def test_way_back_of_heads_with_biases(student, device):
    """With biases there are four gradients more. That of bk is 0: a shift of all keys changes no weight."""
    dout, called = table(7, 1, 2, 4, device=device), "multi_head_backward(dout, cache), with biases"
    dx, grads = unpack(student.multi_head_backward(dout, heads_cache(device, True)), "(dx, grads)")
    suspects = {
        ONLY_V: [
            [
                [-0.352656306, -0.149087431, 0.335169225, -0.328515221],
                [-0.020390569, 0.256509306, -0.0265754746, -0.0640629039],
            ]
        ],
        WO_TURNED: [
            [
                [-0.382048883, -0.0787848516, 0.324447181, -0.367470445],
                [-0.0537859025, 0.020167846, 0.0481792592, -0.0118955996],
            ]
        ],
        UNMOVED: [
            [
                [-0.199461867, -0.143935772, 0.243260497, -0.215560103],
                [-0.136402678, 0.229872491, 0.0920214749, -0.143766572],
            ]
        ],
    }
    check(
        dx,
        [
            [
                [-0.347748422, -0.152158586, 0.328120478, -0.324601735],
                [-0.0273610463, 0.26274728, -0.0183079586, -0.0739698634],
            ]
        ],
        "dx",
        called,
        device=device,
        suspects=suspects,
    )
    check(grads["bo"], [-0.125, 0.25, 0.625, -0.375], "grads['bo']", called, device=device)
    check(grads["bv"], [0.40625, -0.296875, 0.203125, -0.15625], "grads['bv']", called, device=device)
    check(grads["bk"], [0.0, 0.0, 0.0, 0.0], "grads['bk']", called, device=device)


# ---------------------------------------------------------------------------- embedding_head_backward


@exercise("u10.embedding_head_backward")
def test_token_that_stands_twice(student, device):
    """Token 1 stands at the positions 0 and 2: its row is the sum of two. Rows that nobody used are 0."""
    dout = numbers([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]], device)
    called = "embed_backward(dout, ([[1, 2, 1]], 4, 5))"
    dtok, dpos = unpack(student.embed_backward(dout, (whole([[1, 2, 1]], device), 4, 5)), "(dtok, dpos)")
    none = [0.0, 0.0, 0.0]
    suspects = {
        ASSIGNED: [none, [7.0, 8.0, 9.0], [4.0, 5.0, 6.0], none],
        MEAN: [none, [4.0, 5.0, 6.0], [4.0, 5.0, 6.0], none],
    }
    check(
        dtok,
        [none, [8.0, 10.0, 12.0], [4.0, 5.0, 6.0], none],
        "dtok",
        called,
        device=device,
        suspects=suspects,
    )
    check(
        dpos, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], none, none], "dpos", called, device=device
    )


@exercise("u10.embedding_head_backward")
def test_table_that_is_used_twice(student, device):
    """Two sentences, and a tied head that left a gradient for the table: everything adds up."""
    dout = numbers([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]], device)
    left = numbers([[0.5, 0.0], [0.0, 0.25], [1.0, 1.0], [-1.0, 2.0]], device)
    called = "embed_backward(dout, ([[2, 0], [2, 2]], 4, 2), dtok)"
    parts = student.embed_backward(dout, (whole([[2, 0], [2, 2]], device), 4, 2), left)
    dtok, dpos = unpack(parts, "(dtok, dpos)")
    suspects = {
        NO_HEAD: [[3.0, 4.0], [0.0, 0.0], [13.0, 16.0], [0.0, 0.0]],
        ONLY_HEAD: [[0.5, 0.0], [0.0, 0.25], [1.0, 1.0], [-1.0, 2.0]],
        ASSIGNED: [[3.5, 4.0], [0.0, 0.25], [8.0, 9.0], [-1.0, 2.0]],
        MEAN: [[3.5, 4.0], [0.0, 0.25], [5.33333333, 6.33333333], [-1.0, 2.0]],
    }
    check(
        dtok,
        [[3.5, 4.0], [0.0, 0.25], [14.0, 17.0], [-1.0, 2.0]],
        "dtok",
        called,
        device=device,
        suspects=suspects,
    )
    check(
        dpos,
        [[6.0, 8.0], [10.0, 12.0]],
        "dpos",
        called,
        device=device,
        suspects={POS_MEAN: [[3.0, 4.0], [5.0, 6.0]]},
    )


@exercise("u10.embedding_head_backward")
def test_heads_of_both_kinds(student, device):
    """dw of a tied head is a gradient of tok; a head of its own has dw, and db if it has a bias."""
    x, w = (
        numbers([[[1.0, 2.0], [3.0, -1.0]]], device),
        numbers([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0]], device),
    )
    dlogits = numbers([[[1.0, -2.0, 0.5], [0.0, 1.0, 2.0]]], device)
    dw = [[1.0, 2.0], [1.0, -5.0], [6.5, -1.0]]
    called = "head_backward(dlogits, (x, w, False), True)"
    dx, grads = unpack(student.head_backward(dlogits, (x, w, False), True), "(dx, grads)")
    check(dx, [[[-3.0, 3.5], [2.0, 5.0]]], "dx", called, device=device)
    assert_equal(sorted(grads), ["tok"], of="the names in grads", called=called)
    check(grads["tok"], dw, "grads['tok']", called, device=device)
    called = "head_backward(dlogits, (x, w, True), False)"
    dx, grads = unpack(student.head_backward(dlogits, (x, w, True), False), "(dx, grads)")
    assert_equal(sorted(grads), ["head"], of="the names in grads", called=called)
    check(grads["head"]["w"], dw, "grads['head']['w']", called, device=device)
    check(grads["head"]["b"], [1.0, -1.0, 2.5], "grads['head']['b']", called, device=device)


# ---------------------------------------------------------------------------- model_backward


def norm_cache(start, device):
    """The cache of layer_norm for two positions with D = 4."""
    gamma = 1 + table(start, 4, device=device)
    return numbers([XHAT], device), numbers([[[0.5], [2.0]]], device), gamma


def block_cache(order, device):
    """The cache of a block whose feed-forward layer has three hidden numbers, relu between."""
    hidden = numbers([[[0.5, -1.0, 2.0], [1.5, 1.0, -0.5]]], device)
    into = (table(2, 1, 2, 4, device=device), table(6, 3, 4, device=device), True)
    out = (hidden.clamp(min=0), table(8, 4, 3, device=device), True)
    fed = (into, (hidden, "relu"), out)
    return (order, norm_cache(1, device), heads_cache(device), norm_cache(3, device), fed)


def config_of(order, tied):
    return {
        "heads": 2,
        "norm": "layer",
        "order": order,
        "activation": "relu",
        "tied": tied,
        "final_norm": True,
        "eps": 0.0,
    }


@exercise("u10.model_backward")
def test_way_back_of_a_block(student, device):
    """What reaches a sum goes back along both paths: through the layer, and around it."""
    dout = table(4, 1, 2, 4, device=device)
    expected = {
        "pre": [
            [
                [-0.22561491, -0.731676548, 0.35061491, -0.143323452],
                [1.26467197, -0.514671969, -0.241515566, 0.366515566],
            ]
        ],
        "post": [
            [
                [0.336151107, -0.369418757, -0.228803721, 0.502873922],
                [0.837586853, -0.69490246, -1.20875574, 1.31191262],
            ]
        ],
    }
    suspects = {
        "pre": {
            NO_FFN_PATH: [
                [
                    [-0.0100607146, 0.0327025994, 0.0100607146, -0.0327025994],
                    [0.542976393, -0.542976393, 0.259121926, -0.259121926],
                ]
            ],
            NO_ATTN_PATH: [
                [
                    [-0.157011394, -0.166918247, 0.157011394, 0.166918247],
                    [0.270531344, -0.270531344, 0.0651250587, -0.0651250587],
                ]
            ],
            NO_PATHS: [
                [
                    [-0.0664571989, -0.0275390998, 0.0664571989, 0.0275390998],
                    [0.173835768, -0.173835768, 0.190762551, -0.190762551],
                ]
            ],
        },
        "post": {
            NO_FFN_PATH: [
                [
                    [0.0132186251, 0.00500211516, -0.0111878981, 0.00679822243],
                    [0.024746506, -0.014131435, -0.0442867691, 0.0471011687],
                ]
            ],
            NO_ATTN_PATH: [
                [
                    [0.366603836, -0.280315058, -0.259256449, 0.413770223],
                    [0.328553649, -0.185869257, -0.25782801, 0.360984881],
                ]
            ],
            NO_PATHS: [
                [
                    [0.0114447909, 0.00011167327, -0.00941406389, 0.0116886643],
                    [0.0137601779, -0.00314510691, -0.0113277847, 0.0141421843],
                ]
            ],
        },
    }
    for order in ("pre", "post"):
        called = f"block_backward(dout, cache, config), {order!r}"
        parts = student.block_backward(dout, block_cache(order, device), config_of(order, False))
        dx, grads = unpack(parts, "(dx, grads)")
        check(dx, expected[order], "dx", called, device=device, suspects=suspects[order])
        names = ["attn", "ffn", "norm1", "norm2"]
        assert_equal(sorted(grads), names, of="the names in grads", called=called)


@exercise("u10.model_backward")
def test_way_back_of_a_model(student, device):
    """Two blocks with a tied head: tok is reached from both ends, and no position 2 was there."""
    cache = {
        "embed": (whole([[3, 1]], device), 5, 3),
        "blocks": [block_cache("pre", device)] * 2,
        "final_norm": norm_cache(5, device),
        "head": (table(9, 1, 2, 4, device=device), table(2, 5, 4, device=device), False),
        "config": config_of("pre", True),
    }
    called = "model_backward(dlogits, cache), 2 blocks, tied"
    grads = student.model_backward(table(1, 1, 2, 5, device=device), cache)
    if type(grads) is not dict:
        fail("the gradients are no dict", called=called, yours=grads)
    assert_equal(
        sorted(grads), ["blocks", "final_norm", "pos", "tok"], of="the names in grads", called=called
    )
    assert_equal(len(grads["blocks"]), 2, of="the number of blocks", called=called)
    check(
        grads["final_norm"]["gamma"],
        [-0.03125, 0.96875, 0.0625, -0.125],
        "grads['final_norm']['gamma']",
        called,
        device=device,
    )
    for at, expected in (
        (1, [0.0361802053, 0.316782895, 0.132379518, -0.0416566256]),
        (0, [0.061110339, 0.498184217, 0.321547941, -0.0700922317]),
    ):
        gamma = grads["blocks"][at]["norm1"]["gamma"]
        check(gamma, expected, f"grads['blocks'][{at}]['norm1']['gamma']", called, device=device)
    check(
        grads["pos"],
        [
            [-0.0990135119, -0.243620935, 0.0990135119, 0.243620935],
            [0.554537706, -0.554537706, 0.297160849, -0.297160849],
            [0.0, 0.0, 0.0, 0.0],
        ],
        "grads['pos']",
        called,
        device=device,
    )
    check(
        grads["tok"],
        [
            [-0.21875, 0.15625, 0.1875, -0.125],
            [0.663912706, -0.945162706, 0.265910849, -0.312785849],
            [-0.078125, -0.078125, 0.09375, -0.078125],
            [-0.364638512, -0.00924593451, 0.317763512, 0.102995935],
            [0.0625, -0.3125, 0.0, -0.03125],
        ],
        "grads['tok']",
        called,
        device=device,
        suspects={
            "the tied head's part of tok is missing": [
                [0.0, 0.0, 0.0, 0.0],
                [0.554537706, -0.554537706, 0.297160849, -0.297160849],
                [0.0, 0.0, 0.0, 0.0],
                [-0.0990135119, -0.243620935, 0.0990135119, 0.243620935],
                [0.0, 0.0, 0.0, 0.0],
            ],
            "tok has only what came through the tied head": [
                [-0.21875, 0.15625, 0.1875, -0.125],
                [0.109375, -0.390625, -0.03125, -0.015625],
                [-0.078125, -0.078125, 0.09375, -0.078125],
                [-0.265625, 0.234375, 0.21875, -0.140625],
                [0.0625, -0.3125, 0.0, -0.03125],
            ],
        },
    )
