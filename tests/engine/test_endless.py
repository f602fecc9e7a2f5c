"""A step without end in a test, such as sum(range(10**12)), ends the grading process, costs its exercise."""

import os
import signal

import pytest

from grader.engine.process import Begins, GradingProcess
from grader.examine.outcome import Verdict


@pytest.fixture
def endless(monkeypatch):
    """endless(exercises): a process that turns to one of these is ended as the kernel's timer ends it."""
    ended = []

    def arrange(exercises):
        receive = GradingProcess.receive

        def receive_and_end(process):
            reply = receive(process)
            if isinstance(reply, Begins) and reply.exercise in exercises:
                os.kill(process._process.pid, signal.SIGPROF)
                ended.append(reply.exercise)
            return reply

        monkeypatch.setattr(GradingProcess, "receive", receive_and_end)
        return ended

    return arrange


def verdicts(result):
    return {outcome.exercise: outcome.verdict for outcome in result.outcomes}


def test_it_costs_the_exercise_and_no_other(pool, job, plain, endless):
    ended = endless({"u01.make_adder"})
    (result,) = pool.run([job("hostile")])
    right = {exercise.id: Verdict.RIGHT for exercise in plain.exercises}
    assert verdicts(result) == right | {"u01.make_adder": Verdict.TOO_SLOW}
    assert ended == ["u01.make_adder"]
    outcome = next(o for o in result.outcomes if o.exercise == "u01.make_adder")
    assert outcome.finding.what == "stopped: a test could not come to an end with this result"


def test_after_three_of_them_the_rest_of_the_unit_is_not_tried(pool, job, plain, endless):
    ids = [exercise.id for exercise in plain.exercises]
    ended = endless(set(ids))
    (result,) = pool.run([job("hostile")])
    assert set(verdicts(result).values()) == {Verdict.TOO_SLOW}
    assert ended == ids[:3]
