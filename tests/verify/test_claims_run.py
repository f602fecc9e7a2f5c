"""Each claim about the runs is broken once on purpose. What the runs show is told here, not run."""

from dataclasses import replace

import pytest

from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.verify.run import FEW, prove

HIDDEN = "solutions/u01_pair/test_hidden_pair.py"
PUBLIC = "exercises/u01_pair/test_pair.py"
RIGHT = "solutions/u01_pair/right_pair.py"
SOLUTION = "solutions/u01_pair/pair.py"
STUB = "exercises/u01_pair/pair.py"
WRONG = "solutions/u01_pair/wrong_pair.py"
SQUARES, GIVES_BACK = f"wrong {WRONG}:4", f"wrong {WRONG}:10"
DOUBLES_ONCE = f"wrong {WRONG}:22"
ADDS = f"right {RIGHT}:10"


@pytest.fixture
def proof(tiny, pool):
    return lambda *wanted: prove(tiny.catalogue, tiny.file, wanted, Seed("demo", demo=True))


def test_a_stub_that_is_not_to_do(broken, pool, outcome_of):
    pool.said["stub", "u01.double", None] = outcome_of("u01.double", Verdict.WRONG)
    fact = "u01.double: the stub is wrong (the result is off), not to do"
    mend = "put the solution of each symbol between the markers, then kata stubs"
    assert broken() == [f"{fact}  ({STUB}:6)  -> {mend}"]


TOLD = {
    "touched": "a stub with one line that does nothing",
    "none": "`return None` as every body",
    "error": "`raise ValueError` as every body",
}
every_way_to_do_nothing = pytest.mark.parametrize("kind", TOLD)


@every_way_to_do_nothing
def test_a_public_test_that_passes_where_nothing_is_done(broken, pool, outcome_of, kind):
    public, hidden = outcome_of("u01.fourth", Verdict.TODO).tests
    tests = replace(public, verdict=Verdict.RIGHT), hidden
    pool.said[kind, "u01.fourth", None] = outcome_of("u01.fourth", Verdict.TODO, tests=tests)
    fact = f"u01.fourth: the public test test_fourth_of_three passes on {TOLD[kind]}"
    assert broken() == [f"{fact}  ({PUBLIC}:11)  -> let it ask for what that does not do"]


@every_way_to_do_nothing
def test_what_does_nothing_and_earns_something(broken, pool, outcome_of, kind):
    public, hidden = outcome_of("u01.fourth", Verdict.WRONG).tests
    tests = public, replace(hidden, verdict=Verdict.RIGHT)
    pool.said[kind, "u01.fourth", None] = outcome_of("u01.fourth", Verdict.WRONG, tests=tests)
    fact = f"u01.fourth: {TOLD[kind]} earns 50%"
    assert broken() == [f"{fact}  ({STUB}:11)  -> let test_hidden_fourth_of_zero fail on it"]


@every_way_to_do_nothing
def test_what_does_nothing_and_earns_something_by_follow_through(broken, pool, outcome_of, kind):
    public, hidden = outcome_of("u01.fourth", Verdict.NOT_CHECKED).tests
    said = outcome_of("u01.fourth", Verdict.NOT_CHECKED, tests=(public, replace(hidden, followed=True)))
    pool.said[kind, "u01.fourth", None] = replace(said, followed=("u01.double",))
    fact = f"u01.fourth: {TOLD[kind]} earns 50%"
    assert broken() == [f"{fact}  ({STUB}:11)  -> let test_hidden_fourth_of_zero fail on it"]


@every_way_to_do_nothing
def test_our_tests_break_where_nothing_is_done(broken, pool, outcome_of, kind):
    pool.said[kind, "u01.fourth", None] = outcome_of("u01.fourth", Verdict.GRADER_ERROR)
    fact = f"u01.fourth: {TOLD[kind]} makes the grader stumble: the result is off"
    assert broken() == [f"{fact}  ({STUB}:11)  -> mend test_fourth_of_three"]


@pytest.mark.parametrize(("here", "words"), [(False, "in the jail"), (True, "in process")])
def test_a_solution_that_fails(broken, pool, outcome_of, here, words):
    pool.said["solution", "u01.fourth", here] = outcome_of("u01.fourth", Verdict.CRASHED)
    fact = f"u01.fourth: the solution is crashed (the result is off) {words}"
    assert broken() == [f"{fact}  ({SOLUTION}:13)  -> mend the solution or test_fourth_of_three"]


