"""Several attempts of one student: which counts, what is examined for it, what a stopped run keeps of it."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from grader.collect.roster import Person
from grader.course.catalogue import Catalogue
from grader.course.model import LatePolicy
from grader.errors import UsageError
from grader.examine.outcome import Verdict
from grader.gradebook.erase import erase
from grader.gradebook.journal import read_journal, read_records
from grader.gradebook.session import grade_class
from grader.report.files import report_files

DUE = datetime(2026, 9, 15, 12, 0, tzinfo=UTC)  # of u01
U05_DUE = datetime(2026, 9, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def desk(invented, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    return Desk(invented, tmp_path)


class Desk:
    """A course whose exercises are right where the student's file names them; u05 is due a week after u01."""

    def __init__(self, invented, root):
        self.invented, self.root, self.asked, self.sources = invented, root, [], {}
        self.catalogue = invented.make_catalogue(root)
        self.change(late=LatePolicy(per_day=0.1, max_days=5))
        units = [msgspec.structs.replace(u, due=u.due or U05_DUE) for u in self.catalogue.units]
        self.change(units=tuple(units))
        self.broken = set()

    def change(self, **fields):
        self.catalogue = Catalogue(msgspec.structs.replace(self.catalogue.course, **fields), self.root)

    def hand_in(self, *attempts, id="ann", person=None):
        """attempts: (days after u01 was due, what slopes.py says, what value.py says), oldest first."""
        read = []
        for after, slopes, value in attempts:
            files = {self.invented.SLOPES: slopes, self.invented.VALUE: value}
            came = {name: text for name, text in files.items() if text is not None}
            at = None if after is None else self.invented.DUE + after * DAY
            read.append(self.invented.handed_in(id, came, submitted_at=at))
        return replace(read[-1], earlier=tuple(read[:-1]), person=person)

    def grade(self, *students, out="grades", stop=None, **more):
        desk, invented = self, self.invented

        class Pool(invented.FakePool):
            def run(self, jobs):
                for job in jobs:
                    if stop is not None and len(desk.asked) == stop:
                        raise KeyboardInterrupt
                    desk.asked.append((job.submission, job.unit))
                    desk.sources[job.submission, job.unit] = job.sources
                    unit = desk.catalogue.unit(job.unit)
                    text = job.sources[unit.file]
                    yield invented.JobResult(
                        job.submission, job.unit, tuple(desk.outcome(e, text) for e in unit.exercises)
                    )

        self.asked = []
        return grade_class(
            self.catalogue, students, Pool(self.catalogue), self.root / out,
            seed=invented.SEED, extra_files=report_files, **more,
        )  # fmt: skip

    def outcome(self, exercise, text):
        verdict = Verdict.RIGHT if exercise.name in text else Verdict.WRONG
        if exercise.id in self.broken and "broken" in text:
            verdict = Verdict.GRADER_ERROR
        return self.invented.outcome(exercise.id, verdict)

    def points(self, *students, **more):
        """Points by unit of the first student, and which attempts count."""
        student = self.grade(*students, **more).students[0]
        return {unit.id: student.of_unit(unit.id).points for unit in self.catalogue.units}, student.attempt

    def files(self, out="grades"):
        folder = self.root / out
        return {
            p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name not in ("times.jsonl", "exercise-times.csv")
        }


FORWARD, GRAD, ALL = "forward_difference", "grad_check", "forward_difference central_difference grad_check"


def test_the_latest_attempt_counts(desk):
    student = desk.hand_in((-2, ALL, "value_ops"), (-1, FORWARD, "backward value_ops"))
    assert desk.points(student) == ({"u01": 1.0, "u05": 6.0}, "2 of 2, the latest")
    assert desk.asked == [("ann", "u01"), ("ann", "u05")]


