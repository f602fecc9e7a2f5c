"""hints.md: three hints for each exercise, and every mistake with its line."""

import pytest

from grader.errors import CourseError
from grader.release.hints import parse_hints

GOOD = """# Hints

Words for authors.

## u01.a
1. First.
2. Second,
   on two lines.

   ```
   ## code
   1. code
   ```
3. Third.

## u01.b
1. x
2. y
3. z
"""
IDS = ["u01.b", "u01.a"]


def test_hints_come_in_the_order_of_the_course_without_their_margin():
    assert parse_hints(GOOD, IDS, "hints.md") == {
        "u01.b": ["x", "y", "z"],
        "u01.a": ["First.", "Second,\non two lines.\n\n```\n## code\n1. code\n```", "Third."],
    }
    assert list(parse_hints(GOOD, IDS, "hints.md")) == IDS


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("3. z\n", "", "hints.md:16: u01.b has 2 hints, not 3"),
        ("3. z\n", "3. z\n4. zz\n", "hints.md:16: u01.b has 4 hints, not 3"),
        ("2. y", "3. y", "hints.md:18: hint 3 of u01.b stands where 2 belongs"),
        ("2. y", "2. ", "hints.md:18: hint 2 of u01.b is empty"),
        ("1. x", "Well\n1. x", "hints.md:17: text stands above the first hint of u01.b"),
        (
            "## u01.b",
            "## u01.a",
            "hints.md:1: u01.b has no hints\nhints.md:16: u01.a stands twice, first on line 5",
        ),
        (
            "## u01.b",
            "## u01.c",
            "hints.md:1: u01.b has no hints\nhints.md:16: u01.c is not an exercise of this unit",
        ),
    ],
)
def test_each_mistake_has_its_line(old, new, wrong):
    with pytest.raises(CourseError) as caught:
        parse_hints(GOOD.replace(old, new, 1), IDS, "hints.md")
    assert caught.value.rationale == wrong
    assert caught.value.help


def test_an_empty_file_lacks_every_hint():
    with pytest.raises(CourseError) as caught:
        parse_hints("", IDS, "hints.md")
    assert caught.value.rationale == "hints.md:1: u01.a has no hints\nhints.md:1: u01.b has no hints"
