"""What holds for every lesson."""

import pytest
from kata_lessons import ROOT, table

from grader.course.load import load_course


@pytest.mark.parametrize("unit", load_course(ROOT).units, ids=lambda unit: unit.id)
def test_minutes_and_difficulty_are_those_of_the_course(unit):
    text = load_course(ROOT).lesson(unit).read_text(encoding="utf-8")
    said = {
        row["exercise"].strip("`"): (int(row["minutes"]), int(row["difficulty"]))
        for row in table(text, "exercise")
    }
    assert said == {e.name: (e.minutes, e.difficulty) for e in unit.exercises}
