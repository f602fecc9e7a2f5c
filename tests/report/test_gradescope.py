"""What Gradescope is told of a submission: results.json, lateness, and what happens when we fail."""

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from grader.engine.job import Job
from grader.errors import GraderError
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.session import grade_class
from grader.report.exports.gradescope.autograde import fitted
from grader.report.exports.gradescope.deadline import Deadline
from grader.report.exports.gradescope.metadata import Metadata, read_metadata
from grader.report.exports.gradescope.results import encode, results
from grader.report.exports.gradescope.settings import Late, Settings, Visibility, read_settings

SCHEMA = json.loads(Path(__file__).with_name("gradescope_results.schema.json").read_text())
UNITS = ("u01", "u05")
DUE = datetime(2026, 9, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def graded(invented, tmp_path):
    """graded(answers, **submission) -> a class of one, as the autograder has it."""

    def grade(answers=None, sources=None, **more):
        catalogue = invented.make_catalogue(tmp_path)
        pool = invented.FakePool(catalogue, {("ann", key): answer for key, answer in (answers or {}).items()})
        students = [invented.handed_in("ann", sources, **more)]
        return grade_class(catalogue, students, pool, tmp_path / "g", seed=invented.SEED, fresh=True)

    return grade


def told(graded, **settings):
    """The results as Gradescope parses them, valid by its documentation."""
    found = results(graded, Settings(units=UNITS, **settings), 12.34)
    parsed = json.loads(encode(found))
    jsonschema.validate(parsed, SCHEMA, jsonschema.Draft202012Validator)
    return parsed


def test_one_test_for_each_exercise(graded, invented):
    wrong = invented.outcome(
        "u01.central_difference",
        Verdict.WRONG,
        invented.check(Verdict.WRONG, public=True, finding=invented.WRONG_PUBLIC),
        invented.check(Verdict.RIGHT),
        invented.check(Verdict.WRONG, "A cubic", name="test_hidden_name", finding=invented.WRONG_HIDDEN),
    )
    found = told(graded({"u01.central_difference": wrong}))
    assert [(test["number"], test["score"], test["max_score"]) for test in found["tests"]] == [
        ("1.1", 1, 1), ("1.2", 0.3333, 1), ("1.3", 2, 2), ("5.1", 3, 3), ("5.2", 3, 3),
    ]  # fmt: skip
    assert (found["score"], found["execution_time"]) == (9.3333, 12.3)
    test = found["tests"][1]
    assert test["name"] == "u01.central_difference  Title of u01.central_difference"
    assert (test["status"], found["tests"][0]["status"]) == ("failed", "passed")
    assert "called    central_difference(f, 1.7, 0.1)" in test["output"]
    assert "hidden test: A cubic" in test["output"]
    assert not [secret for secret in ("SECRET", "test_hidden_name") if secret in json.dumps(found)]


def test_lateness_is_taken_and_told(graded):
    found = told(graded(submitted_at=DUE + timedelta(days=1, hours=2)))
    assert found["score"] == 9.2
    assert "u01: 2 days late: 20 % taken" in found["output"]
    assert "lateness took 20 %" in found["tests"][0]["output"]
    assert "days late" not in told(graded(), late=Late.GRADESCOPE)["output"]


def test_an_exercise_that_we_could_not_grade_costs_nothing(graded, invented):
    ours = invented.outcome("u05.backward", Verdict.GRADER_ERROR)
    todo = invented.outcome("u05.value_ops", Verdict.TODO)
    found = told(graded({"u05.backward": ours, "u05.value_ops": todo}))
    assert found["score"] == pytest.approx(10 * 4 / 7, abs=1e-4)  # 4 of the 7 that could be graded, of 10
    test = found["tests"][-1]
    assert ("score" in test, "status" in test) == (False, False)
    assert "That is our fault, not yours" in test["output"]
    assert "1 exercise could not be checked. That is our fault, not yours" in found["output"]
    assert found["extra_data"]["katagrad"]["grader_errors"] == ["u05.backward"]


def test_nothing_that_could_be_graded_is_no_score(graded, invented):
    ids = (
        "u01.forward_difference",
        "u01.central_difference",
        "u01.grad_check",
        "u05.value_ops",
        "u05.backward",
    )
    ours = {id: invented.outcome(id, Verdict.GRADER_ERROR) for id in ids}
    assert results(graded(ours), Settings(units=UNITS), 1) is None


@pytest.mark.parametrize("visibility", Visibility)
def test_visibility(graded, visibility):
    found = told(graded(), visibility=visibility)
    assert {found["visibility"], *(test["visibility"] for test in found["tests"])} == {visibility.value}
    assert found["stdout_visibility"] == "hidden"


def test_an_upload_that_holds_nothing(graded):
    found = told(graded(sources={}, problems=("a.zip: is empty",), ignored=("conftest.py",)))
    assert found["score"] == 0
    assert "Hand in slopes.py, value.py" in found["output"]
    assert "about your upload: a.zip: is empty" in found["output"]
    assert "not looked at: conftest.py" in found["output"]


def test_hostile_text_stays_text(graded, invented):
    evil = "<script>alert(1)</script>\x1b[31m\u202e\x00\ud800"
    finding = Finding(what=evil, called=evil, yours=evil)
    check = invented.check(Verdict.WRONG, public=True, finding=finding)
    answer = invented.outcome("u05.backward", Verdict.WRONG, check)
    found = told(graded({"u05.backward": answer}, problems=(evil,)))
    texts = [found["output"], *(test["output"] for test in found["tests"])]
    assert all(text.replace("\n", "").isprintable() for text in texts)
    assert {found["output_format"], found["test_output_format"], found["test_name_format"]} == {"text"}
    assert {test["output_format"] for test in found["tests"]} == {"text"}


# ---------------------------------------------------------------------------- what Gradescope says


def metadata(tmp_path, **fields):
    path = tmp_path / "submission_metadata.json"
    path.write_text(json.dumps(fields))
    return read_metadata(path)


def user(due):
    return {"email": "a@b", "id": 1, "name": "A", "assignment": {"due_date": due}}


def test_the_due_date_is_the_students_own(tmp_path):
    common = {"due_date": "2018-07-31T23:00:00.000000-07:00", "late_due_date": None}
    found = metadata(tmp_path, created_at="2018-07-01T14:22:32.365935-07:00", assignment=common, users=[])
    assert found.created_at == datetime(2018, 7, 1, 21, 22, 32, 365935, tzinfo=UTC)
    assert found.due == datetime(2018, 8, 1, 6, 0, tzinfo=UTC)
    users = [user("2018-08-02T00:00:00+00:00"), user("2018-08-03T00:00:00+00:00"), user(None)]
    assert metadata(tmp_path, assignment=common, users=users).due == datetime(2018, 8, 3, tzinfo=UTC)


def test_the_latest_earlier_results_that_have_a_score(tmp_path):
    earlier = [
        {"submission_time": "2018-07-02T00:00:00Z", "score": 3, "results": {"score": 3.0}},
        {"submission_time": "2018-07-03T00:00:00Z", "score": 0, "results": {"output": "failed"}},
        {"submission_time": "2018-07-01T00:00:00Z", "score": 2, "results": {"score": 2.0}},
    ]
    assert metadata(tmp_path, previous_submissions=earlier).previous == {"score": 3.0}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"created_at": 3, "users": 7, "assignment": [], "previous_submissions": "x"},
        {"created_at": "yesterday", "users": [None, {"assignment": 1}], "previous_submissions": [1, {}]},
        {"created_at": "2018-07-01T14:22:32"},  # in no zone
    ],
)
def test_what_is_missing_or_odd_is_nothing(tmp_path, fields):
    assert metadata(tmp_path, **fields) == Metadata()


