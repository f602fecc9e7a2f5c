"""Malformed frames without end: good frames, spoilt in ways that know what a frame is made of."""

import random
import sys

import msgspec
import numpy as np

from grader.remote.pack import Packer
from grader.remote.wire import HEADER, MAX_BUFFERS, MAX_REPLY

encode = msgspec.msgpack.Encoder().encode
TAGS = ["t", "l", "d", "a", "n", "r", "i", "c", "s", "g", "e", "N", "T", "D", "z", "h", "f", "x"]
WORDS = [
    *(
        "ok",
        "error",
        "callback",
        "tripped",
        "request",
        "returned",
        "h",
        "v",
        "w",
        "type",
        "method",
        "function",
    ),
    *(
        "<f8",
        "|b1",
        ">i4",
        "<c16",
        "|O8",
        "<U4",
        "f8,f8",
        "<g",
        "float32",
        "bool",
        "bfloat16",
        "cpu",
        "cuda",
        "meta",
    ),
    *(
        "ValueError",
        "AssertionError",
        "Mismatch",
        "Skipped",
        "StopIteration",
        "KeyboardInterrupt",
        "SystemExit",
    ),
    *(
        "MemoryError",
        "UnsatisfiedAssumption",
        "StopTest",
        "object",
        "print",
        "__class__",
        "",
        "\0",
        "é" * 9,
        "x" * 300,
    ),
    *("0x1f", "-0xf", "0x" + "f" * 2_000, "9" * 5_000, "u00_probe/probe.py", "\u202e\x1b[31m"),
]
NUMBERS = [
    *(
        0,
        1,
        -1,
        2,
        -2,
        -3,
        5,
        7,
        16,
        64,
        255,
        2**31,
        2**32,
        2**53,
        2**62,
        2**63 - 1,
        2**63,
        2**64 - 1,
        -(2**63),
    ),
    *(0.0, -0.0, 1.5, float("nan"), float("inf"), 1e308, True, False, None),
]
EXTENSION = msgspec.msgpack.Ext(5, b"x" * 9)


def _refuse(value):
    return ["h", 1 + len(type(value).__name__) % 7, type(value).__name__, True]


def frames_of(values):
    """(message, buffers) of good replies, callbacks, errors and breaches around these values."""
    for value in values:
        packer = Packer(_refuse)
        tree = packer.pack(value)
        yield ["ok", tree, [], []], bytes(packer._buffers)
        yield ["ok", tree, [[0, tree]], [["v", 1.5], ["w"], ["h", "Number", True]]], bytes(packer._buffers)
        yield ["callback", 0, ["t", tree, 2], ["d", "key", tree]], bytes(packer._buffers)
    frame = ["u00_probe/probe.py", 3, "f"]
    for names in (
        ["ValueError", "Exception"],
        ["AssertionError"],
        ["StopIteration", "Exception"],
        ["MemoryError"],
    ):
        yield ["error", [names[0], names, "a text", [frame] * 3, 0, None, None], [], []], b""
    yield (
        ["error", ["X", ["SyntaxError"], "t", [], 1, 0, ["u00_probe/probe.py", 3, "x = (", 5]], [], [["w"]]],
        b"",
    )
    yield ["tripped", "torch.autograd.grad", ["u00_probe/probe.py", 9]], b""


def framed(structure, buffers=b""):
    return HEADER.pack(len(structure), len(buffers)) + structure + buffers


def good_frames():
    """The seeds of all others."""
    values = [
        *(
            None,
            True,
            7,
            10**40,
            2.5,
            1 + 2j,
            "text",
            b"bytes",
            [],
            [1, [2, (3,)]],
            {"a": {"b": [1.0]}, 3: 4, (1, 2): 5},
        ),
        *(slice(1, None, 2), range(1, 9, 2), ..., np.float32(2.5), np.bool_(True), np.dtype("<f4"), object()),
        *(
            np.arange(6.0).reshape(2, 3),
            np.array(5),
            np.zeros((0, 4), np.int8),
            np.array([True, False]),
            [object()] * 3,
        ),
    ]
    twice = [1, 2]
    values.append([twice, twice, {"k": twice}])
    if torch := sys.modules.get("torch"):
        values += [torch.ones(2, 3), torch.zeros(3, dtype=torch.bfloat16), torch.Size((2, 3)), torch.float64]
    return list(frames_of(values))


