"""Each layer alone, so that it is known what would hold if the others were gone; and the ladder itself."""

import errno
import os
import resource
import signal
import socket
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from grader.errors import SandboxError, UsageError
from grader.sandbox import layers
from grader.sandbox.attempt import attempt
from grader.sandbox.identity import SLOTS, become, first_id
from grader.sandbox.landlock import abi, apply_landlock
from grader.sandbox.layers import Layer, LayerState, Rung, lacking, resolve
from grader.sandbox.limits import MIB, Bounds, apply_limits
from grader.sandbox.namespaces import ProcessNamespaces, enter_empty_root, leave_the_machine
from grader.sandbox.rungs import EXTRA, NESTED, REQUIRED, named
from grader.sandbox.syscalls import drop_capabilities, forbid_inspection, forbid_new_privileges

LIFTED = (
    *(resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC),
    *(resource.RLIMIT_MEMLOCK, resource.RLIMIT_FSIZE),
)


@pytest.fixture
def needs(sandbox):
    """needs(layer) skips where this machine does not have it."""

    def check(layer):
        state = next(state for state in sandbox.states if state.name is layer)
        if not state.active or state.nested:
            pytest.skip(f"{layer}: {state.why}")

    return check


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("hidden", "ascii")
    path.chmod(0o600)
    return path


def refused(action, *codes):
    """Assert that `action` fails, and for which reason."""
    with pytest.raises(OSError) as refusal:
        action()
    assert refusal.value.errno in codes, refusal.value


def in_a_child(action):
    """Do it where it changes nothing for other tests."""
    reason = attempt(action)
    assert not reason, reason


def test_landlock_refuses_files_connections_and_signals(needs, secret):
    needs(Layer.LANDLOCK)
    grader = os.getpid()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

        def action():
            forbid_new_privileges()
            apply_landlock()
            refused(secret.read_text, errno.EACCES)
            refused(lambda: os.open("/dev/null", os.O_WRONLY), errno.EACCES)
            refused(lambda: os.listdir(secret.parent), errno.EACCES)
            refused(secret.unlink, errno.EACCES)
            refused(lambda: os.execv("/bin/true", ["true"]), errno.EACCES)
            if abi() >= 4:
                refused(lambda: socket.create_connection(address), errno.EACCES)
            if abi() >= 6:
                refused(lambda: os.kill(grader, 0), errno.EPERM)

        in_a_child(action)


def test_another_user_reads_and_signals_nothing(needs, secret):
    needs(Layer.UID)
    grader = os.getpid()

    def action():
        drop = first_id(grader)
        assert drop is not None
        become(drop)
        assert (os.getresuid(), os.getresgid(), os.getgroups()) == ((drop,) * 3, (drop,) * 3, [])
        refused(secret.read_text, errno.EACCES)
        refused(lambda: os.kill(grader, 0), errno.EPERM)
        refused(lambda: os.setuid(0), errno.EPERM)

    in_a_child(action)


def test_two_ids_cannot_signal_each_other(needs):
    needs(Layer.UID)
    base = first_id(os.getpid())
    assert base is not None
    read_end, write_end = os.pipe()
    other = os.fork()
    if other == 0:
        become(base)
        os.write(write_end, b"x")
        signal.pause()
    try:
        os.read(read_end, 1)

        def action():
            become(base + 1)
            refused(lambda: os.kill(other, signal.SIGKILL), errno.EPERM)

        in_a_child(action)
    finally:
        os.kill(other, signal.SIGKILL)
        os.waitpid(other, 0)
        os.close(read_end)
        os.close(write_end)


def test_a_process_namespace_hides_every_process(needs):
    needs(Layer.PROCESSES)
    grader = os.getpid()

    def action():
        namespaces = ProcessNamespaces()
        for _ in range(2):
            pid = namespaces.fork()
            if pid == 0:
                assert os.getpid() == 1
                assert os.getppid() == 0
                refused(lambda: os.kill(grader, 0), errno.ESRCH)
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7

    in_a_child(action)


def test_the_empty_root_holds_nothing_and_takes_nothing(needs, secret):
    needs(Layer.FILES)

    def action():
        enter_empty_root()
        assert os.listdir("/") == []
        refused(secret.read_text, errno.ENOENT)
        refused(lambda: os.open("/x", os.O_CREAT | os.O_WRONLY), errno.EROFS, errno.ENOSPC)
        refused(lambda: os.mkdir("/x"), errno.EROFS, errno.ENOSPC)
        os.chdir("..")
        assert os.listdir(".") == []

    in_a_child(action)
    assert secret.read_text() == "hidden"


def test_a_network_of_its_own_reaches_nobody(needs):
    needs(Layer.NETWORK)
    name = f"\0kata-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(name)
        unix.listen()
        address = tcp.getsockname()

        def action():
            leave_the_machine()
            refused(lambda: socket.create_connection(address), errno.ENETUNREACH, errno.ECONNREFUSED)
            refused(lambda: socket.socket(socket.AF_UNIX).connect(name), errno.ECONNREFUSED)
            assert socket.gethostname() == "kata"

        in_a_child(action)
    assert socket.gethostname() != "kata"


