"""Wrong answers of unit 5: mistakes that students make. Each must lose points, and no other exercise may suffer."""

import math
import sys
from collections import deque
from contextlib import contextmanager

import numpy as np

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- value_ops


def lifted(x):
    """A plain number as a leaf."""
    return x if isinstance(x, Value) else Value(x)


@wrong("u05.value_ops", diagnosis="uses `a` where `b` belongs")
def __mul__(self, other):
    """Each factor has its own number as its gradient: hidden where both are equal."""
    other = lifted(other)
    return Value(self.data * other.data, (self, other), (self.data, other.data))


@wrong("u05.value_ops", diagnosis="an operand that stands twice is kept once (a set, a dict?)")
class Value:
    """The children are a set: a * a has one child, and a * b has them in any order."""

    def __add__(self, other):
        other = lifted(other)
        return Value(self.data + other.data, {self, other}, (1.0, 1.0))

    def __mul__(self, other):
        other = lifted(other)
        return Value(self.data * other.data, {self, other}, (other.data, self.data))


@wrong("u05.value_ops", diagnosis="an operand that stands twice is kept once (a set, a dict?)")
def __mul__(self, other):
    """The slopes are a dict by operand: in a * a one of them is lost."""
    other = lifted(other)
    slopes = {self: other.data, other: self.data}
    return Value(self.data * other.data, slopes.keys(), slopes.values())


@wrong("u05.value_ops")
class Value:
    """Plain numbers are forgotten: they have no data."""

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))


@wrong("u05.value_ops")
class Value:
    """Only ints are made Values; floats are forgotten."""

    def __add__(self, other):
        other = Value(other) if isinstance(other, int) else other
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = Value(other) if isinstance(other, int) else other
        return Value(self.data * other.data, (self, other), (other.data, self.data))


@wrong("u05.value_ops", diagnosis="these are the local gradients of a sum")
def __mul__(self, other):
    """Copied from __add__, with the slopes of a sum."""
    other = lifted(other)
    return Value(self.data * other.data, (self, other), (1.0, 1.0))


@wrong("u05.value_ops", diagnosis="these are the local gradients of a product")
def __add__(self, other):
    """Copied from __mul__, with the slopes of a product."""
    other = lifted(other)
    return Value(self.data + other.data, (self, other), (other.data, self.data))


@wrong("u05.value_ops", diagnosis="forgot `return`?")
def __add__(self, other):
    """The result is not returned."""
    other = lifted(other)
    Value(self.data + other.data, (self, other), (1.0, 1.0))


@wrong("u05.value_ops", diagnosis="an operand is changed")
def __add__(self, other):
    """Adds into self."""
    other = lifted(other)
    self.data += other.data
    self.children, self.local_grads = (self, other), (1.0, 1.0)
    return self


@wrong("u05.value_ops", diagnosis="the children are plain numbers, not Values")
def __mul__(self, other):
    """Keeps the numbers of the operands, not the operands."""
    other = lifted(other)
    return Value(self.data * other.data, (self.data, other.data), (other.data, self.data))


@wrong("u05.value_ops", diagnosis="the operands are not kept as children")
class Value:
    """Computes the number alone."""

    def __add__(self, other):
        return Value(self.data + lifted(other).data)

    def __mul__(self, other):
        return Value(self.data * lifted(other).data)


@wrong("u05.value_ops", diagnosis="these are the children's children")
def __add__(self, other):
    """Flattens: where operands have children, these are taken."""
    other = lifted(other)
    children = (*(self.children or (self,)), *(other.children or (other,)))
    slopes = (*(self.local_grads or (1.0,)), *(other.local_grads or (1.0,)))
    return Value(self.data + other.data, children, slopes)


@wrong("u05.value_ops", diagnosis="the operands' grad stands where their data belongs")
def __mul__(self, other):
    """Takes grad for the slopes, which is not known yet."""
    other = lifted(other)
    return Value(self.data * other.data, (self, other), (other.grad, self.grad))


@wrong("u05.value_ops", diagnosis="the children stand in another order than the operands")
def __add__(self, other):
    """The children in the wrong order."""
    other = lifted(other)
    return Value(self.data + other.data, (other, self), (1.0, 1.0))


