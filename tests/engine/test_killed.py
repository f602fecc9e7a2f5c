"""The kernel may kill a worker or the grader itself: nothing is lost, and nothing stays."""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

SLOPE = "return (y1 - y0) / (x1 - x0)"
# Once in each process, so long that whoever watches sees it.
SLEEPS = f"import time; time.sleep(2 if not vars(slope) else 0); slope.slept = True\n    {SLOPE}"


def children(pid):
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found |= {int(word) for word in (task / "children").read_text().split()}
    return found


@pytest.fixture
def one_process(open_pool, plain):
    with open_pool(plain, workers=1) as opened:
        yield opened


def killing(pool, victim, jobs):
    """Run jobs; meanwhile, kill `victim(grading process)` once: (results, what was killed)."""
    killed, done = [], threading.Event()

    def watch():
        while not done.wait(0.02) and not killed:
            for process in list(pool._processes):
                for pid in victim(process._process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return list(pool.run(jobs)), killed
    finally:
        done.set()
        watcher.join()


def a_worker(pid):
    """The worker, as soon as there is one: a child of a child of the grading process that sleeps."""
    zygotes = children(pid)
    workers = set().union(*(children(zygote) for zygote in zygotes)) if zygotes else set()
    return [worker for worker in workers if _sleeps(worker)][:1]


def _sleeps(pid):
    with suppress(OSError):
        return "nanosleep" in Path(f"/proc/{pid}/wchan").read_text()
    return False


def test_a_worker_that_the_kernel_kills_is_asked_again(one_process, job, shown):
    student = job("sleeps", (SLOPE, SLEEPS))
    want = shown(one_process.run([student]))
    results, killed = killing(one_process, a_worker, [student])
    if not killed:
        pytest.skip("this system does not show who sleeps")
    assert shown(results) == want
