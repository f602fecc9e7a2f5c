"""What a job may ask for beyond its unit: some exercises, another seed, another device."""

from dataclasses import replace

import pytest

from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.examine.device import Device
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed

SLOPE = "return (y1 - y0) / (x1 - x0)"
DRAWN = "return x - f(x) / central_difference(f, x)"
SHOWN = DRAWN.replace("x - f", "f(x) if x != 3.0 else x - f")  # the wrong result is what the seed drew


def ids(result):
    return [outcome.exercise for outcome in result.outcomes]


@pytest.mark.parametrize("source", ["right", "leaves"])
def test_only_the_exercises_that_are_asked_for(pool, job, source):
    asked = {"u01.newton_step", "u01.central_difference"}
    (result,) = pool.run([replace(job(source), exercises=frozenset(asked))])
    assert ids(result) == ["u01.central_difference", "u01.newton_step"]


def test_a_lost_process_says_so_for_what_was_asked(pool, job, monkeypatch):
    monkeypatch.setattr("grader.engine.process.GradingProcess.receive", lambda process: None)
    (result,) = pool.run([replace(job("lost"), exercises=frozenset({"u01.slope"}))])
    assert [(o.exercise, o.verdict) for o in result.outcomes] == [("u01.slope", Verdict.GRADER_ERROR)]


def yours(result):
    (outcome,) = result.outcomes
    return [test.finding.yours for test in outcome.tests if test.finding and not test.public]


def test_a_job_brings_its_own_seed_and_leaves_none_behind(pool, job):
    plain = replace(job("drawn", (DRAWN, SHOWN)), exercises=frozenset({"u01.newton_step"}))
    one, two = (replace(plain, seed=Seed(f"another seed, number {n}")) for n in (1, 2))
    results = [next(iter(pool.run([asked]))) for asked in (plain, one, two, one, plain)]
    drawn = [yours(result) for result in results]
    assert drawn[0] == drawn[4]
    assert drawn[1] == drawn[3]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]
    assert [result.seed for result in results] == [None, one.seed, two.seed, one.seed, None]


def test_the_facts_name_the_device_where_it_is_not_the_usual_one(plain):
    seed = Seed("a seed for the tests only")
    assert "device" not in Pool(plain, seed, rung="unsafe").facts
    assert Pool(plain, seed, rung="unsafe", device=Device.CUDA).facts["device"] == "cuda"


COURSE = """\
id: placed
title: A course that asks where it runs
version: "1"
limits: {seconds: 2, memory_mb: 256}
units:
  - id: u01
    title: One
    folder: u01_one
    exercises:
      - {id: u01.one, title: One, symbols: [one], points: 1}
"""
TEST = """\
from grader.testing import assert_equal, exercise


@exercise("u01.one")
def test_place{number}(student, device):
    assert_equal((student.one(), device), (1, "cuda"), of="one, and the device")
"""
ONE = "def one():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"


@pytest.mark.parametrize(("device", "verdict"), [("cuda", Verdict.RIGHT), ("cpu", Verdict.WRONG)])
def test_the_fixture_device_says_what_the_pool_was_told(tmp_path, device, verdict):
    for name, text in {
        "course.yml": COURSE,
        "exercises/u01_one/test_one.py": TEST.format(number=1),
        "solutions/u01_one/one.py": ONE,
        "solutions/u01_one/test_hidden_one.py": TEST.format(number=2),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    catalogue = load_course(tmp_path)
    with Pool(catalogue, Seed("a seed for the tests only"), rung="unsafe", workers=1, device=device) as pool:
        (result,) = pool.run([Job("somebody", "u01", {"u01_one/one.py": ONE})])
    assert [outcome.verdict for outcome in result.outcomes] == [verdict]
