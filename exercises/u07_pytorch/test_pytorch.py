"""Public tests of unit 7: read them, run them with `pytest u07_pytorch`. Hidden tests decide about points."""

import torch

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail, unpack

# ---------------------------------------------------------------------------- leaf_quiz

ALL = "a result requires a gradient only where all its operands do, not where one does"
INNER = "a tensor that was computed gets a .grad, which only leaves get, or who asks for it by retain_grad"
DATA = "a tensor that requires no gradient gets a .grad all the same"
COMPUTED = "whatever was computed is no leaf: but without a graph it is one"
ONLY_WEIGHTS = "only what requires a gradient is a leaf: but data is one too"
THROUGH = "detach, no_grad or a comparison passes on that a gradient is required"
EVERYWHERE = "backward fills every leaf of the program, not only those that it reaches"
LATER = "requires_grad_ changes what was computed before it"
BEFORE = "gradients are None though backward was called"
NOT_KEPT = "retain_grad leaves no trace"
FOREVER = "a gradient stays though it was set to None"

PROPERTIES = ("requires_grad", "is_leaf", "grad is None")
W, X = ("tensor", "w", True), ("tensor", "x", False)


def check(student, lines, name, said, suspects=()):
    """What is predicted of one name of a program. said: its three bools    suspects: (mistake, its three bools)"""
    called = "predict([" + ", ".join(map(str, lines)) + "])"
    yours = student.predict([*lines])
    if type(yours) is not dict or name not in yours:
        fail(f"no dict that has {name!r}", called=called, yours=yours, expected=f"{{{name!r}: {said}, ...}}")
    suspects = {mistake: value for mistake, value in suspects}
    assert_equal(yours[name], said, of=f"what is predicted of {name}", called=called, suspects=suspects)


@exercise("u07.leaf_quiz")
def test_quiz_of_leaves(student):
    """Numbers 1 to 7: data, weights, and what is computed from them."""
    y = ("op", "y", "w", "x")
    T, F = True, False
    check(student, [W], "w", (T, T, T), [(BEFORE, (T, T, F))])
    check(student, [X], "x", (F, T, T), [(ONLY_WEIGHTS, (F, F, T))])
    check(student, [W, X, y], "y", (T, F, T), [(ALL, (F, T, T))])
    check(student, [X, ("op", "y", "x")], "y", (F, T, T), [(COMPUTED, (F, F, T)), (ONLY_WEIGHTS, (F, F, T))])
    check(student, [W, ("no_grad", "y", "w")], "y", (F, T, T), [(THROUGH, (T, F, T)), (COMPUTED, (F, F, T))])
    check(student, [W, X, ("compare", "m", "w", "x")], "m", (F, T, T), [(THROUGH, (T, F, T))])
    check(student, [W, X, y, ("detach", "d", "y")], "d", (F, T, T), [(THROUGH, (T, F, T))])


@exercise("u07.leaf_quiz")
def test_quiz_of_gradients(student):
    """Numbers 8 to 14: who has a gradient after backward."""
    y, z = ("op", "y", "w", "x"), ("op", "z", "y", "v")
    back, V = ("backward", "z"), ("tensor", "v", True)
    T, F = True, False
    check(student, [W, X, y, ("backward", "y")], "w", (T, T, F), [(BEFORE, (T, T, T))])
    check(student, [W, X, y, ("backward", "y")], "x", (F, T, T), [(DATA, (F, T, F))])
    check(student, [W, X, y, ("backward", "y")], "y", (T, F, T), [(INNER, (T, F, F))])
    check(student, [W, V, X, y, z, back], "y", (T, F, T), [(INNER, (T, F, F))])
    kept = [W, V, X, y, ("retain_grad", "y"), z, back]
    check(student, kept, "y", (T, F, F), [(NOT_KEPT, (T, F, T))])
    check(student, [W, V, X, y, z, ("backward", "y")], "v", (T, T, T), [(EVERYWHERE, (T, T, F))])
    check(student, [W, ("backward", "w")], "w", (T, T, F), [(BEFORE, (T, T, T))])


@exercise("u07.leaf_quiz")
def test_quiz_of_order(student):
    """Numbers 15 to 20: what comes later, what is cut off, what is forgotten."""
    V, back = ("tensor", "v", True), ("backward", "y")
    T, F = True, False
    late = [X, ("op", "y", "x"), ("requires_grad_", "x")]
    check(student, late, "y", (F, T, T), [(LATER, (T, F, T))])
    early = [X, ("requires_grad_", "x"), ("op", "y", "x"), back]
    check(student, early, "x", (T, T, F), [(BEFORE, (T, T, T))])
    cut = [W, V, ("detach", "d", "w"), ("op", "y", "d", "v"), back]
    check(student, cut, "w", (T, T, T), [(EVERYWHERE, (T, T, F)), (THROUGH, (T, T, F))])
    check(student, cut, "v", (T, T, F), [(BEFORE, (T, T, T))])
    again = [W, V, ("op", "y", "w", "v"), back, ("zero_grad", "w")]
    check(student, again, "w", (T, T, T), [(FOREVER, (T, T, F))])
    check(student, [*again, back], "w", (T, T, F), [(BEFORE, (T, T, T))])


