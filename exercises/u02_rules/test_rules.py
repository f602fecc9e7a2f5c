"""Public tests of unit 2: read them, run them with `pytest u02_rules`. Hidden tests decide about points."""

import math

import numpy as np

from grader.testing import assert_close, assert_equal, exercise, fail, unpack

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
OFF = "multiplied by the place in the new list, not by the power"
SAME = "the list is shortened, but nothing is multiplied by its power"
BOTH_SLOPES = "the two derivatives are multiplied (or divided): neither function stands still"
NO_F = "the term in which f moves is missing"
NO_G = "the term in which g moves is missing"
MINUS = "the sign of one term is wrong"
SWAPPED = "the two terms of the numerator have changed places"
NO_SQUARE = "the denominator is not squared"
OUTER_AT_X = "the outer derivative is taken at x, and not where the outer function really is"
NO_INNER = "the inner derivative is missing"
NO_OUTER = "the outer derivative is missing"
TURNED = "the functions have changed places"
CONSTANT = "a constant has the tangent 0, not 1"
NO_TANGENT = "the operand's own tangent is missing"
NO_SEED = "the tangent of x itself is missing: how fast does x grow with x?"


@exercise("u02.poly_derivative")
def test_the_loss_of_the_lesson(student):
    """25 - 20 w + 4 w**2 has the derivative -20 + 8 w: the list [25, -20, 4] becomes [-20, 8]."""
    assert_close(
        student.poly_derivative([25, -20, 4]),
        [-20, 8],
        of="the derivative",
        called="poly_derivative([25, -20, 4])",
        suspects={OFF: [0, 4], SAME: [-20, 4]},
    )


@exercise("u02.poly_derivative")
def test_powers_up_to_four(student):
    """x**4 / 4 - x**3 + 5 x has the derivative x**3 - 3 x**2 + 5; a constant leaves an empty list."""
    assert_close(
        student.poly_derivative([0, 5, 0, -1, 0.25]),
        [5, 0, -3, 1.0],
        of="the derivative",
        called="poly_derivative([0, 5, 0, -1, 0.25])",
        suspects={OFF: [0, 0, -2, 0.75], SAME: [5, 0, -1, 0.25]},
    )
    for constant in ([7], []):
        called = f"poly_derivative({constant})"
        assert_equal(student.poly_derivative(constant), [], of="the derivative", called=called)


@exercise("u02.product_and_quotient")
def test_x_squared_times_sine(student):
    """x**2 sin(x) at x = 3 has the derivative 2 x sin(x) + x**2 cos(x)."""
    sine, cosine = 0.1411200080598672, -0.9899924966004454
    assert_close(
        student.product_rule(9.0, 6.0, sine, cosine),
        -8.063212421044806,
        of="the derivative of the product",
        called="product_rule(9, 6, sin(3), cos(3))",
        suspects={
            BOTH_SLOPES: -5.939954979602673,
            MINUS: 9.75665251776321,
            NO_G: 0.8467200483592032,
            NO_F: -8.909932469404009,
        },
    )


@exercise("u02.product_and_quotient")
def test_the_sigmoid_is_a_quotient(student):
    """1 / (1 + e**-x) at x = 0 is 1 / 2, with f' = 0 and g' = -1; its derivative is 1 / 4."""
    assert_close(
        student.quotient_rule(1.0, 0.0, 2.0, -1.0),
        0.25,
        of="the derivative of the quotient",
        called="quotient_rule(1, 0, 2, -1)",
        suspects={SWAPPED: -0.25, NO_SQUARE: 0.5, BOTH_SLOPES: 0.0},
    )


@exercise("u02.product_and_quotient")
def test_arrays_go_entry_by_entry(student):
    """Arrays hold one place each: x / (1 + x) at 1 and at 3 has the derivatives 1 / 4 and 1 / 16."""
    x, one = np.array([1.0, 3.0]), np.ones(2)
    assert_close(
        student.quotient_rule(x, one, 1 + x, one),
        np.array([0.25, 0.0625]),
        of="the derivative of the quotient",
        called="quotient_rule(x, 1, 1 + x, 1) with x = [1, 3]",
        suspects={SWAPPED: np.array([-0.25, -0.0625]), NO_SQUARE: np.array([0.5, 0.25]), BOTH_SLOPES: one},
    )
    assert_close(
        student.product_rule(x, one, 1 + x, one),
        np.array([3.0, 7.0]),
        of="the derivative of the product",
        called="product_rule(x, 1, 1 + x, 1) with x = [1, 3]",
        suspects={BOTH_SLOPES: one, MINUS: one},
    )