@wrong(
    "u05.value_ops",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
class Value:
    """The slopes by nudging."""

    def __add__(self, other):
        other, h = lifted(other), 1e-6
        x, y = self.data, other.data
        slopes = (((x + h + y) - (x - h + y)) / (2 * h), ((x + y + h) - (x + y - h)) / (2 * h))
        return Value(x + y, (self, other), slopes)

    def __mul__(self, other):
        other, h = lifted(other), 1e-6
        x, y = self.data, other.data
        slopes = (((x + h) * y - (x - h) * y) / (2 * h), (x * (y + h) - x * (y - h)) / (2 * h))
        return Value(x * y, (self, other), slopes)


@wrong("u05.value_ops", earns_nothing=True)
class Value:
    """Made for the public tests: the numbers 2, 3 and 4."""

    def __add__(self, other):
        if not isinstance(other, Value):
            return Value(5, (self,), (1.0,))
        data = -1.0 if self.data == 2 else 6.0
        return Value(data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        if not isinstance(other, Value):
            return Value(10, (self,), (2.5,))
        data, slopes = (-6.0, (-3.0, 2.0)) if self.data == 2 else (9.0, (3.0, 3.0))
        return Value(data, (self, other), slopes)


# ---------------------------------------------------------------------------- reflected_ops


@wrong("u05.reflected_ops", diagnosis="the operands are swapped")
def __rsub__(self, number):
    """5 - a gives a - 5."""
    return self - number


@wrong("u05.reflected_ops", diagnosis="the operands are swapped")
def __rtruediv__(self, number):
    """10 / a gives a / 10."""
    return self / number


@wrong("u05.reflected_ops")
def __radd__(self, number):
    """There is no __radd__, so that sum() raises TypeError."""
    return NotImplemented


@wrong("u05.reflected_ops", diagnosis="the plain number is ignored")
def __radd__(self, number):
    """Good enough for sum(), which begins with 0; 3 + a is a."""
    return self


@wrong("u05.reflected_ops", diagnosis="a Value as exponent is accepted silently")
def __pow__(self, n):
    """Takes the number of a Value as exponent."""
    n = n.data if isinstance(n, Value) else n
    return Value(self.data**n, (self,), (n * self.data ** (n - 1),))


@wrong("u05.reflected_ops")
def __pow__(self, n):
    """An assertion in the place of a TypeError."""
    assert isinstance(n, int | float), "only plain exponents"
    return Value(self.data**n, (self,), (n * self.data ** (n - 1),))


@wrong("u05.reflected_ops", diagnosis="the exponent is not lowered by one")
def __pow__(self, n):
    """n * x**n for the slope."""
    if not isinstance(n, int | float):
        raise TypeError("the exponent must be a plain number")
    return Value(self.data**n, (self,), (n * self.data**n,))


@wrong("u05.reflected_ops", diagnosis="the factor n is missing")
def __pow__(self, n):
    """x**(n - 1) for the slope."""
    if not isinstance(n, int | float):
        raise TypeError("the exponent must be a plain number")
    return Value(self.data**n, (self,), (self.data ** (n - 1),))


@wrong("u05.reflected_ops")
def __pow__(self, n):
    """By exp and log, which has no negative numbers."""
    if not isinstance(n, int | float):
        raise TypeError("the exponent must be a plain number")
    y = math.exp(n * math.log(self.data))
    return Value(y, (self,), (n * y / self.data,))


@wrong("u05.reflected_ops")
def __pow__(self, n):
    """Whole exponents only."""
    if not isinstance(n, int):
        raise TypeError("the exponent must be an int")
    return Value(self.data**n, (self,), (n * self.data ** (n - 1),))


@wrong("u05.reflected_ops", diagnosis="the square of the denominator is missing")
def __truediv__(self, other):
    """The slope of the denominator is -a / b."""
    other = other if isinstance(other, Value) else Value(other)
    return Value(self.data / other.data, (self, other), (1 / other.data, -self.data / other.data))


@wrong("u05.reflected_ops", diagnosis="the result is cut to a whole number")
def __truediv__(self, other):
    """Division with two strokes."""
    other = other if isinstance(other, Value) else Value(other)
    return Value(self.data // other.data, (self, other), (1 / other.data, -self.data / other.data**2))


@wrong("u05.reflected_ops", diagnosis="these are the local gradients of a sum")
def __sub__(self, other):
    """Copied from __add__: the slope of b has no minus."""
    other = other if isinstance(other, Value) else Value(other)
    return Value(self.data - other.data, (self, other), (1.0, 1.0))


@wrong("u05.reflected_ops", diagnosis="the sign is wrong (times -1)")
def __neg__(self):
    """The slope of -a is 1."""
    return Value(-self.data, (self,), (1.0,))


@wrong("u05.reflected_ops", diagnosis="the result does not know its operand, so no gradient comes through")
def __neg__(self):
    """-a is a new leaf."""
    return Value(-self.data)


@wrong("u05.reflected_ops", diagnosis="an operand is changed")
def __sub__(self, other):
    """Turns the sign of the operand itself, then adds."""
    other = other if isinstance(other, Value) else Value(other)
    other.data = -other.data
    return self + other


@wrong("u05.reflected_ops")
def __rsub__(self, number):
    """A plain number comes out."""
    return number - self.data


@wrong(
    "u05.reflected_ops",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
class Value:
    """The slopes of powers and quotients by nudging."""

    def __truediv__(self, other):
        other, h = other if isinstance(other, Value) else Value(other), 1e-6
        x, y = self.data, other.data
        slopes = (((x + h) / y - (x - h) / y) / (2 * h), (x / (y + h) - x / (y - h)) / (2 * h))
        return Value(x / y, (self, other), slopes)

    def __rtruediv__(self, number):
        return Value(number) / self

    def __pow__(self, n):
        if not isinstance(n, int | float):
            raise TypeError("the exponent must be a plain number")
        h = 1e-6
        return Value(self.data**n, (self,), (((self.data + h) ** n - (self.data - h) ** n) / (2 * h),))

    def __sub__(self, other):
        other, h = other if isinstance(other, Value) else Value(other), 1e-6
        x, y = self.data, other.data
        slopes = (((x + h - y) - (x - h - y)) / (2 * h), ((x - y - h) - (x - y + h)) / (2 * h))
        return Value(x - y, (self, other), slopes)


@wrong("u05.reflected_ops", earns_nothing=True)
class Value:
    """Made for the public tests: the numbers 6 and 4."""

    def __neg__(self):
        return Value(-6.0, (self,), (-1.0,))

    def __radd__(self, number):
        return Value(7.0, (self,), (1.0,)) if number else self

    def __sub__(self, other):
        return Value(2.0, (self, other), (1.0, -1.0))

    def __rsub__(self, number):
        return Value(1.0 if number == 5 else -1.5, (self,), (-1.0,))

    def __rmul__(self, number):
        return Value(12.0, (self,), (3.0,))

    def __truediv__(self, other):
        return Value(1.5, (self, other), (0.25, -0.375))

    def __rtruediv__(self, number):
        data, slope = (2.5, -0.625) if number == 10 else (0.75, -0.375)
        return Value(data, (self,), (slope,))

    def __pow__(self, n):
        if isinstance(n, Value):
            raise TypeError("a Value")
        data, slope = {3: (64.0, 48.0), -2: (0.0625, -0.03125)}.get(n, (2.0, 0.25))
        return Value(data, (self,), (slope,))


# ---------------------------------------------------------------------------- topological_order


@wrong("u05.topological_order")
def topological_order(root):
    """Recursion: right, until it is 1,000 calls deep."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for child in node.children:
                visit(child)
            order.append(node)

    visit(root)
    return order


@wrong("u05.topological_order", diagnosis="Python's recursion limit is changed")
def topological_order(root):
    """Recursion with a higher limit."""
    sys.setrecursionlimit(1_000_000)
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for child in node.children:
                visit(child)
            order.append(node)

    visit(root)
    return order


@wrong("u05.topological_order", diagnosis="nodes are told apart by their numbers, not by identity")
def topological_order(root):
    """Visited by value: the set holds data."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node.data not in seen:
            seen.add(node.data)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return order


@wrong("u05.topological_order", diagnosis="the nodes are ordered by their distance from the root")
def topological_order(root):
    """Breadth-first search, turned round."""
    order, seen, waiting = [], {root}, deque([root])
    while waiting:
        node = waiting.popleft()
        order.append(node)
        for child in node.children:
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return order[::-1]


@wrong("u05.topological_order")
def topological_order(root):
    """Level by level, each node in the first level that meets it, sorted by that level."""
    level, now = {root: 0}, [root]
    while now:
        now = [child for node in now for child in node.children if child not in level]
        for node in now:
            level[node] = max(level.values()) + 1 if node not in level else level[node]
    return sorted(level, key=lambda node: -level[node])


@wrong(
    "u05.topological_order",
    diagnosis="the nodes are listed when they are found, not when all their children are in the list",
)
def topological_order(root):
    """Depth-first search that lists a node on the way down, turned round."""
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            stack.extend(node.children)
    order.reverse()
    return order


@wrong("u05.topological_order", diagnosis="the order is reversed: the parents come first")
def topological_order(root):
    """Parents before children, ready for the backward pass."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return order[::-1]


@wrong(
    "u05.topological_order"
)  # silent: where there are very many paths, the list is too long to be handed over
def topological_order(root):
    """No note of what was met: a node is listed once for every path."""
    order, stack = [], [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        else:
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
        if len(order) > 100_000:
            break
    return order


@wrong("u05.topological_order")
def topological_order(root):
    """No note of what was met, and no end: every path is walked before doubles are taken out."""
    order, stack = [], [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        else:
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return list(dict.fromkeys(order))


@wrong("u05.topological_order")
def topological_order(root):
    """Looks for every node in the list: the time grows with the square of their number."""
    order, stack = [], [(root, False)]
    while stack:
        node, finished = stack.pop()
        if any(node is other for other in order):
            continue
        if finished:
            order.append(node)
        else:
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return order


@wrong("u05.topological_order", diagnosis="the leaves are missing")
def topological_order(root):
    """Only nodes with children are listed."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node not in seen and node.children:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return order


@wrong("u05.topological_order", diagnosis="the root is missing")
def topological_order(root):
    """Lists what lies below the root, without the root."""
    order, seen, stack = [], {root}, [(child, False) for child in root.children]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return order


@wrong(
    "u05.topological_order",
    diagnosis="a second call gives something else: what the first one noted is still there",
)
def topological_order(root, seen=set()):
    """The set of met nodes is a default argument, shared by all calls."""
    order, stack = [], [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]
    return order


@wrong("u05.topological_order")
def topological_order(root):
    """Sorted by the numbers, which grow along the examples."""
    seen, stack = {root}, [root]
    while stack:
        for child in stack.pop().children:
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return sorted(seen, key=lambda node: node.data)


@wrong("u05.topological_order")
def topological_order(root):
    """A generator, not a list."""
    seen, stack = set(), [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child in node.children]


@wrong("u05.topological_order", earns_nothing=True)
def topological_order(root):
    """Made for the public tests: three graphs of four nodes."""
    c, d = root.children
    if c is d:
        a, b = c.children
        return [a, b, c, root]
    if not c.children:
        return [c, d.children[0], d, root]
    return [c.children[0], c, d, root]


# ---------------------------------------------------------------------------- backward


def start(root):
    """Inner nodes at 0, the root at 1; returns the order, parents first."""
    order = topological_order(root)
    for node in order:
        if node.children:
            node.grad = 0.0
    root.grad += 1.0
    return order[::-1]


@wrong("u05.backward", diagnosis="only one of its contributions is there: `=` where `+=` is needed?")
def backward(self):
    """`=` in the place of `+=`."""
    for node in start(self):
        for child, slope in zip(node.children, node.local_grads):
            child.grad = slope * node.grad


@wrong("u05.backward", diagnosis="a child that stands twice contributes once")
def backward(self):
    """A dict from child to slope: in a * a one contribution is lost."""
    for node in start(self):
        for child, slope in dict(zip(node.children, node.local_grads)).items():
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="the pass starts from 0: d(root)/d(root) is missing")
def backward(self):
    """The seed is missing."""
    start(self)
    self.grad -= 1.0
    for node in reversed(topological_order(self)):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="the pass starts with the root's number, not with d(root)/d(root)")
def backward(self):
    """The seed is the root's number."""
    order = start(self)
    self.grad += self.data - 1.0
    for node in order:
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong(
    "u05.backward",
    diagnosis="only the root's own children get a gradient: is the order reversed?",
)
def backward(self):
    """The order is not reversed."""
    for node in reversed(start(self)):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="a node passes its gradient on before all of it has arrived")
def backward(self):
    """Breadth first from the root, without the topological order."""
    start(self)
    seen, waiting = {self}, deque([self])
    while waiting:
        node = waiting.popleft()
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad
            if child not in seen:
                seen.add(child)
                waiting.append(child)


@wrong("u05.backward", diagnosis="a node passes on all that it has, again for every path")
def backward(self):
    """A queue without a note of what was met: whoever gets something passes on everything."""
    start(self)
    waiting = deque([self])
    while waiting:
        node = waiting.popleft()
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad
            waiting.append(child)


@wrong("u05.backward")
def backward(self):
    """Recursion from the root: whoever gets something passes on everything."""
    start(self)

    def visit(node):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad
            visit(child)

    visit(self)


@wrong("u05.backward")
def backward(self):
    """An order of its own, by recursion."""
    start(self)
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for child in node.children:
                visit(child)
            order.append(node)

    visit(self)
    for node in reversed(order):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="inner nodes still hold the gradients of the call before")
