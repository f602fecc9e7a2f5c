"""How a worker came to its end, in words. What that means for a student is decided elsewhere."""

import signal
from dataclasses import dataclass
from typing import Literal

_REASONS = {
    "SIGSEGV": "it used memory that is not its own, or recursed without end",
    "SIGBUS": "it used memory that is not its own",
    "SIGABRT": "a library gave up",
    "SIGFPE": "a division that the processor cannot do",
    "SIGILL": "an instruction that the processor does not know",
    "SIGSYS": "it made a system call that no Python program makes",
    "SIGKILL": "the kernel stopped it: the machine had no memory left",
    "SIGXCPU": "the kernel stopped it: its CPU time was used up",
}


@dataclass(frozen=True)
class End:
    """The end of a worker.

    kind: "exited" by itself, "signal" when it crashed or the kernel stopped it, "killed" by the grader
    code: the exit code, or the number of the signal; SIGXCPU when CPU time beyond its bounds was the reason
    cpu_seconds: CPU seconds that it used in all
    """

    kind: Literal["exited", "signal", "killed"]
    code: int
    cpu_seconds: float = 0.0


def explain(end: End) -> str:
    """One short line: what happened to the worker."""
    if end.kind == "killed":
        return "stopped by the grader"
    if end.kind == "exited":
        return f"ended by itself with exit code {end.code}"
    try:
        name = signal.Signals(end.code).name
    except ValueError:
        name = f"signal {end.code}"
    reason = _REASONS.get(name)
    return f"ended by {name}: {reason}" if reason else f"ended by {name}"
