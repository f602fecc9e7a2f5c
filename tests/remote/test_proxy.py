"""The student's module through the proxy: objects, operators and arguments behave as in process."""

import gc
import math

import numpy as np
import pytest

from grader.errors import KataError
from grader.gradcheck.message import Mismatch
from grader.remote.handle import Handle
from grader.remote.proxy import CannotCross

BOX = """
    class Box:
        __array_ufunc__ = None

        def __init__(self, x):
            self.x = x
            self.me = self

        def __add__(self, other):
            return Box(("add", self.x, other))

        def __radd__(self, other):
            return Box(("radd", self.x, other))

        def __iadd__(self, other):
            self.x += other
            return self

        def __pow__(self, other):
            return Box(self.x ** other)

        def __rpow__(self, other):
            return Box(other ** self.x)

        def __matmul__(self, other):
            return "matmul"

        def __neg__(self):
            return Box(-self.x)

        def __getitem__(self, at):
            return at

        def __float__(self):
            return float(self.x)

        def __call__(self, *args, **kwargs):
            return args, kwargs

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

        def __lt__(self, other):
            return True

        __len__ = __bool__ = lambda self: 1
        __iter__ = lambda self: iter([1])
        __contains__ = lambda self, other: True
        __index__ = lambda self: 7

    class Special(Box):
        pass

    one = Box(1)

    def same(x):
        return x
"""


def test_an_object_keeps_its_identity(student_of):
    student = student_of(BOX)
    a = student.one
    assert a is student.one
    assert a is student.same(a)
    assert a.me is a
    assert a is not student.Box(1)
    assert student.same((a, [a]))[1][0] is a


def test_handles_are_hashable_and_read_the_same_everywhere(student_of):
    student = student_of(BOX)
    a, b = student.Box(1), student.Box(1)
    named = {a: "a", b: "b"}
    assert named[a] == "a"
    assert named[b] == "b"
    assert len({a, b, student.one, a}) == 3
    assert repr(a) == f"{a}" == "<Box object of the student>"
    assert {1, 2, 3}.isdisjoint({a, b})


def test_isinstance_asks_for_the_class(student_of):
    student = student_of(BOX)
    assert isinstance(student.Special(1), student.Box)
    assert not isinstance(student.Box(1), student.Special)
    assert not isinstance(1.0, student.Box)
    assert isinstance(student.one, (int, student.Box))


REFUSED = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= 1,
    "== with a number": lambda a, b: a == 1,
    "a number ==": lambda a, b: 1.0 == b,  # noqa: SIM300
    "bool": lambda a, b: bool(a),
    "not": lambda a, b: not a,
    "len": lambda a, b: len(a),
    "iter": lambda a, b: list(a),
    "unpack": lambda a, b: [*a],
    "in": lambda a, b: 1 in a,
    "int": lambda a, b: int(a),
    "index": lambda a, b: [1, 2][a],
    "complex": lambda a, b: complex(a),
    "in a list": lambda a, b: a in [1, b],
    "all": lambda a, b: all([a]),
}


@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED.keys())
def test_what_a_student_could_lie_about_is_not_asked(in_thread, ask):
    student = in_thread(BOX)
    with pytest.raises(Mismatch) as caught:
        ask(student.Box(1), student.Box(1))
    finding = caught.value.finding
    assert finding.what == "got an object of class Box where a plain value is needed"
    assert finding.yours == "Box object"
    assert "of your own object is not asked" in finding.help


def test_attributes_are_read_and_written_inside(student_of):
    student = student_of(BOX)
    a = student.Box([1, 2])
    assert a.x == [1, 2]
    a.x = {"k": (1.5, None)}
    assert a.x == {"k": (1.5, None)}
    a.other = a
    assert a.other is a
    student.one = 3
    assert student.one == 3
    assert not hasattr(a, "nothing")
    assert hasattr(a, "other")


def test_every_operator_travels(student_of):
    student = student_of(BOX)
    a = student.Box(2)
    assert (a + 1).x == ("add", 2, 1)
    assert (1 + a).x == ("radd", 2, 1)
    assert (a + a).x[2] is a
    assert (a**3).x == 8
    assert (3**a).x == 9
    assert (a @ 1) == "matmul"
    assert (-a).x == -2
    assert a[1:3, ...] == (slice(1, 3), ...)
    assert a["k"] == "k"
    assert a(1, (2,), k=None) == ((1, (2,)), {"k": None})
    assert float(a) == 2.0
    assert math.sqrt(student.Box(9)) == 3.0