def test_what_fails_on_the_solution_is_said_once(broken, pool, outcome_of):
    for kind in ("solution", "right", "wrong"):
        pool.said[kind, "u01.fourth", None] = outcome_of("u01.fourth", Verdict.WRONG)
    (line,) = broken()
    assert line.startswith(
        "u01.fourth: the solution is wrong (the result is off) in the jail and in process  ("
    )


def test_a_wrong_answer_that_passes(broken, pool, outcome_of):
    pool.said[GIVES_BACK, "u01.double", None] = outcome_of("u01.double", Verdict.RIGHT)
    fact = 'u01.double: the wrong answer "Gives x back." earns full marks'
    assert broken() == [
        f"{fact}  ({WRONG}:10)  -> add a test on which it shows to {HIDDEN}, or make one stricter"
    ]


def test_a_wrong_answer_that_fails_elsewhere(broken, pool, outcome_of):
    pool.said["u01.fourth", "u01.double", None] = outcome_of("u01.double", Verdict.CRASHED)
    pool.said[DOUBLES_ONCE, "u01.double", None] = outcome_of("u01.double", Verdict.WRONG)
    fact = (
        'u01.fourth: the wrong answer "Doubles once.": u01.double, which does not need u01.fourth, is wrong'
    )
    mend = "add u01.fourth to the needs of u01.double, or keep test_double_of_three away from it"
    assert broken() == [f"{fact} (the result is off)  ({WRONG}:22)  -> {mend}"]


def test_a_wrong_answer_may_fail_what_needs_it(broken, pool, outcome_of):
    pool.said[GIVES_BACK, "u01.fourth", None] = outcome_of("u01.fourth", Verdict.NOT_CHECKED)
    assert broken() == []


@pytest.mark.parametrize(("answer", "exercise"), [(GIVES_BACK, "u01.double"), (SQUARES, "u01.fourth")])
def test_a_wrong_answer_on_which_our_tests_break(broken, pool, outcome_of, answer, exercise):
    pool.said[answer, exercise, None] = outcome_of(exercise, Verdict.GRADER_ERROR)
    (line,) = broken()
    where = answer.removeprefix("wrong ")
    assert line.startswith('u01.double: the wrong answer "')
    assert f"makes the grader stumble: the result is off  ({where})  -> mend test_" in line


@pytest.mark.parametrize(
    ("shown", "said"), [("", "gets no diagnosis"), ("a sign is wrong", 'is called "a sign is wrong"')]
)
def test_a_wrong_answer_that_is_not_named(broken, pool, outcome_of, shown, said):
    pool.said[SQUARES, "u01.double", None] = outcome_of("u01.double", Verdict.WRONG, shown)
    fact = f'u01.double: the wrong answer "Squares." {said}, not "it is squared"'
    mend = "name it in `suspects` of the tests that reject it, or correct diagnosis="
    assert broken() == [f"{fact}  ({WRONG}:4)  -> {mend}"]


def pays_half(outcome_of, verdict=Verdict.WRONG):
    public, hidden = outcome_of("u01.double", Verdict.WRONG, "it is squared").tests
    tests = public, replace(hidden, verdict=Verdict.RIGHT)
    return outcome_of("u01.double", verdict, "it is squared", tests)


def test_an_answer_that_must_earn_nothing_and_earns_a_half(tiny, broken, proof, pool, outcome_of):
    tiny.edit(WRONG, 'diagnosis="it is squared"', 'diagnosis="it is squared", earns_nothing=True')
    pool.said[SQUARES, "u01.double", None] = pays_half(outcome_of)
    fact = 'u01.double: the wrong answer "Squares." earns 50%, and must earn nothing'
    assert broken() == [f"{fact}  ({WRONG}:4)  -> let test_hidden_double_of_zero fail on it"]
    assert [(row.unpaid, row.idle) for row in proof().rows] == [(0, 1), (0, 0)]


@pytest.mark.parametrize("verdict", [Verdict.RULE_BROKEN, Verdict.WRONG])
def test_an_answer_that_must_earn_nothing_and_earns_nothing(tiny, proof, pool, outcome_of, verdict):
    tiny.edit(WRONG, 'diagnosis="it is squared"', "earns_nothing=True")
    rule = verdict is Verdict.RULE_BROKEN
    said = pays_half(outcome_of, verdict) if rule else outcome_of("u01.double", verdict)
    pool.said[SQUARES, "u01.double", None] = said
    found = proof()
    assert found.broken == ()
    assert [(row.unpaid, row.idle) for row in found.rows] == [(1, 1), (0, 0)]


def test_an_answer_that_must_earn_nothing_and_passes_is_said_once(tiny, broken, pool, outcome_of):
    tiny.edit(WRONG, 'diagnosis="it is squared"', 'diagnosis="it is squared", earns_nothing=True')
    pool.said[SQUARES, "u01.double", None] = outcome_of("u01.double", Verdict.RIGHT)
    (line,) = broken()
    assert "earns full marks" in line