class Mutants:
    """An endless source of frames, the same for the same seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.seeds = good_frames()

    def frame(self) -> bytes:
        """One malformed frame, or one that is well-made and lies."""
        message, buffers = self.random.choice(self.seeds)
        return self.spoilt(message, buffers)

    def answer(self, waiting: int) -> bytes:
        """An answer to a request that settles so many results: mostly well-made, or a test soon ends."""
        chance = self.random
        message, buffers = chance.choice(self.seeds)
        if message[0] in ("ok", "error"):
            count = waiting if message[0] == "ok" else chance.randrange(waiting + 1)
            kinds = (["v", 1.5], ["v", None], ["w"], ["h", "Number", True], ["h", "type", False])
            message = [*message[:2], [], [chance.choice(kinds) for _ in range(count)]]
            if message[0] == "ok" and chance.random() < 0.5:
                message[1] = [
                    "h",
                    chance.randrange(1, 9),
                    chance.choice(("Number", "method", "function", "type")),
                    True,
                ]
        if chance.random() < 0.25:
            return self.spoilt(message, buffers)
        return framed(encode(message), buffers)

    def spoilt(self, message, buffers: bytes) -> bytes:
        """The frame of a message with some of it changed."""
        pick = self.random.random
        if pick() < 0.9:
            message = self.tree(message, 0)
            for _ in range(self.random.choice((0, 0, 1, 3))):
                message = self.tree(message, 0)
        if pick() < 0.1:
            buffers = bytes(self.random.randbytes(self.random.choice((1, 8, 48, 4096))))
        try:
            structure = encode(message)
        except (msgspec.MsgspecError, OverflowError, RecursionError, TypeError, ValueError):
            structure = b"\xc1" * 4
        frame = framed(structure, buffers)
        return self.bytes(frame) if pick() < 0.35 else frame

    def atom(self):
        return self.random.choice(
            (self.random.choice(WORDS), self.random.choice(NUMBERS), b"\2" * 8, EXTENSION)
        )

    def tree(self, node, depth: int):  # noqa: C901, PLR0912  a table of ways
        """The tree with one place changed in it, mostly deep inside."""
        chance = self.random
        if type(node) is list and node and depth < 60 and chance.random() < 0.85:
            at = chance.randrange(len(node))
            return [*node[:at], self.tree(node[at], depth + 1), *node[at + 1 :]]
        match chance.randrange(14):
            case 0 | 1 | 2:
                return self.atom()
            case 3:
                return [chance.choice(TAGS), *(self.atom() for _ in range(chance.randrange(6)))]
            case 4 if type(node) is list and node:
                return node[: chance.randrange(len(node))]
            case 5 if type(node) is list:
                return node * chance.choice((2, 3, 40))
            case 6 if type(node) is list and node:
                return [chance.choice(TAGS), *node[1:]]
            case 7:
                for _ in range(chance.choice((2, 30, 47, 49, 200))):
                    node = [chance.choice("tls"), node]
                return node
            case 8:
                shape = [chance.choice(NUMBERS[:17]) for _ in range(chance.choice((0, 1, 2, 5, 33)))]
                place = [chance.choice(NUMBERS[:12]), chance.choice(NUMBERS[:12])]
                return [
                    "aT"[chance.randrange(2)],
                    chance.choice(WORDS),
                    shape,
                    place,
                    chance.choice((True, "cpu")),
                    False,
                ]
            case 9:
                return ["r", chance.choice(NUMBERS[:9])]
            case 10:
                return ["h", chance.choice(NUMBERS), chance.choice(WORDS), chance.choice((True, False, 1))]
            case 11:
                return {chance.choice((*WORDS, *NUMBERS)): node}
            case 12:
                return [
                    "d",
                    *[part for _ in range(chance.choice((1, 4))) for part in (node, self.atom())],
                    node,
                ]
        return chance.choice(self.seeds)[0]

    def bytes(self, frame: bytes) -> bytes:
        """The frame with its bytes spoilt: flipped, cut, put in, repeated, or with other lengths."""
        chance, data = self.random, bytearray(frame)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(data)) if data else 0
            match chance.randrange(6):
                case 0 if data:
                    data[at] ^= 1 << chance.randrange(8)
                case 1 if data:
                    data[at] = chance.randrange(256)
                case 2:
                    del data[at:]
                case 3:
                    data[at:at] = chance.randbytes(chance.randrange(1, 9))
                case 4:
                    data[at:at] = data[at : at + chance.randrange(1, 40)]
                case 5 if len(data) >= 8:
                    lengths = chance.choice(
                        ((2**32 - 1, 0), (MAX_REPLY, MAX_BUFFERS), (len(data) - 8, 0), (3, 3))
                    )
                    data[:8] = HEADER.pack(*lengths)
        return bytes(data)


def heavy_frames():
    """(name, frame): what fits into a frame and makes the most of it."""

    def ok(tree: bytes):
        return framed(b"\x94\xa2ok" + tree + b"\x90\x90")

    def long(count, part):
        return b"\xdd" + count.to_bytes(4, "big") + b"\xa1l" + part * (count - 1)

    room = MAX_REPLY - 64
    yield "empty lists", ok(long(room // 3, b"\x91\xa1l"))
    yield "nothings", ok(long(room, b"\xc0"))
    handles = b"".join(encode(["h", n, "", False]) for n in range(1 << 20, (1 << 20) + room // 10))
    yield "objects", ok(b"\xdd" + (room // 10 + 1).to_bytes(4, "big") + b"\xa1l" + handles)
    bomb = ["l", ["l", 1]]
    for n in range(30):
        bomb = ["l", bomb, ["r", 30 - n], ["r", 30 - n]]
    yield "lists of lists of lists, each many times", ok(encode(bomb))
    yield "as many parts as may be", ok(long(49_990, b"\x91\xa1l"))
    handles = b"".join(encode(["h", n, "", False]) for n in range(1 << 20, (1 << 20) + 49_990))
    yield "as many objects as may be", ok(b"\xdd" + (49_991).to_bytes(4, "big") + b"\xa1l" + handles)
    yield "a list in itself", ok(encode(["l", ["r", 0], ["r", 0]]))
    yield "texts", ok(encode(["l", *["é" * 1000] * 500]))
    yield "one text", ok(encode("x" * room))
    huge = encode(["i", "0x" + "f" * 2_000])
    yield "huge numbers", ok(long(room // len(huge), huge))
    yield (
        "odd keys",
        ok(
            encode(
                [
                    "d",
                    *[
                        part
                        for n in range(900)
                        for part in (["c", float(2**52 - 1_000_003 * n), float(n)], 1)
                    ],
                ]
            )
        ),
    )
    yield "nesting", ok(b"\x92\xa1l" * (room // 3 - 9) + b"\xc0")
    yield "an empty array of great length", ok(encode(["a", "<f8", [0, 2**40], [0, 0], True]))
    names = [
        "error",
        [f"N{0}", ["no such name " * 1000] * 20, "t" * 100_000, [["f" * 9999, 1, "g"]] * 100, 0, None, None],
        [],
        [],
    ]
    yield "an error of many words", framed(encode(names))
