"""A trial of the diagnosis: typical wrong gradients, each on two independent draws.

The draws differ in all axis sizes and in all numbers. A mistake counts as named when the confirmed sentence
is the true one, as silent when nothing is confirmed, and as misnamed otherwise. Misnamed is never allowed.
"""

import runpy
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from grader.gradcheck.diagnose import candidates, confirm

SIZES = ((5, 3, 7), (4, 9, 6))


def table(file: str, name: str) -> dict:
    return runpy.run_path(str(Path(__file__).with_name(file)))[name]


TRIAL = table("wrong_gradients.py", "TRIAL")
UNITS = table("wrong_transformer.py", "UNITS")
FRESH = table("wrong_fresh.py", "FRESH")
FIRST = {name: (function, (truth,) if truth else ()) for name, (function, truth) in TRIAL.items()}
MISTAKES = FIRST | UNITS | FRESH


def is_true(said: str, truths: tuple[str, ...]) -> bool:
    return any(said == truth or ("*" in truth and truth.replace("*", "") in said) for truth in truths)


def diagnose(name: str, seed: int) -> str:
    function, _ = MISTAKES[name]
    draws = []
    for index, sizes in enumerate(SIZES):
        yours, expected, clues = function((np.random.default_rng([seed, index]), *sizes))
        draws.append(candidates(yours, expected, **clues))
    return confirm(draws)


def count(names, seed: int) -> tuple[Counter, list[str]]:
    found, remarks = Counter(), []
    for name in names:
        said, truths = diagnose(name, seed), MISTAKES[name][1]
        kind = "silent" if not said else "named" if is_true(said, truths) else "misnamed"
        found[kind] += 1
        if kind != "named":
            remarks.append(f"{name}: said {said!r}, true is {truths}")
    return found, remarks


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("names", "floor"), [(TRIAL, 49), (UNITS, 38), (FRESH, 28)], ids=["first", "units", "fresh"]
)
def test_mistakes_are_named_or_passed_over_in_silence(names, floor, seed):
    found, remarks = count(names, seed)
    assert found["misnamed"] == 0, remarks
    assert found["named"] >= floor, remarks


def test_the_trial_is_large_enough():
    assert len(TRIAL) == 55
    assert len(UNITS) == 45
    assert len(FRESH) == 30
    assert len(MISTAKES) == 130


def test_one_draw_alone_confirms_nothing():
    function, truth = TRIAL["division_sign"]
    yours, expected, clues = function((np.random.default_rng(0), *SIZES[0]))
    draw = candidates(yours, expected, **clues)
    assert truth in draw
    assert confirm([draw]) == ""
    assert confirm([]) == ""


@pytest.mark.parametrize("name", MISTAKES)
def test_no_sentence_holds_a_size_of_the_draw(name):
    """Two draws of other sizes could never agree on such a sentence."""
    function, truths = MISTAKES[name]
    yours, expected, clues = function((np.random.default_rng(3), *SIZES[0]))
    if truths and diagnose(name, 3):
        assert any(is_true(said, truths) for said in candidates(yours, expected, **clues))
