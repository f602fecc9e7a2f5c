"""Hidden tests of unit 5, one node at a time: its number, its operands, its local gradients."""

from grader.testing import assert_close, assert_gradient, exercise, fail

RETURN = "forgot `return`?"
ONCE = "an operand that stands twice is kept once (a set, a dict?)"
ORDER = "the children stand in another order than the operands"
NUMBERS = "the children are plain numbers, not Values"
ALONE = "the operands are not kept as children"
DEEPER = "these are the children's children"
OF_SUM = "these are the local gradients of a sum"
OF_PRODUCT = "these are the local gradients of a product"
GRADS = "the operands' grad stands where their data belongs"
CHANGED = "an operand is changed"
IGNORED = "the plain number is ignored"

EXACT = {"rtol": 2e-14, "atol": 1e-15}  # a slope measured by nudging is not as exact


def is_value(student, y, called):
    """Stop with a clear word where y is not a Value."""
    if not isinstance(y, student.Value):
        cause = RETURN if repr(y) == "None" else ""
        fail("the result is not a Value", called=called, yours=y, diagnosis=cause)


def unchanged(operands, numbers, called):
    """The operands are the leaves with the numbers that they were."""
    for x, number in zip(operands, numbers, strict=True):
        if x.data != number or x.grad != 0 or x.children != ():
            fail("an operand is not what it was before", called=called, diagnosis=CHANGED)


def slopes(y, leaves):
    """dy/d(leaf) for each leaf: the product of local gradients along each path, summed over paths."""
    found, waiting, met = [0.0] * len(leaves), [(y, 1.0)], 0
    while waiting:
        node, slope = waiting.pop()
        met += 1
        if met > 1_000:
            fail("a node is its own child", called="an operator", diagnosis=CHANGED)
        at = next((k for k, leaf in enumerate(leaves) if node is leaf), None)
        if at is None:
            waiting += [(c, slope * g) for c, g in zip(node.children, node.local_grads, strict=True)]
        else:
            found[at] += slope
    return tuple(found)


# ---------------------------------------------------------------------------- u05.value_ops


def kept_children(y, operands, called):
    """y.children are the operands: each as often as it was used, in this order."""
    children = y.children
    if len(children) != len(operands):
        causes = {0: ALONE, 1: ONCE} if len(operands) == 2 else {}
        what = f"y.children has {len(children)} entries, not {len(operands)}"
        fail(what, called=called, diagnosis=causes.get(len(children), ""))
    for child, operand in zip(children, operands, strict=True):
        if child is not operand:
            cause = NUMBERS if type(child) is float else ""
            cause = ORDER if any(child is other for other in operands) else cause
            fail("y.children are not the operands in their order", called=called, diagnosis=cause)


def check_node(student, y, operands, numbers, *, data, local_grads, called, suspects):
    """y holds this number, these operands in this order, these local gradients; operands stay as they are."""
    is_value(student, y, called)
    unchanged(operands, numbers, called)
    arguments = dict(zip("ab", numbers, strict=False))
    assert_close(y.data, data, of="y.data", called=called, arguments=arguments)
    kept_children(y, operands, called)
    yours = y.local_grads
    if len(yours) != len(local_grads):
        fail(f"y.local_grads has {len(yours)} entries, not {len(local_grads)}", called=called, yours=yours)
    for k, (slope, right) in enumerate(zip(yours, local_grads, strict=True)):
        mine = {cause: grads[k] for cause, grads in suspects.items()}
        of = f"y.local_grads[{k}]"
        assert_gradient(slope, right, of=of, called=called, arguments=arguments, suspects=mine, **EXACT)


def check_pair(student, rng, which):
    """A sum or a product of a with itself, where a set loses one, and of a with b, where order counts."""
    x, z = (float(n) for n in rng.uniform(1.1, 3, 2) * rng.choice((-1, 1), 2))
    for numbers in ((x,), (x, z)):
        made = [student.Value(number) for number in numbers]
        (a, b), (p, q) = (made * 2)[:2], (numbers * 2)[:2]
        text = " ".join(("a", which, "ab"[len(numbers) - 1]))
        called = f"y = {text} with " + ", ".join(
            f"{n} = {v:.4g}" for n, v in zip("ab", numbers, strict=False)
        )
        y = a + b if which == "+" else a * b
        data, local_grads = (p + q, (1.0, 1.0)) if which == "+" else (p * q, (q, p))
        suspects = {OF_PRODUCT: (q, p)} if which == "+" else {OF_SUM: (1.0, 1.0), GRADS: (0.0, 0.0)}
        check_node(
            student, y, (a, b), (p, q), data=data, local_grads=local_grads, called=called, suspects=suspects
        )


@exercise("u05.value_ops", weight=2)
def test_sum_of_two_values(student, rng):
    """a + b has the children (a, b) and the local gradients (1, 1); a and b stay what they were."""
    for _ in range(2):
        check_pair(student, rng, "+")


@exercise("u05.value_ops", weight=2)
def test_product_of_two_values(student, rng):
    """a * b has the children (a, b) and the local gradients (b, a); a and b stay what they were."""
    for _ in range(2):
        check_pair(student, rng, "*")


@exercise("u05.value_ops")
def test_sums_and_products_with_numbers(student, rng):
    """A plain int or float may stand on the right."""
    check_pair(student, rng, "*")
    x = float(rng.uniform(1.1, 3))
    a = student.Value(x)
    for number in (int(rng.integers(2, 9)), float(rng.uniform(-3, -1)), 0, rng.uniform(1, 2)):
        for y, data, slope, sign in (
            (a + number, x + number, 1.0, "+"),
            (a * number, x * number, number, "*"),
        ):
            called = f"y = a {sign} {number:.4g} with a = {x:.4g}"
            is_value(student, y, called)
            assert_close(y.data, data, of="y.data", called=called, suspects={IGNORED: x})
            assert_gradient(slopes(y, (a,)), (float(slope),), of="dy/da", called=called, **EXACT)
    unchanged((a,), (x,), "a + number, a * number")


@exercise("u05.value_ops")
def test_results_are_operands(student, rng):
    """Results are Values too: of (a * b) + (b * b), the children are the two products."""
    check_pair(student, rng, "*")
    x, z = (float(n) for n in rng.uniform(1.1, 3, 2))
    a, b = student.Value(x), student.Value(z)
    p, q = a * b, b * b
    y, called = p + q, "y = p + q with p = a * b, q = b * b"
    is_value(student, y, called)
    if y is p:
        fail("y is p, not another Value", called=called, diagnosis=CHANGED)
    assert_close(y.data, x * z + z * z, of="y.data", called=called)
    if any(child is a or child is b for child in y.children):
        fail("y.children are not p and q", called=called, diagnosis=DEEPER)
    kept_children(y, (p, q), called)
    assert_gradient(slopes(y, (a, b)), (z, x + 2 * z), of="dy/da, dy/db", called=called, **EXACT)
