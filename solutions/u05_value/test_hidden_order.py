"""Hidden tests of unit 5: the order of all nodes of a graph."""

from collections import deque

import numpy as np

from grader.testing import exercise, fail

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


def check_order(student, nodes, made, called, *, again=False):
    """The student's list holds these nodes, once each, children before parents. made: twins, root last."""
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
    """An inner node's list holds the nodes below it, a leaf's list the leaf; and each call begins anew."""
    nodes = random_graph(rng, reference)
    made = twins(student, nodes)
    for at in (len(nodes) - 3, 0, len(nodes) - 1):
        below = reference.topological_order(nodes[at])
        twin_of = dict(zip(nodes, made, strict=True))
        for again in (False, True):
            called = f"topological_order(inner node), {len(below)} nodes below" + ", once more" * again
            check_order(student, below, [twin_of[node] for node in below], called, again=again)


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
    """Nodes with the numbers 0, 1, 2, ..., each the child of the next; linked inside, in a few calls."""
    nodes = inside("collections.deque", inside("map", student.Value, range(length)))
    link = inside("importlib.import_module", "builtins").setattr
    slopes = inside("itertools.repeat", (1.0,))
    for name, entries in (("children", inside("zip", nodes)), ("local_grads", slopes)):
        later, names = inside("itertools.islice", nodes, 1, None), inside("itertools.repeat", name)
        inside("collections.deque", inside("map", link, later, names, entries), 0)
    return nodes


def check_chain(student, inside, length):
    """The order of a chain, brought back as the nodes' numbers: a list of handles would cost far more."""
    called = f"topological_order(root) of a chain of {length:,} nodes"
    inside("gc.disable")  # it would look through all nodes again and again
    try:
        nodes, limit = chain(student, inside, length), inside("sys.getrecursionlimit")
        lists = inside("map", student.topological_order, inside("itertools.repeat", nodes[-1], 1))
        order = inside("importlib.import_module", "itertools").chain.from_iterable(lists)
        numbers = inside(
            "numpy.fromiter", inside("map", inside("operator.attrgetter", "data"), order), "float64"
        )
    finally:
        inside("gc.enable")
    if numbers.shape != (length,):
        fail(f"the list has {len(numbers)} entries", called=called, expected=f"{length}")
    wrong = int((numbers != np.arange(length)).sum())
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
