"""Wrong answers of unit 4. Each must lose points in its own exercise, and in no other."""

import numpy as np

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- gd_step


@wrong("u04.gd_step", diagnosis="the gradient is added: this goes uphill")
def gd_step(gradient, w, lr):
    """Uphill: the gradient is a direction to walk in."""
    return w + lr * gradient(w)


@wrong(
    "u04.gd_step",
    diagnosis="the weights move one after the other: later ones see the new values of earlier ones",
)
def gd_step(gradient, w, lr):
    """One weight after the other, each at a gradient of its own."""
    w = w.copy()
    for i in range(len(w)):
        w[i] = w[i] - lr * gradient(w)[i]
    return w


@wrong("u04.gd_step", diagnosis="w is mutated")
def gd_step(gradient, w, lr):
    """The caller's array moves along."""
    w -= lr * gradient(w)
    return w


@wrong("u04.gd_step", diagnosis="this is the step alone, without the weights that it starts from")
def gd_step(gradient, w, lr):
    """How far to go, not where that leads."""
    return -lr * gradient(w)


@wrong("u04.gd_step", diagnosis="the learning rate is not used")
def gd_step(gradient, w, lr):
    """The whole gradient."""
    return w - gradient(w)


@wrong("u04.gd_step", diagnosis="the gradient is shortened to length 1")
def gd_step(gradient, w, lr):
    """Only the direction of the gradient."""
    g = gradient(w)
    return w - lr * g / np.sqrt((g**2).sum())


@wrong("u04.gd_step", diagnosis="only the signs of the gradient are used")
def gd_step(gradient, w, lr):
    """lr up or lr down."""
    return np.where(gradient(w) > 0, w - lr, w + lr)


@wrong("u04.gd_step", diagnosis="the gradient is computed more than once in a step")
def gd_step(gradient, w, lr):
    """The right numbers, at the price of one gradient for each weight."""
    return np.array([w[i] - lr * gradient(w)[i] for i in range(len(w))])


@wrong("u04.gd_step", diagnosis="forgot `return`?")
def gd_step(gradient, w, lr):
    """The new weights stay in the function."""
    w = w - lr * gradient(w)


@wrong("u04.gd_step", earns_nothing=True)
def gd_step(gradient, w, lr):
    """The numbers of the public tests."""
    known = {0.05: [0.4, 1.1], 0.1: [0.8, 1.4], 2.0: [6.5, 9.0]}
    return np.array(known.get(lr, w))


# ---------------------------------------------------------------------------- gd_loop


@wrong("u04.gd_loop", diagnosis="the gradient is computed once, and not again at the new weights")
def gd_loop(loss, gradient, w, lr, steps):
    """One gradient for the whole run."""
    g, path, losses = gradient(w), [w], []
    for _ in range(steps):
        losses.append(loss(w))
        w = w - lr * g
        path.append(w)
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", diagnosis="the losses are those after each update, not before it")
def gd_loop(loss, gradient, w, lr, steps):
    """Steps first, and looks then."""
    path, losses = [w], []
    for _ in range(steps):
        w = w - lr * gradient(w)
        path.append(w)
        losses.append(loss(w))
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", diagnosis="one loss too many: that of the end belongs to no update")
def gd_loop(loss, gradient, w, lr, steps):
    """One loss too many: that of the end, too."""
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient(path[-1]))
    return np.array(path), np.array([loss(p) for p in path], dtype=float)


@wrong("u04.gd_loop", diagnosis="path has no row for where the last update led")
def gd_loop(loss, gradient, w, lr, steps):
    """A path as long as the losses: where the last update led is lost."""
    path, losses = [], []
    for _ in range(steps):
        path.append(w)
        losses.append(loss(w))
        w = w - lr * gradient(w)
    return np.array(path), np.array(losses, dtype=float)


@wrong(
    "u04.gd_loop",
    diagnosis="every row of path is the last one: is one array changed in place, and appended each time?",
)
def gd_loop(loss, gradient, w, lr, steps):
    """A copy of the start, and then the same array all the time."""
    w = w.copy()
    path, losses = [w], []
    for _ in range(steps):
        losses.append(loss(w))
        w -= lr * gradient(w)
        path.append(w)
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", diagnosis="w is mutated")
def gd_loop(loss, gradient, w, lr, steps):
    """The path is copied, and the caller's array does the walking."""
    path, losses = np.empty((steps + 1, len(w))), np.empty(steps)
    path[0] = w
    for t in range(steps):
        losses[t] = loss(w)
        w -= lr * gradient(w)
        path[t + 1] = w
    return path, losses


