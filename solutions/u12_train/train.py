"""Train a transformer, and let it speak. The lesson is README.md, in this folder.

All that you have built meets here: the model of unit 9, its way back of unit 10, the optimizer of unit 11.
This file imports your own files, whose folders lie beside this one. Where one of them is wrong, what needs it
fails here too; for points the course's own function then stands in for yours.

Axes as in unit 9: B sentences, T positions, D numbers at each position, V tokens, M rows of the table of
positions. params and config are the dicts of unit 9. Training changes the tensors of params in place and puts
no others there.

    batch       (inputs: int64[B, T], targets: int64[B, T], mask: bool[B, T]), as from make_batch
    state       dict, {} before a run, in which the optimizer keeps what it must remember, as in unit 11
"""

import math

import torch
from u09_forward.forward import gpt, gpt_loss, make_batch
from u10_backward.backward import loss_backward, model_backward
from u11_optimizers.optimizers import adamw_step, clip_grad_norm, decay_groups

# ---------------------------------------------------------------------------- given


def flatten(tree, name=""):
    """{"blocks.0.attn.wq": tensor, ...}: the very tensors of dicts and lists in each other, without None."""
    if isinstance(tree, dict | list):
        pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return {k: v for key, part in pairs for k, v in flatten(part, f"{name}.{key}".strip(".")).items()}
    return {} if tree is None else {name: tree}