@pytest.mark.parametrize(
    "left", [2, 2.5, True, np.float64(3), np.int64(3), np.array([1.0, 2.0]), np.array(1.0)], ids=repr
)
def test_numbers_and_arrays_on_the_left_reach_the_students_operator(student_of, left):
    student = student_of(BOX)
    (name, x, other) = (left + student.Box(2)).x
    assert (name, x) == ("radd", 2)
    np.testing.assert_array_equal(other, left)


def test_operators_in_place_keep_the_object(student_of):
    student = student_of(BOX)
    a = same = student.Box(2)
    a += 5
    assert a is same
    assert a.x == 7
    a **= 2
    assert a is not same


def test_an_operator_that_the_student_left_out_is_a_type_error(student_of):
    student = student_of(BOX)
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for -: 'Box' and 'int'"):
        (student.one - 1).x
    with pytest.raises(TypeError):
        round(student.one)


LIES = """
    import numpy as np

    class F(float):
        def __eq__(self, other): return True
        __hash__ = None

    class A(np.ndarray):
        def __eq__(self, other): return True

    class Anything:
        def __eq__(self, other): return True
        __float__ = lambda self: "1"

    class Meta(type):
        __name__ = property(lambda cls: 1 / 0)

    class Nameless(metaclass=Meta):
        pass

    class Str(str):
        pass

    def number(): return F(1)
    def array(): return np.zeros(2).view(A)
    def anything(): return Anything()
    def text(): return Str("x")
    def objects(): return np.array([Anything()])
    def strings(): return np.array(["a"])
    def keyed(): return {number.__class__: 1, ("a", 2): 2}
    def boolean(): return type("bool", (), {})()
"""


@pytest.mark.parametrize("name", ["number", "array", "anything", "text", "objects", "strings", "boolean"])
def test_a_lying_object_comes_back_as_a_handle_and_is_refused(in_thread, name):
    student = in_thread(LIES)
    liar = getattr(student, name)()
    assert type(liar) is Handle
    with pytest.raises(Mismatch):
        liar == 1  # noqa: B015
    with pytest.raises(Mismatch):
        assert liar != 1


def test_handles_as_keys(in_thread):
    student = in_thread(LIES)
    d = student.keyed()
    assert d[("a", 2)] == 2
    assert len(d) == 2


def test_what_cannot_cross_is_the_tests_own_fault(in_thread):
    student = in_thread(BOX)
    for thing in ({1}, int, object()):
        with pytest.raises(KataError, match="cannot cross"):
            student.same(thing)
    assert student.same(1) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda student: "x" * (5 << 20),
        lambda student: student.same(10**2_000) ** 9,
        lambda student: np.array([student.same(10**30)]),
        lambda student: np.array([student.same("a")]),
        lambda student: [[0]] * 60_000,
    ],
    ids=["a long text", "a huge number", "an array of huge numbers", "an array of texts", "many parts"],
)
def test_what_a_test_makes_of_odd_results_and_cannot_cross_is_no_error_of_the_courses(in_thread, make):
    """No KataError: those are never asked whether they come of the student's own answer."""
    student = in_thread(BOX)
    with pytest.raises(CannotCross, match="cannot cross"):
        student.same(make(student))
    assert student.same(1) == 1


def test_an_object_of_another_worker_is_the_tests_own_fault(in_thread):
    first = in_thread(BOX)
    other = first.Box(1)
    place = in_thread.place
    with pytest.raises(KataError, match="another student's worker"):
        place.session.request("get", in_thread(BOX), "x") and in_thread(BOX).same(other)


def test_nothing_grows_with_ten_thousand_temporary_objects(in_thread):
    student = in_thread(BOX)
    worker = in_thread.place.worker
    for _ in range(2_500):
        student.same(student.Box(1) + 1)
    gc.collect()
    student.same(0)
    assert len(worker.objects) < 20
    assert len(worker.numbers) == len(worker.objects)
    assert len(student.__kata_session__.handles) < 20


def test_a_function_that_is_exchanged_is_asked_for_anew(student_of):
    student = student_of("""
        def f():
            return 1

        def g():
            return 2
    """)
    assert student.f() == 1
    student.f = student.g
    assert student.f() == 2
    assert student.f is student.g
