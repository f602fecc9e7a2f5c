"""What a worker sends takes a bounded amount of the grader's memory, also over many frames."""

import gc
import weakref

import numpy as np
import pytest

from grader.errors import TooMuchMemory, WorkerLost
from grader.remote import channel, proxy
from grader.remote.fault import _mixed, student_error
from grader.remote.handle import Handle
from grader.remote.unpack import Unpacker
from grader.remote.wire import MAX_PARTS, WireError


def refuse(tree):
    raise WireError("no handle here")


def test_all_arrays_that_a_test_still_holds_are_counted_together(in_thread, monkeypatch):
    monkeypatch.setattr(channel, "MAX_ALIVE", 1 << 20)
    student = in_thread("import numpy as np\ndef f(n): return np.zeros(n)\n")
    for _ in range(20):
        student.f(100_000)  # nobody holds it: it does not count
    held = [student.f(60_000)]
    with pytest.raises(WorkerLost, match="MiB of arrays at a time"):
        held.append(student.f(100_000))


def test_an_array_counts_for_as_long_as_a_part_of_it_lives(in_thread):
    student = in_thread("import numpy as np\ndef f(): return [np.ones(1000), 5, np.ones(24)]\n")
    line = student.__kata_session__.channel
    part = student.f()[0][3:7]
    assert line.alive == 8_192
    del part
    gc.collect()
    assert line.alive == 0


def test_what_callbacks_were_given_when_they_failed_is_not_kept(in_thread):
    student = in_thread("""
        import numpy as np
        def f(g):
            for _ in range(200):
                try: g(np.ones(1000))
                except BaseException: pass
            return 1
    """)
    seen = []

    def g(x):
        seen.append(weakref.ref(x))
        raise ValueError("no")

    assert student.f(g) == 1
    gc.collect()
    assert len(student.__kata_session__.failures) <= proxy.MAX_FAILURES
    assert sum(ref() is not None for ref in seen) <= 1
    student.__kata_session__.forget()
    assert not student.__kata_session__.failures


def test_names_of_errors_without_end_fill_no_memory():
    for n in range(500):
        student_error(["X", [f"Name{n}", "y" * 1000, "ValueError"], "t", [], 0, None, None])
    assert _mixed.cache_info().currsize <= 4


def test_objects_without_end_are_refused(in_thread, monkeypatch):
    monkeypatch.setattr(proxy, "MAX_HANDLES", 1_000)
    student = in_thread("def f(n): return [object() for _ in range(n)]\n")
    assert len(student.f(900)) == 900
    held = student.f(900)
    with pytest.raises(WorkerLost, match="more objects than a test can hold"):
        student.f(900)
    assert len(held) == 900


def test_the_release_of_many_objects_is_told_bit_by_bit(in_thread, monkeypatch):
    """All of it in one request was once too much to cross, which looked like an error of the test's."""
    monkeypatch.setattr(proxy, "MAX_RELEASES", 100)
    student = in_thread("def f(g):\n    for _ in range(9): g([object() for _ in range(50)])\ndef h(): pass\n")
    student.f(lambda objects: None)
    gc.collect()
    worker, session = in_thread.place.worker, student.__kata_session__
    assert len(session.released) >= 440
    for _ in range(6):
        student.h()
    assert len(session.released) < 10
    assert len(worker.objects) < 20


def test_a_result_of_too_many_parts_is_an_error_of_the_student(in_thread):
    student = in_thread("def f(n): return [()] * n\n")
    with pytest.raises(WireError.__base__, match="too many parts to cross"):
        student.f(MAX_PARTS + 1)
    with pytest.raises(WireError, match="too many parts"):
        Unpacker(bytearray(), refuse).unpack(["l", *[["t"]] * MAX_PARTS])
    assert len(student.f(1000)) == 1000


def nested(levels, branches):
    tree = ["l", 1]
    for n in range(levels):
        tree = ["l", tree, *[["r", levels - n]] * (branches - 1)]
    return tree


@pytest.mark.parametrize(
    "tree",
    [["l", ["r", 0]], ["l", ["t", ["d", "k", ["r", 0]]]], nested(40, 2), nested(12, 6)],
    ids=["itself", "itself inside", "twice", "six times"],
)
def test_lists_in_lists_without_end_are_refused(tree):
    unpacker = Unpacker(bytearray(), refuse)
    value = unpacker.unpack(tree)
    with pytest.raises(WireError, match="hold themselves"):
        unpacker.check_size(value)


def test_an_argument_cannot_be_put_into_itself(in_thread):
    student = in_thread("def f(x, y):\n    x.append(y)\n    y.append(x)\n")
    with pytest.raises(WorkerLost, match="hold themselves"):
        student.f([], [])


def test_a_list_that_is_met_twice_is_fine(in_thread):
    student = in_thread("def f():\n    x = [1]\n    return [x, x, {'k': x}]\n")
    first, second, table = student.f()
    assert first is second is table["k"]


def test_an_empty_array_of_great_length_is_refused():
    for shape in ([0, 2**40], [2**31, 0, 2**20]):
        with pytest.raises(WireError, match="does not fit"):
            Unpacker(bytearray(), refuse).unpack(["a", "<f8", shape, [0, 0], True])
    assert Unpacker(bytearray(), refuse).unpack(["a", "<f8", [0, 500], [0, 0], True]).shape == (0, 500)


def test_a_numpy_unit_cannot_make_the_grader_import_torch(monkeypatch):
    import sys

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with pytest.raises(WireError, match="no torch"):
        Unpacker(bytearray(), refuse).unpack(["D", "float32"])
    assert "torch" not in sys.modules


@pytest.mark.parametrize("where", ["callback", "frame"])
def test_a_lack_of_memory_in_the_grader_ends_the_worker(in_thread, monkeypatch, where):
    """In the midst of a frame the line is out of step, and student code may not swallow it in a callback."""
    student = in_thread("def f(g):\n    try: g()\n    except BaseException: return 1\n")
    f, killed = student.f, []
    monkeypatch.setattr(in_thread.place.jail, "kill", lambda: killed.append(1))

    def full(*args):
        raise MemoryError

    if where == "frame":
        monkeypatch.setattr(student.__kata_session__.channel, "receive", full)
    with pytest.raises(TooMuchMemory, match="memory that a test may have"):
        f(full)
    assert killed


def test_a_handle_is_copied_as_itself(in_thread):
    student = in_thread("class A: pass\ndef f(x):\n    x[0].append(1)\n    return x\n")
    session = student.__kata_session__
    session.in_place = False
    a, inner = student.A(), [np.ones(2)]
    outer = [inner, (a, inner)]
    got = student.f(outer)
    assert inner == [inner[0]]
    assert len(got[0]) == 2
    assert got[0] is got[1][1]
    assert type(got[1][0]) is Handle
    assert got[1][0] is a
