"""Which exercises an answer can touch: found by running, and never too few."""

import pytest

from grader.engine.pool import Pool
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.verify.bank import parse
from grader.verify.cases import Case, answer_cases, course_cases
from grader.verify.claims_bank import read_bank
from grader.verify.reach import jobs_of, left_open, reach, tripwires
from grader.verify.run import prove
from grader.verify.selection import select

WRONG = "solutions/u01_pair/wrong_pair.py"
DEMO = Seed("demo", demo=True)
FOURTH_ALONE = {"u01.fourth": frozenset({"u01.fourth"})}


@pytest.fixture
def cases(tiny):
    selection = select(tiny.catalogue, [])
    bank, _ = read_bank(selection)
    return [*course_cases(selection.units, selection), *answer_cases(selection.units, selection, bank)]


def test_an_exercise_reaches_those_whose_tests_run_its_symbols(tiny, cases):
    with Pool(tiny.catalogue, DEMO, workers=1) as pool:
        found = reach(pool.run(tripwires(cases)))
    assert found == {"u01.double": {"u01.double", "u01.fourth"}, **FOURTH_ALONE}


def test_only_exercises_with_answers_get_a_tripwire(cases):
    own = [case for case in cases if case.answer is None or case.answer.exercise == "u01.fourth"]
    assert [job.submission for job in tripwires(own)] == ["u01.fourth"]


def asked(tiny, tmp_path, source):
    """The exercises that are examined for an answer to u01.fourth; None for all."""
    path = tmp_path / "answers.py"
    path.write_text(source, encoding="utf-8")
    (answer,) = parse(path)
    unit = tiny.catalogue.units[0]
    (job,) = jobs_of(Case("wrong", unit, (unit,), {}, answer), FOURTH_ALONE, tiny.catalogue)
    return set(job.exercises) or None


@pytest.mark.parametrize(
    "source",
    [
        '@wrong("u01.fourth")\ndef fourth(x):\n    return x + 4\n',
        'import math\n@wrong("u01.fourth")\ndef fourth(x, y=4, *, z=math.pi):\n    return x + y\n',
        "KNOWN = {3: 12}\n@wrong('u01.fourth')\ndef fourth(x):\n    return KNOWN[x]\n",
    ],
    ids=["plain", "defaults", "helpers"],
)
def test_an_answer_that_only_replaces_bodies(tiny, tmp_path, source):
    assert asked(tiny, tmp_path, source) == {"u01.fourth"}


@pytest.mark.parametrize(
    "source",
    [
        '@wrong("u01.fourth")\ndef fourth(x, y=print()):\n    return x\n',
        '@functools.cache\n@wrong("u01.fourth")\ndef fourth(x):\n    return x\n'.replace(
            ".cache", ".partial(print)"
        ),
        'KNOWN = dict(a=1)\n@wrong("u01.fourth")\ndef fourth(x):\n    return KNOWN\n',
        'np.pi = 3\n@wrong("u01.fourth")\ndef fourth(x):\n    return np.pi\n',
        'def abs(x):\n    return 4\n@wrong("u01.fourth")\ndef fourth(x):\n    return abs(x)\n',
        'class Help:\n    x = 1\n@wrong("u01.fourth")\ndef fourth(x):\n    return Help.x\n',
        '@wrong("u01.fourth")\nclass fourth:\n    def __call__(self, x):\n        return x\n',
    ],
    ids=["default", "decorator", "constant", "patch", "builtin", "helper class", "class"],
)
def test_an_answer_that_may_do_more_is_examined_everywhere(tiny, tmp_path, source):
    assert asked(tiny, tmp_path, source) is None


@pytest.mark.parametrize("members", ["def other(self):\n        return 1", "size = 3", "__hash__ = None"])
def test_a_class_answer_with_members_of_its_own_is_examined_everywhere(tiny, tmp_path, members):
    tiny.edit("course.yml", "symbols: [fourth]", "symbols: [Box.fourth]")
    method = "    def fourth(self):\n        return 1\n"
    assert asked(tiny, tmp_path, f'@wrong("u01.fourth")\nclass Box:\n{method}') == {"u01.fourth"}
    assert asked(tiny, tmp_path, f'@wrong("u01.fourth")\nclass Box:\n{method}    {members}\n') is None


@pytest.mark.parametrize(
    ("verdict", "open"), [(Verdict.CRASHED, True), (Verdict.TOO_SLOW, True), (Verdict.WRONG, False)]
)
def test_what_no_test_shows_to_import_is_left_open(tiny, cases, outcome_of, verdict, open):
    case = next(case for case in cases if case.answer and case.answer.exercise == "u01.fourth")
    job = left_open(case, {"u01.fourth": outcome_of("u01.fourth", verdict)}, tiny.catalogue)
    assert (job is not None) is open


def test_what_needs_a_crashed_answer_is_not_asked_again(tiny, cases, outcome_of):
    case = next(case for case in cases if case.kind == "wrong" and case.answer.exercise == "u01.double")
    seen = {"u01.double": outcome_of("u01.double", Verdict.CRASHED)}
    assert left_open(case, seen, tiny.catalogue) is None


def test_an_answer_that_breaks_the_import_is_found_to_break_all(tiny):
    answer = (
        '\n\n@wrong("u01.fourth")\ndef fourth(x, y=nowhere):\n    """Cannot be imported."""\n    return x\n'
    )
    tiny.put(WRONG, (tiny.root / WRONG).read_text("utf-8") + answer)
    (claim,) = prove(tiny.catalogue, tiny.file, [], DEMO).broken
    assert 'the wrong answer "Cannot be imported.": u01.double, which does not need u01.fourth' in claim.fact
