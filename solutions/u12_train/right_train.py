"""Right answers of unit 12 in other styles. Each must earn everything, in process and in the jail."""
# ruff: noqa: F821 - what an answer does not replace stands in the file that it goes into

import math

import torch

from grader.verify.bank import right

# ---------------------------------------------------------------------------- training_step


@right("u12.training_step")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Decay by hand, in one dict; the step is one statement at a time."""
    loss, cache = gpt_loss(batch[0], batch[1], batch[2], params, config)
    dlogits = loss_backward(cache)
    grads = flatten(model_backward(dlogits, cache[-1]))
    tensors = flatten(params)
    norm = clip_grad_norm(grads, max_norm)
    decay = {}
    for name in tensors:
        decay[name] = weight_decay if tensors[name].ndim > 1 else 0.0
    adamw_step(tensors, grads, state, lr, weight_decay=decay)
    return loss.item(), float(norm)


@right("u12.training_step")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Two calls of AdamW: one for what decays, one for the rest, with states of their own."""
    loss, grads = loss_and_grads(params, batch, config)
    norm = clip_grad_norm(grads, max_norm)
    for number, decays in ((weight_decay, True), (0.0, False)):
        own = {name: p for name, p in flatten(params).items() if (p.ndim >= 2) is decays}
        mine = state.setdefault(decays, {})
        adamw_step(own, {name: grads[name] for name in own}, mine, lr, weight_decay=number)
    return loss, float(norm)


@right("u12.training_step")
def loss_and_grads(params, batch, config):
    """Names by hand."""
    loss, cache = gpt_loss(*batch, params, config)
    nested = model_backward(loss_backward(cache), cache[3])
    grads, waiting = {}, [("", nested)]
    while waiting:
        name, part = waiting.pop()
        if part is None:
            continue
        if not isinstance(part, dict | list):
            grads[name[1:]] = part
            continue
        keys = part if isinstance(part, dict) else range(len(part))
        waiting += [(name + "." + str(key), part[key]) for key in keys]
    return loss.tolist(), grads


# ---------------------------------------------------------------------------- train_loop


@right("u12.train_loop")
def train_loop(params, batches, state, config, *, schedule, steps, eval_batch=None, eval_every=10, **options):
    """Options as they come; a list of all rows at once."""

    def row(i):
        lr = schedule(i)
        measured = {}
        if eval_batch is not None and not i % eval_every:
            measured["eval"] = gpt_loss(*eval_batch, params, config)[0].item()
        loss, norm = training_step(params, batches[i % len(batches)], state, lr, config, **options)
        return {"step": i, "lr": lr, "loss": loss, "norm": norm} | measured

    return [row(i) for i in steps]


