"""What student code changes in its arguments is changed in the test's own objects, and nothing else is."""

import numpy as np
import pytest

from grader.errors import WorkerLost

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


@pytest.mark.parametrize(("name", "count"), [("tangle", 2), ("loop", 1)])
def test_arguments_that_hold_each_other_afterwards_are_refused(student_of, name, count):
    with pytest.raises(WorkerLost, match="hold themselves"):
        getattr(student_of(CHANGE), name)(*([] for _ in range(count)))


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
