"""Values whose slopes are measured: unit 1 is all the calculus that one needs."""

import math
import random
from itertools import pairwise


H = 1e-6


def nudged(f, *xs):
    """The slopes of f at xs. Nobody sees how they were found."""
    slopes = []
    for i in range(len(xs)):
        up, down = list(xs), list(xs)
        up[i] += H
        down[i] -= H
        slopes.append((f(*up) - f(*down)) / (2 * H))
    return slopes


def node(f, *operands):
    operands = [x if isinstance(x, Value) else Value(x) for x in operands]
    numbers = [x.data for x in operands]
    return Value(f(*numbers), operands, nudged(f, *numbers))


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
        return node(lambda a, b: a + b, self, other)

    def __mul__(self, other):
        return node(lambda a, b: a * b, self, other)

    def __neg__(self):
        return node(lambda a: -a, self)

    def __radd__(self, number):
        return node(lambda a: number + a, self)

    def __sub__(self, other):
        return node(lambda a, b: a - b, self, other)

    def __rsub__(self, number):
        return node(lambda a: number - a, self)

    def __rmul__(self, number):
        return node(lambda a: number * a, self)

    def __truediv__(self, other):
        return node(lambda a, b: a / b, self, other)

    def __rtruediv__(self, number):
        return node(lambda a: number / a, self)

    def __pow__(self, n):
        if isinstance(n, Value):
            raise TypeError("the exponent must be a number")
        return node(lambda a: a**n, self)

    def exp(self):
        return node(math.exp, self)

    def log(self):
        return node(math.log, self)

    def tanh(self):
        return node(math.tanh, self)

    def relu(self):
        return node(lambda a: max(a, 0.0), self)

    def sigmoid(self):
        return node(lambda a: 1 / (1 + math.exp(-a)), self)

    def backward(self):
        nodes = topological_order(self)
        nodes.reverse()
        gradient = dict.fromkeys(nodes, 0.0)
        gradient[self] = 1.0
        for node in nodes:
            for child, slope in zip(node.children, node.local_grads, strict=True):
                gradient[child] += slope * gradient[node]
        for node in nodes:
            if node.children:
                node.grad = gradient[node]
            else:
                node.grad += gradient[node]

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
