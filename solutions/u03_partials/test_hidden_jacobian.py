"""Hidden tests of unit 3: Jacobians, and products that need none."""

import numpy as np

from grader.testing import assert_gradient, exercise, fail

EXACT = {"rtol": 1e-12, "atol": 1e-14}  # a slope measured by nudging is not as exact
NO_SLOPE = "the slope of tanh is missing"
NO_SQUARE = "the square of tanh is missing in its slope"
NO_V = "v is not used: this is the gradient of the sum of all outputs"
AT_X = "the slope of tanh is taken at x, not at W x"
COLUMNS = "each row of W must be scaled, not each column"
OTHER = "this is the product from the other side"
DIAGONAL = "only the diagonal is there"
NO_DIAGONAL = "the diagonal is missing: p_i depends on its own z_i too"
OUTER = "the rows sum to what is left of p: the outer product is missing"
SYMMETRIC = "the diagonal is p (1 - p) everywhere in its row"
OF_LOG = "this is the Jacobian of log p"
CHANGED = "an argument is changed"


def layer(rng, M=0, D=0):
    """W, x, u, v; the outputs of the layer lie where tanh is neither flat nor straight."""
    if not M:
        M, D = (int(n) for n in rng.choice(np.arange(3, 10), 2, replace=False))
    x, u, v = rng.uniform(0.5, 1.5, D), rng.normal(0, 1, D), rng.normal(0, 1, M)
    W = rng.normal(0, 1, (M, D))
    return W * (rng.uniform(0.4, 1.2, M) / abs(W @ x))[:, None], x, u, v


def probabilities(rng, V=0):
    z = rng.normal(0, 1.2, V or int(rng.integers(3, 12)))
    p = np.exp(z - z.max())
    return p / p.sum()


def check_layer(student, reference, name, W, x, *direction):
    expected = getattr(reference, name)(W, x, *direction)  # before the student's code may change an array
    with np.errstate(all="ignore"):
        t, s = np.tanh(W @ x), np.tanh(x)
        plain, at_x = 1 - t, 1 - s**2
        if name == "layer_jacobian":
            of, signature, more = "J", "layer_jacobian(W, x)", {}
            suspects = {NO_SLOPE: W, NO_SQUARE: plain[:, None] * W, AT_X: W * at_x}
        elif name == "layer_jvp":
            (u,) = direction
            of, signature, more = "J u", "layer_jvp(W, x, u)", {}
            suspects = {NO_SLOPE: W @ u, NO_SQUARE: plain * (W @ u), AT_X: W @ (at_x * u)}
        else:
            (v,) = direction
            of, signature, more = "v J", "layer_vjp(W, x, v)", {"upstream": v}
            suspects = {
                NO_V: (1 - t**2) @ W,
                NO_SLOPE: v @ W,
                NO_SQUARE: (v * plain) @ W,
                AT_X: (v @ W) * at_x,
            }
    yours = getattr(student, name)(W, x, *direction)
    called = f"{signature} with W of shape {W.shape}"
    assert_gradient(yours, expected, of=of, called=called, suspects=suspects, **more, **EXACT)


def check_softmax(student, reference, p):
    J = reference.softmax_jacobian(p)
    suspects = {
        DIAGONAL: np.diag(p * (1 - p)),
        NO_DIAGONAL: -np.outer(p, p),
        OUTER: np.diag(p),
        OF_LOG: np.eye(len(p)) - p,
        "the sign between the two parts is wrong": np.diag(p) + np.outer(p, p),
        "the diagonal has p - p**2, and the rest is positive": np.diag(p - 2 * p**2) + np.outer(p, p),
    }
    yours, called = student.softmax_jacobian(p), f"softmax_jacobian(p) with V = {len(p)}"
    assert_gradient(yours, J, of="J", called=called, suspects=suspects, **EXACT)


def check_softmax_vjp(student, reference, p, v):
    yours, called = student.softmax_vjp(p, v), f"softmax_vjp(p, v) with V = {len(p)}"
    suspects = {
        "the mean of v is taken away, not its sum weighted by p": p * (v - v.mean()),
        "p is missing: every entry of J has it as a factor": v - v @ p,
    }
    clues = {"suspects": suspects, "upstream": v, "arguments": {"p": p}} if len(p) < 100 else {}
    assert_gradient(yours, reference.softmax_vjp(p, v), of="v J", called=called, **clues, **EXACT)


