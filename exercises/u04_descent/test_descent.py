"""Public tests of unit 4: read them, run them with `pytest u04_descent`. Hidden tests decide about points."""

import numpy as np

from grader.testing import assert_close, assert_equal, exercise, fail

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
UPHILL = "the gradient is added: this goes uphill"
ONE_AFTER_THE_OTHER = "the weights move one after the other: later ones see the new values of earlier ones"
ONCE = "the gradient is computed once, and not again at the new weights"
AFTER = "the losses are those after each update, not before it"
TOO_MANY = "one loss too many: that of the end belongs to no update"
NO_END = "path has no row for where the last update led"
SAME_ROWS = "every row of path is the last one: is one array changed in place, and appended each time?"


def package(x, y):
    """Loss and gradient of the lesson: one package with the features x, which needs y hours."""
    x = np.array(x)
    return lambda w: (w @ x - y) ** 2, lambda w: 2 * (w @ x - y) * x


@exercise("u04.gd_step")
def test_the_first_step_of_the_lesson(student):
    """From (1, 2), with the gradient (12, 18) and lr 0.05, the step leads to (0.4, 1.1); (1, 2) stays."""
    _, gradient = package([2.0, 3.0], 5.0)
    w = np.array([1.0, 2.0])
    yours, called = student.gd_step(gradient, w, 0.05), "gd_step(gradient, [1, 2], 0.05)"
    if not np.array_equal(w, [1.0, 2.0]):
        fail("w was changed", called=called, yours=w, diagnosis="w is mutated")
    suspects = {UPHILL: np.array([1.6, 2.9]), ONE_AFTER_THE_OTHER: np.array([0.4, 1.46])}
    assert_close(yours, np.array([0.4, 1.1]), of="the new weights", called=called, suspects=suspects)


@exercise("u04.gd_step")
def test_a_step_that_is_too_long(student):
    """From (0.5, 1), lr 0.1 leads to (0.8, 1.4), where the loss is 4, not 0.25; lr 2 leads to (6.5, 9)."""
    _, gradient = package([3.0, 4.0], 6.0)
    for lr, right, uphill, late in (
        (0.1, [0.8, 1.4], [0.2, 0.6], [0.8, 0.68]),
        (2.0, [6.5, 9.0], [-5.5, -7.0], [6.5, -279.0]),
    ):
        assert_close(
            student.gd_step(gradient, np.array([0.5, 1.0]), lr),
            np.array(right),
            of="the new weights",
            called=f"gd_step(gradient, [0.5, 1], {lr})",
            suspects={UPHILL: np.array(uphill), ONE_AFTER_THE_OTHER: np.array(late)},
        )


@exercise("u04.gd_loop")
def test_three_steps_of_the_lesson(student):
    """From (1, 2) with lr 0.05 the losses before the updates are 9, 0.81 and 0.0729; four rows of path."""
    loss, gradient = package([2.0, 3.0], 5.0)
    path = np.array([[1.0, 2.0], [0.4, 1.1], [0.58, 1.37], [0.526, 1.289]])
    losses = np.array([9.0, 0.81, 0.0729])
    assert_close(
        student.gd_loop(loss, gradient, np.array([1.0, 2.0]), 0.05, 3),
        (path, losses),
        of="(path, losses)",
        called="gd_loop(loss, gradient, [1, 2], 0.05, 3)",
        suspects={
            AFTER: (path, np.array([0.81, 0.0729, 0.006561])),
            TOO_MANY: (path, np.array([9.0, 0.81, 0.0729, 0.006561])),
            NO_END: (path[:-1], losses),
            ONCE: (
                np.array([[1.0, 2.0], [0.4, 1.1], [-0.2, 0.2], [-0.8, -0.7]]),
                np.array([9.0, 0.81, 23.04]),
            ),
            SAME_ROWS: (np.tile(path[-1], (4, 1)), losses),
        },
    )


@exercise("u04.gd_loop")
def test_one_weight(student):
    """With one weight, x = 2, y = 5, w = 3 and lr 0.1, the error of w is a fifth after every step."""
    loss, gradient = package([2.0], 5.0)
    path = np.array([[3.0], [2.6], [2.52], [2.504], [2.5008]])
    losses = np.array([1.0, 0.04, 0.0016, 0.000064])
    assert_close(
        student.gd_loop(loss, gradient, np.array([3.0]), 0.1, 4),
        (path, losses),
        of="(path, losses)",
        called="gd_loop(loss, gradient, [3], 0.1, 4)",
        suspects={
            AFTER: (path, np.array([0.04, 0.0016, 0.000064, 0.00000256])),
            TOO_MANY: (path, np.array([1.0, 0.04, 0.0016, 0.000064, 0.00000256])),
            NO_END: (path[:-1], losses),
            ONCE: (np.array([[3.0], [2.6], [2.2], [1.8], [1.4]]), np.array([1.0, 0.04, 0.36, 1.96])),
            SAME_ROWS: (np.tile(path[-1], (5, 1)), losses),
        },
    )


def deliveries():
    """The five deliveries of the lesson: distance in 100 km, weight in kg."""
    return np.array([[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]])


HALF = "half of the limit: here the steepest error is gone after one step"
NO_TWO = "twice the limit: is the 2 of the square lost in the curvature?"
SMALLEST = "the smallest curvature decides here, not the largest"
OF_THE_SUM = "this is the limit of the sum over all rows, not of their mean"


