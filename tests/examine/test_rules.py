"""Rules in grading: who breaks one earns nothing for that exercise, and nobody else loses by it."""

import pytest

from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.errors import SandboxError
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.release.publish import write

COURSE = """
id: ruled
title: A course with rules
version: "1"
limits: {seconds: 4, memory_mb: 192}
rules:
  torch:
    imports: [math, torch]
    attributes: [exp, sum, shape, sigmoid, requires_grad, clone, tensor]
    tripwires: [torch.sigmoid, torch.Tensor.sigmoid, torch.no_such_function]
units:
  - id: u01
    title: Held to a list
    folder: u01_held
    flavour: torch
    exercises:
      - {id: u01.soft, title: Soft, symbols: [soft], points: 1, minutes: 1}
      - {id: u01.twice, title: Twice, symbols: [twice], points: 1, minutes: 1, needs: [u01.soft]}
      - {id: u01.recorded, title: Recorded, symbols: [recorded], points: 1, minutes: 1}
      - {id: u01.plus, title: Plus, symbols: [plus], points: 1, minutes: 1, rules: {forbid: [tensor]}}
"""

SOLUTION = '''
"""The reference."""

import torch


def soft(x):
    """exp(x) / sum exp(x)"""
    # BEGIN SOLUTION
    e = torch.exp(x)
    return e / e.sum(-1, keepdim=True)
    # END SOLUTION


def twice(x):
    """2 soft(x)"""
    # BEGIN SOLUTION
    return 2 * soft(x)
    # END SOLUTION


def recorded(x):
    """Whether torch records what is done to x."""
    # BEGIN SOLUTION
    return (x * 1).requires_grad
    # END SOLUTION


def plus(x):
    """x + 1"""
    # BEGIN SOLUTION
    return x + 1
    # END SOLUTION
'''

HIDDEN = '''
import torch

from grader.testing import assert_close, assert_equal, exercise


@exercise("u01.soft")
def test_soft(student, rng, reference):
    """Rows sum to one."""
    x = torch.tensor(rng.normal(size=(3, 5)))
    assert_close(student.soft(x), reference.soft(x), of="the result")


@exercise("u01.twice")
def test_twice(student, rng, reference):
    """Rows sum to two."""
    x = torch.tensor(rng.normal(size=(3, 5)))
    assert_close(student.twice(x), reference.twice(x), of="the result")


@exercise("u01.recorded")
def test_recorded(student):
    """torch does not record."""
    x = torch.ones(3, requires_grad=True)
    assert_equal(student.recorded(x), False, of="requires_grad")


@exercise("u01.plus")
def test_plus(student):
    """One more."""
    assert_close(student.plus(torch.ones(2)), torch.full((2,), 2.0), of="the sum")


@exercise("u01.plus")
def test_plus_again(student):
    """One more than two."""
    assert_close(student.plus(torch.full((2,), 2.0)), torch.full((2,), 3.0), of="the sum")
'''


