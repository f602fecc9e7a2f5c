"""Wrong answers of unit 12. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import torch

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- training_step


@wrong("u12.training_step", diagnosis="the step is made with gradients that are not clipped")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Clips after the step."""
    loss, grads = loss_and_grads(params, batch, config)
    tensors = flatten(params)
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss, float(clip_grad_norm(grads, max_norm))


@wrong("u12.training_step", diagnosis="all parameters decay, also gains and biases")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """One weight decay for everything."""
    loss, grads = loss_and_grads(params, batch, config)
    norm = clip_grad_norm(grads, max_norm)
    adamw_step(flatten(params), grads, state, lr, weight_decay=weight_decay)
    return loss, float(norm)


@wrong("u12.training_step", diagnosis="the optimizer begins anew at each update: its state does not last")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """A state of its own for each step: t is always 1."""
    loss, grads = loss_and_grads(params, batch, config)
    norm = clip_grad_norm(grads, max_norm)
    tensors = flatten(params)
    state = {}
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss, float(norm)


@wrong("u12.training_step", diagnosis="every gradient is clipped by itself: together they point elsewhere")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Clips tensor by tensor."""
    loss, grads = loss_and_grads(params, batch, config)
    squares = [clip_grad_norm({name: g}, max_norm) ** 2 for name, g in grads.items()]
    tensors = flatten(params)
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss, float(sum(squares)) ** 0.5


@wrong("u12.training_step", diagnosis="the loss is measured after the update")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Asks for the loss once more at the end."""
    _, grads = loss_and_grads(params, batch, config)
    norm = clip_grad_norm(grads, max_norm)
    tensors = flatten(params)
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss_and_grads(params, batch, config)[0], float(norm)


