import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from grader.course.catalogue import Catalogue
from grader.course.model import LatePolicy
from grader.examine.outcome import Verdict
from grader.gradebook.changes import GONE, NEW, NEW_EXERCISE
from grader.gradebook.session import grade_class


@pytest.fixture
def grade(invented, tmp_path):
    """grade(students, answers, catalogue) -> the class, compared with the last one."""
    plain = invented.make_catalogue(tmp_path)

    def run(students, answers=None, catalogue=plain, **more):
        pool = invented.FakePool(catalogue, answers or {}, facts={"sandbox": more.pop("rung", "namespaces")})
        seed = more.pop("seed", invented.SEED)
        return grade_class(
            catalogue, students, pool, tmp_path / "grades", seed=seed, diff=True, **more
        ).changes

    run.catalogue = plain
    return run


def wrong(invented, student, exercise="u05.backward"):
    return {(student, exercise): invented.outcome(exercise, Verdict.WRONG)}


def told(changes):
    return [(c.student, c.exercise, str(c.gained), c.why) for c in changes.listed]


def changed(invented, student, text="# new"):
    return replace(student, sources={**student.sources, invented.VALUE: text})


def test_a_first_run_has_nothing_to_compare_with(grade, invented):
    changes = grade([invented.handed_in("ann")])
    assert changes.first
    assert changes.listed == ()


def test_who_gained_and_who_lost_sorted_by_student(grade, invented):
    zoe, ann, mia = (invented.handed_in(id) for id in ("zoe", "ann", "mia"))
    grade([zoe, ann, mia], wrong(invented, "ann"))
    changes = grade([changed(invented, zoe), changed(invented, ann), mia], wrong(invented, "zoe"))
    assert told(changes) == [
        ("ann", "u05.backward", "3.0", "their file changed"),
        ("zoe", "u05.backward", "-3.0", "their file changed"),
    ]
    assert (changes.students, list(changes.by_student)) == (3, ["ann", "zoe"])


def test_the_reason_is_what_differs(grade, invented):
    ann = invented.handed_in("ann")
    bad = wrong(invented, "ann")
    grade([ann])
    assert told(grade([ann], bad, rung="seccomp"))[0][3] == "sandbox namespaces, now seccomp"
    assert (
        told(grade([ann], {}, rung="seccomp", seed=replace(invented.SEED, value="other" * 9)))[0][3]
        == "another seed"
    )
    grade([ann], rung="seccomp")
    assert told(grade([ann], bad, rung="seccomp", fresh=True))[0][3] == "it ran again, with another result"


def test_points_that_count_otherwise_say_so(grade, invented):
    late = invented.handed_in("ann", submitted_at=invented.DUE + timedelta(days=1))
    followed = invented.check(Verdict.WRONG, followed=True)
    helped = {("ann", "u05.backward"): invented.outcome("u05.backward", Verdict.RIGHT, followed)}
    grade([late], helped)

    def course(**fields):
        import msgspec

        return Catalogue(msgspec.structs.replace(grade.catalogue.course, **fields), grade.catalogue.root)

    strict = grade([late], helped, course(late=LatePolicy(per_day=0.5)))
    assert told(strict)[0] == ("ann", "u01.forward_difference", "-0.4", "lateness took 10 %, now 50 %")
    halved = grade([late], helped, course(late=LatePolicy(per_day=0.5), follow_through=0.5))
    assert told(halved) == [("ann", "u05.backward", "-1.5", "follow-through counts otherwise")]


def test_new_and_gone_students_and_exercises(grade, invented):
    ann, bob, cid = (invented.handed_in(id) for id in ("ann", "bob", "cid"))
    one = [grade.catalogue.unit("u01")]
    grade([ann, bob], units=one)
    changes = grade([ann, cid])
    assert {(c.student, c.why) for c in changes.listed} == {
        ("ann", NEW_EXERCISE),
        ("bob", GONE),
        ("cid", NEW),
    }
    assert {c.exercise for c in changes.listed if c.student == "ann"} == {"u05.value_ops", "u05.backward"}
    assert grade([ann, cid]).listed == ()  # bob is set aside, and not told of again
    assert grade([ann, cid], units=one).listed == ()
    back = grade([ann, bob, cid], wrong(invented, "bob", "u01.grad_check"))
    assert {(c.student, c.why) for c in back.listed} == {("bob", NEW_EXERCISE)}  # u01 is known from before


def test_the_table_of_changes(grade, invented, tmp_path):
    grade([invented.handed_in("=1+1")])
    grade([changed(invented, invented.handed_in("=1+1"))], wrong(invented, "=1+1"))
    text = (tmp_path / "grades" / "changes.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(text))) == [
        ["student", "exercise", "points before", "points", "change", "verdict before", "verdict", "why"],
        ["'=1+1", "u05.backward", "3", "0", "-3", "right", "wrong", "their file changed"],
    ]


def test_without_diff_nothing_is_compared(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue)
    class_ = grade_class(catalogue, [invented.handed_in("ann")], pool, tmp_path / "g", seed=invented.SEED)
    assert class_.changes is None
    assert not (tmp_path / "g" / "changes.csv").exists()