def test_a_unit_that_is_handed_in_again_unchanged_keeps_its_time(desk):
    student = desk.hand_in((-1, ALL, None), (6, ALL, "value_ops"))
    class_ = desk.grade(student)
    (ann,) = class_.students
    assert ann.of_unit("u01").points == 4  # not six days late
    assert ann.attempt == "1 for u01; 2 for u05, of 2: the latest of each unit"
    assert ann.lateness["u01"].submitted_at == desk.invented.DUE - DAY
    assert ann.submitted_at == desk.invented.DUE + 6 * DAY
    assert desk.points(desk.hand_in((-1, ALL, None), (6, ALL + "#", "value_ops")))[0]["u01"] == 0


def test_an_attempt_that_changes_nothing_is_none(desk):
    student = desk.hand_in((-1, ALL, "value_ops"), (3, ALL, "value_ops"))
    assert desk.points(student) == ({"u01": 4.0, "u05": 3.0}, "1 of 2, unchanged since")


def test_what_a_unit_mentions_or_needs_belongs_to_its_version(desk):
    alone = desk.hand_in((-1, "x", "value_ops"), (8, ALL, "value_ops"))
    assert desk.points(alone)[1].startswith("1 for u05; 2 for u01")
    mentions = "from u01_slopes import slopes  # value_ops"
    (ann,) = desk.grade(desk.hand_in((-1, "x", mentions), (8, ALL, mentions))).students
    assert ann.attempt == "2 of 2, the latest"
    assert ann.lateness["u05"].days == 1


def test_what_does_not_come_again_stays_as_it_was(desk):
    student = desk.hand_in((-3, ALL, "value_ops"), (-2, None, "value_ops backward"))
    assert desk.points(student) == (
        {"u01": 4.0, "u05": 6.0},
        "1 for u01; 2 for u05, of 2: the latest of each unit",
    )
    assert desk.sources["ann/2", "u05"] == {
        desk.invented.SLOPES: ALL,
        desk.invented.VALUE: "value_ops backward",
    }
    (ann,) = desk.grade(desk.hand_in((-3, None, None), (-2, None, None))).students
    assert (ann.handed_in, ann.attempt, ann.points) == (False, "", 0)


@pytest.mark.parametrize(
    ("attempts", "points", "told"),
    [
        ([(-2, ALL, "value_ops"), (-1, FORWARD, "value_ops backward")], (4, 6), "1 for u01; 2 for u05"),
        (
            [(-2, FORWARD, "x"), (3, ALL, "x")],
            (2.8, 0),
            "1 for u05; 2 for u01",
        ),  # late, and better all the same
        ([(-2, GRAD + FORWARD, "x"), (3, ALL, "x")], (3, 0), "1 of 2, the best"),  # 2.8 is less
        ([(-2, ALL, "x"), (-1, ALL + "#", "x #")], (4, 0), "2 of 2, the best"),  # of equals the latest
    ],
)
def test_the_best_attempt_of_each_unit_counts_after_lateness(desk, attempts, points, told):
    desk.change(attempts="best")
    got, attempt = desk.points(desk.hand_in(*attempts))
    assert tuple(got.values()) == points
    assert attempt.startswith(told)


def test_who_goes_back_to_an_earlier_version_has_handed_it_in_then(desk):
    student = desk.hand_in((-1, FORWARD, None), (1, ALL, None), (6, FORWARD, None))
    desk.change(attempts="best", late=LatePolicy(per_day=1.0, max_days=9))
    (ann,) = desk.grade(student).students
    assert (ann.of_unit("u01").points, ann.attempt) == (1, "1 of 3, the best")
    assert desk.asked == [("ann/1", "u01"), ("ann/2", "u01")]


def test_who_is_erased_is_erased_from_their_attempts(desk):
    desk.change(attempts="best")
    student = desk.hand_in((-2, ALL, "value_ops"), (-1, FORWARD, "value_ops backward"))
    desk.grade(student, desk.hand_in((-1, ALL, "x"), (0, "x", "y"), id="bob"))
    before = desk.files()["attempts.jsonl"]
    removed = erase(desk.root / "grades", "ann").removed
    assert "attempts.jsonl: 5 results" in removed
    after = desk.files()["attempts.jsonl"]
    assert after == b"".join(line for line in before.splitlines(keepends=True) if b'"bob"' in line)
    assert after


