"""Control groups: on a tree of plain files everywhere, and on the kernel's own where root may make one."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from grader.sandbox import cgroup
from grader.sandbox.cgroup import LEAF, Meter, NotDelegated, check, claim, new_group, own_group
from grader.sandbox.layers import Layer, Rung
from grader.sandbox.limits import MIB, Bounds

NOBODY = 65534
FILES = {
    "cgroup.controllers": "cpu memory pids\n",
    "cgroup.procs": "",
    "cgroup.subtree_control": "",
    "cgroup.events": "populated 0\n",
    "cgroup.kill": "",
    "memory.max": "",
    "memory.current": f"{40 * MIB}\n",
    "memory.swap.max": "",
    "pids.max": "",
}


def make(folder):
    """What mkdir does in a tree of control groups."""
    if not folder.exists():
        folder.mkdir(parents=True)
        for name, text in FILES.items():
            (folder / name).write_text(text, "ascii")


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A group delegated to this process, as far as files can tell."""
    own = tmp_path / "cgroup" / "job"
    make(own)
    (own / "cgroup.procs").write_text(f"{os.getpid()}\n", "ascii")
    monkeypatch.setattr(cgroup, "_make", make)
    monkeypatch.setattr(cgroup, "own_group", lambda: own)
    return own


def test_the_own_group_is_found(tmp_path):
    (tmp_path / "self").mkdir()
    said, mounts = tmp_path / "self/cgroup", tmp_path / "self/mountinfo"
    said.write_text("4:memory:/x\n0::/a/job\n", "ascii")
    mounts.write_text(
        "29 1 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "30 1 0:26 /other /elsewhere rw - cgroup2 cgroup2 rw\n"
        "31 1 0:26 /a /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
        "ascii",
    )
    assert own_group(tmp_path) == Path("/sys/fs/cgroup/job")
    said.write_text("4:memory:/x\n", "ascii")
    with pytest.raises(NotDelegated, match="no control groups of version 2") as refusal:
        own_group(tmp_path)
    assert "unified_cgroup_hierarchy" in refusal.value.remedy


def test_what_is_delegated_is_taken_once(job):
    check(job)
    assert list(job.parent.iterdir()) == [job]
    assert claim(job) == job
    assert (job / LEAF / "cgroup.procs").read_text() == str(os.getpid())
    assert (job / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert claim(job / LEAF) == job


def test_a_group_without_its_controllers(job):
    (job / "cgroup.controllers").write_text("cpu pids\n", "ascii")
    with pytest.raises(NotDelegated, match=r"job has no memory controller$"):
        check(job)


def test_a_group_with_a_stranger_in_it(job):
    (job / "cgroup.procs").write_text("1\n", "ascii")
    with pytest.raises(NotDelegated, match=r"other programs share the control group .* \('.+'\)") as refusal:
        check(job)
    assert "systemd-run --user --scope -p Delegate=yes kata grade" in refusal.value.remedy
    assert new_group() is None
    assert not (job / LEAF).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_group_of_somebody_else(job):
    (job / "cgroup.procs").chmod(0o444)
    with pytest.raises(NotDelegated, match="belongs to somebody else"):
        check(job)


def test_groups_of_graders_that_are_gone_are_removed(job):
    ended = subprocess.Popen(["true"])
    ended.wait()
    old, other = (job / f"kata-zygote-{pid}-0" for pid in (ended.pid, os.getppid()))
    old.mkdir()
    other.mkdir()
    new_group()
    assert (old.exists(), other.exists()) == (False, True)


def test_the_meter_follows_the_workers(job):
    (job / "cgroup.procs").write_text("", "ascii")
    meter = Meter(job, workers=10)
    texts = {name: (job / name).read_text() for name in ("cgroup.procs", "memory.swap.max", "pids.max")}
    assert texts == {"cgroup.procs": "0", "memory.swap.max": "0", "pids.max": "26"}
    meter.warmed_up()
    meter.allow([100 * MIB])
    assert (job / "memory.max").read_text().startswith(str((40 + 100 + 40 + 64) * MIB))
    meter.allow([100 * MIB, 50 * MIB])
    assert (job / "memory.max").read_text().startswith(str((40 + 100 + 50 + 2 * (40 + 64)) * MIB))
    meter.allow(None)
    assert (job / "memory.max").read_text().startswith("max")


def test_a_zygote_goes_into_its_group(rung, job, sandbox):
    with sandbox.start(rung) as zygote, zygote.spawn(Bounds(20, 100 * MIB)) as process:
        assert sandbox.Worker(process).run("result = 7").value == 7
        (group,) = job.glob("kata-zygote-*")
        assert (group / "cgroup.procs").read_text() == "0"
        assert (group / "memory.max").read_text().startswith(str((40 + 100 + 40 + 64) * MIB))
    with sandbox.start(rung, without=frozenset({Layer.CGROUP})):
        assert list(job.glob("kata-zygote-*")) == [group]


def test_a_group_that_refuses_costs_nothing_but_the_group(job, sandbox, monkeypatch):
    monkeypatch.setattr(
        cgroup, "_make", lambda folder: folder.mkdir(exist_ok=True)
    )  # without the kernel's files
    (job / LEAF).mkdir()
    (job / LEAF / "cgroup.procs").touch()
    with sandbox.start(Rung.UNSAFE) as zygote, zygote.spawn(Bounds(20, 100 * MIB)) as process:
        assert sandbox.Worker(process).run("result = 7").value == 7


@pytest.fixture
def delegated():
    """delegated(user) makes a real group that this user owns; skips where root may not."""
    made = []

    def make_real(user):
        try:
            top = own_group()
            while (top / "cgroup.events").exists():
                top = top.parent
            missing = {"memory", "pids"} - set((top / "cgroup.controllers").read_text().split())
            if missing:
                pytest.skip(f"{top} has no controller named {' or '.join(sorted(missing))}")
            (top / "cgroup.subtree_control").write_text("+memory +pids")
            group = top / f"kata-test-{os.getpid()}"
            group.mkdir()
        except OSError as error:
            pytest.skip(f"no control group can be made here: {error}")
        made.append(group)
        for path in (group, *(group / n for n in ("cgroup.procs", "cgroup.subtree_control"))):
            os.chown(path, user, user)
        return group

    yield make_real
    for group in made:
        for folder in (*sorted(group.glob("*/")), group):
            with suppress(OSError):
                folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can delegate a group")
@pytest.mark.parametrize("user", [0, NOBODY], ids=["root", "user"])
def test_the_kernel_holds_a_group_to_its_limits(user, jailed_rung, delegated, as_nobody):
    if user and jailed_rung is Rung.NAMESPACES:
        pytest.skip("a normal user has no such rung")
    group = delegated(user)

    def prepare():
        (group / "cgroup.procs").write_text("0")
        if user:
            as_nobody()

    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("grouped.py")), jailed_rung],
        preexec_fn=prepare,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["before"] == str(group)
    assert found["grader"] == LEAF
    assert found["zygote"].startswith("kata-zygote-")
    assert 0 < found["limit"] < found["more"] < 1024
    assert found["greedy"] == ["signal", 9]
    assert found["honest"] == 7
    count, code = found["forks"]
    assert (count < 300, code) == (True, 11)
    assert found["swap"] == "0"
    assert found["left"] == []
    assert found["doctor"] is True
