"""A worker that ends, hangs, floods or lies: each way has its own error, with words for the student."""

import numpy as np
import pytest

from grader.errors import RunStopped, SubmissionError, TooMuchMemory, TooSlow, WorkerLost
from grader.remote.fault import StudentError

# Student code may look at its own worker: nothing there is a secret. This finds its channel.
WORKER = """
    import gc, os, struct, time, sys
    import numpy as np

    def channel():
        from grader.remote.channel import Channel
        return next(thing for thing in gc.get_objects() if type(thing) is Channel)

    def send(data):
        sock = channel().sock
        while data:
            data = data[sock.send(data):]

    def frame(structure, buffers=b""):
        return struct.pack("<II", len(structure), len(buffers)) + structure + buffers
"""


def stopped(student, kind, *args):
    with pytest.raises(RunStopped) as info:
        student(*args)
    assert type(info.value) is kind
    return info.value.rationale


@pytest.mark.parametrize("code", [0, 1, 7])
def test_a_worker_that_exits(in_jail, code):
    student = in_jail("import os\ndef f(code): os._exit(code)\n")
    said = stopped(student.f, WorkerLost, code)
    assert said == f"the program ended itself (exit code {code})"


def test_a_worker_that_exits_at_import(in_jail):
    with pytest.raises(WorkerLost, match=r"ended itself \(exit code 0\)"):
        in_jail("import os\nos._exit(0)\n")


def test_after_its_end_every_request_says_the_same(in_jail):
    student = in_jail("import os\nx = 1\ndef f(): os._exit(3)\n")
    f = student.f
    assert stopped(f, WorkerLost) == stopped(f, WorkerLost) == "the program ended itself (exit code 3)"
    with pytest.raises(WorkerLost, match="exit code 3"):
        _ = student.x


CRASHES = {
    "a pointer to nothing": "import ctypes\ndef f(): ctypes.string_at(0)\n",
    "a recursion that ends the stack": """
        import sys

        def f():
            sys.setrecursionlimit(10**8)
            g()

        def g():
            sorted([1], key=lambda _: g())
    """,
}


