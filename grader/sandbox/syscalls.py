"""System calls that Python has no function for, through ctypes. Linux on x86_64 and aarch64 only."""

import ctypes
import errno
import functools
import os
import platform
from typing import Any

from grader.errors import SandboxError

MACHINES = ("x86_64", "aarch64")

# name: (number on x86_64, number on aarch64); None where the machine has no such call
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "brk": (12, 214),
    "capget": (125, 90),
    "capset": (126, 91),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "close": (3, 57),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "fcntl": (72, 25),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getcpu": (309, 168),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "getuid": (102, 174),
    "ioctl": (16, 29),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "lseek": (8, 62),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "mount": (165, 40),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "pivot_root": (155, 41),
    "poll": (7, None),
    "ppoll": (271, 73),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "pselect6": (270, 72),
    "read": (0, 63),
    "readv": (19, 65),
    "recvfrom": (45, 207),
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "seccomp": (317, 277),
    "select": (23, None),
    "sendto": (44, 206),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "sigaltstack": (131, 132),
    "tgkill": (234, 131),
    "time": (201, None),
    "times": (100, 153),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "write": (1, 64),
    "writev": (20, 66),
}

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITY_VERSION_3 = 0x20080522


@functools.cache
def machine() -> str:
    """The processor family, one of MACHINES. SandboxError for any other."""
    name = platform.machine()
    if name not in MACHINES:
        raise SandboxError(
            f"the sandbox does not know the system calls of {name}",
            "grade on an x86_64 or aarch64 machine",
        )
    return name


def number(name: str) -> int | None:
    """The number of a system call on this machine, None where the machine has no such call."""
    return NUMBERS[name][MACHINES.index(machine())]


@functools.cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def _word(argument: Any) -> Any:
    # ctypes would pass an int as 32 bits, and leave the upper half of the register undefined
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    return ctypes.c_void_p(None) if argument is None else argument


def call(name: str, *arguments: Any) -> int:
    """Make one system call and return its result. OSError that carries the call's name when it fails."""
    wanted = number(name)
    if wanted is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), name)
    result: int = _libc().syscall(ctypes.c_long(wanted), *map(_word, arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return result


def die_with_parent(signal: int) -> None:
    """Have the kernel send `signal` to this process when the thread that forked it ends.

    A change of user or capabilities and a fork both clear it: arm it after them.
    """
    call("prctl", _PR_SET_PDEATHSIG, signal, 0, 0, 0)


def forbid_inspection() -> None:
    """Close this process to ptrace and to /proc of its own user. A change of user may clear it."""
    call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def allow_inspection() -> None:
    """Open it again; before that, the files of this process below /proc are root's."""
    call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)


def forbid_new_privileges() -> None:
    """Make set-uid programs powerless; seccomp and Landlock demand it of an ordinary user."""
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def drop_capabilities() -> None:
    """Give up every capability of root, also where the user id could not be changed."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


class _Limit(ctypes.Structure):
    _fields_ = (("soft", ctypes.c_uint64), ("hard", ctypes.c_uint64))


def set_limit(resource: int, value: int) -> None:
    """Set one resource limit, soft and hard, to `value` or to the present hard limit if that is lower."""
    present = _Limit()
    call("prlimit64", 0, resource, None, ctypes.byref(present))
    wanted = min(value, present.hard)
    call("prlimit64", 0, resource, ctypes.byref(_Limit(wanted, wanted)), None)
