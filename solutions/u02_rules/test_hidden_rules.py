"""Hidden tests of unit 2: powers, products, quotients, and functions inside functions."""

import math

import numpy as np

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail, unpack

EXACT = {"rtol": 1e-13, "atol": 0}  # a slope measured by nudging is not as exact
CHANGED = "an argument is changed"

# ---------------------------------------------------------------------------- poly_derivative

OFF = "multiplied by the place in the new list, not by the power"
SAME = "the list is shortened, but nothing is multiplied by its power"
TURNED_ROUND = "the list is read with the highest power first"
TRIMMED = "coefficients that are 0 are left out, so that others lose their places"
ZERO = "a constant leaves [0], not an empty list"


def drawn(rng, n):
    """Coefficients of both signs, none of them 0 or 1."""
    return (rng.uniform(1.5, 4, n) * rng.choice((-1, 1), n)).tolist()


def check_polynomial(student, reference, c, called=""):
    highest_first = [k * a for k, a in enumerate(c[::-1])][1:][::-1]
    suspects = {
        OFF: [k * a for k, a in enumerate(c[1:])],
        SAME: c[1:],
        TURNED_ROUND: highest_first,
        "divided by the power, not multiplied": [a / (k or 1) for k, a in enumerate(c)][1:],
        "the power is taken one too large": [(k + 1) * a for k, a in enumerate(c)][1:],
    }
    called = called or f"poly_derivative(coefficients), {len(c)} of them"
    expected = reference.poly_derivative(c)  # before the student's code may change c
    yours = student.poly_derivative(c)
    assert_close(yours, expected, of="the derivative", called=called, suspects=suspects, **EXACT)
    return yours


@exercise("u02.poly_derivative", weight=2)
def test_polynomials_of_drawn_degree(student, rng, reference):
    """The coefficient of x**k becomes k times itself, one place further to the front."""
    for n in (4, int(rng.integers(5, 9)), 12):
        check_polynomial(student, reference, drawn(rng, n))


@exercise("u02.poly_derivative")
def test_derivatives_until_nothing_is_left(student, rng, reference):
    """Derivatives of derivatives, each one place shorter, until the list is empty."""
    c = drawn(rng, 6)
    for _ in range(5):
        c = check_polynomial(student, reference, c)
    for constant in (c, [], [0], [0.0]):
        yours, called = student.poly_derivative(constant), f"poly_derivative({constant})"
        if yours in ([0], [0.0]):
            fail("the derivative is a list of one", called=called, yours=yours, expected="[]", diagnosis=ZERO)
        assert_equal(yours, [], of="the derivative", called=called)


@exercise("u02.poly_derivative")
def test_zeros_keep_their_places(student, rng, reference):
    """A coefficient 0 is a coefficient too, also at the end of the list."""
    for n in (3, 5):
        a, b = drawn(rng, 2)
        c = [0, a, *[0] * n, b, 0]
        yours, called = student.poly_derivative(c), f"poly_derivative(coefficients), {n + 4} of them"
        expected = reference.poly_derivative(c)
        kept = [k * a for k, a in enumerate(c) if a]
        suspects = {OFF: [k * a for k, a in enumerate(c[1:])], SAME: c[1:]}
        if yours in (kept, expected[:-1], [entry for entry in expected if entry]):
            fail("the derivative is too short", called=called, yours=yours, diagnosis=TRIMMED)
        assert_close(yours, expected, of="the derivative", called=called, suspects=suspects, **EXACT)


@exercise("u02.poly_derivative", in_place=True)
def test_coefficients_are_left_alone(student, rng, reference):
    """The list that was handed over holds the same numbers after the call, ints among them."""
    for n in (3, 7):
        c = [*rng.integers(2, 9, n).tolist(), *drawn(rng, 2)]
        before = list(c)
        check_polynomial(student, reference, c)
        if c != before:
            fail("coefficients was changed", yours=c, expected=before, diagnosis=CHANGED)


# ---------------------------------------------------------------------------- product_and_quotient

BOTH_SLOPES = "the two derivatives are multiplied (or divided): neither function stands still"
NO_F = "the term in which f moves is missing"
NO_G = "the term in which g moves is missing"
MINUS = "the sign of one term is wrong"
SWAPPED = "the two terms of the numerator have changed places"
NO_SQUARE = "the denominator is not squared"
WRONG_SQUARE = "the square of f is in the denominator, not that of g"
OWN_SLOPES = "each function meets its own derivative"
BRACKETS = "the brackets around the numerator are missing: only its second term is divided"
CUT = "the result is cut to a whole number"


def four(rng, shape=None):
    """f, df, g, dg: away from 0, of both signs, and far enough from each other."""
    sizes = [rng.uniform(low, low + 0.5, shape) for low in (0.5, 3.5, 1.5, 2.5)]
    values = [size * rng.choice((-1, 1), shape) for size in sizes]
    return values if shape else [float(value) for value in values]


