"""A worker that answers with well-made frames full of lies: a request still comes to a proper end."""

import contextlib
import socket

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.errors import RunStopped, WorkerLost
from grader.remote.fault import MAX_FRAMES, MAX_NAME, MAX_TEXT, StudentError
from grader.remote.handle import Handle
from grader.remote.pack import Packer
from grader.remote.proxy import Session


class Deaf:
    """A jail whose worker has said all that it will ever say."""

    def __init__(self, said):
        self.sock, theirs = socket.socketpair()
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        self.theirs, self.killed = theirs, False

    def check(self):
        pass

    def kill(self):
        self.killed = True

    def lost(self, error):
        self.killed = True
        return WorkerLost(str(error))


def frames(*messages):
    return b"".join(Packer(None).frame(message) for message in messages)


def asked(said, *args):
    """What a request comes to, whose answers are already there."""
    jail = Deaf(said)
    with jail.sock, jail.theirs:
        return Session(jail).request("get", *args)


texts = st.sampled_from(
    ["h", "f", "l", "t", "d", "a", "r", "x", "ok", "error", "callback", "ValueError", "<f8", "i"]
)
numbers = st.integers(-2, 12) | st.sampled_from([2**31, 2**63, -(2**63)])
atoms = st.none() | st.booleans() | numbers | st.floats() | texts | st.binary(max_size=8)
trees = st.recursive(atoms, lambda inner: st.lists(inner, max_size=6), max_leaves=5)
handles = st.builds(lambda n, kind: ["h", n, kind, True], numbers, texts)
changes = st.lists(st.builds(lambda at, tree: [at, tree], numbers, trees | handles), max_size=3) | trees
frame_trees = st.lists(st.tuples(texts, numbers, texts).map(list), max_size=3) | trees
errors = st.builds(
    lambda *parts: list(parts),
    *(texts, st.lists(texts, max_size=4) | trees, texts, frame_trees, numbers, numbers | st.none(), trees),
)
replies = st.one_of(
    st.builds(lambda tree, changed: ["ok", tree, changed, []], trees | handles, changes),
    st.builds(lambda tree, changed: ["error", tree, changed, []], errors | trees, changes),
    st.builds(lambda n, args, kwargs: ["callback", n, args, kwargs], numbers, trees, trees),
    st.lists(trees, min_size=1, max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(replies, max_size=3))
@example([["ok", None, [[0, ["a", "<f8", [3], [0, 0], True]]], []]])
@example([["ok", None, [[0, ["l"]], [1, ["d"]], [2, ["l", ["r", 2]]]], []]])
@example([["ok", ["h", True, "x", True], [], []]])
@example([["error", ["X", ["ValueError"], "", [["f", 1, "g"]], 0, 0, None], [], []]])
@example([["error", ["X", ["SystemExit", "object", "print"], "", [], -1, -1, ["f", 1, "t", 0]], [], []]])
@example([["callback", 0, ["t"], ["d", 5, 5]], ["ok", 1, [], []]])
@example([["callback", 0, ["t", 1, 2, 3], ["d"]], ["ok", 1, [], []]])
def test_whatever_is_answered_a_request_ends_well(messages):
    array, numbers, table = np.zeros(3), [1, [2]], {"k": 1}
    with contextlib.suppress(
        RunStopped, StudentError, TypeError
    ):  # a TypeError of the function that is called
        asked(frames(*messages), array, (numbers, table), lambda x: x)
    assert array.shape == (3,)
    assert type(numbers) is list


def test_a_hostile_description_of_an_error_is_cut():
    frame = ["x", 1, "g" * 1_000]
    tree = ["N" * 1_000, ["ValueError"] * 1_000, "t" * 50_000, [frame] * 50, 0, None, None]
    with pytest.raises(ValueError, match="ttt") as info:
        asked(frames(["error", tree, [], []]))
    error = info.value
    assert len(error.type_name) == MAX_NAME
    assert len(error.text) == len(str(error)) == MAX_TEXT
    assert len(error.frames) == MAX_FRAMES
    assert len(error.frames[0].function) == MAX_NAME


def test_a_made_up_handle_is_only_a_name():
    got = asked(frames(["ok", ["h", 77, "float", True], [], []]))
    assert type(got) is Handle
    assert repr(got) == "<float object of the student>"


def test_a_made_up_type_of_error_is_never_looked_up_outside_the_builtins():
    tree = ["X", ["print", "Handle", "os", "__import__", "KeyError"], "t", [], 0, None, None]
    with pytest.raises(KeyError):
        asked(frames(["error", tree, [], []]))


def test_callbacks_without_end_are_refused_at_some_depth():
    """Each callback makes a request, and its only answer is another callback."""
    depth = []
    jail = Deaf(frames(*[["callback", 0, ["t"], ["d"]]] * 200))

    def f():
        depth.append(1)
        return session.request("get", f)

    with jail.sock, jail.theirs:
        session = Session(jail)
        with pytest.raises(WorkerLost, match="nested too deeply"):
            session.request("get", f)
    assert len(depth) < 60
    assert jail.killed
