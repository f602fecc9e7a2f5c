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
        copy = Value(self.data)
        return copy


def topological_order(root):
    def visit(v, seen, out):
        if v in seen:
            return
        seen.add(v)
        for c in v.children:
            visit(c, seen, out)
        out.append(v)

    out = []
    visit(root, set(), out)
    return out


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
    top = max(logits)
    exps = [(z - top).exp() for z in logits]
    return sum(exps).log() - (logits[target] - top)


def sample(logits, rng):
    m = max([z.data for z in logits])
    p = [math.exp(z.data - m) for z in logits]
    total = sum(p)
    return rng.choices(range(len(p)), [q / total for q in p])[0]


def sgd_step(parameters, lr):
    for w in parameters:
        w.data = w.data - lr * w.grad


def train(model, inputs, targets, steps, lr):
    params = model.parameters()
    history = []
    while len(history) < steps:
        terms = [softmax_cross_entropy(model(x), t) for x, t in zip(inputs, targets)]
        loss = sum(terms) * (1 / len(terms))
        accumulate([loss], params)
        sgd_step(params, lr)
        history.append(loss.data)
    return history
