"""Wrong answers of unit 7. Each must lose points in its own exercise, and in no other that does not need it."""

import torch
from torch.nn.functional import cross_entropy, mse_loss

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- leaf_quiz


def walk(program, every=any, cut=("no_grad", "compare", "detach"), late=False):
    """requires, recorded operands, operands, names that asked, and the names of each backward."""
    requires, parents, operands, kept, events = {}, {}, {}, set(), []
    later = {name for what, name, *_ in program if what == "requires_grad_"} if late else set()
    for what, name, *given in program:
        if what == "tensor":
            requires[name], parents[name], operands[name] = given[0] or name in later, [], []
        elif what in ("op", "no_grad", "compare", "detach"):
            live = every(requires[one] for one in given) and what not in cut
            parents[name] = [one for one in given if live and requires[one]]
            requires[name], operands[name] = live or name in later, given
        elif what == "requires_grad_":
            requires[name] = True
        elif what == "retain_grad":
            kept.add(name)
        else:
            events.append((what, name, frozenset(kept), {one: list(p) for one, p in parents.items()}))
    return requires, parents, operands, events


def reach(name, parents):
    """What backward meets."""
    met = [name]
    for one in met:
        met += [parent for parent in parents[one] if parent not in met]
    return met


def fill(events, leaves_only=True, forget=True, keep=True):
    """The names whose gradient is there in the end."""
    filled = set()
    for what, name, kept, parents in events:
        if what == "backward":
            met = reach(name, parents)
            filled |= {one for one in met if not leaves_only or not parents[one] or (keep and one in kept)}
        elif forget:
            filled.discard(name)
    return filled


@wrong(
    "u07.leaf_quiz",
    diagnosis="a tensor that was computed gets a .grad, which only leaves get, or who asks for it by retain_grad",
)
def predict(program):
    """Every node on the way gets its gradient, as in unit 5."""
    requires, parents, _, events = walk(program)
    filled = fill(events, leaves_only=False)
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}


@wrong(
    "u07.leaf_quiz",
    diagnosis="a result requires a gradient only where all its operands do, not where one does",
)
def predict(program):
    """all() in the place of any()."""
    requires, parents, _, events = walk(program, every=all)
    filled = fill(events)
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}


@wrong("u07.leaf_quiz", diagnosis="only what requires a gradient is a leaf: but data is one too")
def predict(program):
    """Leaf as another word for parameter."""
    requires, parents, _, events = walk(program)
    filled = fill(events)
    return {
        name: (requires[name], requires[name] and not parents[name], name not in filled) for name in requires
    }


@wrong("u07.leaf_quiz", diagnosis="whatever was computed is no leaf: but without a graph it is one")
def predict(program):
    """Leaf as another word for input."""
    requires, _, operands, events = walk(program)
    filled = fill(events)
    return {name: (requires[name], not operands[name], name not in filled) for name in requires}


@wrong(
    "u07.leaf_quiz",
    diagnosis="detach, no_grad or a comparison passes on that a gradient is required",
)
def predict(program):
    """Nothing is ever cut off."""
    requires, parents, _, events = walk(program, cut=())
    filled = fill(events)
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}


@wrong("u07.leaf_quiz", diagnosis="requires_grad_ changes what was computed before it")
def predict(program):
    """The flags of the end, for the whole program."""
    requires, parents, _, events = walk(program, late=True)
    filled = fill(events)
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}


@wrong("u07.leaf_quiz", diagnosis="a tensor that requires no gradient gets a .grad all the same")
def predict(program):
    """A gradient of 0 for data, where there is none."""
    requires, parents, operands, events = walk(program)
    filled = fill(events)
    for what, name, _, known in events:
        if what == "backward":
            met = [one for one in reach(name, known) if known[one]]
            filled |= {one for node in met for one in operands[node] if not requires[one]}
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}


@wrong(
    "u07.leaf_quiz",
    diagnosis="backward fills every leaf of the program, not only those that it reaches",
)
def predict(program):
    """After any backward every leaf that requires a gradient has one."""
    requires, parents, _, events = walk(program)
    filled = set()
    for what, name, kept, known in events:
        if what == "backward":
            filled |= {one for one in known if requires[one] and not known[one]}
            filled |= {one for one in reach(name, known) if one in kept}
        else:
            filled.discard(name)
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}


@wrong("u07.leaf_quiz")
def predict(program):
    """is_leaf and requires_grad are swapped."""
    requires, parents, _, events = walk(program)
    filled = fill(events)
    return {name: (not parents[name], requires[name], name not in filled) for name in requires}


