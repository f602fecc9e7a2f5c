"""Public tests of unit 5: read them, run them with `pytest u05_value`. Hidden tests decide about points."""

import math

import pytest

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
RETURN = "forgot `return`?"
ONCE = "an operand that stands twice is kept once (a set, a dict?)"
SWAPPED = "the operands are swapped"
REPEATED = "a node stands in the list more than once"
REVERSED = "the order is reversed: the parents come first"
ONE = "only one of its contributions is there: `=` where `+=` is needed?"
EARLY = "a node passes its gradient on before all of it has arrived"
NO_SEED = "the pass starts from 0: d(root)/d(root) is missing"
STALE = "inner nodes still hold the gradients of the call before"
CLEARED = "the leaves are set back to 0, so nothing adds up"
KEPT = "the gradients from before the call are still in it"
LAST = "only the last loss counts"
PASSES = "the gradient passes through the detached Value"
NO_MAX = "the largest logit is not subtracted"
UPHILL = "the step goes uphill"


def derivative(y, x):
    """d(y)/d(x): the product of the local gradients along each path from y down to x, summed over paths."""
    if y is x:
        return 1.0
    return sum(slope * derivative(child, x) for child, slope in zip(y.children, y.local_grads, strict=True))


def is_value(student, y, called):
    """Stop with a clear word where y is not a Value."""
    if not isinstance(y, student.Value):
        cause = RETURN if repr(y) == "None" else ""
        fail("the result is not a Value", called=called, yours=y, diagnosis=cause)


# ---------------------------------------------------------------------------- u05.value_ops


def check_node(student, y, called, *, data, children, local_grads):
    """y holds this number, these operands in this order, and these local gradients."""
    is_value(student, y, called)
    assert_close(y.data, data, of="y.data", called=called)
    if len(y.children) != len(children):
        cause = ONCE if len(y.children) == 1 else ""
        what = f"y.children has {len(y.children)} entries, not {len(children)}"
        fail(what, called=called, diagnosis=cause)
    if any(mine is not child for mine, child in zip(y.children, children, strict=True)):
        fail("y.children are not the operands in their order", called=called)
    if len(y.local_grads) != len(local_grads):
        fail(f"y.local_grads has {len(y.local_grads)} entries, not {len(local_grads)}", called=called)
    arguments = {name: child.data for name, child in zip("ab", children, strict=True)}
    for k, (slope, right) in enumerate(zip(y.local_grads, local_grads, strict=True)):
        assert_close(slope, right, of=f"y.local_grads[{k}]", called=called, arguments=arguments)


@exercise("u05.value_ops")
def test_a_sum_knows_its_operands(student):
    """a + b is 2 + (-3) = -1; its children are a and b, and its slope is 1 in both."""
    a, b = student.Value(2), student.Value(-3)
    check_node(
        student, a + b, "y = a + b with a = 2, b = -3", data=-1.0, children=(a, b), local_grads=(1.0, 1.0)
    )


@exercise("u05.value_ops")
def test_a_product_knows_its_operands(student):
    """a * b is -6. A little more of a gives b times as much, so the local gradients are (b, a)."""
    a, b = student.Value(2), student.Value(-3)
    check_node(
        student, a * b, "y = a * b with a = 2, b = -3", data=-6.0, children=(a, b), local_grads=(-3.0, 2.0)
    )


@exercise("u05.value_ops")
def test_an_operand_may_stand_twice(student):
    """a * a has two children, both of them a."""
    a = student.Value(3)
    check_node(student, a * a, "y = a * a with a = 3", data=9.0, children=(a, a), local_grads=(3.0, 3.0))
    check_node(student, a + a, "y = a + a with a = 3", data=6.0, children=(a, a), local_grads=(1.0, 1.0))


@exercise("u05.value_ops")
def test_plain_numbers_on_the_right(student):
    """a + b and a * b work too where b is a plain number."""
    a = student.Value(4)
    for y, data, slope, called in (
        (a + 1, 5.0, 1.0, "y = a + b with a = 4, b = 1, a plain number"),
        (a * 2.5, 10.0, 2.5, "y = a * b with a = 4, b = 2.5, a plain number"),
    ):
        is_value(student, y, called)
        assert_close(y.data, data, of="y.data", called=called)
        assert_close(derivative(y, a), slope, of="dy/da", called=called, arguments={"a": 4.0, "b": 2.5})


# ---------------------------------------------------------------------------- u05.reflected_ops


