"""Right answers of unit 7 in other styles. Each must earn everything, in process and in the jail."""
# ruff: noqa: C901 - a program has nine kinds of lines

import math

import torch
from torch.nn.functional import cross_entropy, mse_loss

from grader.verify.bank import right

IGNORED = -100

# ---------------------------------------------------------------------------- leaf_quiz


@right("u07.leaf_quiz")
def predict(program):
    """Runs the program, and asks torch."""
    made, kept = {}, set()
    for what, name, *given in program:
        operands = [made[one] for one in given] if what not in ("tensor",) else []
        if what == "tensor":
            made[name] = torch.ones(3, requires_grad=given[0])
        elif what == "op":
            made[name] = math.prod(operands[1:], start=operands[0] * 1)
        elif what == "no_grad":
            with torch.no_grad():
                made[name] = math.prod(operands[1:], start=operands[0] * 1)
        elif what == "compare":
            made[name] = operands[0] > operands[1]
        elif what == "detach":
            made[name] = operands[0].detach()
        elif what == "requires_grad_":
            made[name].requires_grad_()
        elif what == "retain_grad":
            made[name].retain_grad()
            kept.add(name)
        elif what == "backward":
            made[name].sum().backward(retain_graph=True)
        else:
            made[name].grad = None
    return {
        name: (x.requires_grad, x.is_leaf, not (x.is_leaf or name in kept) or x.grad is None)
        for name, x in made.items()
    }


class Node:
    """A tensor without numbers."""

    def __init__(self, needs, above=()):
        self.needs = needs
        self.above = tuple(above)
        self.asked = False
        self.filled = False


@right("u07.leaf_quiz")
def predict(program):
    """A graph of objects, and a walk by recursion."""
    nodes = {}

    def visit(node, seen):
        if id(node) in seen:
            return
        seen.add(id(node))
        if not node.above or node.asked:
            node.filled = True
        for one in node.above:
            visit(one, seen)

    for line in program:
        what, name = line[0], line[1]
        if what == "tensor":
            nodes[name] = Node(line[2])
        elif what == "op":
            above = [nodes[one] for one in line[2:] if nodes[one].needs]
            nodes[name] = Node(len(above) > 0, above)
        elif what in {"no_grad", "compare", "detach"}:
            nodes[name] = Node(False)
        elif what == "requires_grad_":
            nodes[name].needs = True
        elif what == "retain_grad":
            nodes[name].asked = True
        elif what == "zero_grad":
            nodes[name].filled = False
        else:
            visit(nodes[name], set())
    return {name: (n.needs, n.above == (), not n.filled) for name, n in nodes.items()}


@right("u07.leaf_quiz")
def predict(program):
    """For each name the set of leaves and inner names that lie above it, kept from the beginning."""
    needs, above, inner, asked, grads = {}, {}, set(), set(), {}
    for what, name, *given in program:
        if what == "tensor":
            needs[name], above[name] = given[0], {name}
        elif what == "op":
            needs[name] = any([needs[one] for one in given])
            above[name] = {name}.union(*(above[one] for one in given if needs[one]))
            if needs[name]:
                inner.add(name)
        elif what == "requires_grad_":
            needs[name] = True
        elif what == "retain_grad":
            asked.add(name)
        elif what == "backward":
            for one in above[name]:
                if one not in inner or one in asked:
                    grads[one] = 1.0
        elif what == "zero_grad":
            grads[name] = None
        else:
            needs[name], above[name] = False, {name}
    return {name: (needs[name], name not in inner, grads.get(name) is None) for name in needs}


# ---------------------------------------------------------------------------- accumulation


@right("u07.accumulation")
def grad_history(w, batches):
    """By torch.autograd.grad, which adds to nothing: the sum is written out."""
    leaf, total, history = w.clone().requires_grad_(True), 0.0, []
    for x, y in batches:
        (one,) = torch.autograd.grad(((x @ leaf - y) ** 2).mean(), leaf)
        total = total + one
        history.append(total)
    return history


@right("u07.accumulation")
def grad_history(w, batches):
    """By the formula, 2 xᵀ(x w - y) / N."""
    each = [2 * x.T @ (x @ w - y) / len(y) for x, y in batches]
    return list(torch.stack(each).cumsum(0))


@right("u07.accumulation")
def zero_grad(parameters, set_to_none=True):
    """In place, where zeros are asked for."""
    for p in parameters:
        if p.grad is None:
            continue
        if set_to_none:
            p.grad = None
        else:
            p.grad.zero_()


