"""The program that tries each layer for real, each in a child of its own, and says on stdout how it went.

Output: one JSON object, layer name -> "" when it holds, else the reason. Control groups are not tried: that
would move the processes of whoever asked.
"""

import errno
import json
import mmap
import os
import socket
from collections.abc import Callable

from grader.sandbox.attempt import attempt, report, verdict
from grader.sandbox.identity import become, first_id
from grader.sandbox.landlock import apply_landlock
from grader.sandbox.limits import MIB, Bounds, apply_limits
from grader.sandbox.namespaces import ProcessNamespaces, enter_empty_root, leave_the_machine
from grader.sandbox.rungs import Layer
from grader.sandbox.seccomp import apply_seccomp
from grader.sandbox.syscalls import drop_capabilities, forbid_new_privileges
from grader.sandbox.users import enter_user_namespace, fork_first_process


def _demand(holds: bool, complaint: str) -> None:
    if not holds:
        raise OSError(complaint)


def _demand_refusal(action: Callable[[], object], code: int, complaint: str) -> None:
    try:
        action()
    except OSError as error:
        _demand(error.errno == code, f"{complaint}, but not as it should be: {error.strerror}")
    else:
        raise OSError(complaint)


def _limits() -> None:
    os.close(os.pidfd_open(os.getpid()))
    apply_limits(Bounds(cpu_seconds=10, memory=16 * MIB), address_space=0)
    _demand_refusal(lambda: mmap.mmap(-1, 64 * MIB), errno.ENOMEM, "memory is not limited")


def _seccomp() -> None:
    forbid_new_privileges()
    apply_seccomp(os.getpid())
    _demand_refusal(lambda: os.stat("/"), errno.EPERM, "files are not refused")
    _demand_refusal(lambda: socket.socket(socket.AF_UNIX), errno.EPERM, "sockets are not refused")


def _landlock() -> None:
    forbid_new_privileges()
    apply_landlock()
    _demand_refusal(lambda: os.listdir("/"), errno.EACCES, "files are not refused")


def _uid() -> None:
    wanted = first_id(os.getpid())
    if wanted is None:
        raise OSError("this container has no user ids to give away")
    become(wanted)
    _demand({*os.getresuid(), *os.getresgid()} == {wanted}, "the user id did not change")


def _processes() -> None:
    read_end, write_end = os.pipe()
    pid = ProcessNamespaces().fork()
    if pid == 0:
        report(write_end, None if os.getpid() == 1 else OSError("the child sees other processes"))
        os._exit(0)
    os.close(write_end)
    reason = verdict(read_end)
    os.waitpid(pid, 0)
    _demand(not reason, reason)


def _files() -> None:
    enter_empty_root()
    _demand(not os.listdir("/"), "the root is not empty")


def _network() -> None:
    kinds = ("mnt", "net", "ipc", "uts")
    before = {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in kinds}
    leave_the_machine()
    _demand(
        all(before[kind] != os.readlink(f"/proc/self/ns/{kind}") for kind in kinds),
        "the namespaces are the old ones",
    )


def _users() -> None:
    """The whole way: a system may allow the user namespace and then refuse all that it is good for."""
    enter_user_namespace()
    read_end, write_end = os.pipe()
    pid = fork_first_process()
    if pid == 0:
        reason = next(
            (f"{layer} in it: {why}" for layer in NESTED_TRIALS if (why := attempt(TRIALS[layer]))), ""
        )
        report(write_end, OSError(reason) if reason else None)
        os._exit(0)
    os.close(write_end)
    reason = verdict(read_end)
    os.waitpid(pid, 0)
    _demand(not reason, reason)


def _privileges() -> None:
    drop_capabilities()
    forbid_new_privileges()
    _demand_refusal(lambda: os.chroot("/"), errno.EPERM, "the powers of root are still there")


TRIALS: dict[Layer, Callable[[], None]] = {
    Layer.LIMITS: _limits,
    Layer.PRIVILEGES: _privileges,
    Layer.SECCOMP: _seccomp,
    Layer.LANDLOCK: _landlock,
    Layer.UID: _uid,
    Layer.USERS: _users,
    Layer.PROCESSES: _processes,
    Layer.FILES: _files,
    Layer.NETWORK: _network,
}

# the last one takes away /proc, which the others look at
NESTED_TRIALS = (Layer.PROCESSES, Layer.NETWORK, Layer.FILES)

if __name__ == "__main__":
    print(json.dumps({layer: attempt(trial) for layer, trial in TRIALS.items()}))