@exercise("u02.chain_rule")
def test_the_squared_error_as_two_steps(student):
    """u = 2 w - 5, then u**2: at w = 3 the loss is 1, and its slope 2 u times 2 is 4."""
    parts = student.compose(lambda u: u**2, lambda u: 2 * u, lambda w: 2 * w - 5, lambda w: 2.0)
    h, dh = unpack(parts, "(h, dh)")
    called = "h, dh = compose(u**2, 2 u, 2 w - 5, 2)"
    assert_close(h(3.0), 1.0, of="h(3)", called=called, suspects={TURNED: 13.0})
    assert_close(
        dh(3.0),
        4.0,
        of="dh(3)",
        called=called,
        suspects={OUTER_AT_X: 12.0, NO_INNER: 2.0, TURNED: 12.0, NO_OUTER: 2.0},
    )


@exercise("u02.chain_rule")
def test_sine_of_a_square(student):
    """sin(x**2) has the slope cos(x**2) 2 x. At x = 1 a mistake would hide, because x**2 is x there."""
    h, dh = unpack(student.compose(math.sin, math.cos, lambda x: x**2, lambda x: 2 * x), "(h, dh)")
    called = "h, dh = compose(sin, cos, x**2, 2 x)"
    assert_close(h(1.5), 0.7780731968879212, of="h(1.5)", called=called, suspects={TURNED: 0.994996248300223})
    assert_close(
        dh(1.5),
        -1.884520868377721,
        of="dh(1.5)",
        called=called,
        suspects={
            OUTER_AT_X: 0.2122116050031087,
            NO_INNER: -0.6281736227925737,
            NO_OUTER: 3.0,
            TURNED: 0.14112000805986721,
        },
    )


@exercise("u02.elementary_derivatives")
def test_where_the_curves_are_easy(student):
    """At these places values and derivatives are round numbers."""
    for name, x, expected in (
        ("exp", 0.0, (1.0, 1.0)),
        ("log", 4.0, (1.3862943611198906, 0.25)),
        ("sqrt", 4.0, (2.0, 0.25)),
        ("tanh", 0.0, (0.0, 1.0)),
        ("sigmoid", 0.0, (0.5, 0.25)),
        ("relu", 3.0, (3.0, 1.0)),
        ("relu", 0.0, (0.0, 0.0)),
        ("relu", -3.0, (0.0, 0.0)),
    ):
        yours = unpack(getattr(student, name)(x), "(y, dy)")
        assert_close(tuple(yours), expected, of="(y, dy)", called=f"{name}({x})")


@exercise("u02.elementary_derivatives")
def test_all_six_at_two(student):
    """At x = 2, where tanh and the sigmoid begin to level off."""
    for name, expected in (
        ("exp", (7.38905609893065, 7.38905609893065)),
        ("log", (0.6931471805599453, 0.5)),
        ("sqrt", (1.4142135623730951, 0.35355339059327373)),
        ("tanh", (0.9640275800758169, 0.07065082485316443)),
        ("sigmoid", (0.8807970779778823, 0.10499358540350662)),
        ("relu", (2.0, 1.0)),
    ):
        y, dy = unpack(getattr(student, name)(2.0), "(y, dy)")
        called = f"{name}(2.0)"
        assert_close(y, expected[0], of="y", called=called)
        assert_close(dy, expected[1], of="dy", called=called, arguments={"x": 2.0, "y": expected[0]})


@exercise("u02.elementary_derivatives")
def test_tanh_and_sigmoid_of_an_array(student):
    """An array goes in, two arrays of its shape come out; 1000 is not too large, nor -1000 too small."""
    x = np.array([[-1000.0, -1.0, 0.5], [1000.0, 2.0, -0.25]])
    y, dy = unpack(student.tanh(x), "(y, dy)")
    t = np.array(
        [[-1.0, -0.7615941559557649, 0.46211715726000973], [1.0, 0.9640275800758169, -0.24491866240370913]]
    )
    called = "tanh(x) with x of shape (2, 3)"
    assert_close(y, t, of="y", called=called)
    expected = np.array(
        [[0.0, 0.41997434161402614, 0.7864477329659274], [0.0, 0.07065082485316443, 0.940014848806378]]
    )
    assert_close(dy, expected, of="dy", called=called, arguments={"x": x, "y": t})
    y, dy = unpack(student.sigmoid(x), "(y, dy)")
    s = np.array(
        [[0.0, 0.2689414213699951, 0.6224593312018546], [1.0, 0.8807970779778825, 0.43782349911420193]]
    )
    called = "sigmoid(x) with x of shape (2, 3)"
    assert_close(y, s, of="y", called=called)
    expected = np.array(
        [[0.0, 0.19661193324148188, 0.2350037122015945], [0.0, 0.1049935854035065, 0.24613408273759838]]
    )
    assert_close(dy, expected, of="dy", called=called, arguments={"x": x, "y": s})


