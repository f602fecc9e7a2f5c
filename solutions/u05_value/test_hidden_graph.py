"""Hidden tests of unit 5, whole graphs: their order, and what a backward pass leaves in their nodes."""

from collections import deque

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

RETURN = "forgot `return`?"
REPEATED = "a node stands in the list more than once"
REVERSED = "the order is reversed: the parents come first"
BY_NUMBER = "nodes are told apart by their numbers, not by identity"
NO_LEAVES = "the leaves are missing"
NO_ROOT = "the root is missing"
NEAR = "the nodes are ordered by their distance from the root"
DISCOVERED = "the nodes are listed when they are found, not when all their children are in the list"
AGAIN = "a second call gives something else: what the first one noted is still there"
LIMIT = "Python's recursion limit is changed"

ONE = "one of its contributions only: `=` where `+=` is needed?"
TWICE = "a child that stands twice contributes once"
NO_SEED = "the pass starts from 0: d(root)/d(root) is missing"
DATA_SEED = "the pass starts with the root's number, not with d(root)/d(root)"
UPWARDS = "the nodes are visited children first"
EARLY = "a node passes its gradient on before all of it has arrived"
EACH_PATH = "a node passes on all that it has, again for every path"
NO_LOCAL = "the local gradient is missing"
ADDED = "the local gradient is added, not multiplied"
ONLY_CHILDREN = "only the root's own children get a gradient"
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


# ---------------------------------------------------------------------------- u05.topological_order


def breadth_first(root):
    """Every node when it is first met, going down from the root level by level."""
    found, waiting = {root: None}, deque([root])
    while waiting:
        for child in waiting.popleft().children:
            if child not in found:
                found[child] = None
                waiting.append(child)
    return list(found)


def depth_first(root, last_first):
    """Every node when it is first met, going down as far as possible."""
    found, waiting = {}, [root]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += node.children if last_first else node.children[::-1]
    return list(found)


def cause_of_order(order, root):
    """The mistake that gives this order of the right nodes, or ""."""
    if order[0] is root:
        place = {node: at for at, node in enumerate(order)}
        if all(place[child] > place[node] for node in order for child in node.children):
            return REVERSED
    if breadth_first(root) in (order, order[::-1]):
        return NEAR
    for last_first in (True, False):
        if depth_first(root, last_first) in (order, order[::-1]):
            return DISCOVERED
    return ""


def cause_of_nodes(mine, nodes):
    """The mistake that leaves these nodes in the list, or ""."""
    missing = [node for node in nodes if node not in mine]
    if not missing:
        return REPEATED if len(mine) > len(nodes) else ""
    if missing == [nodes[-1]]:
        return NO_ROOT
    if all(not node.children for node in missing) and not any(not node.children for node in mine):
        return NO_LEAVES
    if {node.data for node in mine} == {node.data for node in nodes}:
        return BY_NUMBER
    return ""


def check_order(student, nodes, made, called, again=False):
    """The student's list holds these nodes, each once, children before parents. made: their twins, root last."""
    order = student.topological_order(made[-1])
    if type(order) is not list:
        fail(
            "the result is not a list", called=called, yours=order, diagnosis=RETURN if order is None else ""
        )
    node_of = {id(twin): node for twin, node in zip(made, nodes, strict=True)}
    mine = [node_of.get(id(twin)) for twin in order]
    if None in mine:
        fail("the list holds something that is no node of the graph", called=called)
    if len(mine) != len(nodes) or set(mine) != set(nodes):
        what = f"the list has {len(mine)} entries for {len(nodes)} nodes"
        cause = AGAIN if again else cause_of_nodes(mine, nodes)
        fail(what, called=called, yours=f"{len(set(mine))} different nodes", diagnosis=cause)
    place = {node: at for at, node in enumerate(mine)}
    late = sum(place[child] > place[node] for node in nodes for child in node.children)
    if late:
        what, cause = "a node stands before one of its children", cause_of_order(mine, nodes[-1])
        fail(what, called=called, yours=f"{late} children too late", diagnosis=cause)


