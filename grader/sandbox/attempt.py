"""Trying something in a forked child, so that what it changes stays there."""

import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 30.0  # seconds; nothing that is tried here waits for anything
_DONE = b"done"


def describe(error: BaseException) -> str:
    """One line that says what failed and why, without a traceback."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def report(write_end: int, error: BaseException | None) -> None:
    """In a child: tell the parent that all went well, or what failed; then close the pipe."""
    os.write(write_end, describe(error).encode("utf-8", "replace")[:4000] if error else _DONE)
    os.close(write_end)


def verdict(read_end: int, seconds: float = PATIENCE) -> str:
    """In the parent: "" when the child reported success, else why not. Close the write end before."""
    poller = select.poll()
    poller.register(read_end, select.POLLIN)
    said = os.read(read_end, 4096) if poller.poll(seconds * 1000) else b"it does not answer"
    return "" if said == _DONE else said.decode("utf-8", "replace") or "it ended without a word"


def attempt(action: Callable[[], None]) -> str:
    """Call `action` in a forked child. Returns "" when it returned, else the reason why it did not.

    The caller must have one thread only.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action()
            report(write_end, None)
        except BaseException as error:
            report(write_end, error)
        finally:
            os._exit(0)
    os.close(write_end)
    reason = verdict(read_end)
    os.close(read_end)
    with suppress(PermissionError):  # it became somebody else, and ends by itself
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return reason
