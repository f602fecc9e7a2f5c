"""Gradient descent. The lesson is README.md, in this folder.

The gradient points uphill. A step against it makes the loss smaller, if the step is not too long: how long
it may be is decided by the curvature of the loss, and curvature is what scaling the features changes.
"""

import numpy as np


def gd_step(gradient, w, lr):
    """One step of gradient descent: against the gradient at w, and lr times as long as it.

    All weights move at once: every partial derivative belongs to the old w.

    gradient: function, float64[D] -> float64[D]    w: float64[D], not changed    lr: number > 0
    Returns the new weights: float64[D]. gradient is called once.
    """
    raise NotImplementedError


def gd_loop(loss, gradient, w, lr, steps):
    """T = steps updates by gradient descent, and where they led.

    path[0] is w, and path[t + 1] is one step away from path[t]. losses[t] is the loss at path[t]: the loss
    before update t, as a training log shows it. Nothing ends the run early, whatever the loss does.

    loss: function, float64[D] -> number    gradient: function, float64[D] -> float64[D]
    w: float64[D], the start, not changed    lr: number > 0    steps: int >= 0
    Returns the tuple (path, losses): float64[T + 1, D], float64[T]. gradient is called T times.
    """
    raise NotImplementedError


def max_stable_lr(X):
    """The learning rate up to which gradient descent does not diverge, for a linear model.

    The loss is L(w) = mean over the N rows of (x·w - y)**2. Below this rate the error of w shrinks along
    every direction that the data curve, above it the error along at least one of them grows.

    X: float64[N, D], not all 0, not changed; N may be smaller than D    Returns a number.
    """
    raise NotImplementedError


def condition_number(X):
    """How narrow the valley of the mean squared error is: its largest curvature over its smallest.

    X: float64[N, D], N >= D, columns linearly independent, not changed    Returns a number >= 1.
    """
    raise NotImplementedError


def standardise(X, X_new):
    """Columns with mean 0 and standard deviation 1. Rows that came later get the same treatment.

    Mean and standard deviation (divided by N, not by N - 1) are those of the columns of X alone: X_new must
    not be looked at. A column of X whose entries are all equal has std 1 here, not 0.

    X: float64[N, D], the training rows    X_new: float64[M, D]    Neither is changed.
    Returns the tuple (Z, Z_new, mean, std): float64[N, D], float64[M, D], float64[D], float64[D].
    """
    raise NotImplementedError


def fit_scaled(train, X, y):
    """Train on standardised columns, and give weights and bias for the columns as they were.

    train(Z, y) returns (v, c), which predicts Z @ v + c. The (w, b) that you return must predict the very
    same numbers as X @ w + b. y is handed to train as it is.

    train: function, (float64[N, D], float64[N]) -> (float64[D], number), called once
    X: float64[N, D]    y: float64[N]    Neither is changed.
    Returns the tuple (w, b): float64[D], number.
    """
    raise NotImplementedError


def diagnose_run(path, losses):
    """What a run of gradient descent looks like, in a word. The first line that fits decides:

    "diverging"     there is a nan or an infinity in path or in losses
    "diverging"     the last loss is above the first, and the run turns back
    "sign error"    the last loss is above the first
    "oscillating"   the run turns back
    "crawling"      the last loss is above half of the first
    "ok"            everything else

    A run turns back if more than half of its turns do. A turn is the place between two steps, one after the
    other; it turns back if the dot product of the two is below 0. Step t leads from path[t] to path[t + 1].

    path: float64[T + 1, D], losses: float64[T], T >= 2, as gd_loop returns them; neither is changed
    Returns one of these five strings.
    """
    raise NotImplementedError
