"""The same tests once more as an ordinary user, on the rungs that one can have, when root runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.rungs import Layer
from grader.sandbox.syscalls import call

HERE = Path(__file__).parent
NOBODY = 65534
_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


def closed_folder(path):
    """The topmost folder on the way to `path` that other users may not enter, if any."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None


def open_the_way(paths, store):
    """Let everybody reach `paths`: for this process alone, folders that nobody may enter are replaced."""
    call("unshare", _NEWNS)
    call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    closed = {path: closed_folder(path) for path in paths if closed_folder(path)}
    saved = {}
    for index, path in enumerate(closed):
        saved[path] = store / str(index)
        saved[path].mkdir()
        call("mount", bytes(path), bytes(saved[path]), None, _MS_BIND | _MS_REC, None)
    for folder in set(closed.values()):
        call("mount", b"kata", bytes(folder), b"tmpfs", 0, b"mode=0755")
    for path, copy in saved.items():
        path.mkdir(parents=True, exist_ok=True)
        call("mount", bytes(copy), bytes(path), None, _MS_BIND | _MS_REC, None)


def become_nobody():
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


@pytest.mark.skipif(os.geteuid() != 0, reason="these tests run as a normal user already")
def test_the_rungs_hold_for_a_normal_user(sandbox, tmp_path):
    if not all(
        state.active for state in sandbox.states if state.name in {"own user id", "empty file system"}
    ):
        pytest.skip("becoming another user and mounting are not allowed here")
    roots = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, HERE.parents[1])}
    roots = {path for path in roots if not any(other in path.parents for other in roots)}

    def prepare():
        open_the_way(sorted(roots), tmp_path)
        become_nobody()

    files = [
        str(HERE / name) for name in ("test_attacks.py", "test_layers.py", "test_users.py", "test_process.py")
    ]
    only = ["-k", "userns or container or test_layers or test_users"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *only, *files],
        check=False,
        preexec_fn=prepare,
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