@right("u07.accumulation")
def zero_grad(parameters, set_to_none=True):
    """torch's own, which is what this is."""
    torch.optim.SGD(parameters, lr=0.1).zero_grad(set_to_none=set_to_none)


@right("u07.accumulation")
def apply_gradients(parameters, lr, weight_decay=0.0):
    """Decays, then steps, in place."""
    for p in parameters:
        if p.grad is None:
            continue
        with torch.no_grad():
            p.mul_(1 - lr * weight_decay)
            p.sub_(lr * p.grad)


@right("u07.accumulation")
@torch.no_grad()
def apply_gradients(parameters, lr, weight_decay=0.0):
    """As a decorator, with one fused line."""
    for p in parameters:
        if p.grad is not None:
            p.add_(p.grad + weight_decay * p, alpha=-lr)


@right("u07.accumulation")
def apply_gradients(parameters, lr, weight_decay=0.0):
    """Through .data, the old way."""
    for p in parameters:
        if p.grad is not None:
            p.data = p.data * (1 - lr * weight_decay) - lr * p.grad


# ---------------------------------------------------------------------------- grad_accum


@right("u07.grad_accum")
def group_gradient(W, group):
    """Sums go backward; the division comes once, at the end."""
    W = W.clone().requires_grad_()
    total, N = 0.0, 0
    for x, targets in group:
        loss = cross_entropy(x @ W.T, targets, reduction="sum", ignore_index=IGNORED)
        loss.backward()
        total += float(loss.detach())
        N += (targets != IGNORED).sum().item()
    return total / N, W.grad / N


@right("u07.grad_accum")
def group_gradient(W, group):
    """Each piece's mean, weighted by its share, where anything counts."""
    leaf = W.detach().requires_grad_(False).clone()
    leaf.requires_grad = True
    counts = [int(targets.ne(IGNORED).sum()) for _, targets in group]
    total = 0.0
    for (x, targets), n in zip(group, counts, strict=True):
        if n == 0:
            continue
        share = n / sum(counts)
        loss = cross_entropy(x @ leaf.T, targets, ignore_index=IGNORED) * share
        (leaf_gradient,) = torch.autograd.grad(loss, leaf)
        leaf.grad = leaf_gradient if leaf.grad is None else leaf.grad + leaf_gradient
        total += loss.item()
    return total, leaf.grad


@right("u07.grad_accum")
def group_gradient(W, group):
    """By hand, with (p - y) / N."""
    N = sum(int((targets != IGNORED).sum()) for _, targets in group)
    total, gradient = 0.0, torch.zeros_like(W)
    for xs, all_targets in group:
        x, targets = xs[all_targets != IGNORED], all_targets[all_targets != IGNORED]
        log_p = (x @ W.T).log_softmax(-1)
        y = torch.nn.functional.one_hot(targets, len(W)).to(x.dtype)
        total -= (log_p * y).sum().item() / N
        gradient += (log_p.exp() - y).T @ x / N
    return total, gradient


@right("u07.grad_accum")
def train_in_groups(W, pieces, k, lr):
    """With a counter, torch's optimizer, and an update behind the loop for what is left."""
    W = torch.nn.Parameter(W.clone())
    optimizer = torch.optim.SGD([W], lr=lr)
    history, waiting = [], []

    def update():
        optimizer.zero_grad()
        W.grad = group_gradient(W.detach(), waiting)[1]
        optimizer.step()
        history.append(W.detach().clone())
        waiting.clear()

    for one in pieces:
        waiting.append(one)
        if len(waiting) == k:
            update()
    if waiting:
        update()
    return history


# ---------------------------------------------------------------------------- train_step_order


@right("u07.train_step_order")
def prepare(weight, bias, lr, momentum):
    """New parameters first, the optimizer after them."""
    model = torch.nn.Linear(weight.shape[1], weight.shape[0])
    model.weight = torch.nn.Parameter(weight.clone())
    model.bias = torch.nn.Parameter(bias.clone())
    return model, torch.optim.SGD([model.weight, model.bias], lr, momentum)


@right("u07.train_step_order")
def prepare(weight, bias, lr, momentum):
    """By a state dict."""
    model = torch.nn.Linear(*reversed(weight.shape)).to(weight.device).to(weight.dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    model.load_state_dict({"weight": weight, "bias": bias})
    return model, optimizer


@right("u07.train_step_order")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """Clips by hand, and writes into .grad what torch.autograd.grad returns."""
    parameters = [p for p in model.parameters()]
    loss = ((model(x) - y) ** 2).mean()
    gradients = [g / scale for g in torch.autograd.grad(loss * scale, parameters)]
    norm = math.sqrt(sum((g**2).sum().item() for g in gradients))
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = g * min(1.0, max_norm / norm)
    optimizer.step()
    return float(loss.detach()), norm


@right("u07.train_step_order")
def train_step(model, optimizer, x, y, *, max_norm, scale):
    """zero_grad right before backward, and once more at the end, when it does no harm."""
    loss = mse_loss(model(x), y)
    model.zero_grad()
    loss.mul(scale).backward()
    with torch.no_grad():
        for p in model.parameters():
            p.grad.div_(scale)
    norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm))
    optimizer.step()
    optimizer.zero_grad()
    return loss.item(), norm


