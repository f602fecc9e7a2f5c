"""What a worker finds around it: no stranger's Python, nothing to write to, and nothing that stays behind."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from grader.sandbox.layers import Rung
from grader.sandbox.limits import MIB, Bounds

BOUNDS = Bounds(cpu_seconds=20, memory=256 * MIB)
EVIL = "import sys\nsys.evil = [*getattr(sys, 'evil', []), __name__]\n"


@pytest.fixture
def poisoned(tmp_path, monkeypatch):
    """A place and an environment that change what a Python started here does. Returns the folder."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    user_site = tmp_path / "base/lib" / version / "site-packages"
    user_site.mkdir(parents=True)
    for folder in (tmp_path, user_site):
        for name in ("sitecustomize", "usercustomize", "json", "numpy", "grader"):
            (folder / f"{name}.py").write_text(EVIL, "ascii")
    (user_site / "evil.pth").write_text("import sys; sys.evil = ['pth']\n", "ascii")
    monkeypatch.chdir(tmp_path)
    variables = {
        "PATH": str(tmp_path),
        "STARTUP": str(tmp_path / "numpy.py"),
        "USERBASE": str(tmp_path / "base"),
    }
    variables |= {"OPTIMIZE": "2", "INSPECT": "1", "WARNINGS": "error", "HASHSEED": "7", "MALLOC": "debug"}
    for name, value in variables.items():
        monkeypatch.setenv(f"PYTHON{name}", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_poison_works(poisoned):
    said = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.evil, sys.flags.optimize)"],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert "sitecustomize" in said.stdout
    assert said.stdout.split()[-1] == "2"


def test_no_variable_and_no_folder_changes_the_python_of_a_worker(rung, sandbox, poisoned):
    source = """
import sys
flags = {name: getattr(sys.flags, name) for name in ("optimize", "inspect", "no_user_site", "safe_path")}
flags |= {name: getattr(sys.flags, name) for name in ("utf8_mode", "hash_randomization", "interactive")}
result = getattr(sys, "evil", None), flags, [*sys.path, *sys.warnoptions], __import__("numpy").__name__
"""
    with sandbox.start(rung, "numpy") as zygote, zygote.spawn(BOUNDS) as process:
        answer = sandbox.Worker(process).run(source)
    evil, flags, path, name = answer.value
    assert evil is None
    assert flags == {
        **{"optimize": 0, "inspect": 0, "no_user_site": 1, "safe_path": True},
        **{"utf8_mode": 1, "hash_randomization": 0, "interactive": 0},
    }
    assert not [entry for entry in path if entry in {"", "."} or str(poisoned) in entry]
    assert name == "numpy"


def test_standard_streams_lead_nowhere_and_never_block(rung, spawn):
    source = """
for fd in (1, 2):
    for _ in range(64):
        assert os.write(fd, bytes(1 << 20)) == 1 << 20
result = len(os.read(0, 100))
"""
    worker = spawn(rung)
    assert worker.run(source).value == 0
    if os.geteuid() == 0:
        links = [os.readlink(f"/proc/{worker.process.pid}/fd/{fd}") for fd in (0, 1, 2)]
        assert links == [os.devnull] * 3


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "/var/tmp"])
def test_nothing_stays_behind(folder, rung, spawn):
    if not os.access(folder, os.W_OK):
        pytest.skip(f"{folder} is closed here anyway")
    path = Path(folder, f"kata-test-{uuid.uuid4().hex}")
    answer = spawn(rung).run("os.mkdir(path)", path=str(path))
    try:
        assert path.exists() == (rung is Rung.UNSAFE)  # the attack works where nothing holds it back
        assert (answer.error == "") == (rung is Rung.UNSAFE)
    finally:
        if path.exists():
            path.rmdir()


def test_no_shared_memory_and_no_queue_of_the_system(jailed_rung, spawn):
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    # shmget, semget, msgget, mq_open
    source = "result = [raw(number, 0, 4096, 0o1600, 0, 0, 0) for number in (29, 64, 68, 240)]"
    assert spawn(jailed_rung).run(source).value == [-1] * 4
