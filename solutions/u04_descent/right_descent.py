"""Right answers of unit 4 in other styles. Each must earn everything, in process and in the jail."""

import math
from functools import reduce
from itertools import accumulate, pairwise

import numpy as np

from grader.verify.bank import right

# ---------------------------------------------------------------------------- gd_step


@right("u04.gd_step")
def gd_step(gradient, w, lr):
    """Weight by weight, from one gradient."""
    return np.array([weight - lr * slope for weight, slope in zip(w, gradient(w), strict=True)])


@right("u04.gd_step")
def gd_step(gradient, w, lr):
    """In place, on a copy."""
    new = w.copy()
    new -= np.multiply(gradient(w), lr)
    return new


@right("u04.gd_step")
def gd_step(gradient, w, lr):
    """As a product: [w, g] times [1, -lr]."""
    return np.stack([w, gradient(w)], axis=1) @ np.array([1.0, -lr])


@right("u04.gd_step")
def gd_step(gradient, w, lr):
    """By einsum over the two terms."""
    return np.einsum("td,t->d", np.array([w, gradient(w)]), [1, -lr])


# ---------------------------------------------------------------------------- gd_loop


@right("u04.gd_loop")
def gd_loop(loss, gradient, w, lr, steps):
    """Arrays of the right length, filled row by row."""
    path, losses = np.empty((steps + 1, len(w))), np.zeros(steps)
    path[0] = w
    for t in range(steps):
        losses[t] = loss(path[t].copy())
        path[t + 1] = path[t] - lr * gradient(path[t].copy())
    return path, losses


@right("u04.gd_loop")
def gd_loop(loss, gradient, w, lr, steps):
    """The path by accumulate, the losses afterwards."""
    path = list(accumulate(range(steps), lambda here, _: gd_step(gradient, here, lr), initial=w))
    return np.stack(path), np.fromiter((loss(p) for p in path[:steps]), dtype=np.float64)


@right("u04.gd_loop")
def gd_loop(loss, gradient, w, lr, steps):
    """Recursion: one step, and then the rest of the run."""
    if steps == 0:
        return w[None].copy(), np.zeros(0)
    here = loss(w)
    path, losses = gd_loop(loss, gradient, w - lr * gradient(w), lr, steps - 1)
    return np.vstack([w[None], path]), np.concatenate([[here], losses])


@right("u04.gd_loop")
def gd_loop(loss, gradient, w, lr, steps):
    """A copy of the start walks, and is copied into the path."""
    w = w.copy()
    path, losses = [w.copy()], []
    while len(losses) < steps:
        losses += [float(loss(w))]
        w -= lr * gradient(w)
        path += [w.copy()]
    return np.array(path), np.array(losses, dtype=np.float64)


@right("u04.gd_loop")
def gd_loop(loss, gradient, w, lr, steps):
    """By reduce, over a record that grows."""

    def turn(record, _):
        path, losses = record
        here = path[-1]
        return [*path, here - lr * gradient(here)], [*losses, loss(here)]

    path, losses = reduce(turn, range(steps), ([w], []))
    return np.array(path), np.asarray(losses, dtype=np.float64)


# ---------------------------------------------------------------------------- max_stable_lr


@right("u04.max_stable_lr")
def max_stable_lr(X):
    """By the largest singular value, whose square over N is half the curvature."""
    return len(X) / np.linalg.norm(X, 2) ** 2


@right("u04.max_stable_lr")
def max_stable_lr(X):
    """From the N x N table of products of rows, which has the same largest eigenvalue."""
    return 1 / max(np.linalg.eigh(X @ X.T / X.shape[0])[0])


@right("u04.max_stable_lr")
def max_stable_lr(X):
    """By squaring: high powers of H grow like the largest eigenvalue's."""
    H = 2 * np.einsum("nd,ne->de", X, X) / len(X)
    exponent, logarithm = 1, 0.0
    while exponent < 2**60:
        size = np.linalg.norm(H)
        logarithm += math.log(size) / exponent
        H = (H / size) @ (H / size)
        exponent *= 2
    return 2 / math.exp(logarithm)


@right("u04.max_stable_lr")
def max_stable_lr(X):
    """Row by row, and the eigenvalues of a matrix that is not known to be symmetric."""
    H = np.zeros((X.shape[1], X.shape[1]))
    for row in X:
        H += 2 * np.outer(row, row)
    return 2 / np.abs(np.linalg.eigvals(H / len(X))).max()


# ---------------------------------------------------------------------------- feature_scaling


@right("u04.feature_scaling")
def standardise(X, X_new):
    """Column by column."""
    Z, Z_new = np.empty(X.shape), np.empty(X_new.shape)
    mean, std = np.empty(X.shape[1]), np.ones(X.shape[1])
    for d, column in enumerate(X.T):
        mean[d] = sum(column) / len(column)
        if len(set(column)) > 1:
            std[d] = math.sqrt(sum((entry - mean[d]) ** 2 for entry in column) / len(column))
        Z[:, d], Z_new[:, d] = (column - mean[d]) / std[d], (X_new[:, d] - mean[d]) / std[d]
    return Z, Z_new, mean, std