@wrong("u12.training_step", diagnosis="the norm is that after clipping")
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Measures the norm of what is left."""
    loss, grads = loss_and_grads(params, batch, config)
    clip_grad_norm(grads, max_norm)
    norm = sum(float(g.square().sum()) for g in grads.values()) ** 0.5
    tensors = flatten(params)
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss, norm


@wrong(
    "u12.training_step",
    diagnosis="params holds other tensors than before: a model that has the old ones learns nothing",
)
def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """Puts new tensors into the two tables, where the old ones should change."""
    loss, grads = loss_and_grads(params, batch, config)
    norm = clip_grad_norm(grads, max_norm)
    params["tok"], params["pos"] = params["tok"].clone(), params["pos"].clone()
    tensors = flatten(params)
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss, float(norm)


@wrong(
    "u12.training_step",
    diagnosis="the model learns to say what it has just read: its inputs are taken for the targets",
)
def loss_and_grads(params, batch, config):
    """inputs twice, no targets."""
    inputs, _, mask = batch
    loss, cache = gpt_loss(inputs, inputs, mask, params, config)
    return float(loss), flatten(model_backward(loss_backward(cache), cache[3]))


@wrong("u12.training_step", diagnosis="padding counts: the mask is not used")
def loss_and_grads(params, batch, config):
    """A mask of ones."""
    inputs, targets, mask = batch
    loss, cache = gpt_loss(inputs, targets, torch.ones_like(mask), params, config)
    return float(loss), flatten(model_backward(loss_backward(cache), cache[3]))


@wrong("u12.training_step")
def loss_and_grads(params, batch, config):
    """Gradients as model_backward gives them."""
    loss, cache = gpt_loss(*batch, params, config)
    return float(loss), model_backward(loss_backward(cache), cache[3])


@wrong("u12.training_step", earns_nothing=True)
def loss_and_grads(params, batch, config):
    """The gradients by autograd."""
    tensors = flatten(params)
    for p in tensors.values():
        p.requires_grad_(True)
    loss, _ = gpt_loss(*batch, params, config)
    grads = torch.autograd.grad(loss, list(tensors.values()))
    return float(loss), dict(zip(tensors, grads, strict=True))


# ---------------------------------------------------------------------------- train_loop


@wrong("u12.train_loop", diagnosis="the rate is that of the next update: schedule(i + 1)")
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
    """Rates are counted from 1."""
    history = []
    for i in steps:
        row = {"step": i, "lr": schedule(i + 1)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        batch, options = batches[i % len(batches)], {"weight_decay": weight_decay, "max_norm": max_norm}
        row["loss"], row["norm"] = training_step(params, batch, state, row["lr"], config, **options)
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="the optimizer begins anew at each update: its state does not last")
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
    """A new state for each update."""
    history = []
    for i in steps:
        row = {"step": i, "lr": schedule(i)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        batch, options = batches[i % len(batches)], {"weight_decay": weight_decay, "max_norm": max_norm}
        row["loss"], row["norm"] = training_step(params, batch, {}, row["lr"], config, **options)
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="a run that goes on has forgotten the state it was handed")
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
    """A new state for each run."""
    history, state = [], {}
    for i in steps:
        row = {"step": i, "lr": schedule(i)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        batch, options = batches[i % len(batches)], {"weight_decay": weight_decay, "max_norm": max_norm}
        row["loss"], row["norm"] = training_step(params, batch, state, row["lr"], config, **options)
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="a run that goes on counts its updates from 0 again")
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
    """for i in range(len(steps))."""
    history = []
    for i in range(len(steps)):
        row = {"step": i, "lr": schedule(i)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        batch, options = batches[i % len(batches)], {"weight_decay": weight_decay, "max_norm": max_norm}
        row["loss"], row["norm"] = training_step(params, batch, state, row["lr"], config, **options)
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="every update is made from the first batch")
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
    """next(iter(batches)), again and again."""
    history = []
    for i in steps:
        batch = next(iter(batches))
        row = {"step": i, "lr": schedule(i)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        options = {"weight_decay": weight_decay, "max_norm": max_norm}
        row["loss"], row["norm"] = training_step(params, batch, state, row["lr"], config, **options)
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="the eval_batch is learned from")
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
    """Measures with a training step."""
    history = []
    for i in steps:
        lr, options = schedule(i), {"weight_decay": weight_decay, "max_norm": max_norm}
        row = {"step": i, "lr": lr}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"], _ = training_step(params, eval_batch, state, lr, config, **options)
        batch = batches[i % len(batches)]
        row["loss"], row["norm"] = training_step(params, batch, state, lr, config, **options)
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="the eval_batch is measured after the update")
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
    """Measures at the end of the turn."""
    history = []
    for i in steps:
        row = {"step": i, "lr": schedule(i)}
        batch, options = batches[i % len(batches)], {"weight_decay": weight_decay, "max_norm": max_norm}
        row["loss"], row["norm"] = training_step(params, batch, state, row["lr"], config, **options)
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        history.append(row)
    return history


@wrong("u12.train_loop", diagnosis="weight_decay and max_norm are not handed on to training_step")
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
    """The options end here."""
    history = []
    for i in steps:
        row = {"step": i, "lr": schedule(i)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        batch = batches[i % len(batches)]
        row["loss"], row["norm"] = training_step(params, batch, state, row["lr"], config)
        history.append(row)
    return history


# ---------------------------------------------------------------------------- sample


@wrong(
    "u12.sample",
    diagnosis="the logits are multiplied by the temperature, or the probabilities raised to it: "
    "a high one sharpens",
)
def sample(logits, u, temperature=1.0, top_k=None):
    """logits * T."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    if top_k is not None:
        order = logits.argsort(dim=-1, descending=True, stable=True)
        logits = logits.scatter(-1, order[..., top_k:], -math.inf)
    reached = torch.softmax(logits * temperature, -1).cumsum(-1)
    return (reached / reached[..., -1:] <= u[..., None]).sum(-1)


