"""What the proof by mutants changes, and what it leaves alone. Only where Cosmic Ray is installed."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray")
sys.path.insert(0, str(Path(__file__).parent))

from make_mutants import mutants

from grader.course.load import load_course

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made():
    catalogue = load_course(ROOT)
    return list(mutants(catalogue.unit("u01"), catalogue))


def test_each_is_other_code_in_a_line_that_students_write(made):
    source = (ROOT / "solutions/u01_slopes/slopes.py").read_text(encoding="utf-8").split("\n")
    assert len({mutant.text for mutant in made}) == len(made) > 50
    for mutant in made:
        changed = [
            at
            for at, (old, new) in enumerate(zip(source, mutant.text.split("\n"), strict=False), 1)
            if old != new
        ]
        assert mutant.line in changed
        assert mutant.was in source[mutant.line - 1]
        assert mutant.was != mutant.now


def test_each_belongs_to_the_exercise_whose_symbol_it_changes(made):
    by_place = {mutant.place: mutant.exercise for mutant in made}
    assert by_place["central_difference"] == "u01.central_difference"
    assert set(by_place.values()) >= {"u01.forward_difference", "u01.grad_check"}
