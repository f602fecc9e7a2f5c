"""What one worker may use up, and the kernel limits that hold it to that."""

import math
from dataclasses import dataclass

from grader.sandbox.syscalls import set_limit

MIB = 1024 * 1024

# numbers of Linux, the same on every machine that the sandbox knows
_CPU, _FSIZE, _STACK, _CORE, _NPROC, _NOFILE, _MEMLOCK, _AS = 0, 1, 3, 4, 6, 7, 8, 9
_MSGQUEUE, _RTPRIO = 12, 14
_NOT_WITH_A_GPU = (_FSIZE, _NPROC, _NOFILE, _MEMLOCK, _AS)


@dataclass(frozen=True)
class Bounds:
    """What a worker may use up.

    cpu_seconds: CPU seconds from the fork on
    memory: bytes of address space above the warm interpreter
    stack: bytes of the main thread's stack; more recursion than fits ends the worker with SIGSEGV
    gpu: leave out what no GPU driver can work under: it maps terabytes, opens devices, starts threads
    """

    cpu_seconds: float
    memory: int
    stack: int = 16 * MIB
    gpu: bool = False


def apply_limits(bounds: Bounds, address_space: int) -> None:
    """Limit this process for good. `address_space`: bytes mapped already. OSError if refused."""
    # A backstop: the grader stops a worker by its precise clock. The kernel counts whole ticks, which run
    # ahead of that clock on a busy virtual machine (by a quarter when measured), so the limit is well above.
    seconds = math.ceil(2 * bounds.cpu_seconds + 1)
    # Soft equals hard, so that the kernel sends SIGKILL: process 1 of a namespace ignores SIGXCPU.
    for resource, value in (
        (_CPU, seconds),
        (_FSIZE, 0),
        (_STACK, bounds.stack),
        (_CORE, 0),
        (_NPROC, 0),
        (_NOFILE, 16),
        (_MEMLOCK, 0),
        (_MSGQUEUE, 0),
        (_RTPRIO, 0),
        (_AS, address_space + bounds.memory),
    ):
        if not (bounds.gpu and resource in _NOT_WITH_A_GPU):
            set_limit(resource, value)


def limit_open_files(count: int) -> None:
    """Let this process have at most `count` files open, sockets and pipes included."""
    set_limit(_NOFILE, count)
