"""The life of workers and zygotes: spawned, bounded, killed, reaped, and never outliving their grader."""

import gc
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.errors import SandboxError
from grader.sandbox import zygote as zygote_program
from grader.sandbox.identity import SLOTS
from grader.sandbox.layers import Layer, Rung
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.outcome import End, explain
from grader.sandbox.process import Zygote

BOUNDS = Bounds(cpu_seconds=20, memory=256 * MIB)
LOOP = "while True: pass"


def is_over(pidfd, seconds=60):
    """Wait for the end of the process."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def comes_true(condition, seconds=60):
    """Look until the condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        os.sched_yield()
    return True


def children(pid):
    """Every process whose parent is `pid`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def open_files(pid):
    """The numbers of its open files. A zygote shows them to root alone, so that others see None."""
    try:
        return sorted(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return None


def test_a_loop_is_killed_and_reaped(rung, spawn, sandbox):
    worker = spawn(rung)
    worker.send(LOOP)
    process = worker.process
    with pytest.raises(TimeoutError):
        process.end(0)
    process.kill()
    end = process.end(60)
    assert (end.kind, end.code) == ("killed", signal.SIGKILL)
    assert process.pid not in children(sandbox.zygote(rung).pid)
    process.kill()
    assert process.end(0) == end


def test_the_cpu_clock_of_a_worker_runs(rung, spawn):
    worker = spawn(rung)
    process = worker.process
    before = process.cpu_seconds()
    worker.run("sum(range(1_000_000))")
    between = process.cpu_seconds()
    assert 0 < before < between
    process.kill()
    assert between <= process.end(60).cpu_seconds == process.cpu_seconds()


# one where the worker is process 1 of its namespace, which ignores milder signals, and one where it is not
@pytest.mark.parametrize("rung", [Rung.NAMESPACES, Rung.USERNS, Rung.CONTAINER], indirect=True)
def test_the_kernel_stops_a_worker_that_the_grader_forgot(rung, spawn):
    if rung is Rung.USERNS and os.geteuid() == 0:
        pytest.skip("it takes seconds, and a normal user tries it")
    worker = spawn(rung, Bounds(cpu_seconds=0.01, memory=256 * MIB))
    worker.send(LOOP)
    end = worker.process.end(120)
    assert (end.kind, end.code) == ("signal", signal.SIGXCPU), end
    assert end.cpu_seconds >= 1
    assert explain(end) == "ended by SIGXCPU: the kernel stopped it: its CPU time was used up"


def test_a_kill_is_ours_also_after_the_bounds_were_passed(spawn):
    worker = spawn(Rung.UNSAFE, Bounds(cpu_seconds=0.001, memory=256 * MIB))
    worker.run("sum(range(100_000))")
    assert worker.process.cpu_seconds() > 0.001
    worker.process.kill()
    end = worker.process.end(60)
    assert (end.kind, end.code) == ("killed", signal.SIGKILL)


@pytest.mark.parametrize(
    ("source", "kind", "code"),
    [
        ("os._exit(3)", "exited", 3),
        ("ctypes.string_at(0)", "signal", signal.SIGSEGV),
    ],
)
def test_a_worker_may_end_by_itself(source, kind, code, rung, spawn):
    worker = spawn(rung)
    with pytest.raises(worker.Died) as died:
        worker.run(source)
    assert (died.value.end.kind, died.value.end.code) == (kind, code)


def test_an_entry_that_returns_exits_with_0(rung, spawn):
    worker = spawn(rung)
    worker.process.sock.shutdown(socket.SHUT_WR)
    end = worker.process.end(60)
    assert (end.kind, end.code) == ("exited", 0)


def test_a_worker_seen_from_outside(jailed_rung, spawn):
    worker = spawn(jailed_rung)
    folder = Path(f"/proc/{worker.process.pid}")
    lines = (folder / "status").read_text("ascii").splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    assert status["NoNewPrivs"] == ["1"]
    assert status["Seccomp"] == ["2"]
    assert int(status["CapEff"][0], 16) == int(status["CapPrm"][0], 16) == 0
    assert len(set(status["Uid"])) == len(set(status["Gid"])) == 1
    assert (folder / "status").stat().st_uid == 0  # what cannot be inspected belongs to root
    if jailed_rung in {Rung.NAMESPACES, Rung.USERNS}:
        assert (status["NSpid"][0], status["NSpid"][-1]) == (str(worker.process.pid), "1")
        if os.geteuid() == 0:  # others may neither give up groups nor look at namespaces
            assert status["Groups"] == []
            kinds = {"pid", "mnt", "net", "ipc", "uts"} | ({"user"} if jailed_rung is Rung.USERNS else set())
            for kind in kinds:
                assert (folder / "ns" / kind).readlink() != Path(f"/proc/self/ns/{kind}").readlink(), kind


def test_when_memory_runs_out_workers_go_first(rung, sandbox, spawn):
    worker, zygote = spawn(rung).process.pid, sandbox.zygote(rung).pid
    preferences = [
        int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in (worker, zygote, os.getpid())
    ]
    assert preferences[:2] == [1000, 500]
    assert preferences[2] < 500


def test_workers_have_user_ids_of_their_own(rung, sandbox, spawn):
    ids = {tuple(spawn(rung).run("result = os.getuid(), os.getgid()").value) for _ in range(3)}
    own = {state.name for state in sandbox.states if state.active} >= {Layer.UID}
    if rung is Rung.UNSAFE or not own:
        assert ids == {(os.getuid(), os.getgid())}
    else:
        assert len(ids) == 3
        assert all(uid == gid >= 40_000 for uid, gid in ids)


def test_workers_cannot_reach_each_other(jailed_rung, spawn):
    one, other = spawn(jailed_rung), spawn(jailed_rung)
    pid = other.process.pid
    for source in ("os.kill(pid, 0)", "os.kill(-1, 0)", "os.pidfd_open(pid)", "open(f'/proc/{pid}/stat')"):
        assert one.run(source, pid=pid).error == "PermissionError"
    other.run("import builtins\nbuiltins.left = 1")
    assert one.run("result = left").error == "NameError"


def test_nothing_is_left_after_many_workers(rung, sandbox):
    with sandbox.start(rung) as zygote:
        before = open_files(zygote.pid), open_files("self")
        for _ in range(60):
            with zygote.spawn(BOUNDS) as process:
                process.kill()
                process.end(60)
        assert children(zygote.pid) == []
        # the zygote tells of an end first and closes its files then
        assert comes_true(lambda: (open_files(zygote.pid), open_files("self")) == before)
        with zygote.spawn(BOUNDS) as process:
            assert sandbox.Worker(process).run("result = 7").value == 7


def test_a_worker_that_is_closed_or_forgotten_dies(rung, sandbox):
    with sandbox.start(rung) as zygote:
        for forget in (lambda process: process.close(), lambda process: None):
            process = zygote.spawn(BOUNDS)
            sandbox.Worker(process).send(LOOP)
            pidfd = os.dup(process.pidfd)
            forget(process)
            del process
            gc.collect()
            assert is_over(pidfd)
            os.close(pidfd)


def test_closing_a_zygote_ends_its_workers(rung, sandbox):
    zygote = sandbox.start(rung)
    process = zygote.spawn(BOUNDS)
    sandbox.Worker(process).send(LOOP)
    zygote.close()
    zygote.close()
    assert process.end(60).kind == "killed"
    with pytest.raises(SandboxError, match="is closed"):
        zygote.spawn(BOUNDS)
    process.close()


def test_the_death_of_a_zygote_is_our_fault(rung, sandbox):
    zygote = sandbox.start(rung)
    process = zygote.spawn(BOUNDS)
    sandbox.Worker(process).send(LOOP)
    os.kill(zygote.pid, signal.SIGKILL)
    assert is_over(process.pidfd)
    with pytest.raises(SandboxError, match="the zygote ended before its worker") as lost:
        process.end(60)
    assert "no memory left" in lost.value.help
    assert process.cpu_seconds() >= 0  # what was last seen: nobody can tell any more
    with pytest.raises(
        SandboxError, match="the test zygote ended by SIGKILL: the kernel stopped it: the machine"
    ):
        zygote.spawn(BOUNDS)
    process.close()


def test_a_zygote_dies_with_the_process_that_waits_for_it(sandbox):
    """In a user namespace the zygote is a child of the process that the grader started."""
    zygote = sandbox.start(sandbox.require(Rung.USERNS))
    assert zygote.pid != zygote._process.pid
    process = zygote.spawn(BOUNDS)
    pidfds = [os.pidfd_open(zygote.pid), process.pidfd]
    os.kill(zygote._process.pid, signal.SIGKILL)
    assert all(is_over(pidfd) for pidfd in pidfds)
    with pytest.raises(SandboxError, match="the test zygote ended"):
        zygote.spawn(BOUNDS)
    assert zygote.closed
    process.close()
    os.close(pidfds[0])


def test_killing_the_grader_leaves_nobody(rung, sandbox, tmp_path):
    loop = tmp_path / "loop.py"
    loop.write_text(
        "import sys, types\n"
        "sys.modules['loop'] = types.ModuleType('loop')\n"
        "sys.modules['loop'].f = lambda sock: [None for _ in iter(int, 1)]\n"
    )
    source = f"""
