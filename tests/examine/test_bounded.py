"""Hostile numbers in the grading process itself: time, memory, and what one example leaves to the next."""

import os
import resource
import signal

import pytest

from grader.engine.pool import Job, Pool
from grader.errors import SandboxError, TooMuchMemory, TooSlow
from grader.examine import bounded
from grader.examine.bounded import Bounds, a_test, judged, not_inherited, own_seconds
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.release.publish import write

COURSE = """
id: numbers
title: Tests that believe a number
version: "1"
limits: {seconds: 0.1, memory_mb: 128}
units:
  - id: u01
    title: Numbers
    folder: u01_numbers
    exercises:
      - {id: u01.sized, title: Sized, symbols: [sized], points: 1, minutes: 1}
      - {id: u01.looped, title: Looped, symbols: [looped], points: 1, minutes: 1}
      - {id: u01.changed, title: Changed, symbols: [changed], points: 1, minutes: 1}
      - {id: u01.kept, title: Kept, symbols: [kept], points: 1, minutes: 1}
      - {id: u01.drawn, title: Drawn, symbols: [Box.__add__], points: 1, minutes: 1}
      - {id: u01.last, title: Last, symbols: [last], points: 1, minutes: 1}
"""

SOLUTION = '''
"""The reference."""

import numpy as np


def sized(n):
    """n"""
    # BEGIN SOLUTION
    return n
    # END SOLUTION


def looped(n):
    """n"""
    # BEGIN SOLUTION
    return n
    # END SOLUTION


def changed(x):
    """2 x"""
    # BEGIN SOLUTION
    return 2.0 * x
    # END SOLUTION


def kept(x):
    """x x, and x stays"""
    # BEGIN SOLUTION
    return x * x
    # END SOLUTION


class Box:
    """A number."""

    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        """The sum."""
        # BEGIN SOLUTION
        return Box(self.n + other.n)
        # END SOLUTION


def last(x):
    """x"""
    # BEGIN SOLUTION
    return x
    # END SOLUTION
'''

HIDDEN = '''
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grader.testing import assert_close, assert_equal, exercise, fail


@exercise("u01.sized")
def test_sized(student):
    """The test makes as many numbers as it is told."""
    assert_equal(int(np.ones(student.sized(3)).sum()), 3, of="the sum")


@exercise("u01.looped")
def test_looped(student):
    """The test counts as far as it is told."""
    count = 0
    for _ in range(student.looped(3)):
        count += 1
    assert_equal(count, 3, of="the count")


@exercise("u01.changed")
def test_changed(student, reference, rng):
    """What is expected is worked out after the student's code was called."""
    x = rng.normal(size=(3, 5))
    assert_close(student.changed(x), reference.changed(x), of="2 x")


@exercise("u01.kept")
def test_kept(student, rng):
    """x x"""
    x = rng.normal(size=(3, 5))
    assert_close(student.kept(x), x * x, of="x x")


@exercise("u01.kept", in_place=True)
def test_x_stays(student, rng):
    """x is the caller's."""
    x = rng.normal(size=(3, 5))
    before = x.copy()
    student.kept(x)
    if not np.array_equal(x, before):
        fail("x was changed", diagnosis="x is mutated")


@exercise("u01.drawn")
@given(n=st.integers(1, 1000))
def test_drawn(student, n):
    """A sum that is asked for and never read, and then one that is wrong."""
    one = student.Box(float(n))
    assert_close(one.n, float(n), of="n")
    if n < 900:
        (one + student.Box(0.5)) + one
        assert_close(student.last(1.0), 1.0, of="1")
        student.Box(0.0) + 5  # no number has a number inside: it raises, where somebody asks
        assert_close((one + one).n if n < 0 else 2.0 * n, 2.0 * n + 1.0, of="the sum")


@exercise("u01.last")
def test_last(student):
    """x"""
    assert_close(student.last(2.5), 2.5, of="x")
'''