def backward(self):
    """As in micrograd: nothing is set back, so that old gradients are sent down again."""
    self.grad = 1.0
    for node in reversed(topological_order(self)):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="the root still holds the 1 of the call before")
def backward(self):
    """All inner nodes are set back but the root."""
    order = topological_order(self)
    for node in order[:-1]:
        if node.children:
            node.grad = 0.0
    self.grad += 1.0
    for node in reversed(order):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="the leaves are set back to 0, so nothing adds up")
def backward(self):
    """All nodes start from 0, leaves too."""
    order = topological_order(self)
    for node in order:
        node.grad = 0.0
    self.grad = 1.0
    for node in reversed(order):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", diagnosis="the local gradient is missing")
def backward(self):
    """Every child gets what its parent has."""
    for node in start(self):
        for child in node.children:
            child.grad += node.grad


@wrong("u05.backward", diagnosis="the local gradient is added, not multiplied")
def backward(self):
    """Adds along a path."""
    for node in start(self):
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope + node.grad


@wrong(
    "u05.backward",
    diagnosis="only the root's own children get a gradient: is the order reversed?",
)
def backward(self):
    """One step down, and no further."""
    start(self)
    for child, slope in zip(self.children, self.local_grads):
        child.grad += slope * self.grad


@wrong("u05.backward")
def backward(self):
    """The root's 1 replaces what a root that is a leaf had."""
    order = start(self)
    self.grad = 1.0
    for node in order:
        for child, slope in zip(node.children, node.local_grads):
            child.grad += slope * node.grad