@wrong("u12.sample", diagnosis="the temperature has no effect")
def sample(logits, u, temperature=1.0, top_k=None):
    """p / T, normalized again: T cancels."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    if top_k is not None:
        order = logits.argsort(dim=-1, descending=True, stable=True)
        logits = logits.scatter(-1, order[..., top_k:], -math.inf)
    p = torch.softmax(logits, -1) / temperature
    reached = (p / p.sum(-1, keepdim=True)).cumsum(-1)
    return (reached / reached[..., -1:] <= u[..., None]).sum(-1)


@wrong("u12.sample", diagnosis="the probabilities are divided by the temperature, and no longer sum to 1")
def sample(logits, u, temperature=1.0, top_k=None):
    """p / T, as it is."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    if top_k is not None:
        order = logits.argsort(dim=-1, descending=True, stable=True)
        logits = logits.scatter(-1, order[..., top_k:], -math.inf)
    reached = (torch.softmax(logits, -1) / temperature).cumsum(-1)
    return (reached <= u[..., None]).sum(-1).clamp(max=logits.shape[-1] - 1)


@wrong(
    "u12.sample",
    diagnosis="what top_k leaves has lost a part of the probability, and the rest does not sum to 1",
)
def sample(logits, u, temperature=1.0, top_k=None):
    """top_k on probabilities, which are not normalized again."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    p = torch.softmax(logits / temperature, -1)
    if top_k is not None:
        order = logits.argsort(dim=-1, descending=True, stable=True)
        p = p.scatter(-1, order[..., top_k:], 0.0)
    return (p.cumsum(-1) <= u[..., None]).sum(-1).clamp(max=logits.shape[-1] - 1)


@wrong("u12.sample", diagnosis="equal logits at the edge of top_k all stay: there are more than top_k")
def sample(logits, u, temperature=1.0, top_k=None):
    """Equal logits at the edge of top_k all stay."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    if top_k is not None:
        edge = logits.topk(min(top_k, logits.shape[-1])).values[..., -1:]
        logits = logits.masked_fill(logits < edge, -math.inf)
    reached = torch.softmax(logits / temperature, -1).cumsum(-1)
    return (reached / reached[..., -1:] <= u[..., None]).sum(-1)


@wrong("u12.sample", diagnosis="it is always the token of the largest logit: u is not used")
def sample(logits, u, temperature=1.0, top_k=None):
    """Greedy at any temperature."""
    if temperature < 0:
        raise ValueError
    return logits.argmax(-1)


@wrong("u12.sample", diagnosis="the tokens lie on the line by their probability, not by their number")
def sample(logits, u, temperature=1.0, top_k=None):
    """Sorts, as nucleus sampling does."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    order = logits.argsort(dim=-1, descending=True, stable=True)
    kept = logits.gather(-1, order)[..., :top_k]
    reached = torch.softmax(kept / temperature, -1).cumsum(-1)
    place = (reached / reached[..., -1:] <= u[..., None]).sum(-1)
    return order.gather(-1, place[..., None]).squeeze(-1)


@wrong("u12.sample", earns_nothing=True)
def sample(logits, u, temperature=1.0, top_k=None):
    """torch's own draw, which does not ask for u."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    p = torch.softmax(logits / temperature, -1)
    return torch.multinomial(p.flatten(0, -2), 1).reshape(p.shape[:-1])


@wrong("u12.sample", diagnosis="a token was drawn that has the probability 0")
def sample(logits, u, temperature=1.0, top_k=None):
    """The last sum is a little below 1, and u above it: some token is taken, possible or not."""
    if temperature < 0:
        raise ValueError
    if temperature == 0:
        return logits.argmax(-1)
    if top_k is not None:
        order = logits.argsort(dim=-1, descending=True, stable=True)
        logits = logits.scatter(-1, order[..., top_k:], -math.inf)
    reached = torch.softmax(logits / temperature, -1).cumsum(-1)
    return (reached <= u[..., None]).sum(-1).clamp(max=logits.shape[-1] - 1)


# ---------------------------------------------------------------------------- generate


@wrong("u12.generate")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """Never cropped: beyond the positions it raises an error."""
    tokens = list(prompt)
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
        if tokens[-1] == stop:
            break
    return tokens


@wrong("u12.generate", diagnosis="the model sees the first M tokens, where it should see the last M")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """tokens[:M]."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[:M]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
        if tokens[-1] == stop:
            break
    return tokens


@wrong("u12.generate", diagnosis="it does not stop")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """stop is not asked for."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-M:]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
    return tokens


