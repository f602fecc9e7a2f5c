"""A zygote that dies in mid-run, as by the kernel's hand when memory is short, costs nobody anything.

Without a jail the student's code can do what the kernel would: it kills its parent.
"""

import pytest

from grader.examine.outcome import Verdict

SLOPE = "    return (y1 - y0) / (x1 - x0)\n"
KILL = "    import os, signal, time\n    {once}os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(60)\n"


@pytest.fixture(scope="module")
def unjailed(open_pool, plain):
    with open_pool(plain, rung="unsafe", workers=1) as opened:
        yield opened


def outcomes(pool, *jobs):
    return {
        result.submission: {outcome.exercise: outcome for outcome in result.outcomes}
        for result in pool.run(jobs)
    }


def test_what_was_lost_is_run_again(unjailed, job, tmp_path):
    # the second time there is the folder already
    once = f"if not os.path.exists({str(tmp_path / 'x')!r}): os.mkdir({str(tmp_path / 'x')!r}); "
    student = job("student", (SLOPE, KILL.format(once=once).replace("time.sleep(60)", "pass") + SLOPE))
    found = outcomes(unjailed, student)["student"]
    assert (tmp_path / "x").exists()
    assert {outcome.verdict for outcome in found.values()} == {Verdict.RIGHT}


def test_what_is_lost_each_time_is_our_fault_and_costs_nothing_else(unjailed, job):
    found = outcomes(unjailed, job("student", (SLOPE, KILL.format(once=""))), job("other"))
    lost = found["student"].pop("u01.slope")
    assert lost.verdict is Verdict.GRADER_ERROR, [t.finding and t.finding.what for t in lost.tests]
    assert lost.finding.what == "the zygote ended before its worker"
    others = [*found["student"].values(), *found["other"].values()]
    assert {outcome.verdict for outcome in others} == {Verdict.RIGHT}
