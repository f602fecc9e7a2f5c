"""Public tests of unit 8: read them, run them with `pytest u08_softmax`. Hidden tests decide about points."""

import math

import torch

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
OVERFLOW = "exp overflows: a large logit becomes inf before anything is divided"
GLOBAL = "the largest of all entries is subtracted, not the largest along dim"
UNDIVIDED = "the division by the sum is missing"
EXPONENTIALS = "these are the exponentials of the logits, not divided by their sum"
WHOLE = "one sum over all entries, not one along dim"
DIM = "dim is not used: this is the last axis"
LOST = "the log of a probability that has become 0: log p must not go through p"
CAPPED = "a small number is added to p before the log, which caps it"
NO_MAX = "the largest entry is not added back"
ONLY_MAX = "this is the largest entry alone"
TWICE = "the softmax is taken twice: of probabilities, as if they were logits"
NO_SOFTMAX = "the logits are taken for log-probabilities: the normalization is missing"
SUMMED = "summed over the positions, where their mean belongs"
AVERAGED = "the mean over the positions, where their sum belongs"
DIAGONAL = "only the diagonal of the softmax Jacobian"
NO_SUM = "the sum is missing in the gradient of softmax"
OTHER_AXIS = "dim is not used: the sum runs along another axis"
NO_TARGET = "the target leaves no trace: these are the probabilities alone"
ALL_COUNT = "divided by the number of all positions, the ignored ones included"
NOT_ZERO = "ignored positions still have a gradient"
FIXED = "ignore_index is not used: which targets are ignored is taken for granted"
NONE_LEFT = "where no position counts the loss is 0 / 0, which is nan"
NONE_LEFT_GRADIENT = "0 / 0: where no position counts the gradient must be 0"
OTHERS_ONLY = "the smoothing is shared by the V - 1 other classes alone"
UNSMOOTHED = "the smoothing is not used"
EXP_SUM = "e to the power of the sum, not of the mean"
TWO = "2 to the power of a loss in nats"
NO_EXP = "this is the mean itself"
MULTIPLIED = "multiplied by the temperature where it divides"
NO_TEMPERATURE = "the temperature is not used"
NO_FACTOR = "the chain rule stops at logits / temperature: its own factor is missing"
ONLY_FACTOR = "the probabilities are those of temperature 1"

# Three positions, four classes: logits, their probabilities, and the class that was right.
LOGITS = [[0.5, -1.0, 2.0, 0.0], [1.5, 0.0, -0.5, 1.0], [-2.0, 0.5, 1.0, 3.0]]
P = [
    [0.15844471, 0.0353537934, 0.710099923, 0.0961015742],
    [0.508906862, 0.11355247, 0.0688730543, 0.308667615],
    [0.00550414713, 0.0670542391, 0.11055375, 0.816887863],
]
TARGETS = [2, 1, 0]
Y = [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]]
# dL/dlogits of the mean over the three positions.
GRADIENT = [
    [0.0528149032, 0.0117845978, -0.096633359, 0.0320338581],
    [0.169635621, -0.29548251, 0.0229576848, 0.102889205],
    [-0.331498618, 0.022351413, 0.0368512501, 0.272295954],
]


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def classes(values, device):
    return torch.tensor(values, dtype=torch.int64, device=device)


def not_a_number(yours, expected, causes, called):
    """Name the mistake by the places where nan and inf stand; causes: {mistake: those places}."""
    if type(yours) is not torch.Tensor or yours.shape != expected.shape or not yours.is_floating_point():
        return
    lost = (~yours.isfinite()).tolist()
    for cause, places in causes.items():
        if lost == places:
            fail("it holds nan or inf", called=called, yours=yours, expected=expected, diagnosis=cause)


# ---------------------------------------------------------------------------- stable_softmax


