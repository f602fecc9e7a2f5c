"""Hidden tests of unit 4, curvature: tables of drawn numbers whose columns have different scales."""

import numpy as np
from checks_descent import check_close, check_unchanged

from grader.testing import assert_close, exercise, fail, unpack

EXACT = {"rtol": 1e-11, "atol": 0.0}
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def table(rng, N, D):
    """float64[N, D] with correlated columns of different sizes and means."""
    mixed = rng.normal(size=(N, D)) @ (np.eye(D) + rng.uniform(-0.4, 0.4, (D, D)))
    return (mixed + rng.uniform(0.5, 1.5, D)) * rng.uniform(0.3, 4, D)


def size(X):
    return f"X float64[{X.shape[0]}, {X.shape[1]}]"


# ---------------------------------------------------------------------------- max_stable_lr

HALF = "half of the limit: here the steepest error is gone after one step"
NO_TWO = "twice the limit: is the 2 of the square lost in the curvature?"
SMALLEST = "the smallest curvature decides here, not the largest"
OF_THE_SUM = "this is the limit of the sum over all rows, not of their mean"
TRACE = "the sum of all curvatures stands where the largest belongs"
DIAGONAL = "only the diagonal of the curvature is used: the weights are taken for independent"
WORST_ROW = "this is the limit of the longest row alone, not that of the mean over all rows"
NOT_SQUARED = "a singular value of X is taken for a curvature, which is a square"


def wrong_limits(X):
    N, D = X.shape
    H = 2 * X.T @ X / N
    curvatures = np.linalg.eigvalsh(H)
    limit = 2 / curvatures[-1]
    suspects = {
        HALF: limit / 2,
        NO_TWO: 2 * limit,
        OF_THE_SUM: limit / N,
        TRACE: 2 / np.trace(H),
        DIAGONAL: 2 / H.diagonal().max(),
        WORST_ROW: 1 / (X**2).sum(axis=1).max(),
        NOT_SQUARED: N / np.linalg.norm(X, 2),
    }
    if N >= D:
        suspects[SMALLEST] = 2 / curvatures[0]
    # Where there is one column or one row, some of the mistakes are none.
    return {cause: value for cause, value in suspects.items() if not np.isclose(value, limit)}


def check_limit(student, reference, X):
    before = X.copy()
    yours, expected = student.max_stable_lr(X), reference.max_stable_lr(before)
    called = f"max_stable_lr(X), {size(X)}"
    check_unchanged("X", X, before, called)
    counts = {"rows": X.shape[0], "columns": X.shape[1]}
    of = "the largest stable learning rate"
    more = {"of": of, "called": called, "counts": counts, **EXACT}
    check_close(yours, expected, lambda: wrong_limits(before), **more)


@exercise("u04.max_stable_lr", weight=2, in_place=True)
def test_limits_of_drawn_tables(student, rng, reference):
    """The largest curvature of the mean squared error decides, whatever direction it has."""
    for N, D in ((7, 3), (11, 5), (5, 3), (9, 4)):
        check_limit(student, reference, table(rng, N, D))


@exercise("u04.max_stable_lr", in_place=True)
def test_limits_of_rows_and_of_wide_tables(student, rng, reference):
    """Fewer rows than weights leave directions without curvature; they do not matter."""
    for N, D in ((1, 3), (1, 7), (3, 5), (5, 9)):
        check_limit(student, reference, table(rng, N, D))


@exercise("u04.max_stable_lr", in_place=True)
def test_limits_of_one_column_and_of_many(student, rng, reference):
    """One weight has one curvature; nearly a hundred weights have as many."""
    for N, D in ((7, 1), (3, 1), (101, 97)):
        check_limit(student, reference, table(rng, N, D))


# ---------------------------------------------------------------------------- feature_scaling

PARTS = "(Z, Z_new, mean, std)"
OWN = "X_new is scaled by its own mean and standard deviation"
TOGETHER = "mean and standard deviation are those of both tables together: the new rows leak in"
WHOLE = "one mean and one standard deviation for the whole table"
NOT_CENTRED = "the mean is not subtracted"
NOT_QUITE_ZERO = (
    "a column of equal numbers is divided by the rounding error of its std, which is not exactly 0"
)
ROOT = "a quotient of singular values; curvatures are squares of these"
INVERSE = "smallest over largest"
STANDARDISED = "this is the condition number of the standardised columns"


def scaled(X, X_new, mean, std):
    return (X - mean) / std, (X_new - mean) / std, mean, std


def varying(X):
    """The std of every column, with a 1 where it does not vary."""
    return np.where(np.ptp(X, axis=0) == 0, 1.0, X.std(axis=0))


def wrong_scalings(X, X_new):
    """What named mistakes give."""
    mean, std, exact = X.mean(axis=0), varying(X), X.std(axis=0)
    both, D = np.vstack([X, X_new]), X.shape[1]
    own = (X_new - X_new.mean(axis=0)) / varying(X_new)
    return {
        OWN: ((X - mean) / std, own, mean, std),
        TOGETHER: scaled(X, X_new, both.mean(axis=0), varying(both)),
        WHOLE: scaled(X, X_new, np.full(D, X.mean()), np.full(D, X.std())),
        NOT_CENTRED: (X / std, X_new / std, mean, std),
        NOT_QUITE_ZERO: scaled(X, X_new, mean, np.where(exact == 0, 1.0, exact)),
    }


