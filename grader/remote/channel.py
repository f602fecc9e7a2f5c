"""Whole frames over a socket: both ends use it, only the grader's end has deadlines.

The worker's end blocks: its time is measured and bounded from outside.
"""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from grader.remote.wire import (
    HEADER,
    MAX_BUFFERS,
    MAX_REPLY,
    MAX_STRUCTURE,
    WireError,
    decode_structure,
    lengths,
)

TICK = 0.1  # seconds between two looks at the worker's clock
CHUNK = 1 << 16
MAX_ALIVE = 2 * MAX_BUFFERS  # for the arrays that a student's code gave and a test still holds


class Closed(Exception):
    """The other end is gone."""


class Buffers(bytearray):
    """The raw bytes of a frame, counted in its channel for as long as an array lives in them."""

    __slots__ = ("channel", "size")

    def keep(self, channel: "Channel", size: int) -> None:
        """Count so many bytes from now on."""
        self.channel, self.size = channel, size
        channel.alive += size

    def __del__(self) -> None:
        if hasattr(self, "channel"):
            self.channel.alive -= self.size


class Channel:
    """One end. `check` is called every TICK seconds of traffic or waiting; it raises to give up.

    alive: bytes of the buffers that came and that somebody still holds, through an array or a tensor
    """

    def __init__(self, sock: socket.socket, check: Callable[[], None] | None = None) -> None:
        self.sock = sock
        self.check = check
        self.alive = 0
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
        self._fill(self._pending, HEADER.size)
        structure, size = lengths(
            self._pending[: HEADER.size], MAX_STRUCTURE if self.check is None else MAX_REPLY
        )
        if self.check is not None and self.alive + size > MAX_ALIVE:
            raise WireError(f"there would be more than {MAX_ALIVE >> 20} MiB of arrays at a time")
        start = HEADER.size + structure
        self._fill(self._pending, start)
        text = self._pending[HEADER.size : start]
        buffers = Buffers(self._pending[start : start + size])
        del self._pending[: start + size]
        buffers.keep(self, size)
        self._fill(buffers, size)  # straight to where it stays: it may be large
        return decode_structure(text), buffers

    def _fill(self, target: bytearray, count: int) -> None:
        """Read until `target` has so many bytes: more of them may come, but for the buffers of a frame."""
        # Memory grows with the bytes that arrive, never with what a header announces.
        while len(target) < count:
            try:
                most = CHUNK if target is self._pending else min(CHUNK, count - len(target))
                data = self.sock.recv(most)
            except BlockingIOError:
                self._look(late=True)
                continue
            except OSError as error:
                raise Closed from error
            if not data:
                raise Closed
            target += data
            self._look()

    def _look(self, late: bool = False) -> None:
        """Give `check` its say, where a tick has passed."""
        if self.check is None:
            return
        now = time.monotonic()
        if late or now - self._checked >= TICK:
            self._checked = now
            self.check()
