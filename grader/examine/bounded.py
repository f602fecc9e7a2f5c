"""Bounds what this process itself uses: a test, or the reference, may be handed hostile numbers.

Three nets. A test that computes for too long is stopped by a signal between two of its steps; one that asks
for too much memory is refused it by the kernel; and a single step without end, sum(range(10**12)) for one,
ends the process, for nothing less can stop it.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from grader.errors import RunStopped, TooMuchMemory, TooSlow
from grader.remote.fault import lacks_memory

FACTOR, SPARE = 3.0, 2.0  # beyond what the student's code may use: an honest test needs far less
AGAIN = 1.0  # seconds; what is raised in the midst of a destructor is lost, so it is raised again
LAST_SPARE = 5.0  # seconds after which the process is ended
MEMORY = 1 << 30  # bytes that one exercise may add to this process


class Bounds:
    """broken: a block was stopped somewhere in its midst, and what it used may be half done."""

    broken = False


class _Now:
    """bounds: of the block that runs    in_test: whether what is raised now becomes a verdict"""

    bounds: Bounds | None = None
    in_test = False


@contextmanager
def own_seconds(seconds: float, bounds: Bounds) -> Iterator[None]:
    """Hold the tests in the block to some time and memory of this process; only in a main thread.

    Raises TooSlow in a test once the block has computed for longer, and MemoryError where it takes too much.
    """
    limit = seconds * FACTOR + SPARE

    def stop(signum: int, frame: FrameType | None) -> None:
        if _Now.in_test:
            bounds.broken = True
            raise TooSlow(f"stopped after {limit:g} s: a test could not come to an end with this result")

    before = signal.signal(signal.SIGVTALRM, stop)
    last = signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _Now.bounds = bounds
    signal.setitimer(signal.ITIMER_VIRTUAL, limit, AGAIN)
    signal.setitimer(signal.ITIMER_PROF, limit + LAST_SPARE)
    try:
        with _own_memory():
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        signal.signal(signal.SIGPROF, last)
        _Now.bounds = None


@contextmanager
def _own_memory() -> Iterator[None]:
    """Let this process write to MEMORY bytes more than now. Where a GPU's driver is loaded, to any number."""
    torch = sys.modules.get("torch")
    if sys.platform != "linux" or (torch is not None and torch.cuda.is_initialized()):
        yield
        return
    import resource  # noqa: PLC0415  students' own runs know this module too, on every system

    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[5]) * resource.getpagesize()
    with _data_limit(now + MEMORY):
        yield


@contextmanager
def not_inherited() -> Iterator[None]:
    """A process that is started in the block has no bound on its memory from this one."""
    with _data_limit(None):
        yield


@contextmanager
def _data_limit(wanted: int | None) -> Iterator[None]:
    """Hold this process to so many bytes of data in the block; None for as many as it may have."""
    if sys.platform != "linux":
        yield
        return
    import resource  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = (hard,) if wanted is None else (wanted, soft, hard)
    finite = [bound for bound in bounds if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(finite, default=hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def a_test() -> Iterator[None]:
    """Whatever is raised in the block becomes a verdict: in here, a test may be stopped."""
    before, _Now.in_test = _Now.in_test, True
    try:
        yield
    finally:
        _Now.in_test = before


def judged(error: BaseException) -> BaseException:
    """What a test raised; a lack of memory in this process is a RunStopped, and the process has served."""
    if _Now.bounds is None or isinstance(error, RunStopped) or not lacks_memory(error):
        return error
    _Now.bounds.broken = True
    return TooMuchMemory("a test ran out of memory with this result")
