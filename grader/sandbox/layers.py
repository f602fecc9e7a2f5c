"""Which defences this machine really has, and which rung of the ladder a run stands on."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from grader.errors import SandboxError, UsageError
from grader.sandbox.cgroup import not_delegated
from grader.sandbox.launch import command, environment
from grader.sandbox.obstacles import obstacle
from grader.sandbox.rungs import NESTED, NOTHING, REQUIRED, Layer, Rung
from grader.sandbox.syscalls import machine

__all__ = ["Layer", "LayerState", "Rung", "lacking", "probe", "resolve"]

_AS_ROOT = "run as root (sudo kata ...); start a container with --cap-add SYS_ADMIN"

REMEDIES: dict[Layer, str] = {
    Layer.LIMITS: "use Linux 5.3 or later; in a container, allow prlimit64 and pidfd_open",
    Layer.PRIVILEGES: "use Linux 5.3 or later; in a container, allow prctl and capset",
    Layer.SECCOMP: "use a kernel with CONFIG_SECCOMP_FILTER; in a container, allow seccomp(2)",
    Layer.LANDLOCK: "use Linux 5.13 or later with lsm=landlock,...; in a container, allow landlock_*",
    Layer.UID: _AS_ROOT,
    Layer.USERS: "use a kernel with CONFIG_USER_NS; in a container, allow unshare, mount and pivot_root",
    Layer.PROCESSES: _AS_ROOT,
    Layer.FILES: _AS_ROOT,
    Layer.NETWORK: _AS_ROOT,
}


@dataclass(frozen=True)
class LayerState:
    """One layer on this machine.

    why: what the kernel said when it does not hold     remedy: what to do then
    nested: it holds inside a user namespace alone; why and remedy are those of having it without
    """

    name: Layer
    active: bool
    why: str = ""
    remedy: str = ""
    nested: bool = False


def probe() -> list[LayerState]:
    """Really try each layer, in a child process. SandboxError where grading is not possible at all."""
    if sys.platform != "linux":
        raise SandboxError("grading needs Linux", "use a Linux machine, a container, or WSL 2")
    machine()
    try:
        run = subprocess.run(
            command("grader.sandbox.probe"),
            env=environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=True,
        )
        reasons: dict[str, str] = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        said = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace").strip()
        raise SandboxError(
            f"the sandbox could not be tried: {said.splitlines()[-1] if said else error}",
            f"see what this says: {' '.join(command('grader.sandbox.probe'))}",
        ) from error
    return [_state(layer, reasons) for layer in Layer]


def _state(layer: Layer, reasons: dict[str, str]) -> LayerState:
    if layer is Layer.CGROUP:
        missing = not_delegated()
        return LayerState(layer, False, str(missing), missing.remedy) if missing else LayerState(layer, True)
    reason = reasons[layer]
    if not reason:
        return LayerState(layer, True)
    if layer is Layer.USERS and (found := obstacle(root=os.geteuid() == 0)):
        return LayerState(layer, False, f"{found.why} ({reason})", found.remedy)
    nested = layer in NESTED and not reasons[Layer.USERS]
    return LayerState(layer, nested, reason, REMEDIES[layer], nested)


def lacking(rung: Rung, states: list[LayerState]) -> list[LayerState]:
    """The layers without which the rung cannot be had."""
    nests = Layer.USERS in REQUIRED[rung]
    needed = set(REQUIRED[rung]) - (NESTED if nests else NOTHING)
    return [state for state in states if state.name in needed and (state.nested or not state.active)]


def resolve(wanted: str, states: list[LayerState] | None = None) -> Rung:
    """The rung to grade on: the one named, or with "auto" the strongest whose layers all hold.

    states: what probe() said, if it was asked before. SandboxError with reason and remedy when the named rung
    does not hold, or none does; a weaker one is never taken in its place, and "auto" is never unsafe.
    UsageError for an unknown name.
    """
    if wanted != "auto" and wanted not in list(Rung):
        raise UsageError(f"there is no sandbox named {wanted!r}", f"use auto, {', '.join(Rung)}")
    states = states or probe()
    candidates = [Rung(wanted)] if wanted != "auto" else [rung for rung in Rung if rung is not Rung.UNSAFE]
    for rung in candidates:
        if not lacking(rung, states):
            return rung
    missing = lacking(candidates[-1], states)
    reasons = "; ".join(f"{state.name}: {state.why}" for state in missing)
    what = "no sandbox holds here" if wanted == "auto" else f"the sandbox {wanted} does not hold here"
    raise SandboxError(f"{what}: {reasons}", "; ".join(dict.fromkeys(state.remedy for state in missing)))
