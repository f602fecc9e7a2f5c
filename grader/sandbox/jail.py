"""The jail: what a rung's layers are, in the order in which a child locks them around itself."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from grader.errors import SandboxError
from grader.sandbox.attempt import attempt, describe
from grader.sandbox.identity import become, first_id
from grader.sandbox.landlock import apply_landlock
from grader.sandbox.limits import Bounds, apply_limits
from grader.sandbox.namespaces import ProcessNamespaces, enter_empty_root, leave_the_machine
from grader.sandbox.rungs import EXTRA, REQUIRED, Layer, Rung
from grader.sandbox.seccomp import apply_seccomp, program
from grader.sandbox.syscalls import (
    die_with_parent,
    drop_capabilities,
    forbid_inspection,
    forbid_new_privileges,
)


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
    namespaces: ProcessNamespaces | None

    @classmethod
    def prepare(cls, rung: Rung) -> "Jail":
        """Do once, in the zygote, what serves all workers. From here on the zygote may be without files.

        SandboxError when the rung cannot be had here. The caller must have one thread only.
        """
        layers = set(REQUIRED[rung])
        base_id = first_id(os.getpid())
        if Layer.UID in EXTRA[rung] and base_id is not None and not attempt(lambda: become(base_id)):
            layers.add(Layer.UID)
        if Layer.UID in layers and base_id is None:
            raise SandboxError(f"{Layer.UID}: this container has no user ids to give away")
        with _layer(Layer.PROCESSES):
            namespaces = ProcessNamespaces() if Layer.PROCESSES in layers else None
        if Layer.SECCOMP in layers:
            program(1)  # assembled once here, not in every child
        with _layer(Layer.FILES):
            if Layer.FILES in layers:
                enter_empty_root()
        return cls(frozenset(layers), base_id or 0, namespaces)

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
        with _layer(Layer.LIMITS):
            apply_limits(bounds, address_space)
        if Layer.UID in self.layers:
            with _layer(Layer.UID):
                become(self.base_id + slot)
        with _layer(Layer.LIMITS):
            forbid_inspection()
            if Layer.SECCOMP in self.layers:
                drop_capabilities()
                forbid_new_privileges()
            self._follow(zygote)
        if Layer.LANDLOCK in self.layers:
            with _layer(Layer.LANDLOCK):
                apply_landlock()
        if Layer.SECCOMP in self.layers:
            with _layer(Layer.SECCOMP):
                apply_seccomp(os.getpid())

    @staticmethod
    def _follow(zygote: int) -> None:
        """Die with the zygote, also if it died just now."""
        die_with_parent(signal.SIGKILL)
        poller = select.poll()
        poller.register(zygote, select.POLLIN)
        if poller.poll(0):
            os._exit(1)
        os.close(zygote)