def test_limits_hold_a_user_without_privileges(tmp_path):
    file = os.open(tmp_path / "file", os.O_CREAT | os.O_WRONLY)

    def action():
        size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        apply_limits(Bounds(cpu_seconds=5, memory=32 * MIB), size)
        drop_capabilities()
        if os.getuid():  # processes of root are not counted
            refused(os.fork, errno.EAGAIN)
        with pytest.raises(MemoryError):
            bytearray(64 * MIB)
        refused(lambda: os.write(file, b"x"), errno.EFBIG)
        refused(lambda: [os.dup(0) for _ in range(64)], errno.EMFILE)

    in_a_child(action)
    os.close(file)


def test_a_gpu_lifts_the_limits_that_no_driver_works_under_and_no_others():
    def action():
        before = {kind: resource.getrlimit(kind) for kind in LIFTED}
        apply_limits(Bounds(cpu_seconds=5, memory=32 * MIB, gpu=True), 0)
        assert {kind: resource.getrlimit(kind) for kind in LIFTED} == before
        assert resource.getrlimit(resource.RLIMIT_CPU) == (11, 11)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        bytearray(64 * MIB)

    in_a_child(action)


def test_no_capability_is_left():
    def action():
        drop_capabilities()
        forbid_inspection()
        sets = [
            line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line
        ]
        assert int(sets[0], 16) == 0

    in_a_child(action)


def test_ids_of_different_zygotes_do_not_overlap():
    bases = {first_id(pid) for pid in range(1000, 1064)}
    if None in bases:
        pytest.skip("this container has no user ids to give away")
    assert len(bases) == 64
    assert all(base % SLOTS == min(bases) % SLOTS for base in bases)


def states(*missing):
    return [
        LayerState(layer, False, "no", f"do {layer}") if layer in missing else LayerState(layer, True)
        for layer in Layer
    ]


@pytest.mark.parametrize(
    ("missing", "rung"),
    [
        ((), Rung.NAMESPACES),
        ((Layer.USERS,), Rung.NAMESPACES),
        ((Layer.UID,), Rung.USERNS),
        ((Layer.FILES,), Rung.USERNS),
        ((Layer.USERS, Layer.UID), Rung.CONTAINER),
        ((Layer.USERS, Layer.FILES), Rung.CONTAINER),
        ((Layer.LANDLOCK,), Rung.SECCOMP),
        ((Layer.LANDLOCK, Layer.PROCESSES, Layer.UID), Rung.SECCOMP),
    ],
)
def test_auto_takes_the_strongest_that_holds(missing, rung):
    assert resolve("auto", states(*missing)) is rung


def test_what_holds_in_a_user_namespace_alone_makes_no_namespaces_rung():
    inside = [replace(state, nested=state.name in NESTED, why="no") for state in states()]
    assert resolve("auto", inside) is Rung.USERNS
    assert {state.name for state in lacking(Rung.NAMESPACES, inside)} == NESTED
    with pytest.raises(
        SandboxError, match="the sandbox namespaces does not hold here: process namespace: no"
    ):
        resolve("namespaces", inside)


def test_a_rung_says_what_it_was_robbed_of():
    assert named(Rung.USERNS) == "userns"
    assert named(Rung.NAMESPACES, {Layer.SECCOMP}) == "namespaces without seccomp filter"
    both = frozenset({Layer.LANDLOCK, Layer.SECCOMP})
    assert named(Rung.CONTAINER, both) == "container without seccomp filter, Landlock"


def test_auto_is_never_unsafe():
    with pytest.raises(SandboxError, match="no sandbox holds here: seccomp filter: no") as refusal:
        resolve("auto", states(Layer.SECCOMP))
    assert refusal.value.help == "do seccomp filter"
    assert resolve("unsafe", states(Layer.SECCOMP)) is Rung.UNSAFE


@pytest.mark.parametrize("rung", Rung)
def test_a_named_rung_is_never_weakened(rung):
    assert resolve(rung, states()) is rung
    for layer in set(REQUIRED[rung]) - (NESTED if Layer.USERS in REQUIRED[rung] else set()):
        with pytest.raises(SandboxError, match="does not hold here") as refusal:
            resolve(rung, states(layer))
        assert refusal.value.rationale == f"the sandbox {rung} does not hold here: {layer}: no"
        assert refusal.value.help == f"do {layer}"


def test_an_unknown_rung_is_a_mistake_of_the_caller():
    with pytest.raises(UsageError, match="there is no sandbox named 'docker'"):
        resolve("docker", states())


def test_the_ladder_never_gets_stronger_downwards():
    layers_of = [(set(REQUIRED[rung]) | set(EXTRA[rung])) - {Layer.USERS} for rung in Rung]
    assert all(lower <= upper for upper, lower in pairwise(layers_of))


def test_grading_needs_linux(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(SandboxError, match="grading needs Linux"):
        resolve("auto")


def test_each_missing_layer_has_a_reason_and_a_remedy(sandbox):
    assert [state.name for state in sandbox.states] == list(Layer)
    for state in sandbox.states:
        assert (state.active and not state.nested) or (state.why and state.remedy)
    if os.geteuid():
        assert all(s.nested or not s.active for s in sandbox.states if s.name in {Layer.UID, *NESTED})


def test_a_probe_that_cannot_run_is_told(monkeypatch):
    monkeypatch.setattr(layers, "command", lambda module: ["/no/such/python"])
    with pytest.raises(SandboxError, match="the sandbox could not be tried"):
        layers.probe()
