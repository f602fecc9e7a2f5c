"""Ctrl-C or a SIGKILL ends everything at once: no grading process, no zygote and no worker stays."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

SCRIPT = """
import signal
import sys
from pathlib import Path
import msgspec
from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.examine.seed import Seed

def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `make test &` hands down an ignored one
    tiny = load_course(Path(sys.argv[1]))
    unit = tiny.course.units[0]
    unit = msgspec.structs.replace(unit, exercises=unit.exercises[:1])
    plain = Catalogue(msgspec.structs.replace(tiny.course, units=(unit,)), tiny.root)
    source = plain.solution_file(unit).read_text()
    hangs = source.replace("return (y1 - y0) / (x1 - x0)", "while True: pass")
    jobs = [Job(name, "u01", {unit.file: hangs if name else source}) for name in ("", *"abcdef")]
    with Pool(plain, Seed("a seed for the tests only"), workers=2) as pool:
        for result in pool.run(jobs):
            print("the first is done", flush=True)

if __name__ == "__main__":
    main()
"""


def parents():
    """pid -> pid of its parent, for every process that this one may see."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def descendants(pid):
    above = parents()
    return {p for p in above if any(pid == a for a in ancestors(p, above))}


def ancestors(pid, above):
    while pid in above:
        pid = above[pid]
        yield pid


@pytest.fixture
def running(tmp_path, tiny, rung_or_skip):
    script = tmp_path / "grade.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tiny.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture
def rung_or_skip(open_pool, plain):
    with open_pool(plain):
        pass


def ended(pidfd, seconds):
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


@pytest.mark.parametrize("kill", [False, True])
def test_nothing_stays_after_an_interrupt_or_a_kill(running, kill):
    assert running.stdout.readline() == "the first is done\n"
    family = {}
    for pid in descendants(running.pid):
        with suppress(ProcessLookupError):
            family[pid] = os.pidfd_open(pid)
    assert len(family) >= 3  # two grading processes, and at least one zygote
    if kill:
        os.kill(running.pid, signal.SIGKILL)  # as the kernel does when memory is short
    else:
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    _, errors = running.communicate(timeout=60)
    assert ("KeyboardInterrupt" in errors) is not kill
    assert all(ended(pidfd, 20) for pidfd in family.values())
    for pidfd in family.values():
        os.close(pidfd)
