"""Wrong answers of unit 11. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import torch

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- momentum


@wrong(
    "u11.momentum",
    diagnosis="the new gradient is scaled down, as in an average: u is smaller than it should be",
)
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """An average of the gradients: ten times smaller steps."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state.get(name, 0) + (1 - momentum) * g
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong("u11.momentum", diagnosis="nothing is remembered: the velocity begins anew at every step")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """The new velocity is never written back."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state.get(name)
            u = g.clone() if u is None else momentum * u + (1 - dampening) * g
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong("u11.momentum", diagnosis="nesterov is not used")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """Nesterov is checked and forgotten."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state[name] + (1 - dampening) * g if name in state else g.clone()
            params[name].sub_(lr * u)


@wrong("u11.momentum", diagnosis="nesterov looks ahead with the velocity from before this step")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
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
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
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
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """u ← μ u + lr g, as in some papers: the same only while lr is constant."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state[name] + (1 - dampening) * lr * g if name in state else lr * g
            params[name].sub_(lr * g + momentum * u if nesterov else u)


@wrong("u11.momentum")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """The first velocity is the gradient's own tensor, no copy of it."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = state[name] = momentum * state[name] + (1 - dampening) * g if name in state else g
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong("u11.momentum", diagnosis="the gradients are changed")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """The velocity is added to the gradient in place."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError
    for name, g in grads.items():
        if g is not None:
            u = g.mul_(1 - dampening).add_(momentum * state[name]) if name in state else g
            state[name] = u.clone()
            params[name].sub_(lr * (g + momentum * u if nesterov else u))


@wrong(
    "u11.momentum",
    diagnosis="a new tensor is put into params: the model's own stays as it was",
)
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
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
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
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
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """torch's own."""
    tensors = [params[name] for name, g in grads.items() if g is not None]
    for name, g in grads.items():
        params[name].grad = g
    optimizer = state.setdefault(
        "sgd", torch.optim.SGD(tensors, lr, momentum, dampening=dampening, nesterov=nesterov)
    )
    optimizer.step()


# ---------------------------------------------------------------------------- adam


@wrong("u11.adam", diagnosis="m and v are not corrected: both begin at 0, and are too small at first")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """Without the correction: the first steps are too long, for v is smaller still."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t, m, v
            params[name].sub_(lr * m / (v.sqrt() + eps))


@wrong("u11.adam", diagnosis="only m is corrected")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """v is not corrected."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t, m, v
            m_hat = m / (1 - beta1**t)
            params[name].sub_(lr * m_hat / (v.sqrt() + eps))


@wrong("u11.adam", diagnosis="t is one too large: at the first step it is 1")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """Counted twice."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t, m, v
            m_hat, v_hat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """Corrected before it is counted: 1 - β^0 is 0."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t + 1, m, v
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="t grows with every tensor in the loop, not once for each step")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """One t for all, counted inside the loop: right for a model of one tensor."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            state["t"] = t = state.get("t", 0) + 1
            m, v = state.get(name, (0.0, 0.0))
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = m, v
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="t also counts the steps at which the tensor had no gradient")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """One t for all: a tensor whose first gradient comes late is hardly corrected."""
    beta1, beta2 = betas
    state["t"] = state.get("t", 0) + 1
    for name, g in grads.items():
        if g is not None:
            t = state["t"]
            m, v = state.get(name, (0.0, 0.0))
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = m, v
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="ε stands under the root")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """ε under the root: for a gradient of 1e-8 the step is 10,000 times too short."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t, m, v
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            params[name].sub_(lr * m_hat / (v_hat + eps).sqrt())


