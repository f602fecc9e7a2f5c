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
TRIAL = runpy.run_path(str(Path(__file__).with_name("wrong_gradients.py")))["TRIAL"]


def diagnose(name: str, seed: int) -> str:
    function, _ = TRIAL[name]
    draws = []
    for index, sizes in enumerate(SIZES):
        yours, expected, clues = function((np.random.default_rng([seed, index]), *sizes))
        draws.append(candidates(yours, expected, **clues))
    return confirm(draws)


def count(seed: int) -> tuple[Counter, list[str]]:
    found, remarks = Counter(), []
    for name, (_, truth) in TRIAL.items():
        said = diagnose(name, seed)
        kind = "silent" if not said else "named" if said == truth else "misnamed"
        found[kind] += 1
        if said != truth:
            remarks.append(f"{name}: said {said!r}, true is {truth!r}")
    return found, remarks


@pytest.mark.parametrize("seed", range(5))
def test_mistakes_are_named_or_passed_over_in_silence(seed):
    found, remarks = count(seed)
    assert found["misnamed"] == 0, remarks
    assert found["named"] >= 45, remarks


def test_the_trial_is_large_enough():
    assert len(TRIAL) >= 50


def test_one_draw_alone_confirms_nothing():
    function, truth = TRIAL["division_sign"]
    yours, expected, clues = function((np.random.default_rng(0), *SIZES[0]))
    draw = candidates(yours, expected, **clues)
    assert truth in draw
    assert confirm([draw]) == ""
    assert confirm([]) == ""


@pytest.mark.parametrize("name", TRIAL)
def test_no_sentence_holds_a_size_of_the_draw(name):
    """Two draws of other sizes could never agree on such a sentence."""
    function, truth = TRIAL[name]
    yours, expected, clues = function((np.random.default_rng(3), *SIZES[0]))
    if truth:
        assert truth in candidates(yours, expected, **clues)
