"""Right answers of unit 11 in other styles. Each must earn everything, in process and in the jail."""

import math

import torch

from grader.verify.bank import right

# ---------------------------------------------------------------------------- momentum


@right("u11.momentum")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
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
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """Entry by entry, in plain numbers."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError("nesterov with dampening, or without momentum")
    for name, g in grads.items():
        if g is None:
            continue
        new = g.reshape(-1).tolist()
        old = state.get(name)
        u = new
        if old is not None:
            u = [momentum * a + (1 - dampening) * b for a, b in zip(old, new, strict=True)]
        state[name] = u
        move = [b + momentum * a for a, b in zip(u, new, strict=True)] if nesterov else u
        step = torch.tensor(move, dtype=g.dtype, device=g.device).reshape(g.shape)
        params[name].copy_(params[name] - lr * step)


@right("u11.momentum")
def sgd_momentum_step(params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
    """The first step as a weight of its own; params[name] -= ... changes the tensor in place too."""
    if nesterov and not (dampening == 0 and momentum != 0):
        raise ValueError
    for name in grads:
        if grads[name] is not None:
            g = grads[name]
            weight = 1.0 if name not in state else 1.0 - dampening
            state[name] = momentum * state.get(name, torch.zeros_like(g)) + weight * g
            params[name] -= lr * state[name] if not nesterov else lr * g + lr * momentum * state[name]


# ---------------------------------------------------------------------------- adam


@right("u11.adam")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """As torch does it: in place, with the corrections moved into the rate and the root."""
    b1, b2 = betas
    for name, p in params.items():
        g = grads[name]
        if g is None:
            continue
        if name not in state:
            state[name] = {"step": 0, "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
        s = state[name]
        s["step"] += 1
        m, v = s["exp_avg"], s["exp_avg_sq"]
        m.lerp_(g, 1 - b1)
        v.mul_(b2).addcmul_(g, g, value=1 - b2)
        below = (v.sqrt() / math.sqrt(1 - b2 ** s["step"])).add_(eps)
        p.addcdiv_(m, below, value=-lr / (1 - b1 ** s["step"]))


@right("u11.adam")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """Averages that are divided by their weights' sums, which are summed up beside them."""
    b1, b2 = betas
    for name in ("m", "v", "m weight", "v weight"):
        state.setdefault(name, {})
    for name, g in grads.items():
        if g is None:
            continue
        state["m"][name] = b1 * state["m"].get(name, 0 * g) + (1 - b1) * g
        state["v"][name] = b2 * state["v"].get(name, 0 * g) + (1 - b2) * g * g
        state["m weight"][name] = b1 * state["m weight"].get(name, 0.0) + 1 - b1
        state["v weight"][name] = b2 * state["v weight"].get(name, 0.0) + 1 - b2
        m = state["m"][name] / state["m weight"][name]
        v = state["v"][name] / state["v weight"][name]
        params[name] -= lr * m / (eps + torch.sqrt(v))


@right("u11.adam")
def adam_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8):
    """All gradients of a tensor are kept, and both averages computed from them anew."""
    for name, g in grads.items():
        if g is not None:
            past = state.setdefault(name, [])
            past.append(g.clone())
            t = len(past)
            parts = []
            for beta, power in zip(betas, (1, 2), strict=True):
                weights = [(1 - beta) * beta ** (t - 1 - k) for k in range(t)]
                parts.append(
                    sum(w * old**power for w, old in zip(weights, past, strict=True)) / (1 - beta**t)
                )
            params[name].copy_(params[name] - lr * parts[0] / (parts[1].sqrt() + eps))


@right("u11.adam")
def adam_direction(g, memory, betas=(0.9, 0.999), eps=1e-8):
    """A dict for a memory, changed in place, with powers that are multiplied up."""
    if memory is None:
        memory = {"m": torch.zeros_like(g), "v": torch.zeros_like(g), "powers": [1.0, 1.0]}
    memory["powers"] = [power * beta for power, beta in zip(memory["powers"], betas, strict=True)]
    memory["m"].mul_(betas[0]).add_(g * (1 - betas[0]))
    memory["v"].mul_(betas[1]).add_(g * g * (1 - betas[1]))
    first, second = memory["powers"]
    root = torch.sqrt(memory["v"] / (1 - second))
    return memory["m"] / (1 - first) / (root + eps), memory


