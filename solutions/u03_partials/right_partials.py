"""Right answers of unit 3 in other styles. Each must earn everything, in process and in the jail."""

from collections import defaultdict
from functools import reduce

import numpy as np

from grader.verify.bank import right

# ---------------------------------------------------------------------------- two_weight_partials


@right("u03.two_weight_partials")
def two_weight_partials(w, x, y):
    """With numpy vectors."""
    w, x = np.array(w), np.array(x)
    y_hat = float(w @ x)
    dw = 2 * (y_hat - y) * x
    return y_hat, (y_hat - y) ** 2, tuple(dw.tolist())


@right("u03.two_weight_partials")
def two_weight_partials(w, x, y):
    """The chain rule step by step, with a name for each slope."""
    y_hat = sum(weight * feature for weight, feature in zip(w, x, strict=True))
    e = y_hat - y
    dL_de, de_dy_hat = 2 * e, 1
    return y_hat, e * e, tuple(dL_de * de_dy_hat * dy_hat_dw for dy_hat_dw in x)


@right("u03.two_weight_partials")
def two_weight_partials(w, x, y):
    """The square multiplied out first: L is a w1**2 + b w1 + c in w1, and the same in w2."""
    (w1, w2), (x1, x2) = w, x
    rest1, rest2 = w2 * x2 - y, w1 * x1 - y
    y_hat = w1 * x1 + w2 * x2
    return y_hat, (y_hat - y) ** 2, (2 * x1**2 * w1 + 2 * x1 * rest1, 2 * x2**2 * w2 + 2 * x2 * rest2)


# ---------------------------------------------------------------------------- chain_path


@right("u03.chain_path")
def along_path(local, path):
    """A loop over the places of the path."""
    product = 1.0
    for at in range(len(path) - 1):
        product = product * local[path[at], path[at + 1]]
    return product


@right("u03.chain_path")
def along_path(local, path):
    """By recursion: the first arrow times the rest."""
    if len(path) == 1:
        return 1
    return local[path[0], path[1]] * along_path(local, path[1:])


@right("u03.chain_path")
def total_derivative(local, top, bottom):
    """Lists all paths, then sums their products."""
    complete, waiting = [], [[top]]
    while waiting:
        path = waiting.pop()
        if path[-1] == bottom:
            complete.append(path)
            continue
        waiting += [[*path, operand] for result, operand in local if result == path[-1]]
    return sum(along_path(local, path) for path in complete)


@right("u03.chain_path")
def total_derivative(local, top, bottom):
    """From the bottom up: every arrow into bottom, times the total derivative down to where it comes from."""
    if top == bottom:
        return 1
    return sum(
        total_derivative(local, top, result) * slope
        for (result, operand), slope in local.items()
        if operand == bottom
    )


@right("u03.chain_path")
def total_derivative(local, top, bottom):
    """As a matrix: the sum of all its powers holds all paths."""
    names = sorted({name for arrow in local for name in arrow} | {top, bottom})
    A = np.zeros((len(names), len(names)))
    for (result, operand), slope in local.items():
        A[names.index(result), names.index(operand)] = slope
    power = total = np.eye(len(names))
    for _ in names:
        power = power @ A
        total = total + power
    return float(total[names.index(top), names.index(bottom)])


@right("u03.chain_path")
def total_derivative(local, top, bottom):
    """One walk down, in which every name passes on what has arrived: unit 5 does it like this."""
    arrows, users = defaultdict(list), defaultdict(int)
    for (result, operand), slope in local.items():
        arrows[result].append((operand, slope))
        users[operand] += 1
    arrived = defaultdict(float, {top: 1.0})
    ready = [name for name in {result for result, _ in local} | {top} if not users[name]]
    while ready:
        name = ready.pop()
        for operand, slope in arrows[name]:
            arrived[operand] += slope * arrived[name]
            users[operand] -= 1
            if not users[operand]:
                ready.append(operand)
    return arrived[bottom]


