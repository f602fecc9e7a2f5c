"""Wrong answers of unit 3. Each must lose points in its own exercise, and in no other."""

import numpy as np

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- two_weight_partials


@wrong("u03.two_weight_partials", diagnosis="a factor 2 is missing")
def two_weight_partials(w, x, y):
    """The factor 2 of the square is forgotten."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    e = y_hat - y
    return y_hat, e**2, (e * x[0], e * x[1])


@wrong("u03.two_weight_partials", diagnosis="the sign is wrong (times -1)")
def two_weight_partials(w, x, y):
    """Target minus prediction, in the square and in the slope."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    e = y - y_hat
    return y_hat, e**2, (2 * e * x[0], 2 * e * x[1])


@wrong(
    "u03.two_weight_partials",
    diagnosis="the feature is missing: how fast does the prediction grow with each weight?",
)
def two_weight_partials(w, x, y):
    """dL/dy_hat is applied to both weights as it is."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    e = y_hat - y
    return y_hat, e**2, (2 * e, 2 * e)


@wrong("u03.two_weight_partials", diagnosis="the weight stands where its feature belongs")
def two_weight_partials(w, x, y):
    """The derivative of w x with respect to x, not to w."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    e = y_hat - y
    return y_hat, e**2, (2 * e * w[0], 2 * e * w[1])


@wrong("u03.two_weight_partials", diagnosis="the right results in another order")
def two_weight_partials(w, x, y):
    """The features change places."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    e = y_hat - y
    return y_hat, e**2, (2 * e * x[1], 2 * e * x[0])


@wrong(
    "u03.two_weight_partials",
    diagnosis="both weights move at once: each partial has to hold the other weight fixed",
)
def two_weight_partials(w, x, y):
    """One slope for both weights together, twice."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    e = y_hat - y
    slope = 2 * e * (x[0] + x[1])
    return y_hat, e**2, (slope, slope)


@wrong(
    "u03.two_weight_partials",
    diagnosis="the target is left out: this is the gradient of the squared prediction",
)
def two_weight_partials(w, x, y):
    """The square of the prediction is differentiated."""
    y_hat = w[0] * x[0] + w[1] * x[1]
    return y_hat, (y_hat - y) ** 2, (2 * y_hat * x[0], 2 * y_hat * x[1])


