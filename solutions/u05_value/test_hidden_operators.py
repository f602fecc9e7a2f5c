"""Hidden tests of unit 5: all operators and functions, by their numbers and slopes."""

from functools import partial

import pytest

from grader.testing import assert_close, assert_gradient, exercise, fail

RETURN = "forgot `return`?"
OF_SUM = "these are the local gradients of a sum"
CHANGED = "an operand is changed"
SWAPPED = "the operands are swapped"
IGNORED = "the plain number is ignored"
CONSTANT = "the result does not know its operand, so no gradient comes through"
CUT = "the result is cut to a whole number"
EXPONENT = "a Value as exponent is accepted silently"

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


def compare(judge, yours, expected, suspects, **more):
    """Compare; what each mistake would give is worked out only where something is wrong."""
    try:
        judge(yours, expected, **more)
    except AssertionError:
        judge(yours, expected, suspects=suspects(), **more)


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


# ---------------------------------------------------------------------------- u05.reflected_ops


def true(reference, f, numbers):
    """What f gives on the reference: the number, and the slope in each argument."""
    leaves = [reference.Value(number) for number in numbers]
    y = f(*leaves)
    if not isinstance(y, reference.Value):
        return float(y), (0.0,) * len(leaves)
    y.backward()
    return y.data, tuple(leaf.grad for leaf in leaves)


def check(student, reference, f, numbers, text, *, mistakes=None, mine=None, exact=EXACT):
    """f gives its number and slopes, and changes no operand.

    mistakes: sentence -> what stands in the place of f    mine: f for the student, where it is another one
    exact: the tolerance of the slopes
    """
    operands = [student.Value(number) for number in numbers]
    names = "abcd"[: len(numbers)]
    called = f"y = {text} with " + ", ".join(f"{n} = {v:.4g}" for n, v in zip(names, numbers, strict=True))
    y = (mine or f)(*operands)
    is_value(student, y, called)
    unchanged(operands, numbers, called)
    data, expected = true(reference, f, numbers)
    clues = {"called": called, "arguments": {**dict(zip(names, map(float, numbers), strict=True)), "y": data}}

    def wrong():  # worked out only where something is wrong
        return {cause: true(reference, g, numbers) for cause, g in (mistakes or {}).items()}

    def of_number():
        return {cause: number for cause, (number, _) in wrong().items()}

    def of_slope(at):
        found = {cause: grads[at] for cause, (number, grads) in wrong().items() if number == data}
        return {**found, CONSTANT: 0.0}

    compare(assert_close, y.data, data, of_number, of="y.data", **clues)
    for at, (slope, right) in enumerate(zip(slopes(y, operands), expected, strict=True)):
        compare(assert_gradient, slope, right, partial(of_slope, at), of=f"dy/d{names[at]}", **clues, **exact)


def check_powers(student, reference, x, exponents):
    for n in exponents:
        mistakes = {
            "the exponent is not lowered by one": lambda a, n=n: reference.Value(
                a.data**n, (a,), (n * a.data**n,)
            ),
            "the factor n is missing": lambda a, n=n: reference.Value(a.data**n, (a,), (a.data ** (n - 1),)),
        }
        check(student, reference, lambda a, n=n: a**n, (x,), f"a**{n:.4g}", mistakes=mistakes)


def number_on_either_side(rng):
    """An int and a float, of both signs."""
    return int(rng.integers(2, 9)), float(rng.uniform(-3, -1.1))


@exercise("u05.reflected_ops", weight=2)
def test_powers(student, rng, reference):
    """a**n for whole and broken, positive and negative n, and for a negative a where n is whole."""
    x = float(rng.uniform(1.1, 3))
    check_powers(student, reference, x, (3, -2, 0.5, float(rng.uniform(-3, -1.1)), 0))
    check_powers(student, reference, -x, (3, -2))
    check_powers(student, reference, 0.0, (2,))


