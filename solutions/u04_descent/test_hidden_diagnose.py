"""Hidden tests of unit 4, diagnoses: runs whose fault is known, because it was built in."""

import numpy as np
from checks_descent import check_unchanged

from grader.testing import assert_equal, exercise, fail

NAN = "nan or infinity in the losses is not taken for divergence"
WEIGHTS = "nan or infinity in the weights is not taken for divergence"
RISES = "a loss that rises is always taken for divergence, also where the run walks straight uphill"
STRAIGHT = "a loss that rises is always taken for a wrong sign, also where the run jumps to and fro"
JUMPS = "oscillation is looked for in the losses; it shows in the path"
FEW = "a few turns back count as oscillation; more than half of the turns must be"
LITTLE = "whether the run turns back is asked too late: a run that gains little may oscillate"
LOWEST = "the last loss is compared with another one than the first"
TIE = "a border case falls on the wrong side: equal is neither above nor more than half"
ACROSS = "one weight that goes to and fro counts, not the step as a whole"
PLACES = "the rows of path are taken for steps; steps are their differences"

WORDS = ("diverging", "sign error", "oscillating", "crawling", "ok")
UP = {"diverging": {"sign error": STRAIGHT}, "sign error": {"diverging": RISES}}


def run(rng, factors, T):
    """A run whose error is multiplied by these factors in every step, along drawn directions.

    This is what gradient descent does in a parabola: the factors are 1 - lr * curvature.
    """
    factors = np.asarray(factors)
    directions = np.linalg.qr(rng.normal(size=(len(factors), len(factors))))[0]
    error = rng.uniform(1, 2, len(factors)) * rng.choice((-1, 1), len(factors))
    errors = error * factors ** np.arange(T + 1)[:, None]
    losses = (np.abs(1 - factors) * errors[:-1] ** 2).sum(axis=1) + 0.05 * np.abs(1 - factors).min()
    return errors @ directions.T + rng.uniform(1, 3, len(factors)), losses


FACTORS = {
    "diverging": (-1.4, -1.05),
    "sign error": (1.02, 1.2),
    "oscillating": (-0.9, -0.5),
    "crawling": (0.99, 0.999),
    "ok": (0.3, 0.8),
}


def a_run(rng, word, D):
    """(path, losses) of a run of this kind."""
    return run(rng, rng.uniform(*FACTORS[word], D), int(rng.integers(7, 14)))


def check(student, path, losses, right, blame):
    """Compare the student's word with the right one. blame: {wrong word: what it means here}."""
    before = path.copy(), losses.copy()
    called = f"diagnose_run(path, losses), T = {len(losses)}, D = {path.shape[1]}"
    yours = student.diagnose_run(path, losses)
    check_unchanged("path", path, before[0], called)
    check_unchanged("losses", losses, before[1], called)
    if type(yours) is str and yours in blame:
        fail("the diagnosis is wrong", called=called, yours=yours, expected=right, diagnosis=blame[yours])
    assert_equal(yours, right, of="the diagnosis", called=called)


def check_all(student, rng, D):
    """All five kinds, so that no test is passed by one word alone."""
    for right in WORDS:
        path, losses = a_run(rng, right, D)
        check(student, path, losses, right, UP.get(right, {}))


def anything(right, sentence):
    """The same blame for every wrong word."""
    return {word: sentence for word in WORDS if word != right}


@exercise("u04.diagnose_run", weight=2, in_place=True)
def test_five_kinds_of_runs(student, rng):
    """Whether the loss rose, and whether the run turns back: that tells four faults and none apart."""
    for D in (3, 5, 1):
        check_all(student, rng, D)


@exercise("u04.diagnose_run", weight=2, in_place=True)
def test_runs_that_overflow(student, rng):
    """nan and infinity are divergence: every comparison with nan is False, so ask for them first."""
    check_all(student, rng, 3)
    for kind in WORDS:
        for number, at in ((np.nan, -1), (np.inf, -1), (np.nan, 2)):
            path, losses = a_run(rng, kind, 3)
            losses[at] = number
            check(student, path, losses, "diverging", anything("diverging", NAN))
    for number in (np.nan, np.inf, -np.inf):
        path, losses = a_run(rng, "ok", 3)
        path[-1, 1] = number
        check(student, path, losses, "diverging", anything("diverging", WEIGHTS))


