"""Functions that a test hands over run in the test; what they raise is the test's own."""

import gc
import math

import numpy as np
import pytest

from grader.errors import KataError
from grader.gradcheck.message import Finding, Mismatch
from grader.remote.handle import Handle

CALLS = """
    import numpy as np

    class Box:
        def __init__(self, x=0): self.x = x
        def __mul__(self, other): return Box(self.x * (other.x if type(other) is Box else other))
        __rmul__ = __mul__

    def apply(f, *args, **kwargs):
        return f(*args, **kwargs)

    def twice(f, x):
        return f(x), f(x + 1)

    def boxed(f):
        return f(Box(3)).x

    def give_back(f):
        return f

    def is_same(f, g):
        return f is g

    def name_of(f):
        return f.__name__, callable(f)

    def both(f, a):
        return f(a, a)

    def other(f, a):
        b = a + 1
        return f(b, b)

    def identity(f):
        a = np.zeros(2)
        return f(a) is a

    def guard(f, kind="Exception"):
        import builtins
        try:
            return f(0)
        except getattr(builtins, kind) as error:
            return ["caught", type(error).__name__]

    def translate(f):
        try:
            f(0)
        except Exception as error:
            raise LookupError("mine") from error

    def again(f):
        try:
            f(0)
        except Exception:
            pass
        return f(1)

    def nested(f, n):
        return f(lambda k: 10 * k, n)

    def down(f, n):
        return n if n == 0 else f(n - 1)

    def adder(amount):
        return lambda x: x + amount

    def numerical_gradient(f, x, h=1e-5):
        g = np.zeros_like(x)
        for i in range(len(x)):
            x[i] += h
            above = f(x)
            x[i] -= 2 * h
            g[i] = (above - f(x)) / (2 * h)
            x[i] += h
        return g
"""


def test_every_kind_of_argument_reaches_the_function(student_of):
    student = student_of(CALLS)
    seen = []

    def f(*args, **kwargs):
        seen.append((args, kwargs))
        return {"answer": (42, None)}

    assert student.apply(f, 1, (2.5, "x"), k=[None]) == {"answer": (42, None)}
    assert seen == [((1, (2.5, "x")), {"k": [None]})]


def test_anything_callable_can_be_handed_over(student_of):
    student = student_of(CALLS)
    assert student.apply(math.sqrt, 9.0) == 3.0
    assert student.apply(np.exp, 0.0) == 1.0
    assert student.apply("a,b".split, ",") == ["a", "b"]
    assert student.twice(lambda x: x * x, 2) == (4, 9)


def test_a_function_keeps_its_identity_and_its_name(student_of):
    student = student_of(CALLS)

    def f():
        return None

    assert student.give_back(f) is f
    assert student.is_same(f, f)
    assert not student.is_same(f, lambda: None)
    assert student.name_of(f) == ("f", True)


def test_no_address_of_the_grader_is_told(in_thread):
    student = in_thread(CALLS)
    student.apply(lambda: None)
    student.apply(math.sqrt, 1)
    assert list(in_thread.place.worker.callbacks) == [0, 1]


def test_the_students_own_object_goes_through_a_function(student_of):
    student = student_of(CALLS)
    seen = []

    def f(box):
        seen.append(box)
        assert isinstance(box, student.Box)
        return 2 * box * box

    assert student.boxed(f) == 18
    assert type(seen[0]) is Handle
    assert seen[0].x == 3


def test_one_array_twice_is_one_array_in_the_function(student_of):
    student = student_of(CALLS)
    a = np.zeros(2)
    assert student.both(lambda x, y: x is y, a)
    assert student.other(lambda x, y: (x is y, x.tolist()), a) == (True, [1, 1])
    assert a.tolist() == [0, 0]


def test_a_function_that_returns_its_argument_returns_the_students_own_object(student_of):
    assert student_of(CALLS).identity(lambda a: a)


def test_a_gradient_that_nudges_the_tests_array_in_place(student_of):
    student = student_of(CALLS)
    x = np.array([1.0, -2.0, 3.0])
    g = student.numerical_gradient(lambda v: float((v**2).sum()), x)
    np.testing.assert_allclose(g, 2 * x, rtol=1e-6)
    np.testing.assert_allclose(x, [1, -2, 3])