# ---------------------------------------------------------------------------- modes


@right("u07.modes")
@torch.no_grad()
def evaluate(model, batches):
    """As a decorator; all squares in one list."""
    mode = model.training
    model.eval()
    squares = []
    try:
        for x, y in batches:
            squares += ((model(x) - y) ** 2).flatten().tolist()
    finally:
        model.train(mode)
    return math.fsum(squares) / len(squares)


@right("u07.modes")
def evaluate(model, batches):
    """The batches put together, in inference mode."""
    mode = model.training
    with torch.inference_mode():
        model.eval()
        x, y = (torch.cat(part) for part in zip(*batches, strict=True))
        mean = mse_loss(model(x), y)
    model.train(mode)
    return float(mean)


@right("u07.modes")
def noisy_predictions(model, x, n):
    """One large batch, cut into n; the graph is switched off by its flag."""
    mode = model.training
    model.train()
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    out = model(x.repeat(n, 1)).unflatten(0, (n, len(x)))
    torch.set_grad_enabled(before)
    model.train(mode)
    return out


@right("u07.modes")
def input_gradient(model, x):
    """By backward, with the parameters' gradients put back."""
    mode, parameters = model.training, list(model.parameters())
    kept = [p.grad for p in parameters]
    for p in parameters:
        p.grad = None
    leaf = torch.nn.Parameter(x.clone())
    model.eval()
    model(leaf).sum().backward()
    for p, gradient in zip(parameters, kept, strict=True):
        p.grad = gradient
    model.train(mode)
    return leaf.grad


@right("u07.modes")
def consistency(w, clean, noisy):
    """The target is computed under no_grad, or from what requires none."""
    target = clean @ w
    leaf = w.clone().requires_grad_()
    loss = (noisy @ leaf - target).pow(2).mean()
    return loss.item(), torch.autograd.grad(loss, leaf)[0]


@right("u07.modes")
def consistency(w, clean, noisy):
    """By the formula."""
    error = (noisy - clean) @ w
    return error.pow(2).mean().item(), 2 * error @ noisy / len(error)


# ---------------------------------------------------------------------------- precision


@right("u07.precision")
def safe_log_softmax(logits):
    """The two coarse dtypes by name, and the formula written out."""
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    z = logits - logits.amax(-1, keepdim=True)
    return z - z.exp().sum(-1, keepdim=True).log()


@right("u07.precision")
def safe_log_softmax(logits):
    """By the number of bits."""
    wide = logits if torch.finfo(logits.dtype).bits >= 32 else logits.to(torch.float32)
    return wide - torch.logsumexp(wide, dim=-1, keepdim=True)


@right("u07.precision")
def nll_gradient(logits, targets):
    """By torch.autograd.grad, with nll_loss."""
    leaf = torch.nn.Parameter(logits.clone())
    loss = torch.nn.functional.nll_loss(safe_log_softmax(leaf), targets)
    (gradient,) = torch.autograd.grad(loss, leaf)
    return loss.detach(), gradient


@right("u07.precision")
def nll_gradient(logits, targets):
    """By hand: (p - y) / N, rounded once."""
    log_p = safe_log_softmax(logits)
    y = torch.nn.functional.one_hot(targets, logits.shape[-1]).to(log_p.dtype)
    return -(log_p * y).sum(-1).mean(), ((log_p.exp() - y) / len(y)).to(logits.dtype)


@right("u07.precision")
def master_steps(w, gradients, lr):
    """In place on a true copy; each entry of the list is a copy as well."""
    wide = torch.float64 if w.dtype == torch.float64 else torch.float32
    master, history = w.to(wide, copy=True), []
    for g in gradients:
        master.sub_(g, alpha=lr)
        history.append(master.to(w.dtype, copy=True))
    return history


@right("u07.precision")
def master_steps(w, gradients, lr):
    """All at once: the running sum of the gradients, in float64."""
    moved = torch.stack(gradients).double().cumsum(0)
    return [one.to(w.dtype) for one in w.double() - lr * moved]
