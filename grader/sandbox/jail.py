"""The jail: what a rung's layers are, in the order in which a child locks them around itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from grader.errors import SandboxError
from grader.sandbox.attempt import attempt, describe
from grader.sandbox.identity import become, first_id
from grader.sandbox.landlock import apply_landlock
from grader.sandbox.limits import Bounds, apply_limits
from grader.sandbox.namespaces import ProcessNamespaces, enter_empty_root, leave_the_machine
from grader.sandbox.rungs import EXTRA, NOTHING, REQUIRED, Layer, Rung
from grader.sandbox.seccomp import apply_seccomp, program
from grader.sandbox.syscalls import drop_capabilities, forbid_inspection, forbid_new_privileges
from grader.sandbox.tether import tether
from grader.sandbox.users import enter_user_namespace, more_ids, move_into_user_namespace

_FORGO_PRIVILEGES = {Layer.PRIVILEGES, Layer.LANDLOCK, Layer.SECCOMP}  # the last two demand it of a user


@contextmanager
def _layer(layer: Layer) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SandboxError(f"{layer}: {describe(error)}") from error


@dataclass(frozen=True)
class Jail:
    """The layers that the children of one zygote get. `base_id`: the user id of slot 0, with Layer.UID."""

    layers: frozenset[Layer]
    base_id: int
    namespaces: ProcessNamespaces | None = None

    @classmethod
    def plan(cls, rung: Rung, without: frozenset[Layer] = NOTHING) -> "Jail":
        """Choose the layers, and move into a user namespace where the rung has one.

        From here on the zygote may be another process. without: layers to leave off, for proofs
        SandboxError when the rung cannot be had here. The caller must have one thread only.
        """
        layers = set(REQUIRED[rung]) - without
        base_id = first_id(os.getpid())
        if Layer.USERS in layers:
            more = more_ids(os.getpid()) if Layer.UID in EXTRA[rung] else None
            if more is not None and attempt(lambda: enter_user_namespace(more)):
                more = None
            with _layer(Layer.USERS):
                move_into_user_namespace(more)
            base_id = more
        if Layer.UID in EXTRA[rung] and base_id is not None and not attempt(lambda: become(base_id)):
            layers |= {Layer.UID} - without
        if Layer.UID in layers and base_id is None:
            raise SandboxError(f"{Layer.UID}: this container has no user ids to give away")
        return cls(frozenset(layers), base_id or 0)

    def prepare(self) -> "Jail":
        """Do once, in the zygote, what serves all workers. From here on the zygote may be without files."""
        with _layer(Layer.PROCESSES):
            namespaces = ProcessNamespaces() if Layer.PROCESSES in self.layers else None
        if Layer.SECCOMP in self.layers:
            program(1)  # assembled once here, not in every child
        with _layer(Layer.FILES):
            if Layer.FILES in self.layers:
                enter_empty_root()
        return replace(self, namespaces=namespaces)

    def fork(self) -> int:
        """Like os.fork(), into its own process namespace where the rung has one. May raise SandboxError."""
        with _layer(Layer.PROCESSES):
            return self.namespaces.fork() if self.namespaces else os.fork()

    def lock(self, bounds: Bounds, *, slot: int, address_space: int, zygote: int) -> None:
        """Lock every layer around this child, for good.

        address_space: bytes mapped before the fork     zygote: pidfd of the zygote, closed here
        SandboxError names the layer that the kernel refused; the child must then end.
        """
        if Layer.NETWORK in self.layers:
            with _layer(Layer.NETWORK):
                leave_the_machine()
        if Layer.LIMITS in self.layers:
            with _layer(Layer.LIMITS):
                apply_limits(bounds, address_space)
        if Layer.UID in self.layers:
            with _layer(Layer.UID):
                become(self.base_id + slot)
        with _layer(Layer.LIMITS):
            forbid_inspection()
        with _layer(Layer.PRIVILEGES):
            if Layer.PRIVILEGES in self.layers:
                drop_capabilities()
            if self.layers & _FORGO_PRIVILEGES:
                forbid_new_privileges()
        with _layer(Layer.LIMITS):
            tether(zygote)
        if Layer.LANDLOCK in self.layers:
            with _layer(Layer.LANDLOCK):
                apply_landlock()
        if Layer.SECCOMP in self.layers:
            with _layer(Layer.SECCOMP):
                apply_seccomp(os.getpid())
