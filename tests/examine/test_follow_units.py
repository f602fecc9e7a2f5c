"""Follow-through from unit to unit: a file that imports an earlier one is not worth less for its mistakes."""

import sys
import textwrap

import pytest

from grader.api import Grader
from grader.course.load import load_course
from grader.examine.outcome import Verdict
from grader.release.publish import write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")

COURSE = """
id: steps
title: Two files
version: "1"
limits: {seconds: 1, memory_mb: 128}
units:
  - id: u01
    title: One
    folder: u01_one
    exercises:
      - {id: u01.scale, title: Scale, symbols: [scale], points: 1, minutes: 1}
      - {id: u01.grow, title: Grow, symbols: [grow], points: 1, minutes: 1}
  - id: u02
    title: Two
    folder: u02_two
    exercises:
      - {id: u02.total, title: Total, symbols: [total], points: 1, minutes: 1, needs: [u01.scale]}
      - {id: u02.train, title: Train, symbols: [train], points: 1, minutes: 1, needs: [u01.grow, u02.total]}
      - {id: u02.alone, title: Alone, symbols: [alone], points: 1, minutes: 1}
"""
ONE = '''
"""One."""


def scale(x, by):
    """x * by"""
    # BEGIN SOLUTION
    return _twice(x) * by / 2
    # END SOLUTION


# BEGIN SOLUTION
def _twice(x):
    return 2 * x
# END SOLUTION


def grow(params, rate):
    """Add the rate to every array, in place."""
    # BEGIN SOLUTION
    for value in params.values():
        value += rate
    # END SOLUTION
'''
TWO = '''
"""Two."""

from u01_one.one import grow, scale


def total(values, by):
    """The sum of all, scaled."""
    # BEGIN SOLUTION
    return sum(scale(value, by) for value in values)
    # END SOLUTION


def train(params, steps):
    """Grow so many times, and add it all up."""
    # BEGIN SOLUTION
    for _ in range(steps):
        grow(params, 0.5)
    return total([float(value.sum()) for value in params.values()], 1.0)
    # END SOLUTION


def alone(x):
    """x + 1"""
    # BEGIN SOLUTION
    return x + 1
    # END SOLUTION
'''
TESTS_ONE = '''
import numpy as np
from grader.testing import assert_close, exercise


@exercise("u01.scale")
def test_scale(student, rng):
    """Three times."""
    x = float(rng.uniform(1, 2))
    assert_close(student.scale(x, 3.0), 3 * x, of="scale(x, 3)")


@exercise("u01.grow", in_place=True)
def test_grow(student, rng):
    """By a half."""
    params = {"w": rng.uniform(1, 2, 3)}
    expected = params["w"] + 0.5
    student.grow(params, 0.5)
    assert_close(params["w"], expected, of="w")
'''
TESTS_TWO = '''
import numpy as np
from grader.testing import assert_close, exercise


@exercise("u02.total")
def test_total(student, rng):
    """Twice each."""
    values = rng.uniform(1, 2, 3).tolist()
    assert_close(student.total(values, 2.0), 2 * sum(values), of="the total")


@exercise("u02.train", in_place=True)
def test_train(student, rng):
    """Three steps."""
    params = {"w": rng.uniform(1, 2, 3), "b": rng.uniform(1, 2, 2)}
    expected = sum(float(value.sum()) for value in params.values()) + 1.5 * 5
    assert_close(student.train(params, 3), expected, of="the total")


@exercise("u02.alone")
def test_alone(student, rng):
    """One more."""
    x = float(rng.uniform(1, 2))
    assert_close(student.alone(x), x + 1, of="alone(x)")
'''
FIRST, SECOND = "u01_one/one.py", "u02_two/two.py"
GOOD = {FIRST: ONE, SECOND: TWO}
ALL_RIGHT = "RRR"
LETTERS = {
    Verdict.RIGHT: "R",
    Verdict.WRONG: "W",
    Verdict.NOT_CHECKED: "N",
    Verdict.CRASHED: "C",
}


