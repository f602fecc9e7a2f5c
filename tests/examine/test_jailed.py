"""What a worker is given, by the place where it runs."""

import pytest

from grader.course.model import Limits
from grader.errors import SandboxError
from grader.examine import jailed
from grader.examine.jailed import Zygotes
from grader.sandbox.layers import Layer, Rung


class Zygote:
    """Keeps what it was asked for. `dying`: which of its spawns it does not survive."""

    asked: list = []  # noqa: RUF012  one list for the one test that runs
    made: list = []  # noqa: RUF012
    dying = 0

    def __init__(self, *_, **options):
        self.made.append(self)
        self.options, self.spawned, self.closed = options, 0, False

    def spawn(self, bounds):
        self.spawned += 1
        if self.spawned == self.dying:
            self.close()
            raise SandboxError("the numpy zygote ended")
        self.asked.append(bounds)
        return self

    def close(self):
        self.closed = True


@pytest.fixture
def zygotes(monkeypatch):
    """zygotes(rung) that start nothing."""
    monkeypatch.setattr(jailed, "Zygote", Zygote)
    monkeypatch.setattr(jailed, "Jail", lambda process, seconds: process)
    monkeypatch.setattr(Zygote, "asked", [])
    monkeypatch.setattr(Zygote, "made", [])
    return Zygotes


@pytest.mark.parametrize(
    ("rung", "device", "flavour", "gpu"),
    [
        (Rung.UNSAFE, "cuda", "torch", True),
        (Rung.UNSAFE, "cuda", "numpy", False),
        (Rung.UNSAFE, "cpu", "torch", False),
        (Rung.NAMESPACES, "cuda", "torch", False),
        (Rung.SECCOMP, "cuda", "torch", False),
    ],
)
def test_limits_are_lifted_for_a_gpu_without_a_jail_only(zygotes, rung, device, flavour, gpu):
    zygotes(rung, device).spawn(flavour, Limits())
    assert [bounds.gpu for bounds in Zygote.asked] == [gpu]


def test_a_zygote_is_renewed_after_so_many_workers(zygotes):
    running = zygotes(Rung.NAMESPACES)
    for _ in range(2 * jailed.RECYCLE_AFTER + 1):
        running.spawn("numpy", Limits())
    assert [zygote.spawned for zygote in Zygote.made] == [jailed.RECYCLE_AFTER, jailed.RECYCLE_AFTER, 1]
    assert [zygote.closed for zygote in Zygote.made] == [True, True, False]
    running.spawn("torch", Limits())
    running.close()
    assert len(Zygote.made) == 4
    assert all(zygote.closed for zygote in Zygote.made)


def test_a_zygote_that_died_is_replaced(zygotes, monkeypatch):
    running = zygotes(Rung.NAMESPACES)
    running.spawn("numpy", Limits())
    running.spawn("numpy", Limits())
    monkeypatch.setattr(Zygote.made[0], "dying", 3, raising=False)
    running.spawn("numpy", Limits())
    assert [zygote.spawned for zygote in Zygote.made] == [3, 1]
    Zygote.made[1].close()
    running.spawn("numpy", Limits())
    assert [zygote.spawned for zygote in Zygote.made] == [3, 1, 1]


def test_a_new_zygote_that_dies_at_once_is_told(zygotes, monkeypatch):
    monkeypatch.setattr(Zygote, "dying", 1)
    running = zygotes(Rung.NAMESPACES)
    with pytest.raises(SandboxError, match="the numpy zygote ended"):
        running.spawn("numpy", Limits())
    assert len(Zygote.made) == 1


def test_a_layer_that_fails_is_no_reason_to_try_again(zygotes, monkeypatch):
    running = zygotes(Rung.NAMESPACES)
    running.spawn("numpy", Limits())
    monkeypatch.setattr(Zygote.made[0], "dying", 2, raising=False)
    monkeypatch.setattr(Zygote.made[0], "close", lambda: None, raising=False)
    with pytest.raises(SandboxError):
        running.spawn("numpy", Limits())
    assert len(Zygote.made) == 1


def test_layers_are_left_off_where_a_proof_asks_for_it(zygotes):
    without = frozenset({Layer.SECCOMP})
    jailed.JailedBackend.on(Rung.NAMESPACES, without=without).zygotes.spawn("numpy", Limits())
    assert [zygote.options["without"] for zygote in Zygote.made] == [without]
