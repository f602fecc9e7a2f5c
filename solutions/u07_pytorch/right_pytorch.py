"""Right answers of unit 7 in other styles. Each must earn everything, in process and in the jail."""

import math

import torch
from torch.nn.functional import cross_entropy, mse_loss

from grader.verify.bank import right

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
            p *= 1 - lr * weight_decay
            p -= lr * p.grad


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