@pytest.fixture(scope="module")
def examine(tmp_path_factory):
    """examine(sized="return 10**9") -> outcomes by the name of the exercise."""
    from grader.course.load import load_course

    root = tmp_path_factory.mktemp("numbers")
    ids = [line.split("id: ")[1].split(",")[0] for line in COURSE.splitlines() if "id: u01." in line]
    files = {
        "course.yml": COURSE,
        "solutions/u01_numbers/numbers.py": SOLUTION,
        "solutions/u01_numbers/hints.md": "\n".join(f"## {id}\n1. a\n2. b\n3. c\n" for id in ids),
        "solutions/u01_numbers/test_hidden_numbers.py": HIDDEN,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    (root / "exercises/u01_numbers").mkdir(parents=True)
    catalogue = load_course(root / "course.yml")
    write(catalogue)

    def run(**bodies):
        text = SOLUTION.lstrip("\n")
        for name, body in bodies.items():
            before, _, rest = text.partition(f"def {name}(")
            head, _, rest = rest.partition("# BEGIN SOLUTION\n")
            text = f"{before}def {name}({head}{body}\n{rest.partition('# END SOLUTION')[2]}"
        (result,) = pool.run([Job("student", "u01", {"u01_numbers/numbers.py": text})])
        return {outcome.exercise.partition(".")[2]: outcome for outcome in result.outcomes}

    try:
        with Pool(catalogue, Seed("a seed for the tests only"), workers=1) as pool:
            yield run
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")


def test_a_test_that_makes_as_much_as_it_is_told_runs_out_of_memory_and_costs_one_exercise(examine):
    outcomes = examine(sized="return 10**9")
    assert outcomes["sized"].verdict is Verdict.TOO_MUCH_MEMORY
    assert outcomes["sized"].finding.what == "a test ran out of memory with this result"
    assert outcomes["last"].verdict is Verdict.RIGHT


def test_a_test_that_counts_as_far_as_it_is_told_is_stopped_each_time(examine):
    """It is no exercise's first run in its worker, so it is repeated in a fresh one."""
    outcomes = examine(looped="return 10**18")
    assert outcomes["looped"].verdict is Verdict.TOO_SLOW
    assert "could not come to an end" in outcomes["looped"].finding.what
    assert outcomes["last"].verdict is Verdict.RIGHT


def test_who_clears_an_argument_does_not_choose_what_is_expected(examine):
    outcomes = examine(changed="x[...] = 0.0; return x.copy()", kept="x[...] = 0.0; return x")
    assert outcomes["changed"].verdict is Verdict.WRONG
    assert [test.verdict for test in outcomes["kept"].tests] == [Verdict.WRONG] * 2


def test_who_works_in_place_is_right_but_where_that_is_asked_about(examine):
    outcomes = examine(changed="x *= 2.0; return x", kept="x *= x; return x")
    assert outcomes["changed"].verdict is Verdict.RIGHT
    assert [test.verdict for test in outcomes["kept"].tests] == [Verdict.RIGHT, Verdict.WRONG]
    assert outcomes["kept"].finding.what == "x was changed"


def test_what_an_example_asked_for_and_never_read_is_not_the_next_ones(examine):
    """The finding is that of the example itself, and no answer that changes its mind."""
    finding = examine()["drawn"].finding
    assert finding.what == "the sum is wrong"


def test_a_test_that_fails_does_not_ask_the_student_how_to_print(examine):
    """Hypothesis prints the arguments of a failed example, the student's module among them."""
    asked = "\n_repr_pretty_ = lambda *args: 1\n"
    assert examine(__add__=f"return Box(0.0)\n{asked}")["drawn"].verdict is Verdict.WRONG


def forked(play):
    """What `play` came to in a process of its own: its exit status as `os.waitpid` gives it."""
    pid = os.fork()
    if not pid:
        code = 99
        try:
            code = play()
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def test_a_single_step_without_end_ends_the_process(monkeypatch):
    monkeypatch.setattr(bounded, "SPARE", 0.05)
    monkeypatch.setattr(bounded, "LAST_SPARE", 0.2)

    def play():
        with own_seconds(0.0, Bounds()), a_test():
            sum(range(10**12))
        return 0

    status = forked(play)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGPROF


def test_what_is_raised_where_it_is_lost_is_raised_again(monkeypatch, capfd):
    monkeypatch.setattr(bounded, "SPARE", 0.02)
    monkeypatch.setattr(bounded, "AGAIN", 0.02)

    class Slow:
        def __del__(self):
            while True:
                pass

    def play():
        try:
            with own_seconds(0.0, bounds := Bounds()), a_test():
                Slow()
                while True:
                    pass
        except TooSlow:
            return 7 if bounds.broken else 8

    assert os.WEXITSTATUS(forked(play)) == 7


def test_nothing_is_raised_outside_a_test(monkeypatch):
    """The examiner's own steps become no verdict: raised there, it would cost the whole unit."""
    monkeypatch.setattr(bounded, "SPARE", 0.02)
    monkeypatch.setattr(bounded, "AGAIN", 0.02)
    import time

    with own_seconds(0.0, bounds := Bounds()):
        begin = time.process_time()
        while time.process_time() - begin < 0.1:
            pass
    assert not bounds.broken


def test_memory_is_bounded_in_the_block_only(monkeypatch):
    before = resource.getrlimit(resource.RLIMIT_DATA)

    def play():
        with own_seconds(10.0, Bounds()):
            try:
                bytearray(2 * bounded.MEMORY)
            except MemoryError:
                pass
            else:
                return 1
            with not_inherited():
                if resource.getrlimit(resource.RLIMIT_DATA)[0] != before[1]:
                    return 2
        return 3 if resource.getrlimit(resource.RLIMIT_DATA) != before else 0

    assert os.WEXITSTATUS(forked(play)) == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), TooMuchMemory),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), TooMuchMemory),
        (RuntimeError("x"), RuntimeError),
        (TooSlow("x"), TooSlow),
    ],
)
def test_a_lack_of_memory_is_a_verdict_in_the_grader_only(error, kind):
    assert judged(error) is error
    with own_seconds(10.0, bounds := Bounds()):
        assert type(judged(error)) is kind
    assert bounds.broken is (kind is TooMuchMemory)
