"""The student's module through the proxy: objects, operators and arguments behave as in process."""

import gc
import math

import numpy as np
import pytest

from grader.errors import KataError
from grader.gradcheck.message import Mismatch
from grader.remote.proxy import Handle

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
        student.one - 1
    with pytest.raises(TypeError):
        round(student.one)


CHANGE = """
    import numpy as np

    def array(a):
        a += 1

    def row(a):
        a[0] = 5

    def numbers(xs):
        xs.append(3)
        xs[0] = "x"

    def table(d):
        d["new"] = [1]
        d.pop("old")

    def deep(pair):
        pair[0]["xs"].append(np.zeros(2))
        pair[1][0][0] = -1.0

    def nothing(*things):
        return [type(thing).__name__ for thing in things]

    def back(x, y):
        x.append(1)
        return y, x, [x]

    def tangle(a, b):
        a.append(b)
        b.append(a)

    def loop(a):
        a.append(a)

    def swap(pairs):
        pairs[1] = (pairs[1][0], pairs[1][1], "changed")

    def empty(pairs):
        pairs[0] = ()

    def fail(a):
        a[:] = 0
        raise ValueError("after the change")

    def same_value(xs):
        xs[0] = [1]

    def unwritable(a):
        try:
            a += 1
        except ValueError as error:
            return str(error)

    def own(xs):
        class Mine: pass
        xs.append(Mine())
        return xs[-1]

    def wide(d):
        d.clear()
        d.update(a=1)
"""


def test_an_array_changed_in_place_is_changed_outside(student_of):
    student = student_of(CHANGE)
    for a in (
        np.zeros(3),
        np.zeros((2, 3), np.int32),
        np.zeros(()),
        np.zeros(3, ">f8"),
        np.zeros((3, 2), order="F"),
    ):
        kept = a
        assert student.array(a) is None
        assert a is kept
        np.testing.assert_array_equal(a, np.ones_like(a))


def test_a_part_of_an_array_is_changed_where_it_lies(student_of):
    student = student_of(CHANGE)
    a = np.zeros((2, 3))
    student.array(a[:, 1])
    student.row(a[1:, ::2])
    assert a.tolist() == [[0, 1, 0], [5, 1, 5]]


def test_lists_and_dicts_changed_in_place_are_changed_outside(student_of):
    student = student_of(CHANGE)
    xs, d = [1, 2], {"old": 1}
    student.numbers(xs)
    student.table(d)
    assert xs == ["x", 2, 3]
    assert d == {"new": [1]}


def test_changes_deep_inside_are_seen_and_the_objects_stay(student_of):
    student = student_of(CHANGE)
    xs, a = [], np.ones(2)
    pair = ({"xs": xs}, [a])
    student.deep(pair)
    assert pair[0]["xs"] is xs
    assert pair[1][0] is a
    assert xs[0].tolist() == [0, 0]
    assert a.tolist() == [-1, 1]


def test_what_is_not_changed_is_not_touched(student_of):
    student = student_of(CHANGE)
    inner = [1]
    xs, a = [inner, (2,)], np.arange(3.0)
    a.flags.writeable = False
    assert student.nothing(xs, a, {"k": inner}) == ["list", "ndarray", "dict"]
    assert xs[0] is inner
    assert not a.flags.writeable


def test_a_read_only_array_is_read_only_inside(student_of):
    student = student_of(CHANGE)
    a = np.zeros(2)
    a.flags.writeable = False
    assert "read-only" in student.unwritable(a)
    assert a.tolist() == [0, 0]


def test_a_result_that_is_an_argument_is_that_argument(student_of):
    student = student_of(CHANGE)
    x, y = [], np.zeros(2)
    got_y, got_x, (again,) = student.back(x, y)
    assert got_y is y
    assert got_x is x is again
    assert x == [1]


def test_arguments_that_hold_each_other_afterwards(student_of):
    student = student_of(CHANGE)
    a, b = [], []
    student.tangle(a, b)
    assert a[0] is b
    assert b[0] is a
    c = [1]
    student.loop(c)
    assert c[1] is c


def test_an_exchanged_tuple_in_a_list_is_seen(student_of):
    student = student_of(CHANGE)
    pairs = [(1, 2, 3), (4, 5, 6)]
    student.swap(pairs)
    assert pairs == [(1, 2, 3), (4, 5, "changed")]
    student.empty(pairs)
    assert pairs[0] == ()


def test_a_change_before_an_error_is_seen(student_of):
    student = student_of(CHANGE)
    a = np.ones(2)
    with pytest.raises(ValueError, match="after the change"):
        student.fail(a)
    assert a.tolist() == [0, 0]


def test_the_students_own_object_in_a_list_of_the_test(student_of):
    student = student_of(CHANGE)
    xs = []
    mine = student.own(xs)
    assert xs[0] is mine


def test_one_argument_twice_is_one_object_inside(student_of):
    student = student_of(CHANGE)
    x = []
    student.back(x, x)
    assert x == [1]


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
    for thing in ({1}, int, object(), np.array(["a"])):
        with pytest.raises(KataError, match="cannot cross"):
            student.same(thing)
    assert student.same(1) == 1


def test_an_argument_too_large_to_cross_is_the_tests_own_fault(in_thread):
    student = in_thread(BOX)
    with pytest.raises(KataError, match="too large to cross"):
        student.same("x" * (5 << 20))
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
