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
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1, 1))
        return Value(self.data + other, (self,), (1,))

    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.data * other.data, (self, other), (other.data, self.data))
        return Value(self.data * other, (self,), (other,))

    def __neg__(self):
        return Value(-self.data, (self,), (-1,))

    def __radd__(self, number):
        return Value(number + self.data, (self,), (1,))

    def __sub__(self, other):
        if not isinstance(other, Value):
            return Value(self.data - other, (self,), (1,))
        return Value(self.data - other.data, (self, other), (1, -1))

    def __rsub__(self, number):
        return self - number

    def __rmul__(self, number):
        return Value(number * self.data, (self,), (number,))

    def __truediv__(self, other):
        if not isinstance(other, Value):
            return Value(self.data / other, (self,), (1 / other,))
        a, b = self.data, other.data
        return Value(a / b, (self, other), (1 / b, -a / b**2))

    def __rtruediv__(self, number):
        return Value(number / self.data, (self,), (-number / self.data**2,))

    def __pow__(self, n):
        if isinstance(n, Value):
            raise TypeError("only plain numbers as exponents")
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
    order, visited = [], {id(root)}
    stack = [(root, iter(root.children))]
    while stack:
        node, rest = stack[-1]
        for child in rest:
            if id(child) not in visited:
                visited.add(id(child))
                stack.append((child, iter(child.children)))
                break
        else:  # nothing left below this one
            order.append(node)
            stack.pop()
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