@exercise("u05.reflected_ops")
def test_difference_and_quotient(student):
    """With a = 6 and b = 4: -a, a - b and a / b, and their slopes in a and in b."""
    a, b = student.Value(6), student.Value(4)
    for y, data, slopes, called in (
        (-a, -6.0, (-1.0, 0.0), "y = -a with a = 6"),
        (a - b, 2.0, (1.0, -1.0), "y = a - b with a = 6, b = 4"),
        (a / b, 1.5, (0.25, -0.375), "y = a / b with a = 6, b = 4"),
    ):
        is_value(student, y, called)
        assert_close(y.data, data, of="y.data", called=called)
        assert_close((derivative(y, a), derivative(y, b)), slopes, of="dy/da, dy/db", called=called)


def check_left(student, x, cases):
    """A plain number on the left. cases: f, its number, its slope, the number if swapped, the text of f."""
    for f, data, slope, swapped, text in cases:
        a = student.Value(x)
        y, called = f(a), f"y = {text} with a = {x}"
        is_value(student, y, called)
        suspects = {} if swapped is None else {SWAPPED: swapped}
        assert_close(y.data, data, of="y.data", called=called, suspects=suspects)
        assert_close(derivative(y, a), slope, of="dy/da", called=called)


@exercise("u05.reflected_ops")
def test_whole_numbers_on_the_left(student):
    """With a = 4: 3 + a is 7, 3 * a is 12, 5 - a is 1, 10 / a is 2.5."""
    cases = (
        (lambda a: 3 + a, 7.0, 1.0, None, "3 + a"),
        (lambda a: 3 * a, 12.0, 3.0, None, "3 * a"),
        (lambda a: 5 - a, 1.0, -1.0, -1.0, "5 - a"),
        (lambda a: 10 / a, 2.5, -0.625, 0.4, "10 / a"),
    )
    check_left(student, 4, cases)


@exercise("u05.reflected_ops")
def test_broken_numbers_on_the_left(student):
    """With a = 2: 0.5 - a is -1.5, 1.5 / a is 0.75, and sum([a, a]) is 4, for it begins with 0 + a."""
    cases = (
        (lambda a: 0.5 - a, -1.5, -1.0, 1.5, "0.5 - a"),
        (lambda a: 1.5 / a, 0.75, -0.375, 4 / 3, "1.5 / a"),
        (lambda a: sum([a, a]), 4.0, 2.0, None, "sum([a, a])"),
    )
    check_left(student, 2, cases)


@exercise("u05.reflected_ops")
def test_plain_exponents(student):
    """With a = 4: a**3 is 64 with the slope 48, a**-2 is 1/16, a**0.5 is 2; a**Value(2) raises TypeError."""
    a = student.Value(4)
    for n, data, slope in ((3, 64.0, 48.0), (-2, 0.0625, -0.03125), (0.5, 2.0, 0.25)):
        y, called = a**n, f"y = a**{n} with a = 4"
        is_value(student, y, called)
        assert_close(y.data, data, of="y.data", called=called)
        assert_close(derivative(y, a), slope, of="dy/da", called=called)
    with pytest.raises(TypeError):
        (a ** student.Value(2)).data


# ---------------------------------------------------------------------------- u05.topological_order


def check_order(student, root, nodes, called):
    """The list holds these nodes, each once, children before parents. nodes: name -> Value, or handle."""
    order = student.topological_order(root)
    if type(order) is not list:
        cause = RETURN if order is None else ""
        fail("the result is not a list", called=called, yours=order, diagnosis=cause)
    names = {id(node): name for name, node in nodes.items()}
    mine = [names.get(id(node), "?") for node in order]
    shown = f"[{', '.join(mine)}]"
    if sorted(mine) != sorted(names.values()):
        cause = REPEATED if len(set(mine)) < len(mine) else ""
        expected = f"each of {', '.join(names.values())} once"
        fail(
            "these are not the nodes of the graph",
            called=called,
            yours=shown,
            expected=expected,
            diagnosis=cause,
        )
    place = {name: at for at, name in enumerate(mine)}
    for name, node in nodes.items():
        for child in node.children:
            if place[names[id(child)]] > place[name]:
                cause = REVERSED if mine[0] == names[id(root)] else ""
                what = f"{name} stands before its child {names[id(child)]}"
                fail(what, called=called, yours=shown, diagnosis=cause)