@wrong("u04.gd_loop", diagnosis="the run is ended early when the loss rises")
def gd_loop(loss, gradient, w, lr, steps):
    """Stops as soon as it gets worse."""
    path, losses = [w], []
    for _ in range(steps):
        now = loss(path[-1])
        if losses and now > losses[-1]:
            break
        losses.append(now)
        path.append(path[-1] - lr * gradient(path[-1]))
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", diagnosis="the right results in another order")
def gd_loop(loss, gradient, w, lr, steps):
    """The losses first."""
    path, losses = [w], []
    for _ in range(steps):
        losses.append(loss(path[-1]))
        path.append(gd_step(gradient, path[-1], lr))
    return np.array(losses, dtype=float), np.array(path)


@wrong("u04.gd_loop", diagnosis="a list where a tuple belongs")
def gd_loop(loss, gradient, w, lr, steps):
    """A list of pairs, as a log would be kept."""
    log = []
    for _ in range(steps):
        log.append((w, loss(w)))
        w = w - lr * gradient(w)
    return log


@wrong("u04.gd_loop", diagnosis="the gradient is computed more than once in a step")
def gd_loop(loss, gradient, w, lr, steps):
    """Walks the whole way again for every row."""
    path, losses = [w], []
    for t in range(steps):
        here = w
        for _ in range(t):
            here = here - lr * gradient(here)
        losses.append(loss(here))
        path.append(here - lr * gradient(here))
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", earns_nothing=True)
def gd_loop(loss, gradient, w, lr, steps):
    """The numbers of the public tests."""
    if len(w) == 1:
        return np.array([[3], [2.6], [2.52], [2.504], [2.5008]]), np.array([1, 0.04, 0.0016, 0.000064])
    path = [[1, 2], [0.4, 1.1], [0.58, 1.37], [0.526, 1.289]]
    return np.array(path), np.array([9, 0.81, 0.0729])


# ---------------------------------------------------------------------------- max_stable_lr


@wrong(
    "u04.max_stable_lr",
    diagnosis="half of the limit: here the steepest error is gone after one step",
)
def max_stable_lr(X):
    """Factor 0 in the place of factor -1."""
    return 1 / np.linalg.eigvalsh(2 * X.T @ X / len(X))[-1]


@wrong("u04.max_stable_lr", diagnosis="twice the limit: is the 2 of the square lost in the curvature?")
def max_stable_lr(X):
    """The curvature of half the square."""
    return 2 / np.linalg.eigvalsh(X.T @ X / len(X))[-1]


@wrong("u04.max_stable_lr", diagnosis="the smallest curvature decides here, not the largest")
def max_stable_lr(X):
    """The first eigenvalue: they come in ascending order."""
    return 2 / np.linalg.eigvalsh(2 * X.T @ X / len(X))[0]


@wrong("u04.max_stable_lr", diagnosis="this is the limit of the sum over all rows, not of their mean")
def max_stable_lr(X):
    """No 1/N."""
    return 2 / np.linalg.eigvalsh(2 * X.T @ X)[-1]


@wrong("u04.max_stable_lr", diagnosis="the sum of all curvatures stands where the largest belongs")
def max_stable_lr(X):
    """The squared length of all of X: safe, and not the limit."""
    return len(X) / np.sum(X**2)


@wrong(
    "u04.max_stable_lr",
    diagnosis="only the diagonal of the curvature is used: the weights are taken for independent",
)
def max_stable_lr(X):
    """The steepest axis, not the steepest direction."""
    return 1 / np.mean(X**2, axis=0).max()


@wrong(
    "u04.max_stable_lr",
    diagnosis="this is the limit of the longest row alone, not that of the mean over all rows",
)
def max_stable_lr(X):
    """One package after the other, the worst one decides."""
    return min(1 / (row @ row) for row in X)


@wrong(
    "u04.max_stable_lr",
    diagnosis="a singular value of X is taken for a curvature, which is a square",
)
def max_stable_lr(X):
    """The root of what it should be."""
    return len(X) / np.linalg.svd(X, compute_uv=False)[0]


