"""Public tests of unit 3: read them, run them with `pytest u03_partials`. Hidden tests decide the points."""

import numpy as np

from grader.testing import assert_close, assert_gradient, exercise, unpack

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
NO_FEATURE = "the feature is missing: how fast does the prediction grow with each weight?"
SWAPPED = "each weight has the other one's feature"
WEIGHT = "the weight stands where its feature belongs"
ADDED = "added along the path, where it must be multiplied"
MULTIPLIED = "the paths are multiplied, where they must be added"
FIRST_PATH = "only one path is there"
NO_SLOPE = "the slope of tanh is missing"
DIAGONAL = "only the diagonal is there"
DIRECT = "only the direct arrow is there, and no longer path"


def packages():
    """The lesson's five rows: distance in 100 km and weight in kg, and the hours that they took."""
    X = np.array([[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]])
    return X, np.array([5.0, 3.2, 9.5, 2.1, 6.8])


def lesson():
    """The lesson's graph: what each arrow carries."""
    return {("L", "e"): 6.0, ("e", "y_hat"): 1.0, ("y_hat", "w1"): 2.0, ("y_hat", "w2"): 3.0}


def layer():
    """W with two outputs and three inputs, and the place x."""
    return np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]]), np.array([1.0, 0.5, 0.25])


@exercise("u03.two_weight_partials")
def test_the_package_of_the_lesson(student):
    """w = (1, 2), x = (2, 3), y = 5: the prediction is 8, the loss 9, and the gradient (12, 18)."""
    y_hat, loss, gradient = unpack(
        student.two_weight_partials((1.0, 2.0), (2.0, 3.0), 5.0), "(y_hat, L, gradient)"
    )
    called = "two_weight_partials((1, 2), (2, 3), 5)"
    assert_close(y_hat, 8.0, of="y_hat", called=called)
    assert_close(loss, 9.0, of="L", called=called)
    suspects = {NO_FEATURE: (6.0, 6.0), SWAPPED: (18.0, 12.0), WEIGHT: (6.0, 12.0)}
    assert_close(gradient, (12.0, 18.0), of="(dL/dw1, dL/dw2)", called=called, suspects=suspects)


@exercise("u03.two_weight_partials")
def test_a_prediction_that_is_too_small(student):
    """w = (0.5, 1), x = (3, 4), y = 6: half an hour too little, so both partials are negative."""
    y_hat, loss, gradient = unpack(
        student.two_weight_partials((0.5, 1.0), (3.0, 4.0), 6.0), "(y_hat, L, gradient)"
    )
    called = "two_weight_partials((0.5, 1), (3, 4), 6)"
    assert_close(y_hat, 5.5, of="y_hat", called=called)
    assert_close(loss, 0.25, of="L", called=called)
    suspects = {NO_FEATURE: (-1.0, -1.0), SWAPPED: (-4.0, -3.0), WEIGHT: (-0.5, -1.0)}
    assert_close(gradient, (-3.0, -4.0), of="(dL/dw1, dL/dw2)", called=called, suspects=suspects)


@exercise("u03.chain_path")
def test_the_arrows_of_the_lesson(student):
    """dL/de is 6, de/dy_hat is 1, and y_hat grows with each weight as fast as its feature is large."""
    yours = student.local_derivatives((1.0, 2.0), (2.0, 3.0), 5.0)
    assert_close(yours, lesson(), of="local", called="local_derivatives((1, 2), (2, 3), 5)")


@exercise("u03.chain_path")
def test_the_path_down_to_the_first_weight(student):
    """From L down to w1 the arrows carry 6, 1 and 2: together 12."""
    yours, called = student.along_path(lesson(), ["L", "e", "y_hat", "w1"]), "along_path(local, L e y_hat w1)"
    assert_close(yours, 12.0, of="the product", called=called, suspects={ADDED: 9.0})
    yours, called = student.total_derivative(lesson(), "L", "w1"), "total_derivative(local, 'L', 'w1')"
    assert_close(yours, 12.0, of="the derivative", called=called, suspects={ADDED: 9.0, DIRECT: 0.0})


@exercise("u03.chain_path")
def test_the_path_down_to_the_second_weight(student):
    """From L down to w2 the arrows carry 6, 1 and 3: together 18."""
    yours, called = student.along_path(lesson(), ["L", "e", "y_hat", "w2"]), "along_path(local, L e y_hat w2)"
    assert_close(yours, 18.0, of="the product", called=called, suspects={ADDED: 10.0})
    yours, called = student.total_derivative(lesson(), "L", "w2"), "total_derivative(local, 'L', 'w2')"
    assert_close(yours, 18.0, of="the derivative", called=called, suspects={ADDED: 10.0, DIRECT: 0.0})