def check_scaling(student, reference, X, X_new):
    before, before_new = X.copy(), X_new.copy()
    called = f"standardise(X, X_new), {size(X)}, M = {len(X_new)}"
    yours = student.standardise(X, X_new)
    check_unchanged("X", X, before, called)
    check_unchanged("X_new", X_new, before_new, called)
    expected, more = reference.standardise(before, before_new), {"of": PARTS, "called": called, **CLOSE}
    check_close(yours, expected, lambda: wrong_scalings(before, before_new), **more)


@exercise("u04.feature_scaling", weight=2, in_place=True)
def test_columns_of_drawn_tables(student, rng, reference):
    """The rows that come later are scaled by the mean and the standard deviation of the training rows."""
    for N, D, M in ((7, 3, 5), (11, 5, 3), (5, 7, 1)):
        check_scaling(student, reference, table(rng, N, D), table(rng, M, D))


@exercise("u04.feature_scaling", in_place=True)
def test_columns_that_do_not_vary(student, rng, reference):
    """A column of equal numbers becomes a column of zeros, and its std is said to be 1."""
    for N, D, constant in ((7, 3, 4.0), (5, 3, 0.0), (3, 5, 0.1), (7, 4, 0.1)):
        X = table(rng, N, D)
        X[:, rng.integers(D)] = constant
        check_scaling(student, reference, X, table(rng, 5, D))


TIMES = "std enters the weights the wrong way round"
SAME_BIAS = "the bias is handed back as it is for the standardised columns"
PLUS = "the correction of the bias has the wrong sign"
UNMAPPED = "weights and bias are still those of the standardised columns"
Y_TOO = "y is scaled too"
RAW = "train gets X as it is, not standardised"
TWICE = "train is called more than once"


class Train:
    """Looks at what it is called with, and returns drawn weights and a drawn bias."""

    def __init__(self, reference, X, y, answer):
        self.X, self.y, self.answer = X, y, answer
        self.Z = reference.standardise(X, X)[0]
        self.calls = 0

    def __call__(self, Z, y):
        called, self.calls = "train(Z, y)", self.calls + 1
        if self.calls > 1:
            fail("train is called again", called=called, diagnosis=TWICE)
        check_close(Z, self.Z, self.wrong_columns, of="Z", called=called, **CLOSE)
        suspects = {Y_TOO: (self.y - self.y.mean()) / self.y.std()}
        assert_close(y, self.y, of="y", called=called, suspects=suspects, **CLOSE)
        return self.answer

    def wrong_columns(self):
        scalings = wrong_scalings(self.X, self.X)
        return {RAW: self.X, **{cause: parts[0] for cause, parts in scalings.items() if cause != OWN}}


def check_fit(student, reference, X, y, answer):
    """answer: (v, c), what the training comes to"""
    (v, c), before, before_y = answer, X.copy(), y.copy()
    train = Train(reference, before, before_y, answer)
    called = f"fit_scaled(train, X, y), {size(X)}"
    yours = unpack(student.fit_scaled(train, X, y), "(w, b)")
    check_unchanged("X", X, before, called)
    check_unchanged("y", y, before_y, called)
    if not train.calls:
        fail("train was not called", called=called)
    expected = reference.fit_scaled(lambda Z, y: answer, before, before_y)
    _, _, mean, std = reference.standardise(before, before)
    suspects = {
        TIMES: (v * std, c - mean @ (v * std)),
        SAME_BIAS: (v / std, c),
        PLUS: (v / std, c + mean @ (v / std)),
        UNMAPPED: (v, c),
    }
    assert_close(yours, expected, of="(w, b)", called=called, suspects=suspects, **CLOSE)


@exercise("u04.feature_scaling", weight=2, in_place=True)
def test_the_same_predictions_from_the_columns_as_they_were(student, rng, reference):
    """X @ w + b is what Z @ v + c was, for whatever weights the training came to."""
    for N, D in ((7, 3), (11, 5), (9, 1)):
        X, y, v = table(rng, N, D), rng.uniform(2, 9, N), rng.uniform(-2, 2, D)
        check_fit(student, reference, X, y, (v, float(rng.uniform(1, 5))))


@exercise("u04.feature_scaling", in_place=True)
def test_the_way_back_past_a_column_that_does_not_vary(student, rng, reference):
    """A column of equal numbers has std 1 on the way back, too."""
    for N, D in ((7, 3), (5, 4)):
        X, y, v = table(rng, N, D), rng.uniform(2, 9, N), rng.uniform(0.5, 2, D)
        X[:, rng.integers(D)] = 4.0
        check_fit(student, reference, X, y, (v, float(rng.uniform(1, 5))))


def wrong_conditions(reference, X):
    kappa, Z = reference.condition_number(X), (X - X.mean(axis=0)) / X.std(axis=0)
    return {ROOT: kappa**0.5, INVERSE: 1 / kappa, STANDARDISED: reference.condition_number(Z)}


@exercise("u04.feature_scaling", in_place=True)
def test_condition_numbers(student, rng, reference):
    """The largest curvature over the smallest, which is 1 for a round valley."""
    for N, D in ((7, 3), (11, 5), (9, 4), (5, 1), (120, 83)):
        X = table(rng, N, D)
        before, called = X.copy(), f"condition_number(X), {size(X)}"
        yours, expected = student.condition_number(X), reference.condition_number(before)
        check_unchanged("X", X, before, called)
        more = {"of": "the condition number", "called": called, **CLOSE}
        check_close(yours, expected, lambda: wrong_conditions(reference, before), **more)  # noqa: B023
