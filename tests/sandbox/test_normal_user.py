"""The same tests once more as an ordinary user, on the rungs that one can have, when root runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.rungs import Layer

HERE = Path(__file__).parent


@pytest.mark.skipif(os.geteuid() != 0, reason="these tests run as a normal user already")
def test_the_rungs_hold_for_a_normal_user(sandbox, as_nobody):
    if not all(
        state.active and not state.nested
        for state in sandbox.states
        if state.name in {Layer.UID, Layer.FILES}
    ):
        pytest.skip("becoming another user and mounting are not allowed here")
    files = [
        str(HERE / f"test_{name}.py")
        for name in ("attacks", "layers", "users", "controls", "surroundings", "process")
    ]
    chosen = "userns or container or seccomp and test_attacks or test_layers or test_users or test_controls"
    only = ["-k", f"({chosen}) and not many_workers"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *only, *files],
        check=False,
        preexec_fn=as_nobody,
        cwd="/",
        env={"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|skipped)", run.stdout)}
    assert counts["passed"] > 160, run.stdout
    assert "the sandbox container does not hold" not in run.stdout
    if next(state for state in sandbox.states if state.name is Layer.USERS).active:
        assert "the sandbox userns does not hold" not in run.stdout