@right("u12.train_loop")
def train_loop(
    params,
    batches,
    state,
    config,
    *,
    schedule,
    steps,
    weight_decay=0.01,
    max_norm=1.0,
    eval_batch=None,
    eval_every=10,
):
    """A loop with an index; measures by loss_and_grads, whose gradients nobody uses."""
    history = []
    at = 0
    while at < len(steps):
        i = steps[at]
        row = {}
        if eval_batch is not None and i // eval_every * eval_every == i:
            row["eval"] = loss_and_grads(params, eval_batch, config)[0]
        lr = schedule(i)
        loss, norm = training_step(
            params,
            batches[i - len(batches) * (i // len(batches))],
            state,
            lr,
            config,
            weight_decay=weight_decay,
            max_norm=max_norm,
        )
        row.update({"norm": norm, "loss": loss, "lr": lr, "step": i})
        history.append(row)
        at += 1
    return history


@right("u12.train_loop")
def train_loop(
    params,
    batches,
    state,
    config,
    *,
    schedule,
    steps,
    weight_decay=0.01,
    max_norm=1.0,
    eval_batch=None,
    eval_every=10,
):
    """Columns first, rows at the end."""
    losses, norms, rates, evals = {}, {}, {}, {}
    for i in steps:
        rates[i] = schedule(i)
        if i % eval_every == 0 and eval_batch is not None:
            inputs, targets, mask = eval_batch
            evals[i] = float(gpt_loss(inputs, targets, mask, params, config)[0])
        own = {"weight_decay": weight_decay, "max_norm": max_norm}
        batch = batches[i % len(batches)]
        losses[i], norms[i] = training_step(params, batch, state, rates[i], config, **own)
    rows = [{"step": i, "lr": rates[i], "loss": losses[i], "norm": norms[i]} for i in steps]
    for row in rows:
        if row["step"] in evals:
            row["eval"] = evals[row["step"]]
    return rows


# ---------------------------------------------------------------------------- sample


@right("u12.sample")
def sample(logits, u, temperature=1.0, top_k=None):
    """Row by row, token by token, in plain numbers."""
    if temperature < 0:
        raise ValueError("temperature below 0")
    V = logits.shape[-1]
    tokens = []
    for row, point in zip(logits.reshape(-1, V).tolist(), u.reshape(-1).tolist(), strict=True):
        best = sorted(range(V), key=lambda t: -row[t])
        if temperature == 0:
            tokens.append(best[0])
            continue
        kept = [t for t in sorted(best[:top_k]) if row[t] > -math.inf]
        top = max(row[t] for t in kept)
        weights = [math.exp((row[t] - top) / temperature) for t in kept]
        total, reached = math.fsum(weights), 0.0
        chosen = None
        for t, weight in zip(kept, weights, strict=True):
            reached += weight / total
            if weight > 0:
                chosen = t
            if reached > point:
                break
        tokens.append(chosen)
    return torch.tensor(tokens, device=logits.device).reshape(u.shape)


@right("u12.sample")
def sample(logits, u, temperature=1.0, top_k=None):
    """searchsorted in unnormalized sums: u times the whole length."""
    if temperature < 0:
        raise ValueError("temperature below 0")
    best = logits.max(-1, keepdim=True).values
    if temperature == 0:
        return (logits == best).to(torch.int64).argmax(-1)
    weights = torch.exp((logits - best) / temperature)
    if top_k is not None:
        rank = logits.argsort(dim=-1, descending=True, stable=True).argsort(-1)
        weights = torch.where(rank < top_k, weights, 0.0)
    reached = weights.cumsum(-1)
    at = u[..., None] * reached[..., -1:]
    found = torch.searchsorted(reached, at, right=True)
    return found.clamp(max=(weights > 0).cumsum(-1).argmax(-1, keepdim=True)).squeeze(-1)


@right("u12.sample")
def sample(logits, u, temperature=1.0, top_k=None):
    """The largest token that begins at u or before, and is possible."""
    if temperature < 0:
        raise ValueError("temperature below 0")
    if temperature == 0:
        return logits.argmax(dim=-1)
    V = logits.shape[-1]
    if top_k is not None and top_k < V:
        order = logits.argsort(dim=-1, descending=True, stable=True)[..., :top_k]
        kept = torch.full_like(logits, -math.inf)
        logits = kept.scatter(-1, order, logits.gather(-1, order))
    p = torch.softmax(logits / temperature, dim=-1)
    begins = torch.cat([torch.zeros_like(p[..., :1]), p.cumsum(-1)[..., :-1]], -1)
    fits = (begins <= u.unsqueeze(-1)) & (p > 0)
    return torch.where(fits, torch.arange(V, device=p.device), -1).max(-1).values


# ---------------------------------------------------------------------------- generate


@right("u12.generate")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """All on one tensor that grows."""
    M, device = params["pos"].shape[0], params["pos"].device
    tokens = torch.tensor([prompt], device=device)
    for u in draws:
        logits = gpt(tokens[:, -M:], params, config)[0][:, -1]
        at = torch.full((1,), u, dtype=logits.dtype, device=device)
        token = sample(logits, at, temperature, top_k)
        tokens = torch.cat([tokens, token[:, None]], 1)
        if stop is not None and token.item() == stop:
            break
    return tokens[0].tolist()


@right("u12.generate")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """Calls itself for the rest."""
    if len(draws) == 0:
        return prompt[:]
    seen = prompt[max(0, len(prompt) - len(params["pos"])) :]
    logits, _ = gpt(torch.as_tensor([seen], device=params["tok"].device), params, config)
    u = torch.tensor(draws[0], dtype=logits.dtype, device=logits.device)
    token = sample(logits[0, -1], u, temperature, top_k).item()
    if token == stop:
        return [*prompt, token]
    return generate(
        [*prompt, token], params, config, draws[1:], temperature=temperature, top_k=top_k, stop=stop
    )


@right("u12.generate")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """A window beside the result."""
    M = len(params["pos"])
    window, said = prompt[-M:], []
    for u in draws:
        logits = gpt(torch.tensor(window, device=params["pos"].device)[None], params, config)[0].squeeze(0)
        said.append(int(sample(logits[len(window) - 1], logits.new_tensor(u), temperature, top_k)))
        window = (window + said[-1:])[-M:]
        if said[-1] == stop:
            return prompt + said
    return prompt + said


# ---------------------------------------------------------------------------- overfit


@right("u12.overfit")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """A while loop that looks back at the last loss."""
    inputs, targets, mask = make_batch(sentences)
    device, losses, state = params["tok"].device, [], {}
    batch = inputs.to(device), targets.to(device), mask.to(device)
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError("not learned")
        loss, _ = training_step(params, batch, state, lr, config)
        losses.append(loss)
    said = []
    for sentence in sentences:
        draws = [0.0 for _ in sentence[1:]]
        said.append(generate([sentence[0]], params, config, draws, temperature=0))
    return losses, said


@right("u12.overfit")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """By train_loop, one update at a time."""
    batch = tuple(part.to(params["tok"].device) for part in make_batch(sentences))
    state, losses = {}, []
    while True:
        run = range(len(losses), len(losses) + 1)
        (row,) = train_loop(params, [batch], state, config, schedule=lambda i: lr, steps=run)
        losses.append(row["loss"])
        if row["loss"] < target:
            break
        if len(losses) >= at_most:
            raise ValueError
    return losses, [generate(s[:1], params, config, [0.5] * (len(s) - 1), temperature=0.0) for s in sentences]


@right("u12.overfit")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """Says the largest logit after the largest logit, without sample."""
    device = params["tok"].device
    batch = [part.to(device) for part in make_batch(sentences, pad=1)]
    state, losses = {}, []
    while len(losses) < at_most:
        losses.append(training_step(params, batch, state, lr, config)[0])
        if losses[-1] < target:
            said = [s[:1] for s in sentences]
            for s, words in zip(sentences, said, strict=True):
                while len(words) < len(s):
                    logits, _ = gpt(torch.tensor([words], device=device), params, config)
                    words.append(int(logits[0, -1].argmax()))
            return losses, said
    raise ValueError


# ---------------------------------------------------------------------------- broken_loop_hunt


@right("u12.broken_loop_hunt")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The loop as it was, line by line mended."""
    history, lowest, best, state = [], math.inf, None, {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        loss, total = 0.0, 0
        for part in groups[i % len(groups)]:
            part_loss, part_grads, count = evaluate(params, part)
            loss, total = loss + part_loss * count, total + count
            for name, g in part_grads.items():
                grads[name] += g * count
        loss /= total
        for g in grads.values():
            g.div_(total)
        history.append(loss)
        if loss < lowest:
            lowest, best = loss, {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@right("u12.broken_loop_hunt")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """Keeps copies from before every update, and looks for the best at the end."""
    state, losses, before = {}, [], []
    for i in range(steps):
        parts = groups[i % len(groups)]
        answers = [evaluate(params, part) for part in parts]
        N = sum(answer[2] for answer in answers)
        losses.append(sum(answer[0] * answer[2] / N for answer in answers))
        before.append({name: p + 0 for name, p in params.items()})
        grads = {}
        for name in params:
            grads[name] = torch.stack([answer[1][name] * (answer[2] / N) for answer in answers]).sum(0)
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return losses, before[losses.index(min(losses))]


@right("u12.broken_loop_hunt")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The gradients live in the same tensors all the time, and are set to zero."""
    state, history, best = {}, [], {}
    grads = {name: torch.zeros_like(p) for name, p in params.items()}
    for i in range(steps):
        for g in grads.values():
            g.zero_()
        results = []
        for part in groups[i % len(groups)]:
            results.append(evaluate(params, part))
        counts = torch.tensor([float(count) for _, _, count in results], dtype=torch.float64)
        shares = (counts / counts.sum()).tolist()
        loss = sum(share * result[0] for share, result in zip(shares, results, strict=True))
        for share, (_, part_grads, _) in zip(shares, results, strict=True):
            for name, g in grads.items():
                g.add_(part_grads[name], alpha=share)
        if not history or loss < min(history):
            for name, p in params.items():
                best[name] = torch.clone(p)
        history += [loss]
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best