@exercise("u04.diagnose_run", in_place=True)
def test_a_turn_is_one_of_whole_steps(student, rng):
    """A step turns back against the one before if their dot product is below 0, not if one weight does."""
    for T in rng.integers(7, 14, 2):
        along, across, losses = np.arange(T + 1.0), (-1.0) ** np.arange(T + 1), np.linspace(8.0, 1.0, T)
        w = np.column_stack([along, 0.1 * across, 0 * along]) + rng.uniform(2, 3, 3)
        check(student, w, losses, "ok", {"oscillating": ACROSS})
        w = np.column_stack([0.1 * along, across, 0 * along])
        losses[1:-1] += 3 * across[1 : T - 1]
        check(student, across[:, None] * rng.uniform(1, 2, 3), losses, "oscillating", {})
        w += rng.uniform(2, 3, 3)
        check(student, w, losses, "oscillating", {"ok": PLACES})
    check_all(student, rng, 3)


@exercise("u04.diagnose_run", weight=2, in_place=True)
def test_the_path_tells_more_than_the_losses(student, rng):
    """Losses that jump are no oscillation; a run that jumps across the valley may come down all the while."""
    for _ in range(2):
        path, losses = a_run(rng, "ok", 5)
        losses[1:-1] *= 1 + 0.9 * (-1.0) ** np.arange(len(losses) - 2)
        check(student, path, losses, "ok", {"oscillating": JUMPS, "sign error": LOWEST})
        path, losses = run(rng, -rng.uniform(0.97, 0.99, 3), 6)
        check(student, path, losses, "oscillating", {"crawling": LITTLE})
        path, losses = run(rng, (-0.5, 0.9, 0.85), 15)  # steep across, flat along: it turns back at first
        check(student, path, losses, "ok", {"oscillating": FEW})
        path, losses = a_run(rng, "ok", 3)
        losses[len(losses) // 2] = losses[-1] / 4
        check(student, path, losses, "ok", {"sign error": LOWEST, "crawling": LOWEST, "diverging": LOWEST})
        path, losses = a_run(rng, "ok", 3)
        losses[1] = losses[-1] / 4  # the first loss counts, not the next
        check(student, path, losses, "ok", {"sign error": LOWEST, "crawling": LOWEST, "diverging": LOWEST})
        losses[-1] = losses[0] * 2  # and so does the very last
        check(student, path, losses, "sign error", {})
        path, losses = a_run(rng, "crawling", 3)
        losses[1] = losses[0] * 3
        check(student, path, losses, "crawling", {"ok": LOWEST})
    check_all(student, rng, 5)


def walk(rng, signs):
    """float64[T + 1, 1]: one weight that goes up or down by 1 in every step, or stays."""
    return rng.integers(1, 9) + np.append(0.0, np.cumsum(signs))[:, None]


@exercise("u04.diagnose_run", in_place=True)
def test_border_cases(student, rng):
    """More than half of the turns, above the first loss, above half of it: equal is none of these."""
    check_all(student, rng, 4)
    first = float(4 * rng.integers(1, 9))
    for signs, last, right, tie in (
        ((1, -1, 1, 1, 1), first / 8, "ok", "oscillating"),  # two of four turns turn back
        ((1, -1, 1, -1, -1), first / 8, "oscillating", ""),  # three of four
        ((1, -1, 1, 1, 1), first + 1, "sign error", "diverging"),
        ((1, -1, 1, -1, -1), first + 1, "diverging", ""),
        ((1, -1), first, "oscillating", "diverging"),  # as high as at first
        ((1, 1), first, "crawling", "sign error"),
        ((0, 0, 0), first, "crawling", "oscillating"),  # it stands still
        ((1, 1), first / 2, "ok", "crawling"),
        ((1, 1, 1), first / 2 + 0.5, "crawling", ""),
    ):
        check(student, walk(rng, signs), np.linspace(first, last, len(signs)), right, {tie: TIE})
