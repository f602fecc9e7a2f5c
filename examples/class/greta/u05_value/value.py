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
        return self - number

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
        raise NotImplementedError

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