@exercise("u03.chain_path")
def test_three_paths_to_one_weight(student):
    """Two paths through steps between, and one arrow that leads there directly: 2 * 3 + 5 * 7 + 11 = 52."""
    local = {("L", "a"): 2.0, ("a", "w"): 3.0, ("L", "b"): 5.0, ("b", "w"): 7.0, ("L", "w"): 11.0}
    assert_close(
        student.total_derivative(local, "L", "w"),
        52.0,
        of="the derivative",
        called="total_derivative(local, 'L', 'w')",
        suspects={MULTIPLIED: 2310.0, FIRST_PATH: 6.0, ADDED: 28.0, DIRECT: 11.0},
    )


@exercise("u03.chain_path")
def test_two_paths_to_one_weight(student):
    """L = a * b with a = 3 w, b = w + 4 at w = 2: L grows through a (6 * 3) and through b (6 * 1), by 24."""
    local = {("L", "a"): 6.0, ("L", "b"): 6.0, ("a", "w"): 3.0, ("b", "w"): 1.0}
    assert_close(
        student.total_derivative(local, "L", "w"),
        24.0,
        of="the derivative",
        called="total_derivative(local, 'L', 'w')",
        suspects={MULTIPLIED: 108.0, FIRST_PATH: 18.0, ADDED: 16.0, DIRECT: 0.0},
    )
    for top, bottom, expected in (("w", "w", 1.0), ("a", "b", 0.0)):
        yours = student.total_derivative(local, top, bottom)
        called = f"total_derivative(local, {top!r}, {bottom!r})"
        assert_close(yours, expected, of="the derivative", called=called)


@exercise("u03.batch_mse_gradient")
def test_five_packages(student):
    """The mean over five packages: a loss, one partial for each weight, and one for the bias."""
    X, y = packages()
    loss, dw, db = unpack(student.batch_mse_gradient(X, y, np.array([0.8, 1.5]), 0.0), "(L, dw, db)")
    called = "batch_mse_gradient(X, y, w, 0) with the lesson's five rows"
    assert_close(loss, 0.72884, of="L", called=called, counts={"examples": 5})
    expected = np.array([1.6456, 2.888])
    assert_gradient(dw, expected, of="dw", called=called, counts={"examples": 5})
    assert_close(db, 0.24, of="db", called=called, counts={"examples": 5})


@exercise("u03.batch_mse_gradient")
def test_the_bias_is_a_weight_with_the_feature_one(student):
    """The bias 0.5 belongs to a feature that is 1 in every row: db is 2 times the mean error."""
    w, b = np.array([2.0, -1.0]), 0.5
    X = np.array([[1.0, 2.0], [0.0, 3.0], [2.0, 2.0]])
    y = np.array([1.0, -2.0, 0.5])
    loss, dw, db = unpack(student.batch_mse_gradient(X, y, w, b), "(L, dw, db)")
    called = "batch_mse_gradient(X, y, w, 0.5) with three rows"
    assert_close(loss, 1.5, of="L", called=called, counts={"examples": 3})
    assert_gradient(dw, np.array([7 / 3, 1.0]), of="dw", called=called, counts={"examples": 3})
    assert_close(db, 2 / 3, of="db", called=called, counts={"examples": 3})


@exercise("u03.jacobian_and_vjp")
def test_a_layer_with_two_outputs(student):
    """Three inputs, two outputs: J has two rows, and each is the gradient of one output."""
    W, x = layer()
    yours, called = student.layer_jacobian(W, x), "layer_jacobian(W, x) with W of shape (2, 3)"
    J = np.array(
        [
            [0.3932238664829637, -0.7864477329659274, 1.5728954659318548],
            [0.27105995838547253, 0.04517665973091209, -0.09035331946182418],
        ]
    )
    assert_gradient(yours, J, of="J", called=called, suspects={NO_SLOPE: layer()[0]})
    u, v = np.array([1.0, -2.0, 3.0]), np.array([2.0, -1.0])
    yours, called = student.layer_jvp(W, x, u), "layer_jvp(W, x, u) with W of shape (2, 3)"
    suspects = {NO_SLOPE: np.array([8.5, -0.5])}
    assert_gradient(
        yours, np.array([6.684805730210383, -0.09035331946182418]), of="J u", called=called, suspects=suspects
    )
    yours, called = student.layer_vjp(W, x, v), "layer_vjp(W, x, v) with W of shape (2, 3)"
    expected = np.array([0.5153877745804549, -1.6180721256627668, 3.2361442513255336])
    suspects = {NO_SLOPE: np.array([-0.5, -2.25, 4.5])}
    assert_gradient(yours, expected, of="v J", called=called, suspects=suspects)