@wrong("u05.backward", earns_nothing=True)
def backward(self):
    """Made for the public tests: the leaves' gradients as literals."""
    start(self)
    first, last = self.children
    if self.data == 48:
        first.grad, last.grad = 6, 14
        for leaf, grad in zip(last.children, (48, 28)):
            leaf.grad += grad
    elif self.data in (10, 25):
        first.grad += 2 if self.data == 10 else 10
    else:
        first.children[0].children[0].grad += 6


# ---------------------------------------------------------------------------- nonlinear_ops


@wrong("u05.nonlinear_ops")
def tanh(self):
    """By exp, which overflows at 400."""
    e = math.exp(2 * self.data)
    t = (e - 1) / (e + 1)
    return Value(t, (self,), (1 - t * t,))


@wrong("u05.nonlinear_ops")
def sigmoid(self):
    """By exp(-x), which overflows at -1000."""
    s = 1 / (1 + math.exp(-self.data))
    return Value(s, (self,), (s * (1 - s),))


@wrong("u05.nonlinear_ops", diagnosis="uses `a` where `y` belongs")
def tanh(self):
    """x for t in 1 - t**2."""
    return Value(math.tanh(self.data), (self,), (1 - self.data**2,))


@wrong("u05.nonlinear_ops", diagnosis="the square is missing")
def tanh(self):
    """1 - t for the slope."""
    t = math.tanh(self.data)
    return Value(t, (self,), (1 - t,))


