"""Hidden tests of unit 5: what a backward pass leaves in the nodes of a graph."""

from collections import deque

from grader.testing import assert_close, assert_gradient, exercise

ONE = "only one of its contributions is there: `=` where `+=` is needed?"
TWICE = "a child that stands twice contributes once"
NO_SEED = "the pass starts from 0: d(root)/d(root) is missing"
DATA_SEED = "the pass starts with the root's number, not with d(root)/d(root)"
EARLY = "a node passes its gradient on before all of it has arrived"
EACH_PATH = "a node passes on all that it has, again for every path"
NO_LOCAL = "the local gradient is missing"
ADDED = "the local gradient is added, not multiplied"
ONLY_CHILDREN = "only the root's own children get a gradient: is the order reversed?"
STALE = "inner nodes still hold the gradients of the call before"
STALE_ROOT = "the root still holds the 1 of the call before"
CLEARED = "the leaves are set back to 0, so nothing adds up"


def random_graph(rng, reference, leaves=4, inner=9):
    """Nodes of the reference, the root last. Each has up to three children, the same one twice at times.

    Numbers and local gradients are drawn: what a backward pass does with them is the same for any function.
    """
    nodes = [reference.Value(float(rng.choice((-1, 2, 3)))) for _ in range(leaves)]
    for at in range(leaves, leaves + inner):
        children = [nodes[at - 1], *(nodes[int(k)] for k in rng.integers(0, at, 2))]
        children = [children[int(k)] for k in rng.permutation(3)]
        nodes.append(reference.Value(float(rng.integers(1, 3)), children, rng.uniform(0.5, 1.5, 3).tolist()))
    return reference.topological_order(nodes[-1])


def twins(student, nodes):
    """The same nodes on the student's side, in the same order."""
    made = {}
    for node in nodes:
        made[node] = student.Value(node.data, tuple(made[child] for child in node.children), node.local_grads)
    return list(made.values())


def breadth_first(root):
    """Every node when it is first met, going down from the root level by level."""
    found, waiting = {root: None}, deque([root])
    while waiting:
        for child in waiting.popleft().children:
            if child not in found:
                found[child] = None
                waiting.append(child)
    return list(found)


def compare(judge, yours, expected, suspects, **more):
    """Compare; what each mistake would give is worked out only where something is wrong."""
    try:
        judge(yours, expected, **more)
    except AssertionError:
        judge(yours, expected, suspects=suspects(), **more)


def sweep(root, order, before, *, seed=1.0, fresh=True, assign=False, twice=True, mix=lambda g, up: g * up):
    """The grads that a pass over these nodes leaves, with the mistakes asked for. before: node -> grad

    mix: what a child gets, from its local gradient and the parent's grad
    """
    grad = {node: 0.0 if node.children and fresh else before[node] for node in order}
    grad[root] += seed
    for node in order:
        edges = list(zip(node.children, node.local_grads, strict=True))
        for child, slope in edges if twice else dict(edges).items():
            part = mix(slope, grad[node])
            grad[child] = part if assign else grad.get(child, before[child]) + part
    return grad


def along_paths(root, before):
    """A queue without an order: each arrival at a node passes on all that the node has by then."""
    grad, waiting = {**before, root: 1.0}, deque([root])
    while waiting:
        node = waiting.popleft()
        for child, slope in zip(node.children, node.local_grads, strict=True):
            grad[child] += slope * grad[node]
            waiting.append(child)
    return grad


def mistakes(root, nodes, before):
    """sentence -> the grads, node by node, that the mistake leaves. nodes: children first, root last"""
    down = nodes[::-1]
    found = {
        ONE: sweep(root, down, before, assign=True),
        TWICE: sweep(root, down, before, twice=False),
        NO_SEED: sweep(root, down, before, seed=0.0),
        DATA_SEED: sweep(root, down, before, seed=root.data),
        EARLY: sweep(root, breadth_first(root), before),
        NO_LOCAL: sweep(root, down, before, mix=lambda g, up: up),
        ADDED: sweep(root, down, before, mix=lambda g, up: g + up),
        ONLY_CHILDREN: sweep(root, [root], before),
        STALE: sweep(root, down, {**before, root: 0.0}, fresh=False),
        STALE_ROOT: sweep(root, down, before, seed=1.0 + before[root]),
        CLEARED: sweep(root, down, dict.fromkeys(nodes, 0.0)),
    }
    if len(nodes) <= 10:  # else there are too many paths
        found[EACH_PATH] = along_paths(root, before)
    return {cause: {**before, **grad} for cause, grad in found.items()}