@exercise("u05.topological_order", weight=3)
def test_order_of_random_graphs(student, rng, reference):
    """Each node stands in the list once, behind all of its children."""
    for _ in range(3):
        nodes = random_graph(rng, reference)
        check_order(student, nodes, twins(student, nodes), f"topological_order(root), {len(nodes)} nodes")


@exercise("u05.topological_order", weight=2)
def test_paths_of_different_lengths(student, rng, reference):
    """A child that is near the root by one path and far by another one comes before both paths."""
    for _ in range(2):
        for near_first in (True, False):
            a = reference.Value(float(rng.uniform(1, 9)))
            nodes = [a]
            for _ in range(int(rng.integers(2, 6))):
                nodes.append(reference.Value(float(rng.uniform(1, 9)), (nodes[-1],), (1.0,)))
            both = (a, nodes[-1]) if near_first else (nodes[-1], a)
            nodes.append(reference.Value(float(rng.uniform(1, 9)), both, (1.0, 1.0)))
            called = f"topological_order(root), a chain of {len(nodes)} nodes, root joined to its first one"
            check_order(student, nodes, twins(student, nodes), called)


@exercise("u05.topological_order")
def test_equal_values_in_different_nodes(student, rng, reference):
    """Nodes with equal numbers are different nodes, all of them in the list."""
    for _ in range(2):
        nodes = random_graph(rng, reference)
        number = float(rng.uniform(1, 2))
        for node in nodes:
            node.data = number
        check_order(
            student, nodes, twins(student, nodes), f"topological_order(root), {len(nodes)} equal numbers"
        )


@exercise("u05.topological_order")
def test_only_what_lies_below_the_root(student, rng, reference):
    """The list of an inner node holds the nodes below it; a leaf's list holds the leaf. Each call begins anew."""
    nodes = random_graph(rng, reference)
    made = twins(student, nodes)
    for at in (len(nodes) - 3, 0, len(nodes) - 1):
        below = reference.topological_order(nodes[at])
        twin_of = dict(zip(nodes, made, strict=True))
        for again in (False, True):
            called = f"topological_order(inner node), {len(below)} nodes below" + ", once more" * again
            check_order(student, below, [twin_of[node] for node in below], called, again)


@exercise("u05.topological_order")
def test_the_graph_stays_as_it_is(student, rng, reference):
    """Numbers, grads and children are the same after the call."""
    nodes = random_graph(rng, reference)
    made = twins(student, nodes)
    twin_of = dict(zip(nodes, made, strict=True))
    for twin in made:
        twin.grad = 0.5
    check_order(student, nodes, made, "topological_order(root)")
    for node, twin in twin_of.items():
        same = all(c is twin_of[d] for c, d in zip(twin.children, node.children, strict=True))
        if not same or (twin.data, twin.grad) != (node.data, 0.5):
            fail("a node was changed", called="topological_order(root)")


@exercise("u05.topological_order", weight=2)
def test_as_many_paths_as_grains_of_sand(student, rng, reference):
    """60 nodes that each use the one before twice have 2**60 paths and 61 nodes."""
    nodes = [reference.Value(float(rng.uniform(1, 2)))]
    for _ in range(60):
        nodes.append(reference.Value(nodes[-1].data, (nodes[-1], nodes[-1]), (0.5, 0.5)))
    check_order(student, nodes, twins(student, nodes), "topological_order(root), 60 times x = x + x")


def chain(student, inside, length):
    """`length` nodes with the numbers 0, 1, 2, ..., each the child of the next; linked inside, in a few calls."""
    nodes = inside("collections.deque", inside("map", student.Value, range(length)))
    link = inside("importlib.import_module", "builtins").setattr
    for name, entries in (("children", nodes), ("local_grads", inside("itertools.repeat", 1.0))):
        later, names = inside("itertools.islice", nodes, 1, None), inside("itertools.repeat", name)
        inside("collections.deque", inside("map", link, later, names, inside("zip", entries)), 0)
    return nodes


