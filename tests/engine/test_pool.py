"""A class of students: one result for each job, whatever happens to the processes that examine them."""

import os
import signal

import pytest

from grader.course.load import load_course
from grader.engine.pool import Job
from grader.engine.process import GradingProcess
from grader.errors import CourseError
from grader.examine.outcome import Verdict


def verdicts(outcomes):
    return {exercise: verdict for exercise, verdict, *_ in outcomes}


def test_what_the_class_comes_to(undisturbed, plain):
    ids = [exercise.id for exercise in plain.exercises]
    assert all(list(verdicts(outcomes)) == ids for outcomes in undisturbed.values())
    right = dict.fromkeys(ids, Verdict.RIGHT)
    assert verdicts(undisturbed["right"]) == right
    assert verdicts(undisturbed["wrong"]) == right | {"u01.slope": Verdict.WRONG}
    assert verdicts(undisturbed["crashes"]) == right | {"u01.slope": Verdict.CRASHED}
    assert verdicts(undisturbed["leaves"]) == right | {"u01.make_adder": Verdict.CRASHED}
    assert verdicts(undisturbed["greedy"]) == right | {"u01.make_adder": Verdict.TOO_MUCH_MEMORY}
    assert verdicts(undisturbed["unfilled"]) == right | {"u01.slope": Verdict.TODO}
    assert Verdict.RIGHT not in verdicts(undisturbed["broken"]).values()
    assert Verdict.GRADER_ERROR not in {v for o in undisturbed.values() for v in verdicts(o).values()}


def test_the_order_of_the_jobs_does_not_matter(pool, students, shown, undisturbed):
    assert shown(pool.run(reversed(students))) == undisturbed


def test_one_student_alone_comes_to_the_same(pool, students, shown, undisturbed):
    assert shown(pool.run(students[:1])) == {"right": undisturbed["right"]}


@pytest.fixture(scope="module")
def pair(open_pool, plain):
    """A pool of two processes."""
    with open_pool(plain, workers=2) as opened:
        yield opened


def test_two_processes_come_to_the_same(pair, students, shown, undisturbed):
    assert shown(pair.run(students)) == undisturbed
    assert len(pair._processes) == 2


def test_whoever_stops_listening_does_not_get_old_answers_later(pair, students, shown, undisturbed):
    """When the first answer is read, the other process is in the middle of a job."""
    for _ in pair.run(students[:3]):
        break
    assert shown(pair.run(students[3:5])) == {name: undisturbed[name] for name in ("leaves", "greedy")}


@pytest.fixture
def killer(monkeypatch):
    """killer(name, times): kills the grading process as soon as it has that student's job in hand."""
    killed = []

    def arrange(student, times):
        send = GradingProcess.send

        def send_and_kill(process, job):
            sent = send(process, job)
            if job == student and len(killed) < times:
                killed.append(process._process.pid)
                os.kill(process._process.pid, signal.SIGKILL)
            return sent

        monkeypatch.setattr(GradingProcess, "send", send_and_kill)
        return killed

    return arrange


def test_a_process_that_is_killed_loses_nothing(pair, students, shown, undisturbed, killer):
    killed = killer(students[1], times=1)
    assert shown(pair.run(students)) == undisturbed
    assert len(killed) == 1


def test_a_job_that_kills_twice_is_a_grader_error_and_the_others_are_graded(
    pair, students, shown, undisturbed, killer
):
    killed = killer(students[1], times=2)
    got = shown(pair.run(students[:3]))
    assert len(set(killed)) == 2
    assert {name: got[name] for name in ("right", "crashes")} == {
        name: undisturbed[name] for name in ("right", "crashes")
    }
    assert set(verdicts(got["wrong"]).values()) == {Verdict.GRADER_ERROR}
    _, _, finding, _, tests = got["wrong"][0]
    assert finding.what == "the grading process ended twice while it examined this unit"
    assert "not the student's fault" in finding.help
    assert tests == []


def test_processes_that_died_while_idle_are_replaced(pair, students, shown, undisturbed):
    list(pair.run(students[:2]))
    before = list(pair._processes)
    for process in before:
        process._process.kill()
        process._process.join()
    assert shown(pair.run(students[1:2])) == {"wrong": undisturbed["wrong"]}
    assert not set(before) & set(pair._processes)


def test_no_jobs_no_results(pool):
    assert list(pool.run([])) == []


def test_the_facts_of_a_run(pool):
    assert {"sandbox", "python", "katagrad", "numpy", "hypothesis", "pytest"} <= set(pool.facts)
    assert pool.facts["sandbox"] == str(pool.rung)


@pytest.mark.parametrize(
    ("test", "complaint"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("def test_f(student):\n    pass\n", "does not say which exercise it tests"),
    ],
    ids=["an import that fails", "a test of no exercise"],
)
def test_tests_that_cannot_be_used_are_the_courses_fault(open_pool, tmp_path, test, complaint):
    (tmp_path / "course.yml").write_text(
        "id: bad\ntitle: Bad\nversion: '1'\nunits:\n  - id: u01\n    title: Bad\n    folder: u01_bad\n"
        "    exercises:\n      - {id: u01.f, title: f, symbols: [f], points: 1, minutes: 1}\n"
    )
    for folder, name, text in (
        ("solutions", "bad.py", "def f(): pass\n"),
        ("solutions", "test_hidden_bad.py", test),
        ("exercises", "bad.py", "def f():\n    raise NotImplementedError\n"),
    ):
        (tmp_path / folder / "u01_bad").mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "u01_bad" / name).write_text(text)
    with open_pool(load_course(tmp_path), workers=1) as pool, pytest.raises(CourseError, match=complaint):
        list(pool.run([Job("one", "u01", {"u01_bad/bad.py": "def f(): pass\n"})]))


def test_jobs_are_taken_one_by_one(pool, job):
    """Whoever makes them from large uploads need not hold them all."""
    taken = []

    def jobs():
        for name in ("one", "two", "three", "four"):
            taken.append(name)
            yield job(name)

    ahead = [len(taken) - done for done, _ in enumerate(pool.run(jobs()), start=1)]
    assert taken == ["one", "two", "three", "four"]
    assert max(ahead) <= 1
