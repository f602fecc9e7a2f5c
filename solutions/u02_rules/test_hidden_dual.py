"""Hidden tests of unit 2: numbers that carry their derivative along."""

import math

from grader.testing import assert_close, exercise, fail

RETURN = "forgot `return`?"
BOTH_SLOPES = "the two derivatives are multiplied (or divided): neither function stands still"
NO_F = "the term in which f moves is missing"
NO_G = "the term in which g moves is missing"
MINUS = "the sign of one term is wrong"
NO_SQUARE = "the denominator is not squared"
SWAPPED = "the two terms of the numerator have changed places"
CONSTANT = "a constant has the tangent 0, not 1"
LOST = "the tangent is lost where a Dual meets a plain number"
NO_TANGENT = "the operand's own tangent is missing"
ONLY_FIRST = "only one operand's tangent is there"
NOT_LOWERED = "the exponent is not lowered by one"
NO_FACTOR = "the factor n is missing"
OF_VALUE = "multiplied by the value of self, where its tangent belongs"
NO_SEED = "the tangent of x itself is missing: how fast does x grow with x?"
SEED_X = "the tangent of x itself is x here"
NO_NUMBER = "the value is returned, not the tangent"
CHANGED = "an operand is changed"
OFTEN = "f is called more than once"

EXACT = {"rtol": 1e-13, "atol": 1e-14}  # a slope measured by nudging is not as exact

SINE = (math.sin, math.cos)
EXP = (math.exp, math.exp)
TANH = (math.tanh, lambda v: 1 - math.tanh(v) ** 2)
ROOT = (lambda v: math.sqrt(v + 9), lambda v: 0.5 / math.sqrt(v + 9))
RULES = {"sine": SINE, "exp": EXP, "tanh": TANH, "root": ROOT}


def rule(name):
    """number -> (y, dy), as apply wants it."""
    f, df = RULES[name]
    return lambda v: (f(v), df(v))


def counted(f):
    """f, and a list that grows with every call."""
    calls = []

    def counting(x):
        calls.append(x)
        return f(x)

    return counting, calls


def pair(rng):
    """A value and a tangent, different and away from 0."""
    return float(rng.uniform(1.1, 2)), float(rng.uniform(2.5, 4))


def check(student, y, expected, called, suspects):
    """y is the Dual with this value and tangent. suspects: sentence -> tangent"""
    if not isinstance(y, student.Dual):
        cause = RETURN if repr(y) == "None" else ""
        fail("the result is not a Dual", called=called, yours=y, diagnosis=cause)
    value, tangent = expected
    assert_close(y.value, value, of="y.value", called=called, **EXACT)
    assert_close(y.tangent, tangent, of="y.tangent", called=called, suspects=suspects, **EXACT)


def unchanged(operands, called):
    """Each operand has the value and the tangent that it was made with."""
    for x, value, tangent in operands:
        if (x.value, x.tangent) != (value, tangent):
            fail("an operand is not what it was before", called=called, diagnosis=CHANGED)


def shown(text, a, b=None):
    second = f", b = Dual({b[0]:.4g}, {b[1]:.4g})" if b else ""
    return f"y = {text} with a = Dual({a[0]:.4g}, {a[1]:.4g}){second}"


def check_all_operators(student, rng):
    """+, *, /, - of two Duals, once each."""
    (v, dv), (w, dw) = pair(rng), pair(rng)
    a, b = student.Dual(v, dv), student.Dual(w, dw)
    results = (
        ("a * b", a * b, (v * w, dv * w + v * dw), {BOTH_SLOPES: dv * dw, NO_F: v * dw, NO_G: dv * w}),
        ("a + b", a + b, (v + w, dv + dw), {ONLY_FIRST: dv, BOTH_SLOPES: dv * dw}),
        (
            "a / b",
            a / b,
            (v / w, (dv * w - v * dw) / w**2),
            {
                BOTH_SLOPES: dv / dw,
                NO_SQUARE: (dv * w - v * dw) / w,
                SWAPPED: (v * dw - dv * w) / w**2,
                MINUS: (dv * w + v * dw) / w**2,
                NO_G: dv / w,
                NO_F: -v * dw / w**2,
            },
        ),
        ("a - b", a - b, (v - w, dv - dw), {ONLY_FIRST: dv}),
    )
    unchanged(((a, v, dv), (b, w, dw)), "a * b, a + b, a / b, a - b")
    for text, y, expected, suspects in results:
        check(student, y, expected, shown(text, (v, dv), (w, dw)), suspects)