@wrong("u04.max_stable_lr", diagnosis="X is mutated")
def max_stable_lr(X):
    """Scales the caller's table, to have the mean at once."""
    X *= np.sqrt(2 / len(X))
    return 2 / np.linalg.norm(X, 2) ** 2


@wrong("u04.max_stable_lr", earns_nothing=True)
def max_stable_lr(X):
    """Tried out: run after run, until one diverges."""
    low, high = 0.0, 1.0
    for _ in range(12):
        lr, error = (low + high) / 2, np.arange(1.0, X.shape[1] + 1)
        start = np.abs(error).max()
        for _ in range(30):
            error = error - lr * 2 * X.T @ (X @ error) / len(X)
            if np.abs(error).max() > 10 * start:
                break
        low, high = (low, lr) if np.abs(error).max() > start else (lr, high)
    return low


@wrong("u04.max_stable_lr", earns_nothing=True)
def max_stable_lr(X):
    """The numbers of the public tests."""
    known = {2.0: 0.07692307692307693, 3.0: 0.04}
    return known.get(X[0, 0], 0.06806600612550055) if len(X) == 1 else 0.06806600612550055


# ---------------------------------------------------------------------------- feature_scaling


@wrong("u04.feature_scaling", diagnosis="a count under a root is off by one (ddof of the variance?)")
def standardise(X, X_new):
    """ddof = 1, as in a course on statistics."""
    mean, std = X.mean(axis=0), X.std(axis=0, ddof=1)
    std[np.ptp(X, axis=0) == 0] = 1
    return (X - mean) / std, (X_new - mean) / std, mean, std


@wrong("u04.feature_scaling", diagnosis="X_new is scaled by its own mean and standard deviation")
def standardise(X, X_new):
    """Each table for itself."""
    tables, numbers = [], []
    for table in (X, X_new):
        mean, std = table.mean(axis=0), table.std(axis=0)
        std[np.ptp(table, axis=0) == 0] = 1
        tables.append((table - mean) / std)
        numbers += [mean, std]
    return *tables, *numbers[:2]


@wrong(
    "u04.feature_scaling",
    diagnosis="mean and standard deviation are those of both tables together: the new rows leak in",
)
def standardise(X, X_new):
    """The more rows, the better the mean."""
    both = np.concatenate([X, X_new])
    mean, std = both.mean(axis=0), both.std(axis=0)
    std[np.ptp(both, axis=0) == 0] = 1
    return (X - mean) / std, (X_new - mean) / std, mean, std


@wrong("u04.feature_scaling", diagnosis="one mean and one standard deviation for the whole table")
def standardise(X, X_new):
    """The axis is forgotten."""
    mean, std = np.full(X.shape[1], X.mean()), np.full(X.shape[1], X.std())
    return (X - mean) / std, (X_new - mean) / std, mean, std


@wrong("u04.feature_scaling", diagnosis="the mean is not subtracted")
def standardise(X, X_new):
    """Scaled, and not moved."""
    std = np.where(np.ptp(X, axis=0) == 0, 1, X.std(axis=0))
    return X / std, X_new / std, X.mean(axis=0), std