# ---------------------------------------------------------------------------- accumulation

FRESH = "each gradient stands alone: backward adds to what is there"
ALIAS = "the list holds one tensor several times: later passes write into it"
DECAYS_NONE = "a parameter without a gradient is changed: None is not 0"
SKIPS_ZERO = "a gradient of 0 is taken for none: the weight decay is missing"
NO_DECAY = "the weight decay is missing"
UNSCALED_DECAY = "the weight decay is not multiplied by the learning rate"
ZEROS = "zeros where None belongs: with set_to_none nothing is left to step with"
NONE = "None where zeros belong: set_to_none=False keeps the tensor"
MADE_UP = "a gradient of zeros is made up where there was None"


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def parameter(inside, values, device, gradient=None):
    """A parameter on the student's side, with this gradient."""
    p = inside("torch.nn.Parameter", numbers(values, device))
    if gradient is not None:
        p.grad = numbers(gradient, device)
    return p


@exercise("u07.accumulation")
def test_two_batches_one_after_the_other(student, device):
    """The second batch alone has the gradient -4, 8; in w.grad it is added to the first one's 6, 12."""
    w = numbers([1.0, 1.0], device)
    first = numbers([[1.0, 2.0]], device), numbers([0.0], device)
    second = numbers([[-1.0, 2.0], [0.0, 0.0]], device), numbers([-3.0, 5.0], device)
    called = "grad_history([1, 1], two batches)"
    yours = student.grad_history(w, [first, second])
    suspects = {
        FRESH: [numbers([6.0, 12.0], device), numbers([-4.0, 8.0], device)],
        ALIAS: [numbers([2.0, 20.0], device)] * 2,
    }
    expected = [numbers([6.0, 12.0], device), numbers([2.0, 20.0], device)]
    assert_close(yours, expected, of="the history", called=called, suspects=suspects)


@exercise("u07.accumulation")
def test_zero_grad_in_both_ways(student, inside, device):
    """By default gradients become None; with set_to_none=False they become zeros, and None stays None."""
    a, b = parameter(inside, [1.0, 2.0, 3.0], device, [4.0, 5.0, 6.0]), parameter(inside, [7.0], device)
    called = "zero_grad([a, b], set_to_none=False), where b.grad is None"
    student.zero_grad([a, b], set_to_none=False)
    zeros = numbers([0.0, 0.0, 0.0], device)
    if a.grad is None:
        fail("a.grad is None", called=called, yours=None, expected=zeros, diagnosis=NONE)
    assert_equal(a.grad, zeros, of="a.grad", called=called)
    if b.grad is not None:
        fail("b.grad is not None", called=called, yours=b.grad, expected=None, diagnosis=MADE_UP)
    student.zero_grad([a, b])
    if a.grad is not None:
        fail("a.grad is not None", called="zero_grad([a, b])", yours=a.grad, expected=None, diagnosis=ZEROS)


@exercise("u07.accumulation")
def test_none_is_not_zero(student, inside, device):
    """With the gradient 0 a weight of 1 decays to 0.99; with the gradient None it stays 1."""
    zero, none = parameter(inside, [1.0], device, [0.0]), parameter(inside, [1.0], device)
    moved = parameter(inside, [1.0, -2.0], device, [0.5, 3.0])
    student.apply_gradients([zero, none, moved], 0.1, 0.1)
    called = "apply_gradients([p], lr=0.1, weight_decay=0.1), where p = 1 and p.grad = "
    one = numbers([1.0], device)
    suspects = {SKIPS_ZERO: one, NO_DECAY: one, UNSCALED_DECAY: 0.9 * one}
    assert_close(zero.data, 0.99 * one, of="p", called=f"{called}0", suspects=suspects)
    assert_close(none.data, one, of="p", called=f"{called}None", suspects={DECAYS_NONE: 0.99 * one})
    expected = numbers([0.94, -2.28], device)
    suspects = {NO_DECAY: numbers([0.95, -2.3], device), UNSCALED_DECAY: numbers([0.85, -2.1], device)}
    called = "apply_gradients([p], lr=0.1, weight_decay=0.1), where p = [1, -2] and p.grad = [0.5, 3]"
    assert_close(moved.data, expected, of="p", called=called, suspects=suspects)