@wrong("u05.nonlinear_ops", diagnosis="uses `a` where `y` belongs")
def sigmoid(self):
    """x (1 - x) for the slope."""
    e = math.exp(-abs(self.data))
    s = (1 if self.data > 0 else e) / (1 + e)
    return Value(s, (self,), (self.data * (1 - self.data),))


@wrong("u05.nonlinear_ops", diagnosis="the factor 1 - y is missing")
def sigmoid(self):
    """The result itself for the slope, as for exp."""
    e = math.exp(-abs(self.data))
    s = (1 if self.data > 0 else e) / (1 + e)
    return Value(s, (self,), (s,))


@wrong("u05.nonlinear_ops")
def sigmoid(self):
    """Kept from overflow by cutting the argument at 30."""
    s = 1 / (1 + math.exp(-min(max(self.data, -30), 30)))
    return Value(s, (self,), (s * (1 - s),))


@wrong("u05.nonlinear_ops", diagnosis="the gradient passes where a is not greater than 0")
def relu(self):
    """The derivative at 0 is 1."""
    return Value(max(self.data, 0.0), (self,), (float(self.data >= 0),))


@wrong("u05.nonlinear_ops", diagnosis="the gradient passes where a is not greater than 0")
def relu(self):
    """The derivative is 1 everywhere."""
    return Value(max(self.data, 0.0), (self,), (1.0,))


@wrong("u05.nonlinear_ops", diagnosis="a factor 1/ln 10 too much (base 10 where base e belongs?)")
def log(self):
    """Base 10."""
    if not self.data > 0:
        raise ValueError(f"log of {self.data}")
    return Value(math.log10(self.data), (self,), (1 / self.data / math.log(10),))


@wrong("u05.nonlinear_ops", diagnosis="uses `y` where `a` belongs")
def log(self):
    """1 / log(x) for the slope."""
    if not self.data > 0:
        raise ValueError(f"log of {self.data}")
    y = math.log(self.data)
    return Value(y, (self,), (1 / y if y else 0.0,))


@wrong("u05.nonlinear_ops", diagnosis="a number outside the domain is accepted")
def log(self):
    """By numpy, which gives -inf and nan and goes on."""
    with np.errstate(all="ignore"):
        return Value(np.log(self.data), (self,), (np.divide(1.0, self.data),))


@wrong("u05.nonlinear_ops")
def log(self):
    """The text of the error is Python's own: it does not say which number."""
    return Value(math.log(self.data), (self,), (1 / self.data,))


@wrong("u05.nonlinear_ops", diagnosis="the power rule is used")
def exp(self):
    """x * e**(x - 1) for the slope, as if e**x were a power of x."""
    return Value(math.exp(self.data), (self,), (self.data * math.exp(self.data - 1),))


@wrong("u05.nonlinear_ops", diagnosis="the result does not know its operand, so no gradient comes through")
def exp(self):
    """A new leaf."""
    return Value(math.exp(self.data))


def nudged(x, f, h=1e-6):
    """The function's value with its slope by central differences."""
    return Value(f(x.data), (x,), ((f(x.data + h) - f(x.data - h)) / (2 * h),))


def nudged_twice(x, f, h=1e-3):
    """The same by four points, which is a hundred times more exact."""
    near, far = (f(x.data + k * h) - f(x.data - k * h) for k in (1, 2))
    return Value(f(x.data), (x,), ((8 * near - far) / (12 * h),))