@pytest.fixture(scope="module")
def ruled(tmp_path_factory):
    root = tmp_path_factory.mktemp("ruled")
    ids = ("soft", "twice", "recorded", "plus")
    texts = {
        "course.yml": COURSE,
        "solutions/u01_held/held.py": SOLUTION,
        "solutions/u01_held/hints.md": "\n".join(f"## u01.{id}\n1. a\n2. b\n3. c\n" for id in ids),
        "solutions/u01_held/test_hidden_held.py": HIDDEN,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    (root / "exercises" / "u01_held").mkdir(parents=True)
    catalogue = load_course(root)
    write(catalogue)
    return catalogue


@pytest.fixture(scope="module")
def examine(ruled):
    """examine((old, new), ...) -> outcomes by name, of a student who replaced lines of the reference."""
    try:
        with Pool(ruled, Seed("a seed for the tests only"), workers=1) as pool:

            def run(*changes):
                text = SOLUTION
                for old, new in changes:
                    assert old in text
                    text = text.replace(old, new)
                (result,) = pool.run([Job("student", "u01", {"u01_held/held.py": text})])
                return {outcome.exercise.partition(".")[2]: outcome for outcome in result.outcomes}

            yield run
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")


def verdicts(outcomes):
    return {name: outcome.verdict for name, outcome in outcomes.items()}


R, OK, NC = Verdict.RULE_BROKEN, Verdict.RIGHT, Verdict.NOT_CHECKED
SOFT = "    e = torch.exp(x)\n    return e / e.sum(-1, keepdim=True)"
PLUS = "    return x + 1"


def test_the_reference_keeps_to_the_rules_and_torch_records_nothing(examine):
    assert set(verdicts(examine()).values()) == {OK}


def test_a_breach_names_line_and_rule_and_earns_nothing(examine):
    got = examine((SOFT, "    return torch.softmax(x, -1)"))
    assert verdicts(got) == {"soft": R, "twice": OK, "recorded": OK, "plus": OK}
    soft = got["soft"]
    assert soft.tests == ()
    assert soft.passed_share == 0
    assert soft.finding.where == "u01_held/held.py:10"
    assert soft.finding.source == "return torch.softmax(x, -1)"
    assert soft.finding.what.startswith("line 10 uses `torch.softmax`: after a dot only names")
    assert got["twice"].followed == ("u01.soft",)  # with the reference's soft, not with the student's


def test_a_tripwire_stops_what_the_tree_let_pass(examine):
    got = examine((PLUS, "    return torch.sigmoid(x) * 0 + x + 1"))
    assert verdicts(got) == {"soft": OK, "twice": OK, "recorded": OK, "plus": R}
    plus = got["plus"]
    assert plus.passed_share == 0
    assert plus.finding.where == "u01_held/held.py:32"
    assert plus.finding.source == "return torch.sigmoid(x) * 0 + x + 1"
    assert "line 32 calls `torch.sigmoid`, which this unit does without" in plus.finding.what


def test_a_breach_that_is_swallowed_is_a_breach(examine):
    swallowed = "    try: x.sigmoid()\n    except: pass\n    return x + 1"
    got = examine((PLUS, swallowed))
    assert verdicts(got) == {"soft": OK, "twice": OK, "recorded": OK, "plus": R}


def test_a_need_that_trips_is_paid_for_once(examine):
    got = examine((SOFT, "    torch.sigmoid(x)\n" + SOFT))
    assert verdicts(got) == {"soft": R, "twice": OK, "recorded": OK, "plus": OK}
    assert got["twice"].followed == ("u01.soft",)


def test_a_need_that_breaks_a_rule_does_not_carry_a_wrong_one(examine):
    """Right only because of the breach of what it needs: then it is wrong."""
    hidden = "    if x is None:\n        return lambda z: 2 * torch.softmax(z, -1)\n" + SOFT
    got = examine((SOFT, hidden), ("    return 2 * soft(x)", "    return soft(None)(x)"))
    assert verdicts(got)["soft"] is R
    assert verdicts(got)["twice"] is not OK


def test_a_name_that_one_exercise_does_without(examine):
    got = examine((PLUS, "    return x + torch.tensor(1.0)"), (SOFT, "    torch.tensor(1.0)\n" + SOFT))
    assert verdicts(got) == {"soft": OK, "twice": OK, "recorded": OK, "plus": R}
    assert "`tensor`: this exercise is to be solved without it" in got["plus"].finding.what


def test_what_runs_at_import_counts_for_all_that_was_written(examine):
    got = examine(
        ("import torch\n", "import torch\nprint(torch.autograd)\n"), (PLUS, "    raise NotImplementedError")
    )
    assert verdicts(got) == {"soft": R, "twice": R, "recorded": R, "plus": Verdict.TODO}


def test_a_file_that_cannot_be_read_breaks_no_rule(examine):
    got = examine((PLUS, "    return torch.autograd("))
    assert set(verdicts(got).values()) == {Verdict.CRASHED, NC}