@exercise("u08.stable_softmax")
def test_six_logits_become_probabilities(student, device):
    """The lesson's six logits: -0.8, the lowest, still gets 9.1 %."""
    e = [0.4965853038, 1.0, 0.6065306597, 0.3678794412, 0.670320046, 0.904837418]
    p = [0.1227302378, 0.2471483487, 0.149903051, 0.0909207964, 0.1656684925, 0.2236290737]
    assert_close(
        student.softmax(numbers([-0.5, 0.2, -0.3, -0.8, -0.2, 0.1], device)),
        numbers(p, device),
        of="p",
        called="softmax([-0.5, 0.2, -0.3, -0.8, -0.2, 0.1])",
        suspects={UNDIVIDED: numbers(e, device), EXPONENTIALS: math.exp(0.2) * numbers(e, device)},
    )


@exercise("u08.stable_softmax")
def test_thousand_is_an_ordinary_logit(student, device):
    """Only differences count: the rows 1000, 999, 998 and -1000, -1001, -1002 have the same probabilities."""
    z = numbers([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -1002.0]], device)
    expected = numbers([[0.665240956, 0.244728471, 0.0900305732]] * 2, device)
    called = "softmax([[1000, 999, 998], [-1000, -1001, -1002]])"
    yours = student.softmax(z)
    causes = {OVERFLOW: [[True] * 3, [True] * 3], GLOBAL: [[False] * 3, [True] * 3]}
    not_a_number(yours, expected, causes, called)
    assert_close(yours, expected, of="p", called=called)


@exercise("u08.stable_softmax")
def test_hundred_is_an_ordinary_logit_in_float32(student, device):
    """exp(100) is too large for float32, but the probability of 1/2 is not."""
    yours = student.softmax(torch.tensor([100.0, 100.0, -100.0], device=device))
    expected, called = torch.tensor([0.5, 0.5, 0.0], device=device), "softmax([100, 100, -100]) in float32"
    not_a_number(yours, expected, {OVERFLOW: [True, True, False]}, called)
    assert_close(yours, expected, of="p", called=called, rtol=1e-5)


@exercise("u08.stable_softmax")
def test_probabilities_of_columns(student, device):
    """With dim=0 every column sums to 1; whole numbers become float32, and -inf becomes 0."""
    called = "softmax([[1, 2, 3], [3, 2, 1]], dim=0)"
    p = torch.tensor([[0.11920292, 0.5, 0.88079708], [0.88079708, 0.5, 0.11920292]], device=device)
    last = torch.tensor(
        [[0.09003057, 0.24472847, 0.66524096], [0.66524096, 0.24472847, 0.09003057]], device=device
    )
    yours = student.softmax(classes([[1, 2, 3], [3, 2, 1]], device), dim=0)
    assert_close(yours, p, of="p", called=called, rtol=1e-5, suspects={DIM: last, WHOLE: last / 2})
    yours = student.softmax(numbers([[0.0, -math.inf], [0.0, 7.0]], device), dim=0)
    called = "softmax([[0, -inf], [0, 7]], dim=0)"
    assert_close(yours, numbers([[0.5, 0.0], [0.5, 1.0]], device), of="p", called=called)


# ---------------------------------------------------------------------------- log_softmax_and_lse


@exercise("u08.log_softmax_and_lse")
def test_logarithms_of_one_two_and_three(student, device):
    """exp makes 1, 2 and 3 of these logits, so lse is log 6, and p is 1/6, 2/6 and 3/6."""
    z = numbers([0.0, math.log(2), math.log(3)], device)
    yours, called = student.logsumexp(z), "logsumexp([0, log 2, log 3])"
    suspects = {
        NO_MAX: numbers(math.log(2), device),
        ONLY_MAX: numbers(math.log(3), device),
        "this is the sum of the exponentials, without its log": numbers(6.0, device),
    }
    assert_close(yours, numbers(math.log(6), device), of="lse", called=called, suspects=suspects)
    p = numbers([1 / 6, 2 / 6, 3 / 6], device)
    yours, called = student.log_softmax(z), "log_softmax([0, log 2, log 3])"
    suspects = {
        NO_MAX: p.log() + math.log(3),
        CAPPED: (p + 1e-9).log(),
        "these are the probabilities, without their logarithms": p,
    }
    assert_close(yours, p.log(), of="log p", called=called, suspects=suspects)