@exercise("u04.max_stable_lr")
def test_the_limit_of_one_package(student):
    """With a single row x the limit is 1 over its squared length: 1/13 for (2, 3), 1/25 for (3, 4)."""
    for row, limit, half, twice in (
        ([2.0, 3.0], 0.07692307692307693, 0.038461538461538464, 0.15384615384615385),
        ([3.0, 4.0], 0.04, 0.02, 0.08),
    ):
        assert_close(
            student.max_stable_lr(np.array([row])),
            limit,
            of="the largest stable learning rate",
            called=f"max_stable_lr([{row}])",
            suspects={HALF: half, NO_TWO: twice},
        )


@exercise("u04.max_stable_lr")
def test_the_limit_of_five_deliveries(student):
    """The largest curvature of the five rows is 29.383, and 2/29.383 = 0.068066."""
    assert_close(
        student.max_stable_lr(deliveries()),
        0.06806600612550055,
        of="the largest stable learning rate",
        called="max_stable_lr(X), the five deliveries",
        suspects={
            HALF: 0.034033003062750276,
            NO_TWO: 0.1361320122510011,
            SMALLEST: 4.266603216154777,
            OF_THE_SUM: 0.01361320122510011,
        },
    )


@exercise("u04.feature_scaling")
def test_columns_become_comparable(student):
    """The means are 2, 30, 5, the deviations 1, 20, 0: the third column does not vary, and its std is 1."""
    X = np.array([[1.0, 10.0, 5.0], [1.0, 50.0, 5.0], [3.0, 10.0, 5.0], [3.0, 50.0, 5.0]])
    Z = np.array([[-1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0]])
    mean, std = np.array([2.0, 30.0, 5.0]), np.array([1.0, 20.0, 1.0])
    assert_close(
        student.standardise(X, np.array([[2.0, 70.0, 8.0]])),
        (Z, np.array([[0.0, 2.0, 3.0]]), mean, std),
        of="(Z, Z_new, mean, std)",
        called="standardise(X, [[2, 70, 8]])",
        suspects={"X_new is scaled by its own mean and standard deviation": (Z, np.zeros((1, 3)), mean, std)},
    )


@exercise("u04.feature_scaling")
def test_the_way_back_to_the_old_columns(student):
    """3 z1 - 2 z2 + 11 is 3 x1 - 0.1 x2 + 8: the means are 2 and 30, the deviations 1 and 20."""
    X, y = np.array([[1.0, 10.0], [1.0, 50.0], [3.0, 10.0], [3.0, 50.0]]), np.array([10.0, 6.0, 16.0, 12.0])
    Z = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    v, w = np.array([3.0, -2.0]), np.array([3.0, -0.1])

    def train(table, targets):
        assert_close(table, Z, of="Z", called="train(Z, y)")
        assert_close(targets, y, of="y", called="train(Z, y)")
        return v, 11.0

    assert_close(
        student.fit_scaled(train, X, y),
        (w, 8.0),
        of="(w, b)",
        called="fit_scaled(train, X, y)",
        suspects={
            "the bias is handed back as it is for the standardised columns": (w, 11.0),
            "the correction of the bias has the wrong sign": (w, 14.0),
            "weights and bias are still those of the standardised columns": (v, 11.0),
        },
    )


@exercise("u04.feature_scaling")
def test_the_valley_of_five_deliveries(student):
    """The valley of the five deliveries is 62.7 times as curved across as it is along."""
    assert_close(
        student.condition_number(deliveries()),
        62.68331960432621,
        of="the condition number",
        called="condition_number(X), the five deliveries",
        suspects={
            "a quotient of singular values; curvatures are squares of these": 7.917279810915249,
            "smallest over largest": 0.01595320742922146,
            "this is the condition number of the standardised columns": 19.22881749885312,
        },
    )


# Runs in the valley of the picture, whose curvatures are 1 and 5. In every step, the two parts of the error
# are multiplied by these factors, 1 - lr * curvature.
RUNS = {
    "crawling": (0.995, 0.975),  # lr 0.005
    "ok": (0.75, -0.25),  # lr 0.25
    "oscillating": (0.63, -0.85),  # lr 0.37
    "diverging": (0.58, -1.1),  # lr 0.42
    "sign error": (1.02, 1.1),  # lr 0.02, and the gradient added
}


def valley(factors, T):
    """(path, losses) of such a run: T steps from (-1.6, 0.8), with the lowest point at (0, 0)."""
    path = np.array([-1.6, 0.8]) * np.array(factors) ** np.arange(T + 1)[:, None]
    return path, path[:-1] ** 2 @ np.array([0.5, 2.5])


@exercise("u04.diagnose_run")
def test_the_runs_of_the_picture(student):
    """Five runs of twelve steps in the same valley, with the faults that the picture of the lesson shows."""
    for word, factors in RUNS.items():
        yours = student.diagnose_run(*valley(factors, 12))
        assert_equal(yours, word, of="the diagnosis", called=f"diagnose_run of the factors {factors}")


@exercise("u04.diagnose_run")
def test_a_run_that_ends_in_nan(student):
    """A run whose last loss is nan diverged, though nan is neither above nor below the first loss."""
    path, losses = valley((0.75, -0.25), 5)
    losses[-1] = np.nan
    assert_equal(
        student.diagnose_run(path, losses),
        "diverging",
        of="the diagnosis",
        called="diagnose_run(path, losses) with losses[-1] = nan",
        suspects={"nan or infinity in the losses is not taken for divergence": "ok"},
    )
