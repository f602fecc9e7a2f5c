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