@exercise("u08.log_softmax_and_lse")
def test_logarithms_far_below_the_smallest_float(student, device):
    """exp(-1000) is 0 as a float, but its logarithm is -1000, exactly."""
    z = numbers([[0.0, 1000.0], [-1000.0, -1600.0]], device)
    yours, expected = student.logsumexp(z), numbers([1000.0, -1000.0], device)
    called = "logsumexp([[0, 1000], [-1000, -1600]])"
    not_a_number(yours, expected, {OVERFLOW: [True, True], GLOBAL: [False, True]}, called)
    assert_close(yours, expected, of="lse", called=called)
    yours, expected = student.log_softmax(z), numbers([[-1000.0, 0.0], [0.0, -600.0]], device)
    called = "log_softmax([[0, 1000], [-1000, -1600]])"
    causes = {
        LOST: [[True, False], [False, True]],
        OVERFLOW: [[True, True], [True, True]],
        GLOBAL: [[False, False], [True, True]],
    }
    not_a_number(yours, expected, causes, called)
    capped = numbers([[math.log(1e-9), 0.0], [0.0, math.log(1e-9)]], device)
    assert_close(yours, expected, of="log p", called=called, suspects={CAPPED: capped})


@exercise("u08.log_softmax_and_lse")
def test_logarithms_in_float32(student, device):
    """In float32, exp(150) is inf and exp(-150) is 0: neither may be computed on the way."""
    z = torch.tensor([0.0, 150.0], device=device)
    yours, expected, called = (
        student.logsumexp(z),
        torch.tensor(150.0, device=device),
        "logsumexp([0, 150]), float32",
    )
    not_a_number(yours, expected, {OVERFLOW: True}, called)
    assert_close(yours, expected, of="lse", called=called, rtol=1e-5)
    yours, expected, called = (
        student.log_softmax(z),
        torch.tensor([-150.0, 0.0], device=device),
        "log_softmax([0, 150]), float32",
    )
    not_a_number(yours, expected, {LOST: [True, False], OVERFLOW: [True, True]}, called)
    capped = torch.tensor([math.log(1e-9), 0.0], device=device)
    assert_close(yours, expected, of="log p", called=called, rtol=1e-5, suspects={CAPPED: capped})


@exercise("u08.log_softmax_and_lse")
def test_logarithms_of_columns(student, device):
    """With dim=0 there is one lse for each column."""
    z = numbers([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], device)
    yours, called = student.logsumexp(z, dim=0), "logsumexp([[1, 2, 3], [3, 2, 1]], dim=0)"
    expected = numbers([3.12692801, 2.69314718, 3.12692801], device)
    assert_close(
        yours, expected, of="lse", called=called, suspects={ONLY_MAX: numbers([3.0, 2.0, 3.0], device)}
    )
    yours, called = student.log_softmax(z, dim=0), "log_softmax([[1, 2, 3], [3, 2, 1]], dim=0)"
    assert_close(yours, z - expected, of="log p", called=called, suspects={DIM: z - 3.40760596})


# ---------------------------------------------------------------------------- cross_entropy


@exercise("u08.cross_entropy")
def test_loss_of_three_positions(student, device):
    """The three surprises 0.342, 2.175 and 5.202 have the mean 2.573 and the sum 7.720."""
    logits, targets = numbers(LOGITS, device), classes(TARGETS, device)
    for reduction, expected, other, twice, raw in (
        ("mean", 2.57336443, 7.72009329, 1.39833524, 0.0),
        ("sum", 7.72009329, 2.57336443, 4.19500571, 0.0),
    ):
        assert_close(
            student.cross_entropy(logits, targets, reduction=reduction),
            numbers(expected, device),
            of="the loss",
            called=f"cross_entropy(logits, targets, {reduction!r}) with logits of shape (3, 4)",
            suspects={
                SUMMED if reduction == "mean" else AVERAGED: numbers(other, device),
                TWICE: numbers(twice, device),
                NO_SOFTMAX: numbers(raw, device),
            },
        )