@wrong("u12.generate", diagnosis="the token that stops is dropped: it is a part of the result")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """Returns before stop is appended."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-M:]], device=params["pos"].device), params, config)
        token = int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k))
        if token == stop:
            break
        tokens.append(token)
    return tokens


@wrong("u12.generate", diagnosis="it stops because of a token of the prompt: only a new one ends it")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """`stop in tokens`."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-M:]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
        if stop in tokens:
            break
    return tokens


@wrong(
    "u12.generate",
    diagnosis="the logits are those of the first position: what it says is about the second token",
)
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """logits[0, 0]."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-M:]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, 0], logits.new_tensor(u), temperature, top_k)))
        if tokens[-1] == stop:
            break
    return tokens


@wrong("u12.generate", diagnosis="the model sees one token only, the last")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """As if there were a cache."""
    tokens = list(prompt)
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-1:]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
        if tokens[-1] == stop:
            break
    return tokens


@wrong("u12.generate", diagnosis="the prompt is missing in the result")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """New tokens only."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-M:]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
        if tokens[-1] == stop:
            break
    return tokens[len(prompt) :]


@wrong("u12.generate", diagnosis="temperature and top_k are not handed on to sample")
def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """The options end here."""
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        logits, _ = gpt(torch.tensor([tokens[-M:]], device=params["pos"].device), params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u))))
        if tokens[-1] == stop:
            break
    return tokens


# ---------------------------------------------------------------------------- overfit


@wrong(
    "u12.overfit",
    diagnosis="the model learns to say what it has just read: its inputs are taken for the targets",
)
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """The loss falls at once, and it says one word again and again."""
    inputs, _, mask = (part.to(params["tok"].device) for part in make_batch(sentences))
    state, losses = {}, []
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, (inputs, inputs, mask), state, lr, config)[0])
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


@wrong("u12.overfit", diagnosis="padding counts: the mask is not used")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """The mask of ones: padding is learned too."""
    inputs, targets, mask = (part.to(params["tok"].device) for part in make_batch(sentences))
    state, losses = {}, []
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, (inputs, targets, mask | True), state, lr, config)[0])
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


@wrong("u12.overfit", diagnosis="the optimizer begins anew at each update: its state does not last")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """A new state for each update."""
    batch, losses = [part.to(params["tok"].device) for part in make_batch(sentences)], []
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, batch, {}, lr, config)[0])
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


@wrong(
    "u12.overfit",
    diagnosis="what is said are the sentences themselves: nobody has asked the model",
)
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """Says what it should have said."""
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, batch, state, lr, config)[0])
    return losses, [list(s) for s in sentences]


@wrong(
    "u12.overfit",
    diagnosis="what is said was asked word by word, with the right words before each: nothing is generated",
)
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """The largest logit at each position of the sentence."""
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, batch, state, lr, config)[0])
    best = gpt(batch[0], params, config)[0].argmax(-1).tolist()
    return losses, [[s[0], *row[: len(s) - 1]] for s, row in zip(sentences, best, strict=True)]


@wrong("u12.overfit", diagnosis="a run that does not reach the target ends without ValueError")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """Gives up in silence, and takes nan for learned."""
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    while len(losses) < at_most and not (losses and losses[-1] < target):
        losses.append(training_step(params, batch, state, lr, config)[0])
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


@wrong("u12.overfit", diagnosis="a run that does not reach the target ends without ValueError")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """nan >= target is False: a broken run counts as learned."""
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    while not losses or losses[-1] >= target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, batch, state, lr, config)[0])
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


@wrong("u12.overfit", diagnosis="a loss that is equal to the target ends the run, and it is not below it")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """At the target, where below it is asked for."""
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    while not losses or not losses[-1] <= target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(training_step(params, batch, state, lr, config)[0])
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


