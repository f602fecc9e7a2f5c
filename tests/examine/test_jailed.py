"""What a worker is given, by the place where it runs."""

import pytest

from grader.course.model import Limits
from grader.examine import jailed
from grader.examine.jailed import Zygotes
from grader.sandbox.layers import Rung


class Zygote:
    """Keeps what it was asked for."""

    asked: list = []  # noqa: RUF012  one list for the one test that runs

    def __init__(self, *_, **__):
        pass

    def spawn(self, bounds):
        self.asked.append(bounds)
        return self


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
def test_limits_are_lifted_for_a_gpu_without_a_jail_only(monkeypatch, rung, device, flavour, gpu):
    monkeypatch.setattr(jailed, "Zygote", Zygote)
    monkeypatch.setattr(jailed, "Jail", lambda process, seconds: process)
    monkeypatch.setattr(Zygote, "asked", [])
    Zygotes(rung, device).spawn(flavour, Limits())
    assert [bounds.gpu for bounds in Zygote.asked] == [gpu]