def initial_params(V, M, D, F, blocks, *, tied=False, spread=0.02, seed=0, dtype=torch.float64):
    """Parameters of a model with layer norms: matrices drawn from a normal distribution, gains 1, biases 0.

    V: tokens    M: positions    D: width    F: width of the hidden layers    blocks: how many
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype) * spread

    def norm():
        return {"gamma": torch.ones(D, dtype=dtype), "beta": torch.zeros(D, dtype=dtype)}

    def block():
        attn = {name: drawn(D, D) for name in ("wq", "wk", "wv", "wo")}
        ffn = {"w1": drawn(F, D), "b1": torch.zeros(F, dtype=dtype)}
        ffn |= {"w2": drawn(D, F), "b2": torch.zeros(D, dtype=dtype)}
        return {"norm1": norm(), "attn": attn, "norm2": norm(), "ffn": ffn}

    params = {"tok": drawn(V, D), "pos": drawn(M, D), "blocks": [block() for _ in range(blocks)]}
    return params | {"final_norm": norm()} | ({} if tied else {"head": {"w": drawn(V, D)}})


# ---------------------------------------------------------------------------- training


def loss_and_grads(params, batch, config):
    """The loss of a batch, and the gradient of every parameter, by units 9 and 10. Changes nothing.

    Returns loss: float,
    grads: dict, name -> gradient, with the names of flatten, such as "blocks.0.attn.wq"; without None.
    """
    # BEGIN SOLUTION
    loss, cache = gpt_loss(*batch, params, config)
    return float(loss), flatten(model_backward(loss_backward(cache), cache[3]))
    # END SOLUTION


def training_step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
    """One update: loss and gradients, one length for all gradients, a step of AdamW with groups.

    Only what has two or more axes decays, by weight_decay. (betas and eps of AdamW as they are.)
    lr, weight_decay: numbers    max_norm: number > 0, the limit for the norm of all gradients together
    Changes the tensors of params in place, and state.
    Returns loss: float, the one before the update; norm: float, that of the gradients before clipping.
    """
    # BEGIN SOLUTION
    loss, grads = loss_and_grads(params, batch, config)
    norm = clip_grad_norm(grads, max_norm)
    tensors = flatten(params)
    adamw_step(tensors, grads, state, lr, weight_decay=decay_groups(tensors, weight_decay))
    return loss, float(norm)
    # END SOLUTION


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
    """Update after update, with training_step, and a row of numbers about each.

    Update i is made from batches[i % len(batches)], with the rate schedule(i). A run that goes on later has
    the same state as before, and the next numbers: range(100), then range(100, 200). All is as if there had
    been one run.

    batches: list of batches    schedule: function of int, returns a number
    steps: range, the numbers of the updates    weight_decay, max_norm: as for training_step
    eval_batch: a batch that is not learned from, or None    eval_every: int >= 1
    Changes the tensors of params in place, and state.
    Returns a list with one dict for each update: {"step": i, "lr": its rate, "loss": float, "norm": float},
    the last two from training_step; and where there is an eval_batch and eval_every divides i, also "eval":
    float, the loss of the eval_batch before the update.
    """
    # BEGIN SOLUTION
    history = []
    for i in steps:
        row = {"step": i, "lr": schedule(i)}
        if eval_batch is not None and i % eval_every == 0:
            row["eval"] = float(gpt_loss(*eval_batch, params, config)[0])
        row["loss"], row["norm"] = training_step(
            params,
            batches[i % len(batches)],
            state,
            row["lr"],
            config,
            weight_decay=weight_decay,
            max_norm=max_norm,
        )
        history.append(row)
    return history
    # END SOLUTION


# ---------------------------------------------------------------------------- generation


def sample(logits, u, temperature=1.0, top_k=None):
    """The token that a number u from 0 to 1 stands for, by the probabilities softmax(logits / temperature).

    All tokens lie side by side on the line from 0 to 1, in the order of their numbers, each as long as it is
    probable; u lies on one of them. It is the first whose probability, together with those of all before it,
    is above u. A token of probability 0 is never the one, however the sums are rounded.

    logits: float[..., V]; some may be -inf    u: float[...], each 0 <= u < 1
    temperature: number; 0 is the limit from above: the token of the largest logit, of equal ones the first
    top_k: int >= 1: only this many tokens, those of the largest logits, of equal ones the first, keep their
    logits, and the others get -inf; None: all keep them
    Returns int64[...], tokens. Raises ValueError where the temperature is below 0.
    """
    # BEGIN SOLUTION
    if temperature < 0:
        raise ValueError(f"the temperature is {temperature}, below 0")
    if temperature == 0:
        return logits.argmax(-1)
    if top_k is not None:
        order = logits.argsort(dim=-1, descending=True, stable=True)
        logits = logits.scatter(-1, order[..., top_k:], -math.inf)
    reached = torch.softmax(logits / temperature, -1).cumsum(-1)
    return (reached / reached[..., -1:] <= u[..., None]).sum(-1)
    # END SOLUTION


def generate(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
    """Tokens after a prompt: each is sampled, and then belongs to what the model sees for the next one.

    The model sees all tokens so far, or the last M of them: pos has only M rows. What it says at its last
    position is about the next token. The first new token is made by sample with draws[0], and so on.

    prompt: list of int, one or more    params, config: of the model
    draws: list of numbers, each 0 <= u < 1; there are at most so many new tokens
    temperature, top_k: as for sample    stop: int or None; a new token that is equal to it is the last one
    Returns a list of int: the prompt, then the new tokens, also the one that has stopped it. Changes nothing.
    """
    # BEGIN SOLUTION
    tokens, M = list(prompt), len(params["pos"])
    for u in draws:
        seen = torch.tensor([tokens[-M:]], device=params["pos"].device)
        logits, _ = gpt(seen, params, config)
        tokens.append(int(sample(logits[0, -1], logits.new_tensor(u), temperature, top_k)))
        if tokens[-1] == stop:
            break
    return tokens
    # END SOLUTION


# ---------------------------------------------------------------------------- the first thing to try


def overfit(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
    """Learn a few sentences by heart: all of them are one batch, the same one for every update.

    The updates are those of training_step without options. The run ends with the first one before which the
    loss was below target.

    sentences: list of lists of int, as for make_batch, which pads them    lr: number, the same all the time
    Changes the tensors of params in place.
    Returns losses: list of float, that before each update;
    said: list of lists of int, for each sentence as many tokens as it has, generated greedily from its first.
    Raises ValueError where at_most updates were made, and none of these losses was below target.
    """
    # BEGIN SOLUTION
    batch = [part.to(params["tok"].device) for part in make_batch(sentences)]
    state, losses = {}, []
    for _ in range(at_most):
        losses.append(training_step(params, batch, state, lr, config)[0])
        if losses[-1] < target:
            break
    else:
        raise ValueError(f"{at_most} updates, and the loss was never below {target}")
    return losses, [generate(s[:1], params, config, [0.0] * (len(s) - 1), temperature=0) for s in sentences]
    # END SOLUTION


# ---------------------------------------------------------------------------- a loop that learns, a little


def broken_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """It should do what fixed_loop says, and has eight mistakes. The loss falls nevertheless. (Given.)"""
    history, lowest, best = [], math.inf, None
    grads = {name: torch.zeros_like(p) for name, p in params.items()}
    for i in range(steps):
        state, loss = {}, 0.0
        group = groups[i % len(groups) - 1]
        for part in group:
            part_loss, part_grads, _ = evaluate(params, part)
            loss += part_loss / len(group)
            for name, g in part_grads.items():
                grads[name] += g / len(group)
        history.append(loss)
        if loss < lowest:
            best = params
        step(params, grads, state, schedule(i + 1))
        clip_grad_norm(grads, max_norm)
    return history, best


def fixed_loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
    """broken_loop without its mistakes: copy it, and find them.

    Some batches are too large for the memory. Then they come in parts: a group of parts, whose gradients are
    put together before one update is made. Update i is made from groups[i % len(groups)] with the rate
    schedule(i), after its gradients have been clipped, all together, to the norm max_norm. The loss of a
    group is the mean over all its targets, its gradient is that of this loss, and some parts have more
    targets than others.

    params: dict, name -> tensor; step changes them in place, and nothing else does
    groups: list of lists of parts    steps: int, how many updates are made
    evaluate: function (params, part) -> loss: float, the mean over the part's targets,
    grads: dict, name -> gradient of this loss, with all names of params, count: int, how many targets it has
    step: function such as adamw_step, called as step(params, grads, state, lr); all updates share one state
    schedule: function of int, returns a number    max_norm: number > 0
    Returns history: list of float, for each update the loss of its group, before it;
    best: dict, name -> tensor, a copy of the parameters with which the lowest of these was measured, of equal
    ones the first.
    """
    # BEGIN SOLUTION
    state, history, best = {}, [], None
    for i in range(steps):
        results = [evaluate(params, part) for part in groups[i % len(groups)]]
        total = sum(count for _, _, count in results)
        loss = sum(part_loss * count for part_loss, _, count in results) / total
        if best is None or loss < min(history):
            best = {name: p.clone() for name, p in params.items()}
        history.append(loss)
        grads = {name: sum(g[name] * (count / total) for _, g, count in results) for name in params}
        clip_grad_norm(grads, max_norm)
        step(params, grads, state, schedule(i))
    return history, best
    # END SOLUTION
