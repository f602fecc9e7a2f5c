"""Right answers of unit 5 in other styles. Each must earn everything, in process and in the jail."""

import math
from collections import deque
from contextlib import ContextDecorator, contextmanager
from functools import reduce
from operator import mul

import numpy as np

from grader.verify.bank import right

# ---------------------------------------------------------------------------- value_ops


@right("u05.value_ops")
class Value:
    """A plain number is no node: the result has one child only."""

    def __add__(self, other):
        if isinstance(other, Value):
            return Value(self.data + other.data, [self, other], [1, 1])
        return Value(self.data + other, [self], [1])

    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.data * other.data, [self, other], [other.data, self.data])
        return Value(self.data * other, [self], [other])


@right("u05.value_ops")
class Value:
    """A helper makes both."""

    def _binary(self, other, f, slopes):
        if type(other) is not type(self):
            other = self.__class__(other)
        x, y = self.data, other.data
        return self.__class__(f(x, y), (self, other), slopes(x, y))

    def __add__(self, other):
        return self._binary(other, lambda x, y: x + y, lambda x, y: (1.0, 1.0))

    def __mul__(self, other):
        return self._binary(other, lambda x, y: x * y, lambda x, y: (y, x))


@right("u05.value_ops")
class Value:
    """The fields are set after the node was made."""

    def __add__(self, other):
        if not hasattr(other, "children"):
            other = Value(other)
        result = Value(self.data + other.data)
        if Value.recording:
            result.children = (self, other)
            result.local_grads = (1.0, 1.0)
        return result

    def __mul__(self, other):
        if not hasattr(other, "children"):
            other = Value(other)
        result = Value(np.prod([self.data, other.data]))
        if Value.recording:
            result.children = (self, other)
            result.local_grads = (other.data, self.data)
        return result


# ---------------------------------------------------------------------------- reflected_ops


@right("u05.reflected_ops")
class Value:
    """Every operator makes one node of its own, with its own slopes."""

    def __neg__(self):
        return Value(-self.data, (self,), (-1.0,))

    def __radd__(self, number):
        return Value(number + self.data, (self,), (1.0,))

    def __sub__(self, other):
        if not isinstance(other, Value):
            return Value(self.data - other, (self,), (1.0,))
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __rsub__(self, number):
        return Value(number - self.data, (self,), (-1.0,))

    def __rmul__(self, number):
        return Value(number * self.data, (self,), (number,))

    def __truediv__(self, other):
        if not isinstance(other, Value):
            return Value(self.data / other, (self,), (1 / other,))
        return Value(self.data / other.data, (self, other), (1 / other.data, -self.data / other.data**2))

    def __rtruediv__(self, number):
        return Value(number / self.data, (self,), (-number / self.data**2,))

    def __pow__(self, n):
        if isinstance(n, Value):
            raise TypeError("Value ** Value is not supported")
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))


@right("u05.reflected_ops")
class Value:
    """Numbers on the left become Values, and the plain operators do the rest."""

    def __neg__(self):
        return Value(0) - self

    def __radd__(self, number):
        return Value(number) + self

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, number):
        return Value(number) - self

    def __rmul__(self, number):
        return Value(number) * self

    def __truediv__(self, other):
        if not isinstance(other, Value):
            return self * (1 / other)
        return self * Value(1 / other.data, (other,), (-1 / other.data / other.data,))

    def __rtruediv__(self, number):
        return Value(number) / self

    def __pow__(self, n):
        if type(n) not in (int, float):
            return NotImplemented
        return Value(math.pow(self.data, n), [self], [n * math.pow(self.data, n - 1)])


@right("u05.reflected_ops")
class Value:
    """The same method under two names; whole powers by repeated products."""

    def __neg__(self):
        return -1.0 * self

    def __radd__(self, number):
        return self.__add__(number)

    def __sub__(self, other):
        return self.__add__(-other)

    def __rsub__(self, number):
        return (self - number) * -1

    def __rmul__(self, number):
        return self.__mul__(number)

    def __truediv__(self, other):
        return self * pow(other, -1)

    def __rtruediv__(self, number):
        return number * pow(self, -1)

    def __pow__(self, n):
        match n:
            case int() if n > 0:
                return reduce(mul, [self] * n)
            case int() | float():
                return Value(self.data**n, (self,), (n * self.data ** (n - 1),))
            case _:
                raise TypeError(f"{type(n).__name__} as exponent")