def check_chain(student, inside, length):
    """The order of a chain, brought back as the numbers of its nodes: a list of handles would cost far more."""
    nodes = chain(student, inside, length)
    root, limit = nodes[-1], inside("sys.getrecursionlimit")
    lists = inside("map", student.topological_order, inside("itertools.repeat", root, 1))
    order = inside("importlib.import_module", "itertools").chain.from_iterable(lists)
    numbers = inside("numpy.fromiter", inside("map", inside("operator.attrgetter", "data"), order), "float64")
    called = f"topological_order(root) of a chain of {length:,} nodes"
    if numbers.shape != (length,):
        fail(f"the list has {len(numbers)} entries", called=called, expected=f"{length}")
    wrong = (numbers != range(length)).sum()
    if wrong:
        cause = REVERSED if numbers[0] == length - 1 else ""
        fail("the order of the chain is wrong", called=called, yours=f"{wrong} out of place", diagnosis=cause)
    if inside("sys.getrecursionlimit") != limit or limit > 10_000:
        fail("Python's recursion limit is not what it was", called=called, diagnosis=LIMIT)


@exercise("u05.topological_order", weight=2)
def test_chain_of_3000(student, inside):
    """A chain of 3,000 nodes is deeper than Python's recursion goes."""
    check_chain(student, inside, 3_000)


@exercise("u05.topological_order", weight=2)
def test_chain_of_100000(student, inside):
    """A chain of 100,000 nodes takes a moment: time grows with the number of nodes, not with its square."""
    check_chain(student, inside, 100_000)


# ---------------------------------------------------------------------------- u05.backward


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
    """Recursion from the root without an order: each visit passes on all that the node has by then."""
    grad = {**before, root: 1.0}

    def visit(node):
        for child, slope in zip(node.children, node.local_grads, strict=True):
            grad[child] += slope * grad[node]
            visit(child)

    visit(root)
    return grad