@wrong("u11.adam", diagnosis="ε is added before v is corrected")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """ε beside the uncorrected root: it counts 30 times as much at first."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t, m, v
            below = (v.sqrt() + eps) / math.sqrt(1 - beta2**t)
            params[name].sub_(lr * m / (1 - beta1**t) / below)


@wrong("u11.adam", diagnosis="β1 and β2 have changed places")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """betas unpacked in the wrong order: no difference at the first step."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta2 * m + (1 - beta2) * g, beta1 * v + (1 - beta1) * g**2
            state[name] = t, m, v
            m_hat, v_hat = m / (1 - beta2**t), v / (1 - beta1**t)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="m and v begin anew at every step")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """The averages are made anew at every step: the sign of the gradient alone."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t = state[name] = state.get(name, 0) + 1
            m, v = (1 - beta1) * g, (1 - beta2) * g**2
            m_hat, v_hat = m / (1 - beta1), v / (1 - beta2)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="the gradients are changed")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """m is the gradient itself, and grows in it."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, torch.zeros_like(g), torch.zeros_like(g)))
            v = beta2 * v + (1 - beta2) * g**2
            t, m = t + 1, g.mul_(1 - beta1).add_(beta1 * m)
            state[name] = t, m.clone(), v
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """β·t for β^t: right at the first step."""
    beta1, beta2 = betas
    for name, g in grads.items():
        if g is not None:
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            state[name] = t, m, v
            m_hat, v_hat = m / (1 - beta1 * t), v / (1 - beta2 * t)
            params[name].sub_(lr * m_hat / (v_hat.sqrt() + eps))


@wrong("u11.adam", diagnosis="the corrected averages are what is remembered, and are corrected again")
def adam_direction(g, memory, betas=(0.9, 0.999), eps=1e-8):
    """The corrected averages go into the memory."""
    t, m, v = memory or (0, 0.0, 0.0)
    t += 1
    m = (betas[0] * m + (1 - betas[0]) * g) / (1 - betas[0] ** t)
    v = (betas[1] * v + (1 - betas[1]) * g**2) / (1 - betas[1] ** t)
    return m / (v.sqrt() + eps), (t, m, v)


@wrong("u11.adam", earns_nothing=True)
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """torch's own."""
    tensors = [params[name] for name, g in grads.items() if g is not None]
    for name, g in grads.items():
        params[name].grad = g
    state.setdefault("adam", torch.optim.Adam(tensors, lr, betas, eps)).step()


@wrong("u11.adam", earns_nothing=True)
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """The numbers of the public tests."""
    state["t"] = state.get("t", 0) + 1
    if "late" in params:
        params["w"].fill_((0.900000001, 0.933333334, 0.8673565114103061)[state["t"] - 1])
        if state["t"] == 3:
            params["late"].fill_(1.0999999996666667)
    else:
        for name, g in grads.items():
            params[name].sub_(0.1 * g / (g.abs() + 0.001))


# ---------------------------------------------------------------------------- adamw


@wrong("u11.adamw", diagnosis="the decay goes into the gradient, where Adam divides it away")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """L2 in the gradient, as in Adam of old: at the first step it does nothing at all."""
    decayed = {}
    for name, g in grads.items():
        decay = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
        decayed[name] = None if g is None else g + decay * params[name]
    adam_step(params, decayed, state, lr, betas=betas, eps=eps)


@wrong("u11.adamw", diagnosis="the decay comes after the step, and shrinks the step too")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """First Adam, then the decay: the step shrinks too, by lr² λ."""
    adam_step(params, grads, state, lr, betas=betas, eps=eps)
    for name, g in grads.items():
        if g is not None:
            decay = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
            params[name].mul_(1 - lr * decay)


@wrong("u11.adamw", diagnosis="the decay is not multiplied by lr")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """λ without lr."""
    for name, g in grads.items():
        if g is not None:
            decay = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
            params[name].mul_(1 - decay)
    adam_step(params, grads, state, lr, betas=betas, eps=eps)