@exercise("u02.dual_numbers", weight=3, in_place=True)
def test_operators_of_two_duals(student, rng):
    """Values as always; each tangent by the rule of sums, products or quotients."""
    for _ in range(2):
        check_all_operators(student, rng)


@exercise("u02.dual_numbers", weight=2)
def test_constants_on_either_side(student, rng):
    """A plain number does not grow with x: its tangent is 0, on the left and on the right."""
    for k in (int(rng.integers(3, 9)), float(rng.uniform(-3, -2)), 0.5):
        v, dv = pair(rng)
        a = student.Dual(v, dv)
        for text, y, expected, suspects in (
            ("a * k", a * k, (v * k, dv * k), {CONSTANT: dv * k + v, LOST: 0.0, NO_FACTOR: dv}),
            ("k * a", k * a, (v * k, dv * k), {CONSTANT: dv * k + v, LOST: 0.0, NO_FACTOR: dv}),
            ("a + k", a + k, (v + k, dv), {CONSTANT: dv + 1, LOST: 0.0}),
            ("k + a", k + a, (v + k, dv), {CONSTANT: dv + 1, LOST: 0.0}),
            ("k - a", k - a, (k - v, -dv), {CONSTANT: 1 - dv, LOST: 0.0}),
            ("a / k", a / k, (v / k, dv / k), {CONSTANT: (dv * k - v) / k**2, LOST: 0.0, NO_SQUARE: dv}),
            ("k / a", k / a, (k / v, -k * dv / v**2), {CONSTANT: (v - k * dv) / v**2, LOST: 0.0}),
        ):
            check(student, y, expected, shown(text, (v, dv)) + f", k = {k:.4g}", suspects)


@exercise("u02.dual_numbers", weight=2)
def test_powers_of_duals(student, rng):
    """Whole and broken exponents of both signs, and negative values where the exponent is whole."""
    for n in (3, -2, 0.5, float(rng.uniform(-3, -1.5)), 1, 2):
        v, dv = pair(rng)
        for value in (v, -v) if isinstance(n, int) else (v,):
            expected = value**n, n * value ** (n - 1) * dv
            suspects = {
                NO_TANGENT: n * value ** (n - 1),
                NOT_LOWERED: n * value**n * dv,
                NO_FACTOR: value ** (n - 1) * dv,
                LOST: 0.0,
                OF_VALUE: n * value ** (n - 1) * value,
            }
            y, called = student.Dual(value, dv) ** n, shown(f"a**{n:.4g}", (value, dv))
            check(student, y, expected, called, suspects)


@exercise("u02.dual_numbers", weight=2)
def test_functions_of_duals_by_their_rules(student, rng):
    """apply multiplies the derivative of the function there by the tangent that comes in."""
    for name, (f, df) in RULES.items():
        v, dv = pair(rng)
        called = shown(f"a.apply({name})", (v, dv))
        suspects = {
            NO_TANGENT: df(v),
            OF_VALUE: df(v) * v,
            LOST: 0.0,
            "the derivative of the function is missing": dv,
            "the function is put in the place of its derivative": f(v) * dv,
            "the derivative is added to the tangent, not multiplied": df(v) + dv,
            "the derivative is taken at the tangent": df(dv) * dv,
        }
        one, calls = counted(rule(name))
        y = student.Dual(v, dv).apply(one)
        check(student, y, (f(v), df(v) * dv), called, suspects)
        if len(calls) != 1:
            fail("rule is called more than once", called=called, yours=f"{len(calls)} calls")


