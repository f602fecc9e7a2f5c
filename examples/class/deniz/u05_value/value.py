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
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        if self.data <= 0:
            raise ValueError(f"log({self.data}) does not exist")
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t**2,))

    def relu(self):
        if self.data > 0:
            return Value(self.data, (self,), (1.0,))
        return Value(0.0, (self,), (0.0,))

    def sigmoid(self):
        if self.data >= 0:
            s = 1 / (1 + math.exp(-self.data))
        else:
            s = math.exp(self.data) / (1 + math.exp(self.data))
        return Value(s, (self,), (s * (1 - s),))

    def backward(self):
        order = topological_order(self)
        for node in order:
            if node.children:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for child, local in zip(node.children, node.local_grads):
                child.grad += local * node.grad

    def zero_grad(self):
        for node in topological_order(self):
            node.grad = 0.0

    def detach(self):
        copy = Value(self.data)
        return copy


def topological_order(root):
    order = []
    visited = set()

    def build(node):
        if node not in visited:
            visited.add(node)
            for child in node.children:
                build(child)
            order.append(node)

    build(root)
    return order


def accumulate(losses, parameters):
    for p in parameters:
        p.grad = 0.0
    for loss in losses:
        loss.backward()


class no_grad:
    def __enter__(self):
        self.old, Value.recording = Value.recording, False
        return self

    def __exit__(self, kind, error, traceback):
        Value.recording = self.old
        return False


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
    losses = []
    for step in range(steps):
        total = 0
        for x, t in zip(inputs, targets):
            total = total + softmax_cross_entropy(model(x), t)
        mean = total / len(inputs)
        mean.zero_grad()
        mean.backward()
        sgd_step(model.parameters(), lr)
        losses.append(mean.data)
    return losses