def test_what_a_function_raises_comes_back_as_the_very_object(student_of):
    student = student_of(CALLS)
    error = ValueError("of the test")

    def f(x):
        raise error

    with pytest.raises(ValueError, match="of the test") as caught:
        student.apply(f, 0)
    assert caught.value is error
    assert student.twice(abs, -3) == (3, 2)


@pytest.mark.parametrize(
    "kind", [ZeroDivisionError, KeyError, StopIteration, OSError, UnicodeDecodeError], ids=str
)
def test_the_student_may_catch_it_by_its_type(student_of, kind):
    student = student_of(CALLS)

    def f(x):
        if kind is UnicodeDecodeError:
            b"\xff".decode()
        raise kind("inside")

    name = "ValueError" if kind is UnicodeDecodeError else kind.__name__
    assert student.guard(f, "Exception")[0] == "caught"
    assert student.guard(f, name)[0] == "caught"
    with pytest.raises(kind):
        student.guard(f, "AttributeError")


def test_an_error_type_of_the_tests_own_is_caught_as_its_builtin_base(student_of):
    class Mine(ArithmeticError):
        pass

    def f(x):
        raise Mine("secret")

    assert student_of(CALLS).guard(f, "ArithmeticError") == ["caught", "ArithmeticError"]


def test_what_a_base_exception_says_is_not_caught_as_an_exception(student_of):
    student = student_of(CALLS)

    def f(x):
        pytest.fail("no")

    with pytest.raises(pytest.fail.Exception):
        student.guard(f)


def test_an_error_that_the_student_raises_instead_is_the_students(student_of):
    student = student_of(CALLS)

    def f(x):
        raise ValueError("of the test")

    with pytest.raises(LookupError, match="mine"):
        student.translate(f)


def test_after_a_caught_error_the_next_call_works(student_of):
    def f(x):
        return 1 / x

    assert student_of(CALLS).again(f) == 1.0


def test_a_verdict_inside_a_function_cannot_be_swallowed(student_of):
    student = student_of(CALLS)

    def f(x):
        raise Mismatch(Finding("x is wrong"))

    with pytest.raises(Mismatch, match="x is wrong"):
        student.guard(f)
    with pytest.raises(Mismatch, match="x is wrong"):
        student.translate(f)
    assert student.apply(lambda: 1) == 1


def test_an_assertion_inside_a_function_cannot_be_swallowed(student_of):
    def g(x):
        if x != 1:
            raise AssertionError("x should be 1")
        return x

    with pytest.raises(AssertionError, match="x should be 1"):
        student_of(CALLS).again(g)


def test_the_text_of_an_error_of_the_test_stays_outside(student_of):
    student = student_of("""
        def text(f):
            try:
                f()
            except Exception as error:
                return str(error), repr(error.args), error.__cause__, error.__context__
    """)

    def f():
        raise ValueError("expected 42")

    assert "42" not in str(student.text(f))


def test_functions_inside_functions(student_of):
    student = student_of(CALLS)
    assert student.nested(lambda g, n: g(n) + 1, 4) == 41

    def f(n):
        return student.down(f, n)

    assert f(10) == 0


def test_functions_nested_without_end_are_stopped(in_thread):
    student = in_thread(CALLS)

    def f(n):
        return student.down(f, n + 1)

    with pytest.raises(BaseException, match=r"nested too deeply|recursion"):
        f(1)


def test_closures_come_back_and_go_in_again(student_of):
    student = student_of(CALLS)
    add = student.adder(5)
    assert add(1) == 6
    assert student.twice(add, 1) == (6, 7)
    assert student.apply(student.adder, 2)(3) == 5


def test_a_function_that_returns_what_cannot_cross_is_the_tests_own_fault(student_of):
    with pytest.raises(KataError, match="class set"):
        student_of(CALLS).apply(lambda: {1})


def test_an_object_that_comes_back_while_its_old_handle_is_given_up_stays_alive(student_of):
    """The function's handle dies before the same object arrives as the result."""
    student = student_of("""
        class Box:
            x = 5

        def through(f):
            box = Box()
            f(box)
            return box
    """)
    box = student.through(lambda box: None)
    gc.collect()
    assert student.Box.x == 5  # a request that carries the release
    assert box.x == 5
