"""Whole frames over a socket: both ends use it, only the grader's end has deadlines.

The worker's end blocks: its time is measured and bounded from outside.
"""

import select
import socket
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
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(sock, select.POLLIN)
        self._writable.register(sock, select.POLLOUT)
        sock.setblocking(check is None)

    def send(self, frame: bytes) -> None:
        """Write a frame. Closed when nobody reads any more."""
        view = memoryview(frame)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                self._wait(self._writable)
            except OSError as error:
                raise Closed from error

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
            if self.check is not None:
                self._wait(self._readable)
            try:
                data = self.sock.recv(CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed from error
            if not data:
                raise Closed
            self._pending += data

    def _wait(self, poll: "select.poll") -> None:
        if self.check is None:
            return
        arrived = poll.poll(TICK * 1000)
        now = time.monotonic()
        if not arrived or now - self._checked >= TICK:
            self._checked = now
            self.check()