@pytest.mark.parametrize(("here", "words"), [(False, "in the jail"), (True, "in process")])
def test_a_right_answer_that_is_rejected(broken, pool, outcome_of, here, words):
    pool.said[ADDS, "u01.double", here] = outcome_of("u01.double", Verdict.WRONG)
    fact = f'u01.double: the right answer "Adds." is wrong (the result is off) {words}'
    assert broken() == [f"{fact}  ({RIGHT}:10)  -> mend the answer, or let test_double_of_three accept it"]


def test_a_right_answer_that_breaks_another_exercise(broken, pool, outcome_of):
    pool.said[ADDS, "u01.fourth", False] = outcome_of("u01.fourth", Verdict.WRONG)
    fact = 'u01.double: the right answer "Adds.": u01.fourth is wrong (the result is off) in the jail'
    assert broken() == [f"{fact}  ({RIGHT}:10)  -> mend the answer, or let test_fourth_of_three accept it"]


def test_what_was_stopped_in_the_jail_is_not_tried_without_one(proof, pool, outcome_of):
    pool.said[ADDS, "u01.double", None] = outcome_of("u01.double", Verdict.TOO_SLOW)
    assert len(proof().broken) == 1
    assert (ADDS, "u01", False) in pool.jobs
    assert (ADDS, "u01", True) not in pool.jobs
    assert (f"right {RIGHT}:16", "u01", True) in pool.jobs


def test_the_kill_table_counts_every_answer_once(proof, pool, outcome_of):
    pool.said[GIVES_BACK, "u01.double", None] = outcome_of("u01.double", Verdict.RIGHT)
    pool.said[f"wrong {WRONG}:28", "u01.fourth", None] = outcome_of("u01.fourth", Verdict.WRONG, "a factor 2")
    pool.said[ADDS, "u01.double", True] = outcome_of("u01.double", Verdict.WRONG)
    found = proof()
    rows = {row.exercise: row for row in found.rows}
    double, fourth = rows["u01.double"], rows["u01.fourth"]
    assert (double.wrong, double.killed, double.named, double.silent) == (3, 2, 1, 1)
    assert (double.right, double.accepted) == (2, 1)
    assert (fourth.wrong, fourth.killed, fourth.silent, fourth.unasked) == (3, 3, 2, 1)
    for row in rows.values():
        assert row.killed == row.named + row.silent + row.misnamed + row.unasked
    assert [(f.answer.where, f.diagnosis) for f in found.unasked] == [(f"{WRONG}:28", "a factor 2")]


def test_a_misnamed_answer_is_counted(proof, pool, outcome_of):
    pool.said[SQUARES, "u01.double", None] = outcome_of("u01.double", Verdict.WRONG, "a sign is wrong")
    assert [row.misnamed for row in proof().rows] == [1, 0]


def test_one_exercise_runs_its_own_answers_only(proof, pool):
    assert proof("u01.fourth").broken == ()
    jailed = [submission for submission, _, here in pool.jobs if not here]
    assert {s for s in jailed if s.startswith(("wrong", "right"))} == {
        *(f"wrong {WRONG}:{line}" for line in (22, 28, 34)),
        *(f"right {RIGHT}:{line}" for line in (22, 28)),
    }
    assert {s for s in jailed if not s.startswith(("wrong", "right"))} == {
        "stub u01",
        *(f"{kind} u01" for kind in TOLD),
        "solution u01",
        "u01.fourth",
    }


def test_what_an_answer_cannot_reach_is_not_examined_again_in_the_jail(proof, pool):
    assert proof().broken == ()
    assert pool.asked[DOUBLES_ONCE, False] == {"u01.fourth"}
    assert pool.asked[ADDS, False] == set()  # all of the unit
    assert pool.asked[ADDS, True] == {"u01.double"}


def test_one_wrong_answer_of_an_exercise_is_followed_through(proof, pool):
    assert proof().broken == ()
    assert pool.asked[SQUARES, False] == set()  # all of the unit
    assert pool.asked[GIVES_BACK, False] == {"u01.double"}


def test_a_quick_proof_runs_a_few_answers_and_those_that_must_earn_nothing(tiny, pool, monkeypatch):
    monkeypatch.setitem(FEW, "wrong", 1)
    more = '\n\n@wrong("u01.double", earns_nothing=True)\ndef double(x):\n    """Copied."""\n    return 6\n'
    tiny.put(WRONG, (tiny.root / WRONG).read_text("utf-8") + more)
    prove(tiny.catalogue, tiny.file, [], Seed("demo", demo=True), quick=True)
    run = {id for id, _, _ in pool.jobs}
    assert {SQUARES, DOUBLES_ONCE, ADDS} <= run
    assert GIVES_BACK not in run
    assert any(id.startswith(f"wrong {WRONG}") for id in run - {SQUARES, DOUBLES_ONCE})


