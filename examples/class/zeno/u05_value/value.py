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
        raise NotImplementedError

    def __radd__(self, number):
        raise NotImplementedError

    def __sub__(self, other):
        raise NotImplementedError

    def __rsub__(self, number):
        raise NotImplementedError

    def __rmul__(self, number):
        raise NotImplementedError

    def __truediv__(self, other):
        raise NotImplementedError

    def __rtruediv__(self, number):
        raise NotImplementedError

    def __pow__(self, n):
        raise NotImplementedError

    def exp(self):
        raise NotImplementedError

    def log(self):
        raise NotImplementedError

    def tanh(self):
        raise NotImplementedError

    def relu(self):
        raise NotImplementedError

    def sigmoid(self):
        raise NotImplementedError

    def backward(self):
        topo = topological_order(self)
        for v in topo:
            if v.children:
                v.grad = 0.0
        self.grad += 1.0
        for v in topo[::-1]:
            for i in range(len(v.children)):
                v.children[i].grad = v.local_grads[i] * v.grad

    def zero_grad(self):
        raise NotImplementedError

    def detach(self):
        raise NotImplementedError


def topological_order(root):
    order = []
    done = set()
    todo = [root]
    while todo:
        node = todo[-1]
        waiting = [c for c in node.children if c not in done]
        if waiting:
            todo.extend(waiting)
        else:
            todo.pop()
            if node not in done:
                done.add(node)
                order.append(node)
    return order


def accumulate(losses, parameters):
    raise NotImplementedError


class no_grad:
    def __enter__(self):
        raise NotImplementedError

    def __exit__(self, kind, error, traceback):
        raise NotImplementedError


class Neuron:
    def __init__(self, weights, bias, activate=True):
        self.weights = [Value(w) for w in weights]
        self.bias = Value(bias)
        self.activate = activate

    def __call__(self, xs):
        raise NotImplementedError


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
        raise NotImplementedError


def softmax_cross_entropy(logits, target):
    raise NotImplementedError


def sample(logits, rng):
    raise NotImplementedError


def sgd_step(parameters, lr):
    raise NotImplementedError


def train(model, inputs, targets, steps, lr):
    raise NotImplementedError
