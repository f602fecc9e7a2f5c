"""Ctrl-C told apart from what student code raises, and a way to wake a thread that sleeps."""

import _thread
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """Our SIGINT handler between `install` and `restore`.

    by_user: whether somebody pressed Ctrl-C; a KeyboardInterrupt without it comes from the student's code.
    """

    def __init__(self) -> None:
        self.by_user = False
        self._expected = 0
        self._on_wake: Callable[[], None] = lambda: None
        self._before: Any = None
        self._installed = False

    def install(self, on_wake: Callable[[], None]) -> None:
        """Handle SIGINT from now on; `on_wake` runs in the main thread after each `wake`."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._on_wake = on_wake
        self._before = signal.signal(signal.SIGINT, self._handle)
        self._installed = True

    def restore(self) -> None:
        """Put the handler back that was there before."""
        if self._installed:
            self._installed = False
            signal.signal(signal.SIGINT, self._before or signal.default_int_handler)

    def wake(self) -> None:
        """Interrupt a system call of the main thread, such as a sleep; called from another thread."""
        if not self._installed:
            return
        self._expected += 1
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            _thread.interrupt_main()

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._expected > 0:
            self._expected -= 1
            self._on_wake()
            return
        self.by_user = True
        if callable(self._before):
            self._before(signum, frame)
        else:
            raise KeyboardInterrupt
