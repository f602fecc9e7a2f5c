"""The ladder: which layers each rung is made of, the strongest rung first."""

from collections.abc import Collection
from enum import StrEnum


class Layer(StrEnum):
    """One defence that the kernel gives. The value is its name on the screen."""

    LIMITS = "resource limits"
    PRIVILEGES = "no privileges"
    SECCOMP = "seccomp filter"
    LANDLOCK = "Landlock"
    UID = "own user id"
    USERS = "user namespace"
    PROCESSES = "process namespace"
    FILES = "empty file system"
    NETWORK = "private network and IPC"
    CGROUP = "control group"


class Rung(StrEnum):
    """How well a worker is jailed. Written into every record, never weakened silently."""

    NAMESPACES = "namespaces"  # needs root
    USERNS = "userns"  # the same, inside a user namespace: for those who are not root
    CONTAINER = "container"
    SECCOMP = "seccomp"
    UNSAFE = "unsafe"


_FILTERED = (Layer.LIMITS, Layer.PRIVILEGES, Layer.SECCOMP)
_ALONE = (Layer.PROCESSES, Layer.FILES, Layer.NETWORK)

REQUIRED: dict[Rung, tuple[Layer, ...]] = {
    Rung.NAMESPACES: (*_FILTERED, Layer.LANDLOCK, Layer.UID, *_ALONE),
    Rung.USERNS: (*_FILTERED, Layer.LANDLOCK, Layer.USERS, *_ALONE),
    Rung.CONTAINER: (*_FILTERED, Layer.LANDLOCK),
    Rung.SECCOMP: _FILTERED,
    Rung.UNSAFE: (Layer.LIMITS,),
}

# Taken as well where the machine lets us: the rung keeps its promise without.
EXTRA: dict[Rung, tuple[Layer, ...]] = {
    Rung.NAMESPACES: (Layer.CGROUP,),
    Rung.USERNS: (Layer.UID, Layer.CGROUP),
    Rung.CONTAINER: (Layer.UID, Layer.CGROUP),
    Rung.SECCOMP: (Layer.UID, Layer.CGROUP),
    Rung.UNSAFE: (Layer.CGROUP,),
}

# What root can have by itself, and everybody inside a user namespace.
NESTED = frozenset(_ALONE)

NOTHING: frozenset[Layer] = frozenset()


def named(rung: Rung, without: Collection[Layer] = NOTHING) -> str:
    """The rung as records and reports call it: "namespaces", "namespaces without seccomp filter"."""
    left_off = [layer for layer in Layer if layer in without]
    return f"{rung} without {', '.join(left_off)}" if left_off else str(rung)
