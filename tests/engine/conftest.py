"""The tiny course, and classes of students made of its reference solutions."""

from pathlib import Path

import msgspec
import pytest

from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.errors import SandboxError
from grader.examine.seed import Seed

TINY = Path(__file__).resolve().parent.parent / "tiny_course" / "course.yml"
SEED = Seed("a seed for the tests only")


QUICK = ("u01.slope", "u01.central_difference", "u01.make_adder", "u01.newton_step")


def part_of(tiny):
    unit = tiny.course.units[0]
    exercises = tuple(exercise for exercise in unit.exercises if exercise.id in QUICK)
    unit = msgspec.structs.replace(unit, exercises=exercises)
    return Catalogue(msgspec.structs.replace(tiny.course, units=(unit,)), tiny.root)


@pytest.fixture(scope="session")
def tiny():
    return load_course(TINY)


@pytest.fixture(scope="session")
def plain(tiny):
    """A quick part of the tiny course, without its torch unit, which takes seconds to warm up."""
    return part_of(tiny)


@pytest.fixture(scope="session")
def job(tiny):
    """job(name, (old, new), ..., unit="u01") -> a student who replaced lines of the reference."""

    def make(name, *changes, unit="u01"):
        sources = {unit.file: tiny.solution_file(unit).read_text() for unit in tiny.units}
        for old, new in changes:
            (file,) = [file for file, text in sources.items() if old in text]
            sources[file] = sources[file].replace(old, new)
        return Job(name, unit, sources)

    return make


SLOPE = "return (y1 - y0) / (x1 - x0)"
ADD = "return x + amount"


@pytest.fixture(scope="session")
def students(job):
    """A class: right, wrong in two ways, crashing, leaving, greedy, and one who hands in half a file."""
    return [
        job("right"),
        job("wrong", (SLOPE, "return (x1 - x0) / (y1 - y0) if y1 != y0 else 0.0")),
        job("crashes", (SLOPE, "return undefined")),
        job("leaves", (ADD, "import os; os._exit(0)")),
        job("greedy", (ADD, "return [0] * 10**10")),
        job("unfilled", (SLOPE, "raise NotImplementedError")),
        job("broken", (SLOPE, "return (")),
    ]


@pytest.fixture(scope="session")
def open_pool():
    """open_pool(catalogue, ...) -> a Pool, or the test is skipped with the reason."""

    def make(catalogue, **options):
        try:
            return Pool(catalogue, SEED, **options)
        except SandboxError as error:
            pytest.skip(f"no sandbox here: {error.rationale}")

    return make


@pytest.fixture(scope="session")
def pool(open_pool, plain):
    """One process that many tests share."""
    with open_pool(plain, workers=1) as opened:
        yield opened


@pytest.fixture(scope="session")
def shown():
    """shown(results) -> everything about them but their times, by student."""

    def show(results):
        return {result.submission: [_without_times(o) for o in result.outcomes] for result in results}

    return show


def _without_times(outcome):
    tests = [(t.name, t.title, t.public, t.share, t.verdict, t.finding) for t in outcome.tests]
    return outcome.exercise, outcome.verdict, outcome.finding, outcome.needs, tests


@pytest.fixture(scope="session")
def undisturbed(pool, students, shown):
    """What the class comes to when nothing goes wrong."""
    return shown(pool.run(students))
