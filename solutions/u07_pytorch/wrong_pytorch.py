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


@wrong(
    "u07.accumulation", diagnosis="the list holds one tensor several times: later passes write into it"
)
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


@wrong("u07.accumulation", diagnosis="a factor 2 is missing")
def grad_history(w, batches):
    """The mean of the gradients so far."""
    w = w.detach().clone().requires_grad_()
    history = []
    for x, y in batches:
        mse_loss(x @ w, y).backward()
        history.append(w.grad / (len(history) + 1))
    return history


@wrong("u07.accumulation", diagnosis="zeros where None belongs: with set_to_none nothing is left to step with")
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