@wrong("u07.leaf_quiz", earns_nothing=True)
def predict(program):
    """The commonest answer for everything."""
    return {name: (False, True, True) for _, name, *_ in program}


# ---------------------------------------------------------------------------- accumulation


@wrong("u07.accumulation", diagnosis="the list holds one tensor several times: later passes write into it")
def grad_history(w, batches):
    """The gradient itself goes into the list, not a copy."""
    w = w.detach().clone().requires_grad_()
    history = []
    for x, y in batches:
        mse_loss(x @ w, y).backward()
        history.append(w.grad)
    return history


@wrong("u07.accumulation", diagnosis="each gradient stands alone: backward adds to what is there")
def grad_history(w, batches):
    """A fresh start before each batch: good training, but not what was asked."""
    w = w.detach().clone().requires_grad_()
    history = []
    for x, y in batches:
        w.grad = None
        mse_loss(x @ w, y).backward()
        history.append(w.grad.clone())
    return history


@wrong(
    "u07.accumulation", diagnosis="zeros where None belongs: with set_to_none nothing is left to step with"
)
def zero_grad(parameters, set_to_none=True):
    """Zeros, whatever was asked for: None and 0 as the same."""
    for p in parameters:
        if p.grad is not None:
            p.grad.zero_()


@wrong("u07.accumulation", diagnosis="None where zeros belong: set_to_none=False keeps the tensor")
def zero_grad(parameters, set_to_none=True):
    """None, whatever was asked for."""
    for p in parameters:
        p.grad = None


@wrong("u07.accumulation", diagnosis="a gradient of zeros is made up where there was None")
def zero_grad(parameters, set_to_none=True):
    """Zeros also for those that had no gradient."""
    for p in parameters:
        p.grad = None if set_to_none else torch.zeros_like(p)


@wrong("u07.accumulation", diagnosis="a parameter without a gradient is changed: None is not 0")
def apply_gradients(parameters, lr, weight_decay=0.0):
    """No gradient is a gradient of 0: all weights decay."""
    with torch.no_grad():
        for p in parameters:
            g = 0.0 if p.grad is None else p.grad
            p.copy_(p * (1 - lr * weight_decay) - lr * g)


@wrong("u07.accumulation", diagnosis="a gradient of 0 is taken for none: the weight decay is missing")
def apply_gradients(parameters, lr, weight_decay=0.0):
    """A gradient of 0 counts as no gradient."""
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None and p.grad.any():
                p.copy_(p * (1 - lr * weight_decay) - lr * p.grad)


@wrong("u07.accumulation")
def apply_gradients(parameters, lr, weight_decay=0.0):
    """While torch records: a leaf that requires a gradient cannot be changed in place."""
    for p in parameters:
        if p.grad is not None:
            p -= lr * (p.grad + weight_decay * p)


@wrong("u07.accumulation")
def apply_gradients(parameters, lr, weight_decay=0.0):
    """The names get new tensors, and the parameters stay where they were."""
    for p in parameters:
        if p.grad is not None:
            p = p * (1 - lr * weight_decay) - lr * p.grad


@wrong(
    "u07.accumulation", diagnosis="the gradient's part of the step decays too: the decay belongs to w alone"
)
def apply_gradients(parameters, lr, weight_decay=0.0):
    """Steps first, and lets the result decay."""
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.sub_(lr * p.grad)
                p.mul_(1 - lr * weight_decay)


# ---------------------------------------------------------------------------- grad_accum


@wrong(
    "u07.grad_accum",
    diagnosis="each piece is divided by its own number of tokens, and then by the number of pieces",
)
def group_gradient(W, group):
    """loss / grad_accum, as everybody writes it: right only where all pieces count the same number of tokens."""
    W = W.detach().clone().requires_grad_()
    total = 0.0
    for x, targets in group:
        loss = cross_entropy(x @ W.T, targets, ignore_index=IGNORED) / len(group)
        loss.backward()
        total += loss.item()
    return total, W.grad


@wrong("u07.grad_accum", diagnosis="the means of the pieces are added up")
def group_gradient(W, group):
    """Not divided at all: k times too large."""
    W = W.detach().clone().requires_grad_()
    total = 0.0
    for x, targets in group:
        loss = cross_entropy(x @ W.T, targets, ignore_index=IGNORED)
        loss.backward()
        total += loss.item()
    return total, W.grad