@pytest.mark.parametrize("source", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_of_the_interpreter(in_jail, source):
    said = stopped(in_jail(source, memory=512).f, WorkerLost)
    assert "the interpreter crashed" in said


def test_a_worker_that_hangs_up_and_lives_on(in_jail, monkeypatch):
    monkeypatch.setattr("grader.remote.budget.END_WAIT", 0.2)
    student = in_jail(
        WORKER
        + """
    def f():
        channel().sock.close()
        while True:
            time.sleep(1)
    """
    )
    place = in_jail.place
    assert stopped(student.f, WorkerLost) == "the program closed its line to the tests and went on"
    assert place.process.end(10).kind == "killed"


GARBAGE = {
    "lengths beyond all measure": 'b"\\xff" * 64',
    "text": 'b"HTTP/1.1 200 OK\\r\\n" * 9',
    "no msgpack": 'frame(b"\\xc1" * 5)',
    "no list": 'frame(b"\\x01")',
    "an empty message": 'frame(b"\\x90")',
    "an unknown reply": 'frame(b"\\x91\\xa3yes")',
    "a number for a reply": 'frame(b"\\x93\\x01\\x02\\x03")',
    "a handle nobody has": 'frame(b"\\x94\\xa2ok\\x94\\xa1h\\x00\\xa1x\\xc2\\x90\\x90")',
    "a function nobody gave": 'frame(b"\\x94\\xa2ok\\x92\\xa1f\\x05\\x90\\x90")',
    "a callback nobody gave": 'frame(b"\\x94\\xa8callback\\x05\\x91\\xa1t\\x91\\xa1d")',
    "an array without bytes": 'frame(b"\\x94\\xa2ok\\x95\\xa1a\\xa3<f8\\x91\\5\\x92\\0\\x28\\xc3\\x90\\x90")',
    "a change of nothing": 'frame(b"\\x94\\xa2ok\\xc0\\x91\\x92\\x09\\x91\\xa1l\\x90")',
    "an error without a description": 'frame(b"\\x94\\xa5error\\xc0\\x90\\x90")',
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_worker_that_writes_garbage(in_jail, data):
    student = in_jail(f"{WORKER}\n    def f():\n        send({data})\n        time.sleep(60)\n")
    place = in_jail.place
    said = stopped(student.f, WorkerLost)
    assert said.startswith("the program answered in a way that no test can read: ")
    assert place.process.end(10).kind == "killed"


@pytest.mark.parametrize(
    ("lie", "complaint"),
    [
        ("np.zeros(7)", "its shape"),
        ("np.zeros(3, int)", "its shape"),
        ("[1]", "its type"),
        ("{}", "its type"),
    ],
)
def test_a_change_of_type_or_shape_is_a_lie(in_jail, lie, complaint):
    student = in_jail(
        f"""{WORKER}
    from grader.remote.pack import Packer

    def f(a):
        packer = Packer(None)
        tree = packer.pack({lie})
        send(packer.frame(["ok", None, [[0, tree]], []]))
        time.sleep(60)
    """
    )
    assert complaint in stopped(student.f, WorkerLost, np.zeros(3))


def test_a_loop_without_end(in_jail):
    student = in_jail("def f():\n    while True: pass\n", seconds=0.3)
    assert stopped(student.f, TooSlow) == "stopped after 0.3 s of computing"


def test_a_loop_at_import(in_jail):
    with pytest.raises(TooSlow):
        in_jail("while True: pass\n", seconds=0.3)


def test_a_loop_in_compiled_code(in_jail):
    student = in_jail("def f(): return sum(range(10**12))\n", seconds=0.3)
    assert stopped(student.f, TooSlow)


def test_a_loop_that_eats_every_error(in_jail):
    student = in_jail(
        "def f():\n    while True:\n        try: 1 / 0\n        except BaseException: pass\n", seconds=0.3
    )
    assert stopped(student.f, TooSlow)


def test_a_budget_is_for_all_calls_together_and_can_be_renewed(in_jail):
    student = in_jail(
        """
        import time
        def f(seconds):
            end = time.process_time() + seconds
            while time.process_time() < end: pass
    """,
        seconds=0.4,
    )
    jail = in_jail.place.jail
    student.f(0.25)
    jail.refill(0.4)
    student.f(0.25)
    stopped(student.f, TooSlow, 0.25)


def test_a_loop_of_callbacks(in_jail):
    student = in_jail("def f(g):\n    while True: g()\n", seconds=0.3)
    assert stopped(student.f, TooSlow, lambda: None)


def test_whoever_sleeps_is_stopped_too(in_jail, monkeypatch):
    monkeypatch.setattr("grader.remote.budget.WALL_FACTOR", 1.0)
    monkeypatch.setattr("grader.remote.budget.WALL_SPARE", 0.0)
    student = in_jail("import time\ndef f(): time.sleep(1000)\n", seconds=0.3)
    assert stopped(student.f, TooSlow) == "stopped after 0.3 s, in which it computed little"


def test_whoever_trickles_an_answer_is_stopped_too(in_jail, monkeypatch):
    monkeypatch.setattr("grader.remote.budget.WALL_FACTOR", 1.0)
    monkeypatch.setattr("grader.remote.budget.WALL_SPARE", 0.0)
    student = in_jail(
        WORKER
        + """
    def f():
        send(struct.pack("<II", 1000, 0))
        while True:
            send(b"x")
            time.sleep(0.05)
    """,
        seconds=0.5,
    )
    stopped(student.f, TooSlow)


def test_whoever_does_not_listen_is_stopped_too(in_jail, monkeypatch):
    monkeypatch.setattr("grader.remote.budget.WALL_FACTOR", 1.0)
    monkeypatch.setattr("grader.remote.budget.WALL_SPARE", 0.0)
    student = in_jail(
        WORKER
        + """
    def f():
        from grader.remote import worker
        send(frame(b"\\x94\\xa2ok\\xc0\\x90\\x90"))
        time.sleep(1000)
    """,
        seconds=0.5,
    )
    f = student.f
    assert f() is None
    stopped(f, TooSlow, "x" * (3 << 20))


@pytest.mark.parametrize(
    "body", ["bytearray(10**10)", "[0] * 10**9", "np.zeros(10**10) + 1", "list(range(10**10))"], ids=str
)
def test_too_much_memory(in_jail, body):
    student = in_jail(f"import numpy as np\ndef f(): return {body}\n", memory=128)
    assert stopped(student.f, TooMuchMemory) == "the code asked for more memory than it may have"


def test_too_much_memory_little_by_little(in_jail):
    student = in_jail("def f():\n    xs = []\n    while True: xs.append('x' * 100_000)\n", memory=128)
    stopped(student.f, TooMuchMemory)


def test_a_student_who_catches_the_lack_of_memory_goes_on(in_jail):
    student = in_jail("""
        def f():
            try:
                return len(bytearray(10**10))
            except MemoryError:
                return "too much"
    """)
    assert student.f() == "too much"


def test_a_result_too_large_to_cross_is_an_error_of_the_student(in_jail):
    student = in_jail("import numpy as np\ndef f(): return 'x' * (5 << 20)\nx = 1\n")
    with pytest.raises(StudentError, match="too large to cross"):
        student.f()
    assert student.x == 1


def test_a_result_nested_too_deeply_is_an_error_of_the_student(in_jail):
    student = in_jail("def f(xs):\n    for _ in range(100): xs = [xs]\n    return xs\n")
    with pytest.raises(StudentError, match="nested too deeply"):
        student.f([])


def test_an_argument_changed_into_something_that_cannot_cross(in_jail):
    student = in_jail("def f(xs):\n    for _ in range(100): xs[:] = [list(xs)]\n    return 5\nx = 1\n")
    with pytest.raises(StudentError, match="nested too deeply"):
        student.f([1])
    assert student.x == 1


def test_files_too_large_to_be_sent_are_the_students(in_jail):
    with pytest.raises(SubmissionError, match="too large together") as info:
        in_jail("# " + "é" * (3 << 20) + "\n")
    assert info.value.help


def test_a_file_that_replaces_its_module(in_jail):
    with pytest.raises(WorkerLost, match="replaced its own module"):
        in_jail("import sys\nsys.modules[__name__] = 5\n")


def test_a_worker_that_was_stopped_leaves_the_others_alone(in_jail):
    other = in_jail("x = 1\n")
    stopped(in_jail("import os\ndef f(): os._exit(0)\n").f, WorkerLost)
    assert other.x == 1


def test_no_numpy_unit_can_import_torch(in_jail):
    with pytest.raises(ImportError):
        in_jail("import torch\n")


@pytest.mark.parametrize(
    "text",
    [
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: ...",
        "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried",
        "CUDA out of memory. Tried to allocate 37.25 GiB. GPU 0 has a total capacity of 78.00 GiB",
    ],
)
def test_how_torch_says_that_there_is_no_memory(in_thread, text):
    student = in_thread("def f(text): raise RuntimeError(text)\n")
    assert stopped(student.f, TooMuchMemory, text) == "the code asked for more memory than it may have"