def test_every_output_knows_one_student_and_one_record_of_each_exercise(desk):
    desk.change(attempts="best")
    desk.grade(desk.hand_in((-2, ALL, "value_ops"), (-1, FORWARD, "value_ops backward")))
    out = desk.root / "grades"
    journal = read_journal(out / "journal.jsonl")
    assert len(journal.records) == len((out / "journal.jsonl").read_text().splitlines()) == 5
    assert [record.points for record in journal.records] == [1, 1, 2, 3, 3]
    others, problems = read_records(out / "attempts.jsonl")
    assert problems == ()
    assert [(r.exercise, r.points) for r in others] == [
        ("u01.central_difference", 0), ("u01.forward_difference", 1), ("u01.grad_check", 0),
        ("u05.backward", 0), ("u05.value_ops", 3),
    ]  # fmt: skip
    assert sorted(os.listdir(out / "feedback")) == ["ann.html", "ann.txt"]
    for name in ("gradebook.csv", "results-long.csv", "journal.jsonl", "attempts.jsonl", "times.jsonl"):
        assert "ann/" not in (out / name).read_text()


def test_no_attempt_is_examined_twice(desk):
    desk.change(attempts="best")
    ann = [(-3, ALL, "value_ops"), (-2, FORWARD, "value_ops backward")]
    desk.grade(desk.hand_in(*ann), desk.hand_in((-1, "x", "y"), id="bob"))
    assert len(desk.asked) == 6
    want = desk.files()
    desk.grade(desk.hand_in(*ann), desk.hand_in((-1, "x", "y"), id="bob"))
    assert (desk.asked, desk.files()) == ([], want)
    desk.grade(desk.hand_in(*ann, (0, GRAD, "value_ops backward")), desk.hand_in((-1, "x", "y"), id="bob"))
    assert desk.asked == [("ann/3", "u01")]
    desk.change(late=LatePolicy(per_day=1.0))  # counts anew what is known
    desk.change(attempts="latest")
    desk.grade(desk.hand_in(*ann), desk.hand_in((-1, "x", "y"), id="bob"))
    assert desk.asked == []
    assert "attempts.jsonl" not in desk.files()


def test_attempts_of_units_and_students_who_are_not_graded_now_are_kept(desk):
    desk.change(attempts="best")
    ann = desk.hand_in((-3, ALL, "value_ops"), (-2, FORWARD, "value_ops backward"))
    bob = desk.hand_in((-1, "x", "y"), id="bob")
    desk.grade(ann, bob)
    want = desk.files()
    for unit in ("u01", "u05"):
        desk.grade(ann, units=[desk.catalogue.unit(unit)])
    desk.grade(bob)
    desk.grade(ann, bob)
    assert desk.asked == []
    got = desk.files()
    got.pop("set-aside.jsonl")
    assert got == want


@pytest.mark.parametrize("fresh", [False, True])
def test_stopped_anywhere_it_goes_on_with_what_is_known(desk, fresh):
    desk.change(attempts="best")
    class_ = [
        desk.hand_in((-3, ALL, "value_ops"), (-2, FORWARD, "value_ops backward"), (-1, GRAD, "x")),
        desk.hand_in((-1, "x", "y"), id="bob"),
    ]
    desk.grade(*class_, out="want")
    jobs = len(desk.asked)
    for stop in range(jobs):
        out = f"out{stop}"
        if fresh:
            desk.grade(*class_, out=out)
        with pytest.raises(KeyboardInterrupt):
            desk.grade(*class_, out=out, stop=stop, fresh=fresh)
        desk.grade(*class_, out=out, fresh=fresh)
        assert len(desk.asked) == jobs - stop
        assert desk.files(out) == desk.files("want")


def test_our_own_error_never_decides_against_an_attempt(desk):
    desk.change(attempts="best")
    desk.broken = {"u01.grad_check"}
    student = desk.hand_in((-3, ALL.replace(GRAD, ""), "x"), (-2, FORWARD + "broken", "x"))
    (ann,) = desk.grade(student).students
    assert ann.attempt == "1 for u05; 2 for u01, of 2: the best of each unit"
    assert (ann.points, ann.max_points) == (1, 8)
    desk.broken = set()
    (ann,) = desk.grade(student).students
    assert desk.asked == [("ann/2", "u01")]
    assert (ann.points, ann.max_points) == (2, 10)  # it is wrong after all, and the other one counts


