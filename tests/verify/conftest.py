"""A small sound course, written into a folder, to be broken on purpose: two exercises in one file."""

from pathlib import Path
from typing import ClassVar

import pytest

from grader.course.load import load_course
from grader.course.symbols import unchanged
from grader.engine.pool import JobResult
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.examine.seed import Seed
from grader.gradcheck.message import Finding
from grader.release.publish import write
from grader.verify.run import prove

FILES = {
    "course.yml": """\
id: tiny
title: A tiny course
version: "1"
limits: {seconds: 2, memory_mb: 256}
units:
  - id: u01
    title: Two functions
    folder: u01_pair
    exercises:
      - {id: u01.double, title: Twice, symbols: [double], points: 1, minutes: 5}
      - id: u01.fourth
        title: Four times
        symbols: [fourth]
        points: 2
        needs: [u01.double]
        minutes: 5
  - {id: u07, title: Announced only, folder: u07_later}
""",
    "exercises/pytest.ini": "[pytest]\n",
    "exercises/README.md": "Work here.\n",
    "exercises/u01_pair/README.md": "# Pair\n\n`double` and then `fourth`. ![a line](line.svg)\n",
    "exercises/u01_pair/test_pair.py": '''\
from grader.testing import assert_close, exercise


@exercise("u01.double")
def test_double_of_three(student):
    """Twice three is six."""
    assert_close(student.double(3.0), 6.0, of="the double", suspects={"it is squared": 9.0})


@exercise("u01.fourth")
def test_fourth_of_three(student):
    """Four times three is twelve."""
    assert_close(student.fourth(3.0), 12.0, of="the result")
''',
    "solutions/u01_pair/pair.py": '''\
"""Two functions."""

import numpy as np


def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return x * 2
    # END SOLUTION


def fourth(x):
    """Four times x, by doubling twice."""
    # BEGIN SOLUTION
    once = double(x)
    twice = double(once)
    return np.float64(twice)
    # END SOLUTION
''',
    "solutions/u01_pair/picture.py": """\
def draw():
    return {"line.svg": '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0 L1 1"/></svg>'}
""",
    "solutions/u01_pair/test_hidden_pair.py": '''\
from grader.testing import assert_close, exercise


@exercise("u01.double", weight=2)
def test_hidden_double_of_random_numbers(student, rng, reference):
    """Twice a number."""
    x = rng.uniform(3, 4)
    yours = student.double(x)
    assert_close(yours, reference.double(x), of="the double", suspects={"it is squared": x * x})


@exercise("u01.double")
def test_hidden_double_of_zero(student):
    """Twice zero is zero."""
    assert_close(student.double(0.0), 0.0, of="the double")


@exercise("u01.fourth")
def test_hidden_fourth_of_random_numbers(student, rng):
    """Four times a number."""
    x = rng.uniform(3, 4)
    assert_close(student.fourth(x), 4 * x, of="the result")


@exercise("u01.fourth")
def test_hidden_fourth_of_zero(student):
    """Four times zero is zero."""
    assert_close(student.fourth(0.0), 0.0, of="the result")
''',
    "solutions/u01_pair/wrong_pair.py": '''\
from grader.verify.bank import wrong


@wrong("u01.double", diagnosis="it is squared")
def double(x):
    """Squares."""
    return x * x


@wrong("u01.double")
def double(x):
    """Gives x back."""
    return x


@wrong("u01.double")
def double(x):
    """Forgets to return."""
    x * 2


@wrong("u01.fourth")
def fourth(x):
    """Doubles once."""
    return np.float64(double(x))


@wrong("u01.fourth")
def fourth(x):
    """Adds four."""
    return np.float64(x + 4)


@wrong("u01.fourth")
def fourth(x):
    """Doubles three times."""
    return np.float64(double(double(double(x))))
''',
    "solutions/u01_pair/right_pair.py": '''\
import math

from grader.verify.bank import right


def _plus(a, b):
    return a + b


@right("u01.double")
def double(x):
    """Adds."""
    return _plus(x, x)


@right("u01.double")
def double(x):
    """Twice, from the left."""
    return 2 * x


@right("u01.fourth")
def fourth(x):
    """All at once."""
    return np.float64(math.prod((4, x)))


@right("u01.fourth")
def fourth(x):
    """Doubles the sum."""
    return np.float64(double(x) + double(x))
''',
    "solutions/u01_pair/hints.md": """\
# Hints

## u01.double

1. What is twice?
2. Multiply.
3. By two.

## u01.fourth

1. Twice, and again.
2. Use `double`.
3. On its own result.
""",
}