@exercise("u03.jacobian_and_vjp")
def test_a_layer_with_three_outputs(student):
    """Two inputs, three outputs: J u has one number for each output, v J one for each input."""
    W, x = np.array([[1.0, -0.5], [0.25, 0.75], [-1.5, 1.0]]), np.array([0.5, -1.0])
    yours, called = student.layer_jacobian(W, x), "layer_jacobian(W, x) with W of shape (3, 2)"
    J = np.array(
        [
            [0.41997434161402614, -0.20998717080701307],
            [0.17310478699249704, 0.5193143609774911],
            [-0.17071814327841334, 0.11381209551894222],
        ]
    )
    assert_gradient(
        yours,
        J,
        of="J",
        called=called,
        suspects={NO_SLOPE: np.array([[1.0, -0.5], [0.25, 0.75], [-1.5, 1.0]])},
    )
    u, v = np.array([2.0, 1.0]), np.array([1.0, -2.0, 0.5])
    yours, called = student.layer_jvp(W, x, u), "layer_jvp(W, x, u) with W of shape (3, 2)"
    expected = np.array([0.6299615124210391, 0.8655239349624853, -0.22762419103788445])
    suspects = {NO_SLOPE: np.array([1.5, 1.25, -2.0])}
    assert_gradient(yours, expected, of="J u", called=called, suspects=suspects)
    yours, called = student.layer_vjp(W, x, v), "layer_vjp(W, x, v) with W of shape (3, 2)"
    expected = np.array([-0.011594304010174611, -1.191709845002524])
    suspects = {NO_SLOPE: np.array([-0.25, -1.5])}
    assert_gradient(yours, expected, of="v J", called=called, suspects=suspects)


@exercise("u03.jacobian_and_vjp")
def test_softmax_of_three(student):
    """p = (0.5, 0.3, 0.2): every row and every column of J sums to 0, because the p sum to 1."""
    p, v = np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, -1.0])
    J = np.array([[0.25, -0.15, -0.1], [-0.15, 0.21, -0.06], [-0.1, -0.06, 0.16]])
    yours, called = student.softmax_jacobian(p), "softmax_jacobian([0.5, 0.3, 0.2])"
    suspects = {DIAGONAL: np.diag([0.25, 0.21, 0.16])}
    assert_gradient(yours, J, of="J", called=called, suspects=suspects)
    yours, called = student.softmax_vjp(p, v), "softmax_vjp([0.5, 0.3, 0.2], [1, 2, -1])"
    clues = {"called": called, "upstream": v.copy(), "arguments": {"p": p.copy()}}
    assert_gradient(yours, np.array([0.05, 0.33, -0.38]), of="v J", **clues)


@exercise("u03.jacobian_and_vjp")
def test_softmax_of_four(student):
    """p = (0.4, 0.3, 0.2, 0.1): raising one logit raises its own probability and lowers the others."""
    p, v = np.array([0.4, 0.3, 0.2, 0.1]), np.array([2.0, -1.0, 1.0, 3.0])
    J = np.array(
        [
            [0.24, -0.12, -0.08, -0.04],
            [-0.12, 0.21, -0.06, -0.03],
            [-0.08, -0.06, 0.16, -0.02],
            [-0.04, -0.03, -0.02, 0.09],
        ]
    )
    yours, called = student.softmax_jacobian(p), "softmax_jacobian([0.4, 0.3, 0.2, 0.1])"
    suspects = {DIAGONAL: np.diag([0.24, 0.21, 0.16, 0.09])}
    assert_gradient(yours, J, of="J", called=called, suspects=suspects)
    yours, called = student.softmax_vjp(p, v), "softmax_vjp([0.4, 0.3, 0.2, 0.1], [2, -1, 1, 3])"
    clues = {"called": called, "upstream": v.copy(), "arguments": {"p": p.copy()}}
    assert_gradient(yours, np.array([0.4, -0.6, 0.0, 0.2]), of="v J", **clues)