def test_free_days_go_to_the_unit_that_is_due_first(desk):
    desk.change(late=LatePolicy(per_day=0.1, max_days=9, free_days=3))
    (ann,) = desk.grade(desk.hand_in((2, ALL, None), (9, ALL, "value_ops backward"))).students
    assert ann.lateness["u01"].sentence == "2 days late: 2 free days used, nothing taken"
    assert ann.lateness["u05"].sentence == "2 days late: 1 free day used, 10 % taken"
    assert (ann.of_unit("u01").points, ann.of_unit("u05").points) == (4, 5.4)
    alone = desk.grade(
        desk.hand_in((2, ALL, None), (9, ALL, "value_ops backward")), units=[desk.catalogue.unit("u05")]
    )
    assert alone.students[0].of_unit("u05").points == 5.4  # u01 used its days, graded or not
    missing = desk.grade(desk.hand_in((9, None, "value_ops backward")))
    assert missing.students[0].lateness["u01"].sentence == "not handed in"
    assert missing.students[0].of_unit("u05").points == 6


def test_units_that_came_on_their_own_use_free_days_by_their_own_time(desk):
    """As nbgrader's assignments do: the file of an earlier unit comes along, but not its lateness."""
    desk.change(late=LatePolicy(per_day=0.1, max_days=9, free_days=3))
    student, u05 = desk.hand_in((9, ALL, "value_ops backward")), [desk.catalogue.unit("u05")]

    def late(elsewhere):
        return desk.grade(replace(student, elsewhere=elsewhere), units=u05).students[0].lateness["u05"]

    assert late({"u01": DUE + 2 * DAY}).sentence == "2 days late: 1 free day used, 10 % taken"
    assert late({"u01": DUE}).sentence == "2 days late: 2 free days used, nothing taken"
    assert late({"u01": None}).free_days == 2  # without a time it was on time
    assert late({}).sentence == "2 days late: 20 % taken"


def test_free_days_and_the_best_attempt(desk):
    desk.change(attempts="best", late=LatePolicy(per_day=0.1, free_days=1))
    student = desk.hand_in((0, FORWARD, None), (1, ALL, None), (8, ALL, "value_ops backward"))
    (ann,) = desk.grade(student).students
    assert ann.of_unit("u01").points == 4
    assert ann.lateness["u01"].free_days == 1
    assert ann.of_unit("u05").points == 5.4
    (ann,) = desk.grade(desk.hand_in((0, ALL, None), (1, FORWARD, None), (8, FORWARD, "value_ops"))).students
    assert (ann.of_unit("u01").points, ann.lateness["u01"].free_days) == (4, 0)
    assert (ann.of_unit("u05").points, ann.lateness["u05"].free_days) == (3, 1)
    assert {record.penalty for record in ann.records} == {0}
    with pytest.raises(UsageError, match="cannot be settled"):
        desk.grade(student, units=[desk.catalogue.unit("u05")], out="none")
    assert not (desk.root / "none").exists()


def test_an_extension_moves_every_date_of_one_student(desk):
    person = Person("ann", extension_hours=48)
    (ann,) = desk.grade(desk.hand_in((2, ALL, "x"), person=person)).students
    assert ann.lateness["u01"].sentence == "on time, with an extension of 48 hours"
    assert ann.lateness["u01"].due == desk.invented.DUE + 2 * DAY
    (ann,) = desk.grade(desk.hand_in((3, ALL, "x"), person=person)).students
    assert ann.lateness["u01"].sentence == "1 day late: 10 % taken (after an extension of 48 hours)"
    assert "due 2026-09-17 12:00:00 UTC: 1 day late" in desk.files()["feedback/ann.txt"].decode()


def test_one_attempt_is_none_to_speak_of(desk):
    (ann,) = desk.grade(desk.hand_in((-1, ALL, "x"))).students
    assert ann.attempt == ""
