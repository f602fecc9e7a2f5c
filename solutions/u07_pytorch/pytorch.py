"""What PyTorch does with gradients, and when. The lesson is README.md, in this folder.

In this unit torch differentiates: backward, requires_grad, no_grad, torch.nn and torch.optim are its subject.
Axes: N or T examples or tokens in a batch, D inputs, C outputs, V classes.

Every function computes on the device where its tensors lie. Tensors that it is given stay as they are, except
where the docstring says otherwise. Where you need a leaf, make one: w.detach().clone().requires_grad_().
"""

import torch
from torch.nn.functional import cross_entropy, mse_loss

# ---------------------------------------------------------------------------- leaf_quiz


# BEGIN SOLUTION
def reached(name, parents):
    """The names that lie on the ways back from this one, itself included."""
    found = [name]
    for one in found:
        found += [parent for parent in parents[one] if parent not in found]
    return found


# END SOLUTION
def predict(program):
    """What autograd will say of every tensor of a small program, once the program has run.

    program: list of tuples, one for each line, all tensors of one shape:

        ("tensor", "w", True)          w = torch.ones(3, requires_grad=True); with False it is plain data
        ("op", "y", "w", "x", ...)     y = w * x * ..., of one or more tensors
        ("no_grad", "y", "w", "x")     the same under torch.no_grad()
        ("compare", "y", "w", "x")     y = w > x
        ("detach", "d", "y")           d = y.detach()
        ("requires_grad_", "x")        x.requires_grad_(), for a leaf
        ("retain_grad", "y")           y.retain_grad()
        ("backward", "y")              y.sum().backward(retain_graph=True)
        ("zero_grad", "w")             w.grad = None

    Every line of a program is legal: names are made before they are used, and each is made once.
    Returns a dict: name -> (requires_grad, is_leaf, grad is None), three bools.
    """
    # BEGIN SOLUTION
    requires, parents, asked, filled = {}, {}, set(), set()
    for what, name, *given in program:
        if what == "backward":
            filled |= {one for one in reached(name, parents) if not parents[one] or one in asked}
        elif what == "zero_grad":
            filled.discard(name)
        elif what == "retain_grad":
            asked.add(name)
        elif what == "requires_grad_":
            requires[name] = True
        else:  # a new tensor; what will require a gradient later does not count
            parents[name] = [one for one in given if requires[one]] if what == "op" else []
            requires[name] = given[0] if what == "tensor" else bool(parents[name])
    return {name: (requires[name], not parents[name], name not in filled) for name in requires}
    # END SOLUTION


# ---------------------------------------------------------------------------- accumulation


def grad_history(w, batches):
    """What stands in w.grad after the backward pass of each batch, where nobody ever sets it to zero.

    The loss of a batch is the mean over its examples of (x w - y)².

    w: float[D]    batches: list of (x: float[N, D], y: float[N])
    Returns a list of float[D], one for each batch: copies, which later passes leave alone.
    """
    # BEGIN SOLUTION
    w = w.detach().clone().requires_grad_()
    history = []
    for x, y in batches:
        mse_loss(x @ w, y).backward()
        history.append(w.grad.clone())
    return history
    # END SOLUTION


def zero_grad(parameters, set_to_none=True):
    """What optimizer.zero_grad does: forget the gradients; or, with set_to_none=False, fill them with zeros.

    parameters: list of torch.nn.Parameter, changed in place; a gradient that is None stays None either way
    Returns None.
    """
    # BEGIN SOLUTION
    for p in parameters:
        if set_to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad = torch.zeros_like(p.grad)
    # END SOLUTION


