"""What each layer is worth alone: the attack fails where it is the only one left that could stop it, and gets
through where it is left off as well. So no layer is there in vain, and no test passes because of another one.
"""

import os
import select
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.course.load import load_course
from grader.engine.pool import Pool
from grader.examine.seed import Seed
from grader.sandbox.layers import Layer, Rung
from grader.sandbox.limits import MIB, Bounds

BOUNDS = Bounds(cpu_seconds=20, memory=128 * MIB)
L = Layer


@dataclass(frozen=True)
class Control:
    """layer: under test     others: left off in both runs, because they would stop it too

    held: what the worker says with the layer: an error's name, or a value     loose: the value without it
    """

    layer: Layer
    others: tuple[Layer, ...]
    source: str
    held: object
    loose: object


CONTROLS = [
    Control(L.SECCOMP, (), "os.close(os.memfd_create('x'))\nresult = True", "PermissionError", True),
    Control(L.SECCOMP, (), "result = os.getcwd()", "PermissionError", "/"),
    Control(
        L.LANDLOCK,
        (L.SECCOMP, L.FILES, L.UID, L.PRIVILEGES),
        "result = open(secret).read()",
        *("PermissionError", "hidden"),
    ),
    Control(
        L.FILES,
        (L.SECCOMP, L.LANDLOCK, L.UID, L.PRIVILEGES),
        "result = open(secret).read()",
        *("FileNotFoundError", "hidden"),
    ),
    Control(
        L.UID,
        (L.SECCOMP, L.LANDLOCK, L.FILES),
        "result = open(secret).read()",
        *("PermissionError", "hidden"),
    ),
    Control(
        L.PROCESSES,
        (L.SECCOMP, L.LANDLOCK, L.UID, L.PRIVILEGES),
        "os.kill(grader, 0)\nresult = True",
        *("ProcessLookupError", True),
    ),
    Control(
        L.PROCESSES,
        (L.SECCOMP, L.LANDLOCK, L.UID, L.PRIVILEGES),
        "result = os.getpid() == 1",
        *(True, False),
    ),
    Control(
        L.NETWORK,
        (L.SECCOMP, L.LANDLOCK),
        "socket.socket().connect(('127.0.0.1', port))\nresult = True",
        *("OSError", True),
    ),
    Control(L.LIMITS, (), "result = len(bytearray(256 << 20)) >> 20", "MemoryError", 256),
    Control(
        L.LIMITS,
        (L.SECCOMP,),
        "pid = os.fork()\nif pid == 0: os._exit(0)\nresult = bool(pid)",
        *("BlockingIOError", True),
    ),
    Control(
        L.PRIVILEGES,
        (L.SECCOMP, L.LANDLOCK, L.UID),
        "socket.sethostname('changed')\nresult = socket.gethostname()",
        *("PermissionError", "changed"),
    ),
]


@pytest.fixture
def given(tmp_path):
    (tmp_path / "secret").write_text("hidden", "ascii")
    (tmp_path / "secret").chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"secret": str(tmp_path / "secret"), "port": server.getsockname()[1], "grader": os.getpid()}


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"{control.layer}: {control.source[:25]}")
def test_a_layer_stops_what_gets_through_without_it(control, strongest, spawn, sandbox, given):
    if control.layer is Layer.UID and os.geteuid():
        pytest.skip("a normal user has no ids to give away")
    if strongest is Rung.USERNS and control.source.startswith("os.kill"):
        pytest.skip("the user namespace has a process namespace around its zygote too: it hides the grader")
    others = frozenset(control.others)
    held = spawn(strongest, BOUNDS, without=others).run(control.source, **given)
    assert control.held in {held.error or held.value}, held
    loose = spawn(strongest, BOUNDS, without=others | {control.layer}).run(control.source, **given)
    assert loose.value == control.loose, loose


def test_every_layer_has_its_control():
    elsewhere = {Layer.USERS: "test_users.py", Layer.CGROUP: "test_cgroup.py"}
    assert {control.layer for control in CONTROLS} | set(elsewhere) == set(Layer)


def test_a_process_namespace_takes_along_whatever_a_worker_started(strongest, sandbox, spawn):
    """Two layers must be off before a worker can start a process at all."""
    worker = spawn(strongest, BOUNDS, without=frozenset({Layer.SECCOMP, Layer.LIMITS}))
    source = """
read_end, write_end = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        os.write(write_end, b"x")
        while True: pass
result = sum(len(os.read(read_end, 1)) for _ in range(3))
"""
    assert worker.run(source).value == 3
    worker.process.kill()
    assert worker.process.end(60).kind == "killed"
    # the forks held the other end of this socket, so its end tells that they are gone
    poller = select.poll()
    poller.register(worker.process.sock, select.POLLIN)
    assert poller.poll(60_000)
    assert worker.process.sock.recv(1) == b""


def test_records_say_what_was_left_off(strongest):
    tiny, seed = load_course(Path(__file__).parents[1] / "tiny_course/course.yml"), Seed("for tests only")
    pool = Pool(tiny, seed, rung=strongest, without=frozenset({Layer.SECCOMP}))
    assert pool.facts["sandbox"] == f"{strongest} without seccomp filter"
    assert Pool(tiny, seed, rung=strongest).facts["sandbox"] == strongest
