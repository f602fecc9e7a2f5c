"""The seconds of a whole submission: tests just under their limit do not add up, and nobody else pays."""

from types import SimpleNamespace

import pytest

from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.errors import SandboxError
from grader.examine import allowance
from grader.examine.allowance import Allowance
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.release.publish import write

NAMES = ("one", "two", "three", "four", "five", "last")
COURSE = """\
id: slow
title: A course of seconds
version: "1"
limits: {seconds: 1, memory_mb: 64}
submission_seconds: 6
units:
  - id: u01
    title: Slow
    folder: u01_slow
    exercises:
""" + "".join(
    f"      - {{id: u01.{name}, title: {name}, symbols: [{name}], points: 1, minutes: 1}}\n" for name in NAMES
)
SOLUTION = "".join(
    f'def {name}():\n    """1."""\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n\n\n'
    for name in NAMES
)
TESTS = "from grader.testing import assert_equal, exercise\n" + "".join(
    f'\n\n@exercise("u01.{name}")\ndef test_{name}(student):\n    """It is 1."""\n'
    f'    assert_equal(student.{name}(), 1, of="{name}()")\n'
    for name in NAMES
)
POISON = """
def {name}():
    import time
    while time.process_time() - BEGAN.setdefault("{name}", time.process_time()) < 0.9:
        pass
    return 1 + len(BEGAN)
"""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    root = tmp_path_factory.mktemp("slow")
    for name, text in {
        "course.yml": COURSE,
        "solutions/u01_slow/slow.py": SOLUTION,
        "solutions/u01_slow/test_hidden_slow.py": TESTS,
        "solutions/u01_slow/hints.md": "\n".join(f"## u01.{name}\n1. a\n2. b\n3. c\n" for name in NAMES),
        "exercises/u01_slow/test_slow.py": TESTS.replace("def test_", "def test_public_"),
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    made = load_course(root)
    write(made)
    return made


@pytest.fixture
def clocks(monkeypatch):
    """The three clocks, in seconds: the student's and the grader's computing, and the one on the wall."""
    now = SimpleNamespace(student=0.0, grader=0.0, wall=0.0)
    fake = SimpleNamespace(process_time=lambda: now.grader, monotonic=lambda: now.wall)
    monkeypatch.setattr(allowance, "time", fake)
    return now


@pytest.fixture
def share(catalogue, clocks):
    unit = catalogue.units[0]
    made = Allowance(catalogue, unit, lambda: clocks.student)
    return SimpleNamespace(
        next=lambda at: made.next(unit.exercises[at]),
        seconds=lambda patience=1.0: made.limits(catalogue.course.limits, patience).seconds,
        cut=lambda: made.cut,
    )


def test_whoever_is_quick_gets_the_whole_limit_of_every_exercise(share, clocks):
    for at in range(len(NAMES)):
        share.next(at)
        assert share.seconds() == 1.0
        assert not share.cut()
        clocks.student += 0.01


def test_half_is_kept_evenly_for_those_to_come(share, clocks):
    share.next(0)
    clocks.student += 2.5
    assert share.seconds() == pytest.approx((6 - 2.5 - 5 * 0.5) / 2)
    share.next(1)
    assert share.seconds() == pytest.approx((6 - 2.5 - 4 * 0.5) / 2)
    assert share.cut()


@pytest.mark.parametrize("clock", ["student", "grader"])
def test_a_greedy_exercise_leaves_every_later_one_its_part(share, clocks, clock):
    for at in range(len(NAMES)):
        share.next(at)
        seconds = share.seconds()
        assert seconds >= 0.25  # half of a sixth of a half of 6 s, and half of that for a second run
        setattr(clocks, clock, getattr(clocks, clock) + seconds)
        setattr(clocks, clock, getattr(clocks, clock) + share.seconds())
    assert getattr(clocks, clock) <= 6


def test_sleeping_counts_too(share, clocks):
    share.next(0)
    clocks.wall += 4 * 3.0
    assert share.seconds() == pytest.approx((6 - 3 - 2.5) / 2)
    assert share.cut()


def test_patience_is_not_a_cut_but_its_end_is(share, clocks):
    share.next(0)
    assert share.seconds(3) == pytest.approx((6 - 2.5) / 2)
    assert not share.cut()
    clocks.student += 2
    assert share.seconds(3) < 1
    assert share.cut()


def test_the_share_of_a_unit_goes_by_its_limits(tmp_path, catalogue, clocks):
    text = COURSE + "  - id: u02\n    title: Two\n    folder: u02_two\n    exercises:\n"
    text += "      - {id: u02.x, title: x, symbols: [x], points: 9, limits: {seconds: 18, memory_mb: 64}}\n"
    (tmp_path / "course.yml").write_text(text)
    course = load_course(tmp_path)
    long = Allowance(course, course.units[1], lambda: 0.0)
    long.next(course.units[1].exercises[0])
    assert long.limits(course.limits("u02.x")).seconds == pytest.approx(6 * 18 / 24 / 2)


def test_slow_poison_ends_and_costs_only_itself(catalogue):
    """Five exercises that each compute for most of their limit, and one that is right."""
    text = "BEGAN = {}\n" + "".join(POISON.format(name=name) for name in NAMES[:-1])
    text += "\n\ndef last():\n    return 1\n"
    try:
        with Pool(catalogue, Seed("a seed for the tests only"), workers=1) as pool:
            (result,) = pool.run([Job("poisoner", "u01", {"u01_slow/slow.py": text})])
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")
    *poison, last = result.outcomes
    assert last.verdict is Verdict.RIGHT
    assert poison[0].verdict is Verdict.WRONG  # for it, there was time
    stopped = [outcome.finding.what for outcome in poison if outcome.verdict is Verdict.TOO_SLOW]
    assert "stopped early: this submission had used up most of the 6 s that it has in all" in stopped
