"""Hidden tests of plain.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.testing import assert_close, assert_equal, exercise, fail

numbers = st.floats(-9, 9).map(lambda x: round(x, 3))
short = st.lists(numbers, min_size=1, max_size=5)


@exercise("u01.slope", weight=2)
@given(numbers, numbers, numbers, st.floats(0.5, 5))
def test_random_lines(student, x0, y0, slope, run):
    """The slope of a random line."""
    yours = student.slope(x0, y0, x0 + run, y0 + slope * run)
    assert_close(
        yours,
        slope,
        of="the slope",
        called="slope(x0, y0, x1, y1)",
        rtol=1e-6,
        atol=1e-9,
        suspects={"run over rise: the quotient is upside down": 1 / slope if slope else 0.0},
    )


@exercise("u01.slope")
def test_whole_numbers_do_not_round(student):
    """Whole numbers give a fraction where the slope is one."""
    assert_close(student.slope(0, 0, 4, 1), 0.25, of="the slope", called="slope(0, 0, 4, 1)")


@exercise("u01.describe")
@given(short, st.text("abc xyz", min_size=1, max_size=6))
def test_random_numbers_by_default(student, values, name):
    """Without a unit the title is the name alone."""
    expected = {"title": name, "count": len(values), "range": (min(values), max(values))}
    assert_equal(student.describe(values, name), expected, of="the description")


@exercise("u01.describe")
def test_nothing_to_describe(student):
    """An empty list has no range, and the name x."""
    expected = {"title": "x", "count": 0, "range": None}
    assert_equal(student.describe([]), expected, of="the description", called="describe([])")


@exercise("u01.describe", in_place=True)
def test_the_list_stays(student):
    """The caller's list keeps its order."""
    values = [3.0, 1.0, 2.0]
    expected = {"title": "x [kg]", "count": 3, "range": (1.0, 3.0)}
    assert_equal(student.describe(values, unit="kg"), expected, of="the description")
    assert_equal(values, [3.0, 1.0, 2.0], of="your argument after the call")


@exercise("u01.central_difference", weight=2)
def test_cubes(student, rng):
    """The slope of a cubic, with the step that was asked for."""
    a, b, x = rng.uniform(1, 3, 3)
    h = float(rng.uniform(0.1, 0.3))
    expected = 3 * a * x * x + a * h * h + b
    yours = student.central_difference(lambda t: a * t**3 + b * t, float(x), h)
    forward = a * ((x + h) ** 3 - x**3) / h + b
    assert_close(
        yours,
        expected,
        of="the slope",
        called="central_difference(f, x, h)",
        rtol=1e-9,
        suspects={"a forward difference: one point is x itself": forward},
    )


@exercise("u01.central_difference")
def test_the_default_step(student):
    """Without a step the error is tiny; the function is called twice."""
    calls = []
    yours = student.central_difference(lambda t: calls.append(t) or np.sin(t), 1.0)
    assert_close(float(yours), float(np.cos(1.0)), of="the slope of sin at 1", rtol=1e-8)
    assert_equal(len(calls), 2, of="the number of calls of f")


@exercise("u01.central_difference")
def test_an_error_of_f_comes_through(student):
    """Where f raises, the caller sees that error."""

    def f(x):
        raise ArithmeticError("no value here")

    with pytest.raises(ArithmeticError, match="no value here"):
        student.central_difference(f, 1.0)


@exercise("u01.scale_in_place", in_place=True)
@pytest.mark.parametrize("shape", [(4,), (2, 3), ()], ids=str)
def test_arrays_of_any_shape(student, rng, shape):
    """The caller's array is changed, whatever its shape; an empty one is no trouble."""
    x, factor = np.asarray(rng.normal(size=shape)), float(rng.uniform(2, 5))
    before = x.copy()
    student.scale_in_place(np.empty((0, *shape)), factor)
    assert_equal(student.scale_in_place(x, factor), None, of="the result")
    suspects = {"the caller's own array did not change": before}
    assert_close(x, before * factor, of="the array after the call", suspects=suspects)


@exercise("u01.scale_in_place", in_place=True)
def test_a_list_inside_a_dict(student, rng):
    """A list is changed too, seen through every name that it has."""
    numbers = [1, 2.5, -4]
    everything = {"numbers": numbers}
    student.scale_in_place(everything["numbers"], 2)
    assert_equal(everything, {"numbers": [2, 5.0, -8]}, of="the list after the call")
    assert_equal(numbers, [2, 5.0, -8], of="the list by its first name")