# ---------------------------------------------------------------------------- adamw


@right("u11.adamw")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """The old weights are kept, Adam steps, and then the decay of the old ones is taken away."""
    old = {name: p.clone() for name, p in params.items()}
    adam_step(params, grads, state, lr, betas=betas, eps=eps)
    for name, p in params.items():
        if grads[name] is not None:
            p.sub_(lr * (weight_decay[name] if type(weight_decay) is dict else weight_decay) * old[name])


@right("u11.adamw")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """A dict for all, and one call of Adam for each tensor."""
    if not isinstance(weight_decay, dict):
        weight_decay = {name: weight_decay for name in params}
    for name, g in grads.items():
        if g is None:
            continue
        params[name] -= params[name] * (lr * weight_decay[name])
        adam_step({name: params[name]}, {name: g}, state, lr, betas=betas, eps=eps)


@right("u11.adamw")
def adamw_step(params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """Written out, without adam_step."""
    for name, g in grads.items():
        if g is not None:
            decay = weight_decay.get(name) if isinstance(weight_decay, dict) else weight_decay
            t, m, v = state.get(name, (0, torch.zeros_like(g), torch.zeros_like(g)))
            t += 1
            m = m + (1 - betas[0]) * (g - m)
            v = v + (1 - betas[1]) * (g.square() - v)
            state[name] = (t, m, v)
            step = (m / (1 - math.pow(betas[0], t))) / ((v / (1 - math.pow(betas[1], t))).sqrt() + eps)
            params[name].sub_(lr * (step + decay * params[name]))


# ---------------------------------------------------------------------------- param_groups


@right("u11.param_groups")
def decay_groups(params, weight_decay=0.1):
    """The identities of the tensors, and a dict in one go."""
    first = {}
    for name, p in params.items():
        first.setdefault(id(p), name)
    return {name: weight_decay if params[name].dim() > 1 else 0.0 for name in first.values()}


@right("u11.param_groups")
def decay_groups(params, weight_decay=0.1):
    """Looks back along the names for each tensor."""
    names = list(params)
    groups = {}
    for at, name in enumerate(names):
        if all(params[other] is not params[name] for other in names[:at]):
            groups[name] = 0.0 if len(params[name].shape) < 2 else weight_decay
    return groups


@right("u11.param_groups")
def decay_groups(params, weight_decay=0.1):
    """Backwards, so that the first name wins; then in order again."""
    owner = {}
    for name in reversed(list(params)):
        owner[id(params[name])] = name
    return {name: weight_decay * float(p.ndim >= 2) for name, p in params.items() if owner[id(p)] == name}


# ---------------------------------------------------------------------------- lr_schedules


@right("u11.lr_schedules")
def step_decay(step, lr, every, factor=0.1):
    """Counted off."""
    while step >= every:
        lr, step = lr * factor, step - every
    return lr


@right("u11.lr_schedules")
def linear_decay(step, lr, steps):
    """What is left of the steps."""
    left = steps - step
    return lr * left / steps if left > 0 else 0.0


@right("u11.lr_schedules")
def plateau_decay(losses, lr, patience, factor=0.1):
    """Drops counted, by the place of the last good one."""
    last, drops = -1, 0
    for at, loss in enumerate(losses):
        best = min((old for old in losses[:at] if old == old), default=math.inf)
        if loss < best:
            last = at
        elif at - last > patience:
            last, drops = at, drops + 1
    return lr * factor**drops


@right("u11.lr_schedules")
def plateau_decay(losses, lr, patience, factor=0.1):
    """Patience runs out."""
    best, left = float("inf"), patience
    for loss in losses:
        if loss < best:
            best, left = loss, patience
            continue
        if left == 0:
            lr *= factor
            left = patience
        else:
            left -= 1
    return lr


# ---------------------------------------------------------------------------- warmup_cosine


@right("u11.warmup_cosine")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """By a clamped share, and the square of a cosine."""
    if it < warmup:
        return it / warmup * max_lr
    share = 1.0 if it >= cycle else (it - warmup) / (cycle - warmup)
    weight = math.cos(math.pi / 2 * share) ** 2 if share < 1 else 0.0
    return weight * max_lr + (1 - weight) * min_lr


@right("u11.warmup_cosine")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """Around the middle of the two rates."""
    if it >= warmup:
        if it >= cycle:
            return min_lr
        middle, swing = (max_lr + min_lr) / 2, (max_lr - min_lr) / 2
        return middle + swing * math.cos((it - warmup) * math.pi / (cycle - warmup))
    return it * (max_lr / warmup)


@right("u11.warmup_cosine")
def warmup_cosine(it, max_lr, min_lr, warmup, cycle):
    """With a tensor for the cosine."""
    if it < warmup:
        return max_lr * (it / warmup)
    if it > cycle or cycle == warmup:
        return min_lr
    angle = torch.tensor(math.pi * (it - warmup) / (cycle - warmup), dtype=torch.float64)
    return float(min_lr + 0.5 * (1 + torch.cos(angle)) * (max_lr - min_lr))


# ---------------------------------------------------------------------------- clip_grad_norm


@right("u11.clip_grad_norm")
def clip_grad_norm(grads, max_norm):
    """The norm of the norms, a tensor all the time, and a factor of at most 1 for all."""
    present = [g for g in grads.values() if g is not None]
    if not present:
        return 0.0
    norm = torch.stack([(g * g).sum().sqrt() for g in present]).square().sum().sqrt()
    factor = (max_norm / norm).clamp(max=1.0) if norm > 0 else 1.0
    for g in present:
        g.mul_(factor)
    return norm


@right("u11.clip_grad_norm")
def clip_grad_norm(grads, max_norm):
    """One long vector, whose pieces are copied back."""
    names = [name for name in grads if grads[name] is not None]
    if not names:
        return 0.0
    vector = torch.cat([grads[name].reshape(-1) for name in names])
    norm = math.sqrt(torch.dot(vector, vector))
    if norm <= max_norm:
        return norm
    vector = vector / norm * max_norm
    for name in names:
        piece, vector = vector[: grads[name].numel()], vector[grads[name].numel() :]
        grads[name].copy_(piece.reshape(grads[name].shape))
    return norm


@right("u11.clip_grad_norm")
def clip_grad_norm(grads, max_norm):
    """Plain numbers, and division in place."""
    squares = 0.0
    for g in grads.values():
        if g is not None:
            squares += math.fsum(x * x for x in g.reshape(-1).tolist())
    norm = squares**0.5
    for g in grads.values():
        if g is not None and norm > max_norm:
            g.div_(norm / max_norm)
    return norm


# ---------------------------------------------------------------------------- optimizer_race


@right("u11.optimizer_race")
def run(step, data, w, lr, steps):
    """The start first, then a loss after each update; errors and gradients in its own arithmetic."""
    X, y = data
    model, memory, losses = {"w": torch.clone(w)}, {}, []
    for t in range(steps + 1):
        e = y - (X * model["w"]).sum(-1)
        losses.append(e.square().sum().item() / len(e))
        if t < steps:
            step(model, {"w": (-2 / len(e)) * (e @ X)}, memory, lr)
    return losses


@right("u11.optimizer_race")
def updates_until(losses, target):
    """Forwards: a loss above the target sets everything back."""
    since = None
    for t, loss in enumerate(losses):
        if not loss <= target:
            since = None
        elif since is None:
            since = t
    return since


@right("u11.optimizer_race")
def updates_until(losses, target):
    """All places, each with the whole rest of the run."""
    low = [t for t in range(len(losses)) if all(loss <= target for loss in losses[t:])]
    return min(low) if low else None


@right("u11.optimizer_race")
def race(optimizers, data, w, rates, steps):
    """A list of pairs that ended well, and its minimum."""
    results = {}
    for name in optimizers:
        ends = [(run(optimizers[name], data, w.clone(), lr, steps)[-1], lr) for lr in rates[name]]
        ends = [(loss, lr) for loss, lr in ends if math.isfinite(loss)]
        loss, lr = min(ends, key=lambda pair: pair[0], default=(math.inf, None))
        results[name] = (lr, loss)
    return results