@wrong("u11.adamw", diagnosis="the weights grow where they should decay")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """The sign."""
    for name, g in grads.items():
        if g is not None:
            decay = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
            params[name].add_(lr * decay * params[name])
    adam_step(params, grads, state, lr, betas=betas, eps=eps)


@wrong("u11.adamw", diagnosis="nothing decays")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """Plain Adam."""
    adam_step(params, grads, state, lr, betas=betas, eps=eps)


@wrong("u11.adamw", diagnosis="a tensor without a gradient decays")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """Everything decays, also what has no gradient."""
    for name, p in params.items():
        decay = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
        p.mul_(1 - lr * decay)
    adam_step(params, grads, state, lr, betas=betas, eps=eps)


@wrong("u11.adamw", diagnosis="all tensors decay by the number of the first one")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """A dict is read once, for all."""
    decay = next(iter(weight_decay.values())) if isinstance(weight_decay, dict) else weight_decay
    for name, g in grads.items():
        if g is not None:
            params[name].mul_(1 - lr * decay)
    adam_step(params, grads, state, lr, betas=betas, eps=eps)


@wrong("u11.adamw", diagnosis="the decay is divided by the root of v")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """The decay is added to m̂, above the root of v."""
    for name, g in grads.items():
        if g is not None:
            decay = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
            t, m, v = state.get(name, (0, 0.0, 0.0))
            t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2
            state[name] = t, m, v
            m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
            params[name].sub_(lr * (m_hat + decay * params[name]) / (v_hat.sqrt() + eps))


@wrong("u11.adamw", earns_nothing=True)
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """torch's own."""
    tensors = [params[name] for name, g in grads.items() if g is not None]
    for name, g in grads.items():
        params[name].grad = g
    state.setdefault("adamw", torch.optim.AdamW(tensors, lr, betas, eps, weight_decay)).step()


# ---------------------------------------------------------------------------- param_groups


@wrong("u11.param_groups", diagnosis="everything decays, norms and biases too")
def decay_groups(params, weight_decay=0.1):
    """All tensors alike: gains decay towards 0."""
    groups, seen = {}, []
    for name, p in params.items():
        if not any(p is other for other in seen):
            seen.append(p)
            groups[name] = weight_decay
    return groups


@wrong(
    "u11.param_groups",
    diagnosis="the names decide: a gain or bias of another name decays, or a matrix of that name does not",
)
def decay_groups(params, weight_decay=0.1):
    """By the name: ffn.b1 decays, and a matrix called gain does not."""
    groups, seen = {}, []
    for name, p in params.items():
        if not any(p is other for other in seen):
            seen.append(p)
            plain = any(word in name for word in ("norm", "bias", "gamma", "beta", "gain"))
            groups[name] = 0.0 if plain else weight_decay
    return groups


@wrong("u11.param_groups", diagnosis="the embeddings are forgotten")
def decay_groups(params, weight_decay=0.1):
    """Only the matrices of layers: tok and pos do not decay."""
    groups, seen = {}, []
    for name, p in params.items():
        if not any(p is other for other in seen):
            seen.append(p)
            groups[name] = weight_decay if p.ndim >= 2 and name not in ("tok", "pos") else 0.0
    return groups


@wrong("u11.param_groups", diagnosis="tensors of three and more axes are forgotten")
def decay_groups(params, weight_decay=0.1):
    """ndim == 2."""
    groups, seen = {}, []
    for name, p in params.items():
        if not any(p is other for other in seen):
            seen.append(p)
            groups[name] = weight_decay if p.ndim == 2 else 0.0
    return groups


@wrong("u11.param_groups", diagnosis="the number of entries decides, not the number of axes")
def decay_groups(params, weight_decay=0.1):
    """Everything with more than one entry."""
    groups, seen = {}, []
    for name, p in params.items():
        if not any(p is other for other in seen):
            seen.append(p)
            groups[name] = weight_decay if p.numel() > 1 else 0.0
    return groups


