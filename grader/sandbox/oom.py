"""When memory runs out, the kernel ends a worker first, then its zygote, and the grader last."""

import os
from contextlib import suppress

ZYGOTE, WORKER = 500, 1000  # the grader has what it was started with, most often 0


def open_proc() -> int:
    """The folder /proc, for later, when there are no files any more."""
    return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def prefer(preference: int, proc: int) -> None:
    """Say how gladly the kernel may end this process, which must be open to inspection.

    proc: the folder /proc, open     Where it is refused, the kernel ends the largest process.
    """
    with suppress(OSError):
        file = os.open("self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        try:
            os.write(file, str(preference).encode("ascii"))
        finally:
            os.close(file)