@right("u04.feature_scaling")
def standardise(X, X_new):
    """Squares first; a column does not vary if all rows are like the first."""
    mean = np.mean(X, axis=0)
    std = np.sqrt(np.mean(np.square(X - mean), axis=0))
    std[np.equal(X, X[0]).all(axis=0)] = 1
    return np.divide(X - mean, std), np.divide(X_new - mean, std), mean, std


@right("u04.feature_scaling")
def standardise(X, X_new):
    """A std that is tiny beside the entries counts as none."""
    mean, std = X.mean(0), X.std(0)
    std = np.where(std <= 1e-12 * np.abs(X).max(0), 1.0, std)
    Z, Z_new = ((table - mean) / std for table in (X, X_new))
    return Z, Z_new, mean, std


@right("u04.feature_scaling")
def fit_scaled(train, X, y):
    """The bias is what the trained model says at x = 0."""
    Z, origin, _, std = standardise(X, np.zeros((1, X.shape[1])))
    v, c = train(Z, y)
    return v / std, float(origin[0] @ v + c)


@right("u04.feature_scaling")
def fit_scaled(train, X, y):
    """By a matrix: (x, 1) S is (z, 1), so S (v, c) is (w, b)."""
    Z, _, mean, std = standardise(X, X)
    S = np.diag(np.append(1 / std, 1.0))
    S[-1, :-1] = -mean / std
    *w, b = S @ np.append(*train(Z, y))
    return np.array(w), b


@right("u04.feature_scaling")
def fit_scaled(train, X, y):
    """Weight by weight, with means and deviations of its own."""
    N, D = X.shape
    mean = [sum(X[:, d]) / N for d in range(D)]
    std = [
        math.sqrt(sum((X[:, d] - mean[d]) ** 2) / N) if X[:, d].max() > X[:, d].min() else 1 for d in range(D)
    ]
    v, b = train(np.array([[(row[d] - mean[d]) / std[d] for d in range(D)] for row in X]), y)
    w = np.zeros(D)
    for d in range(D):
        w[d] = v[d] / std[d]
        b -= w[d] * mean[d]
    return w, b


@right("u04.feature_scaling")
def condition_number(X):
    """The square of numpy's condition number of X."""
    return np.linalg.cond(X) ** 2


@right("u04.feature_scaling")
def condition_number(X):
    """Singular values, of which the squares are the curvatures."""
    singular = np.linalg.svd(X, compute_uv=False)
    return float((singular.max() / singular.min()) ** 2)


@right("u04.feature_scaling")
def condition_number(X):
    """The norm of H times that of its inverse."""
    H = 2 * X.T @ X / len(X)
    return np.linalg.norm(H, 2) * np.linalg.norm(np.linalg.inv(H), 2)


# ---------------------------------------------------------------------------- diagnose_run


@right("u04.diagnose_run")
def diagnose_run(path, losses):
    """Step by step, with plain numbers."""
    numbers = [float(number) for number in [*losses, *path.ravel()]]
    if not all(map(math.isfinite, numbers)):
        return "diverging"
    steps = [[b - a for a, b in zip(here, there, strict=True)] for here, there in pairwise(path.tolist())]
    back = [sum(a * b for a, b in zip(one, other, strict=True)) < 0 for one, other in pairwise(steps)]
    to_and_fro = 2 * sum(back) > len(back)
    first, *_, last = losses
    if last > first:
        return "diverging" if to_and_fro else "sign error"
    if to_and_fro:
        return "oscillating"
    return "crawling" if 2 * last > first else "ok"


@right("u04.diagnose_run")
def diagnose_run(path, losses):
    """A table of conditions: the first one that holds decides."""
    with np.errstate(all="ignore"):
        steps = path[1:] - path[:-1]
        back = np.einsum("td,td->t", steps[1:], steps[:-1]) < 0
        turning = np.count_nonzero(back) * 2 > back.size
        rose = losses[-1] > losses[0]
    conditions = (
        ("diverging", not np.isfinite(np.concatenate([path.ravel(), losses])).all()),
        ("diverging", rose and turning),
        ("sign error", rose),
        ("oscillating", turning),
        ("crawling", losses[-1] / losses[0] > 0.5 if losses[0] else False),
        ("ok", True),
    )
    return next(word for word, holds in conditions if holds)


@right("u04.diagnose_run")
def diagnose_run(path, losses):
    """Turn by turn, and both answers matched at once."""
    if np.isnan(path).any() or np.isinf(path).any() or np.isnan(losses).any() or np.isinf(losses).any():
        return "diverging"
    back = 0
    for t in range(len(losses) - 1):
        one, other = path[t + 1] - path[t], path[t + 2] - path[t + 1]
        back += int(np.dot(one, other) < 0)
    turning = back / (len(losses) - 1) > 1 / 2
    match bool(losses[-1] > losses[0]), turning:
        case True, True:
            return "diverging"
        case True, False:
            return "sign error"
        case False, True:
            return "oscillating"
    return "crawling" if losses[-1] > 0.5 * losses[0] else "ok"
