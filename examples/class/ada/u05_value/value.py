"""A number that remembers how it was computed. The lesson is README.md, in this folder.

With this class you write the forward pass only; the gradients follow from it. PyTorch does the same with
tensors in the place of numbers.
"""

import math
import random
from itertools import pairwise


class Value:
    """A number, and what it was computed from: one node of a computation graph.

    data: float, the number
    grad: float, d(root)/d(self), once root.backward() was called; 0.0 before
    children: tuple of Values, the operands; () in a leaf
    local_grads: tuple of floats, d(self)/d(child) for each child, in the order of children
    """

    recording = True  # False inside `with no_grad():`, where results forget their operands

    def __init__(self, data, children=(), local_grads=()):
        self.data = float(data)
        self.grad = 0.0
        self.children = tuple(children) if Value.recording else ()
        self.local_grads = tuple(local_grads) if Value.recording else ()

    def __repr__(self):
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"

    # ------------------------------------------------------------------------ u05.value_ops

    def __add__(self, other):
        """self + other.

        other: Value or plain number    Returns a Value with the children (self, other); a plain number
        becomes a leaf of its own, or is left out of the children. Changes nothing.
        """
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        """self * other.

        other: Value or plain number    Returns a Value with the children (self, other); a plain number
        becomes a leaf of its own, or is left out of the children. Changes nothing.
        """
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    # ------------------------------------------------------------------------ u05.reflected_ops
    # Each returns a Value and changes nothing. It may be one new node, or be built from other operators.

    def __neg__(self):
        """-self."""
        return self * -1.0

    def __radd__(self, number):
        """number + self, for a plain number on the left; sum() begins with 0 + first."""
        return self + number

    def __sub__(self, other):
        """self - other, for a Value or a plain number."""
        return self + (-other)

    def __rsub__(self, number):
        """number - self."""
        return (-self) + number

    def __rmul__(self, number):
        """number * self."""
        return self * number

    def __truediv__(self, other):
        """self / other, for a Value or a plain number."""
        return self * other**-1

    def __rtruediv__(self, number):
        """number / self."""
        return number * self**-1

    def __pow__(self, n):
        """self ** n for a plain number n: int or float, of any sign.

        Raises TypeError for anything else, so that nobody believes that a Value as exponent gets a gradient.
        """
        if not isinstance(n, (int, float)):
            raise TypeError(f"cannot raise to the power of a {type(n).__name__}")
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    # ------------------------------------------------------------------------ u05.nonlinear_ops

    def exp(self):
        """e ** self."""
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        """Natural logarithm of self.

        Raises ValueError where self is not greater than 0; its text says log and the number.
        """
        if self.data <= 0:
            raise ValueError(f"log({self.data}) does not exist")
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self):
        """Hyperbolic tangent of self, for numbers of any size."""
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t**2,))

    def relu(self):
        """self where it is greater than 0, else 0. The derivative at 0 is 0."""
        if self.data > 0:
            return Value(self.data, (self,), (1.0,))
        return Value(0.0, (self,), (0.0,))

    def sigmoid(self):
        """1 / (1 + e**-self), for numbers of any size and sign."""
        if self.data >= 0:
            s = 1 / (1 + math.exp(-self.data))
        else:
            s = math.exp(self.data) / (1 + math.exp(self.data))
        return Value(s, (self,), (s * (1 - s),))

    # ------------------------------------------------------------------------ u05.backward and after

    def backward(self):
        """Gradients of self, in every node that it was computed from.

        Afterwards node.grad = d(self)/d(node), self included. In a leaf (a node without children) this is
        added to the grad that the leaf had. In all others it takes the place of what earlier calls left.
        """
        order = topological_order(self)
        for node in order:
            if node.children:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for child, local in zip(node.children, node.local_grads):
                child.grad += local * node.grad

    def zero_grad(self):
        """Set grad to 0.0 in every node that self was computed from, leaves and self included."""
        for node in topological_order(self):
            node.grad = 0.0

    def detach(self):
        """A new leaf with the number of self; gradients do not pass. Its grad is 0.0; self stays as it is."""
        return Value(self.data)


def topological_order(root):
    """All nodes that root was computed from, and root, as a list: each one once, children before parents.

    root: Value    Nodes are told apart by identity: two of them may hold the same number.
    A chain of 100,000 nodes is fine, with Python's recursion limit as it is. Changes nothing.
    """
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
    """Gradients of the sum of all losses, in the parameters.

    losses: list of Values, which may share nodes    parameters: list of leaves
    What the parameters' grad held before is gone; one that no loss uses has the grad 0.0. Returns nothing.
    """
    for p in parameters:
        p.grad = 0.0
    for loss in losses:
        loss.backward()


class no_grad:
    """`with no_grad():` switches Value.recording off in its block: results have no children there.

    At the end, also when an error ends the block, the flag is what it was before. Blocks may be nested.
    Errors pass. Any context manager will do: this class, or a function in its place.
    """

    def __enter__(self):
        self.was = Value.recording
        Value.recording = False

    def __exit__(self, kind, error, traceback):
        Value.recording = self.was


class Neuron:
    """tanh(w1 x1 + ... + wn xn + bias), or without the tanh.

    weights: list of Values [n]    bias: Value    activate: whether there is a tanh
    """

    def __init__(self, weights, bias, activate=True):
        self.weights = [Value(w) for w in weights]
        self.bias = Value(bias)
        self.activate = activate

    def __call__(self, xs):
        """xs: list of n Values or plain numbers    Returns a Value."""
        z = self.bias
        for w, x in zip(self.weights, xs):
            z = z + w * x
        return z.tanh() if self.activate else z


class MLP:
    """Layers of neurons; each layer reads what the one before gives. The last one has no tanh.

    sizes: [inputs, neurons of layer 1, ..., neurons of the last layer]    seed: for the first weights
    """

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
        """All weights and biases, as one list of Values."""
        neurons = [neuron for layer in self.layers for neuron in layer]
        return [p for neuron in neurons for p in (*neuron.weights, neuron.bias)]

    def __call__(self, xs):
        """xs: list of Values or plain numbers, as many as inputs    Returns a list of Values, the logits."""
        for layer in self.layers:
            xs = [neuron(xs) for neuron in layer]
        return xs


def softmax_cross_entropy(logits, target):
    """-log p[target] with p = softmax(logits), for logits of any size.

    logits: list of Values [V]    target: int, the right class    Returns a Value.
    """
    largest = max(z.data for z in logits)
    exps = [(z - largest).exp() for z in logits]
    return sum(exps).log() + largest - logits[target]


def sample(logits, rng):
    """One class, drawn with the probabilities softmax(logits), by one call of rng.choices.

    logits: list of Values [V], of any size    rng: random.Random    Returns an int.
    """
    largest = max(z.data for z in logits)
    weights = [math.exp(z.data - largest) for z in logits]
    return rng.choices(range(len(weights)), weights=weights)[0]


def sgd_step(parameters, lr):
    """w - lr * dL/dw for each parameter, in place: the Values stay, their data changes. Returns nothing.

    parameters: list of leaves with their grad    lr: float, the learning rate
    """
    for p in parameters:
        p.data -= lr * p.grad


def train(model, inputs, targets, steps, lr):
    """Full-batch gradient descent on the mean of softmax_cross_entropy over all examples.

    model: MLP    inputs: list of lists of numbers    targets: list of ints, one for each input
    Returns a list of floats [steps]: the loss of each step, before its update.
    """
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
