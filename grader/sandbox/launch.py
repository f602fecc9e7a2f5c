"""How the sandbox starts its own programs: a Python that knows nothing of whoever started the grader."""

import os
import sys

# On some clusters the loader finds Python's own libraries by it. The administrator sets it; it is no secret.
_KEPT = ("LD_LIBRARY_PATH",)


def environment() -> dict[str, str]:
    """The whole environment of a zygote. One thread, a fixed hash order, UTF-8, nothing of the grader's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}


def command(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in an isolated Python.

    Not -I: that would ignore PYTHONHASHSEED. -s and -P are the rest of it, and the environment is our own.
    """
    return [sys.executable, "-s", "-P", "-X", "utf8", "-m", module, *arguments]