@right("u03.chain_path")
def local_derivatives(w, x, y):
    """The dict is filled arrow by arrow."""
    local = {}
    y_hat = np.dot(w, x)
    for k, feature in enumerate(x, 1):
        local["y_hat", f"w{k}"] = feature
    local["e", "y_hat"] = 1.0
    local["L", "e"] = float((y_hat - y) + (y_hat - y))
    return local


# ---------------------------------------------------------------------------- batch_mse_gradient


@right("u03.batch_mse_gradient")
def batch_mse_gradient(X, y, w, b):
    """The bias as a weight whose feature is 1."""
    X1 = np.hstack([X, np.ones((len(X), 1))])
    e = X1 @ np.append(w, b) - y
    gradient = 2 / len(y) * X1.T @ e
    return e @ e / len(y), gradient[:-1], gradient[-1]


@right("u03.batch_mse_gradient")
def batch_mse_gradient(X, y, w, b):
    """The gradient of each example, and then the mean of them."""
    e = X.dot(w) + b - y
    each = 2 * e[:, None] * X
    return (e**2).mean(), each.mean(axis=0), (2 * e).mean()


@right("u03.batch_mse_gradient")
def batch_mse_gradient(X, y, w, b):
    """With einsum, and the 2 / N taken into the errors."""
    e = np.einsum("nd,d->n", X, w) + (b - y)
    g = e * (2 / e.size)
    return float(np.average(np.square(e))), np.einsum("nd,n->d", X, g), float(g.sum())


@right("u03.batch_mse_gradient")
def batch_mse_gradient(X, y, w, b):
    """Example by example, added up."""
    N, loss, dw, db = len(y), 0.0, np.zeros(len(w)), 0.0
    for row, target in zip(X, y, strict=True):
        e = float(row @ w) + b - target
        loss += e**2 / N
        dw += 2 * e / N * row
        db += 2 * e / N
    return loss, dw, db


# ---------------------------------------------------------------------------- jacobian_and_vjp


@right("u03.jacobian_and_vjp")
def layer_jacobian(W, x):
    """A diagonal matrix times W."""
    return np.diag(1 - np.tanh(W @ x) ** 2) @ W


@right("u03.jacobian_and_vjp")
def layer_jacobian(W, x):
    """Row by row, each a gradient."""
    return np.array([row / np.cosh(row @ x) ** 2 for row in W])


@right("u03.jacobian_and_vjp")
def layer_jacobian(W, x):
    """Column by column, by products with unit vectors."""
    return np.stack([layer_jvp(W, x, unit) for unit in np.eye(len(x))], axis=1)


@right("u03.jacobian_and_vjp")
def layer_jvp(W, x, u):
    """Entry by entry, by einsum."""
    return np.einsum("i,ij,j->i", 1 - np.tanh(W @ x) ** 2, W, u)


@right("u03.jacobian_and_vjp")
def layer_vjp(W, x, v):
    """One matrix for each output would do too; here the rows of W are summed with their factors."""
    factors = v / np.cosh(W @ x) ** 2
    return reduce(np.add, (factor * row for factor, row in zip(factors, W, strict=True)))


@right("u03.jacobian_and_vjp")
def layer_vjp(W, x, v):
    """With the transpose."""
    t = np.tanh(np.dot(W, x))
    return np.dot(W.T, v - v * t * t)


@right("u03.jacobian_and_vjp")
def softmax_jacobian(p):
    """Entry by entry: p_i (1[i = j] - p_j)."""
    V = len(p)
    return np.array([[p[i] * ((i == j) - p[j]) for j in range(V)] for i in range(V)])


@right("u03.jacobian_and_vjp")
def softmax_jacobian(p):
    """By broadcasting."""
    return p[:, None] * (np.eye(p.size) - p)


@right("u03.jacobian_and_vjp")
def softmax_vjp(p, v):
    """The two parts of J one after the other."""
    weighted = p * v
    return weighted - weighted.sum() * p
