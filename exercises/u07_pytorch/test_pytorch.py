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
