"""A number that remembers how it was computed."""

import math
import random
from itertools import pairwise


def value(x):
    """x as a Value"""
    return x if isinstance(x, Value) else Value(x)


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
        b = value(other)
        out = Value(self.data + b.data, [self, b], [1.0, 1.0])
        return out

    def __mul__(self, other):
        b = value(other)
        out = Value(self.data * b.data, [self, b], [b.data, self.data])
        return out

    def __neg__(self):
        return value(0) - self

    def __radd__(self, number):
        return value(number) + self

    def __sub__(self, other):
        return self + value(other) * -1

    def __rsub__(self, number):
        return value(number) - self

    def __rmul__(self, number):
        return value(number) * self

    def __truediv__(self, other):
        return self * value(other) ** -1

    def __rtruediv__(self, number):
        return value(number) / self

    def __pow__(self, n):
        if type(n) not in (int, float):
            raise TypeError("the exponent is not a number")
        slope = n * self.data ** (n - 1)
        return Value(self.data**n, [self], [slope])

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
        Value.recording = self.was


class Neuron:
    def __init__(self, weights, bias, activate=True):
        self.weights = [Value(w) for w in weights]
        self.bias = Value(bias)
        self.activate = activate

    def __call__(self, xs):
        z = self.bias
        for w, x in zip(self.weights, xs):
            z = z + w * x
        return z.tanh() if self.activate else z


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
        for layer in self.layers:
            xs = [neuron(xs) for neuron in layer]
        return xs


def softmax_cross_entropy(logits, target):
    largest = max(z.data for z in logits)
    exps = [(z - largest).exp() for z in logits]
    return sum(exps).log() + largest - logits[target]


def sample(logits, rng):
    largest = max(z.data for z in logits)
    weights = [math.exp(z.data - largest) for z in logits]
    return rng.choices(range(len(weights)), weights=weights)[0]


def sgd_step(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad


def train(model, inputs, targets, steps, lr):
    history = []
    for _ in range(steps):
        loss = sum(softmax_cross_entropy(model(x), t) for x, t in zip(inputs, targets)) / len(inputs)
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(loss.data)
    return history
