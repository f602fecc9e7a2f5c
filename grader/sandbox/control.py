"""Messages between the grader and its zygote: one JSON object a packet, with open files beside it."""

import json
import os
import socket
from collections.abc import Sequence
from typing import Any

_LARGEST = 64 * 1024


def pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a new control line."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(line: socket.socket, message: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send one message; the receiver gets copies of `files`. OSError when the other side is gone."""
    data = json.dumps(message).encode("ascii")
    if files:
        socket.send_fds(line, [data], list(files))
    else:
        line.send(data)


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next message and the files that came with it. EOFError when the other side is gone."""
    try:
        data, files, _, _ = socket.recv_fds(line, _LARGEST, 3, socket.MSG_CMSG_CLOEXEC)
    except ConnectionError as error:
        raise EOFError from error
    if not data:
        raise EOFError
    try:
        message: dict[str, Any] = json.loads(data)
    except ValueError:
        for descriptor in files:
            os.close(descriptor)
        raise
    return message, files