@exercise("u05.topological_order")
def test_order_of_a_diamond(student):
    """d has the children b and c, and both have the child a: a comes first, d last."""
    a = student.Value(1)
    b, c = student.Value(2, (a,), (2,)), student.Value(3, (a,), (3,))
    d = student.Value(5, (b, c), (1, 1))
    called = "topological_order(d) with d of (b, c), b of (a), c of (a)"
    check_order(student, d, {"a": a, "b": b, "c": c, "d": d}, called)


@exercise("u05.topological_order")
def test_order_where_one_way_is_longer(student):
    """d has the children a and c: a is near, but c needs b, which needs a. So a comes first all the same."""
    a = student.Value(1)
    b = student.Value(2, (a,), (2,))
    c = student.Value(3, (b,), (1,))
    d = student.Value(4, (a, c), (1, 1))
    called = "topological_order(d) with d of (a, c), c of (b), b of (a)"
    check_order(student, d, {"a": a, "b": b, "c": c, "d": d}, called)


@exercise("u05.topological_order")
def test_order_of_equal_numbers(student):
    """Two nodes that hold the same number are still two nodes, and one that stands twice is one."""
    a, b = student.Value(1), student.Value(1)
    c = student.Value(1, (a, b), (1, 1))
    d = student.Value(1, (c, c), (1, 0))
    called = "topological_order(d) with d of (c, c), c of (a, b), all of them 1"
    check_order(student, d, {"a": a, "b": b, "c": c, "d": d}, called)


# ---------------------------------------------------------------------------- u05.backward


@exercise("u05.backward")
def test_gradients_of_the_worked_example(student):
    """The lesson's graph: p = a * b, q = p + a, y = q * p with a = 2, b = 3 has these gradients."""
    a, b = student.Value(2), student.Value(3)
    p = a * b
    q = p + a
    y = q * p
    y.backward()
    called = "y.backward() with p = a * b, q = p + a, y = q * p, a = 2, b = 3"
    for name, node, right, one, early in (
        ("y", y, 1.0, None, None),
        ("q", q, 6.0, None, None),
        ("p", p, 14.0, 6.0, None),
        ("a", a, 48.0, 18.0, 30.0),
        ("b", b, 28.0, 12.0, 16.0),
    ):
        suspects = {ONE: one, EARLY: early, NO_SEED: 0.0}
        suspects = {cause: number for cause, number in suspects.items() if number is not None}
        assert_gradient(node.grad, right, of=f"{name}.grad", called=called, suspects=suspects)


@exercise("u05.backward")
def test_gradients_of_a_value_used_twice(student):
    """a + a has the gradient 2, and a * a has 2a: each use of a contributes."""
    for f, slope, one, called in (
        (lambda a: a + a, 2.0, 1.0, "(a + a).backward() with a = 5"),
        (lambda a: a * a, 10.0, 5.0, "(a * a).backward() with a = 5"),
    ):
        a = student.Value(5)
        y = f(a)
        y.backward()
        assert_gradient(y.grad, 1.0, of="y.grad", called=called, suspects={NO_SEED: 0.0})
        assert_gradient(a.grad, slope, of="a.grad", called=called, suspects={ONE: one})


