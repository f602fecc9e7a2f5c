"""What the hidden tests of unit 12 share: drawn models and batches, runs, and the mistakes that are known.

A run of the student is held to the same run of the reference. Adam divides by the size of a gradient: where
that should be 0, as for bk, rounding alone becomes steps of about 1e-9. So what comes after some steps is
compared to 1e-7. Numerical gradients are off by far more, for their noise becomes steps of 1e-5 and longer.
Gradients themselves are held to 1e-11.
"""

import torch
from checks_forward import copied, drawn_tokens
from checks_models import drawn_model, flat

from grader.testing import assert_gradient, fail, unpack

AFTER_STEPS = (1e-7, 1e-7)  # rtol, atol
GRADIENTS = (1e-11, 1e-12)
REBOUND = "params holds other tensors than before: a model that has the old ones learns nothing"


def model(rng, *, device, batches=1, **config):
    """params, config and several batches of one model. The first row of each ends in PAD."""
    config.setdefault("layers", 1)
    tokens, targets, mask, params, config = drawn_model(rng, device=device, **config)
    found, V = [(tokens, targets, mask)], len(params["tok"])
    for _ in range(batches - 1):
        more = drawn_tokens(rng, V - 2, tokens.shape[0], tokens.shape[1] + 1, device=device)
        found.append((more[:, :-1].contiguous(), more[:, 1:].contiguous(), more[:, 1:] != 0))
    return params, config, found


def same_tensors(params, own, called):
    """The tensors that were in params before are in it still."""
    after = flat(params)
    if list(after) != list(own) or any(after[name] is not own[name] for name in own):
        fail("params holds other tensors than before", called=called, diagnosis=REBOUND)


def near(mine, other, tolerance):
    """Whether all numbers in these dicts, lists and tensors are the same but for rounding."""
    if isinstance(other, dict):
        return (
            isinstance(mine, dict)
            and mine.keys() == other.keys()
            and all(near(mine[k], v, tolerance) for k, v in other.items())
        )
    if isinstance(other, list | tuple):
        return (
            type(mine) is type(other)
            and len(mine) == len(other)
            and all(near(*pair, tolerance) for pair in zip(mine, other, strict=True))
        )
    if isinstance(other, torch.Tensor):
        return (
            type(mine) is torch.Tensor
            and (mine.shape, mine.dtype, mine.device) == (other.shape, other.dtype, other.device)
            and bool(((mine - other).abs() <= tolerance[1] + tolerance[0] * other.abs().max()).all())
        )
    if isinstance(other, float):
        return type(mine) is float and abs(mine - other) <= tolerance[1] + tolerance[0] * abs(other)
    return type(mine) is type(other) and mine == other


def judge(yours, expected, *, called, mistakes, tolerance=AFTER_STEPS):
    """Part by part. yours, expected: {what it is: its value}

    mistakes: {sentence: a function that returns the parts as they are with this mistake}; a sentence is said
    only if all parts of yours are just so.
    """
    if near(yours, expected, tolerance):
        return
    suspects = {}
    for sentence, made in mistakes.items():
        other = made()
        if near(yours, other, (1e-6, 1e-6)) and not near(other, expected, (1e-5, 1e-5)):
            suspects[sentence] = other
    for name, right in expected.items():
        if near(yours[name], right, tolerance):
            continue
        own = {sentence: other[name] for sentence, other in suspects.items()}
        named = [sentence for sentence, other in own.items() if not near(other, right, tolerance)]
        if named and type(right) is list and len(yours[name]) != len(right):
            what = f"{name} are {len(yours[name])}, and should be {len(right)}"
            fail(what, called=called, yours=yours[name], expected=right, diagnosis=named[0])
        rtol, atol = tolerance
        assert_gradient(yours[name], right, of=name, called=called, rtol=rtol, atol=atol, suspects=own)


# ---------------------------------------------------------------------------- training_step

UNSHIFTED = "the model learns to say what it has just read: its inputs are taken for the targets"
ALL_COUNT = "padding counts: the mask is not used"
NOT_CLIPPED = "the step is made with gradients that are not clipped"
BY_TENSOR = "every gradient is clipped by itself: together they point elsewhere"
ALL_DECAY = "all parameters decay, also gains and biases"
NONE_DECAY = "nothing decays"
NEW_STATE = "the optimizer begins anew at each update: its state does not last"
LATE_LOSS = "the loss is measured after the update"
CLIPPED_NORM = "the norm is that after clipping"
STEPS = {
    UNSHIFTED: "unshifted",
    ALL_COUNT: "all count",
    NOT_CLIPPED: "not clipped",
    BY_TENSOR: "by tensor",
    ALL_DECAY: "all decay",
    NONE_DECAY: "none decay",
    NEW_STATE: "new state",
    LATE_LOSS: "late loss",
    CLIPPED_NORM: "clipped norm",
}