def check_pass(root, nodes, made, called, names=""):
    """One backward call of the student leaves what one of the reference's does, in every node.

    nodes: of the reference, children first, root last    made: the twins to look at, or None in their place
    """
    before = {node: node.grad for node in nodes}
    root.backward()
    made[nodes.index(root)].backward()
    twin = made[nodes.index(root)]
    if twin is not None:
        seeds = {NO_SEED: before[root], DATA_SEED: root.data, STALE_ROOT: 1.0 + before[root]}
        of = "y.grad" if names else "root.grad"
        assert_gradient(twin.grad, root.grad, of=of, called=called, suspects=seeds)
    seen = [(node, twin) for node, twin in zip(nodes, made, strict=True) if twin is not None][::-1]

    def suspects():
        return {c: tuple(grads[n] for n, _ in seen) for c, grads in mistakes(root, nodes, before).items()}

    compare(
        assert_gradient,
        tuple(twin.grad for _, twin in seen),
        tuple(node.grad for node, _ in seen),
        suspects,
        of=names or "the list of all grads, root first,",
        called=called,
    )


def check_expression(student, reference, f, numbers, text, *, calls=1):
    """f(a, b, ...).backward() gives the root and the leaves their gradients."""
    leaves, mine = ([side.Value(n) for n in numbers] for side in (reference, student))
    root = f(*leaves)
    nodes = reference.topological_order(root)
    twin_of = {**dict(zip(leaves, mine, strict=True)), root: f(*mine)}
    names = {**{leaf: f"{name}.grad" for leaf, name in zip(leaves, "abcd", strict=False)}, root: "y.grad"}
    shown = f"({', '.join(names[node] for node in reversed(nodes) if node in names)})"
    values = ", ".join(f"{name} = {n:.4g}" for name, n in zip("abcd", numbers, strict=False))
    for call in range(1, calls + 1):
        often = f", call {call}" if calls > 1 else ""
        called = f"y = {text}, y.backward(){often} with {values}"
        check_pass(root, nodes, [twin_of.get(node) for node in nodes], called, shown)


@exercise("u05.backward", weight=2)
def test_a_value_used_more_than_once(student, rng, reference):
    """Every use of a contributes to a.grad: in a + a, in a * a, and in both at once."""
    for f, text in (
        (lambda a, b: (a + b) * a, "(a + b) * a"),
        (lambda a, b: (a + a) * b + a, "(a + a) * b + a"),
        (lambda a, b: a * a * a + b, "a * a * a + b"),
        (lambda a, b: (a * a + b) * b + a, "(a * a + b) * b + a"),
    ):
        numbers = [float(n) for n in rng.uniform(1.2, 3, 2)]
        check_expression(student, reference, f, numbers, text)


@exercise("u05.backward", weight=2)
def test_diamonds(student, rng, reference):
    """Where paths of different lengths meet, a node waits for all contributions before it passes them on."""

    def f(a, b):
        p = a * b
        return (p * b + a) * p + p

    def g(a, b):
        p = a * a
        q = p * b
        return p + q * (q + p * b)

    for expression, text in (
        (f, "(p * b + a) * p + p, p = a * b"),
        (g, "p + q * (q + p * b), p = a * a, q = p * b"),
    ):
        for _ in range(2):
            numbers = [float(n) for n in rng.uniform(1.2, 3, 2)]
            check_expression(student, reference, expression, numbers, text)


@exercise("u05.backward", weight=3)
def test_gradients_of_random_graphs(student, rng, reference):
    """In every node, grad is the sum over all paths from the root, of the product of local gradients."""
    for inner in (5, 9):
        nodes = random_graph(rng, reference, inner=inner)
        check_pass(nodes[-1], nodes, twins(student, nodes), f"root.backward(), {len(nodes)} nodes")


