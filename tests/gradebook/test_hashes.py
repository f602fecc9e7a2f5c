import msgspec
import pytest

from grader.course.model import Limits, Rules
from grader.gradebook.hashes import Hasher, digest, grader_hash, handed


@pytest.fixture
def course(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    for unit in catalogue.units:
        for file in (
            catalogue.public_tests(unit),
            *catalogue.hidden_tests(unit),
            catalogue.solution_file(unit),
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# {file.name}\n")
    return catalogue


def changed(before, after) -> set[str]:
    return {name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)}


def test_each_hash_answers_to_its_own_file(course, invented):
    unit, sources = course.unit("u01"), dict(invented.BOTH)
    exercise = course.exercise("u01.grad_check")
    before = Hasher(course).hashes(exercise, handed(sources))
    assert Hasher(course).hashes(exercise, handed(sources)) == before

    assert changed(before, Hasher(course).hashes(exercise, handed({**sources, invented.SLOPES: "y"}))) == {
        "student",
        "submission",
    }
    assert changed(before, Hasher(course).hashes(exercise, handed({**sources, invented.VALUE: "y"}))) == {
        "submission"
    }
    for file in (*course.hidden_tests(unit), course.public_tests(unit)):
        file.write_text("changed")
        after = Hasher(course).hashes(exercise, handed(sources))
        assert changed(before, after) == {"suite"}
        before = after
    course.solution_file(unit).write_text("changed")
    assert changed(before, Hasher(course).hashes(exercise, handed(sources))) == {"solution"}


def test_limits_count(course, invented):
    exercise = course.exercise("u01.grad_check")
    before = Hasher(course).hashes(exercise, handed(invented.BOTH))
    slower = msgspec.structs.replace(course.course, limits=Limits(seconds=99))
    after = Hasher(type(course)(slower, course.root)).hashes(exercise, handed(invented.BOTH))
    assert changed(before, after) == {"limits"}


def test_what_decides_a_needed_unit_decides_here_too(course, invented):
    """u05.backward needs an exercise of unit 1: its verdict there says what the reference stands in for."""
    first, second = course.course.units
    ops, backward = second.exercises
    backward = msgspec.structs.replace(backward, needs=("u05.value_ops", "u01.grad_check"))
    second = msgspec.structs.replace(second, exercises=(ops, backward))

    def hashes(unit):
        units = msgspec.structs.replace(course.course, units=(unit, second))
        return Hasher(type(course)(units, course.root)).hashes(backward, handed(invented.BOTH))

    before = hashes(first)
    banned = msgspec.structs.replace(first, rules=Rules(forbid=("numpy",)))
    assert changed(before, hashes(banned)) == {"limits"}
    course.hidden_tests(first)[0].write_text("changed")
    assert changed(before, hashes(first)) == {"suite"}
    course.hidden_tests(first)[0].write_text(f"# {course.hidden_tests(first)[0].name}\n")
    course.solution_file(first).write_text("changed")
    assert changed(before, hashes(first)) == {"solution"}


def test_the_file_may_be_missing(course):
    assert Hasher(course).hashes(course.exercise("u05.backward"), handed({})).student == ""


def test_parts_are_told_apart():
    assert digest([b"ab", b"c"]) != digest([b"a", b"bc"])
    assert digest([]) != digest([b""])


def test_the_graders_hash_is_stable_and_about_files():
    assert grader_hash() == grader_hash()
    assert len(grader_hash()) == 32
