"""Wrong answers of unit 11. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import torch

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- momentum


@wrong(
    "u11.momentum",
    diagnosis="the new gradient is scaled down, as in an average: u is smaller than it should be",
)
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """An average of the gradients: ten times smaller steps."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state.get(name, 0) + (1 - momentum) * g
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong("u11.momentum", diagnosis="nothing is remembered: the velocity begins anew at every step")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """The new velocity is never written back."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state.get(name)
            u = g.clone() if u is None else momentum * u + (1 - dampening) * g
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong("u11.momentum", diagnosis="nesterov is not used")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """Nesterov is checked and forgotten."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state[name] + (1 - dampening) * g if name in state else g.clone()
            params[name].sub_(lr * u)


@wrong("u11.momentum", diagnosis="nesterov looks ahead with the velocity from before this step")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """g + μ u with the old u: which is plain momentum, but for the first step."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            old = state.get(name)
            u = state[name] = g.clone() if old is None else momentum * old + (1 - dampening) * g
            ahead = g + momentum * (u if old is None else old)
            params[name].sub_(lr * (ahead if nesterov else u))


@wrong("u11.momentum", diagnosis="the first gradient is dampened too")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """The velocity begins at 0, so the first gradient comes in dampened."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state.get(name, torch.zeros_like(g)) + (1 - dampening) * g
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong(
    "u11.momentum",
    diagnosis="lr goes into the velocity: a later change of it does not reach what is in there",
)
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """u ← μ u + lr g, as in some papers: the same only while lr is constant."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = (
                momentum * state[name] + (1 - dampening) * lr * g if name in state else lr * g
            )
            params[name].sub_(lr * g + momentum * u if nesterov else u)


@wrong("u11.momentum", diagnosis="the gradients are changed")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """The first velocity is the gradient itself, no copy of it; weight by weight it is then changed."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            first = name not in state
            u = state.setdefault(name, g)
            if first:
                u.mul_(lr)
                params[name].sub_(u + momentum * u if nesterov else u)
                u.div_(lr).add_(0.0 * g)
            else:
                u.mul_(momentum).add_((1 - dampening) * g)
                params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong(
    "u11.momentum",
    diagnosis="a new tensor is put into params: the model's own stays as it was",
)
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """The dict gets new tensors; the model that holds the old ones learns nothing."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state[name] + (1 - dampening) * g if name in state else g.clone()
            params[name] = params[name] - lr * (g + momentum * u if nesterov else u)


@wrong(
    "u11.momentum",
    diagnosis="the velocity goes on without a gradient: a tensor without one is to be skipped",
)
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """None is taken for 0: the velocity carries the tensor on."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is None and name not in state:
            continue
        g = torch.zeros_like(params[name]) if g is None else g
        u = state[name] = momentum * state[name] + (1 - dampening) * g if name in state else g.clone()
        params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong("u11.momentum", earns_nothing=True)
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """torch's own."""
    tensors = [params[name] for name, g in grads.items() if g is not None]
    for name, g in grads.items():
        params[name].grad = g
    optimizer = state.setdefault(
        "sgd", torch.optim.SGD(tensors, lr, momentum, dampening=dampening, nesterov=nesterov)
    )
    optimizer.step()