def products(f, df, g, dg):
    return {
        BOTH_SLOPES: df * dg,
        NO_F: f * dg,
        NO_G: df * g,
        MINUS: df * g - f * dg,
        OWN_SLOPES: f * df + g * dg,
        "the functions are added, not multiplied": df + dg,
    }


def quotients(f, df, g, dg):
    return {
        SWAPPED: (f * dg - df * g) / g**2,
        NO_SQUARE: (df * g - f * dg) / g,
        "the denominator is missing": df * g - f * dg,
        MINUS: (df * g + f * dg) / g**2,
        BOTH_SLOPES: df / dg,
        NO_F: -f * dg / g**2,
        NO_G: df / g,
        WRONG_SQUARE: (df * g - f * dg) / f**2,
        "the square of g' is in the denominator, not that of g": (df * g - f * dg) / dg**2,
        BRACKETS: df * g - f * dg / g**2,
    }


def check_rule(student, reference, name, values, about):
    mistakes = products if name == "product_rule" else quotients
    with np.errstate(all="ignore"):
        suspects = mistakes(*map(np.asarray, values))
    expected = getattr(reference, name)(*values)  # before the student's code may change an array
    yours = getattr(student, name)(*values)
    of = "the derivative of the product" if name == "product_rule" else "the derivative of the quotient"
    called = f"{name}(f, df, g, dg) with {about}"
    exact = {"rtol": 1e-13, "atol": 1e-15}
    assert_gradient(yours, expected, of=of, called=called, suspects=suspects, **exact)


def shown(values):
    return ", ".join(f"{name} = {v:.4g}" for name, v in zip(("f", "df", "g", "dg"), values, strict=True))


@exercise("u02.product_and_quotient", weight=2)
def test_products_of_drawn_functions(student, rng, reference):
    """In each term of the derivative one function moves, and the other one stands still."""
    for shape in (None, None, (3, 5)):
        values = four(rng, shape)
        check_rule(student, reference, "product_rule", values, f"arrays {shape}" if shape else shown(values))


@exercise("u02.product_and_quotient", weight=2)
def test_quotients_of_drawn_functions(student, rng, reference):
    """A growing denominator makes the quotient smaller, by its square."""
    for shape in (None, None, (5, 3)):
        values = four(rng, shape)
        check_rule(student, reference, "quotient_rule", values, f"arrays {shape}" if shape else shown(values))


@exercise("u02.product_and_quotient")
def test_where_a_function_is_zero(student, rng, reference):
    """Both factors and the numerator may be 0 at some places; the derivatives there need not be."""
    f, df, g, dg = four(rng, (7, 3))
    f[1, 2] = f[4, 0] = 0.0
    check_rule(student, reference, "quotient_rule", (f, df, g, dg), "a 0 in f")
    g[2, 1] = g[6, 2] = 0.0
    check_rule(student, reference, "product_rule", (f, df, g, dg), "zeros in f and g")
    f, df, g, dg = four(rng)
    check_rule(student, reference, "quotient_rule", (0.0, df, g, dg), "f = 0")
    check_rule(student, reference, "product_rule", (f, df, 0.0, dg), "g = 0")


@exercise("u02.product_and_quotient")
def test_whole_numbers_have_broken_derivatives(student, rng, reference):
    """Ints may be handed over; the derivative of a quotient need not be an int."""
    for _ in range(3):
        values = [int(v) for v in (*rng.integers(2, 9, 2), rng.integers(11, 20), rng.integers(2, 9))]
        check_rule(student, reference, "product_rule", values, shown(values))
        yours, expected = student.quotient_rule(*values), reference.quotient_rule(*values)
        suspects = {CUT: math.floor(expected), **quotients(*values)}
        called = f"quotient_rule(f, df, g, dg) with {shown(values)}"
        assert_close(yours, expected, of="the derivative of the quotient", called=called, suspects=suspects)


@exercise("u02.product_and_quotient", in_place=True)
def test_arrays_are_left_alone(student, rng, reference):
    """10,000 places at once, and the four arrays hold the same numbers afterwards."""
    for name, size in (("product_rule", 10_000), ("quotient_rule", 10_000)):
        values = four(rng, size)
        before = [v.copy() for v in values]
        check_rule(student, reference, name, values, f"arrays [{size}]")
        for argument, now, then in zip(("f", "df", "g", "dg"), values, before, strict=True):
            if not np.array_equal(now, then):
                fail(f"{argument} was changed", called=f"{name}(f, df, g, dg)", diagnosis=CHANGED)


# ---------------------------------------------------------------------------- chain_rule

