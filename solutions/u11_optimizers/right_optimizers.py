"""Right answers of unit 11 in other styles. Each must earn everything, in process and in the jail."""

import math

import torch

from grader.verify.bank import right

# ---------------------------------------------------------------------------- momentum


@right("u11.momentum")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """The velocities live under one key, and are changed in place."""
    if nesterov and (not momentum or dampening):
        raise ValueError("nesterov")
    velocities = state.setdefault("velocity", {})
    for name in params:
        g = grads[name]
        if g is None:
            continue
        u = velocities.get(name)
        if u is None:
            u = velocities[name] = torch.clone(g)
        else:
            u.mul_(momentum).add_(g, alpha=1 - dampening)
        params[name].add_(g.add(u, alpha=momentum) if nesterov else u, alpha=-lr)


@right("u11.momentum")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """Entry by entry, in plain numbers."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError("nesterov with dampening, or without momentum")
    for name, g in grads.items():
        if g is None:
            continue
        new = g.reshape(-1).tolist()
        old = state.get(name)
        if old is None:
            u = new
        else:
            u = [momentum * a + (1 - dampening) * b for a, b in zip(old, new)]
        state[name] = u
        move = [b + momentum * a for a, b in zip(u, new)] if nesterov else u
        step = torch.tensor(move, dtype=g.dtype, device=g.device).reshape(g.shape)
        params[name].copy_(params[name] - lr * step)


@right("u11.momentum")
def sgd_momentum_step(params, grads, state, lr, momentum=0.9, dampening=0.0, nesterov=False):
    """The first step as a weight of its own; params[name] -= ... changes the tensor in place too."""
    if nesterov:
        if dampening != 0 or momentum == 0:
            raise ValueError
    for name in grads:
        if grads[name] is not None:
            g = grads[name]
            weight = 1.0 if name not in state else 1.0 - dampening
            state[name] = momentum * state.get(name, torch.zeros_like(g)) + weight * g
            params[name] -= lr * state[name] if not nesterov else lr * g + lr * momentum * state[name]