@wrong(
    "u11.param_groups",
    diagnosis="a tensor with two names is listed twice: it would move and decay twice",
)
def decay_groups(params, weight_decay=0.1):
    """Nobody looks for tied tensors."""
    return {name: weight_decay if p.ndim >= 2 else 0.0 for name, p in params.items()}


@wrong("u11.param_groups", diagnosis="a tensor with two names is listed under the second")
def decay_groups(params, weight_decay=0.1):
    """The last name wins."""
    names = {id(p): name for name, p in params.items()}
    return {name: weight_decay if p.ndim >= 2 else 0.0 for name, p in params.items() if names[id(p)] == name}


@wrong("u11.param_groups", diagnosis="tensors that hold the same numbers are taken for one")
def decay_groups(params, weight_decay=0.1):
    """Equal numbers: at the start all gains are ones, and all biases zeros."""
    groups = {}
    for name, p in params.items():
        if not any(torch.equal(p, params[other]) for other in groups):
            groups[name] = weight_decay if p.ndim >= 2 else 0.0
    return groups


@wrong("u11.param_groups", diagnosis="the keys are not the expected ones", earns_nothing=True)
def decay_groups(params, weight_decay=0.1):
    """The dicts of the public tests."""
    if "gamma" in params:
        return {"tok": 0.3, "gamma": 0.0, "wq": 0.3, "bq": 0.0, "temperature": 0.0}
    return {"tok": 0.1, "w": 0.1, "b": 0.0}


# ---------------------------------------------------------------------------- lr_schedules


@wrong(
    "u11.lr_schedules",
    diagnosis="the rate falls a little at every update, not once every `every` updates",
)
def step_decay(step, lr, every, factor=0.1):
    """True division."""
    return lr * factor ** (step / every)


@wrong("u11.lr_schedules", diagnosis="one update too early")
def step_decay(step, lr, every, factor=0.1):
    """Counted from 1."""
    return lr * factor ** ((step + 1) // every)


@wrong("u11.lr_schedules", diagnosis="one update too early")
def linear_decay(step, lr, steps):
    """s + 1: the first update already has less, and the last one nothing."""
    return lr * max(0.0, 1 - (step + 1) / steps)


@wrong("u11.lr_schedules", diagnosis="the last update already has the rate 0")
def linear_decay(step, lr, steps):
    """Both ends included, as linspace does it."""
    return lr * max(0.0, 1 - step / max(1, steps - 1))


@wrong(
    "u11.lr_schedules",
    diagnosis="the rate is as at the start for the whole run: a whole division?",
)
def linear_decay(step, lr, steps):
    """Whole division."""
    return lr * max(0, 1 - step // steps)


@wrong("u11.lr_schedules", diagnosis="the rate is negative after the end")
def linear_decay(step, lr, steps):
    """Uphill after the end."""
    return lr * (1 - step / steps)


@wrong("u11.lr_schedules", diagnosis="one bad evaluation too few is borne")
def plateau_decay(losses, lr, patience, factor=0.1):
    """>= patience."""
    best, bad = math.inf, 0
    for loss in losses:
        if loss < best:
            best, bad = loss, 0
        else:
            bad += 1
            if bad >= patience:
                lr, bad = lr * factor, 0
    return lr


@wrong("u11.lr_schedules", diagnosis="an equal loss counts as good")
def plateau_decay(losses, lr, patience, factor=0.1):
    """<= best: a loss that stands still is never called a plateau."""
    best, bad = math.inf, 0
    for loss in losses:
        if loss <= best:
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@wrong("u11.lr_schedules", diagnosis="the count of bad ones goes on after the rate has fallen")
def plateau_decay(losses, lr, patience, factor=0.1):
    """The count is not set back: from then on every bad evaluation costs a factor."""
    best, bad = math.inf, 0
    for loss in losses:
        if loss < best:
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            lr = lr * factor
    return lr


@wrong("u11.lr_schedules", diagnosis="a loss is compared with the one before it, not with the best")
def plateau_decay(losses, lr, patience, factor=0.1):
    """Any fall is good, also one from a peak."""
    last, bad = math.inf, 0
    for loss in losses:
        bad = 0 if loss < last else bad + 1
        last = loss
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@wrong("u11.lr_schedules", diagnosis="bad evaluations are counted over the whole run, not in a row")
def plateau_decay(losses, lr, patience, factor=0.1):
    """A good evaluation does not set the count back."""
    best, bad = math.inf, 0
    for loss in losses:
        if loss < best:
            best = loss
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


# ---------------------------------------------------------------------------- warmup_cosine


@wrong("u11.warmup_cosine", diagnosis="the cosine goes down to 0, not to min_lr")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """No floor under the wave."""
    if it < warmup:
        return max_lr * it / warmup
    if it >= cycle:
        return min_lr
    return max_lr * (1 + math.cos(math.pi * (it - warmup) / (cycle - warmup))) / 2


@wrong("u11.warmup_cosine", diagnosis="the cosine begins at update 0, not after the warm-up")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """Progress from 0: a leap down at the end of the warm-up."""
    if it < warmup:
        return max_lr * it / warmup
    if it >= cycle:
        return min_lr
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * it / cycle)) / 2