@exercise("u01.scale_in_place", in_place=True)
def test_a_part_of_an_array(student):
    """A view is changed where it lies, its neighbours are not."""
    x = np.arange(6.0).reshape(2, 3)
    student.scale_in_place(x[:, 1], 10.0)
    assert_close(x, np.array([[0.0, 10.0, 2.0], [3.0, 40.0, 5.0]]), of="the whole array after the call")


@exercise("u01.scaled", weight=2, in_place=True)
@given(st.integers(1, 4), st.integers(1, 3), numbers)
def test_the_argument_stays(student, rows, columns, factor):
    """The copy is scaled, the argument is not."""
    x = np.arange(1.0, rows * columns + 1).reshape(rows, columns)
    before = x.copy()
    assert_close(student.scaled(x, factor), before * factor, of="the copy")
    assert_equal(x, before, of="your argument after the call")


@exercise("u01.scaled")
def test_the_copy_is_another_array(student, rng):
    """What happens to the copy later does not reach the argument, even with factor 1."""
    x = rng.normal(size=(3, 2))
    copy = student.scaled(x, 1.0)
    assert_equal(copy, x, of="the copy", called="scaled(x, 1.0)")
    if copy is x:
        fail("the copy is the argument itself", called="scaled(x, 1.0)")


@exercise("u01.value_ops", weight=2)
@given(numbers, numbers)
def test_two_values(student, a, b):
    """Values add and multiply, in both orders."""
    x, y = student.Value(a), student.Value(b)
    assert_close((x + y).data, a + b, of="(x + y).data")
    assert_close((x * y).data, a * b, of="(x * y).data")
    assert_close((x.data, y.data), (a, b), of="x.data, y.data after the operations")


@exercise("u01.value_ops", weight=2)
@pytest.mark.parametrize("kind", [int, float, np.float64, np.array], ids=lambda kind: kind.__name__)
def test_plain_numbers_on_either_side(student, rng, kind):
    """A number or an array may stand on either side."""
    other = kind(rng.uniform(2, 9, 3)) if kind is np.array else kind(rng.uniform(2, 9))
    start = float(rng.uniform(2, 9))
    x = student.Value(start)
    for got, wanted in (
        (x + other, start + other),
        (other + x, other + start),
        (x * other, start * other),
        (other * x, other * start),
    ):
        assert isinstance(got, student.Value), f"{kind.__name__} and Value should give a Value"
        assert_close(np.asarray(got.data), np.asarray(wanted), of="the data")


@exercise("u01.value_ops")
def test_adding_in_place(student):
    """`+=` keeps the object and changes its data."""
    x = same = student.Value(1.0)
    x += 2
    x += student.Value(0.5)
    if x is not same:
        fail("x += y gave a new object", called="x += 2", help="Change self.data and return self.")
    assert_close(same.data, 3.5, of="x.data after x += 2; x += Value(0.5)")


@exercise("u01.paused", weight=2)
def test_an_error_inside_the_block(student):
    """The pause ends after an error too, and the error goes on its way."""
    with pytest.raises(KeyError, match="inside"), student.paused():
        raise KeyError("inside")
    assert_equal(student.is_paused(), False, of="is_paused() after an error in the block")


@exercise("u01.paused", weight=2)
def test_a_pause_in_a_pause(student):
    """The end of the inner pause does not end the outer one."""
    with student.paused():
        with student.paused():
            pass
        assert_equal(student.is_paused(), True, of="is_paused() after the inner block")
    assert_equal(student.is_paused(), False, of="is_paused() after both blocks")


@exercise("u01.paused")
def test_an_error_of_your_own_code(student):
    """An error that your own module raises in the block ends it as well."""
    with pytest.raises(TypeError), student.paused():
        student.is_paused("an argument too many")
    assert_equal(student.is_paused(), False, of="is_paused() afterwards")


@exercise("u01.checked_root", weight=2)
@given(st.floats(0, 1e6), st.floats(-1e6, -1e-3))
def test_roots_and_refusals(student, good, bad):
    """A root for x >= 0, a ValueError for x < 0."""
    assert_close(student.checked_root(good), good**0.5, of="the root")
    with pytest.raises(ValueError, match="negative"):
        student.checked_root(bad)


@exercise("u01.checked_root")
def test_a_string_has_another_error(student):
    """A string is a TypeError, which is no ValueError."""
    with pytest.raises(TypeError):
        student.checked_root("4")