@exercise("u05.backward")
def test_equal_numbers_have_gradients_of_their_own(student, rng, reference):
    """Nodes with equal numbers do not share their gradients."""
    for _ in range(2):
        number = float(rng.uniform(1.2, 3))
        f = lambda a, b, c: a * b + b * c * (a * b)  # noqa: E731
        check_expression(student, reference, f, [number] * 3, "a * b + b * c * (a * b)")


@exercise("u05.backward", weight=2)
def test_two_calls_double_the_leaves(student, rng, reference):
    """Leaves add up over the calls; all other nodes start from 0 in each of them."""
    for _ in range(2):
        numbers = [float(n) for n in rng.uniform(1.2, 3, 2)]
        f = lambda a, b: ((a * 3) * b) * 1 + a  # noqa: E731
        check_expression(student, reference, f, numbers, "((a * 3) * b) * 1 + a", calls=2)
    nodes = random_graph(rng, reference, inner=5)
    made = twins(student, nodes)
    for node, twin in zip(nodes, made, strict=True):
        node.grad = twin.grad = float(rng.uniform(1, 2))
    for call in (1, 2):
        called = f"root.backward(), call {call}, {len(nodes)} nodes with an old grad"
        check_pass(nodes[-1], nodes, made, called)


@exercise("u05.backward")
def test_two_roots_of_one_graph(student, rng, reference):
    """Each call starts at its own root; what lies above it stays out. A root may also be a leaf."""
    nodes = random_graph(rng, reference, inner=6)
    made = twins(student, nodes)
    for at in (-1, -3, -2, 0, 0):
        root = nodes[at]
        below = reference.topological_order(root)
        mine = [made[nodes.index(node)] for node in below]
        check_pass(root, below, mine, f"node{at % len(nodes) + 1}.backward()")
        yours, expected = tuple(twin.grad for twin in made), tuple(node.grad for node in nodes)
        assert_gradient(yours, expected, of="the list of all grads", called="after calls on different roots")


def relu(side, x):
    """A node that clips, made by hand: this exercise needs no function but + and *."""
    return side.Value(max(x.data, 0.0), (x,), (float(x.data > 0),))


def power(side, x, n):
    return side.Value(x.data**n, (x,), (n * x.data ** (n - 1),))


@exercise("u05.backward")
def test_published_numbers(student, rng, reference):
    """Two expressions whose gradients are published with micrograd."""

    def first(side, x):
        z = x * 2 + x + 2
        q = relu(side, z) + x * z
        return relu(side, z * z) + q + q * x

    def second(side, a, b):
        c = ((a + b) * 2 + 1) * 2 + a * -1 + 1
        d = (a * b + power(side, b, 3)) * 3 + relu(side, a + b)
        f = power(side, c + (d * 4 + relu(side, b + a * -1)) * -1, 2)
        return f * 0.5 + power(side, f, -1) * 10

    for f, numbers, published in (
        (first, (-4.0,), (-20.0, 46.0)),
        (second, (-4.0, 2.0), (24.7041, 138.8338, 645.5773)),
    ):
        leaves = [student.Value(n) for n in numbers]
        y = f(student, *leaves)
        y.backward()
        yours = (y.data, *(leaf.grad for leaf in leaves))
        called = f"y.backward() on a published expression of {len(numbers)} leaves"
        assert_close(
            yours, published, of="y.data, a.grad, b.grad"[: 14 + 8 * len(numbers)], called=called, atol=5e-5
        )


@exercise("u05.backward")
def test_gradients_along_a_chain(student, rng, inside):
    """Through 3,000 sums, deeper than recursion goes: a.grad counts them all."""
    add = inside("importlib.import_module", "operator").add
    a = student.Value(float(rng.uniform(1, 2)))
    y = inside("functools.reduce", add, inside("itertools.repeat", a, 3_000))
    y.backward()
    called, suspects = "(a + a + ... + a).backward(), 3,000 times a", {ONE: 1.0, NO_SEED: 0.0}
    assert_gradient(a.grad, 3000.0, of="a.grad", called=called, suspects=suspects)
