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


@wrong("u04.gd_step", diagnosis="w is mutated")
def gd_step(gradient, w, lr):
    """A second name for w is taken for a copy of it."""
    new = w
    for i, slope in enumerate(gradient(w)):
        new[i] -= lr * slope
    return new


@wrong("u04.gd_step", diagnosis="this is the step alone, without the weights that it starts from")
def gd_step(gradient, w, lr):
    """How far to go, not where that leads."""
    return -lr * gradient(w)


@wrong("u04.gd_step", diagnosis="the learning rate is not used")
def gd_step(gradient, w, lr):
    """The whole gradient."""
    return w - gradient(w)


@wrong("u04.gd_step", diagnosis="weights and gradient have changed places")
def gd_step(gradient, w, lr):
    """The weights are the step here."""
    return gradient(w) - lr * w


@wrong("u04.gd_step", diagnosis="the weights are multiplied by the step")
def gd_step(gradient, w, lr):
    """Shrinks the weights in proportion."""
    return w * (1 - lr * gradient(w))


@wrong("u04.gd_step", diagnosis="the gradient is shortened to length 1")
def gd_step(gradient, w, lr):
    """Only the direction of the gradient."""
    g = gradient(w)
    return w - lr * g / np.sqrt((g**2).sum())


@wrong("u04.gd_step", diagnosis="only the signs of the gradient are used")
def gd_step(gradient, w, lr):
    """lr up or lr down."""
    return np.where(gradient(w) > 0, w - lr, w + lr)


@wrong("u04.gd_step", diagnosis="every weight takes the same step")
def gd_step(gradient, w, lr):
    """One number for all weights."""
    return w - lr * sum(gradient(w))


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


@wrong("u04.gd_loop", diagnosis="the gradient is added: this goes uphill")
def gd_loop(loss, gradient, w, lr, steps):
    """Uphill in every step."""
    path, losses = [w], []
    for _ in range(steps):
        losses.append(loss(path[-1]))
        path.append(path[-1] + lr * gradient(path[-1]))
    return np.array(path), np.array(losses, dtype=float)


@wrong(
    "u04.gd_loop",
    diagnosis="path begins after the first update, and goes one step too far",
)
def gd_loop(loss, gradient, w, lr, steps):
    """The start is not recorded, and one step more makes up for it."""
    path, losses = [], []
    for t in range(steps + 1):
        if t < steps:
            losses.append(loss(w))
        w = w - lr * gradient(w)
        path.append(w)
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", diagnosis="the last update is missing: path repeats its last row")
def gd_loop(loss, gradient, w, lr, steps):
    """range(1, steps) in an array that is filled with the start: one update too few."""
    path, losses = np.tile(w, (steps + 1, 1)), np.empty(steps)
    for t in range(steps):
        losses[t] = loss(path[t])
        path[t + 1 :] = path[t] - lr * gradient(path[t]) if t < steps - 1 else path[t]
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


@wrong("u04.gd_loop", diagnosis="an update that makes the loss larger is taken back")
def gd_loop(loss, gradient, w, lr, steps):
    """Keeps the best weights so far."""
    path, losses = [w], []
    for _ in range(steps):
        losses.append(loss(path[-1]))
        new = path[-1] - lr * gradient(path[-1])
        path.append(new if loss(new) <= losses[-1] else path[-1])
    return np.array(path), np.array(losses, dtype=float)


@wrong("u04.gd_loop", diagnosis="the learning rate changes from step to step")
def gd_loop(loss, gradient, w, lr, steps):
    """A schedule that nobody asked for."""
    path, losses = [w], []
    for t in range(1, steps + 1):
        losses.append(loss(path[-1]))
        path.append(path[-1] - lr / t * gradient(path[-1]))
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