def mistakes(root, nodes, before):
    """sentence -> the grads, node by node, that the mistake leaves. nodes: children first, root last"""
    down = nodes[::-1]
    found = {
        ONE: sweep(root, down, before, assign=True),
        TWICE: sweep(root, down, before, twice=False),
        NO_SEED: sweep(root, down, before, seed=0.0),
        DATA_SEED: sweep(root, down, before, seed=root.data),
        UPWARDS: sweep(root, nodes, before),
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

    nodes: of the reference, children first, root last; made: the twins that are looked at, or None in their place
    """
    before = {node: node.grad for node in nodes}
    suspects = mistakes(root, nodes, before)
    root.backward()
    made[nodes.index(root)].backward()
    seen = [(node, twin) for node, twin in zip(nodes, made, strict=True) if twin is not None][::-1]
    pick = lambda grads: tuple(grads[node] for node, _ in seen)  # noqa: E731
    assert_gradient(
        tuple(twin.grad for _, twin in seen),
        tuple(node.grad for node, _ in seen),
        of=names or ", ".join(f"node{k}.grad" for k in range(len(seen), 0, -1)),
        called=called,
        suspects={cause: pick(grads) for cause, grads in suspects.items()},
    )


def check_expression(student, reference, f, numbers, text, calls=1):
    """f(a, b, ...).backward() gives the root and the leaves their gradients."""
    leaves, mine = ([side.Value(n) for n in numbers] for side in (reference, student))
    root = f(*leaves)
    nodes = reference.topological_order(root)
    twin_of = {**dict(zip(leaves, mine, strict=True)), root: f(*mine)}
    names = {**{leaf: f"{name}.grad" for leaf, name in zip(leaves, "abcd", strict=False)}, root: "y.grad"}
    shown = ", ".join(names[node] for node in reversed(nodes) if node in names)
    values = ", ".join(f"{name} = {n:.4g}" for name, n in zip("abcd", numbers, strict=False))
    for call in range(1, calls + 1):
        called = f"y = {text}, y.backward(){', call ' + str(call) if calls > 1 else ''} with {values}"
        check_pass(root, nodes, [twin_of.get(node) for node in nodes], called, shown)


@exercise("u05.backward", weight=2)
def test_a_value_used_more_than_once(student, rng, reference):
    """Every use of a contributes to a.grad: in a + a, in a * a, and in both at once."""
    for f, text in (
        (lambda a, b: (a + b) * a, "(a + b) * a"),
        (lambda a, b: (a + a) * b, "(a + a) * b"),
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
        assert_gradient(yours, expected, of="the grads of all nodes", called="after calls on different roots")


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


# ---------------------------------------------------------------------------- u05.zero_grad_and_repeat

ONLY_SELF = "only the node itself is set to 0"
ONLY_LEAVES = "only the leaves are set to 0"
NO_LEAF = "the leaves keep their gradient"
NOT_NONE = "grad is None, not 0.0"
NO_DATA = "the numbers are set to 0 too"
KEPT = "the gradients from before the call are still in it"
LAST = "only the last loss counts"
FIRST = "only the first loss counts"
MEAN = "this is the mean of the losses, not their sum"
UNUSED = "a parameter that no loss uses keeps its old gradient"


@exercise("u05.zero_grad_and_repeat", weight=2)
def test_zero_in_every_node(student, rng, reference):
    """zero_grad sets grad to 0.0 in every node below self and in self, and nowhere else."""
    for at in (-1, -2):
        nodes = random_graph(rng, reference, inner=6)
        made = twins(student, nodes)
        grads = {node: float(grad) for node, grad in zip(nodes, rng.uniform(1, 2, len(nodes)), strict=True)}
        for node, twin in zip(nodes, made, strict=True):
            twin.grad = grads[node]
        root = nodes[at]
        below = reference.topological_order(root)
        made[at].zero_grad()
        kept = lambda keeps: tuple(grads[n] if keeps(n) else 0.0 for n in nodes)  # noqa: E731
        suspects = {
            ONLY_SELF: kept(lambda n: n is not root),
            ONLY_LEAVES: kept(lambda n: n not in below or n.children),
            NO_LEAF: kept(lambda n: n not in below or not n.children),
            NOT_NONE: tuple(None if n in below else grads[n] for n in nodes),
        }
        called = f"node.zero_grad(), {len(below)} of {len(nodes)} nodes below"
        yours = tuple(twin.grad for twin in made)
        assert_equal(yours, kept(lambda n: n not in below), of="the grads", called=called, suspects=suspects)
        data = tuple(twin.data for twin in made)
        expected = tuple(n.data for n in nodes)
        suspects = {NO_DATA: tuple(0.0 if n in below else n.data for n in nodes)}
        assert_equal(data, expected, of="the numbers", called=called, suspects=suspects)


@exercise("u05.zero_grad_and_repeat")
def test_zero_along_a_chain(student, rng, inside):
    """zero_grad reaches the end of a chain of 3,000 sums, and meets each node once."""
    add = inside("importlib.import_module", "operator").add
    a = student.Value(float(rng.uniform(1, 2)))
    y = inside("functools.reduce", add, inside("itertools.repeat", a, 3_000))
    x = student.Value(float(rng.uniform(1, 2)))
    z = x
    for _ in range(40):
        z = z + z
    for root, leaf, called in ((y, a, "a + a + ... + a, 3,000 times"), (z, x, "x = x + x, 40 times")):
        root.grad = leaf.grad = 5.0
        root.zero_grad()
        called = f"zero_grad() on {called}"  # noqa: PLW2901
        assert_equal((root.grad, leaf.grad), (0.0, 0.0), of="root.grad, leaf.grad", called=called)


@exercise("u05.zero_grad_and_repeat")
def test_zero_between_two_passes(student, rng, reference):
    """After zero_grad a backward call gives what the first one gave."""
    for _ in range(2):
        x, z = (float(n) for n in rng.uniform(1.2, 3, 2))
        a, b = student.Value(x), student.Value(z)
        y = (a * b) * 2 * a
        y.backward()
        y.zero_grad()
        called = "backward, zero_grad on y = a * b * 2 * a"
        assert_gradient((a.grad, b.grad), (0.0, 0.0), of="a.grad, b.grad", called=called)
        y.backward()
        called, right = f"{called}, and backward again", (4 * x * z, 2 * x * x)
        suspects = {NO_LEAF: (2 * right[0], 2 * right[1])}
        assert_gradient((a.grad, b.grad), right, of="a.grad, b.grad", called=called, suspects=suspects)


def three_losses(side, numbers):
    """Three losses with a common node, and the four parameters; no loss uses the last one."""
    a, b, c, d = (side.Value(n) for n in numbers)
    p = a * b
    return [p * c + a, p * p, p * 3 + b], [a, b, c, d]


@exercise("u05.zero_grad_and_repeat", weight=2)
def test_gradients_of_several_losses(student, rng, reference):
    """accumulate gives the gradients of the sum of the losses, whatever the parameters held before."""
    for count in (3, 3, 1, 2, 0):
        numbers = [float(n) for n in rng.uniform(1.2, 3, 4)]
        old = tuple(float(g) for g in rng.uniform(1, 9, 4))
        each = []
        for at in range(3):
            losses, parameters = three_losses(reference, numbers)
            losses[at].backward()
            each.append(tuple(p.grad for p in parameters))
        each = each[:count] or [(0.0,) * 4]
        total = tuple(map(sum, zip(*each, strict=True)))
        suspects = {
            KEPT: tuple(map(sum, zip(total, old, strict=True))),
            LAST: each[-1],
            FIRST: each[0],
            MEAN: tuple(g / len(each) for g in total),
            UNUSED: (*total[:3], old[3]),
        }
        losses, parameters = three_losses(student, numbers)
        for p, grad in zip(parameters, old, strict=True):
            p.grad = grad
        for call in ("", ", once more"):
            student.accumulate(losses[:count], parameters)
            yours, names = tuple(p.grad for p in parameters), "a.grad, b.grad, c.grad, d.grad"
            called = f"accumulate(losses, [a, b, c, d]), {count} losses{call}"
            assert_gradient(yours, total, of=names, called=called, suspects=suspects)


# ---------------------------------------------------------------------------- u05.no_grad_and_detach

STILL = "results are still recorded in the block"
NEVER_BACK = "recording stays off after the block"
AFTER_ERROR = "recording stays off when an error ends the block"
TURNED_ON = "the end of a block switches recording on, whatever it was before"
TOGGLED = "the flag is turned round, not switched off"
SWALLOWED = "the error is swallowed"
TOO_EARLY = "recording is off before the block begins"
SAME_OBJECT = "it is the same object"
COPIED = "the children are copied along"
PASSES = "the gradient passes through the detached Value"
ORIGINAL = "the Value itself is cut from its children"


def recorded(student, numbers, called, cause, expected=()):
    """a * b has its number, and no children where nothing is recorded."""
    a, b = (student.Value(n) for n in numbers)
    y = a * b
    if not isinstance(y, student.Value):
        fail("the result is not a Value", called=called, yours=y)
    assert_close(y.data, numbers[0] * numbers[1], of="(a * b).data", called=called)
    children = len(y.children)
    if children != len(y.local_grads) or (children == 0) is bool(expected):
        words = "has children" if children else "has no children"
        fail(f"a * b {words}", called=called, diagnosis=cause)


@exercise("u05.no_grad_and_detach", weight=2)
def test_recording_stops_in_the_block(student, rng):
    """Results in the block have their number and no past; results before and after it have both."""
    for _ in range(2):
        numbers = [float(n) for n in rng.uniform(1.2, 3, 2)]
        w = student.Value(numbers[0])
        try:
            guard = student.no_grad()
            recorded(student, numbers, "guard = no_grad(), before `with guard:`", TOO_EARLY, "both")
            with guard:
                recorded(student, numbers, "in `with no_grad():`", STILL)
                updated = w + w * -0.5
            called = "with no_grad(): w = w + w * -0.5"
            assert_equal(updated.children, (), of="w.children", called=called)
            recorded(student, numbers, "after `with no_grad():`", NEVER_BACK, "both")
        finally:
            student.Value.recording = True


@exercise("u05.no_grad_and_detach")
def test_blocks_in_blocks(student, rng):
    """The end of an inner block does not switch recording on in the outer one."""
    for _ in range(2):
        numbers = [float(n) for n in rng.uniform(1.2, 3, 2)]
        try:
            with student.no_grad():
                recorded(student, numbers, "in the outer block", STILL)
                with student.no_grad():
                    recorded(student, numbers, "in the inner block", TOGGLED)
                recorded(student, numbers, "in the outer block, after the inner one", TURNED_ON)
            recorded(student, numbers, "after both blocks", NEVER_BACK, "both")
            student.Value.recording = False
            with student.no_grad():
                recorded(student, numbers, "in the block, recording was off before", TOGGLED)
            recorded(student, numbers, "after the block, recording was off before", TURNED_ON)
        finally:
            student.Value.recording = True


@exercise("u05.no_grad_and_detach")
def test_errors_in_the_block(student, rng):
    """An error ends the block, passes on, and leaves the flag as it was."""
    for kind in (KeyError, ValueError, ZeroDivisionError):
        numbers = [float(n) for n in rng.uniform(1.2, 3, 2)]
        passed = False
        try:
            try:
                with student.no_grad():
                    recorded(student, numbers, "in `with no_grad():`", STILL)
                    raise kind("in the block")
            except kind:
                passed = True
            if not passed:
                fail(
                    "the error did not come out of the block",
                    called="with no_grad(): raise",
                    diagnosis=SWALLOWED,
                )
            recorded(student, numbers, "after an error in `with no_grad():`", AFTER_ERROR, "both")
        finally:
            student.Value.recording = True


@exercise("u05.no_grad_and_detach", weight=2)
def test_a_detached_value(student, rng):
    """x.detach() is another Value with the same number and nothing else of x; x stays what it was."""
    for _ in range(2):
        p, q = (float(n) for n in rng.uniform(1.2, 3, 2))
        a, b = student.Value(p), student.Value(q)
        x = a * b
        x.grad = 5.0
        try:
            d, called = x.detach(), "d = x.detach() with x = a * b"
            if not isinstance(d, student.Value):
                fail("d is not a Value", called=called, yours=d, diagnosis=RETURN if d is None else "")
            if len(x.children) != 2:
                fail("x has lost its children", called=called, diagnosis=ORIGINAL)
            if d is x:
                fail("d is x", called=called, diagnosis=SAME_OBJECT)
            if d.children != () or d.local_grads != ():
                fail("d has children", called=called, diagnosis=COPIED)
            assert_close((d.data, d.grad), (p * q, 0.0), of="d.data, d.grad", called=called)
            assert_close((x.data, x.grad), (p * q, 5.0), of="x.data, x.grad", called=called)
            y = x * d
            called = "y = x * d with d = x.detach()"
            if not any(child is d for child in y.children):
                fail("d is no child of y", called=called)
            slope = sum(g for child, g in zip(y.children, y.local_grads, strict=True) if child is x)
            assert_close(slope, p * q, of="dy/dx", called=called, suspects={PASSES: 2 * p * q})
            with student.no_grad():
                assert_close(x.detach().data, p * q, of="d.data", called="with no_grad(): d = x.detach()")
        finally:
            student.Value.recording = True
