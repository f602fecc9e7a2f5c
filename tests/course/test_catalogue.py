"""What the catalogue answers, and the copy of it that students have."""

from pathlib import Path

import msgspec
import pytest

from grader.course.catalogue import RELEASED, Catalogue
from grader.course.model import Course, Exercise, Limits, Unit
from grader.errors import CourseError, UsageError


def exercise(id: str, *needs: str, limits: Limits | None = None) -> Exercise:
    return Exercise(id=id, title=id, symbols=(id[4:],), points=1, needs=needs, limits=limits)


U01 = Unit(
    id="u01",
    title="One",
    folder="u01_one",
    exercises=(
        exercise("u01.a"),
        exercise("u01.b", "u01.a"),
        exercise("u01.c", "u01.b", limits=Limits(seconds=1)),
        exercise("u01.d"),
    ),
)
PLANNED = Unit(id="u02", title="Two", folder="u02_two")
U03 = Unit(id="u03", title="Three", folder="u03_three", exercises=(exercise("u03.e", "u01.c"),))
COURSE = Course(id="tiny", title="Tiny", version="1", units=(U01, PLANNED, U03))


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(COURSE, Path("here"))


def test_units_without_exercises_are_planned_not_released(catalogue):
    assert [unit.id for unit in catalogue.units] == ["u01", "u03"]
    assert [e.id for e in catalogue.exercises] == ["u01.a", "u01.b", "u01.c", "u01.d", "u03.e"]
    assert catalogue.unit("u02") is PLANNED


def test_needs_are_followed_to_the_end_in_both_directions(catalogue):
    assert catalogue.needs_closure("u01.a") == frozenset()
    assert catalogue.needs_closure("u03.e") == {"u01.a", "u01.b", "u01.c"}
    assert catalogue.dependents("u01.a") == {"u01.b", "u01.c", "u03.e"}
    assert catalogue.dependents("u01.d") == frozenset()


def test_look_ups(catalogue):
    assert catalogue.unit("u01.c") is U01
    assert catalogue.unit_of_folder("u03_three") is U03
    assert catalogue.unit_of_folder("u09_none") is None
    assert catalogue.limits("u01.c").seconds == 1
    assert catalogue.limits("u01.a") == COURSE.limits
    assert catalogue.due("u01") is None


def test_an_unknown_id_suggests_the_nearest_and_shows_no_escapes(catalogue):
    with pytest.raises(UsageError) as caught:
        catalogue.exercise("u01.aa")
    assert "did you mean u01.a?" in caught.value.help
    with pytest.raises(UsageError, match="no unit u07"):
        catalogue.unit("u07")
    with pytest.raises(UsageError) as caught:
        catalogue.exercise("\x1b[2J")
    assert "\x1b" not in str(caught.value)


def test_paths(catalogue):
    root = Path("here")
    assert catalogue.stub_file(U01) == root / "exercises/u01_one/one.py"
    assert catalogue.public_tests(U01) == root / "exercises/u01_one/test_one.py"
    assert catalogue.lesson(U01) == root / "exercises/u01_one/README.md"
    assert catalogue.solution_file(U01) == root / "solutions/u01_one/one.py"
    assert catalogue.hidden_tests(U01) == (root / "solutions/u01_one/test_hidden_one.py",)
    assert catalogue.wrong_answers(U01) == root / "solutions/u01_one/wrong_one.py"
    assert catalogue.right_answers(U01) == root / "solutions/u01_one/right_one.py"
    assert catalogue.hints_file(U01) == root / "solutions/u01_one/hints.md"


def test_a_student_has_the_same_course_under_the_folder_itself(tmp_path):
    (tmp_path / ".kata").mkdir()
    (tmp_path / RELEASED).write_bytes(msgspec.json.encode(COURSE))
    released = Catalogue.released(tmp_path)
    assert released.course.units == COURSE.units
    assert released.root == released.exercises_dir == tmp_path
    assert released.stub_file(U01) == tmp_path / "u01_one/one.py"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff", b"[" * 100_000])
def test_a_broken_copy_says_what_to_do(tmp_path, text):
    (tmp_path / ".kata").mkdir()
    (tmp_path / RELEASED).write_bytes(text)
    with pytest.raises(CourseError, match="broken") as caught:
        Catalogue.released(tmp_path)
    assert "download the exercises folder again" in caught.value.help


def test_a_missing_copy_says_what_to_do(tmp_path):
    with pytest.raises(CourseError, match="missing") as caught:
        Catalogue.released(tmp_path)
    assert "download the exercises folder again" in caught.value.help
