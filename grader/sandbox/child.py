"""What a fresh fork of the zygote does: forget it, lock itself in, and hand its socket to the entry."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from grader.sandbox import oom
from grader.sandbox.attempt import report
from grader.sandbox.jail import Jail
from grader.sandbox.limits import Bounds
from grader.sandbox.syscalls import allow_inspection

Entry = Callable[[socket.socket], object]

OPEN_FILES = 1024  # of the zygote at most, so that its children know how many there are to close


@dataclass(frozen=True)
class Child:
    """A worker in the making.

    slot: which of the zygote's user ids it gets     address_space: bytes mapped before the fork
    report: pipe on which it says that every layer is locked
    zygote: pidfd     null: /dev/null     proc: the folder /proc
    """

    entry: Entry
    jail: Jail
    bounds: Bounds
    slot: int
    address_space: int
    sock: socket.socket
    report: int
    zygote: int
    null: int
    proc: int

    def run(self) -> None:
        """Never returns: the process ends with the entry, without the exit handlers that were left to it."""
        code = 1
        try:
            self._enter()
            self.entry(self.sock)
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        finally:
            os._exit(code & 0xFF)

    def _enter(self) -> None:
        try:
            allow_inspection()  # or what is below /proc is root's; the jail forbids it again
            oom.prefer(oom.WORKER, self.proc)
            self._forget()
            self.jail.lock(self.bounds, slot=self.slot, address_space=self.address_space, zygote=self.zygote)
        except BaseException as error:
            report(self.report, error)
            raise
        report(self.report, None)

    def _forget(self) -> None:
        """Leave nothing of the zygote's: open files, signals, environment, arguments."""
        for descriptor in (0, 1, 2):
            os.dup2(self.null, descriptor)
        kept = sorted((2, self.sock.fileno(), self.report, self.zygote, OPEN_FILES))
        for low, high in pairwise(kept):
            os.closerange(low + 1, high)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.environ.clear()
        sys.argv, sys.orig_argv = [""], [""]
