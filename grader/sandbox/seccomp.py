"""The system-call filter: an allow-list, assembled here into the kernel's BPF instructions.

What is not on the list fails with EPERM. That covers every way to open, list, stat or change a file, to
start a process or a thread, to make a socket, to signal or trace another process, and to raise a limit.
A call through the tables of another architecture (i386, x32) kills the process.
"""

import ctypes
import errno
import struct
from dataclasses import dataclass
from functools import cache

from grader.sandbox.syscalls import call, machine, number

# Harmless whatever their arguments: memory of our own, clocks, descriptors that are open already.
FREE = (
    *("read", "write", "readv", "writev", "close", "fstat", "lseek", "poll", "ppoll", "select", "pselect6"),
    *("mmap", "munmap", "mprotect", "mremap", "madvise", "brk"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getrusage"),
    *("getrandom", "getcpu", "sched_yield", "exit", "exit_group"),
)


@dataclass(frozen=True)
class Condition:
    """One half of an argument, masked, must be one of `values`."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    upper_half: bool = False


_F_GETFD, _F_GETFL, _FIONBIO = 1, 3, 0x5421
_MSG_DONTWAIT, _MSG_WAITALL, _MSG_NOSIGNAL = 0x40, 0x100, 0x4000
_NO_OTHER_FLAGS = 0xFFFFFFFF & ~(_MSG_DONTWAIT | _MSG_WAITALL | _MSG_NOSIGNAL)
_FUTEX_COMMAND = 0xFFFFFFFF & ~(0x80 | 0x100)  # without the flags PRIVATE and CLOCK_REALTIME
_FUTEX_WAIT_AND_WAKE = (0, 1, 9, 10)


def conditional(pid: int) -> dict[str, tuple[Condition, ...]]:
    """The calls that are allowed for some arguments only, for the process `pid`."""
    return {
        # to the peer of the socketpair only, and without out-of-band data, a nest of kernel bugs
        "sendto": (
            Condition(3, (0,), mask=_NO_OTHER_FLAGS),
            Condition(4, (0,)),
            Condition(4, (0,), upper_half=True),
        ),
        "recvfrom": (Condition(3, (0,), mask=_NO_OTHER_FLAGS),),
        # F_SETOWN with F_SETSIG would have the kernel signal any process; locks could stall others
        "fcntl": (Condition(1, (_F_GETFD, _F_GETFL)),),
        "ioctl": (Condition(1, (_FIONBIO,)),),
        "futex": (Condition(1, _FUTEX_WAIT_AND_WAKE, mask=_FUTEX_COMMAND),),
        # abort() and raise(): to itself
        "tgkill": (Condition(0, (pid,)),),
        "sched_getaffinity": (Condition(0, (0, pid)),),
    }


_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENTS = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # x86_64 alone has a second table, with this bit in the numbers


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _checks(conditions: tuple[Condition, ...]) -> list[bytes]:
    """Instructions that refuse the call unless every condition holds, and allow it then."""
    code: list[bytes] = []
    for condition in conditions:
        offset = _AT_ARGUMENTS + 8 * condition.argument + 4 * condition.upper_half
        code += [_instruction(_LOAD, offset), _instruction(_AND, condition.mask)]
        for left, value in zip(range(len(condition.values), 0, -1), condition.values, strict=True):
            code.append(_instruction(_JUMP_EQUAL, value, if_true=left))
        code.append(_instruction(_RETURN, _REFUSE))
    return [*code, _instruction(_RETURN, _ALLOW)]


@cache
def _preamble() -> bytes:
    """The instructions that are the same for all processes."""
    code = [
        _instruction(_LOAD, _AT_ARCHITECTURE),
        _instruction(_JUMP_EQUAL, _ARCHITECTURES[machine()], if_true=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _AT_NUMBER),
        _instruction(_JUMP_AT_LEAST, _X32, if_false=1),
        _instruction(_RETURN, _KILL),
    ]
    for name in FREE:
        wanted = number(name)
        if wanted is not None:
            code += [_instruction(_JUMP_EQUAL, wanted, if_false=1), _instruction(_RETURN, _ALLOW)]
    return b"".join(code)


@cache
def program(pid: int) -> bytes:
    """The filter for the process `pid` (as it sees itself), as an array of struct sock_filter."""
    code = [_preamble()]
    for name, conditions in conditional(pid).items():
        wanted = number(name)
        if wanted is not None:
            checks = _checks(conditions)
            code += [_instruction(_JUMP_EQUAL, wanted, if_false=len(checks)), *checks]
    return b"".join([*code, _instruction(_RETURN, _REFUSE)])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


_SECCOMP_SET_MODE_FILTER = 1


def apply_seccomp(pid: int) -> None:
    """Filter every later system call of this process, whose id is `pid`. OSError if the kernel refuses.

    no_new_privs must be set before, unless the caller is root.
    """
    code = program(pid)
    filter_ = _Program(len(code) // 8, code)
    call("seccomp", _SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(filter_))
