"""Hidden tests of unit 3: the gradient of a mean over a batch."""

import numpy as np

from grader.testing import assert_close, assert_gradient, exercise, fail, unpack

EXACT = {"rtol": 1e-12, "atol": 1e-14}  # a slope measured by nudging is not as exact
NO_BIAS = "the bias is left out of the prediction"
NO_FEATURES = "the features are left out: these are the errors"
NOT_SUMMED = "db has one entry for each example: the bias is shared, so their parts add up"
ROOT = "this is the root of the mean"
ABSOLUTE = "the sign of the errors is lost"
OWN_MEANS = "means of products and products of means are not the same"
OF_ENTRIES = "divided by the number of entries of X, not by the number of examples"
CHANGED = "an argument is changed"


def batch(rng, N, D):
    """X, y, w, b with errors that are not small."""
    X, w = rng.normal(1, 1, (N, D)), rng.normal(0, 1, D) / np.sqrt(D)
    b = float(rng.uniform(0.5, 1.5))
    return X, X @ w + b - rng.normal(0.7, 1.0, N), w, b


def sizes(rng):
    """N and D, different and not small."""
    return (int(n) for n in rng.choice(np.arange(3, 12), 2, replace=False))


def check_batch(student, reference, arguments, about=""):
    X, y, w, b = arguments
    N, D = X.shape
    loss, dw, db = reference.batch_mse_gradient(X, y, w, b)  # before the student's code may change X
    e, unbiased = X @ w + b - y, reference.batch_mse_gradient(X, y, w, 0.0)
    parts = unpack(student.batch_mse_gradient(X, y, w, b), "(L, dw, db)")
    counts = {"examples": N, "features": D}
    clues = {"called": about or f"batch_mse_gradient(X, y, w, b) with N = {N}, D = {D}", **EXACT}
    suspects = {NO_BIAS: unbiased[0], ROOT: np.sqrt(loss), "the errors are not squared": np.mean(e)}
    assert_close(parts[0], loss, of="L", suspects=suspects, counts=counts, **clues)
    suspects = {
        NO_BIAS: unbiased[1],
        OWN_MEANS: 2 * e.mean() * X.mean(0),
        ABSOLUTE: 2 * X.T @ abs(e) / N,
        NO_FEATURES: np.full(D, 2 * e.mean()),
    }
    if D > 1 and np.shape(parts[1]) == (D,) and np.allclose(parts[1], dw / D, rtol=1e-9, atol=0):
        fail("dw is wrong", called=clues["called"], yours=parts[1], expected=dw, diagnosis=OF_ENTRIES)
    assert_gradient(parts[1], dw, of="dw", suspects=suspects, counts=counts, **clues)
    if np.shape(parts[2]) == (N,):
        fail("db is an array", called=clues["called"], yours=parts[2], diagnosis=NOT_SUMMED)
    suspects = {NO_BIAS: unbiased[2], ABSOLUTE: 2 * abs(e).mean()}
    assert_close(parts[2], db, of="db", suspects=suspects, counts=counts, **clues)


@exercise("u03.batch_mse_gradient", weight=3)
def test_batches_of_drawn_sizes(student, rng, reference):
    """The mean over the examples, of the error times the example's own features."""
    for _ in range(3):
        check_batch(student, reference, batch(rng, *sizes(rng)))


@exercise("u03.batch_mse_gradient")
def test_a_batch_of_one_and_one_weight(student, rng, reference):
    """N and D may be 1; the shapes are the same as ever."""
    N, D = sizes(rng)
    for shape in ((N, D), (1, D), (N, 1)):
        check_batch(student, reference, batch(rng, *shape))


@exercise("u03.batch_mse_gradient")
def test_a_batch_twice_has_the_same_gradient(student, rng, reference):
    """A mean does not grow with the batch: every row twice changes nothing."""
    X, y, w, b = batch(rng, *sizes(rng))
    check_batch(student, reference, (X, y, w, b))
    loss, dw, db = unpack(student.batch_mse_gradient(np.tile(X, (2, 1)), np.tile(y, 2), w, b), "(L, dw, db)")
    expected = reference.batch_mse_gradient(X, y, w, b)
    called = "batch_mse_gradient(X, y, w, b), every row twice"
    for yours, right, of in zip((loss, dw, db), expected, ("L", "dw", "db"), strict=True):
        assert_gradient(yours, right, of=of, called=called, **EXACT)


@exercise("u03.batch_mse_gradient", in_place=True)
def test_nothing_is_changed(student, rng, reference):
    """X, y and w hold the same numbers after the call."""
    for _ in range(2):
        arrays = batch(rng, *sizes(rng))
        before = [np.copy(argument) for argument in arrays]
        check_batch(student, reference, arrays)
        for name, now, then in zip("Xywb", arrays, before, strict=True):
            if not np.array_equal(now, then):
                fail(f"{name} was changed", called="batch_mse_gradient(X, y, w, b)", diagnosis=CHANGED)


@exercise("u03.batch_mse_gradient")
def test_targets_far_away(student, rng, reference):
    """Errors of a million are as good as others; a difference of two losses would lose its digits there."""
    for _ in range(2):
        X, y, w, b = batch(rng, *sizes(rng))
        check_batch(student, reference, (X, y - 1e6 * rng.uniform(1, 2, len(y)), w, b))


@exercise("u03.batch_mse_gradient")
def test_ten_thousand_weights(student, rng, reference):
    """One formula, whatever the number of weights: nudging each of them would take 20,000 forward passes."""
    arrays = batch(rng, 24, 10_000)
    about = "batch_mse_gradient(X, y, w, b) with N = 24, D = 10,000"
    check_batch(student, reference, arrays, about=about)