def test_no_metadata_at_all(tmp_path):
    assert "taken as on time" in read_metadata(tmp_path / "submission_metadata.json").trouble
    (tmp_path / "x").write_bytes(b"{\xff")
    assert "cannot be read" in read_metadata(tmp_path / "x").trouble


# ---------------------------------------------------------------------------- the course there


@pytest.mark.parametrize(
    ("late", "due", "want"),
    [
        (Late.OURS, None, DUE),
        (Late.OURS, DUE + timedelta(days=9), DUE + timedelta(days=9)),
        (Late.GRADESCOPE, None, None),
        (Late.GRADESCOPE, DUE, None),
    ],
)
def test_one_late_rule_counts(invented, tmp_path, late, due, want):
    fits = fitted(invented.make_catalogue(tmp_path), Settings(units=UNITS, late=late), due)
    assert fits.due("u01") == want
    assert fits.due("u05") == (due if late is Late.OURS else None)


def test_the_computing_fits_into_the_container(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path, submission_seconds=1000)
    whole = fitted(catalogue, Settings(units=UNITS, cpu_seconds=200), None)
    assert whole.course.submission_seconds == 200
    assert sum(map(whole.unit_seconds, whole.units)) == pytest.approx(200)
    one = fitted(catalogue, Settings(units=("u01",), cpu_seconds=200), None)
    assert one.unit_seconds(one.unit("u01")) == pytest.approx(200)
    assert fitted(catalogue, Settings(units=UNITS, cpu_seconds=5000), None).course.submission_seconds == 1000


def test_settings_that_cannot_be_read(tmp_path):
    (tmp_path / "settings.json").write_text('{"units": 3}')
    for name in ("settings.json", "nowhere.json"):
        with pytest.raises(GraderError) as caught:
            read_settings(tmp_path / name)
        assert "kata export gradescope" in caught.value.help


# ---------------------------------------------------------------------------- the end of the time


def jobs(*units):
    return [Job("ann", unit, {}) for unit in units]


def test_what_has_no_answer_in_time_is_too_slow(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)

    class Slow(invented.FakePool):
        def run(self, jobs):
            for job in jobs:
                if job.unit == "u05":
                    signal.raise_signal(signal.SIGALRM)  # the time is over while this is examined
                yield from super().run([job])

    pool = Deadline(Slow(catalogue), catalogue, 540)
    before = signal.getsignal(signal.SIGALRM)
    found = {result.unit: result.outcomes for result in pool.run(iter([*jobs("u01", "u05"), None]))}
    assert {outcome.verdict for outcome in found["u01"]} == {Verdict.RIGHT}
    assert {outcome.verdict for outcome in found["u05"]} == {Verdict.TOO_SLOW}
    assert "more than 9 minutes" in found["u05"][0].finding.what
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_alarm_between_two_answers_harms_nobody(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    found = []
    for result in Deadline(invented.FakePool(catalogue), catalogue, 540).run(iter(jobs("u01", "u05"))):
        found.append((result.unit, {outcome.verdict for outcome in result.outcomes}))
        if len(found) == 1:
            signal.raise_signal(signal.SIGALRM)
    assert found == [("u01", {Verdict.RIGHT}), ("u05", {Verdict.TOO_SLOW})]


def test_in_time_nothing_changes(invented, tmp_path):
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue)
    timed = Deadline(pool, catalogue, 540)
    assert list(timed.run(iter(jobs("u01", "u05")))) == list(pool.run(jobs("u01", "u05")))
    assert timed.facts == pool.facts


def test_settings_of_a_newer_autograder_are_refused(tmp_path):
    (tmp_path / "settings.json").write_text('{"schema": 2, "units": []}')
    with pytest.raises(GraderError):
        read_settings(tmp_path / "settings.json")