@exercise("u08.cross_entropy")
def test_loss_of_a_batch(student, device):
    """Two rows of three positions: the mean runs over all six."""
    logits = torch.stack([numbers(LOGITS, device), numbers(LOGITS, device).flip(-1) / 2])
    suspects = {
        SUMMED: numbers(12.2091011, device),
        TWICE: numbers(1.40802808, device),
        NO_SOFTMAX: numbers(-0.5 / 6, device),
        "divided by the size of the first axis alone, not by the number of positions": numbers(
            6.10455057, device
        ),
    }
    yours = student.cross_entropy(logits, classes([TARGETS, [3, 0, 2]], device))
    called = "cross_entropy(logits, targets) with logits of shape (2, 3, 4)"
    assert_close(yours, numbers(2.03485019, device), of="the loss", called=called, suspects=suspects)


@exercise("u08.cross_entropy")
def test_loss_of_a_model_that_is_sure_and_wrong(student, device):
    """Logits 0 and 1000, and class 0 was right: the loss is 1000, not infinite."""
    yours, expected = (
        student.cross_entropy(numbers([[0.0, 1000.0]], device), classes([0], device)),
        numbers(1000.0, device),
    )
    called = "cross_entropy([[0, 1000]], [0])"
    capped = numbers(-math.log(1e-9), device)
    if type(yours) is torch.Tensor and yours.shape == () and yours == math.inf:
        fail("the loss is inf", called=called, yours=yours, expected=expected, diagnosis=LOST)
    assert_close(yours, expected, of="the loss", called=called, suspects={CAPPED: capped})


@exercise("u08.cross_entropy")
def test_loss_in_float32(student, device):
    """A probability of exp(-150) is 0 in float32, but the loss is 150, and no more."""
    logits = torch.tensor([[0.0, 150.0], [150.0, 0.0]], device=device)
    yours, expected = (
        student.cross_entropy(logits, classes([0, 0], device)),
        torch.tensor(75.0, device=device),
    )
    called = "cross_entropy([[0, 150], [150, 0]], [0, 0]), float32"
    capped = torch.tensor(-math.log(1e-9) / 2, device=device)
    if type(yours) is torch.Tensor and yours.shape == () and yours == math.inf:
        fail("the loss is inf", called=called, yours=yours, expected=expected, diagnosis=LOST)
    assert_close(yours, expected, of="the loss", called=called, rtol=1e-5, suspects={CAPPED: capped})


# ---------------------------------------------------------------------------- ce_gradient


@exercise("u08.ce_gradient")
def test_backward_through_a_softmax(student, device):
    """p is 1/6, 2/6, 3/6 and dL/dp is 2, 0, -1: dL/dz sums to 0, and is not 0 where dL/dp is."""
    p, dp = numbers([1 / 6, 2 / 6, 3 / 6], device), numbers([2.0, 0.0, -1.0], device)
    assert_gradient(
        student.softmax_backward(p, dp),
        numbers([0.361111111, 0.0555555556, -0.416666667], device),
        of="dz",
        called="softmax_backward([1/6, 2/6, 3/6], [2, 0, -1])",
        suspects={DIAGONAL: p * (1 - p) * dp, NO_SUM: p * dp},
    )


@exercise("u08.ce_gradient")
def test_backward_through_a_softmax_of_columns(student, device):
    """With dim=0 the columns of p sum to 1, and those of dL/dz to 0."""
    p = numbers([[0.5, 0.2], [0.25, 0.2], [0.25, 0.6]], device)
    dp = numbers([[1.0, 0.0], [2.0, -1.0], [-1.0, 3.0]], device)
    last = numbers([[0.25, -0.1], [0.425, -0.26], [-0.6375, 0.87]], device)
    assert_gradient(
        student.softmax_backward(p, dp, dim=0),
        numbers([[0.125, -0.32], [0.3125, -0.52], [-0.4375, 0.84]], device),
        of="dz",
        called="softmax_backward(p, dp, dim=0) with p of shape (3, 2)",
        suspects={DIAGONAL: p * (1 - p) * dp, NO_SUM: p * dp, OTHER_AXIS: last},
    )


@exercise("u08.ce_gradient")
def test_gradient_of_three_positions(student, device):
    """Every row sums to 0: the target's entry is below 0, and all others are above."""
    p, y = numbers(P, device), numbers(Y, device)
    assert_gradient(
        student.cross_entropy_gradient(numbers(LOGITS, device), classes(TARGETS, device)),
        numbers(GRADIENT, device),
        of="the gradient",
        called="cross_entropy_gradient(logits, targets) with logits of shape (3, 4)",
        suspects={NO_TARGET: p / 3, DIAGONAL: y * (p - 1) / 3},
    )