@wrong("u07.grad_accum", diagnosis="divided by the number of all tokens, the ignored ones included")
def group_gradient(W, group):
    """numel() in the place of the tokens that count."""
    W = W.detach().clone().requires_grad_()
    N, total = sum(targets.numel() for _, targets in group), 0.0
    for x, targets in group:
        loss = token_losses(W, x, targets).sum() / N
        loss.backward()
        total += loss.item()
    return total, W.grad


@wrong(
    "u07.grad_accum", diagnosis="only the last piece is there: gradients are set to zero between the pieces"
)
def group_gradient(W, group):
    """zero_grad inside the loop over the pieces."""
    W = W.detach().clone().requires_grad_()
    N, total = sum(int((targets != IGNORED).sum()) for _, targets in group), 0.0
    for x, targets in group:
        W.grad = None
        loss = token_losses(W, x, targets).sum() / N
        loss.backward()
        total += loss.item()
    return total, W.grad


@wrong(
    "u07.grad_accum",
    diagnosis="the loss is a tensor, and may hold its whole graph: a plain number is asked for",
)
def group_gradient(W, group):
    """total += loss: every graph stays in memory."""
    W = W.detach().clone().requires_grad_()
    N, total = sum(int((targets != IGNORED).sum()) for _, targets in group), 0.0
    for x, targets in group:
        loss = token_losses(W, x, targets).sum() / N
        loss.backward()
        total += loss
    return total, W.grad


@wrong("u07.grad_accum", diagnosis="0 / 0: a piece without a token that counts contributes 0")
def group_gradient(W, group):
    """The mean of a piece, weighted by its tokens: nan times 0 where none counts."""
    W = W.detach().clone().requires_grad_()
    counts = [int((targets != IGNORED).sum()) for _, targets in group]
    total = 0.0
    for (x, targets), n in zip(group, counts):
        loss = cross_entropy(x @ W.T, targets, ignore_index=IGNORED) * n / sum(counts)
        loss.backward()
        total += loss.item()
    return total, W.grad


@wrong("u07.grad_accum", diagnosis="the pieces that are left in the end are dropped")
def train_in_groups(W, pieces, k, lr):
    """if (step + 1) % k == 0: the rest never comes to that."""
    history, group = [], []
    for one in pieces:
        group.append(one)
        if len(group) == k:
            W = W - lr * group_gradient(W, group)[1]
            history.append(W)
            group = []
    return history


@wrong("u07.grad_accum", diagnosis="the last group is divided as if it were complete")
def train_in_groups(W, pieces, k, lr):
    """Divides by k also where fewer are left."""
    history = []
    for start in range(0, len(pieces), k):
        group = pieces[start : start + k]
        W = W - lr * group_gradient(W, group)[1] * len(group) / k
        history.append(W)
    return history


@wrong("u07.grad_accum", diagnosis="the gradient of the groups before is still there")
def train_in_groups(W, pieces, k, lr):
    """zero_grad is missing between the groups."""
    history, gradient = [], torch.zeros_like(W)
    for start in range(0, len(pieces), k):
        gradient = gradient + group_gradient(W, pieces[start : start + k])[1]
        W = W - lr * gradient
        history.append(W)
    return history


@wrong("u07.grad_accum", diagnosis="an update after every piece, not after every k")
def train_in_groups(W, pieces, k, lr):
    """k is not used."""
    history = []
    for one in pieces:
        W = W - lr * group_gradient(W, [one])[1]
        history.append(W)
    return history


# ---------------------------------------------------------------------------- train_step_order