# ---------------------------------------------------------------------------- topological_order


@right("u05.topological_order")
def topological_order(root):
    """Kahn's algorithm from the root: a node is listed when all of its parents are, then all is reversed."""
    parents, waiting = {root: 0}, [root]
    while waiting:
        for child in waiting.pop().children:
            if child not in parents:
                parents[child] = 0
                waiting.append(child)
            parents[child] += 1
    order, ready = [], deque([root])
    while ready:
        node = ready.popleft()
        order.append(node)
        for child in node.children:
            parents[child] -= 1
            if parents[child] == 0:
                ready.append(child)
    return order[::-1]


@right("u05.topological_order")
def topological_order(root):
    """A stack of iterators, as recursion keeps them; ids in the place of nodes."""
    order, seen, stack = [], {id(root)}, [(root, iter(root.children))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if id(child) not in seen:
                seen.add(id(child))
                stack.append((child, iter(child.children)))
                break
        else:
            order.append(node)
            stack.pop()
    return order


@right("u05.topological_order")
def topological_order(root):
    """A node stays on the stack until all of its children are listed."""
    listed = {}
    stack = [root]
    while stack:
        node = stack[-1]
        open_children = [child for child in node.children if child not in listed]
        if open_children:
            stack.extend(open_children)
        else:
            listed.setdefault(node, len(listed))
            stack.pop()
    return sorted(listed, key=listed.get)


@right("u05.topological_order")
def topological_order(root):
    """Recursion in the clothes of generators, driven by a loop."""

    def visit(node):
        seen.add(node)
        for child in node.children:
            if child not in seen:
                yield child
        order.append(node)

    order, seen = [], set()
    calls = [visit(root)]
    while calls:
        child = next(calls[-1], None)
        if child is None:
            calls.pop()
        elif child not in seen:
            calls.append(visit(child))
    return order


@right("u05.topological_order")
def topological_order(root):
    """Kahn's algorithm from the leaves: a node is listed when all of its children are."""
    users, missing, stack = {}, {}, [root]
    while stack:
        node = stack.pop()
        if node in missing:
            continue
        children = set(node.children)
        missing[node] = len(children)
        for child in children:
            users.setdefault(child, []).append(node)
            stack.append(child)
    order = [node for node, count in missing.items() if count == 0]
    for node in order:
        for user in users.get(node, ()):
            missing[user] -= 1
            if missing[user] == 0:
                order.append(user)
    return order


# ---------------------------------------------------------------------------- backward


@right("u05.backward")
def backward(self):
    """The gradients are collected in a dict, and written at the end."""
    order = topological_order(self)
    total = dict.fromkeys(order, 0.0)
    total[self] = 1.0
    for node in order[::-1]:
        for child, slope in zip(node.children, node.local_grads, strict=True):
            total[child] += slope * total[node]
    for node, grad in total.items():
        node.grad = grad if node.children else node.grad + grad


@right("u05.backward")
def backward(self):
    """What the leaves had is put aside; then all nodes are the same."""
    nodes = topological_order(self)
    old = [0.0 if node.children else node.grad for node in nodes]
    for node in nodes:
        node.grad = 0.0
    self.grad = 1.0
    while nodes:
        node = nodes.pop()
        for k in range(len(node.children)):
            node.children[k].grad = node.children[k].grad + node.local_grads[k] * node.grad
        node.grad += old[len(nodes)]


@right("u05.backward")
def backward(self):
    """Each node asks its parents, with arrays of numpy in the place of a loop over contributions."""
    order = topological_order(self)[::-1]
    parts = {id(node): [] for node in order}
    parts[id(self)].append(1.0)
    for node in order:
        node.grad = float(np.sum(parts[id(node)])) + (0.0 if node.children else node.grad)
        flow = node.grad if node.children else 0.0
        for child, part in zip(node.children, np.multiply(node.local_grads, flow), strict=True):
            parts[id(child)].append(float(part))


# ---------------------------------------------------------------------------- nonlinear_ops


@right("u05.nonlinear_ops")
class Value:
    """By numpy."""

    def exp(self):
        y = np.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        if self.data <= 0:
            raise ValueError("log: " + str(self.data) + " is not greater than 0")
        return Value(np.log(self.data), (self,), (np.reciprocal(self.data),))

    def tanh(self):
        return Value(np.tanh(self.data), (self,), (1.0 - np.tanh(self.data) ** 2,))

    def relu(self):
        return Value(np.maximum(0, self.data), (self,), (np.heaviside(self.data, 0.0),))

    def sigmoid(self):
        s = (1 + np.tanh(self.data / 2)) / 2
        return Value(s, (self,), ((1 - s) * s,))


@right("u05.nonlinear_ops")
class Value:
    """Each sign of the argument by itself."""

    def exp(self):
        return Value(math.e**self.data, (self,), (math.e**self.data,))

    def log(self):
        try:
            return Value(math.log(self.data), (self,), (self.data**-1,))
        except ValueError:
            raise ValueError(f"math.log({self.data})") from None

    def tanh(self):
        e = math.exp(-2 * abs(self.data))
        t = (1 - e) / (1 + e) * (1 if self.data > 0 else -1)
        return Value(t, (self,), (4 * e / (1 + e) ** 2,))

    def relu(self):
        if self.data > 0:
            return Value(self.data, (self,), (1.0,))
        return Value(0.0, (self,), (0.0,))

    def sigmoid(self):
        if self.data < 0:
            e = math.exp(self.data)
            return Value(e / (e + 1), (self,), (e / (e + 1) ** 2,))
        e = math.exp(-self.data)
        return Value(1 / (1 + e), (self,), (e / (1 + e) ** 2,))


@right("u05.nonlinear_ops")
class Value:
    """One helper, and sigmoid from tanh."""

    def _apply(self, y, slope):
        return Value(y, (self,), (slope,))

    def exp(self):
        return self._apply(*[math.exp(self.data)] * 2)

    def log(self):
        if not (self.data > 0.0):
            raise ValueError(f"log is not defined for {self.data:g}")
        return self._apply(math.log(self.data), 1.0 / self.data)

    def tanh(self):
        return self._apply(math.tanh(self.data), 1 - math.tanh(self.data) ** 2)

    def relu(self):
        return self._apply(self.data * (self.data > 0), float(self.data > 0))

    def sigmoid(self):
        return (self * 0.5).tanh() * 0.5 + 0.5


# ---------------------------------------------------------------------------- zero_grad_and_repeat


@right("u05.zero_grad_and_repeat")
class Value:
    """A walk of its own, without an order."""

    def zero_grad(self):
        seen, waiting = set(), [self]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                node.grad = 0.0
                waiting.extend(node.children)


@right("u05.zero_grad_and_repeat")
def accumulate(losses, parameters):
    """The sum of the losses is one more node, and one pass does it all."""
    for p in parameters:
        p.grad = 0.0
    total = Value(0)
    for loss in losses:
        total = total + loss
    total.backward()


@right("u05.zero_grad_and_repeat")
def accumulate(losses, parameters):
    """The gradients of each loss alone, added up outside of the graph."""
    total = [0.0] * len(parameters)
    for loss in losses:
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        total = [before + p.grad for before, p in zip(total, parameters, strict=True)]
    for p, grad in zip(parameters, total, strict=True):
        p.grad = grad


@right("u05.zero_grad_and_repeat")
def accumulate(losses, parameters):
    """Graphs and parameters are set to zero."""
    for node in [*losses, *parameters]:
        node.zero_grad()
    for loss in reversed(losses):
        loss.backward()


# ---------------------------------------------------------------------------- no_grad_and_detach


@right("u05.no_grad_and_detach")
@contextmanager
def no_grad():
    """A generator with try and finally."""
    before = Value.recording
    Value.recording = False
    try:
        yield
    finally:
        Value.recording = before


@right("u05.no_grad_and_detach")
class no_grad:
    """A stack of flags, shared by all blocks."""

    flags = ()

    def __enter__(self):
        no_grad.flags = (*no_grad.flags, Value.recording)
        Value.recording = False
        return self

    def __exit__(self, *error):
        *no_grad.flags, Value.recording = no_grad.flags
        return False


@right("u05.no_grad_and_detach")
class no_grad(ContextDecorator):
    """Can decorate functions too; returns the class."""

    def __enter__(self):
        self.previous, Value.recording = Value.recording, False
        return Value

    def __exit__(self, kind, error, traceback):
        Value.recording = self.previous


@right("u05.no_grad_and_detach")
def detach(self):
    """A result that is computed where nothing is recorded."""
    with no_grad():
        return self * 1.0


@right("u05.no_grad_and_detach")
def detach(self):
    """All fields said."""
    return type(self)(data=self.data, children=(), local_grads=())


# ---------------------------------------------------------------------------- value_mlp


@right("u05.value_mlp")
class Neuron:
    """A loop over the inputs."""

    def __call__(self, xs):
        total = self.bias
        for i in range(len(self.weights)):
            total = total + self.weights[i] * xs[i]
        if self.activate:
            total = total.tanh()
        return total


@right("u05.value_mlp")
class MLP:
    """Layer by layer, by reduce."""

    def __call__(self, xs):
        return reduce(lambda signal, layer: [neuron(signal) for neuron in layer], self.layers, list(xs))


@right("u05.value_mlp")
def softmax_cross_entropy(logits, target):
    """The largest logit is subtracted as a Value: its gradients cancel."""
    top = logits[np.argmax([z.data for z in logits])]
    shifted = [z - top for z in logits]
    total = 0
    for z in shifted:
        total = total + z.exp()
    return -shifted[target] + total.log()


@right("u05.value_mlp")
def softmax_cross_entropy(logits, target):
    """One node, with the slopes that are known."""
    top = max(z.data for z in logits)
    exps = [math.exp(z.data - top) for z in logits]
    total = math.fsum(exps)
    slopes = [e / total - (k == target) for k, e in enumerate(exps)]
    return Value(math.log(total) + top - logits[target].data, logits, slopes)


@right("u05.value_mlp")
def sample(logits, rng):
    """The probabilities by Values, their numbers to rng.choices."""
    top = max(logits, key=lambda z: z.data).data
    exps = [(z - top).exp() for z in logits]
    total = sum(exps)
    return rng.choices(list(range(len(logits))), weights=[(e / total).data for e in exps])[0]


@right("u05.value_mlp")
def sgd_step(parameters, lr):
    """In a block where nothing is recorded, although numbers are never recorded."""
    with no_grad():
        for p in parameters:
            p.data = p.data - lr * p.grad


@right("u05.value_mlp")
def train(model, inputs, targets, steps, lr):
    """By accumulate, with the losses already divided."""
    parameters, history = model.parameters(), []
    for _ in range(steps):
        losses = list(map(softmax_cross_entropy, map(model, inputs), targets))
        history.append(sum(loss.data for loss in losses) / len(losses))
        accumulate([loss / len(losses) for loss in losses], parameters)
        sgd_step(parameters, lr)
    return history


@right("u05.value_mlp")
def train(model, inputs, targets, steps, lr):
    """The parameters' gradients are set to zero by hand, after the step."""
    history = []
    for p in model.parameters():
        p.grad = 0.0
    while len(history) < steps:
        total = 0
        for x, target in zip(inputs, targets, strict=True):
            total += softmax_cross_entropy(model(x), target)
        loss = total * (1 / len(inputs))
        loss.backward()
        history.append(loss.data)
        for p in model.parameters():
            p.data -= lr * p.grad
            p.grad = 0.0
    return history
