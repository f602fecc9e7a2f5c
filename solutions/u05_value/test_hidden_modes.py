"""Hidden tests of unit 5: gradients set to zero and added up, and numbers without a past."""

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

RETURN = "forgot `return`?"


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


def mistakes_of_zero(nodes, below, root, grads):
    """sentence -> the grads that are left, node by node. below: what is to be set to 0"""
    cleared = {
        ONLY_SELF: [root],
        ONLY_LEAVES: [node for node in below if not node.children],
        NO_LEAF: [node for node in below if node.children],
    }
    found = {cause: tuple(0.0 if n in done else grads[n] for n in nodes) for cause, done in cleared.items()}
    return found | {NOT_NONE: tuple(None if n in below else grads[n] for n in nodes)}


@exercise("u05.zero_grad_and_repeat", weight=2)
def test_zero_in_every_node(student, rng, reference):
    """zero_grad sets grad to 0.0 in every node below self and in self, and nowhere else."""
    for at in (-1, -2):
        nodes = random_graph(rng, reference, inner=6)
        made = twins(student, nodes)
        grads = {node: float(grad) for node, grad in zip(nodes, rng.uniform(1, 2, len(nodes)), strict=True)}
        for node, twin in zip(nodes, made, strict=True):
            twin.grad = grads[node]
        below = reference.topological_order(nodes[at])
        made[at].zero_grad()
        called = f"node.zero_grad(), {len(below)} of {len(nodes)} nodes below"
        yours = tuple(twin.grad for twin in made)
        expected = tuple(0.0 if node in below else grads[node] for node in nodes)
        suspects = mistakes_of_zero(nodes, below, nodes[at], grads)
        assert_equal(yours, expected, of="the list of all grads", called=called, suspects=suspects)
        for node, twin in zip(nodes, made, strict=True):
            assert_equal(twin.data, node.data, of="data", called=called, suspects={NO_DATA: 0.0})


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
        x = student.Value(p * q, (a, b), (q, p))  # by hand: below, x is told apart by identity
        x.grad = 5.0
        try:
            d, called = x.detach(), "d = x.detach() with x = a * b"
            if not isinstance(d, student.Value):
                fail(
                    "d is not a Value", called=called, yours=d, diagnosis=RETURN if repr(d) == "None" else ""
                )
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