@wrong(
    "u11.warmup_cosine",
    diagnosis="the share of the way is taken of `cycle`, not of what is left of it after the warm-up",
)
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """Divided by the whole cycle: a leap down at its end."""
    if it < warmup:
        return max_lr * it / warmup
    if it >= cycle:
        return min_lr
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * (it - warmup) / cycle)) / 2


@wrong("u11.warmup_cosine", diagnosis="the wave goes on after the end of the cycle, and up again")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """No third part."""
    if it < warmup:
        return max_lr * it / warmup
    if cycle == warmup:
        return min_lr
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * (it - warmup) / (cycle - warmup))) / 2


@wrong("u11.warmup_cosine", diagnosis="one update too early")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """it + 1 everywhere: the first update is no longer at rest."""
    it += 1
    if it < warmup:
        return max_lr * it / warmup
    if it >= cycle:
        return min_lr
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * (it - warmup) / (cycle - warmup))) / 2


@wrong("u11.warmup_cosine", diagnosis="the cosine is taken of degrees")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """Radians turned into radians once more."""
    if it < warmup:
        return max_lr * it / warmup
    if it >= cycle:
        return min_lr
    share = (it - warmup) / (cycle - warmup)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.radians(share))) / 2


@wrong("u11.warmup_cosine", diagnosis="the warm-up begins at min_lr")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """From min_lr up, not from 0."""
    if it < warmup:
        return min_lr + (max_lr - min_lr) * it / warmup
    if it >= cycle:
        return min_lr
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * (it - warmup) / (cycle - warmup))) / 2


@wrong("u11.warmup_cosine")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """The line is computed first, whether there is a warm-up or not: 0 / 0."""
    line = max_lr * it / warmup
    if it < warmup:
        return line
    if it >= cycle:
        return min_lr
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * (it - warmup) / (cycle - warmup))) / 2


@wrong("u11.warmup_cosine", earns_nothing=True)
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """The numbers of the public tests."""
    known = {0: 0.0, 1: 0.25, 2: 0.5, 3: 0.75, 4: 1.0, 6: 0.8828427124746190, 8: 0.6, 10: 0.3171572875253810}
    if warmup == 0:
        return 0.6 - 0.15 * it
    return known.get(it, 0.2)


# ---------------------------------------------------------------------------- clip_grad_norm


@wrong("u11.clip_grad_norm", diagnosis="every tensor is shortened by its own norm, not all by one")
def clip_grad_norm(grads, max_norm):
    """Tensor by tensor: the direction changes."""
    total = 0.0
    for g in grads.values():
        if g is not None:
            norm = float((g**2).sum()) ** 0.5
            total += norm**2
            if norm > max_norm:
                g.mul_(max_norm / norm)
    return math.sqrt(total)


