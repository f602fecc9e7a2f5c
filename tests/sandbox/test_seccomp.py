"""The filter as a program: interpreted here, so that both machines' tables are tested on either."""

import errno
import struct

import pytest

from grader.sandbox import seccomp, syscalls
from grader.sandbox.syscalls import MACHINES, NUMBERS

PID = 77
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM


@pytest.fixture(params=MACHINES)
def machine(request, monkeypatch):
    monkeypatch.setattr(syscalls, "machine", lambda: request.param)
    monkeypatch.setattr(seccomp, "machine", lambda: request.param)
    for cached in (seccomp._preamble, seccomp.program):
        cached.cache_clear()
    yield request.param
    for cached in (seccomp._preamble, seccomp.program):
        cached.cache_clear()


def decide(number, *arguments, architecture):
    """What the kernel would do: the classic BPF machine, as far as the filter uses it."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(a & (2**64 - 1) for a in padded))
    instructions = list(struct.iter_unpack("=HBBI", seccomp.program(PID)))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        else:
            holds = accumulator == value if code == 0x15 else accumulator >= value
            assert code in {0x15, 0x35}
            at += if_true if holds else if_false


def decide_by_name(name, *arguments, machine):
    number = NUMBERS[name][MACHINES.index(machine)]
    return decide(number, *arguments, architecture=ARCHITECTURE[machine])


def test_what_is_on_the_list_passes(machine):
    for name in seccomp.FREE:
        if NUMBERS[name][MACHINES.index(machine)] is not None:
            assert decide_by_name(name, machine=machine) == ALLOW, name


def test_what_is_not_on_the_list_is_refused(machine):
    allowed = {NUMBERS[name][MACHINES.index(machine)] for name in (*seccomp.FREE, *seccomp.conditional(PID))}
    for number in set(range(1024)) - allowed:
        assert decide(number, architecture=ARCHITECTURE[machine]) == REFUSE, number


@pytest.mark.parametrize(
    "name",
    [
        "prctl",
        "prlimit64",
        "mount",
        "setns",
        "unshare",
        "seccomp",
        "capset",
        "pivot_root",
        "landlock_restrict_self",
    ],
)
def test_the_jail_cannot_be_opened_from_inside(name, machine):
    assert decide_by_name(name, machine=machine) == REFUSE


@pytest.mark.parametrize("foreign", ARCHITECTURE)
def test_another_architecture_kills(foreign, machine):
    if foreign != machine:
        assert decide(0, architecture=ARCHITECTURE[foreign]) == KILL


def test_the_second_table_of_x86_64_kills(machine):
    assert decide(0x40000000, architecture=ARCHITECTURE[machine]) == KILL
    assert decide(-1, architecture=ARCHITECTURE[machine]) == KILL


@pytest.mark.parametrize(
    ("name", "arguments", "passes"),
    [
        ("sendto", (3, 1 << 40, 8, 0, 0, 0), True),
        ("sendto", (3, 1 << 40, 8, 0x4000 | 0x40, 0, 0), True),
        ("sendto", (3, 1 << 40, 8, 1, 0, 0), False),
        ("sendto", (3, 1 << 40, 8, 0, 0x1000, 16), False),
        ("sendto", (3, 1 << 40, 8, 0, 1 << 40, 16), False),
        ("recvfrom", (3, 1 << 40, 8, 0x100, 0, 0), True),
        ("recvfrom", (3, 1 << 40, 8, 0x101, 0, 0), False),
        ("fcntl", (3, 1), True),
        ("fcntl", (3, 3), True),
        ("fcntl", (3, 4), False),
        ("fcntl", (3, 8), False),
        ("fcntl", (3, (1 << 32) | 8), False),
        ("ioctl", (3, 0x5421), True),
        ("ioctl", (3, 0x5401), False),
        ("futex", (0, 0), True),
        ("futex", (0, 0x189), True),
        ("futex", (0, 6), False),
        ("futex", (0, 0x80 | 6), False),
        ("tgkill", (PID, PID, 6), True),
        ("tgkill", (PID + 1, PID, 6), False),
        ("sched_getaffinity", (0, 8), True),
        ("sched_getaffinity", (PID, 8), True),
        ("sched_getaffinity", (1, 8), False),
    ],
)
def test_arguments_decide(name, arguments, passes, machine):
    assert decide_by_name(name, *arguments, machine=machine) == (ALLOW if passes else REFUSE)


def test_every_jump_stays_inside(machine):
    instructions = list(struct.iter_unpack("=HBBI", seccomp.program(PID)))
    assert len(instructions) < 4096
    for at, (code, if_true, if_false, _) in enumerate(instructions):
        if code in {0x15, 0x35}:
            assert at + 1 + max(if_true, if_false) < len(instructions)
    assert instructions[-1] == (0x06, 0, 0, REFUSE)


def test_an_unknown_machine_is_refused(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "s390x")
    syscalls.machine.cache_clear()
    try:
        with pytest.raises(Exception, match="does not know the system calls of s390x"):
            syscalls.machine()
    finally:
        syscalls.machine.cache_clear()
