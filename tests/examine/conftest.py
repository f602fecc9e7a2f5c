"""A small odd course, written to a temporary folder, and a pool that examines students of it."""

import textwrap

import pytest

from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.errors import SandboxError
from grader.examine.seed import Seed
from grader.release.publish import write

SEED = Seed("a seed for the tests only")

COURSE = """
id: odd
title: Tests that do odd things
version: "1"
limits: {seconds: 1, memory_mb: 128}
units:
  - id: u01
    title: Odd
    folder: u01_odd
    exercises:
      - {id: u01.plus, title: Plus, symbols: [plus], points: 1, minutes: 1}
      - {id: u01.shares, title: Shares, symbols: [shares], points: 1, minutes: 1}
      - {id: u01.pair, title: Pair, symbols: [pair], points: 1, minutes: 1}
      - {id: u01.mean, title: Mean, symbols: [mean], points: 1, minutes: 1, needs: [u01.plus]}
      - {id: u01.literal, title: Literal, symbols: [literal], points: 1, minutes: 1}
      - {id: u01.drawn, title: Drawn, symbols: [drawn], points: 1, minutes: 1}
      - {id: u01.careful, title: Careful, symbols: [careful], points: 1, minutes: 1}
      - {id: u01.broken, title: Broken, symbols: [broken], points: 1, minutes: 1}
      - {id: u01.skipped, title: Skipped, symbols: [skipped], points: 1, minutes: 1}
      - {id: u01.last, title: Last, symbols: [last], points: 1, minutes: 1}
  - id: u02
    title: Later
    folder: u02_later
    exercises:
      - {id: u02.twice, title: Twice, symbols: [twice], points: 1, minutes: 1, needs: [u01.plus]}
"""

SOLUTION = '''
"""The reference."""


def plus(a, b):
    """a + b"""
    # BEGIN SOLUTION
    return a + b
    # END SOLUTION


def shares(n):
    """n"""
    # BEGIN SOLUTION
    return n
    # END SOLUTION


def pair(x):
    """(x, [x])"""
    # BEGIN SOLUTION
    return (x, [x])
    # END SOLUTION


def mean(x):
    """The mean of an array."""
    # BEGIN SOLUTION
    total = 0.0
    for value in x.ravel():
        total = plus(total, value)
    return float(total / x.size)
    # END SOLUTION


def literal(x):
    """3 x"""
    # BEGIN SOLUTION
    return 3.0 * x
    # END SOLUTION


def drawn(x):
    """x x, entry by entry"""
    # BEGIN SOLUTION
    return x * x
    # END SOLUTION


def careful(x):
    """x"""
    # BEGIN SOLUTION
    return x
    # END SOLUTION


def broken(x):
    """x"""
    # BEGIN SOLUTION
    return x
    # END SOLUTION


def skipped(x):
    """x"""
    # BEGIN SOLUTION
    return x
    # END SOLUTION


def last(x):
    """x"""
    # BEGIN SOLUTION
    return x
    # END SOLUTION
'''

HIDDEN = '''
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.errors import KataError
from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail


@exercise("u01.plus", weight=3)
def test_a_sum(student, rng):
    """A sum of two random numbers."""
    a, b = (float(v) for v in rng.uniform(1, 5, 2))
    assert_close(student.plus(a, b), a + b, of="the sum", called="plus(a, b)")


@exercise("u01.shares", weight=6)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_three_cases(student, n):
    """Three cases share one weight."""
    assert_equal(student.shares(n), n, of="n")


@exercise("u01.shares", weight=2)
def test_one_case(student):
    """One case."""
    assert_equal(student.shares(9), 9, of="n")


@exercise("u01.pair")
def test_what_is_inside(student):
    """The test reaches into the result without looking first."""
    result = student.pair(5)
    assert_equal(result[1][0], 5, of="result[1][0]")
    assert result[0] + 0 == 5, "the first part should be 5"


@exercise("u01.mean", weight=2)
def test_means(student, rng):
    """The mean of random numbers."""
    x = rng.normal(size=(3, 5))
    assert_close(student.mean(x), float(x.mean()), of="the mean")


@exercise("u01.literal")
def test_literally_two(student):
    """Two, literally."""
    assert_close(student.literal(2.0), 6.0, of="the product", called="literal(2.0)")


@exercise("u01.literal")
def test_literally_five(student):
    """Five, literally."""
    assert_close(student.literal(5.0), 15.0, of="the product", called="literal(5.0)")


@exercise("u01.drawn")
@given(hnp.arrays(float, (3, 2), elements=st.floats(-4, 4)))
def test_squares(student, x):
    """Squares of what Hypothesis draws; its first draw is always all zeros."""
    assert_gradient(student.drawn(x), x * x, of="dx", arguments={"x": x})


@exercise("u01.careful")
def test_with_rng(student, rng):
    """The argument comes back."""
    x = rng.normal(size=(4,))
    assert_close(student.careful(x), x, of="x", called="careful(x)", arguments={"x": x})


@exercise("u01.broken")
def test_that_breaks_by_itself(student):
    """A test with a mistake in it."""
    student.broken(1)
    raise ZeroDivisionError("in the test")


@exercise("u01.skipped")
def test_left_out(student):
    """Left out."""
    pytest.skip("not today")


@exercise("u01.skipped")
@pytest.mark.xfail(reason="known")
def test_expected_to_fail(student):
    """Expected to fail."""
    assert_equal(student.skipped(1), 2, of="x")


@exercise("u01.last")
def test_the_last(student):
    """The last one."""
    assert_equal(student.last(7), 7, of="x")


many = [st.lists(each, min_size=9) for each in (st.integers(), st.floats(), st.text())]


@exercise("u01.last")
@given(*many)
def test_anything_drawn(student, numbers, xs, texts):
    """Whatever Hypothesis draws comes back."""
    assert_equal(student.last((numbers, xs, texts)), (numbers, xs, texts), of="x")
'''