def test_a_thorough_proof_follows_every_wrong_answer_through(tiny, pool):
    assert prove(tiny.catalogue, tiny.file, [], Seed("demo", demo=True), thorough=True).broken == ()
    assert pool.asked[GIVES_BACK, False] == set()  # all of the unit


def test_an_answer_that_may_not_even_be_imported_is_examined_everywhere(broken, pool, outcome_of):
    pool.said[DOUBLES_ONCE, "u01.fourth", None] = outcome_of("u01.fourth", Verdict.CRASHED)
    pool.said[DOUBLES_ONCE, "u01.double", None] = outcome_of("u01.double", Verdict.CRASHED)
    (line,) = broken()
    assert line.startswith('u01.fourth: the wrong answer "Doubles once.": u01.double, which does not need')


def test_on_a_gpu_all_is_run_in_process(tiny, pool, outcome_of):
    pool.said[ADDS, "u01.double", True] = outcome_of("u01.double", Verdict.WRONG)
    found = prove(tiny.catalogue, tiny.file, [], Seed("demo", demo=True), device="cuda")
    assert {here for _, _, here in pool.jobs} == {True}
    assert [claim.fact for claim in found.broken] == [
        'u01.double: the right answer "Adds." is wrong (the result is off) in process'
    ]
    assert found.facts["device"] == "cuda"


MORE = """\
from u01_pair.pair import fourth


def eighth(x):
    # BEGIN SOLUTION
    return 2 * fourth(x)
    # END SOLUTION


def alone(x):
    # BEGIN SOLUTION
    return x
    # END SOLUTION
"""
UNIT = """\
  - id: u02
    title: More
    folder: u02_more
    exercises:
      - {id: u02.eighth, title: Eight times, symbols: [eighth], points: 1, minutes: 5, needs: [u01.fourth]}
      - {id: u02.alone, title: Alone, symbols: [alone], points: 1, minutes: 5}
"""


@pytest.fixture
def longer(tiny):
    """A second unit that imports the first; one of its two exercises needs it."""
    announced = "  - {id: u07, title: Announced only, folder: u07_later}\n"
    tiny.edit("course.yml", announced, UNIT)
    tiny.put("solutions/u02_more/more.py", MORE)
    tiny.put(
        "solutions/u02_more/hints.md", "".join(f"## u02.{n}\n1. a\n2. b\n3. c\n" for n in ("eighth", "alone"))
    )
    tiny.publish()
    return tiny


def test_a_later_unit_that_imports_it_is_examined_too(longer, proof, pool, outcome_of):
    pool.said[DOUBLES_ONCE, "u02.alone", None] = outcome_of("u02.alone", Verdict.WRONG)
    found = [str(claim) for claim in proof().broken if claim.where == f"{WRONG}:22"]
    assert [line.partition(" (")[0].partition('": ')[2] for line in found] == [
        "u02.alone, which does not need u01.fourth, is wrong"
    ]
    assert (DOUBLES_ONCE, "u02", False) in pool.jobs


def test_a_later_unit_is_told_what_is_wrong_before_it(longer, proof, pool):
    proof()
    assert pool.before[DOUBLES_ONCE, "u01"] == {}
    assert pool.before[DOUBLES_ONCE, "u02"] == {"u01.fourth": Verdict.WRONG}
    assert pool.before["solution u01", "u01"] == {}


def test_a_quick_proof_follows_one_answer_of_each_kind_into_later_units(longer, pool):
    seed = Seed("demo", demo=True)

    def later(**options):
        pool.jobs.clear()
        prove(longer.catalogue, longer.file, [], seed, **options)
        return sorted(id.partition(" ")[0] for id, unit, _ in pool.jobs if unit == "u02" and ".py:" in id)

    assert later() == ["right", "right", "wrong", "wrong"]  # one for each exercise of the first unit
    assert later(quick=True) == ["right", "wrong"]


def test_a_later_unit_waits_until_the_whole_course_is_proven(longer, proof, pool):
    proof("u01")
    assert {unit for _, unit, _ in pool.jobs} == {"u01"}


def test_progress_ends_at_all(tiny, pool):
    told = []
    prove(tiny.catalogue, tiny.file, [], Seed("demo", demo=True), lambda *numbers: told.append(numbers))
    assert told[-1] == (22, 22)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
