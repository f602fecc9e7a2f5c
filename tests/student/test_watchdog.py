"""The time limit: what it stops, what it leaves alone, and that nothing of it lands outside its block."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from grader.errors import TooSlow
from grader.student import watchdog as module
from grader.student.watchdog import Watchdog


@pytest.fixture
def watchdog():
    dog = Watchdog(give_up=lambda: None)
    yield dog
    dog.stop()


def spin():
    while True:
        pass


def test_a_loop_of_python_code_is_stopped(watchdog):
    with pytest.raises(TooSlow) as caught, watchdog.limit(0.05):
        spin()
    assert caught.value.rationale == "stopped after 0.05 s of computing"


def test_what_was_used_before_counts(watchdog):
    with pytest.raises(TooSlow, match="stopped after 10 s"), watchdog.limit(10, used=11):
        spin()


def test_except_exception_does_not_swallow_it(watchdog):
    def swallow():
        while True:
            try:
                spin()
            except Exception:
                continue

    with pytest.raises(TooSlow), watchdog.limit(0.05):
        swallow()


def test_code_that_swallows_it_once_meets_it_again(watchdog):
    met = []

    def swallow():
        try:
            spin()
        except BaseException as error:
            met.append(error)
        spin()

    with pytest.raises(TooSlow), watchdog.limit(0.05):
        swallow()
    assert len(met) == 1


def test_a_sleep_is_woken(watchdog, monkeypatch):
    monkeypatch.setattr(module, "WALL_SPARE", 0.0)
    monkeypatch.setattr(module, "AGAIN", 0.05)
    watchdog.start()
    with pytest.raises(TooSlow), watchdog.limit(0.01):
        threading.Event().wait(100)


def test_quick_code_is_left_alone_many_times(watchdog):
    for _ in range(300):
        with watchdog.limit(5):
            sum(range(100))


def test_nothing_lands_after_the_block(watchdog):
    """Code that ends about when its time does: TooSlow comes inside the block or not at all."""
    for step in range(40):
        with suppress(TooSlow), watchdog.limit(0.0):
            end = time.perf_counter() + 0.002 * step
            while time.perf_counter() < end:
                pass
        sum(range(1000))


def test_ctrl_c_of_the_user_is_told_apart(watchdog):
    watchdog.start()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert watchdog.interrupts.by_user


def test_ctrl_c_is_given_back(watchdog):
    before = signal.getsignal(signal.SIGINT)
    watchdog.start()
    assert signal.getsignal(signal.SIGINT) != before
    watchdog.stop()
    assert signal.getsignal(signal.SIGINT) == before


UNSTOPPABLE = """
from grader.student import watchdog
watchdog.AGAIN = 0.02
dog = watchdog.Watchdog(give_up=lambda: print("gave up", flush=True), patience=0.2)
dog.start()
with dog.limit(0.05):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""

IN_ONE_CALL = """
from grader.student import watchdog
watchdog.WALL_FACTOR, watchdog.WALL_SPARE = 1.0, 0.0
dog = watchdog.Watchdog(give_up=lambda: None, patience=0.1)
dog.start()
with dog.limit(0.05):
    sum(range(10**13))
"""


@pytest.mark.parametrize(("code", "said"), [(UNSTOPPABLE, b"gave up"), (IN_ONE_CALL, b"line 7")])
def test_what_cannot_be_stopped_ends_the_process(code, said):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
