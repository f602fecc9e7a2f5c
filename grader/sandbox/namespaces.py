"""Linux namespaces, for root: a worker that sees no other process, file, network or shared memory."""

import os
from pathlib import Path

from grader.sandbox.syscalls import call

_NEWNS, _NEWUTS, _NEWIPC, _NEWPID, _NEWNET = 0x00020000, 0x04000000, 0x08000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
_MNT_DETACH = 2
_MOUNT_POINT = b"/proc"  # any folder that is surely there


def enter_empty_root() -> None:
    """Leave the file system for an empty, read-only one; only open files remain. OSError if refused.

    The rest of the machine does not see the change: it happens in a mount namespace of this process.
    """
    call("unshare", _NEWNS)
    call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    call("mount", b"kata", _MOUNT_POINT, b"tmpfs", flags, b"mode=0555,nr_inodes=1,size=4k")
    os.chdir(_MOUNT_POINT)
    # With both names the same, the old root comes to lie on top of the new one, where it is taken away.
    call("pivot_root", b".", b".")
    call("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def leave_the_machine() -> None:
    """Give this process its own mounts, network, IPC and host name. OSError if refused."""
    call("unshare", _NEWNS | _NEWNET | _NEWIPC | _NEWUTS)
    call("sethostname", b"kata", 4)


class ProcessNamespaces:
    """Forks children that are each the first process of a pid namespace of their own.

    A namespace is made for the children to come, so the forking process must return to its own before
    it can make the next.
    """

    def __init__(self) -> None:
        self._home = os.open(Path("/proc/self/ns/pid"), os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """Like os.fork(); the child is process 1 of a new namespace. OSError if refused."""
        call("unshare", _NEWPID)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:
                call("setns", self._home, _NEWPID)
        return pid