def is_dual(student, y, called):
    """Stop with a clear word where y is not a Dual."""
    if not isinstance(y, student.Dual):
        cause = "forgot `return`?" if repr(y) == "None" else ""
        fail("the result is not a Dual", called=called, yours=y, diagnosis=cause)


@exercise("u02.dual_numbers")
def test_the_lesson_in_duals(student):
    """w is (3, 1). Then 2 w is (6, 2), 2 w - 5 is (1, 2), and its square is (1, 4)."""
    w = student.Dual(3, 1)
    u, called = 2 * w - 5, "u = 2 * w - 5 with w = Dual(3, 1)"
    is_dual(student, u, called)
    assert_close((u.value, u.tangent), (1.0, 2.0), of="(u.value, u.tangent)", called=called)
    for y, called in ((u * u, "y = u * u with u = Dual(1, 2)"), (u**2, "y = u**2 with u = Dual(1, 2)")):
        is_dual(student, y, called)
        assert_close(y.value, 1.0, of="y.value", called=called)
        suspects = {NO_TANGENT: 2.0}
        assert_close(y.tangent, 4.0, of="y.tangent", called=called, suspects=suspects)


@exercise("u02.dual_numbers")
def test_products_and_quotients_of_duals(student):
    """With a = (3, 2) and b = (5, 7), a * b is (15, 31) and a / b is (0.6, -0.44); a * 4 is (12, 8)."""
    a, b = student.Dual(3, 2), student.Dual(5, 7)
    for y, expected, text, suspects in (
        (a * b, (15.0, 31.0), "a * b", {BOTH_SLOPES: 14.0, MINUS: -11.0, NO_F: 21.0, NO_G: 10.0}),
        (a / b, (0.6, -0.44), "a / b", {BOTH_SLOPES: 2 / 7, NO_SQUARE: -2.2, SWAPPED: 0.44}),
        (a * 4, (12.0, 8.0), "a * 4", {CONSTANT: 11.0}),
        (a / 4, (0.75, 0.5), "a / 4", {CONSTANT: 0.3125}),
        (4 / a, (4 / 3, -8 / 9), "4 / a", {CONSTANT: -5 / 9}),
    ):
        called = f"y = {text} with a = Dual(3, 2), b = Dual(5, 7)"
        is_dual(student, y, called)
        assert_close(y.value, expected[0], of="y.value", called=called)
        assert_close(y.tangent, expected[1], of="y.tangent", called=called, suspects=suspects)


@exercise("u02.dual_numbers")
def test_functions_of_duals(student):
    """apply brings the chain rule: sin(x * x) at x = 1.5 has the slope that compose has."""
    x = student.Dual(1.5, 1)
    y, called = (x * x).apply(lambda v: (math.sin(v), math.cos(v))), "y = (x * x).apply(sine)"
    is_dual(student, y, called)
    assert_close(y.value, 0.7780731968879212, of="y.value", called=called)
    suspects = {NO_TANGENT: -0.6281736227925737}
    assert_close(y.tangent, -1.884520868377721, of="y.tangent", called=called, suspects=suspects)


@exercise("u02.dual_numbers")
def test_derivative_of_the_loss(student):
    """derivative sends in the Dual that says "I am x": (2 w - 5)**2 has the slope 4 at 3, and 7 has none."""
    yours = student.derivative(lambda w: (2 * w - 5) * (2 * w - 5), 3)
    assert_close(yours, 4.0, of="the slope", called="derivative((2 w - 5)**2, 3)", suspects={NO_SEED: 0.0})
    yours = student.derivative(lambda w: 7, 3)
    assert_close(yours, 0.0, of="the slope of a constant", called="derivative(7, 3)")
