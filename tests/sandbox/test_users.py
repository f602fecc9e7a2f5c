"""User namespaces: what they give a normal user, what they do not, and what the machine has against them."""

import ctypes
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox import layers
from grader.sandbox.attempt import attempt
from grader.sandbox.identity import first_id
from grader.sandbox.layers import Layer, Rung, resolve
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.seccomp import _ALLOW, _AT_NUMBER, _JUMP_EQUAL, _LOAD, _REFUSE, _RETURN, _instruction
from grader.sandbox.syscalls import call, forbid_new_privileges, number
from grader.sandbox.users import enter_user_namespace, fork_first_process

_PR_CAPBSET_DROP, _CAP_SYS_ADMIN = 24, 21


@pytest.fixture(autouse=True)
def needs_user_namespaces(sandbox):
    sandbox.require(Rung.USERNS)


def in_a_child(action):
    reason = attempt(action)
    assert not reason, reason


def refused(action, *codes):
    with pytest.raises(OSError) as refusal:
        action()
    assert refusal.value.errno in codes, refusal.value


def test_it_gives_powers_inside_and_none_outside(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden", "ascii")
    grader, me = os.getpid(), (os.geteuid(), os.getegid())

    def action():
        enter_user_namespace()
        assert (os.geteuid(), os.getegid()) == me
        call("unshare", 0x40000000)  # a network, as only root may
        refused(lambda: os.setgroups([]), errno.EPERM)
        refused(lambda: os.setuid(me[0] + 1), errno.EINVAL)
        if me[0]:  # root owns this file, here and there
            refused(lambda: os.open("/proc/sys/kernel/hostname", os.O_WRONLY), errno.EACCES, errno.EROFS)
        refused(lambda: os.chown(secret, me[0] + 1, -1), errno.EINVAL, errno.EPERM)
        os.kill(grader, 0)  # the user is the same: the process namespace and the filter hide the grader

    in_a_child(action)


def test_its_first_process_takes_the_others_along():
    def action():
        enter_user_namespace()
        read_end, write_end = os.pipe()
        first = fork_first_process()
        if first == 0:
            assert os.getpid() == 1
            if os.fork() == 0:
                os.close(read_end)
                os.write(write_end, b"x")
                while True:
                    pass
            os.close(write_end)
            os.read(read_end, 1)
            os._exit(0)
        os.close(write_end)
        assert os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) == 0
        while os.read(read_end, 1):  # ends when the last one that could write is dead
            pass

    in_a_child(action)


def test_root_takes_ids_for_the_workers_along():
    more = first_id(os.getpid())
    if os.geteuid() or more is None:
        pytest.skip("only root has ids to give away")

    def action():
        enter_user_namespace(more)
        os.setgroups([])
        os.setresgid(more, more, more)
        os.setresuid(more + 1, more + 1, more + 1)
        assert os.getuid() == more + 1

    in_a_child(action)
    reason = attempt(lambda: enter_user_namespace(2**32 - 100))
    assert "Invalid argument" in reason or "not permitted" in reason


def probed(prepare):
    """The layers as a process sees them that did `prepare` first."""
    source = """
import json
from grader.sandbox.layers import probe
print(json.dumps([[s.name, s.active, s.nested, s.why, s.remedy] for s in probe()]))
"""
    run = subprocess.run(
        [sys.executable, "-c", source], preexec_fn=prepare, capture_output=True, text=True, check=True
    )
    return [
        layers.LayerState(Layer(n), a, why, remedy, nested)
        for n, a, nested, why, remedy in json.loads(run.stdout)
    ]


def state_of(layer, states):
    return next(state for state in states if state.name is layer)


def no_more_user_namespaces():
    # the setting belongs to a user namespace, so that a test has one to spoil
    enter_user_namespace()
    Path("/proc/sys/user/max_user_namespaces").write_text("0", "ascii")


def test_a_machine_that_allows_none():
    states = probed(no_more_user_namespaces)
    users = state_of(Layer.USERS, states)
    assert not users.active
    assert "user.max_user_namespaces=0" in users.why
    assert "No space left" in users.why
    assert users.remedy == "as root: sysctl -w user.max_user_namespaces=15000"
    assert not state_of(Layer.PROCESSES, states).active
    assert resolve("auto", states) in {Rung.CONTAINER, Rung.SECCOMP}
    with pytest.raises(layers.SandboxError, match="max_user_namespaces=0"):
        resolve("userns", states)


def refuse_unshare():
    """A filter such as container engines put around a container."""
    code = b"".join(
        [
            _instruction(_LOAD, _AT_NUMBER),
            _instruction(_JUMP_EQUAL, number("unshare"), if_false=1),
            _instruction(_RETURN, _REFUSE),
            _instruction(_RETURN, _ALLOW),
        ]
    )

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    forbid_new_privileges()
    call("seccomp", 1, 0, ctypes.byref(Program(len(code) // 8, code)))


def test_a_container_that_refuses_them():
    states = probed(refuse_unshare)
    users = state_of(Layer.USERS, states)
    assert not users.active
    assert "a system-call filter was here first" in users.why
    assert "seccomp profile that allows unshare" in users.remedy
    assert resolve("auto", states) in {Rung.CONTAINER, Rung.SECCOMP}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has powers to lose")
def test_root_without_the_power_to_mount_takes_user_namespaces(tmp_path):
    states = probed(lambda: call("prctl", _PR_CAPBSET_DROP, _CAP_SYS_ADMIN, 0, 0, 0))
    assert state_of(Layer.PROCESSES, states).nested
    assert resolve("auto", states) is Rung.USERNS
    with pytest.raises(
        layers.SandboxError, match="the sandbox namespaces does not hold here: process namespace"
    ):
        resolve("namespaces", states)


def test_a_worker_of_a_normal_user_keeps_the_user_id(sandbox):
    with sandbox.start(Rung.USERNS) as zygote, zygote.spawn(Bounds(20, 256 * MIB)) as process:
        worker = sandbox.Worker(process)
        assert worker.run("result = os.getpid()").value == 1
        if os.geteuid():
            assert worker.run("result = os.getuid(), os.getgid()").value == [os.getuid(), os.getgid()]
