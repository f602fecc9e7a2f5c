"""`kata verify --seeds`: what is right is right under every seed."""

import pytest

from grader.cli import main
from grader.engine.pool import Pool
from grader.errors import CourseError
from grader.examine.seed import Seed
from grader.verify.seeds import derived, prove_seeds

RIGHT = "solutions/u01_pair/right_pair.py"
DEMO = Seed("demo", demo=True)
# The hidden test draws x between 3 and 4: right under some seeds only.
BY_LUCK = '''

@right("u01.double")
def double(x):
    """Right by luck."""
    return 2 * x if x < 3.5 else 2.01 * x
'''


def test_derived_seeds_are_fixed_and_differ():
    values = [derived(DEMO, number).value for number in range(1, 20)]
    assert values == [derived(DEMO, number).value for number in range(1, 20)]
    assert len({DEMO.value, *values}) == 20
    assert not any(DEMO.value in value for value in values)
    assert derived(Seed("another seed, secret"), 1) != derived(DEMO, 1)


def lucky(seed):
    """Whether this seed draws an x on which BY_LUCK is right."""
    return (
        seed.rng("u01.double", "test_hidden_pair::test_hidden_double_of_random_numbers").uniform(3, 4) < 3.5
    )


def test_an_answer_that_is_right_by_luck_is_found(tiny, monkeypatch):
    tiny.put(RIGHT, (tiny.root / RIGHT).read_text("utf-8") + BY_LUCK)
    failing = tuple(number for number in range(1, 7) if not lucky(derived(DEMO, number)))
    assert 0 < len(failing) < 6
    pools, told = [], []
    start = Pool._start
    monkeypatch.setattr(Pool, "_start", lambda pool: pools.append(pool) or start(pool))
    found = prove_seeds(tiny.catalogue, ["u01.double"], DEMO, 6, lambda *numbers: told.append(numbers))
    (failure,) = [one for one in found.unstable if one.exercise == "u01.double"]
    assert (failure.seeds, failure.test) == (failing, "test_hidden_double_of_random_numbers")
    assert (failure.answer, failure.where) == ('the right answer "Right by luck."', f"{RIGHT}:34")
    assert found.failures >= len(failing)
    assert len(pools) <= pools[0].workers, "the grading processes should stay warm"
    assert told[-1] == (25, 25)  # a tripwire, and under each seed the solution and three answers


def test_the_screen_says_seed_answer_exercise_and_test(tiny, capsys):
    tiny.put(RIGHT, (tiny.root / RIGHT).read_text("utf-8") + BY_LUCK)
    assert main(["verify", "u01.double", "--seeds", "6", "--in-process"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert '"Right by luck.": u01.double: test_hidden_double_of_random_numbers is wrong  (' in lines[0]
    assert " seed" in lines[0]
    assert lines[-1].startswith("6 seeds x 1 solution and 3 right answers: 42 exercises examined, ")


def test_a_sound_course_in_the_jail(tiny, capsys):
    """An answer is examined in the exercises that can tell it from the solution."""
    assert main(["verify", "--seeds", "2"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("2 seeds x 1 solution and 4 right answers: 16 exercises examined, 0 failures")
    assert "sandbox: " in line


def test_a_course_that_cannot_be_run_is_one_error(tiny):
    tiny.put("solutions/u01_pair/pair.py", "def double(:\n")
    with pytest.raises(CourseError, match="nothing of u01 was run"):
        prove_seeds(tiny.catalogue, [], DEMO, 1)


@pytest.mark.parametrize("words", [["--in-process"], ["--seeds", "0"], ["--seeds", "2", "--device", "cuda"]])
def test_options_that_make_no_sense(tiny, words):
    assert main(["verify", *words]) == 2