@exercise("u08.ce_gradient")
def test_gradient_of_four_positions(student, device):
    """The same logits the other way round, four positions and three classes: the mean divides by 4 now."""
    logits = numbers(LOGITS, device).T.contiguous()
    p, y = (
        numbers(
            [
                [0.263132494, 0.715268276, 0.0215992304],
                [0.121951652, 0.33149896, 0.546549387],
                [0.689672086, 0.0566117322, 0.253716182],
                [0.0420100661, 0.114195199, 0.843794734],
            ],
            device,
        ),
        numbers([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], device),
    )
    assert_gradient(
        student.cross_entropy_gradient(logits, classes([0, 1, 2, 0], device)),
        numbers(
            [
                [-0.184216877, 0.178817069, 0.00539980759],
                [0.0304879131, -0.16712526, 0.136637347],
                [0.172418022, 0.0141529331, -0.186570955],
                [-0.239497483, 0.0285487998, 0.210948684],
            ],
            device,
        ),
        of="the gradient",
        called="cross_entropy_gradient(logits, targets) with logits of shape (4, 3)",
        suspects={NO_TARGET: p / 4, DIAGONAL: y * (p - 1) / 4},
    )


@exercise("u08.ce_gradient")
def test_gradient_of_a_part_of_a_larger_loss(student, device):
    """If the loss counts for a quarter only, upstream is 0.25, and every entry is a quarter as large."""
    p, y = numbers(P, device), numbers(Y, device)
    for reduction, share in (("mean", 0.25), ("sum", 0.75)):
        assert_gradient(
            student.cross_entropy_gradient(
                numbers(LOGITS, device), classes(TARGETS, device), reduction=reduction, upstream=0.25
            ),
            share * numbers(GRADIENT, device),
            of="the gradient",
            called=f"cross_entropy_gradient(logits, targets, {reduction!r}, upstream=0.25)",
            upstream=0.25,
            suspects={NO_TARGET: share * p / 3, DIAGONAL: share * y * (p - 1) / 3},
        )


# ---------------------------------------------------------------------------- ignore_index


@exercise("u08.ignore_index")
def test_second_position_is_ignored(student, device):
    """Of the surprises 0.342, 2.175 and 5.202 the second does not count: the mean is 2.772."""
    logits, targets = numbers(LOGITS, device), classes([2, -100, 0], device)
    suspects = {ALL_COUNT: numbers(1.84820101, device), SUMMED: numbers(5.54460304, device)}
    yours, called = (
        student.masked_cross_entropy(logits, targets),
        "masked_cross_entropy(logits, [2, -100, 0])",
    )
    assert_close(yours, numbers(2.77230152, device), of="the loss", called=called, suspects=suspects)
    keep = numbers([[1.0], [0.0], [1.0]], device)
    expected = 1.5 * numbers(GRADIENT, device) * keep
    suspects = {
        ALL_COUNT: numbers(GRADIENT, device) * keep,
        NOT_ZERO: expected + (1 - keep) * numbers(P, device) / 2,
    }
    yours = student.masked_cross_entropy_gradient(logits, targets)
    called = "masked_cross_entropy_gradient(logits, [2, -100, 0])"
    assert_gradient(yours, expected, of="the gradient", called=called, suspects=suspects)