@exercise("u05.backward")
def test_gradients_of_two_calls(student):
    """y = ((3a)2)1: after one call a.grad is 6, after two 12; leaves add up, inner nodes start from 0."""
    a = student.Value(1)
    y = ((a * 3) * 2) * 1
    for calls, expected, stale in ((1, 6.0, 6.0), (2, 12.0, 24.0)):
        y.backward()
        suspects = {STALE: stale, CLEARED: 6.0} if calls == 2 else {NO_SEED: 0.0}
        called = f"y = ((a * 3) * 2) * 1, y.backward(), call {calls}"
        assert_gradient(a.grad, expected, of="a.grad", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- u05.nonlinear_ops


def check_functions(student, x, cases):
    """Each function has this value and this slope at x."""
    for name, data, slope in cases:
        a = student.Value(x)
        y, called = getattr(a, name)(), f"y = a.{name}() with a = {x}"
        is_value(student, y, called)
        assert_close(y.data, data, of="y.data", called=called)
        assert_close(derivative(y, a), slope, of="dy/da", called=called, arguments={"a": x, "y": data})


@exercise("u05.nonlinear_ops")
def test_functions_at_one_half(student):
    """Each function has its value and its slope at 0.5."""
    cases = (
        ("exp", 1.6487212707001282, 1.6487212707001282),
        ("log", -0.6931471805599453, 2.0),
        ("tanh", 0.46211715726000973, 0.7864477329659274),
        ("sigmoid", 0.6224593312018546, 0.2350037122015945),
        ("relu", 0.5, 1.0),
    )
    check_functions(student, 0.5, cases)


@exercise("u05.nonlinear_ops")
def test_functions_at_two_and_minus_one(student):
    """Each function has its value and its slope at 2, and relu at -1."""
    cases = (
        ("exp", 7.38905609893065, 7.38905609893065),
        ("log", 0.6931471805599453, 0.5),
        ("tanh", 0.9640275800758169, 0.07065082485316443),
        ("sigmoid", 0.8807970779778825, 0.10499358540350651),
        ("relu", 2.0, 1.0),
    )
    check_functions(student, 2.0, cases)
    check_functions(student, -1.0, [("relu", 0.0, 0.0)])


@exercise("u05.nonlinear_ops")
def test_functions_of_large_numbers(student):
    """tanh(400) is 1 and sigmoid(-1000) is 0; neither overflows."""
    for name, x, data in (
        ("tanh", 400, 1.0),
        ("tanh", -400, -1.0),
        ("sigmoid", 1000, 1.0),
        ("sigmoid", -1000, 0.0),
    ):
        y, called = getattr(student.Value(x), name)(), f"y = Value({x}).{name}()"
        is_value(student, y, called)
        assert_close(y.data, data, of="y.data", called=called)


@exercise("u05.nonlinear_ops")
def test_logarithm_of_a_negative_number(student):
    """log of -2.5 raises ValueError, and its text says so: "log" and "-2.5" stand in it."""
    assert_close(student.Value(1).log().data, 0.0, of="y.data", called="y = Value(1).log()")
    with pytest.raises(ValueError) as caught:
        student.Value(-2.5).log()
    text = str(caught.value)
    if "log" not in text or "-2.5" not in text:
        fail("the text of the ValueError does not say what is wrong", called="Value(-2.5).log()", yours=text)


# ---------------------------------------------------------------------------- u05.zero_grad_and_repeat


@exercise("u05.zero_grad_and_repeat")
def test_zero_and_repeat(student):
    """y = ((3a)2)1: backward, backward, zero_grad, backward leave 6, 12, 0, 6 in a.grad."""
    a = student.Value(1)
    p = a * 3
    y = (p * 2) * 1
    for step, once, all_calls in (
        ("backward", 1, 1),
        ("backward", 1, 2),
        ("zero_grad", 0, 0),
        ("backward", 1, 1),
    ):
        getattr(y, step)()
        called = f"p = a * 3, y = (p * 2) * 1, a = 1: backward, backward, zero_grad, backward; here {step}"
        for name, node, right in (("y", y, once), ("p", p, 2 * once), ("a", a, 6 * all_calls)):
            assert_equal(node.grad, float(right), of=f"{name}.grad", called=called)


@exercise("u05.zero_grad_and_repeat")
def test_gradients_of_two_losses(student):
    """The losses a * b and a * a, with a = 3 and b = 5: a.grad = 5 + 6, b.grad = 3; a third parameter: 0."""
    a, b, c = student.Value(3), student.Value(5), student.Value(7)
    c.grad = 100.0
    losses = [a * b, a * a]
    for call in ("first", "second"):
        student.accumulate(losses, [a, b, c])
        called = f"accumulate([a * b, a * a], [a, b, c]) with a = 3, b = 5, the {call} time"
        for name, p, right, last in (("c", c, 0.0, 0.0), ("b", b, 3.0, 0.0), ("a", a, 11.0, 6.0)):
            suspects = {LAST: last} if name != "c" else {KEPT: 100.0}
            assert_close(p.grad, right, of=f"{name}.grad", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- u05.no_grad_and_detach


@exercise("u05.no_grad_and_detach")
def test_nothing_is_recorded_in_the_block(student):
    """Inside `with no_grad():` a * b has its number, but no children; after the block it has them again."""
    a, b = student.Value(2), student.Value(3)
    try:
        with student.no_grad():
            y = a * b
        assert_close(y.data, 6.0, of="y.data", called="with no_grad(): y = a * b")
        assert_equal(y.children, (), of="y.children", called="with no_grad(): y = a * b")
        after = len((a * b).children)
    finally:
        student.Value.recording = True
    if after != 2:
        fail("after the block, (a * b).children is empty", expected="a and b")


@exercise("u05.no_grad_and_detach")
def test_an_error_ends_the_block(student):
    """An error inside passes through, and the flag is what it was before."""
    a = student.Value(2)
    try:
        try:
            with student.no_grad():
                assert_equal((a * a).children, (), of="(a * a).children", called="inside the block")
                raise KeyError("out of the block")
        except KeyError:
            on = student.Value.recording
        else:
            fail("the error did not come out of the block", called="with no_grad(): raise KeyError")
    finally:
        student.Value.recording = True
    assert_equal(on, True, of="Value.recording", called="after an error in `with no_grad():`")


@exercise("u05.no_grad_and_detach")
def test_half_of_a_square(student):
    """y = x * x.detach() is 9 for x = 3, with the slope 3 and not 6: half of the square is a constant."""
    x = student.Value(3)
    d = x.detach()
    is_value(student, d, "d = x.detach()")
    y, called = x * d, "y = x * x.detach() with x = 3"
    assert_close(y.data, 9.0, of="y.data", called=called)
    assert_close(derivative(y, x), 3.0, of="dy/dx", called=called, suspects={PASSES: 6.0})


# ---------------------------------------------------------------------------- u05.value_mlp


def numbers(values):
    return [value.data for value in values]


@exercise("u05.value_mlp")
def test_one_neuron(student):
    """With the weights (0.5, -1) and the bias 0.25, the inputs (2, 1) give 0.25, and its tanh is 0.244919."""
    for activate, expected, bare in ((False, 0.25, 0.0), (True, 0.24491866240370913, 0.0)):
        neuron = student.Neuron([0.5, -1.0], 0.25, activate)
        y, called = neuron([2.0, 1.0]), f"Neuron([0.5, -1.0], 0.25, {activate})([2.0, 1.0])"
        is_value(student, y, called)
        assert_close(y.data, expected, of="y.data", called=called, suspects={"the bias is missing": bare})


@exercise("u05.value_mlp")
def test_two_layers(student):
    """MLP([2, 3, 2], seed=1) gives two logits for the inputs (0.5, -1)."""
    yours = numbers(student.MLP([2, 3, 2], seed=1)([0.5, -1.0]))
    assert_close(
        yours,
        [0.8801608953752705, -0.3958036362881518],
        of="the list of logits",
        called="MLP([2, 3, 2], seed=1)([0.5, -1.0])",
    )


@exercise("u05.value_mlp")
def test_cross_entropy_of_three_logits(student):
    """For the logits (1, 2, 3), and for 1000 more in each, the loss of class 2 is 0.407606."""
    for shift in (0, 1000):
        logits = [student.Value(z + shift) for z in (1, 2, 3)]
        called = f"softmax_cross_entropy([{', '.join(str(z + shift) for z in (1, 2, 3))}], 2)"
        loss = student.softmax_cross_entropy(logits, 2)
        is_value(student, loss, called)
        assert_close(loss.data, 0.4076059644443804, of="the loss", called=called)
        loss.backward()
        slopes = (0.09003057317038046, 0.24472847105479764, -0.3347590442251782)
        for k, (z, slope) in enumerate(zip(logits, slopes, strict=True)):
            assert_gradient(z.grad, slope, of=f"dL/dz{k}", called=called)


@exercise("u05.value_mlp")
def test_draws_of_a_class(student, inside):
    """Five draws from the logits (0, 1, 2) with random.Random(3)."""
    logits = [student.Value(z) for z in (0, 1, 2)]
    rng = inside("random.Random", 3)
    yours = [student.sample(logits, rng) for _ in range(5)]
    assert_equal(
        yours,
        [1, 2, 2, 2, 2],
        of="the list of classes",
        called="sample(logits, random.Random(3)), five times",
    )


@exercise("u05.value_mlp")
def test_a_step_downhill(student):
    """w = 3 with the gradient 4 and the learning rate 0.25 becomes 2; w stays the same Value."""
    w = student.Value(3)
    w.grad = 4.0
    student.sgd_step([w], 0.25)
    assert_equal(w.children, (), of="w.children", called="sgd_step([w], 0.25)")
    suspects = {UPHILL: 4.0, "the parameters do not move": 3.0}
    assert_close(
        w.data, 2.0, of="w.data", called="sgd_step([w], 0.25) with w = 3, w.grad = 4", suspects=suspects
    )


@exercise("u05.value_mlp")
def test_a_network_learns_exclusive_or(student):
    """Three steps on the four points of exclusive or: the losses, each before its update."""
    model = student.MLP([2, 3, 2], seed=1)
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    history = student.train(model, inputs, targets, 3, 0.5)
    assert_close(
        history,
        [0.8321650764401258, 0.7504396751366559, 0.7182456264913555],
        of="the list of losses",
        called="train(MLP([2, 3, 2], seed=1), xor, steps=3, lr=0.5)",
    )