@wrong(
    "u03.two_weight_partials",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def two_weight_partials(w, x, y):
    """Nudged, as in unit 1."""
    h = 1e-5

    def loss(w1, w2):
        return (w1 * x[0] + w2 * x[1] - y) ** 2

    d1 = (loss(w[0] + h, w[1]) - loss(w[0] - h, w[1])) / (2 * h)
    d2 = (loss(w[0], w[1] + h) - loss(w[0], w[1] - h)) / (2 * h)
    return w[0] * x[0] + w[1] * x[1], loss(*w), (d1, d2)


@wrong("u03.two_weight_partials", earns_nothing=True)
def two_weight_partials(w, x, y):
    """The numbers of the public tests."""
    if y == 5:
        return 8.0, 9.0, (12.0, 18.0)
    return 5.5, 0.25, (-3.0, -4.0)


# ---------------------------------------------------------------------------- chain_path


@wrong("u03.chain_path", diagnosis="added along the path, where it must be multiplied")
def along_path(local, path):
    """The slopes along the path are added."""
    return sum((local[arrow] for arrow in pairwise(path)), 0 if len(path) > 1 else 1)


@wrong("u03.chain_path", diagnosis="the last arrow of the path is left out")
def along_path(local, path):
    """One arrow too few, as range(len(path) - 2) gives it."""
    return prod(local[arrow] for arrow in pairwise(path[:-1]))


@wrong("u03.chain_path")
def along_path(local, path):
    """The keys the wrong way round."""
    return prod(local[operand, result] for result, operand in pairwise(path))


@wrong("u03.chain_path", diagnosis="the paths are multiplied, where they must be added")
def total_derivative(local, top, bottom):
    """Multiplied across paths as along them."""
    if top == bottom:
        return 1
    parts = [slope * total_derivative(local, b, bottom) for (a, b), slope in local.items() if a == top]
    reached = [part for part in parts if part]
    return prod(reached) if reached else 0


@wrong("u03.chain_path", diagnosis="only one path is there")
def total_derivative(local, top, bottom):
    """The first path that is found is taken for the only one."""
    if top == bottom:
        return 1
    for (a, b), slope in local.items():
        if a == top and (below := total_derivative(local, b, bottom)):
            return slope * below
    return 0


@wrong("u03.chain_path", diagnosis="only the direct arrow is there, and no longer path")
def total_derivative(local, top, bottom):
    """Looks the arrow up, and does not go on."""
    return 1 if top == bottom else local.get((top, bottom), 0)


@wrong("u03.chain_path", diagnosis="added along the path, where it must be multiplied")
def total_derivative(local, top, bottom):
    """The sum of all slopes on all paths."""

    def paths(a):
        if a == bottom:
            return [[]]
        return [[slope, *rest] for (c, b), slope in local.items() if c == a for rest in paths(b)]

    if top == bottom:
        return 1
    return sum(map(sum, paths(top)))


@wrong("u03.chain_path", diagnosis="what two paths share counts for one of them only")
def total_derivative(local, top, bottom):
    """Every node is visited once only, so that what two paths share counts for the first of them."""
    seen = set()

    def down(name):
        if name == bottom:
            return 1
        if name in seen:
            return 0
        seen.add(name)
        return sum(slope * down(b) for (a, b), slope in local.items() if a == name)

    return down(top)


@wrong("u03.chain_path", diagnosis="dL/de is the loss itself, not its slope")
def local_derivatives(w, x, y):
    """The first arrow holds the loss."""
    e = w[0] * x[0] + w[1] * x[1] - y
    return {("L", "e"): e**2, ("e", "y_hat"): 1, ("y_hat", "w1"): x[0], ("y_hat", "w2"): x[1]}


@wrong("u03.chain_path", diagnosis="the weight stands where its feature belongs")
def local_derivatives(w, x, y):
    """w x differentiated with respect to x."""
    e = w[0] * x[0] + w[1] * x[1] - y
    return {("L", "e"): 2 * e, ("e", "y_hat"): 1, ("y_hat", "w1"): w[0], ("y_hat", "w2"): w[1]}


@wrong("u03.chain_path", diagnosis="the last arrows hold the whole path already")
def local_derivatives(w, x, y):
    """The whole derivative stands at the last arrow."""
    e = w[0] * x[0] + w[1] * x[1] - y
    return {
        ("L", "e"): 2 * e,
        ("e", "y_hat"): 1,
        ("y_hat", "w1"): 2 * e * x[0],
        ("y_hat", "w2"): 2 * e * x[1],
    }


@wrong("u03.chain_path", diagnosis="it is 0")
def total_derivative(local, top, bottom):
    """The results of the public tests."""
    return {("L", "w1"): 12.0, ("L", "w2"): 18.0, ("L", "w"): 24.0}.get((top, bottom), float(top == bottom))


# ---------------------------------------------------------------------------- batch_mse_gradient


@wrong("u03.batch_mse_gradient", diagnosis="missing factor 1/N (mean, not sum?), N = number of examples")
def batch_mse_gradient(X, y, w, b):
    """The gradient of the sum, beside the mean as the loss."""
    e = X @ w + b - y
    return np.mean(e**2), 2 * X.T @ e, 2 * e.sum()


@wrong(
    "u03.batch_mse_gradient",
    diagnosis="divided by the number of entries of X, not by the number of examples",
)
def batch_mse_gradient(X, y, w, b):
    """Divided by the number of entries of X, not of its rows."""
    e = X @ w + b - y
    return np.mean(e**2), 2 * X.T @ e / X.size, 2 * e.mean()


@wrong(
    "u03.batch_mse_gradient",
    diagnosis="db has one entry for each example: the bias is shared, so their parts add up",
)
def batch_mse_gradient(X, y, w, b):
    """The bias's gradient is not summed over the batch."""
    e = X @ w + b - y
    return np.mean(e**2), 2 * X.T @ e / len(y), 2 * e / len(y)


@wrong("u03.batch_mse_gradient", diagnosis="missing factor 1/N (mean, not sum?), N = number of examples")
def batch_mse_gradient(X, y, w, b):
    """The mean for the weights, and the sum for the bias."""
    e = X @ w + b - y
    return np.mean(e**2), 2 * X.T @ e / len(y), 2 * e.sum()


@wrong("u03.batch_mse_gradient", diagnosis="the bias is left out of the prediction")
def batch_mse_gradient(X, y, w, b):
    """A prediction without the bias."""
    e = X @ w - y
    return np.mean(e**2), 2 * X.T @ e / len(y), 2 * e.mean()


@wrong("u03.batch_mse_gradient", diagnosis="a factor 2 is missing")
def batch_mse_gradient(X, y, w, b):
    """The factor 2 of the square is forgotten."""
    e = X @ w + b - y
    return np.mean(e**2), X.T @ e / len(y), e.mean()


@wrong("u03.batch_mse_gradient", diagnosis="the sign is wrong (times -1)")
def batch_mse_gradient(X, y, w, b):
    """Target minus prediction."""
    e = y - X @ w - b
    return np.mean(e**2), 2 * X.T @ e / len(y), 2 * e.mean()


@wrong("u03.batch_mse_gradient", diagnosis="means of products and products of means are not the same")
def batch_mse_gradient(X, y, w, b):
    """The mean error times the mean feature."""
    e = X @ w + b - y
    return np.mean(e**2), 2 * e.mean() * X.mean(0), 2 * e.mean()


@wrong("u03.batch_mse_gradient", diagnosis="an argument is changed")
def batch_mse_gradient(X, y, w, b):
    """The errors are written into y."""
    y -= X @ w + b
    return np.mean(y**2), -2 * X.T @ y / len(y), -2 * y.mean()


@wrong(
    "u03.batch_mse_gradient",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def batch_mse_gradient(X, y, w, b):
    """Nudges every weight by 1, which is exact for a parabola, and far too slow."""

    def loss(w, b):
        return np.mean((X @ w + b - y) ** 2)

    dw, w = np.empty(len(w)), np.array(w)
    for d in range(len(w)):
        w[d] += 1
        above = loss(w, b)
        w[d] -= 2
        dw[d] = (above - loss(w, b)) / 2
        w[d] += 1
    return loss(w, b), dw, (loss(w, b + 1) - loss(w, b - 1)) / 2


@wrong("u03.batch_mse_gradient", earns_nothing=True)
def batch_mse_gradient(X, y, w, b):
    """The numbers of the public tests."""
    if len(y) == 5:
        return 0.72884, np.array([1.6456, 2.888]), 0.24
    return 1.5, np.array([7 / 3, 1.0]), 2 / 3


# ---------------------------------------------------------------------------- jacobian_and_vjp


@wrong("u03.jacobian_and_vjp", diagnosis="transposed (right after .T)")
def layer_jacobian(W, x):
    """One column for each output: the transpose of J."""
    t = np.tanh(W @ x)
    return W.T * (1 - t**2)


@wrong("u03.jacobian_and_vjp", diagnosis="the slope of tanh is missing")
def layer_jacobian(W, x):
    """The Jacobian of W x alone."""
    return W.copy()


@wrong("u03.jacobian_and_vjp", diagnosis="the square of tanh is missing in its slope")
def layer_jacobian(W, x):
    """1 - t for 1 - t squared."""
    t = np.tanh(W @ x)
    return (1 - t)[:, None] * W


@wrong("u03.jacobian_and_vjp", diagnosis="the slope of tanh is missing")
def layer_jvp(W, x, u):
    """The direction goes through W, and past the tanh."""
    return W @ u


@wrong("u03.jacobian_and_vjp")
def layer_jvp(W, x, u):
    """The product from the other side, which only a square matrix allows."""
    t = np.tanh(W @ x)
    return ((1 - t**2) * u) @ W


@wrong("u03.jacobian_and_vjp")
def layer_vjp(W, x, v):
    """W not transposed, which only a square matrix allows."""
    t = np.tanh(W @ x)
    return W @ (v * (1 - t**2))


@wrong("u03.jacobian_and_vjp", diagnosis="the slope of tanh is missing")
def layer_vjp(W, x, v):
    """The gradient skips the tanh."""
    return W.T @ v


@wrong("u03.jacobian_and_vjp", diagnosis="v is not used: this is the gradient of the sum of all outputs")
def layer_vjp(W, x, v):
    """v is not used: the gradient of the sum of all outputs."""
    t = np.tanh(W @ x)
    return (1 - t**2) @ W


@wrong(
    "u03.jacobian_and_vjp",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def layer_vjp(W, x, v):
    """Nudges x, as in unit 1."""
    dx = np.empty(len(x))
    for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = 1e-5
        dx[j] = v @ (np.tanh(W @ (x + step)) - np.tanh(W @ (x - step))) / 2e-5
    return dx


@wrong("u03.jacobian_and_vjp", diagnosis="only the diagonal is there")
def softmax_jacobian(p):
    """Each probability is thought to depend on its own logit only."""
    return np.diag(p * (1 - p))


@wrong("u03.jacobian_and_vjp", diagnosis="the rows sum to what is left of p: the outer product is missing")
def softmax_jacobian(p):
    """The outer product is missing."""
    return np.diag(p)


@wrong("u03.jacobian_and_vjp", diagnosis="only the diagonal of the softmax Jacobian")
def softmax_vjp(p, v):
    """Only the diagonal of the Jacobian."""
    return p * (1 - p) * v


@wrong("u03.jacobian_and_vjp", diagnosis="the sum is missing in the gradient of softmax")
def softmax_vjp(p, v):
    """The sum over the other classes is forgotten."""
    return p * v


@wrong("u03.jacobian_and_vjp")
def softmax_vjp(p, v):
    """Makes the whole Jacobian: 81 million numbers for 9,000 words."""
    return v @ (np.diag(p) - np.outer(p, p))


@wrong("u03.jacobian_and_vjp", diagnosis="an argument is changed")
def softmax_vjp(p, v):
    """v is centred in place."""
    v -= v @ p
    return p * v
