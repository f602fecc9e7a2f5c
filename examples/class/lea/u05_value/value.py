"""A number that remembers how it was computed."""

import math
import random
from itertools import pairwise


class Value:
    recording = True  # False inside `with no_grad():`, where results forget their operands

    def __init__(self, data, children=(), local_grads=()):
        self.data = float(data)
        self.grad = 0.0
        self.children = tuple(children) if Value.recording else ()
        self.local_grads = tuple(local_grads) if Value.recording else ()

    def __repr__(self):
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __neg__(self):
        return self * -1.0

    def __radd__(self, number):
        return self + number

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, number):
        return (-self) + number

    def __rmul__(self, number):
        return self * number

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, number):
        return number * self**-1

    def __pow__(self, n):
        if not isinstance(n, (int, float)):
            raise TypeError(f"cannot raise to the power of a {type(n).__name__}")
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        out = Value(math.exp(self.data), [self])
        out.local_grads = (out.data,) if Value.recording else ()
        return out

    def log(self):
        x = self.data
        if not x > 0:
            raise ValueError("log of %r: not a positive number" % x)
        return Value(math.log(x), [self], [1 / x])

    def tanh(self):
        x = math.tanh(self.data)
        return Value(x, [self], [(1 + x) * (1 - x)])

    def relu(self):
        positive = self.data > 0
        return Value(self.data * positive, [self], [float(positive)])

    def sigmoid(self):
        # tanh does not overflow
        s = (1 + math.tanh(self.data / 2)) / 2
        return Value(s, [self], [s * (1 - s)])

    def backward(self):
        topo = topological_order(self)
        for v in topo:
            v.grad = v.grad if v.children == () else 0.0
        self.grad = self.grad + 1
        for v in topo[::-1]:
            for i in range(len(v.children)):
                v.children[i].grad += v.local_grads[i] * v.grad

    def zero_grad(self):
        for node in topological_order(self):
            node.grad = 0.0

    def detach(self):
        return Value(self.data)


def topological_order(root):
    # count how often each node is used
    uses = {root: 0}
    todo = [root]
    while todo:
        for child in todo.pop().children:
            if child not in uses:
                uses[child] = 0
                todo.append(child)
            uses[child] += 1
    # a node is next when all its users are in the list
    order = []
    ready = [root]
    while ready:
        node = ready.pop()
        order.append(node)
        for child in node.children:
            uses[child] -= 1
            if uses[child] == 0:
                ready.append(child)
    order.reverse()
    return order


def accumulate(losses, parameters):
    for p in parameters:
        p.grad = 0.0
    for loss in losses:
        loss.backward()


class no_grad:
    def __enter__(self):
        self.was = Value.recording
        Value.recording = False

    def __exit__(self, kind, error, traceback):
        if kind is None:
            Value.recording = self.was


class Neuron:
    def __init__(self, weights, bias, activate=True):
        self.weights = [Value(w) for w in weights]
        self.bias = Value(bias)
        self.activate = activate

    def __call__(self, xs):
        products = [w * x for w, x in zip(self.weights, xs, strict=True)]
        y = sum(products, start=self.bias)
        if self.activate:
            y = y.tanh()
        return y


class MLP:
    def __init__(self, sizes, seed=0):
        rng = random.Random(seed)
        self.layers = [
            [
                Neuron(
                    [rng.uniform(-1, 1) for _ in range(n)],
                    rng.uniform(-1, 1),
                    activate=layer < len(sizes) - 1,
                )
                for _ in range(m)
            ]
            for layer, (n, m) in enumerate(pairwise(sizes), 1)
        ]

    def parameters(self):
        neurons = [neuron for layer in self.layers for neuron in layer]
        return [p for neuron in neurons for p in (*neuron.weights, neuron.bias)]

    def __call__(self, xs):
        out = list(xs)
        for layer in self.layers:
            out = [n(out) for n in layer]
        return out


def softmax_cross_entropy(logits, target):
    m = max([z.data for z in logits])
    shifted = [z - m for z in logits]
    lse = sum(s.exp() for s in shifted).log()
    return lse - shifted[target]


def sample(logits, rng):
    m = max([z.data for z in logits])
    p = [math.exp(z.data - m) for z in logits]
    total = sum(p)
    return rng.choices(range(len(p)), [q / total for q in p])[0]


def sgd_step(parameters, lr):
    for w in parameters:
        w.data = w.data - lr * w.grad


def train(model, inputs, targets, steps, lr):
    history = []
    for _ in range(steps):
        loss = sum(softmax_cross_entropy(model(x), t) for x, t in zip(inputs, targets)) / len(inputs)
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(loss.data)
    return history