@exercise("u01.checked_root")
def test_the_root_of_zero(student):
    """The root of 0 is 0, as a float."""
    assert_equal(student.checked_root(0), 0.0, of="the root", called="checked_root(0)")


@exercise("u01.make_adder", weight=2)
@given(numbers, numbers, numbers)
def test_two_adders_at_once(student, a, b, x):
    """Two adders do not disturb each other."""
    first, second = student.make_adder(a), student.make_adder(b)
    assert_close((first(x), second(x), first(0)), (x + a, x + b, a), of="the three sums")


@exercise("u01.make_adder")
def test_an_adder_made_for_another_function(student, rng):
    """An adder works wherever a function is asked for."""
    amount, *xs = (float(v) for v in rng.uniform(1, 9, 5))
    assert_close(list(map(student.make_adder(amount), xs)), [x + amount for x in xs], of="the sums")


@exercise("u01.count_calls", weight=2)
def test_counts_of_two_functions(student):
    """Each function has its own count, which starts at 0."""
    g, count_g = student.count_calls(lambda x: -x)
    k, count_k = student.count_calls(lambda x: x)
    assert_equal(count_g(), 0, of="count() before the first call")
    g(1)
    k(1)
    g(2)
    assert_equal((count_g(), count_k()), (2, 1), of="the two counts")


@exercise("u01.count_calls")
def test_arguments_and_errors_go_through(student):
    """All arguments reach f, and an error of f is counted and comes out."""

    def f(a, b=0, *, c=0):
        if a < 0:
            raise LookupError("a is below zero")
        return [a, b, {"c": c}]

    g, count = student.count_calls(f)
    assert_equal(g(1, 2, c=3), [1, 2, {"c": 3}], of="g(1, 2, c=3)")
    with pytest.raises(LookupError, match="below zero"):
        g(-1)
    assert_equal(count(), 2, of="count() after a call and an error")


@exercise("u01.dual_ops", weight=2)
@given(numbers, numbers, numbers, numbers)
def test_random_duals(student, a, b, c, d):
    """Sums and products of random dual numbers."""
    x, y = student.Dual(a, b), student.Dual(c, d)
    total, product = x + y, x * y
    assert_close((total.a, total.b), (a + c, b + d), of="(a, b) of the sum", atol=1e-9)
    assert_close((product.a, product.b), (a * c, a * d + b * c), of="(a, b) of the product", atol=1e-9)


@exercise("u01.dual_ops")
@given(numbers, numbers, st.integers(-5, 5))
def test_a_number_on_either_side(student, a, b, n):
    """A plain number is a dual number with slope 0."""
    x = student.Dual(a, b)
    for z, wanted in (
        (x + n, (a + n, b)),
        (n + x, (a + n, b)),
        (x * n, (a * n, b * n)),
        (n * x, (a * n, b * n)),
    ):
        assert_close((z.a, z.b), wanted, of="(a, b)", atol=1e-9)


@exercise("u01.derivative", weight=2)
@given(st.floats(0.5, 3), numbers, numbers)
def test_random_polynomials(student, x, p, q):
    """The value and the slope of a random polynomial."""
    yours = student.derivative(lambda t: p * t * t * t + t * q + 1, x)
    value, slope = p * x**3 + q * x + 1, 3 * p * x * x + q
    assert_close(yours, (value, slope), of="(value, slope)", atol=1e-9)


@exercise("u01.derivative")
def test_a_constant_and_one_call(student):
    """A constant has slope 0, and f is called once."""
    calls = []

    def f(t):
        calls.append(t)
        return 5.0

    assert_close(student.derivative(f, 2.0), (5.0, 0.0), of="(value, slope)", called="derivative(f, 2.0)")
    assert_equal(len(calls), 1, of="the number of calls of f")
    assert isinstance(calls[0], student.Dual), "f should be called with a Dual"


@exercise("u01.newton_step", weight=2)
def test_steps_on_a_random_line(student, rng):
    """One step on a line arrives at its zero."""
    slope, zero, x = (float(v) for v in rng.uniform(1, 4, 3))
    yours = student.newton_step(lambda t: slope * (t - zero), x)
    assert_close(yours, zero, of="the new x", rtol=1e-6)


@exercise("u01.newton_step")
def test_a_parabola_from_both_sides(student):
    """On x^2 - 2 the step from 1 is 1.5, and from -1 it is -1.5."""
    for x in (1.0, -1.0):
        assert_close(student.newton_step(lambda t: t * t - 2, x), 1.5 * x, of="the new x", rtol=1e-6)
