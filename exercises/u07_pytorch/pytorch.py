"""What PyTorch does with gradients, and when. The lesson is README.md, in this folder.

In this unit torch differentiates: backward, requires_grad, no_grad, torch.nn and torch.optim are its subject.
Axes: N or T examples or tokens in a batch, D inputs, C outputs, V classes.

Every function computes on the device where its tensors lie. Tensors that it is given stay as they are, except
where the docstring says otherwise. Where you need a leaf, make one: w.detach().clone().requires_grad_().
"""

import torch
from torch.nn.functional import cross_entropy, mse_loss

# ---------------------------------------------------------------------------- leaf_quiz


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
    raise NotImplementedError


# ---------------------------------------------------------------------------- accumulation


def grad_history(w, batches):
    """What stands in w.grad after the backward pass of each batch, where nobody ever sets it to zero.

    The loss of a batch is the mean over its examples of (x w - y)².

    w: float[D]    batches: list of (x: float[N, D], y: float[N])
    Returns a list of float[D], one for each batch: copies, which later passes leave alone.
    """
    raise NotImplementedError


def zero_grad(parameters, set_to_none=True):
    """What optimizer.zero_grad does: forget the gradients; or, with set_to_none=False, fill them with zeros.

    parameters: list of torch.nn.Parameter, changed in place; a gradient that is None stays None either way
    Returns None.
    """
    raise NotImplementedError


def apply_gradients(parameters, lr, weight_decay=0.0):
    """One step of plain descent with decoupled weight decay: w becomes w (1 - lr weight_decay) - lr w.grad.

    A parameter whose gradient is None took no part in the loss: it is skipped, and does not decay either.

    parameters: list of torch.nn.Parameter, changed in place; they stay leaves that require a
                gradient, and keep their gradients
    Returns None.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def train_in_groups(W, pieces, k, lr):
    """Plain descent with an update after every k pieces, and one after the pieces that are left in the end.

    Each update is W - lr gradient, with the gradient of group_gradient.

    W: float[V, D]    pieces: list as for group_gradient    k: int, pieces in a group    lr: number
    Returns the list of W after each update: float[V, D] each.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- train_step_order


def prepare(weight, bias, lr, momentum):
    """A linear model that begins with these numbers, and the optimizer that moves it.

    weight: float[C, D]    bias: float[C]    lr, momentum: numbers
    Returns model: torch.nn.Linear of weight's dtype and device,
    optimizer: torch.optim.SGD over its parameters.
    """
    raise NotImplementedError


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
    raise NotImplementedError


# ---------------------------------------------------------------------------- modes


def evaluate(model, batches):
    """How good is the model? The mean of (model(x) - y)² over all entries of all batches.

    Dropout is off, and no graph is recorded. Afterwards the model is in the mode in which it came.

    model: torch.nn.Module    batches: list of (x: float[N, D], y: float[N, C]), with an N of its own in each
    Returns a float, a plain number.
    """
    raise NotImplementedError


def noisy_predictions(model, x, n):
    """How sure is the model? n predictions, each with other numbers dropped: their spread tells.

    Dropout is on, and no graph is recorded. Afterwards the model is in the mode in which it came.

    model: torch.nn.Module    x: float[N, D]    n: int
    Returns float[n, N, C].
    """
    raise NotImplementedError


def input_gradient(model, x):
    """What does the model look at? The gradient of the sum of model(x) with respect to x.

    Dropout is off, and a graph is recorded. Afterwards the model is in the mode in which it came, and the
    gradients of its parameters are what they were.

    model: torch.nn.Module    x: float[N, D]
    Returns float[N, D].
    """
    raise NotImplementedError


def consistency(w, clean, noisy):
    """Noisy examples are to be judged like the clean ones: the mean over N of (noisy w - clean w)².

    The judgement of the clean examples is the target, a constant: no gradient flows through it.

    w: float[D]    clean, noisy: float[N, D]
    Returns loss: float, a plain number, and gradient: float[D].
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- precision


def safe_log_softmax(logits):
    """log softmax along the last axis, computed and returned in float32 at least.

    logits: float[..., V] of any float dtype
    Returns float[..., V]: float32 for float16 and bfloat16; float32 and float64 stay what they are.
    """
    raise NotImplementedError


def nll_gradient(logits, targets):
    """The mean over N of -log p[target], with safe_log_softmax, and its gradient by autograd.

    logits: float[N, V] of any float dtype    targets: int64[N]
    Returns loss: a tensor without axes and without a graph, of safe_log_softmax's dtype;
    gradient: float[N, V] of the logits' dtype, as always with a leaf.
    """
    raise NotImplementedError


def master_steps(w, gradients, lr):
    """Descent on weights of low precision that loses no small step: w - lr g, one gradient after the other.

    The steps are taken on a copy in float32 at least; what is returned is that copy, rounded to w's dtype.

    w: float[D] of any float dtype    gradients: list of float[D] of w's dtype    lr: number
    Returns the list of w after each step: float[D] of w's dtype each.
    """
    raise NotImplementedError
