"""Our markers become nbgrader's, and what nbgrader leaves is the stub."""

import ast
from pathlib import Path

import pytest

from grader.course.load import load_course
from grader.errors import CourseError
from grader.release.notebook_chunks import last_needed, pieces
from grader.release.notebook_regions import cleared, marked
from grader.release.stub import make_stub

ROOT = Path(__file__).parents[2]
HELPER_FIRST = '''
import math


# BEGIN SOLUTION
TABLE = """
    kept as it is
"""


def helper(x):
    return x + math.pi
# END SOLUTION


def answer(x):
    """Doc."""
    # BEGIN SOLUTION
    return helper(x)
    # END SOLUTION


def given(x):
    return answer(x)
'''
IN_A_CLASS = '''
class Box:
    """Doc."""

    def get(self):
        """Doc."""
        # BEGIN SOLUTION
        return self._inner()
        # END SOLUTION

    # BEGIN SOLUTION
    def _inner(self):
        return 1
    # END SOLUTION

    def given(self):
        return self.get()
'''
BARE_CLASS = '''
class Box:
    """Doc."""

    # BEGIN SOLUTION
    def get(self):
        return 1
    # END SOLUTION


def answer():
    # BEGIN SOLUTION
    return 1
    # END SOLUTION
'''


@pytest.mark.parametrize("source", [HELPER_FIRST, IN_A_CLASS], ids=["file", "class"])
def test_a_block_between_functions_goes_behind_a_functions_block(source):
    text = marked(source, "x.py")
    assert "# BEGIN SOLUTION" in text
    assert text.count("### BEGIN SOLUTION") == 1, "nbgrader would leave an error in the place of a second one"
    assert ast.dump(ast.parse(cleared(text))) == ast.dump(ast.parse(make_stub(source, "x.py")))


def test_a_moved_block_still_works():
    names = {}
    exec(marked(HELPER_FIRST, "x.py"), names)
    assert names["given"](0) == pytest.approx(3.14159265)
    assert names["TABLE"] == "\n    kept as it is\n"


def test_a_class_whose_body_is_the_solution_is_refused_with_its_line():
    with pytest.raises(CourseError, match=r"x\.py:5: nbgrader would put"):
        marked(BARE_CLASS, "x.py")


def test_every_unit_of_the_course_can_be_released():
    catalogue = load_course(ROOT / "course.yml")
    for unit in catalogue.units:
        path = catalogue.solution_file(unit)
        text = marked(path.read_text(encoding="utf-8"), str(path))
        found = pieces(text, unit)
        together = ast.dump(ast.parse("\n".join(piece.text for piece in found)))
        assert together == ast.dump(ast.parse(text)), "cutting loses nothing, and cuts no statement"
        owned = {id for piece in found for id in piece.owners if piece.is_answer}
        assert owned == {exercise.id for exercise in unit.exercises}
        assert not any(piece.owners for piece in found if not piece.is_answer)


def test_tests_stand_behind_all_that_they_need():
    catalogue = load_course(ROOT / "course.yml")
    unit = catalogue.unit("u05")
    path = catalogue.solution_file(unit)
    found = pieces(marked(path.read_text(encoding="utf-8"), str(path)), unit)
    order = next(at for at, piece in enumerate(found) if "topological_order" in piece.binds)
    value = next(at for at, piece in enumerate(found) if "Value" in piece.binds)
    assert value < order
    assert last_needed(found, {"u05.backward"}) == order, "backward calls a function that stands below it"
    assert last_needed(found, {"u05.value_mlp"}) == len(found) - 1


def test_the_stub_that_nbgrader_writes_is_no_answer():
    from grader.course.symbols import unchanged

    ours = 'def f(x):\n    """Doc."""\n    raise NotImplementedError\n'
    theirs = 'def f(x):\n    """Doc."""\n    # YOUR CODE HERE\n    raise NotImplementedError()\n'
    said = 'def f(x):\n    raise NotImplementedError("not today")\n'
    assert unchanged(theirs, ours, ["f"])
    assert not unchanged(said, ours, ["f"])