def drawn_program(rng, length):
    """(what, which operand, which other, number) for each step; the last result is always an operand."""
    steps = []
    for made in range(2, 2 + length):
        what = str(rng.choice(("*", "/", "+", "-", "number", "power", *RULES)))
        steps.append((what, made - 1, int(rng.integers(made)), float(rng.uniform(0.5, 1.5))))
    return steps


def follow(program, x, c):
    """Run the steps on Duals of either side: x, and a second one."""
    nodes = [c, x]
    for what, one, other, number in program:
        a, b = nodes[one], nodes[other]
        if what in RULES:
            y = (a / 4).apply(rule(what))
        else:
            y = {
                "*": lambda a=a, b=b: a * b * 0.5,
                "/": lambda a=a, b=b, k=number: a / (b * b + 1 + k),
                "+": lambda a=a, b=b: a + b,
                "-": lambda a=a, b=b: b - a,
                "number": lambda a=a, k=number: (k - a) * 0.75 + 1 / (2 + a**2),
                "power": lambda a=a, k=number: (a**2 + 1) ** (k - 1) - k,
            }[what]()
        nodes.append(y)
    return nodes[-1]


@exercise("u02.dual_numbers", weight=3, in_place=True)
def test_expressions_of_all_rules(student, rng, reference):
    """Whatever is computed from x by these operators and functions knows its derivative."""
    check_all_operators(student, rng)
    for length in (4, 6, 8):
        program, (v, dv), (w, dw) = drawn_program(rng, length), pair(rng), pair(rng)
        right = follow(program, reference.Dual(v, dv), reference.Dual(w, dw))
        yours = follow(program, student.Dual(v, dv), student.Dual(w, dw))
        text = ", ".join(step[0] for step in program)
        clues = {"called": f"y = an expression of these steps: {text}", "rtol": 1e-9, "atol": 1e-11}
        assert_close(yours.value, right.value, of="y.value", **clues)
        assert_close(yours.tangent, right.tangent, of="y.tangent", **clues)


@exercise("u02.dual_numbers", in_place=True)
def test_operands_stay_as_they_are(student, rng):
    """Operators and apply make new Duals; a Dual that is used twice is the same both times."""
    check_all_operators(student, rng)
    (v, dv), (w, dw) = pair(rng), pair(rng)
    a, b = student.Dual(v, dv), student.Dual(w, dw)
    for text, y in (
        ("a * b", a * b),
        ("a + b", a + b),
        ("a / b", a / b),
        ("a**3", a**3),
        ("a.apply(sine)", a.apply(rule("sine"))),
        ("a + 0", a + 0),
        ("a * 1", a * 1),
    ):
        y.value  # now it is computed
        unchanged(((a, v, dv), (b, w, dw)), f"y = {text}")


@exercise("u02.dual_numbers", weight=2)
def test_derivative_of_drawn_functions(student, rng):
    """One call of f with the Dual that says "I am x" is enough for the exact slope."""
    for _ in range(2):
        x, k = float(rng.uniform(0.5, 1.4)), float(rng.uniform(2, 3))
        f, calls = counted(lambda x, k=k: (k * x).apply(rule("sine")) * x + 1 / x)
        slope = math.sin(k * x) + k * x * math.cos(k * x) - 1 / x**2
        yours = student.derivative(f, x)
        called = "derivative(sin(k x) x + 1 / x, x)"
        suspects = {NO_SEED: 0.0, SEED_X: slope * x, NO_NUMBER: math.sin(k * x) * x + 1 / x}
        if isinstance(yours, student.Dual):
            fail("the slope is a Dual, not a number", called=called, yours=yours)
        assert_close(yours, slope, of="the slope", called=called, suspects=suspects, **EXACT)
        if len(calls) > 1:
            fail("f is called more than once", called=called, yours=f"{len(calls)} calls", diagnosis=OFTEN)
        yours = student.derivative(lambda u, k=k: k, x)
        assert_close(yours, 0.0, of="the slope of a constant", called=f"derivative({k:.4g}, x)", **EXACT)