import signal, sys
from grader.sandbox.process import Zygote
from grader.sandbox.limits import Bounds
from grader.sandbox.layers import Rung
zygote = Zygote("test", Rung("{rung}"), "runpy:run_path", "loop:f", "{loop}")
workers = [zygote.spawn(Bounds(20, 2**28)) for _ in range(2)]
print(zygote.pid, *(w.pid for w in workers), flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as grader:
        pids = [int(word) for word in grader.stdout.readline().split()]
        assert len(pids) == 3
        pidfds = [os.pidfd_open(pid) for pid in pids]
        grader.kill()
    try:
        assert all(is_over(pidfd) for pidfd in pidfds)
    finally:
        for pidfd in pidfds:
            os.close(pidfd)


STEPS = {
    "leave_the_machine": Layer.NETWORK,
    "apply_limits": Layer.LIMITS,
    "become": Layer.UID,
    "drop_capabilities": Layer.PRIVILEGES,
    "forbid_inspection": Layer.LIMITS,
    "forbid_new_privileges": Layer.PRIVILEGES,
    "tether": Layer.LIMITS,
    "apply_landlock": Layer.LANDLOCK,
    "apply_seccomp": Layer.SECCOMP,
}


@pytest.mark.parametrize("rung", [Rung.NAMESPACES, Rung.USERNS], indirect=True)
@pytest.mark.parametrize("step", STEPS)
def test_a_layer_that_fails_is_never_ignored(step, rung, sandbox):
    if step == "become" and rung is Rung.USERNS:
        return  # ids of their own are an extra there: tried first, left off where refused
    with sandbox.start(rung, f"break:{step}") as zygote:
        with pytest.raises(SandboxError, match=f"^the test sandbox failed: {STEPS[step]}: ") as failed:
            zygote.spawn(BOUNDS)
        assert "not permitted" in str(failed.value) or "refused by the test" in str(failed.value)
        assert children(zygote.pid) == []


@pytest.mark.parametrize("rung", [Rung.NAMESPACES, Rung.USERNS], indirect=True)
def test_a_zygote_without_its_empty_root_does_not_start(rung, sandbox):
    with pytest.raises(SandboxError, match="failed: empty file system: refused by the test"):
        sandbox.start(rung, "break:enter_empty_root")


def test_a_zygote_without_its_user_namespace_does_not_start(sandbox):
    sandbox.require(Rung.USERNS)
    with pytest.raises(SandboxError, match="failed: user namespace: refused by the test"):
        sandbox.start(Rung.USERNS, "break:move_into_user_namespace")


def test_another_python_than_the_grader_is_refused(monkeypatch):
    monkeypatch.setattr("sys.version", "3.0")
    with pytest.raises(SandboxError, match="Python was replaced"):
        Zygote("test", Rung.UNSAFE, "time:time", "time:sleep")


def test_slots_are_taken_in_turn_and_never_twice():
    zygote = zygote_program.Zygote.__new__(zygote_program.Zygote)
    zygote._workers, zygote._next_slot = [SimpleNamespace(slot=1)], 0
    assert [zygote._free_slot() for _ in range(3)] == [0, 2, 3]
    zygote._next_slot = SLOTS
    assert zygote._free_slot() == 0
    zygote._workers = [SimpleNamespace(slot=slot) for slot in range(SLOTS)]
    with pytest.raises(SandboxError, match="at most"):
        zygote._free_slot()


@pytest.mark.parametrize(
    ("warm", "entry", "arguments", "said"),
    [
        ("json:loads", "time:sleep", ["{"], "JSONDecodeError"),
        ("no_such_module:f", "time:sleep", [], "No module named 'no_such_module'"),
        ("time:time", "time:no_such_function", [], "no_such_function"),
        ("os:_exit", "time:sleep", ["3"], "failed|ended"),
    ],
)
def test_a_zygote_that_cannot_start_says_why(warm, entry, arguments, said, rung):
    with pytest.raises(SandboxError, match=said):
        Zygote("test", rung, warm, entry, *arguments)


def test_a_zygote_refuses_threads_and_shared_memory(tmp_path):
    threads = tmp_path / "threads.py"
    threads.write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    shared = tmp_path / "shared.py"
    shared.write_text("import mmap, sys\nsys.kept = mmap.mmap(-1, 4096)\n")
    for program, said in ((threads, "started threads"), (shared, "mapped shared memory")):
        with pytest.raises(SandboxError, match=said):
            Zygote("test", Rung.UNSAFE, "runpy:run_path", "time:sleep", str(program))


def test_hashes_are_the_same_in_every_zygote(rung, sandbox):
    answers = []
    for _ in range(2):
        with sandbox.start(rung) as zygote, zygote.spawn(BOUNDS) as process:
            answers.append(sandbox.Worker(process).run("result = hash('a'), list({'a', 'b', 'c'})").value)
    assert answers[0] == answers[1] is not None


def test_ends_are_explained():
    assert explain(End("killed", 9)) == "stopped by the grader"
    assert explain(End("exited", 3)) == "ended by itself with exit code 3"
    assert explain(End("signal", 11)).startswith("ended by SIGSEGV: it used memory")
    assert explain(End("signal", 1)) == "ended by SIGHUP"
    assert explain(End("signal", 99)) == "ended by signal 99"