class TinyCourse:
    """The course in a folder, with edits as words: where the file is, what becomes what."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.put(name, text)
        self.publish()

    def put(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        self.put(name, text.replace(old, new))

    def publish(self) -> None:
        write(self.catalogue)

    def drop(self, name: str) -> None:
        (self.root / name).unlink()

    @property
    def file(self) -> Path:
        return self.root / "course.yml"

    @property
    def catalogue(self):
        return load_course(self.file)


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> TinyCourse:
    """A sound course, and the working folder in it, so that places read as an author types them."""
    monkeypatch.chdir(tmp_path)
    return TinyCourse(tmp_path)


class FakePool:
    """Answers every job as a sound course would, without running anything; `said` overrules it.

    said: {(start of the case's id, or the exercise of a tripwire; exercise; in process?): outcome}
    """

    said: ClassVar[dict] = {}
    jobs: ClassVar[list] = []
    asked: ClassVar[dict] = {}
    before: ClassVar[dict] = {}
    facts: ClassVar[dict] = {"sandbox": "fake"}

    def __init__(self, catalogue, seed, backend=None, device="cpu", units=()):
        self.catalogue, self.here = catalogue, backend is not None
        if device != "cpu":
            self.facts = {"sandbox": "unsafe", "device": device}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def run(self, jobs):
        for job in reversed(list(jobs)):  # the order of completion is nobody's promise
            self.jobs.append((job.submission, job.unit, self.here))
            self.asked.setdefault((job.submission, self.here), job.exercises)
            self.before[job.submission, job.unit] = job.before
            unit = self.catalogue.unit(job.unit)
            yield JobResult(
                job.submission,
                job.unit,
                tuple(
                    self.outcome(job, unit, e) for e in unit.exercises if e.id in (job.exercises or {e.id})
                ),
            )

    def outcome(self, job, unit, exercise):
        for (start, id, here), outcome in self.said.items():
            if job.submission.startswith(start) and id == exercise.id and here in (None, self.here):
                return outcome
        kind = job.submission.partition(" ")[0]
        if kind in ("stub", "touched", "none", "error"):
            return _outcome(exercise.id, Verdict.TODO)
        solution = self.catalogue.solution_file(unit).read_text(encoding="utf-8")
        source = job.sources[unit.file]
        if kind not in ("solution", "right") and not unchanged(source, solution, exercise.symbols):
            named = kind == "wrong" and "x * x" in source
            return _outcome(exercise.id, Verdict.WRONG, "it is squared" if named else "")
        return _outcome(exercise.id, Verdict.RIGHT)


def _outcome(exercise, verdict, diagnosis="", tests=()):
    """The outcome of one exercise with one public and one hidden test, or with the tests given."""
    finding = None if verdict is Verdict.RIGHT else Finding(what="the result is off", diagnosis=diagnosis)
    name = exercise.partition(".")[2]
    tests = tests or (
        TestOutcome(f"test_pair::test_{name}_of_three", "One.", True, 1.0, verdict, finding),
        TestOutcome(f"test_hidden_pair::test_hidden_{name}_of_zero", "Two.", False, 1.0, verdict, finding),
    )
    return ExerciseOutcome(exercise, verdict, tests, finding)


@pytest.fixture
def outcome_of():
    return _outcome


@pytest.fixture
def pool(monkeypatch):
    """No processes: `pool.said` tells what the runs show, `pool.jobs` what was asked."""
    monkeypatch.setattr("grader.verify.run.Pool", FakePool)
    needed = {("u01.double", "u01.fourth", None): _outcome("u01.fourth", Verdict.CRASHED)}
    monkeypatch.setattr(FakePool, "said", needed)
    monkeypatch.setattr(FakePool, "jobs", [])
    monkeypatch.setattr(FakePool, "asked", {})
    monkeypatch.setattr(FakePool, "before", {})
    return FakePool


DEMO = Seed("demo", demo=True)


@pytest.fixture
def broken(tiny, pool):
    """The lines of the broken claims of the tiny course, as `kata verify` prints them."""

    def lines(*wanted, seed=DEMO):
        return [str(claim) for claim in prove(tiny.catalogue, tiny.file, wanted, seed).broken]

    return lines
