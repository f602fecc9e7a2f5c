"""The hostile class, graded once for all tests here: on the strongest rung, the weakest, and as controls."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.errors import SandboxError
from grader.sandbox.layers import Rung, probe, resolve
from grader.sandbox.rungs import REQUIRED, Layer
from grader.verify.inprocess import in_process

collect_ignore = ["course"]
HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))  # for kata_attacks: the proofs of prove.py use it too

from kata_attacks.bank import everything  # noqa: E402
from kata_attacks.harness import grade, make_course  # noqa: E402
from kata_attacks.model import Control  # noqa: E402
from kata_attacks.world import World  # noqa: E402

# What may be missing on a rung, and so is no defence to count on there.
NOT_HERE = {rung: frozenset(Layer) - {*REQUIRED[rung]} for rung in Rung}


@pytest.fixture(scope="session")
def rungs():
    """The strongest and the weakest rung of this machine that promise something."""
    if sys.platform != "linux":
        pytest.skip("grading is for Linux")
    try:
        states = probe()
        strongest = resolve("auto", states)
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")
    return SimpleNamespace(strongest=strongest, weakest=resolve(Rung.SECCOMP, states))


@pytest.fixture(scope="session")
def arena(rungs, tmp_path_factory):
    """arena(name, attacks, **options) grades a class; options of make_course, and of the Pool."""
    work = tmp_path_factory.mktemp("attacks")
    with World() as world:

        def run(name, attacks, *, rules=True, torch=True, seconds=0.5, **pool):
            course = make_course(work / name / "course", rules=rules, torch=torch, seconds=seconds)
            return grade(course, attacks, world, work / name / "run", **pool)

        yield run


@pytest.fixture(scope="session")
def strong(arena, rungs):
    """All attacks on the strongest rung, but for those that take long."""
    return arena("strong", [a for a in everything() if not a.slow], rung=rungs.strongest, workers=2)


@pytest.fixture(scope="session")
def alone(arena, rungs):
    """The honest ones without any attack."""
    return arena("alone", [], rung=rungs.strongest, workers=1)


@pytest.fixture(scope="session")
def weakly():
    """The attacks that the weakest rung is tried with: what only the kernel stops, without the slow ones."""
    return [a for a in everything() if a.everywhere and (a.layers or a.group == "dropped")]


@pytest.fixture(scope="session")
def weak(arena, rungs, weakly):
    return arena("weak", weakly, torch=False, rung=rungs.weakest, workers=2)


@pytest.fixture(scope="session")
def weak_alone(arena, rungs):
    return arena("weak-alone", [], torch=False, rung=rungs.weakest, workers=1)


@pytest.fixture(scope="session")
def unsafe(arena):
    """What only the kernel stops, without a jail."""
    attacks = [a for a in everything() if a.control is Control.UNSAFE]
    return arena("unsafe", attacks, torch=False, seconds=5, rung=Rung.UNSAFE, workers=2)


@pytest.fixture(scope="session")
def unlimited(arena):
    """What limits stop, without a jail and without limits."""
    attacks = [a for a in everything() if a.control is Control.UNLIMITED]
    off = frozenset({Layer.LIMITS, Layer.CGROUP})
    return arena("unlimited", attacks, torch=False, seconds=5, rung=Rung.UNSAFE, without=off, workers=1)


@pytest.fixture(scope="session")
def unfiltered(arena, rungs):
    """The same as without a jail, with all of it but the filter of system calls."""
    attacks = [
        a
        for a in everything()
        if a.control is Control.UNSAFE and len(a.layers - NOT_HERE[rungs.strongest]) > 1
    ]
    off = frozenset({Layer.SECCOMP})
    return attacks, arena("unfiltered", attacks, torch=False, rung=rungs.strongest, without=off, workers=2)


@pytest.fixture(scope="session")
def inside(arena):
    """What only the boundary between processes stops, in the grader's own process. Patches have theirs."""
    attacks = [a for a in everything() if a.control is Control.IN_PROCESS and a.group != "patching"]
    attacks += [a for a in everything() if a.name == "something for the next one"]
    return arena("inside", attacks, torch=False, seconds=5, backend=in_process, workers=1)


@pytest.fixture(scope="session")
def lawless(arena, rungs):
    """Banned methods, in the course without its rules."""
    attacks = [a for a in everything() if a.control is Control.NO_RULES]
    return arena("lawless", attacks, rules=False, rung=rungs.strongest, workers=1)