def mistaken_step(reference, how):
    """training_step with one thing done differently."""

    def step(params, batch, state, lr, config, *, weight_decay=0.01, max_norm=1.0):
        inputs, targets, mask = batch
        targets = inputs if how == "unshifted" else targets
        mask = torch.ones_like(mask) if how == "all count" else mask
        batch = (inputs, targets, mask)
        loss, grads = reference.loss_and_grads(params, batch, config)
        unclipped = copied(grads)
        norm = reference.clip_grad_norm(grads, max_norm)
        if how == "not clipped":
            grads = unclipped
        if how == "by tensor":
            grads = unclipped
            for name in grads:
                reference.clip_grad_norm({name: grads[name]}, max_norm)
        tensors = reference.flatten(params)
        decay = reference.decay_groups(tensors, weight_decay)
        decay = {"all decay": weight_decay, "none decay": 0.0}.get(how, decay)
        reference.adamw_step(tensors, grads, {} if how == "new state" else state, lr, weight_decay=decay)
        if how == "late loss":
            loss = reference.loss_and_grads(params, batch, config)[0]
        return loss, float(min(norm, max_norm) if how == "clipped norm" else norm)

    return step


def stepped(step, case, rates, called="", **options):
    """What one step after the other gives: {"the losses", "the norms", "params"}. case: from model"""
    params, config, batches = case
    params, state = copied(params), {}
    own, results = flat(params), []
    for batch, lr in zip(batches, rates, strict=True):
        results.append(unpack(step(params, batch, state, lr, config, **options), "(loss, norm)"))
        same_tensors(params, own, called)
    losses, norms = ([row[k] for row in results] for k in (0, 1))
    return {"the losses": losses, "the norms": norms, "params": own}


# ---------------------------------------------------------------------------- train_loop

NEXT_RATE = "the rate is that of the next update: schedule(i + 1)"
ONE_BATCH = "every update is made from the first batch"
FROM_0 = "a run that goes on counts its updates from 0 again"
NO_OPTIONS = "weight_decay and max_norm are not handed on to training_step"
EVAL_LEARNS = "the eval_batch is learned from"
EVAL_LATE = "the eval_batch is measured after the update"
EVAL_END = "the eval_batch is measured at the end of every eval_every updates, not at their beginning"
LOST_STATE = "a run that goes on has forgotten the state it was handed"
LOOPS = {
    NEXT_RATE: "next rate",
    ONE_BATCH: "one batch",
    FROM_0: "from 0",
    NO_OPTIONS: "no options",
    EVAL_LEARNS: "eval learns",
    EVAL_LATE: "eval late",
    EVAL_END: "eval end",
    LOST_STATE: "lost state",
    NEW_STATE: "new state",
    LATE_LOSS: "late loss",
}


def mistaken_loop(reference, how):
    """train_loop with one thing done differently."""
    made = mistaken_step(reference, how)

    def loop(params, batches, state, config, *, schedule, steps, eval_batch=None, eval_every=10, **options):
        history = []
        handed = {} if how == "lost state" else state
        for n, number in enumerate(steps):
            i = n if how == "from 0" else number
            row = {"step": i, "lr": schedule(i + (how == "next rate"))}
            due = eval_batch is not None and (i + (how == "eval end")) % eval_every == 0

            def measured(row=row):
                if how == "eval learns":
                    row["eval"] = made(params, eval_batch, handed, row["lr"], config, **options)[0]
                else:
                    row["eval"] = float(reference.gpt_loss(*eval_batch, params, config)[0])

            if due and how != "eval late":
                measured()
            batch = batches[0 if how == "one batch" else i % len(batches)]
            own = {} if how == "no options" else options
            row["loss"], row["norm"] = made(params, batch, handed, row["lr"], config, **own)
            if due and how == "eval late":
                measured()
            history.append(row)
        return history

    return loop


def looped(loop, case, runs, called="", **options):
    """What several runs after another give, with one state: {"history", "params"}. case: from model"""
    params, config, batches = case
    params, state, history = copied(params), {}, []
    own = flat(params)
    for steps in runs:
        found = loop(params, batches, state, config, steps=steps, **options)
        if type(found) is not list:
            fail("the history is no list", called=called, yours=found)
        history += found
        same_tensors(params, own, called)
    return {"history": history, "params": own}


# ---------------------------------------------------------------------------- generate and overfit


def mistaken_words(reference, how):
    """generate with one thing done differently."""

    def words(prompt, params, config, draws, *, temperature=1.0, top_k=None, stop=None):
        tokens, M = list(prompt), len(params["pos"])
        for drawn in draws:
            seen = {"first M": tokens[:M], "last only": tokens[-1:], "prompt": list(prompt)[-M:]}.get(
                how, tokens[-M:]
            )
            logits, _ = reference.gpt(torch.tensor([seen], device=params["pos"].device), params, config)
            last = logits[0, 0 if how == "first logits" else -1]
            u = draws[0] if how == "one draw" else drawn
            if how == "plain":
                token = reference.sample(last, last.new_tensor(u))
            else:
                token = reference.sample(last, last.new_tensor(u), temperature, top_k)
            tokens.append(int(token))
            if how == "stop in prompt" and stop in tokens:
                break
            if int(token) == stop and how != "no stop":
                return tokens[:-1] if how == "stop dropped" else tokens
        return tokens[len(prompt) :] if how == "no prompt" else tokens

    return words