def apply_gradients(parameters, lr, weight_decay=0.0):
    """One step of plain descent with decoupled weight decay: w becomes w (1 - lr weight_decay) - lr w.grad.

    A parameter whose gradient is None took no part in the loss: it is skipped, and does not decay either.

    parameters: list of torch.nn.Parameter, changed in place; they stay leaves that require a
                gradient, and keep their gradients
    Returns None.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.copy_(p * (1 - lr * weight_decay) - lr * p.grad)
    # END SOLUTION


# ---------------------------------------------------------------------------- grad_accum

IGNORED = -100  # the target of a token that does not count


def token_losses(W, x, targets):
    """The cross-entropy of each token; 0 where the target is IGNORED.

    W: float[V, D]    x: float[T, D]    targets: int64[T]    Returns float[T].
    """
    return cross_entropy(x @ W.T, targets, reduction="none", ignore_index=IGNORED)


def group_gradient(W, group):
    """Loss and gradient of one large batch that comes in pieces: the mean over all tokens of it that count.

    One piece after the other goes forward and backward; so only one graph is in memory at a time.

    W: float[V, D]
    group: list of (x: float[T, D], targets: int64[T]), with a T of its own in each piece; at least one
           token of the group counts, but a single piece may have none
    Returns loss: float, a plain number, and gradient: float[V, D].
    """
    # BEGIN SOLUTION
    W = W.detach().clone().requires_grad_()
    N = sum(int((targets != IGNORED).sum()) for _, targets in group)
    total = 0.0
    for x, targets in group:
        loss = token_losses(W, x, targets).sum() / N
        loss.backward()
        total += loss.item()
    return total, W.grad
    # END SOLUTION


def train_in_groups(W, pieces, k, lr):
    """Plain descent with an update after every k pieces, and one after the pieces that are left in the end.

    Each update is W - lr gradient, with the gradient of group_gradient.

    W: float[V, D]    pieces: list as for group_gradient    k: int, pieces in a group    lr: number
    Returns the list of W after each update: float[V, D] each.
    """
    # BEGIN SOLUTION
    history = []
    for start in range(0, len(pieces), k):
        _, gradient = group_gradient(W, pieces[start : start + k])
        W = W - lr * gradient
        history.append(W)
    return history
    # END SOLUTION


# ---------------------------------------------------------------------------- train_step_order


def prepare(weight, bias, lr, momentum):
    """A linear model that begins with these numbers, and the optimizer that moves it.

    weight: float[C, D]    bias: float[C]    lr, momentum: numbers
    Returns model: torch.nn.Linear of weight's dtype and device,
    optimizer: torch.optim.SGD over its parameters.
    """
    # BEGIN SOLUTION
    C, D = weight.shape
    model = torch.nn.Linear(D, C, dtype=weight.dtype, device=weight.device)
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    return model, torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    # END SOLUTION


def train_step(model, optimizer, x, y, *, max_norm, scale):
    """One step of training as large models take it. The loss is the mean of (model(x) - y)² over all entries.

    It goes backward multiplied by `scale`, so that small gradients do not vanish in half precision; before
    anybody looks at the gradients they are divided by it again. Then they are clipped, all of them together,
    to max_norm, as torch.nn.utils.clip_grad_norm_ does it, and the optimizer steps.

    model: torch.nn.Module, changed in place; gradients that stand in it from before do not count
    optimizer: torch.optim.Optimizer over the model's parameters
    x: float[N, D]    y: float[N, C]    max_norm, scale: numbers
    Returns loss, norm: floats, plain numbers: the loss without `scale`, before the step, and the norm of the
    gradient before it was clipped.
    """
    # BEGIN SOLUTION
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    (loss * scale).backward()
    for p in model.parameters():
        p.grad /= scale
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item(), norm.item()
    # END SOLUTION


# ---------------------------------------------------------------------------- modes


def evaluate(model, batches):
    """How good is the model? The mean of (model(x) - y)² over all entries of all batches.

    Dropout is off, and no graph is recorded. Afterwards the model is in the mode in which it came.

    model: torch.nn.Module    batches: list of (x: float[N, D], y: float[N, C]), with an N of its own in each
    Returns a float, a plain number.
    """
    # BEGIN SOLUTION
    mode = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            total += mse_loss(model(x), y, reduction="sum").item()
            count += y.numel()
    model.train(mode)
    return total / count
    # END SOLUTION


def noisy_predictions(model, x, n):
    """How sure is the model? n predictions, each with other numbers dropped: their spread tells.

    Dropout is on, and no graph is recorded. Afterwards the model is in the mode in which it came.

    model: torch.nn.Module    x: float[N, D]    n: int
    Returns float[n, N, C].
    """
    # BEGIN SOLUTION
    mode = model.training
    model.train()
    with torch.no_grad():
        predictions = torch.stack([model(x) for _ in range(n)])
    model.train(mode)
    return predictions
    # END SOLUTION


def input_gradient(model, x):
    """What does the model look at? The gradient of the sum of model(x) with respect to x.

    Dropout is off, and a graph is recorded. Afterwards the model is in the mode in which it came, and the
    gradients of its parameters are what they were.

    model: torch.nn.Module    x: float[N, D]
    Returns float[N, D].
    """
    # BEGIN SOLUTION
    mode = model.training
    model.eval()
    x = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).sum(), x)
    model.train(mode)
    return gradient
    # END SOLUTION


def consistency(w, clean, noisy):
    """Noisy examples are to be judged like the clean ones: the mean over N of (noisy w - clean w)².

    The judgement of the clean examples is the target, a constant: no gradient flows through it.

    w: float[D]    clean, noisy: float[N, D]
    Returns loss: float, a plain number, and gradient: float[D].
    """
    # BEGIN SOLUTION
    w = w.detach().clone().requires_grad_()
    target = (clean @ w).detach()
    loss = mse_loss(noisy @ w, target)
    loss.backward()
    return loss.item(), w.grad
    # END SOLUTION


# ---------------------------------------------------------------------------- precision


def safe_log_softmax(logits):
    """log softmax along the last axis, computed and returned in float32 at least.

    logits: float[..., V] of any float dtype
    Returns float[..., V]: float32 for float16 and bfloat16; float32 and float64 stay what they are.
    """
    # BEGIN SOLUTION
    return torch.log_softmax(logits.to(torch.promote_types(logits.dtype, torch.float32)), -1)
    # END SOLUTION


def nll_gradient(logits, targets):
    """The mean over N of -log p[target], with safe_log_softmax, and its gradient by autograd.

    logits: float[N, V] of any float dtype    targets: int64[N]
    Returns loss: a tensor without axes and without a graph, of safe_log_softmax's dtype;
    gradient: float[N, V] of the logits' dtype, as always with a leaf.
    """
    # BEGIN SOLUTION
    logits = logits.detach().clone().requires_grad_()
    loss = -safe_log_softmax(logits).gather(1, targets[:, None]).mean()
    loss.backward()
    return loss.detach(), logits.grad
    # END SOLUTION


def master_steps(w, gradients, lr):
    """Descent on weights of low precision that loses no small step: w - lr g, one gradient after the other.

    The steps are taken on a copy in float32 at least; what is returned is that copy, rounded to w's dtype.

    w: float[D] of any float dtype    gradients: list of float[D] of w's dtype    lr: number
    Returns the list of w after each step: float[D] of w's dtype each.
    """
    # BEGIN SOLUTION
    master = w.to(torch.promote_types(w.dtype, torch.float32))
    history = []
    for g in gradients:
        master = master - lr * g.to(master.dtype)
        history.append(master.to(w.dtype))
    return history
    # END SOLUTION
