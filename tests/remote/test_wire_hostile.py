"""Whatever bytes a worker sends, nothing but WireError or Closed comes of them, soon and in little memory."""

import socket
import struct
import tracemalloc

import msgspec
import numpy as np
import pytest
import torch  # noqa: F401 - so that the tags of tensors are read too
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.remote.channel import Channel, Closed
from grader.remote.pack import Packer
from grader.remote.unpack import MAX_ODD_KEYS, Unpacker
from grader.remote.wire import HEADER, MAX_BUFFERS, MAX_REPLY, MAX_STRUCTURE, WireError, decode_structure

TAGS = "tldanricsgeNTDzhf"
BUFFERS = bytearray(b"\0\1\2\3" * 16)
PLAIN = (type(None), bool, int, float, str, bytes)

sizes = st.integers(-2, 70) | st.sampled_from([2**31, 2**32, 2**62, 2**63, 2**64 - 1])
NAMES = """
    <f8 >i4 |b1 <c16 |O <U4 f8,f8 (2,3)f8 V0 2f8 O bool float64 int8 bfloat16 complex64 cpu cuda meta a 0x1f (
    08,f8 fffffffff é
"""
names = st.sampled_from([*NAMES.split(), "", "\0", "<f8\0"])
atoms = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=5)),
    *(st.binary(max_size=16), sizes, names),
)
shapes = st.lists(sizes | st.booleans(), max_size=5)
places = st.lists(sizes, min_size=2, max_size=2)


def tagged(inner):
    return st.builds(
        lambda tag, parts: [tag, *parts], st.sampled_from(TAGS), st.lists(inner | shapes | places, max_size=5)
    )


arrays = st.builds(lambda *parts: ["a", *parts], names, shapes, places, st.booleans())
tensors = st.builds(lambda *parts: ["T", *parts], names, shapes, places, names, st.booleans())
trees = st.recursive(
    atoms | arrays | tensors,
    lambda inner: st.one_of(
        tagged(inner), st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)


def refuse(tree):
    raise WireError("no handle here")


def unpacked(tree):
    return Unpacker(BUFFERS[:], refuse).unpack(tree)


def assert_by_value(value, depth=0):
    kind = type(value)
    if kind in (list, tuple):
        for part in value if depth < 60 else ():
            assert_by_value(part, depth + 1)
    elif kind is dict:
        for part in (*value.keys(), *value.values()) if depth < 60 else ():
            assert_by_value(part, depth + 1)
    else:
        assert kind in (*PLAIN, complex, slice, range, type(...), np.ndarray) or kind.__module__ in (
            *("numpy", "numpy.dtypes", "torch"),
        )


@settings(max_examples=800, deadline=None)
@given(trees)
@example(["a", "<f8", [0, 2**62, 5], [0, 0], True])
@example(["a", "<f8", [0, 2**70], [0, 0], True])
@example(["a", "<f8", [0] * 33, [0, 0], True])
@example(["T", "float32", [0, 2**62, 5], [0, 0], "cpu", False])
@example(["T", "float32", [0] * 70, [0, 0], "cpu", False])
@example(["T", "float64", [1], [4, 8], "cpu", False])
@example(["T", "float32", [1], [0, 4], "meta", False])
@example(["T", "float32", [1], [False, 4], "cpu", False])
@example(["a", "|b1", [4], [0, 4], True])
@example(["T", "bool", [4], [0, 4], "cpu", False])
@example(["n", "|b1", b"\2"])
@example(["n", "(", b""])
@example(["n", "08,f8", b""])
@example(["i", "0x" + "_" * 5])
@example(["i", "9" * 5000])
@example(["g", 0, 9, 0])
@example(["d", ["l"], 1])
@example(["d", 1])
@example(["s", ["s", None, None, None], 1, 2])
@example(["z", 2**62, 2**62])
@example(["d", ["s", 1, 2, 3], 1])
@example(["d", ["a", "<f8", [1], [0, 8], True], 1])
def test_any_tree_is_a_value_or_a_wire_error(tree):
    try:
        value = unpacked(tree)
    except WireError:
        return
    assert_by_value(value)


@settings(max_examples=1200, deadline=None)
@given(st.binary(max_size=200) | st.builds(lambda a, b: b"\x94" + a + b, st.binary(max_size=40), st.binary()))
def test_any_bytes_are_a_message_or_a_wire_error(data):
    try:
        message = decode_structure(data)
    except WireError:
        return
    assert type(message) is list
    for tree in message:
        try:
            value = unpacked(tree)
        except WireError:
            continue
        assert_by_value(value)


@pytest.mark.parametrize(
    "data",
    [
        msgspec.msgpack.encode([msgspec.msgpack.Ext(5, b"x")]),
        b"\x91\xd6\xff"
        + struct.pack(">I", 1_700_000_000),  # the timestamp of msgpack: it would be a datetime
        msgspec.msgpack.encode([{"a": 1}]),
        msgspec.msgpack.encode([{1: [2]}]),
    ],
    ids=["extension", "timestamp", "dict", "dict of numbers"],
)
def test_containers_of_msgpack_itself_are_refused(data):
    (tree,) = decode_structure(data)
    with pytest.raises(WireError, match="untagged"):
        unpacked(tree)


def test_nesting_without_end_is_refused():
    deep = b"\x92\xa1l" * 5000 + b"\x91\xa1l"
    with pytest.raises(WireError):
        unpacked(decode_structure(b"\x91" + deep)[0])
    tree = ["l"]
    for _ in range(200):
        tree = ["l", tree]
    with pytest.raises(WireError, match="too deeply"):
        unpacked(tree)


def test_a_dict_cannot_be_made_slow_by_equal_hashes():
    """All these numbers have one hash: a dict of them takes time that grows with the square of its size."""
    keys = [["c", float(2**52 - 1_000_003 * n), float(n)] for n in range(MAX_ODD_KEYS)]
    entries = [part for key in keys for part in (key, None)]
    assert len({hash(key) for key in unpacked(["d", *entries])}) == 1
    for more in (["c", 1.0, 2.0], ["t", 1], ["i", hex(2**61 - 1 + 2**64)]):
        with pytest.raises(WireError, match="too many dict keys"):
            unpacked(["t", ["d", *entries], ["d", more, None]])


def test_a_dict_of_usual_keys_may_be_large():
    keys = [*range(3_000), *(f"word {n}" for n in range(3_000)), *(n + 0.5 for n in range(3_000))]
    back = unpacked(["d", *(part for key in keys for part in (key, 1))])
    assert list(back) == keys


def test_one_bad_bool_among_many_is_found():
    size = 1 << 20
    buffers = bytearray(size)
    buffers[-1] = 2
    for tree in (["a", "|b1", [size], [0, size], True], ["T", "bool", [size], [0, size], "cpu", False]):
        with pytest.raises(WireError, match="neither true nor false"):
            Unpacker(buffers, refuse).unpack(tree)


def received(data, check=lambda: None):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        return Channel(ours, check).receive()


def good_frame():
    packer = Packer(refuse)
    tree = packer.pack({"a": [1, (2.5, "x")], "b": np.arange(5.0), "c": 10**30})
    return packer.frame(["ok", tree, [], []])


def test_a_good_frame_arrives():
    message, buffers = received(good_frame())
    value = Unpacker(buffers, refuse).unpack(message[1])
    assert value["a"] == [1, (2.5, "x")]
    assert value["b"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cut", range(0, len(good_frame()), 7))
def test_a_frame_that_breaks_off_is_the_end(cut):
    with pytest.raises(Closed):
        received(good_frame()[:cut])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(good_frame()) - 1), st.integers(1, 255))