@exercise("u03.jacobian_and_vjp", weight=2)
def test_jacobians_of_layers(student, rng, reference):
    """Row i of J is the gradient of output i; a square J need not be symmetric."""
    for M, D in ((0, 0), (0, 0), (4, 4)):
        W, x, _, _ = layer(rng, M, D)
        check_layer(student, reference, "layer_jacobian", W, x)


@exercise("u03.jacobian_and_vjp", weight=2)
def test_a_direction_goes_forward(student, rng, reference):
    """J u: from a direction of the input to how fast each output grows."""
    for M, D in ((0, 0), (0, 0), (5, 5)):
        W, x, u, _ = layer(rng, M, D)
        check_layer(student, reference, "layer_jvp", W, x, u)


@exercise("u03.jacobian_and_vjp", weight=2)
def test_a_gradient_comes_back(student, rng, reference):
    """v J: from the gradient in the outputs to the gradient in the inputs."""
    for M, D in ((0, 0), (0, 0), (6, 6)):
        W, x, _, v = layer(rng, M, D)
        check_layer(student, reference, "layer_vjp", W, x, v)


@exercise("u03.jacobian_and_vjp")
def test_products_pick_rows_and_columns(student, rng, reference):
    """v J with v = (0, .., 1, .., 0) is one row of J, and J u one column: so J can be read off."""
    W, x, _, _ = layer(rng)
    J = reference.layer_jacobian(W, x)
    check_layer(student, reference, "layer_jacobian", W, x)
    i, j = int(rng.integers(W.shape[0])), int(rng.integers(W.shape[1]))
    yours, called = student.layer_vjp(W, x, np.eye(len(W))[i]), f"layer_vjp(W, x, v) with v[{i}] = 1 alone"
    assert_gradient(yours, J[i], of="v J", called=called, **EXACT)
    yours, called = student.layer_jvp(W, x, np.eye(len(x))[j]), f"layer_jvp(W, x, u) with u[{j}] = 1 alone"
    assert_gradient(yours, J[:, j], of="J u", called=called, **EXACT)


@exercise("u03.jacobian_and_vjp", weight=2)
def test_jacobians_of_softmax(student, rng, reference):
    """Raising one logit raises its own probability and lowers all others; a row of J sums to 0."""
    for _ in range(3):
        check_softmax(student, reference, probabilities(rng))


@exercise("u03.jacobian_and_vjp", weight=2)
def test_gradients_through_softmax(student, rng, reference):
    """v J for softmax, with a random v."""
    for _ in range(3):
        p = probabilities(rng)
        check_softmax_vjp(student, reference, p, rng.normal(0.5, 1, len(p)))


@exercise("u03.jacobian_and_vjp")
def test_a_large_vocabulary(student, rng, reference):
    """9,000 words: the Jacobian would fill a gigabyte with its parts, the product is a handful of vectors."""
    p = probabilities(rng, 9_000)
    check_softmax_vjp(student, reference, p, rng.normal(0.5, 1, len(p)))


@exercise("u03.jacobian_and_vjp", in_place=True)
def test_arguments_are_left_alone(student, rng, reference):
    """All arrays hold the same numbers after the calls."""
    W, x, u, v = layer(rng)
    p, g = probabilities(rng, 5), rng.normal(0, 1, 5)
    for name, arguments in (
        ("layer_jacobian", (W, x)),
        ("layer_jvp", (W, x, u)),
        ("layer_vjp", (W, x, v)),
        ("softmax_jacobian", (p,)),
        ("softmax_vjp", (p, g)),
    ):
        before = [argument.copy() for argument in arguments]
        expected = getattr(reference, name)(*arguments)
        yours = getattr(student, name)(*arguments)
        for now, then in zip(arguments, before, strict=True):
            if not np.array_equal(now, then):
                fail("an argument was changed", called=f"{name}(...)", diagnosis=CHANGED)
        assert_gradient(yours, expected, of="the result", called=f"{name}(...)", **EXACT)