OPTIONS = "temperature and top_k are not handed on to sample"
WORDS = {
    "the model sees the first M tokens, where it should see the last M": "first M",
    "the model sees one token only, the last": "last only",
    "the model never sees what it has said itself: new tokens belong to what it reads": "prompt",
    "the logits are those of the first position: what it says is about the second token": "first logits",
    "every token is made with the first draw": "one draw",
    OPTIONS: "plain",
    "it does not stop": "no stop",
    "the token that stops is dropped: it is a part of the result": "stop dropped",
    "it stops because of a token of the prompt: only a new one ends it": "stop in prompt",
    "the prompt is missing in the result": "no prompt",
}
HEARTS = {
    UNSHIFTED: "unshifted",
    ALL_COUNT: "all count",
    NEW_STATE: "new state",
    LATE_LOSS: "late loss",
    ALL_DECAY: "all decay",
    "what is said are the sentences themselves: nobody has asked the model": "by heart",
    "what is said was asked word by word, with the right words before each: nothing is generated": "forced",
    "what is said does not begin with the first token of the sentence": "no prompt",
    "the run ends without the last update": "no last update",
}


def mistaken_heart(reference, how):
    """overfit with one thing done differently."""
    made = mistaken_step(reference, how)

    def heart(sentences, params, config, *, lr=1e-2, target=0.01, at_most=300):
        device = params["tok"].device
        batch, state, losses = reference.make_batch(sentences, device=device), {}, []
        while not losses or not losses[-1] < target:
            if len(losses) == at_most:
                break
            if how == "no last update":
                loss = float(reference.gpt_loss(*batch, params, config)[0])
                if loss < target:
                    losses.append(loss)
                    break
            losses.append(made(params, batch, state, lr, config)[0])
        if how == "by heart":
            return losses, [list(s) for s in sentences]
        said = []
        for s in sentences:
            if how == "forced":
                logits, _ = reference.gpt(torch.tensor([s[:-1]], device=device), params, config)
                said.append([s[0], *logits[0].argmax(-1).tolist()])
            else:
                words = reference.generate(s[:1], params, config, [0.0] * (len(s) - 1), temperature=0)
                said.append(words[how == "no prompt" :])
        return losses, said

    return heart


# ---------------------------------------------------------------------------- sample

SAMPLES = {
    "the logits are multiplied by the temperature, or the probabilities raised to it: "
    "a high one sharpens": "times",
    "the temperature has no effect": "no effect",
    "the probabilities are divided by the temperature, and no longer sum to 1": "not a sum of 1",
    "it is always the token of the largest logit: u is not used": "largest",
    "top_k is not used": "no top_k",
    "top_k is one too many": "one more",
    "top_k leaves the smallest logits": "smallest",
    "equal logits at the edge of top_k all stay: there are more than top_k": "ties stay",
    "what top_k leaves has lost a part of the probability, and the rest does not sum to 1": "top_k late",
    "the tokens lie on the line by their probability, not by their number": "sorted",
    "it is the token before the one on which u lies": "one before",
    "of equal logits temperature 0 takes the last one": "last of equals",
}


def mistaken_sample(logits, u, temperature, top_k, how):
    """sample with one thing done differently."""
    V = logits.shape[-1]
    if temperature == 0 or how == "largest":
        if how == "last of equals":
            return V - 1 - logits.flip(-1).argmax(-1)
        return logits.argmax(-1)
    order, whole = logits.argsort(dim=-1, descending=True, stable=True), logits
    if top_k is not None and how != "no top_k":
        out = order[..., top_k + (how == "one more") :]
        if how == "smallest":
            out = order[..., : max(V - top_k, 0)]
        if how == "ties stay":
            least = logits.gather(-1, order[..., min(top_k, V) - 1 : min(top_k, V)])
            logits = logits.masked_fill(logits < least, -torch.inf)
        else:
            logits = logits.scatter(-1, out, -torch.inf)
    scale = {"times": temperature, "no effect": 1.0, "not a sum of 1": 1.0}.get(how, 1 / temperature)
    p = torch.softmax(logits * scale, -1)
    if how == "not a sum of 1":
        p = p / temperature
    if how == "top_k late":
        p = torch.softmax(whole * scale, -1).masked_fill(logits == -torch.inf, 0.0)
    if how == "sorted":
        p, order = p.sort(dim=-1, descending=True, stable=True)
        place = (p.cumsum(-1) <= u[..., None]).sum(-1).clamp(max=V - 1)
        return order.gather(-1, place[..., None]).squeeze(-1)
    token = (p.cumsum(-1) <= u[..., None]).sum(-1)
    return (token - 1).clamp(min=0) if how == "one before" else token.clamp(max=V - 1)