@exercise("u05.reflected_ops", weight=2)
def test_minus_and_division(student, rng, reference):
    """-a, a - b and a / b have the right numbers, and the right slopes in a and b."""
    for _ in range(2):
        x, z = (float(n) for n in rng.uniform(1.1, 3, 2) * (1, -1))
        mistakes = {
            SWAPPED: lambda a, b: b / a,
            "the square of the denominator is missing": lambda a, b: reference.Value(
                a.data / b.data, (a, b), (1 / b.data, -a.data / b.data)
            ),
            CUT: lambda a, b: reference.Value(a.data // b.data),
        }
        check(student, reference, lambda a, b: a / b, (x, z), "a / b", mistakes=mistakes)
        check(student, reference, lambda a: -a, (x,), "-a")
        mistakes = {
            SWAPPED: lambda a, b: b - a,
            OF_SUM: lambda a, b: reference.Value((a - b).data, (a, b), (1, 1)),
        }
        check(student, reference, lambda a, b: a - b, (x, z), "a - b", mistakes=mistakes)


@exercise("u05.reflected_ops", weight=2)
def test_operators_with_a_number_on_the_left(student, rng, reference):
    """k + a, k - a, k * a and k / a, with an int and with a float for k."""
    for k in number_on_either_side(rng):
        x = float(rng.uniform(1.1, 3))
        for text, f, mistakes in (
            (
                "{} / a",
                lambda a, k=k: k / a,
                {SWAPPED: lambda a, k=k: a / k, CUT: lambda a, k=k: k // a.data},
            ),
            ("{} - a", lambda a, k=k: k - a, {SWAPPED: lambda a, k=k: a - k}),
            ("{} + a", lambda a, k=k: k + a, {IGNORED: lambda a: a}),
            ("{} * a", lambda a, k=k: k * a, {IGNORED: lambda a: a}),
        ):
            check(student, reference, f, (x,), text.format(f"{k:.4g}"), mistakes=mistakes)


@exercise("u05.reflected_ops")
def test_operators_with_a_number_on_the_right(student, rng, reference):
    """a - k and a / k, with an int and with a float for k."""
    for k in number_on_either_side(rng):
        x = float(rng.uniform(1.1, 3))
        check(
            student,
            reference,
            lambda a, k=k: a / k,
            (x,),
            f"a / {k:.4g}",
            mistakes={SWAPPED: lambda a, k=k: k / a},
        )
        check(
            student,
            reference,
            lambda a, k=k: a - k,
            (x,),
            f"a - {k:.4g}",
            mistakes={SWAPPED: lambda a, k=k: k - a},
        )
    check_powers(student, reference, x, (2.5,))


@exercise("u05.reflected_ops")
def test_sum_of_a_list(student, rng, reference, inside):
    """The built-in sum() adds up a list of Values; it begins with the plain number 0."""
    for count in (3, 4):
        numbers = tuple(float(n) for n in rng.uniform(1.1, 3, count))
        f = lambda *terms: sum(terms) * 3  # noqa: E731
        mine = lambda *terms: inside("sum", list(terms)) * 3  # noqa: E731
        check(student, reference, f, numbers, f"sum of {count} Values, times 3", mine=mine)
    check_powers(student, reference, numbers[0], (3, -2))


@exercise("u05.reflected_ops")
def test_an_exponent_is_a_plain_number(student, rng, reference):
    """a**b with a Value b raises TypeError: its gradient in b would be lost without a word."""
    x = float(rng.uniform(1.1, 3))
    check_powers(student, reference, x, (3, -1.5))
    a = student.Value(x)
    for b in (student.Value(2), a):
        try:
            yours = (a**b).data
        except TypeError:
            continue
        fail("no TypeError", called="a**b with a Value b", yours=yours, diagnosis=EXPONENT)


@exercise("u05.reflected_ops")
def test_expressions_of_all_operators(student, rng, reference):
    """An expression with all operators has the right number and the right slopes."""
    check_powers(student, reference, float(rng.uniform(1.1, 3)), (-2, 2.5))
    for n in (-3, 2, 3):
        k, numbers = int(rng.integers(-5, 6)), [float(x) for x in rng.uniform(0.2, 4, 2) * (1, -1)]

        def f(a, b, k=k, n=n):
            return (k - a) * b / (a - 2 * b) + (a**n - b / 4) / (1 + b**2) - 3 / -a

        text = f"({k} - a) * b / (a - 2 * b) + (a**{n} - b / 4) / (1 + b**2) - 3 / -a"
        check(student, reference, f, numbers, text, exact={"rtol": 1e-9})


# ---------------------------------------------------------------------------- u05.nonlinear_ops

FUNCTIONS = ("exp", "log", "tanh", "relu", "sigmoid")


def local(reference, name, slope):
    """A mistake: the right number with this slope, a function of the argument and the right number."""

    def f(a):
        y = getattr(reference.Value(a.data), name)().data
        return reference.Value(y, (a,), (slope(a.data, y),))

    return f


def mistakes_of(reference, name):
    """What students write for the slope of one function."""
    slopes_of = {
        "exp": {"the power rule is used": lambda x, y: x * y / 2.718281828459045},
        "log": {},
        "tanh": {"the square is missing": lambda x, y: 1 - y},
        "sigmoid": {
            "the factor 1 - y is missing": lambda x, y: y,
            "the factor y is missing": lambda x, y: 1 - y,
        },
        "relu": {"the gradient passes where a is not greater than 0": lambda x, y: 1.0},
    }[name]
    return {cause: local(reference, name, slope) for cause, slope in slopes_of.items()}


def check_function(student, reference, name, x):
    f = lambda a: getattr(a, name)()  # noqa: E731
    check(student, reference, f, (x,), f"a.{name}()", mistakes=mistakes_of(reference, name))


@exercise("u05.nonlinear_ops", weight=3)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(student, rng, reference, name):
    """The function has the right number and the right slope."""
    for low, high in ((0.2, 0.5), (0.5, 0.9), (1.1, 2), (2, 3)):
        x = float(rng.uniform(low, high))
        for number in {"log": (x,), "relu": (x, -x, 0.0)}.get(name, (x, -x)):
            check_function(student, reference, name, number)


@exercise("u05.nonlinear_ops")
def test_relu_at_zero(student, rng, reference):
    """At the kink the derivative is 0: relu passes a gradient only where a > 0."""
    for x in (float(rng.uniform(1, 2)), 0.0, -0.0, float(rng.uniform(-2, -1))):
        check_function(student, reference, "relu", x)


@exercise("u05.nonlinear_ops")
def test_functions_without_overflow(student, rng, reference):
    """tanh and sigmoid have limits, so that they have no largest number; exp goes to 0 on the left."""
    for size in (float(rng.uniform(0.5, 1)), float(rng.uniform(30, 40)), 400.0, 1000.0):
        for x in (size, -size):
            check_function(student, reference, "tanh", x)
            check_function(student, reference, "sigmoid", x)
        check_function(student, reference, "exp", -size)


@exercise("u05.nonlinear_ops")
def test_logarithm_outside_its_domain(student, rng, reference):
    """log of 0 or less raises a ValueError whose text says log and the number."""
    for x in rng.uniform(0.1, 0.9, 3).tolist():
        check_function(student, reference, "log", x)
    for x in (round(float(rng.uniform(-3, -1)), 3) - 0.0001, 0.0):
        called = f"Value({x}).log()"
        try:
            yours = student.Value(x).log().data
        except ValueError as error:
            text = str(error)
            if "log" not in text or f"{x:g}" not in text:
                fail("the text of the ValueError does not say log and the number", called=called, yours=text)
            continue
        fail("no ValueError", called=called, yours=yours, diagnosis="a number outside the domain is accepted")


@exercise("u05.nonlinear_ops")
def test_functions_of_functions(student, rng, reference):
    """The functions work on results as well."""
    for _ in range(2):
        x = (float(rng.uniform(0.5, 2)),)
        check(
            student, reference, lambda a: a.tanh().exp().sigmoid().log(), x, "a.tanh().exp().sigmoid().log()"
        )
        check(student, reference, lambda a: a.log().relu().sigmoid(), x, "a.log().relu().sigmoid()")