def test_one_wrong_byte_is_survived(at, change):
    frame = bytearray(good_frame())
    frame[at] ^= change
    try:
        message, buffers = received(bytes(frame))
        for tree in message:
            assert_by_value(Unpacker(buffers, refuse).unpack(tree))
    except (WireError, Closed):
        pass


@pytest.mark.parametrize(
    "lengths", [(MAX_REPLY + 1, 0), (MAX_STRUCTURE + 1, 0), (0, MAX_BUFFERS + 1), (2**32 - 1, 2**32 - 1)]
)
def test_a_header_that_announces_too_much_is_refused_before_anything_is_read(lengths):
    with pytest.raises(WireError, match="announces more"):
        received(HEADER.pack(*lengths))


def test_memory_grows_with_what_arrives_not_with_what_is_announced():
    data = HEADER.pack(MAX_REPLY, MAX_BUFFERS) + b"x" * 1000
    tracemalloc.start()
    try:
        with pytest.raises(Closed):
            received(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def test_whoever_waits_for_the_rest_of_a_frame_looks_at_the_clock():
    looks = []

    class Enough(Exception):
        pass

    def check():
        looks.append(1)
        if len(looks) == 3:
            raise Enough

    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(HEADER.pack(10, 0))
        with pytest.raises(Enough):
            Channel(ours, check).receive()


def test_whoever_cannot_send_looks_at_the_clock():
    class Enough(Exception):
        pass

    def check():
        raise Enough

    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(Enough):
        Channel(ours, check).send(bytes(8 << 20))


def test_sending_to_nobody_is_the_end():
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(Closed):
        Channel(ours, lambda: None).send(b"x" * 100)


def test_two_frames_in_one_go_are_two_frames():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(good_frame() * 2 + good_frame()[:9])
        channel = Channel(ours, lambda: None)
        assert channel.receive() == channel.receive()
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(Closed):
            channel.receive()


def test_a_large_frame_arrives_in_parts(monkeypatch):
    monkeypatch.setattr("grader.remote.channel.TICK", 0.001)
    a = np.random.default_rng(0).normal(size=(700, 700))
    packer = Packer(refuse)
    frame = packer.frame([packer.pack(a)])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        view = memoryview(frame)
        ours.setblocking(False)

        def feed():
            nonlocal view
            while view:
                try:
                    view = view[ours.send(view) :]
                except BlockingIOError:
                    return

        feed()
        message, buffers = Channel(theirs, feed).receive()
    np.testing.assert_array_equal(Unpacker(buffers, refuse).unpack(message[0]), a)
