"""Tying one process to another, so that none is left behind."""

import os
import select
import signal

from grader.sandbox.syscalls import die_with_parent


def tether_to(parent: int) -> bool:
    """Die with the parent, a process id: False where it is gone already. For who holds no pidfd of it."""
    die_with_parent(signal.SIGKILL)
    return os.getppid() == parent


def tether(parent: int) -> None:
    """Die with the parent, also if it died just now. `parent`: a pidfd of it, closed here.

    A change of user or capabilities and a fork both untie it: tie it after them.
    """
    die_with_parent(signal.SIGKILL)
    poller = select.poll()
    poller.register(parent, select.POLLIN)
    if poller.poll(0):
        os._exit(1)
    os.close(parent)