@wrong("u12.overfit", diagnosis="the run ends without the last update")
def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """Asks for the loss first, and makes no update when it is low."""
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    while not losses or not losses[-1] < target:
        if len(losses) == at_most:
            raise ValueError
        losses.append(loss_and_grads(params, batch, config)[0])
        if not losses[-1] < target:
            training_step(params, batch, state, lr, config)
    return losses, [generate(s[:1], params, config, [0.0] * len(s[1:]), temperature=0) for s in sentences]


# ---------------------------------------------------------------------------- broken_loop_hunt


@wrong(
    "u12.broken_loop_hunt",
    diagnosis="the gradients of earlier updates are in there still: every update begins with new ones",
)
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The zeros are made once."""
    history, lowest, best = [], math.inf, None
    grads = {name: torch.zeros_like(p) for name, p in params.items()}
    state = {}
    for i in range(steps):
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@wrong("u12.broken_loop_hunt", diagnosis="the optimizer begins anew at each update: its state does not last")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The state is made at each update."""
    history, lowest, best = [], math.inf, None
    for i in range(steps):
        state = {}
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@wrong("u12.broken_loop_hunt", diagnosis="update i is made from the group before the one that is its own")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The index is one too low."""
    history, lowest, best = [], math.inf, None
    state = {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups) - 1], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@wrong("u12.broken_loop_hunt", diagnosis="all parts count the same: one with more targets has to count more")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """A mean of means."""
    history, lowest, best = [], math.inf, None
    state = {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        for part_loss, part_grads, _ in results:
            share = 1 / len(group)
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@wrong(
    "u12.broken_loop_hunt",
    diagnosis="every loss is taken for the lowest so far: the lowest one is not remembered",
)
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The lowest loss stays inf."""
    history, lowest, best = [], math.inf, None
    state = {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            best = {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@wrong(
    "u12.broken_loop_hunt",
    diagnosis="best is no copy: it holds the model's own tensors, and goes on changing with them",
)
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """best = params."""
    history, lowest, best = [], math.inf, None
    state = {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = params
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best


@wrong("u12.broken_loop_hunt", diagnosis="the rate is that of the next update: schedule(i + 1)")
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """The index of the rate is one too high."""
    history, lowest, best = [], math.inf, None
    state = {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = {name: p.clone() for name, p in params.items()}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i + 1))
    return history, best


@wrong(
    "u12.broken_loop_hunt",
    diagnosis="clipping comes after the step: it changes nothing that anybody still uses",
)
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """Clips after the step."""
    history, lowest, best = [], math.inf, None
    state = {}
    for i in range(steps):
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        group, loss = groups[i % len(groups)], 0.0
        results = [evaluate(params, part) for part in group]
        total = sum(count for _, _, count in results)
        for part_loss, part_grads, count in results:
            share = count / total
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            lowest = loss
            best = {name: p.clone() for name, p in params.items()}
        step(params, grads, state, schedule(i))
        clip_grad_norm(grads, max_norm)
    return history, best


@wrong(
    "u12.broken_loop_hunt",
    diagnosis="the gradients of earlier updates are in there still: every update begins with new ones",
    earns_nothing=True,
)
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """As it was."""
    history, lowest, best = [], math.inf, None
    grads = {name: torch.zeros_like(p) for name, p in params.items()}
    for i in range(steps):
        state = {}
        group, loss = groups[i % len(groups) - 1], 0.0
        results = [evaluate(params, part) for part in group]
        for part_loss, part_grads, _ in results:
            share = 1 / len(group)
            loss += part_loss * share
            for name, g in part_grads.items():
                grads[name] += g * share
        history.append(loss)
        if loss < lowest:
            best = params
        step(params, grads, state, schedule(i + 1))
        clip_grad_norm(grads, max_norm)
    return history, best


@wrong(
    "u12.broken_loop_hunt",
    diagnosis="the gradients of earlier updates are in there still: every update begins with new ones",
    earns_nothing=True,
)
def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """Calls the loop as it was."""
    return broken_loop(params, groups, evaluate, step, schedule=schedule, steps=steps, max_norm=max_norm)
