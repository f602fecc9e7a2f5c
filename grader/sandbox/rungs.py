"""The ladder: which layers each rung is made of, the strongest rung first."""

from enum import StrEnum


class Layer(StrEnum):
    """One defence that the kernel gives. The value is its name on the screen."""

    LIMITS = "resource limits"
    SECCOMP = "seccomp filter"
    LANDLOCK = "Landlock"
    UID = "own user id"
    PROCESSES = "process namespace"
    FILES = "empty file system"
    NETWORK = "private network and IPC"


class Rung(StrEnum):
    """How well a worker is jailed. Written into every record, never weakened silently."""

    NAMESPACES = "namespaces"  # needs root; user namespaces, for those who are not, belong below it
    CONTAINER = "container"
    SECCOMP = "seccomp"
    UNSAFE = "unsafe"


REQUIRED: dict[Rung, tuple[Layer, ...]] = {
    Rung.NAMESPACES: tuple(Layer),
    Rung.CONTAINER: (Layer.LIMITS, Layer.SECCOMP, Layer.LANDLOCK),
    Rung.SECCOMP: (Layer.LIMITS, Layer.SECCOMP),
    Rung.UNSAFE: (Layer.LIMITS,),
}

# Taken as well where the machine lets us: the rung keeps its promise without.
EXTRA: dict[Rung, tuple[Layer, ...]] = {
    Rung.NAMESPACES: (),
    Rung.CONTAINER: (Layer.UID,),
    Rung.SECCOMP: (Layer.UID,),
    Rung.UNSAFE: (),
}