@wrong("u07.train_step_order", diagnosis="nothing moves: there is no gradient when the optimizer steps")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """zero_grad between backward and step."""
    loss = mse_loss(model(x), y)
    model.zero_grad()
    (loss * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.zero_grad()
    optimizer.step()
    return loss.item(), norm.item()


@wrong(
    "u07.train_step_order",
    diagnosis="gradients from before still count: zero_grad is missing, or comes too late",
)
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """zero_grad is forgotten."""
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item(), norm.item()


@wrong("u07.train_step_order", diagnosis="the gradient is not clipped, or only after the step")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """Clips what has been used already."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    optimizer.step()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    return loss.item(), norm.item()


@wrong("u07.train_step_order", diagnosis="the gradient is clipped before it is divided by scale")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """Clips the scaled gradient: almost nothing is left of it after the division."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    for p in model.parameters():
        p.grad /= scale
    optimizer.step()
    return loss.item(), norm.item() / scale


@wrong("u07.train_step_order", diagnosis="the gradient is not divided by scale")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """The division by scale is forgotten; the clipping hides it while gradients are large."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item(), norm.item() / scale


@wrong("u07.train_step_order", diagnosis="every parameter is clipped by itself, not all of them together")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """One norm for each parameter."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    squares = 0.0
    for p in model.parameters():
        p.grad /= scale
        squares += torch.nn.utils.clip_grad_norm_([p], max_norm).item() ** 2
    optimizer.step()
    return loss.item(), squares**0.5


@wrong("u07.train_step_order", diagnosis="this is the norm after clipping")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """The norm is taken too late."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    optimizer.step()
    return loss.item(), norm.item()


@wrong("u07.train_step_order", diagnosis="this is the loss after the step")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """Logs the loss of the next step."""
    optimizer.zero_grad()
    (mse_loss(model(x), y) * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return mse_loss(model(x), y).item(), norm.item()


@wrong("u07.train_step_order", diagnosis="a tensor, and not a plain number")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """The loss is handed out with its graph."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss, norm.item()


@wrong("u07.train_step_order", diagnosis="the optimizer holds other parameters than the model")
def prepare(weight, bias, lr, momentum):
    """The parameters are replaced when the optimizer has the old ones already."""
    C, D = weight.shape
    model = torch.nn.Linear(D, C)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    model.weight, model.bias = torch.nn.Parameter(weight), torch.nn.Parameter(bias)
    return model, optimizer


@wrong("u07.train_step_order")
def prepare(weight, bias, lr, momentum):
    """Draws its own numbers."""
    C, D = weight.shape
    model = torch.nn.Linear(D, C, dtype=weight.dtype, device=weight.device)
    return model, torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)


@wrong("u07.train_step_order", diagnosis="the momentum is missing")
def prepare(weight, bias, lr, momentum):
    """Plain descent."""
    C, D = weight.shape
    model = torch.nn.Linear(D, C, dtype=weight.dtype, device=weight.device)
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    return model, torch.optim.SGD(model.parameters(), lr=lr)


# ---------------------------------------------------------------------------- modes


@wrong("u07.modes", diagnosis="dropout is on: the model is in training mode")
def evaluate(model, batches):
    """no_grad alone: dropout stays on."""
    with torch.no_grad():
        total = sum(mse_loss(model(x), y, reduction="sum").item() for x, y in batches)
    return total / sum(y.numel() for _, y in batches)


@wrong("u07.modes", diagnosis="a graph is recorded, which nobody will use")
def evaluate(model, batches):
    """eval alone: parameters still require gradients, and every graph is built."""
    mode = model.training
    model.eval()
    total = sum(mse_loss(model(x), y, reduction="sum").item() for x, y in batches)
    model.train(mode)
    return total / sum(y.numel() for _, y in batches)


@wrong("u07.modes", diagnosis="a tensor, and not a plain number")
def evaluate(model, batches):
    """total += loss, without item()."""
    mode = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            total += mse_loss(model(x), y, reduction="sum")
            count += y.numel()
    model.train(mode)
    return total / count


@wrong("u07.modes", diagnosis="the mean of the batches' means, though the batches have different sizes")
def evaluate(model, batches):
    """The mean of means."""
    mode = model.training
    model.eval()
    with torch.no_grad():
        means = [mse_loss(model(x), y).item() for x, y in batches]
    model.train(mode)
    return sum(means) / len(means)


@wrong("u07.modes", diagnosis="the model is left in another mode than the one in which it came")
def evaluate(model, batches):
    """model.train() at the end, whatever it was before."""
    model.eval()
    with torch.no_grad():
        total = sum(mse_loss(model(x), y, reduction="sum").item() for x, y in batches)
    model.train()
    return total / sum(y.numel() for _, y in batches)


@wrong("u07.modes", diagnosis="dropout is off: all predictions are alike, and none is noisy")
def noisy_predictions(model, x, n):
    """eval and no_grad always go together, do they not?"""
    mode = model.training
    model.eval()
    with torch.no_grad():
        predictions = torch.stack([model(x) for _ in range(n)])
    model.train(mode)
    return predictions


@wrong("u07.modes", diagnosis="a graph is recorded, which nobody will use")
def noisy_predictions(model, x, n):
    """Training mode, with its graph."""
    mode = model.training
    model.train()
    predictions = torch.stack([model(x) for _ in range(n)])
    model.train(mode)
    return predictions


@wrong("u07.modes", diagnosis="the same numbers are dropped in every prediction")
def noisy_predictions(model, x, n):
    """One prediction, n times."""
    mode = model.training
    model.train()
    with torch.no_grad():
        predictions = model(x).repeat(n, 1, 1)
    model.train(mode)
    return predictions


