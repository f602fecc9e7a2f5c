"""A little of what `make fuzz` does at length: no malformed frame is a crash, a hang or a fault of ours."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def _sibling(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz_wire = _sibling("fuzz_wire")
mutants = fuzz_wire.mutants


@pytest.fixture(autouse=True)
def short_ticks(monkeypatch):
    monkeypatch.setattr("grader.remote.channel.TICK", 0.001)


@pytest.fixture
def fuzz():
    return fuzz_wire.Fuzz(seed=20)


def test_malformed_frames_and_workers_that_lie(fuzz):
    fuzz.run(3_000, heavy=False)
    kinds = {what.partition(":")[2].strip() for what in fuzz.outcomes if what.startswith("session")}
    assert {"WorkerLost", "a value", "an object", "an error of the student's"} <= kinds
    assert fuzz.sessions > 200


@pytest.mark.parametrize(
    ("name", "frame"), list(mutants.heavy_frames()), ids=lambda part: part if type(part) is str else ""
)
def test_the_most_that_a_frame_can_hold(fuzz, name, frame):
    fuzz.codec(frame)
    assert fuzz_wire.resident() < 4_000


kinds = st.sampled_from(["Number", "type", "method", "function", "float", "", "\0"])
handles = st.builds(lambda n, kind, own: ["h", n, kind, own], st.integers(-4, 9), kinds, st.booleans())
results = (
    st.sampled_from([None, 1.5, "x", ["l", 1, ["r", 0]], ["t", ["d", "k", 2]], ["x"], ["l", ["r", 2]]])
    | handles
)
settled = st.sampled_from([["v", 1.5], ["v", None], ["v", ["l"]], ["w"], ["h", "Number", True], ["h"], 5])
names = st.lists(
    st.sampled_from(["ValueError", "StopIteration", "AssertionError", "Skipped", "MemoryError", "object"])
)
errors = st.builds(
    lambda n, ticket, back: ["X", n, "t", [], ticket, back, None],
    names,
    st.integers(-1, 3),
    st.integers(0, 3),
)
answers = st.one_of(
    st.builds(lambda tree, more: ["ok", tree, [], more], results, st.lists(settled, max_size=3)),
    st.builds(lambda tree, more: ["error", tree, [], more], errors | results, st.lists(settled, max_size=3)),
    st.builds(lambda n, args: ["callback", n, ["t", args], ["d"]], st.integers(-1, 2), results),
    st.just(["tripped", "f", None]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(answers, max_size=8), st.integers(0, 2**32), st.booleans())
def test_a_worker_that_answers_what_it_likes(messages, seed, fitting):
    """A scripted worker, right in how many results it settles or not, and a test that does what tests do."""
    script = iter(messages)

    def answer(waiting):
        message = next(script, None)
        if message is None:
            return b""
        if fitting and message[0] == "ok":
            message = [*message[:3], [["h", "Number", True]] * waiting]
        return mutants.framed(mutants.encode(message))

    jail = fuzz_wire.Scripted(answer)
    try:
        fuzz_wire.Tests(fuzz_wire.random.Random(seed)).run(jail.session())
    finally:
        jail.close()