@wrong("u04.feature_scaling", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def standardise(X, X_new):
    """No thought of columns that do not vary."""
    mean, std = X.mean(axis=0), X.std(axis=0)
    with np.errstate(all="ignore"):
        return (X - mean) / std, (X_new - mean) / std, mean, std


@wrong(
    "u04.feature_scaling",
    diagnosis="a column of equal numbers is divided by the rounding error of its std, which is not exactly 0",
)
def standardise(X, X_new):
    """Asks whether std is 0; of the number 0.1 it is 1.4e-17."""
    mean, std = X.mean(axis=0), X.std(axis=0)
    std = np.where(std == 0, 1.0, std)
    return (X - mean) / std, (X_new - mean) / std, mean, std


@wrong("u04.feature_scaling", diagnosis="X is mutated")
def standardise(X, X_new):
    """The caller's table is standardised, too."""
    mean, std = X.mean(axis=0), np.where(np.ptp(X, axis=0) == 0, 1.0, X.std(axis=0))
    X -= mean
    X /= std
    return X, (X_new - mean) / std, mean, std


@wrong(
    "u04.feature_scaling",
    diagnosis="std enters the weights the wrong way round",
)
def fit_scaled(train, X, y):
    """As if the weights were scaled like the columns."""
    Z, _, mean, std = standardise(X, X)
    v, c = train(Z, y)
    return v * std, c - mean @ (v * std)


@wrong("u04.feature_scaling", diagnosis="the bias is handed back as it is for the standardised columns")
def fit_scaled(train, X, y):
    """The means are forgotten on the way back."""
    Z, _, mean, std = standardise(X, X)
    v, c = train(Z, y)
    return v / std, c


@wrong("u04.feature_scaling", diagnosis="the correction of the bias has the wrong sign")
def fit_scaled(train, X, y):
    """The means are added back."""
    Z, _, mean, std = standardise(X, X)
    v, c = train(Z, y)
    return v / std, c + mean @ (v / std)


@wrong("u04.feature_scaling", diagnosis="weights and bias are still those of the standardised columns")
def fit_scaled(train, X, y):
    """No way back."""
    return train(standardise(X, X)[0], y)


@wrong("u04.feature_scaling", diagnosis="y is scaled too")
def fit_scaled(train, X, y):
    """The targets are standardised as well, and what comes out is scaled back: right for a straight fit."""
    Z, _, mean, std = standardise(X, X)
    v, c = train(Z, (y - y.mean()) / y.std())
    v, c = v * y.std(), c * y.std() + y.mean()
    return v / std, c - mean @ (v / std)


@wrong("u04.feature_scaling", diagnosis="train gets X as it is, not standardised")
def fit_scaled(train, X, y):
    """No scaling, no way back."""
    return train(X, y)


@wrong("u04.feature_scaling", diagnosis="a quotient of singular values; curvatures are squares of these")
def condition_number(X):
    """The condition number of X, not that of its valley."""
    return np.linalg.cond(X)


@wrong("u04.feature_scaling", diagnosis="smallest over largest")
def condition_number(X):
    """Upside down."""
    curvatures = np.linalg.eigvalsh(X.T @ X)
    return curvatures[0] / curvatures[-1]


@wrong("u04.feature_scaling", diagnosis="this is the condition number of the standardised columns")
def condition_number(X):
    """Standardises by itself, where columns can be told apart."""
    Z = standardise(X, X)[0] if X.shape[1] > 1 else X
    curvatures = np.linalg.eigvalsh(Z.T @ Z)
    return curvatures[-1] / curvatures[0]


# ---------------------------------------------------------------------------- diagnose_run


def turns(path):
    """The share of turns that turn back."""
    steps = np.diff(path, axis=0)
    return np.mean((steps[:-1] * steps[1:]).sum(axis=1) < 0)


def finite(path, losses):
    return np.isfinite(path).all() and np.isfinite(losses).all()


@wrong("u04.diagnose_run", diagnosis="nan or infinity in the losses is not taken for divergence")
def diagnose_run(path, losses):
    """Compares first and last, and believes the answer: with nan it is always no."""
    if losses[-1] > losses[0]:
        return "diverging" if turns(path) > 0.5 else "sign error"
    if turns(path) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong("u04.diagnose_run", diagnosis="nan or infinity in the losses is not taken for divergence")
def diagnose_run(path, losses):
    """nan is looked for by ==, which it never is."""
    if np.inf in losses or np.nan in losses or np.isinf(path).any() or np.isnan(path).any():
        return "diverging"
    if losses[-1] > losses[0]:
        return "diverging" if turns(path) > 0.5 else "sign error"
    if turns(path) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong("u04.diagnose_run", diagnosis="nan or infinity in the weights is not taken for divergence")
def diagnose_run(path, losses):
    """The losses are looked through for nan and infinity, the path is not."""
    if not np.isfinite(losses).all():
        return "diverging"
    if losses[-1] > losses[0]:
        return "diverging" if turns(path) > 0.5 else "sign error"
    if turns(path) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong(
    "u04.diagnose_run",
    diagnosis="a loss that rises is always taken for divergence, also where the run walks straight uphill",
)
def diagnose_run(path, losses):
    """Up is divergence; a sign error is not thought of."""
    if not finite(path, losses) or losses[-1] > losses[0]:
        return "diverging"
    if turns(path) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong(
    "u04.diagnose_run",
    diagnosis="a loss that rises is always taken for a wrong sign, also where the run jumps to and fro",
)
def diagnose_run(path, losses):
    """Only what overflowed has diverged."""
    if not finite(path, losses):
        return "diverging"
    if losses[-1] > losses[0]:
        return "sign error"
    if turns(path) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong("u04.diagnose_run", diagnosis="oscillation is looked for in the losses; it shows in the path")
def diagnose_run(path, losses):
    """A loss that goes up and down oscillates, one that falls does not."""
    if not finite(path, losses):
        return "diverging"
    if losses[-1] > losses[0]:
        return "diverging" if turns(path) > 0.5 else "sign error"
    rises = np.diff(losses) > 0
    if np.mean(rises[1:] != rises[:-1]) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong(
    "u04.diagnose_run",
    diagnosis="a few turns back count as oscillation; more than half of the turns must be",
)
def diagnose_run(path, losses):
    """One turn back is enough."""
    if not finite(path, losses):
        return "diverging"
    if losses[-1] > losses[0]:
        return "diverging" if turns(path) > 0 else "sign error"
    if turns(path) > 0:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong(
    "u04.diagnose_run",
    diagnosis="whether the run turns back is asked too late: a run that gains little may oscillate",
)
def diagnose_run(path, losses):
    """The lines of the table in another order."""
    if not finite(path, losses):
        return "diverging"
    if losses[-1] > losses[0]:
        return "diverging" if turns(path) > 0.5 else "sign error"
    if losses[-1] > losses[0] / 2:
        return "crawling"
    return "oscillating" if turns(path) > 0.5 else "ok"


@wrong("u04.diagnose_run", diagnosis="the last loss is compared with another one than the first")
def diagnose_run(path, losses):
    """Measured against the best loss so far."""
    if not finite(path, losses):
        return "diverging"
    if losses[-1] > losses.min():
        return "diverging" if turns(path) > 0.5 else "sign error"
    if turns(path) > 0.5:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong(
    "u04.diagnose_run",
    diagnosis="a border case falls on the wrong side: equal is neither above nor more than half",
)
def diagnose_run(path, losses):
    """At least, where the table says more than."""
    if not finite(path, losses):
        return "diverging"
    if losses[-1] >= losses[0]:
        return "diverging" if turns(path) >= 0.5 else "sign error"
    if turns(path) >= 0.5:
        return "oscillating"
    return "crawling" if losses[-1] >= losses[0] / 2 else "ok"


@wrong(
    "u04.diagnose_run",
    diagnosis="one weight that goes to and fro counts, not the step as a whole",
)
def diagnose_run(path, losses):
    """Any weight whose steps change sign is a turn back."""
    if not finite(path, losses):
        return "diverging"
    steps = np.diff(path, axis=0)
    turning = np.mean((steps[:-1] * steps[1:] < 0).any(axis=1)) > 0.5
    if losses[-1] > losses[0]:
        return "diverging" if turning else "sign error"
    if turning:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong("u04.diagnose_run", diagnosis="the rows of path are taken for steps; steps are their differences")
def diagnose_run(path, losses):
    """The dot product of two places."""
    if not finite(path, losses):
        return "diverging"
    turning = np.mean((path[:-1] * path[1:]).sum(axis=1) < 0) > 0.5
    if losses[-1] > losses[0]:
        return "diverging" if turning else "sign error"
    if turning:
        return "oscillating"
    return "crawling" if losses[-1] > losses[0] / 2 else "ok"


@wrong("u04.diagnose_run")
def diagnose_run(path, losses):
    """Words of their own."""
    if not finite(path, losses):
        return "diverges"
    if losses[-1] > losses[0]:
        return "diverges" if turns(path) > 0.5 else "wrong sign"
    if turns(path) > 0.5:
        return "oscillates"
    return "crawls" if losses[-1] > losses[0] / 2 else "OK"


@wrong("u04.diagnose_run", earns_nothing=True)
def diagnose_run(path, losses):
    """Made for the public tests: looks at the second loss."""
    if not np.isfinite(losses).all():
        return "diverging"
    known = {
        2.8717: "crawling",
        0.4375: "ok",
        2.0047: "oscillating",
        3.1932: "diverging",
        3.5452: "sign error",
    }
    return known.get(round(float(losses[1]), 4), "ok")