def hints(*ids):
    return "".join(f"## {id}\n\n1. One.\n2. Two.\n3. Three.\n\n" for id in ids)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("steps")
    files = {
        "course.yml": COURSE,
        f"solutions/{FIRST}": ONE,
        f"solutions/{SECOND}": TWO,
        "solutions/u01_one/test_hidden_one.py": TESTS_ONE,
        "solutions/u02_two/test_hidden_two.py": TESTS_TWO,
        "solutions/u01_one/hints.md": hints("u01.scale", "u01.grow"),
        "solutions/u02_two/hints.md": hints("u02.total", "u02.train", "u02.alone"),
        "exercises/u01_one/test_one.py": "",
        "exercises/u02_two/test_two.py": "",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write(load_course(root))
    return root


@pytest.fixture(scope="module")
def grader(course):
    with Grader(course) as grader:
        yield grader


def spoiled(old, new, file=FIRST):
    assert GOOD[file].count(old) == 1
    return GOOD | {file: GOOD[file].replace(old, textwrap.dedent(new))}


def second(records):
    """The verdicts of unit 2 in letters, and what each was followed through."""
    own = [record for record in records if record.exercise.startswith("u02")]
    letters = "".join(LETTERS.get(record.verdict, "?") for record in own)
    return letters, {record.exercise: record.followed for record in own if record.followed}


SCALE_WRONG = ("_twice(x) * by / 2", "_twice(x) * by")
GROW_WRONG = ("value += rate", "value -= rate")


def test_a_good_one_is_right_by_itself(grader):
    assert second(grader.grade(GOOD)) == (ALL_RIGHT, {})


def test_what_imports_a_wrong_function_is_right_with_the_reference_in_its_place(grader):
    letters, followed = second(grader.grade(spoiled(*SCALE_WRONG)))
    assert letters == ALL_RIGHT
    assert followed == {"u02.total": ("u01.scale",), "u02.train": ("u01.scale",)}


def test_a_stand_in_works_in_place(grader):
    letters, followed = second(grader.grade(spoiled(*GROW_WRONG)))
    assert (letters, followed) == (ALL_RIGHT, {"u02.train": ("u01.grow",)})


@pytest.mark.parametrize(
    ("how", "name"),
    [("import u01_one.one as first", "first.grow"), ("from u01_one import one", "one.grow")],
)
def test_however_it_is_imported(grader, how, name):
    sources = spoiled(*GROW_WRONG)
    text = TWO.replace("import grow, scale", f"import scale\n{how}").replace(
        "grow(params, 0.5)", f"{name}(params, 0.5)"
    )
    assert second(grader.grade(sources | {SECOND: text})) == (ALL_RIGHT, {"u02.train": ("u01.grow",)})


def test_what_is_wrong_itself_stays_wrong(grader):
    sources = spoiled(*GROW_WRONG) | {SECOND: TWO.replace("range(steps)", "range(steps - 1)")}
    records = grader.grade(sources)
    assert second(records)[0] == "RWR"
    (train,) = [record for record in records if record.exercise == "u02.train"]
    assert "it is wrong too when the course's own u01.grow stands in for yours" in train.finding.what


def test_a_file_that_was_not_handed_in_counts_as_untouched(grader):
    records = grader.grade({SECOND: TWO})
    assert [record.verdict for record in records[:2]] == [Verdict.TODO, Verdict.TODO]
    letters, followed = second(records)
    assert letters == ALL_RIGHT
    assert followed["u02.train"] == ("u01.scale", "u01.grow")


def test_a_file_that_cannot_be_read_leaves_what_imports_it_unchecked(grader):
    letters, _ = second(grader.grade(GOOD | {FIRST: "def scale(:\n"}))
    assert letters == "NNC"


def test_one_unit_alone_is_followed_through_too(course, grader):
    with Grader(course, units=["u02"]) as alone:
        records = alone.grade(spoiled(*GROW_WRONG))
    assert {record.exercise for record in records} == {"u02.total", "u02.train", "u02.alone"}
    assert second(records) == (ALL_RIGHT, {"u02.train": ("u01.grow",)})
    everything = grader.grade(spoiled(*GROW_WRONG))
    assert [r.points for r in records] == [r.points for r in everything if r.exercise.startswith("u02")]