@exercise("u08.ignore_index")
def test_padding_is_ignored(student, device):
    """Where class 0 means padding, ignore_index is 0: its positions do not count, but it keeps its logit."""
    logits, targets = numbers(LOGITS, device), classes([2, 0, 0], device)
    yours = student.masked_cross_entropy(logits, targets, ignore_index=0)
    called = "masked_cross_entropy(logits, [2, 0, 0], ignore_index=0)"
    suspects = {ALL_COUNT: numbers(0.114116527, device), FIXED: numbers(2.07335679, device)}
    assert_close(yours, numbers(0.342349582, device), of="the loss", called=called, suspects=suspects)
    p, first = numbers(P, device), numbers([[1.0], [0.0], [0.0]], device)
    expected = 3 * numbers(GRADIENT, device) * first
    yours = student.masked_cross_entropy_gradient(logits, targets, ignore_index=0)
    called = "masked_cross_entropy_gradient(logits, [2, 0, 0], ignore_index=0)"
    suspects = {
        ALL_COUNT: numbers(GRADIENT, device) * first,
        NOT_ZERO: expected + (1 - first) * p,
        FIXED: (p - numbers([[0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]], device)) / 3,
    }
    assert_gradient(yours, expected, of="the gradient", called=called, suspects=suspects)


@exercise("u08.ignore_index")
def test_nothing_counts(student, device):
    """Where every position is ignored, the loss is nan, as in torch, and the gradient is 0."""
    logits, targets = numbers(LOGITS, device), classes([-100, -100, -100], device)
    yours, called = (
        student.masked_cross_entropy(logits, targets),
        "masked_cross_entropy(logits, [-100, -100, -100])",
    )
    zero = numbers(0.0, device)
    assert_close(yours, zero / 0, of="the loss", called=called, suspects={NONE_LEFT: zero})
    yours = student.masked_cross_entropy_gradient(logits, targets)
    called = "masked_cross_entropy_gradient(logits, [-100, -100, -100])"
    not_a_number(yours, logits, {NONE_LEFT_GRADIENT: [[True] * 4] * 3}, called)
    assert_equal(yours, torch.zeros_like(logits), of="the gradient", called=called)


# ---------------------------------------------------------------------------- label_smoothing


@exercise("u08.label_smoothing")
def test_loss_with_a_fifth_of_smoothing(student, device):
    """With smoothing 0.2 and four classes the target counts 0.85, and each other class 0.05."""
    yours = student.smoothed_cross_entropy(numbers(LOGITS, device), classes(TARGETS, device), smoothing=0.2)
    called = "smoothed_cross_entropy(logits, targets, smoothing=0.2)"
    suspects = {UNSMOOTHED: numbers(2.57336443, device), OTHERS_ONLY: numbers(2.44003110, device)}
    assert_close(yours, numbers(2.47336443, device), of="the loss", called=called, suspects=suspects)


@exercise("u08.label_smoothing")
def test_gradient_with_a_fifth_of_smoothing(student, device):
    """Where p has already reached its softer target, the gradient is 0 and nothing is pushed further."""
    p, y = numbers(P, device), numbers(Y, device)
    assert_gradient(
        student.smoothed_cross_entropy_gradient(
            numbers(LOGITS, device), classes(TARGETS, device), smoothing=0.2
        ),
        numbers(
            [
                [0.0361482365, -0.00488206886, -0.046633359, 0.0153671914],
                [0.152968954, -0.24548251, 0.00629101809, 0.0862225382],
                [-0.281498618, 0.00568474638, 0.0201845835, 0.255629288],
            ],
            device,
        ),
        of="the gradient",
        called="smoothed_cross_entropy_gradient(logits, targets, smoothing=0.2)",
        suspects={
            UNSMOOTHED: numbers(GRADIENT, device),
            OTHERS_ONLY: (p - 0.8 * y - 0.2 / 3 * (1 - y)) / 3,
            NO_TARGET: p / 3,
        },
    )


