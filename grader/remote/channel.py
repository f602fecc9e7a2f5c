"""Whole frames over a socket: both ends use it, only the grader's end has deadlines.

The worker's end blocks: its time is measured and bounded from outside.
"""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from grader.remote.wire import HEADER, decode_structure, lengths

TICK = 0.1  # seconds between two looks at the worker's clock
CHUNK = 1 << 16


class Closed(Exception):
    """The other end is gone."""


class Channel:
    """One end. `check` is called every TICK seconds of traffic or waiting; it raises to give up."""

    def __init__(self, sock: socket.socket, check: Callable[[], None] | None = None) -> None:
        self.sock = sock
        self.check = check
        self._pending = bytearray()
        self._checked = time.monotonic()
        sock.setblocking(True)
        if check is not None:
            # The kernel's own timer: one call a frame, where waiting with poll() takes two.
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", 0, int(TICK * 1e6)))

    def send(self, frame: bytes) -> None:
        """Write a frame. Closed when nobody reads any more."""
        view = memoryview(frame)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                self._look(late=True)
            except OSError as error:
                raise Closed from error
            self._look()

    def receive(self) -> tuple[list[Any], bytearray]:
        """The next frame: its message and its buffers. Closed at the end, WireError where it lies."""
        self._fill(HEADER.size)
        structure, buffers = lengths(self._pending[: HEADER.size])
        end = HEADER.size + structure + buffers
        self._fill(end)
        message = decode_structure(self._pending[HEADER.size : HEADER.size + structure])
        data = self._pending[HEADER.size + structure : end]
        del self._pending[:end]
        return message, data

    def _fill(self, count: int) -> None:
        # Memory grows with the bytes that arrive, never with what a header announces.
        while len(self._pending) < count:
            try:
                data = self.sock.recv(CHUNK)
            except BlockingIOError:
                self._look(late=True)
                continue
            except OSError as error:
                raise Closed from error
            if not data:
                raise Closed
            self._pending += data
            self._look()

    def _look(self, late: bool = False) -> None:
        """Give `check` its say, where a tick has passed."""
        if self.check is None:
            return
        now = time.monotonic()
        if late or now - self._checked >= TICK:
            self._checked = now
            self.check()
