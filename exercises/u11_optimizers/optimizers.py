"""Optimizers, schedules, clipping. The lesson is README.md, in this folder.

A step moves every tensor of a model once, in place: the model holds the very tensors that are changed.

    params      dict, name -> tensor of any shape
    grads       dict with the same names, name -> gradient of that tensor, or None: no loss came from there
    state       dict that belongs to one run of one optimizer, {} before its first step. What a step must
                remember for the next one it writes there, in whatever form it likes, and nowhere else.

A tensor whose gradient is None is skipped: neither it nor what is remembered of it changes. Gradients are
never changed by a step. All arithmetic is done entry by entry, in the tensors' own dtype, on their device.
"""

import math

# ---------------------------------------------------------------------------- optimizers


def gd_step(params, grads, state, lr):
    """One step of plain gradient descent, as in unit 4: p ← p - lr g. It remembers nothing. (Given.)"""
    for name, g in grads.items():
        if g is not None:
            params[name].sub_(lr * g)


def adagrad_step(params, grads, state, lr):
    """One step of AdaGrad: s ← s + g², p ← p - lr g / (√s + 1e-10), with s = 0 at first. (Given.)

    It shows how a state is used. (Duchi, Hazan and Singer, 2011)
    """
    for name, g in grads.items():
        if g is not None:
            state[name] = state.get(name, 0.0) + g**2
            params[name].sub_(lr * g / (state[name].sqrt() + 1e-10))


def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """One step of gradient descent with momentum μ and dampening d.

    u ← g                   at the first step of a tensor
    u ← μ u + (1 - d) g     at every later one
    p ← p - lr u            or, with nesterov,    p ← p - lr (g + μ u)    with the new u

    lr: number, which may change from step to step    momentum, dampening: numbers >= 0
    Raises ValueError, before anything is changed, if nesterov comes with a dampening or without momentum (0).
    Changes the tensors of params in place, and state. (Sutskever et al., 2013; torch.optim.SGD)
    """
    raise NotImplementedError


def adam_direction(g, memory, betas=(0.9, 0.999), eps=1e-8):
    """What Adam makes of the gradient of one tensor: the step to be taken, but for its sign and lr.

    m ← β1 m + (1 - β1) g        v ← β2 v + (1 - β2) g²        entry by entry, both 0 before the first step
    m̂ = m / (1 - β1^t)           v̂ = v / (1 - β2^t)            t = 1 at the first step, then 2, 3, ...
    direction = m̂ / (√v̂ + ε)

    g: tensor of any shape, not changed    betas: (β1, β2), numbers from 0 to below 1    eps: number > 0
    memory: None at the tensor's first step, and later what the call before this one returned
    Returns the tuple (direction, memory): of g's shape and dtype, and in whatever form you like. memory
    must not hold g itself: whoever owns it will write the next gradient into it.
    (Kingma and Ba, 2015)
    """
    raise NotImplementedError


def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """One step of Adam: p ← p - lr direction, for every tensor, with a memory of its own for each.

    Steps at which the gradient of a tensor is None do not count in its t.
    lr: number, which may change from step to step    betas, eps: as for adam_direction
    Changes the tensors of params in place, and state. (torch.optim.Adam)
    """
    raise NotImplementedError


def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """One step of AdamW: p ← p - lr λ p, and then a step of Adam, made with adam_direction.

    λ leaves no trace in what Adam remembers. A tensor whose gradient is None does not decay either.

    weight_decay: λ, one number for all tensors, or a dict, name -> number
    lr, betas, eps: as for adam_step
    Changes the tensors of params in place, and state. (Loshchilov and Hutter, 2019; torch.optim.AdamW)
    """
    raise NotImplementedError