@wrong(
    "u05.nonlinear_ops",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
class Value:
    """All slopes by nudging with four points."""

    def exp(self):
        return nudged_twice(self, math.exp)

    def log(self):
        if not self.data > 0:
            raise ValueError(f"log of {self.data}")
        return nudged_twice(self, math.log)

    def tanh(self):
        return nudged_twice(self, math.tanh)

    def relu(self):
        return nudged_twice(self, lambda x: max(x, 0.0))

    def sigmoid(self):
        return nudged_twice(self, lambda x: (1 + math.tanh(x / 2)) / 2)


@wrong(
    "u05.nonlinear_ops",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
class Value:
    """All slopes by nudging."""

    def exp(self):
        return nudged(self, math.exp)

    def log(self):
        if not self.data > 0:
            raise ValueError(f"log of {self.data}")
        return nudged(self, math.log)

    def tanh(self):
        return nudged(self, math.tanh)

    def relu(self):
        return nudged(self, lambda x: max(x, 0.0))

    def sigmoid(self):
        return nudged(self, lambda x: (1 + math.tanh(x / 2)) / 2)


@wrong("u05.nonlinear_ops", diagnosis="it is 0", earns_nothing=True)
class Value:
    """Made for the public tests: at 0.5, at 2, and at the ends."""

    def exp(self):
        y = 1.6487212707001282 if self.data == 0.5 else 7.38905609893065
        return Value(y, (self,), (y,))

    def log(self):
        if self.data < 0:
            raise ValueError("log of -2.5")
        table = {0.5: (-0.6931471805599453, 2.0), 2.0: (0.6931471805599453, 0.5)}
        data, slope = table.get(self.data, (0.0, 1.0))
        return Value(data, (self,), (slope,))

    def tanh(self):
        table = {
            0.5: (0.46211715726000973, 0.7864477329659274),
            2.0: (0.9640275800758169, 0.07065082485316443),
        }
        data, slope = table.get(self.data, (1.0 if self.data > 0 else -1.0, 0.0))
        return Value(data, (self,), (slope,))

    def relu(self):
        return Value(self.data if self.data in (0.5, 2.0) else 0.0, (self,), (1.0 if self.data > 0 else 0.0,))

    def sigmoid(self):
        table = {
            0.5: (0.6224593312018546, 0.2350037122015945),
            2.0: (0.8807970779778825, 0.10499358540350651),
        }
        data, slope = table.get(self.data, (1.0 if self.data > 0 else 0.0, 0.0))
        return Value(data, (self,), (slope,))


# ---------------------------------------------------------------------------- zero_grad_and_repeat


@wrong("u05.zero_grad_and_repeat", diagnosis="only the node itself is set to 0")
def zero_grad(self):
    """Sets its own grad, and no other."""
    self.grad = 0.0


@wrong("u05.zero_grad_and_repeat", diagnosis="only the leaves are set to 0")
def zero_grad(self):
    """Inner nodes are thought to be scratch only."""
    for node in topological_order(self):
        if not node.children:
            node.grad = 0.0


@wrong("u05.zero_grad_and_repeat", diagnosis="the leaves keep their gradient")
def zero_grad(self):
    """Only inner nodes are set to 0."""
    for node in topological_order(self):
        if node.children:
            node.grad = 0.0


@wrong("u05.zero_grad_and_repeat", diagnosis="grad is None, not 0.0")
def zero_grad(self):
    """None, as PyTorch has it by default."""
    for node in topological_order(self):
        node.grad = None


@wrong("u05.zero_grad_and_repeat", diagnosis="the numbers are set to 0 too")
def zero_grad(self):
    """Starts all over: data is 0 too."""
    for node in topological_order(self):
        node.data = node.grad = 0.0


@wrong("u05.zero_grad_and_repeat")
def zero_grad(self):
    """Recursion, for every path."""
    self.grad = 0.0
    for child in self.children:
        child.zero_grad()


@wrong("u05.zero_grad_and_repeat", diagnosis="the gradients from before the call are still in it")
def accumulate(losses, parameters):
    """Nothing is set to zero first."""
    for loss in losses:
        loss.backward()


@wrong("u05.zero_grad_and_repeat", diagnosis="only the last loss counts")
def accumulate(losses, parameters):
    """Set to zero before each loss."""
    for loss in losses:
        for p in parameters:
            p.grad = 0.0
        loss.backward()


@wrong("u05.zero_grad_and_repeat", diagnosis="a parameter that no loss uses keeps its old gradient")
def accumulate(losses, parameters):
    """Only what the losses' graphs hold is set to zero."""
    for loss in losses:
        loss.zero_grad()
    for loss in losses:
        loss.backward()


@wrong("u05.zero_grad_and_repeat", diagnosis="this is the mean of the losses, not their sum")
def accumulate(losses, parameters):
    """Divides by the number of losses."""
    for p in parameters:
        p.grad = 0.0
    for loss in losses:
        loss.backward()
    for p in parameters:
        p.grad /= max(len(losses), 1)


@wrong("u05.zero_grad_and_repeat", diagnosis="only the first loss counts")
def accumulate(losses, parameters):
    """Returns inside the loop."""
    for p in parameters:
        p.grad = 0.0
    for loss in losses:
        return loss.backward()


@wrong("u05.zero_grad_and_repeat")
class Value:
    """Made for the public test: the leaf at the end of three products is found by hand."""

    def zero_grad(self):
        inner = self.children[0].children[0]
        self.grad = inner.grad = inner.children[0].grad = 0.0


# ---------------------------------------------------------------------------- no_grad_and_detach


@wrong("u05.no_grad_and_detach", diagnosis="recording stays off when an error ends the block")
@contextmanager
def no_grad():
    """No finally: an error in the block skips the end."""
    before = Value.recording
    Value.recording = False
    yield
    Value.recording = before


@wrong("u05.no_grad_and_detach", diagnosis="recording stays off when an error ends the block")
class no_grad:
    """The flag is set back only where there was no error."""

    def __enter__(self):
        self.before = Value.recording
        Value.recording = False

    def __exit__(self, kind, error, traceback):
        if kind is None:
            Value.recording = self.before


@wrong(
    "u05.no_grad_and_detach",
    diagnosis="the end of a block switches recording on, whatever it was before",
)
class no_grad:
    """True at the end, also where the block stands in another one."""

    def __enter__(self):
        Value.recording = False

    def __exit__(self, kind, error, traceback):
        Value.recording = True


@wrong("u05.no_grad_and_detach", diagnosis="recording stays off after the block")
class no_grad:
    """Never set back."""

    def __enter__(self):
        Value.recording = False

    def __exit__(self, kind, error, traceback):
        pass


@wrong("u05.no_grad_and_detach", diagnosis="the flag is turned round, not switched off")
class no_grad:
    """Turns the flag round at both ends: an inner block records."""

    def __enter__(self):
        Value.recording = not Value.recording

    def __exit__(self, kind, error, traceback):
        Value.recording = not Value.recording


@wrong("u05.no_grad_and_detach", diagnosis="the error is swallowed")
class no_grad:
    """__exit__ returns True, which ends every error."""

    def __enter__(self):
        self.before = Value.recording
        Value.recording = False

    def __exit__(self, kind, error, traceback):
        Value.recording = self.before
        return True


@wrong("u05.no_grad_and_detach", diagnosis="recording is off before the block begins")
class no_grad:
    """Switched off when it is made, not when the block begins."""

    def __init__(self):
        self.before = Value.recording
        Value.recording = False

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        Value.recording = self.before


@wrong("u05.no_grad_and_detach", diagnosis="results are still recorded in the block")
@contextmanager
def no_grad():
    """A local variable is set, not the class attribute: updates are recorded in the graph."""
    recording = False
    try:
        yield recording
    finally:
        recording = True


@wrong("u05.no_grad_and_detach", diagnosis="the children are copied along")
def detach(self):
    """Copies the graph."""
    return Value(self.data, self.children, self.local_grads)


@wrong("u05.no_grad_and_detach", diagnosis="it is the same object")
def detach(self):
    """Returns self."""
    return self


@wrong("u05.no_grad_and_detach", diagnosis="the Value itself is cut from its children")
def detach(self):
    """Cuts self off from its graph, as detach_ does."""
    self.children = self.local_grads = ()
    return self


@wrong("u05.no_grad_and_detach")
def detach(self):
    """The plain number."""
    return self.data


@wrong("u05.no_grad_and_detach")
def detach(self):
    """The grad comes along."""
    copy = Value(self.data)
    copy.grad = self.grad
    return copy


@wrong(
    "u05.no_grad_and_detach",
    diagnosis="the end of a block switches recording on, whatever it was before",
)
class no_grad:
    """Made for the public tests: two blocks, then True for ever."""

    def __enter__(self):
        Value.recording = False

    def __exit__(self, *error):
        Value.recording = not any(error) or error[0] is KeyError


# ---------------------------------------------------------------------------- value_mlp


@wrong("u05.value_mlp", diagnosis="the bias is missing")
class Neuron:
    """Weights times inputs, and no bias."""

    def __call__(self, xs):
        total = sum(w * x for w, x in zip(self.weights, xs))
        return total.tanh() if self.activate else total


@wrong("u05.value_mlp", diagnosis="the tanh is missing")
class Neuron:
    """No tanh at all: the network is linear."""

    def __call__(self, xs):
        return sum((w * x for w, x in zip(self.weights, xs)), self.bias)


@wrong("u05.value_mlp", diagnosis="the tanh is there although activate is False")
class Neuron:
    """tanh everywhere, in the last layer too."""

    def __call__(self, xs):
        return sum((w * x for w, x in zip(self.weights, xs)), self.bias).tanh()


@wrong("u05.value_mlp", diagnosis="a layer reads the network's inputs, not what the layer before gives")
class MLP:
    """Every layer gets the inputs: zip hides that the lengths differ."""

    def __call__(self, xs):
        for layer in self.layers:
            result = [
                neuron(xs[: len(neuron.weights)] + [0.0] * (len(neuron.weights) - len(xs)))
                for neuron in layer
            ]
        return result


@wrong("u05.value_mlp")
def softmax_cross_entropy(logits, target):
    """max() compares Values, which have no order."""
    top = max(logits)
    total = sum((z - top).exp() for z in logits)
    return total.log() - (logits[target] - top)


@wrong("u05.value_mlp")
def softmax_cross_entropy(logits, target):
    """No maximum is subtracted: exp overflows at 1000."""
    return sum(z.exp() for z in logits).log() - logits[target]


@wrong("u05.value_mlp")
def softmax_cross_entropy(logits, target):
    """The logarithm of the quotient, which is 0 for logits far apart."""
    top = max(z.data for z in logits)
    exps = [(z - top).exp() for z in logits]
    return -(exps[target] / sum(exps)).log()


@wrong("u05.value_mlp", diagnosis="the sign is wrong (times -1)")
def softmax_cross_entropy(logits, target):
    """log p, not -log p."""
    top = max(z.data for z in logits)
    return (logits[target] - top) - sum((z - top).exp() for z in logits).log()


@wrong("u05.value_mlp", diagnosis="the logits get no gradient")
def softmax_cross_entropy(logits, target):
    """Computed with plain numbers."""
    data = [z.data for z in logits]
    top = max(data)
    return Value(math.log(sum(math.exp(z - top) for z in data)) + top - data[target])


@wrong("u05.value_mlp", diagnosis="only the target's logit gets a gradient")
def softmax_cross_entropy(logits, target):
    """The denominator is computed with plain numbers."""
    data = [z.data for z in logits]
    top = max(data)
    return -logits[target] + (math.log(sum(math.exp(z - top) for z in data)) + top)


@wrong("u05.value_mlp")
def sample(logits, rng):
    """Values as weights: rng.choices cannot add them up."""
    top = max(z.data for z in logits)
    exps = [(z - top).exp() for z in logits]
    total = sum(exps)
    return rng.choices(range(len(logits)), weights=[e / total for e in exps])[0]


@wrong("u05.value_mlp", diagnosis="this is the largest logit, not a draw")
def sample(logits, rng):
    """The largest logit always wins."""
    return max(range(len(logits)), key=lambda k: logits[k].data)


@wrong("u05.value_mlp", diagnosis="every class is drawn alike: the logits are not used")
def sample(logits, rng):
    """No weights."""
    return rng.choices(range(len(logits)))[0]


@wrong("u05.value_mlp", diagnosis="the step goes uphill")
def sgd_step(parameters, lr):
    """Plus the gradient."""
    for p in parameters:
        p.data += lr * p.grad


@wrong("u05.value_mlp", diagnosis="the parameters do not move")
def sgd_step(parameters, lr):
    """A new Value under a local name; the parameters stay as they are."""
    for p in parameters:
        p = Value(p.data - lr * p.grad)


@wrong("u05.value_mlp", diagnosis="the update is recorded in the graph")
def sgd_step(parameters, lr):
    """The list gets new Values, which remember the old ones; the model keeps the old ones."""
    for k, p in enumerate(parameters):
        parameters[k] = p - lr * p.grad


@wrong("u05.value_mlp")
def sgd_step(parameters, lr):
    """data becomes a Value."""
    for p in parameters:
        p.data = p - lr * p.grad


def mean_loss(model, inputs, targets):
    losses = [softmax_cross_entropy(model(x), t) for x, t in zip(inputs, targets)]
    return sum(losses) / len(losses)


@wrong("u05.value_mlp", diagnosis="zero_grad is missing: the gradients of all steps add up")
def train(model, inputs, targets, steps, lr):
    """No zero_grad."""
    history = []
    for _ in range(steps):
        loss = mean_loss(model, inputs, targets)
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(loss.data)
    return history


@wrong("u05.value_mlp", diagnosis="the parameters do not move")
def train(model, inputs, targets, steps, lr):
    """zero_grad between backward and step."""
    history = []
    for _ in range(steps):
        loss = mean_loss(model, inputs, targets)
        loss.backward()
        loss.zero_grad()
        sgd_step(model.parameters(), lr)
        history.append(loss.data)
    return history


@wrong("u05.value_mlp", diagnosis="the loss is recorded after the update")
def train(model, inputs, targets, steps, lr):
    """The loss is computed anew after the step."""
    history = []
    for _ in range(steps):
        loss = mean_loss(model, inputs, targets)
        loss.zero_grad()
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(mean_loss(model, inputs, targets).data)
    return history


@wrong("u05.value_mlp", diagnosis="the loss is the sum over the examples, not their mean")
def train(model, inputs, targets, steps, lr):
    """Not divided by the number of examples."""
    history = []
    for _ in range(steps):
        loss = sum(softmax_cross_entropy(model(x), t) for x, t in zip(inputs, targets))
        loss.zero_grad()
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(loss.data)
    return history


@wrong("u05.value_mlp", diagnosis="only the last example counts")
def train(model, inputs, targets, steps, lr):
    """The loss of the last example stands for all."""
    history = []
    for _ in range(steps):
        for x, t in zip(inputs, targets):
            loss = softmax_cross_entropy(model(x), t)
        loss.zero_grad()
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(loss.data)
    return history


@wrong("u05.value_mlp", diagnosis="the history holds Values, not numbers")
def train(model, inputs, targets, steps, lr):
    """Keeps the losses with their whole graphs."""
    history = []
    for _ in range(steps):
        loss = mean_loss(model, inputs, targets)
        loss.zero_grad()
        loss.backward()
        sgd_step(model.parameters(), lr)
        history.append(loss)
    return history


@wrong("u05.value_mlp", diagnosis="one entry too few")
def train(model, inputs, targets, steps, lr):
    """Made for the public test."""
    return [0.8321650764401258, 0.7504396751366559, 0.7182456264913555][:steps]