PUBLIC = '''
from grader.testing import assert_equal, exercise

NAMES = "plus shares pair mean literal drawn careful broken skipped last"


@exercise("u01.plus")
def test_one_and_one(student):
    """1 + 1 is 2."""
    assert_equal(student.plus(1, 1), 2, of="the sum")
'''

LATER = '''
"""The reference."""

from u01_odd.odd import plus


def twice(x):
    """2 x"""
    # BEGIN SOLUTION
    return plus(x, x)
    # END SOLUTION
'''

LATER_HIDDEN = '''
from grader.testing import assert_equal, exercise


@exercise("u02.twice")
def test_twice(student):
    """Twice 3 is 6."""
    assert_equal(student.twice(3), 6, of="twice(3)")
'''


def write_course(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return load_course(root / "course.yml")


def hints_for(*ids):
    return "\n".join(f"## {id}\n1. a\n2. b\n3. c\n" for id in ids)


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    root = tmp_path_factory.mktemp("odd")
    ids = [line.split("id: ")[1].split(",")[0] for line in COURSE.splitlines() if "- {id: u01" in line]
    made = write_course(
        root,
        {
            "course.yml": COURSE,
            "solutions/u01_odd/odd.py": SOLUTION,
            "solutions/u01_odd/hints.md": hints_for(*ids),
            "solutions/u01_odd/test_hidden_odd.py": HIDDEN,
            "exercises/u01_odd/test_odd.py": PUBLIC,
            "solutions/u02_later/later.py": LATER,
            "solutions/u02_later/hints.md": hints_for("u02.twice"),
            "solutions/u02_later/test_hidden_later.py": LATER_HIDDEN,
        },
    )
    write(made)
    return made


@pytest.fixture(scope="session")
def pool(catalogue):
    try:
        with Pool(catalogue, SEED, workers=1) as opened:
            yield opened
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")


class Examined(dict):
    """Outcomes by the name of the exercise."""

    def __getattr__(self, name):
        return self[name]


@pytest.fixture(scope="session")
def examine(pool, catalogue):
    """examine(plus="return a - b") -> outcomes of a student whose other functions are the reference's.

    source: the whole file instead; files: other files, None to leave one out.
    """

    def run(source=None, *, unit="u01", files=None, top="", **bodies):
        sources = {u.file: catalogue.solution_file(u).read_text() for u in catalogue.units}
        text = sources["u01_odd/odd.py"] if source is None else textwrap.dedent(source)
        for name, body in bodies.items():
            text = replaced(text, name, textwrap.dedent(body))
        sources["u01_odd/odd.py"] = textwrap.dedent(top) + text
        sources |= files or {}
        job = Job("student", unit, {file: text for file, text in sources.items() if text is not None})
        (result,) = pool.run([job])
        assert (result.submission, result.unit) == ("student", unit)
        return Examined({outcome.exercise.partition(".")[2]: outcome for outcome in result.outcomes})

    return run


def replaced(text, name, body):
    """The file with another body between the markers of one function."""
    before, _, rest = text.partition(f"def {name}(")
    head, _, rest = rest.partition("    # BEGIN SOLUTION\n")
    _, _, after = rest.partition("    # END SOLUTION\n")
    return f"{before}def {name}({head}{textwrap.indent(body.strip(), '    ')}\n{after}"
