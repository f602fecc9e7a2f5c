"""Frames on the socket between the grader and a worker: what may cross, and how it is written.

A frame is two lengths, a msgpack structure, and the raw bytes of its arrays:

    u32 structure length | u32 buffer length | structure | buffers

Inside the structure every container is a list whose first element is its tag, so a tuple stays a tuple
and nothing that a worker sends can be taken for something else. Numbers, strings, bytes and None stand
for themselves. There is no pickle. Both lengths, the depth and every array's size are checked before
memory is given out, because the other end may be hostile.
"""

import struct
from typing import Any

import msgspec

HEADER = struct.Struct("<II")
MAX_STRUCTURE = 4 << 20
MAX_REPLY = 1 << 20  # of a structure that a worker sends: reading one takes a hundred times its bytes
MAX_BUFFERS = 256 << 20
MAX_DEPTH = 48
MAX_PARTS = 50_000  # of a frame: lists, dicts, arrays, objects, all but plain numbers and texts
MAX_INT_DIGITS = 2_000
NUMERIC_KINDS = "biufc"

Tree = Any  # None, bool, int, float, str, bytes or [tag, ...]


class WireError(Exception):
    """A frame that does not follow the rules: too large, too deep, an unknown tag, a lying size."""


encode_structure = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def decode_structure(data: bytes | bytearray | memoryview) -> list[Any]:
    """The message of a frame: a list. WireError where it is not msgpack or not a list."""
    try:
        message = _decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise WireError("a frame is not msgpack") from error
    if type(message) is not list or not message:
        raise WireError("a frame is not a message")
    return message


def lengths(header: bytes | bytearray, most: int = MAX_STRUCTURE) -> tuple[int, int]:
    """The two lengths of a frame, checked against the caps before anything is read."""
    structure, buffers = HEADER.unpack(header)
    if structure > most or buffers > MAX_BUFFERS:
        raise WireError("a frame announces more than may cross")
    return structure, buffers