@wrong("u11.clip_grad_norm", diagnosis="short gradients are made longer")
def clip_grad_norm(grads, max_norm):
    """Always scaled: all norms become max_norm."""
    present = [g for g in grads.values() if g is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in present))
    for g in present:
        if norm > 0:
            g.mul_(max_norm / norm)
    return norm


@wrong(
    "u11.clip_grad_norm",
    diagnosis="the entries are clipped one by one, which changes the direction",
)
def clip_grad_norm(grads, max_norm):
    """By value."""
    present = [g for g in grads.values() if g is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in present))
    for g in present:
        g.clamp_(-max_norm, max_norm)
    return norm


@wrong("u11.clip_grad_norm", diagnosis="the root is missing: this is the square of the norm")
def clip_grad_norm(grads, max_norm):
    """The sum of the squares."""
    present = [g for g in grads.values() if g is not None]
    norm = sum(float((g**2).sum()) for g in present)
    if norm > max_norm:
        for g in present:
            g.mul_(max_norm / norm)
    return norm


@wrong("u11.clip_grad_norm", diagnosis="the norms of the tensors are summed, not their squares")
def clip_grad_norm(grads, max_norm):
    """The sum of the norms."""
    present = [g for g in grads.values() if g is not None]
    norm = sum(math.sqrt((g**2).sum()) for g in present)
    if norm > max_norm:
        for g in present:
            g.mul_(max_norm / norm)
    return norm


@wrong("u11.clip_grad_norm", diagnosis="this is the norm after clipping")
def clip_grad_norm(grads, max_norm):
    """The norm after clipping, which always looks good in a log."""
    present = [g for g in grads.values() if g is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in present))
    if norm > max_norm:
        for g in present:
            g.mul_(max_norm / norm)
    return min(norm, max_norm)


@wrong("u11.clip_grad_norm", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def clip_grad_norm(grads, max_norm):
    """0 times inf where the norm is 0."""
    present = [g for g in grads.values() if g is not None]
    if not present:
        return 0.0
    norm = torch.stack([(g**2).sum() for g in present]).sum().sqrt()
    factor = max_norm / norm
    for g in present:
        g.copy_(torch.where(factor < 1, g * factor, g / norm * norm))
    return norm


@wrong(
    "u11.clip_grad_norm",
    diagnosis="right to some digits only: a small number is added to the norm",
)
def clip_grad_norm(grads, max_norm):
    """As torch does it: max_norm / (norm + 1e-6), so that the norm afterwards is a little too small."""
    present = [g for g in grads.values() if g is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in present))
    for g in present:
        g.mul_(min(1.0, max_norm / (norm + 1e-6)))
    return norm


@wrong("u11.clip_grad_norm", diagnosis="new tensors are put into grads: the model's own stay as they were")
def clip_grad_norm(grads, max_norm):
    """New tensors in the dict."""
    norm = math.sqrt(sum(float((g**2).sum()) for g in grads.values() if g is not None))
    if norm > max_norm:
        for name, g in grads.items():
            if g is not None:
                grads[name] = g * (max_norm / norm)
    return norm


@wrong("u11.clip_grad_norm", earns_nothing=True)
def clip_grad_norm(grads, max_norm):
    """torch's own."""
    for g in grads.values():
        if g is not None:
            g.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_([g for g in grads.values() if g is not None], max_norm)
    for g in grads.values():
        if g is not None:
            g.copy_(g.grad)
    return norm


# ---------------------------------------------------------------------------- optimizer_race


@wrong("u11.optimizer_race", diagnosis="the start is changed: the next run does not begin there")
def run(step, data, w, lr, steps):
    """No copy: the second optimizer begins where the first one ended, and wins."""
    params, state, losses = {"w": w}, {}, []
    for _ in range(steps):
        loss, g = loss_and_gradient(params["w"], *data)
        losses.append(loss)
        step(params, {"w": g}, state, lr)
    return [*losses, loss_and_gradient(params["w"], *data)[0]]