@exercise("u08.label_smoothing")
def test_smoothing_beside_an_ignored_position(student, device):
    """By default the smoothing is 0.1, and -100 is ignored."""
    logits, targets = numbers(LOGITS, device), classes([2, -100, 0], device)
    yours, called = (
        student.smoothed_cross_entropy(logits, targets),
        "smoothed_cross_entropy(logits, [2, -100, 0])",
    )
    suspects = {
        UNSMOOTHED: numbers(2.77230152, device),
        ALL_COUNT: numbers(2.72230152 * 2 / 3, device),
        OTHERS_ONLY: numbers(2.70563485, device),
    }
    assert_close(yours, numbers(2.72230152, device), of="the loss", called=called, suspects=suspects)
    p, y, keep = numbers(P, device), numbers(Y, device), numbers([[1.0], [0.0], [1.0]], device)
    expected = numbers(
        [
            [0.0667223548, 0.0051768967, -0.107450039, 0.0355507871],
            [0.0, 0.0, 0.0, 0.0],
            [-0.459747926, 0.0210271196, 0.0427768752, 0.395943932],
        ],
        device,
    )
    yours = student.smoothed_cross_entropy_gradient(logits, targets)
    called = "smoothed_cross_entropy_gradient(logits, [2, -100, 0])"
    suspects = {
        UNSMOOTHED: 1.5 * numbers(GRADIENT, device) * keep,
        ALL_COUNT: expected * 2 / 3,
        OTHERS_ONLY: keep * (p - 0.9 * y - 0.1 / 3 * (1 - y)) / 2,
        NOT_ZERO: expected + (1 - keep) * (p - 0.025) / 2,
    }
    assert_gradient(yours, expected, of="the gradient", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- perplexity_baseline_temperature


@exercise("u08.perplexity_baseline_temperature")
def test_perplexity_of_the_sentence(student, device):
    """Four surprises of about 1.8 nats are a choice among about 6 equally likely classes."""
    for values, expected in (
        ([2.0763, 1.8969, 1.7557, 1.7310], 6.45577449),
        ([1.9032603, 1.6122550, 1.8479066, 1.9560491], 6.23306224),
    ):
        nll = numbers(values, device)
        suspects = {EXP_SUM: nll.sum().exp(), TWO: 2 ** nll.mean(), NO_EXP: nll.mean()}
        yours, called = student.perplexity(nll), f"perplexity({values})"
        assert_close(yours, numbers(expected, device), of="the perplexity", called=called, suspects=suspects)


@exercise("u08.perplexity_baseline_temperature")
def test_baseline_of_six_and_of_27_classes(student):
    """Guessing blindly costs 1.7918 nats among 6 tokens, and 3.2958 among 27 characters."""
    for V, expected in ((6, 1.791759469), (27, 3.295836866)):
        suspects = {"a logarithm to base 2": math.log2(V), "this is the perplexity, not the loss": float(V)}
        assert_close(
            student.baseline_loss(V), expected, of="the loss", called=f"baseline_loss({V})", suspects=suspects
        )


@exercise("u08.perplexity_baseline_temperature")
def test_loss_and_gradient_at_two_temperatures(student, device):
    """Temperature 2 flattens the probabilities of the three positions, temperature 0.5 sharpens them."""
    logits, targets = numbers(LOGITS, device), classes(TARGETS, device)
    for temperature, loss, turned, gradient in (
        (
            2.0,
            1.82966928,
            4.48494671,
            [
                [0.0381548263, 0.0180230638, -0.0858928987, 0.0297150086],
                [0.0636363841, -0.136606967, 0.0234105174, 0.0495600658],
                [-0.158788132, 0.027498788, 0.0353091428, 0.0959802012],
            ],
        ),
        (
            0.5,
            4.48494671,
            1.82966928,
            [
                [0.0310031326, 0.00154355508, -0.0439521027, 0.0114054151],
                [0.464258325, -0.643552606, 0.00850318783, 0.170791093],
                [-0.666637141, 0.00438198138, 0.0119114604, 0.650343699],
            ],
        ),
    ):
        suspects = {MULTIPLIED: numbers(turned, device), NO_TEMPERATURE: numbers(2.57336443, device)}
        yours = student.tempered_cross_entropy(logits, targets, temperature)
        called = f"tempered_cross_entropy(logits, targets, {temperature})"
        assert_close(yours, numbers(loss, device), of="the loss", called=called, suspects=suspects)
        expected, plain = numbers(gradient, device), numbers(GRADIENT, device)
        suspects = {
            NO_FACTOR: expected * temperature,
            NO_TEMPERATURE: plain,
            ONLY_FACTOR: plain / temperature,
        }
        yours = student.tempered_cross_entropy_gradient(logits, targets, temperature)
        called = f"tempered_cross_entropy_gradient(logits, targets, {temperature})"
        assert_gradient(yours, expected, of="the gradient", called=called, suspects=suspects)