def decay_groups(params, weight_decay=0.1):
    """Which tensors decay: matrices do, as do all tensors of two or more axes. Norms and biases do not.

    weight_decay: number, for the tensors that decay; the others get 0.0
    Returns a dict, name -> number, in the order of params. A tensor that has two names (an embedding that is
    the output layer too, the very same object) is in it once, under its first name. So an optimizer that
    walks along this dict moves every tensor once. Changes nothing.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- schedules


def step_decay(step, lr, every, factor=0.1):
    """The learning rate of update `step`: lr at first, and times factor after every `every` updates.

    step: int >= 0, the number of updates made so far    lr, factor: numbers    every: int >= 1
    Returns a number.
    """
    raise NotImplementedError


def linear_decay(step, lr, steps):
    """The learning rate of update `step`, on a straight line from lr at update 0 to 0 at update `steps`.

    A run of `steps` updates ends with update steps - 1, so that its last rate is lr / steps and not 0. From
    update `steps` on the rate is 0.

    step: int >= 0, the number of updates made so far    lr: number    steps: int >= 1
    Returns a number.
    """
    raise NotImplementedError


def plateau_decay(losses, lr, patience, factor=0.1):
    """The learning rate after these evaluations: times factor whenever the loss has stopped to fall.

    An evaluation is good if its loss is a number below all numbers before it, and bad if not: an equal loss
    is bad. nan is no number: it is bad, and no loss is held against it. `patience` bad ones in a row are
    borne. One more multiplies the rate by factor, and the count of bad ones begins again at 0. The best loss
    is remembered over the whole run.

    losses: list of numbers, the first evaluation first; may be empty    lr, factor: numbers
    patience: int >= 0
    Returns a number. (torch.optim.lr_scheduler.ReduceLROnPlateau with threshold 0)
    """
    raise NotImplementedError


def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """The learning rate of update `it`: up a straight line, down half a wave of the cosine, then flat.

    it < warmup             max_lr it / warmup
    warmup <= it < cycle    from max_lr at it = warmup, half a cosine down to min_lr at it = cycle
    cycle <= it             min_lr

    it: int >= 0, the number of updates made so far    max_lr, min_lr: numbers
    warmup, cycle: ints, 0 <= warmup <= cycle; warmup 0 is none, and then update 0 has max_lr
    Returns a number. (Loshchilov and Hutter, 2017)
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- clipping


def clip_grad_norm(grads, max_norm):
    """Shorten all gradients together, by one factor, so that their norm is at most max_norm.

    The norm is the root of the sum of the squares of all entries of all tensors, as if they were one vector.
    Gradients whose norm is max_norm or less keep every bit. None is skipped; without any gradient the norm
    is 0.

    grads: as for the optimizers; its tensors are changed in place    max_norm: finite number > 0
    Returns the norm before clipping: a number, or a tensor without axes.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- a race


def loss_and_gradient(w, X, y):
    """The mean squared error of a linear model, and its gradient at w. (Given.)

    w: float[D]    X: float[N, D]    y: float[N]    Returns the tuple (number, float[D]).
    """
    e = X @ w - y
    return float((e**2).mean()), 2 * X.T @ e / len(y)


def run(step, data, w, lr, steps):
    """Train a linear model from w, with one optimizer and one learning rate.

    step: function such as adam_step, called as step(params, grads, state, lr) with params = {"w": tensor}
    data: the tuple (X, y) that loss_and_gradient takes    w: float[D], the start    Neither is changed.
    Returns a list of steps + 1 numbers: entry t is the loss after t updates. Two runs share nothing.
    """
    raise NotImplementedError


def updates_until(losses, target):
    """After how many updates the loss is at or below target, and stays so to the end of the run.

    losses: list of numbers, entry t is the loss after t updates; there may be nan
    Returns an int, or None if the last loss is not at or below target.
    """
    raise NotImplementedError


def race(optimizers, data, w, rates, steps):
    """Each optimizer at its best: the learning rate with the lowest loss after `steps` updates from w.

    optimizers: dict, name -> function as for run    rates: dict, name -> list of numbers, the rates to try
    Returns a dict, name -> (rate, loss). A run that ends in nan or inf never wins; where all do, the pair is
    (None, inf). Of equal losses the first wins.
    """
    raise NotImplementedError