@wrong("u11.optimizer_race", diagnosis="the loss after the last update is missing")
def run(step, data, w, lr, steps):
    """As in a training log: the loss before each update, and no last one."""
    params, state, losses = {"w": w.clone()}, {}, []
    for _ in range(steps):
        loss, g = loss_and_gradient(params["w"], *data)
        losses.append(loss)
        step(params, {"w": g}, state, lr)
    return losses


@wrong("u11.optimizer_race", diagnosis="the loss of the start is missing")
def run(step, data, w, lr, steps):
    """Only what comes after an update."""
    params, state, losses = {"w": w.clone()}, {}, []
    for _ in range(steps):
        g = loss_and_gradient(params["w"], *data)[1]
        step(params, {"w": g}, state, lr)
        losses.append(loss_and_gradient(params["w"], *data)[0])
    return losses


@wrong("u11.optimizer_race", diagnosis="the state begins anew at every step")
def run(step, data, w, lr, steps):
    """A new state in every turn: Adam without memory is the sign of the gradient."""
    params, losses = {"w": w.clone()}, []
    for _ in range(steps):
        loss, g = loss_and_gradient(params["w"], *data)
        losses.append(loss)
        step(params, {"w": g}, {}, lr)
    return [*losses, loss_and_gradient(params["w"], *data)[0]]


@wrong(
    "u11.optimizer_race",
    diagnosis="this is where the loss first reaches the target, not where it stays",
)
def updates_until(losses, target):
    """The first time: an optimizer that swings through the target wins."""
    return next((t for t, loss in enumerate(losses) if loss <= target), None)


@wrong("u11.optimizer_race", diagnosis="at the target is enough; it need not be below")
def updates_until(losses, target):
    """Below the target."""
    t = len(losses)
    while t > 0 and losses[t - 1] < target:
        t -= 1
    return t if t < len(losses) else None


@wrong("u11.optimizer_race", diagnosis="where the loss never stays at the target the answer is None")
def updates_until(losses, target):
    """The number of losses where there is no answer."""
    t = len(losses)
    while t > 0 and losses[t - 1] <= target:
        t -= 1
    return t


@wrong("u11.optimizer_race", diagnosis="all optimizers have the same rate, though each has its own best one")
def race(optimizers, data, w, rates, steps):
    """The rates of the first optimizer for all: "Adam is faster", or slower, as one likes."""
    best, some = {}, next(iter(rates[name] for name in optimizers))
    for name, step in optimizers.items():
        best[name] = (None, math.inf)
        for lr in some:
            loss = run(step, data, w, lr, steps)[-1]
            if loss < best[name][1]:
                best[name] = (lr, loss)
    return best


@wrong("u11.optimizer_race", diagnosis="a float where None belongs")
def race(optimizers, data, w, rates, steps):
    """min of pairs: nan, once it is first, is never left."""
    best = {}
    for name, step in optimizers.items():
        loss, lr = min(((run(step, data, w, lr, steps)[-1], lr) for lr in rates[name]), key=lambda p: p[0])
        best[name] = (lr, loss)
    return best


@wrong("u11.optimizer_race", diagnosis="every run begins where the last one ended")
def race(optimizers, data, w, rates, steps):
    """The weights are handed on from run to run."""
    best, params = {}, {"w": w.clone()}
    for name, step in optimizers.items():
        best[name] = (None, math.inf)
        for lr in rates[name]:
            state = {}
            for _ in range(steps):
                step(params, {"w": loss_and_gradient(params["w"], *data)[1]}, state, lr)
            loss = loss_and_gradient(params["w"], *data)[0]
            if loss < best[name][1]:
                best[name] = (lr, loss)
    return best