OUTER_AT_X = "the outer derivative is taken at x, and not where the outer function really is"
NO_INNER = "the inner derivative is missing"
NO_OUTER = "the outer derivative is missing"
TURNED = "the functions have changed places"
ADDED = "the two derivatives are added, not multiplied"
INNER_AT_G = "the inner derivative is taken at g(x), not at x"
AT_DG = "the outer derivative is taken at the inner derivative"
TIMES = "the two functions are multiplied, not put into each other"
EARLIER = "what g gave at an earlier x is used again"
NUMBERS = "two numbers are returned where two functions belong"


def wave(rng):
    """A smooth function of one number, and its derivative."""
    a, b, c, d = rng.uniform(0.5, 1.2, 4).tolist()
    return (
        lambda x: a * math.sin(b * x) + c * x + d * x * x / 4,
        lambda x: a * b * math.cos(b * x) + c + d * x / 2,
    )


def composed(student, *functions, called):
    """The student's h and dh, which must be functions."""
    h, dh = unpack(student.compose(*functions), "(h, dh)")
    if isinstance(h, int | float) or isinstance(dh, int | float):
        fail("h and dh are not functions", called=called, yours=(h, dh), diagnosis=NUMBERS)
    return h, dh


def check_at(both, x, parts, called, *, earlier=None):
    """both = h, dh at x, where parts are f, df, g, dg. earlier: where they were called before"""
    (h, dh), (f, df, g, dg) = both, parts
    slope = df(g(x)) * dg(x)
    values = {TURNED: g(f(x)), TIMES: f(x) * g(x)}
    suspects = {
        OUTER_AT_X: df(x) * dg(x),
        NO_INNER: df(g(x)),
        NO_OUTER: dg(x),
        TURNED: dg(f(x)) * df(x),
        ADDED: df(g(x)) + dg(x),
        INNER_AT_G: df(g(x)) * dg(g(x)),
        AT_DG: df(dg(x)),
        TIMES: df(x) * g(x) + f(x) * dg(x),
    }
    if earlier is not None:
        values[EARLIER], suspects[EARLIER] = f(g(earlier)), df(g(earlier)) * dg(x)
    assert_close(h(x), f(g(x)), of=f"h({x:.4g})", called=called, suspects=values, **EXACT)
    assert_close(dh(x), slope, of=f"dh({x:.4g})", called=called, suspects=suspects, **EXACT)


@exercise("u02.chain_rule", weight=3)
def test_smooth_functions_inside_each_other(student, rng):
    """How fast h grows: how fast f grows where it is, times how fast g grows."""
    for _ in range(2):
        parts, called = (*wave(rng), *wave(rng)), "h, dh = compose(f, df, g, dg)"
        both = composed(student, *parts, called=called)
        earlier, x = rng.uniform(0.5, 3, 2).tolist()
        check_at(both, earlier, parts, called)
        check_at(both, x, parts, called, earlier=earlier)


@exercise("u02.chain_rule", weight=2)
def test_four_functions_inside_each_other(student, rng):
    """What compose returns goes into compose again, on either side, and all factors multiply."""
    (p, dp), (q, dq), (r, dr), (s, ds) = (wave(rng) for _ in range(4))
    x = float(rng.uniform(0.5, 1.5))
    called = "compose(*compose(p, dp, q, dq), *compose(r, dr, s, ds))"
    outer = composed(student, p, dp, q, dq, called="compose(p, dp, q, dq)")
    inner = composed(student, r, dr, s, ds, called="compose(r, dr, s, ds)")
    both = composed(student, *outer, *inner, called=called)
    parts = (
        lambda u: p(q(u)),
        lambda u: dp(q(u)) * dq(u),
        lambda x: r(s(x)),
        lambda x: dr(s(x)) * ds(x),
    )
    check_at(both, x, parts, called)
    check_at(outer, x, (p, dp, q, dq), "compose(p, dp, q, dq), after the others were made")


@exercise("u02.chain_rule")
def test_a_kink_has_the_slope_that_it_is_given(student, rng):
    """relu(x - c) at its kink: what df says counts, here 0, and not what a nudge would measure."""
    c, k = rng.uniform(1, 3, 2).tolist()

    def slope(u):
        return 1.0 if u > 0 else 0.0

    parts = (lambda u: max(u, 0.0), slope, lambda x: k * (x - c), lambda x: k)
    called = "h, dh = compose(relu, step, k (x - c), k)"
    h, dh = composed(student, *parts, called=called)
    for x in (c, c + 0.5, c - 0.5):
        assert_close(h(x), parts[0](k * (x - c)), of=f"h({x:.4g})", called=called, **EXACT)
        expected = slope(k * (x - c)) * k
        suspects = {NO_INNER: slope(k * (x - c)), OUTER_AT_X: k, NO_OUTER: k}
        assert_close(dh(x), expected, of=f"dh({x:.4g})", called=called, suspects=suspects, **EXACT)
