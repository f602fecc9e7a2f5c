"""Unit 5. Every operator makes one node, with slopes of its own."""

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
        return Value(number - self.data, (self,), (-1,))

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
        seen, stack = {self}, [self]
        while stack:
            node = stack.pop()
            node.grad = 0.0
            for child in node.children:
                if child not in seen:
                    seen.add(child)
                    stack.append(child)

    def detach(self):
        copy = Value(self.data)
        return copy


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
    for x in parameters:
        x.grad = 0.0
    # leaves add up by themselves
    for l in losses:
        l.backward()


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
    params = model.parameters()
    history = []
    while len(history) < steps:
        terms = [softmax_cross_entropy(model(x), t) for x, t in zip(inputs, targets)]
        loss = sum(terms) * (1 / len(terms))
        accumulate([loss], params)
        sgd_step(params, lr)
        history.append(loss.data)
    return history