@wrong("u07.modes", diagnosis="the gradients of the parameters have changed")
def input_gradient(model, x):
    """backward fills the gradients of all leaves, not only that of x."""
    mode = model.training
    model.eval()
    x = x.detach().clone().requires_grad_()
    model(x).sum().backward()
    model.train(mode)
    return x.grad


@wrong("u07.modes", diagnosis="the target is no constant: a gradient flows through it")
def consistency(w, clean, noisy):
    """detach is forgotten."""
    w = w.detach().clone().requires_grad_()
    loss = mse_loss(noisy @ w, clean @ w)
    loss.backward()
    return loss.item(), w.grad


@wrong(
    "u07.modes",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def consistency(w, clean, noisy):
    """Nudges every weight, as in unit 1."""
    target, h, slopes = clean @ w, 1e-5, []

    def loss(w):
        return mse_loss(noisy @ w, target).item()

    for k in range(len(w)):
        step = torch.zeros_like(w)
        step[k] = h
        slopes.append((loss(w + step) - loss(w - step)) / (2 * h))
    return loss(w), torch.tensor(slopes, dtype=w.dtype, device=w.device)


@wrong("u07.modes", diagnosis="the gradient flows through the target alone")
def consistency(w, clean, noisy):
    """The wrong one of the two is cut off."""
    w = w.detach().clone().requires_grad_()
    loss = mse_loss((noisy @ w).detach(), clean @ w)
    loss.backward()
    return loss.item(), w.grad


# ---------------------------------------------------------------------------- precision


@wrong("u07.precision", diagnosis="dtype float32 where float64 belongs")
def safe_log_softmax(logits):
    """.float(), as it stands in every repository: float64 loses nine digits."""
    return torch.log_softmax(logits.float(), -1)


@wrong("u07.precision", diagnosis="dtype bfloat16 where float32 belongs")
def safe_log_softmax(logits):
    """In the dtype of the logits, whatever it is."""
    return torch.log_softmax(logits, -1)


@wrong("u07.precision", diagnosis="computed in low precision: what was rounded on the way does not come back")
def safe_log_softmax(logits):
    """Converted too late: three digits are left, in float32."""
    return torch.log_softmax(logits, -1).to(torch.promote_types(logits.dtype, torch.float32))


@wrong("u07.precision", diagnosis="log of 0: exp of a number far below 0 is 0")
def safe_log_softmax(logits):
    """The logarithm of a softmax: minus infinity where p is 0."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32)).softmax(-1).log()


@wrong("u07.precision", diagnosis="dtype float32 where bfloat16 belongs")
def nll_gradient(logits, targets):
    """The leaf is the converted copy, so the gradient is one of the copy."""
    z = logits.detach().to(torch.promote_types(logits.dtype, torch.float32)).clone().requires_grad_()
    loss = cross_entropy(z, targets)
    loss.backward()
    return loss.detach(), z.grad


@wrong("u07.precision", diagnosis="the loss still has its graph")
def nll_gradient(logits, targets):
    """The loss is handed out as it is."""
    logits = logits.detach().clone().requires_grad_()
    loss = -safe_log_softmax(logits).gather(-1, targets.unsqueeze(-1)).mean()
    loss.backward()
    return loss, logits.grad


@wrong("u07.precision", diagnosis="dtype bfloat16 where float32 belongs")
def nll_gradient(logits, targets):
    """torch's cross_entropy on bfloat16."""
    logits = logits.detach().clone().requires_grad_()
    loss = cross_entropy(logits, targets)
    loss.backward()
    return loss.detach(), logits.grad


@wrong(
    "u07.precision",
    diagnosis="small steps are lost: each of them is rounded away before the next one is taken",
)
def master_steps(w, gradients, lr):
    """Straight in the dtype of w."""
    history = []
    for g in gradients:
        w = w - lr * g
        history.append(w)
    return history


@wrong("u07.precision", diagnosis="an argument is changed in place")
def master_steps(w, gradients, lr):
    """One copy in place: with float32 it is w itself, and all entries of the list are one tensor."""
    master = w.to(torch.promote_types(w.dtype, torch.float32))
    history = []
    for g in gradients:
        master -= lr * g.to(master.dtype)
        history.append(master.to(w.dtype))
    return history


@wrong(
    "u07.precision",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def master_steps(w, gradients, lr):
    """A copy in float32, also of float64."""
    master = w.float()
    history = []
    for g in gradients:
        master = master - lr * g.float()
        history.append(master.to(w.dtype))
    return history
