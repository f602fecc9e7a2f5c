import csv
import os

import pytest

from grader.errors import GraderError
from grader.examine.outcome import Verdict
from grader.gradebook.journal import read_journal
from grader.gradebook.session import grade_class


@pytest.fixture
def graded(invented, tmp_path):
    """A function that grades the small class into a folder and returns the class."""
    catalogue = invented.make_catalogue(tmp_path)

    def run(name="grades", order=list, students=None, **more):
        class_, answers = invented.small_class()
        pool = invented.FakePool(catalogue, answers, order)
        return grade_class(
            catalogue,
            class_ if students is None else students,
            pool,
            tmp_path / name,
            seed=invented.SEED,
            **more,
        )

    return run


def files(folder) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def of(graded, id):
    return next(student for student in graded.students if student.id == id)


def verdict(graded, student, exercise):
    return next(r for r in graded.records if r.key == (student, exercise))


def test_two_runs_write_the_same_bytes_whatever_the_order_of_results(graded, tmp_path):
    extra = lambda class_: {f"feedback/{s.id}.txt": f"{s.points}\n" for s in class_.students}  # noqa: E731
    graded("one", extra_files=extra)
    graded("two", order=reversed, extra_files=extra)
    by_unit = lambda jobs: sorted(jobs, key=lambda job: (job.unit, job.submission))  # noqa: E731
    graded("two", order=by_unit, extra_files=extra, fresh=True)
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert sorted(one) == sorted(
        ["gradebook.csv", "results-long.csv", "gradebook.json", "journal.jsonl"]
        + ["times.jsonl", "exercise-times.csv"]
        + [f"feedback/{id}.txt" for id in ("ann", "june", "kim", "sam", "vic", "yara", "zoe")]
    )
    assert one == two


def test_records_stand_in_canonical_order(graded, tmp_path):
    class_ = graded(order=reversed)
    ids = [
        "u01.forward_difference",
        "u01.central_difference",
        "u01.grad_check",
        "u05.value_ops",
        "u05.backward",
    ]
    students = ["ann", "june", "kim", "sam", "vic", "yara", "zoe"]
    keys = [record.key for record in read_journal(tmp_path / "grades" / "journal.jsonl").records]
    assert keys == [(student, id) for student in students for id in ids]
    assert tuple(keys) == tuple(record.key for record in class_.records)


def test_a_file_that_was_not_handed_in_is_to_do_and_no_job(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue)
    student = invented.handed_in("ann", {invented.SLOPES: "x", "notes.py": "y"})
    class_ = grade_class(catalogue, [student], pool, tmp_path / "g", seed=invented.SEED)
    assert [(job.submission, job.unit) for job in pool.asked] == [("ann", "u01")]
    assert pool.asked[0].sources == student.sources
    record = verdict(class_, "ann", "u05.backward")
    assert (record.verdict, record.points) == (Verdict.TODO, 0.0)
    assert record.finding.what == "u05_value/value.py was not handed in"


def test_our_errors_cost_nobody_a_point(graded):
    yara = of(graded(), "yara")
    assert [record.exercise for record in yara.not_graded] == ["u01.grad_check"]
    # 1 + 1 right, grad_check left out of both, unit 5 not handed in
    assert (yara.points, yara.max_points, yara.percent) == (2.0, 8.0, 25.0)


def test_a_class_that_could_not_be_graded_at_all_has_no_percent(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    answers = {("ann", e.id): invented.outcome(e.id, Verdict.GRADER_ERROR) for e in catalogue.exercises}
    class_ = grade_class(
        catalogue,
        [invented.handed_in("ann")],
        invented.FakePool(catalogue, answers),
        tmp_path / "g",
        seed=invented.SEED,
    )
    assert class_.students[0].percent is None
    assert class_.grader_errors == 5


def test_lateness_is_taken_per_unit_by_its_own_date(graded):
    june = of(graded(), "june")
    assert june.late_note == "u01: 2 days late: 20 % taken"
    points = {record.exercise: record.points for record in june.records}
    assert points["u01.forward_difference"] == 0.8
    assert points["u01.central_difference"] == 0.2667  # a third of the tests, a fifth taken
    assert points["u05.value_ops"] == 3.0


def test_answers_that_the_pool_leaves_out_are_our_error(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue, order=lambda jobs: [job for job in jobs if job.unit == "u01"])
    class_ = grade_class(catalogue, [invented.handed_in("ann")], pool, tmp_path / "g", seed=invented.SEED)
    assert verdict(class_, "ann", "u05.backward").verdict is Verdict.GRADER_ERROR
    assert verdict(class_, "ann", "u01.grad_check").verdict is Verdict.RIGHT


def test_an_answer_that_was_not_asked_stops_the_run_and_keeps_the_rest(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue, order=lambda jobs: [jobs[0], jobs[0]])
    with pytest.raises(GraderError, match="not asked or is answered"):
        grade_class(catalogue, [invented.handed_in("ann")], pool, tmp_path / "g", seed=invented.SEED)
    assert len(read_journal(tmp_path / "g" / "journal.jsonl").records) == 3


def test_results_are_kept_as_they_come(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    seen = []

    def progress(standing):
        seen.append((*standing, len(read_journal(tmp_path / "g" / "journal.jsonl").records)))
        if standing.results == 5:
            raise KeyboardInterrupt

    class_ = [invented.handed_in("ann"), invented.handed_in("bob"), invented.handed_in("vic", {})]
    with pytest.raises(KeyboardInterrupt):
        grade_class(
            catalogue,
            class_,
            invented.FakePool(catalogue),
            tmp_path / "g",
            seed=invented.SEED,
            on_progress=progress,
        )
    assert seen == [(0, 3, 0, 0), (1, 3, 3, 3), (2, 3, 5, 5)]
    assert sorted(os.listdir(tmp_path / "g")) == ["before.jsonl", "journal.jsonl", "times.jsonl"]


@pytest.mark.parametrize(
    "id", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "a\x1bb", "a\nb", "x" * 300, "a:b"]
)
def test_an_id_that_is_no_file_name_is_refused(graded, invented, tmp_path, id):
    with pytest.raises(GraderError, match="no safe file name"):
        graded(students=[invented.handed_in(id)])
    assert sorted(os.listdir(tmp_path)) == ["grades"]
    assert set(os.listdir(tmp_path / "grades")) == {"before.jsonl", "journal.jsonl", "times.jsonl"}


def test_two_submissions_of_one_id_are_refused(graded, invented):
    with pytest.raises(GraderError, match="same id"):
        graded(students=[invented.handed_in("ann"), invented.handed_in("ann")])


def test_only_chosen_units_are_graded(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue)
    class_ = grade_class(
        catalogue,
        [invented.handed_in("ann")],
        pool,
        tmp_path / "g",
        seed=invented.SEED,
        units=[catalogue.unit("u05")],
    )
    assert [job.unit for job in pool.asked] == ["u05"]
    assert [exercise.id for exercise in class_.exercises] == ["u05.value_ops", "u05.backward"]
    header = next(csv.reader((tmp_path / "g" / "gradebook.csv").read_text().splitlines()))
    assert [name for name in header if "." in name] == ["u05.value_ops", "u05.backward"]


def test_a_record_says_under_what_it_was_made(graded, invented):
    record = verdict(graded(), "ann", "u01.grad_check")
    assert record.rung == "namespaces"
    assert record.seed == invented.SEED.fingerprint
    assert record.versions == {"numpy": "2", "python": "3.11"}
