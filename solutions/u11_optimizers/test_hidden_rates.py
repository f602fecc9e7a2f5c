"""Hidden tests of unit 11: schedules of the learning rate."""

import math

from grader.testing import assert_close, exercise

EXACT = {"rtol": 1e-12, "atol": 0}
NAN = math.nan

SMOOTH = "the rate falls a little at every update, not once every `every` updates"
ONCE = "the rate falls only once"
EARLY = "one update too early"
LATE = "one update too late"
TO_ZERO = "the last update already has the rate 0"
CONSTANT = "the rate is as at the start for the whole run: a whole division?"
BELOW_ZERO = "the rate is negative after the end"

EAGER = "one bad evaluation too few is borne"
PATIENT = "one bad evaluation too many is borne"
EQUAL_IS_GOOD = "an equal loss counts as good"
TO_LAST = "a loss is compared with the one before it, not with the best"
NOT_IN_A_ROW = "bad evaluations are counted over the whole run, not in a row"
NO_NEW_COUNT = "the count of bad ones goes on after the rate has fallen"
BEST_FORGOTTEN = "the best loss is forgotten when the rate falls"
NAN_IS_GOOD = "nan counts as good"

NO_FLOOR = "the cosine goes down to 0, not to min_lr"
ON_TOP = "min_lr is added to the whole wave, which is then too high"
FROM_ZERO = "the cosine begins at update 0, not after the warm-up"
TOO_LONG = "the share of the way is taken of `cycle`, not of what is left of it after the warm-up"
FROM_MIN = "the warm-up begins at min_lr"
GOES_ON = "the wave goes on after the end of the cycle, and up again"
DEGREES = "the cosine is taken of degrees"
LINE = "a straight line down, where half a cosine belongs"
WHOLE_WAVE = "a whole wave of the cosine, down and up again"


def check_rates(schedule, reference, steps, called, mistakes):
    """The rates of many updates at once. mistakes: {sentence: step -> rate}"""
    yours = [schedule(step) for step in steps]
    expected = [reference(step) for step in steps]
    suspects = {cause: [wrong(step) for step in steps] for cause, wrong in mistakes.items()}
    assert_close(yours, expected, of="the list of rates", called=called, suspects=suspects, **EXACT)


@exercise("u11.lr_schedules", weight=2)
def test_rates_in_steps(student, rng, reference):
    """Update `every` is the first one with a lower rate, and 2 every the first one with the next."""
    for every, factor in ((3, 0.1), (5, 0.5), (1, 0.9), (4, 2.0)):
        lr = float(rng.uniform(0.1, 0.9))
        check_rates(
            lambda s: student.step_decay(s, lr, every, factor=factor),  # noqa: B023
            lambda s: reference.step_decay(s, lr, every, factor),  # noqa: B023
            [*range(13), 3_000 + int(rng.integers(9))] if factor == 0.9 else range(13),
            f"step_decay(step, lr, every={every}, factor={factor}) for 13 steps",
            {
                SMOOTH: lambda s: lr * factor ** (s / every),  # noqa: B023
                ONCE: lambda s: lr * (factor if s >= every else 1),  # noqa: B023
                EARLY: lambda s: lr * factor ** ((s + 1) // every),  # noqa: B023
                LATE: lambda s: lr * factor ** (max(0, s - 1) // every),  # noqa: B023
            },
        )
    lr = float(rng.uniform(0.1, 0.9))
    expected = [reference.step_decay(s, lr, 2) for s in (1, 2, 4)]
    yours = [student.step_decay(s, lr, 2) for s in (1, 2, 4)]
    assert_close(yours, expected, of="the list of rates", called="step_decay(step, lr, 2)", **EXACT)


@exercise("u11.lr_schedules", weight=2)
def test_rates_on_a_line(student, rng, reference):
    """Update 0 has the whole rate, the last one lr / steps, and what comes after it 0."""
    for steps in (7, 5, 1):
        lr = float(rng.uniform(0.1, 0.9))
        check_rates(
            lambda s: student.linear_decay(s, lr, steps),  # noqa: B023
            lambda s: reference.linear_decay(s, lr, steps),  # noqa: B023
            range(steps + 3),
            f"linear_decay(step, lr, steps={steps}) for {steps + 3} steps",
            {
                EARLY: lambda s: lr * max(0, 1 - (s + 1) / steps),  # noqa: B023
                TO_ZERO: lambda s: lr * max(0, 1 - s / max(1, steps - 1)),  # noqa: B023
                CONSTANT: lambda s: lr * max(0, 1 - s // steps),  # noqa: B023
                BELOW_ZERO: lambda s: lr * (1 - s / steps),  # noqa: B023
            },
        )


def mistaken_plateau(mistake, losses, lr, patience, factor):
    """plateau_decay with a mistake; with none that it knows it is right."""
    best, last, bad = math.inf, math.inf, 0
    patience += {EAGER: -1, PATIENT: 1}.get(mistake, 0)
    for loss in losses:
        good = loss < (last if mistake == TO_LAST else best)
        if mistake == EQUAL_IS_GOOD:
            good = loss <= best
        if mistake == NAN_IS_GOOD:
            good = not loss >= best
        last = loss
        if good:
            best, bad = min(best, loss), bad if mistake == NOT_IN_A_ROW else 0
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, bad if mistake == NO_NEW_COUNT else 0
            best = math.inf if mistake == BEST_FORGOTTEN else best
    return lr


PLATEAUS = (
    EAGER,
    PATIENT,
    EQUAL_IS_GOOD,
    TO_LAST,
    NOT_IN_A_ROW,
    NO_NEW_COUNT,
    BEST_FORGOTTEN,
    NAN_IS_GOOD,
)


def falling(rng, count):
    """Losses that fall, and in between stay, rise or are nan."""
    losses, best = [], 9.0
    for _ in range(count):
        kind = rng.choice(["new", "equal", "worse", "better than worse", "nan"], p=[0.3, 0.2, 0.2, 0.2, 0.1])
        best -= 0.25 * (kind == "new")
        more = {"worse": 0.75, "better than worse": 0.5, "nan": NAN}.get(str(kind), 0.0)
        losses.append(best + more)
    return losses


def check_plateau(student, reference, losses, *, lr, patience, factor):
    """The rate after each evaluation of a run."""
    prefixes = [losses[:n] for n in range(len(losses) + 1)]
    yours = [student.plateau_decay(list(part), lr, patience, factor=factor) for part in prefixes]
    expected = [reference.plateau_decay(part, lr, patience, factor) for part in prefixes]
    suspects = {
        mistake: [mistaken_plateau(mistake, part, lr, patience, factor) for part in prefixes]
        for mistake in PLATEAUS
    }
    called = f"plateau_decay(losses[:n], lr, patience={patience}, factor={factor}), n = 0 to {len(losses)}"
    assert_close(yours, expected, of="the list of rates", called=called, suspects=suspects, **EXACT)


@exercise("u11.lr_schedules", weight=2)
def test_rates_on_plateaus(student, rng, reference):
    """`patience` bad evaluations in a row are borne, one more lowers the rate; an equal loss is bad."""
    for patience, factor in ((1, 0.1), (2, 0.5), (0, 0.3)):
        lr = float(rng.uniform(0.1, 0.9))
        check_plateau(student, reference, falling(rng, 14), lr=lr, patience=patience, factor=factor)
    drops = [5, 4, 4.5, 4.2, 4.1, 4, 4, 3.5, 3.6, 3.5, 3.4, NAN, NAN, NAN, 3.6, 3.5]
    shift, lr = float(rng.uniform(0, 1)), float(rng.uniform(0.1, 0.9))
    check_plateau(student, reference, [loss + shift for loss in drops], lr=lr, patience=1, factor=0.1)
    check_plateau(student, reference, [NAN] * int(rng.integers(5, 9)), lr=lr, patience=2, factor=0.3)


def half_wave(share):
    return (1 + math.cos(math.pi * share)) / 2


def cosine_mistakes(high, low, warmup, cycle):
    """What else it may be, in the middle part and around it: {sentence: it -> rate}"""

    def rate(it, share=None, *, wave=half_wave, bottom=low, top=high, start=0.0):
        if it < warmup:
            return start + (high - start) * it / warmup
        if it >= cycle and share is None:
            return low
        share = (it - warmup) / (cycle - warmup) if share is None else share
        return bottom + (top - bottom) * wave(share)

    def ended(it, share):
        return rate(it) if it >= cycle else rate(it, share)

    return {
        NO_FLOOR: lambda it: rate(it, bottom=0.0),
        ON_TOP: lambda it: rate(it, top=high + low),
        FROM_ZERO: lambda it: ended(it, it / cycle),
        TOO_LONG: lambda it: ended(it, (it - warmup) / cycle),
        FROM_MIN: lambda it: rate(it, start=low),
        GOES_ON: lambda it: rate(it, (it - warmup) / (cycle - warmup)),
        DEGREES: lambda it: rate(it, wave=lambda share: (1 + math.cos(math.radians(share))) / 2),
        LINE: lambda it: rate(it, wave=lambda share: 1 - share),
        WHOLE_WAVE: lambda it: rate(it, wave=lambda share: half_wave(2 * share)),
        EARLY: lambda it: high * (it + 1) / warmup if it + 1 < warmup else rate(it + 1),
        LATE: lambda it: rate(max(0, it - 1)),
    }


def check_cosine(student, reference, rng, warmup, cycle):
    high, low = float(rng.uniform(0.5, 0.9)), float(rng.uniform(0.1, 0.3))
    check_rates(
        lambda it: student.warmup_cosine(it, high, low, warmup, cycle),
        lambda it: reference.warmup_cosine(it, high, low, warmup, cycle),
        [*range(cycle + 3), 2 * cycle - warmup + 1, 5 * cycle],
        f"warmup_cosine(it, max_lr, min_lr, warmup={warmup}, cycle={cycle}) for many it",
        cosine_mistakes(high, low, warmup, cycle),
    )


@exercise("u11.warmup_cosine", weight=3)
def test_rates_of_warmup_and_cosine(student, rng, reference):
    """Up from 0 to max_lr at it = warmup, half a cosine down to min_lr at it = cycle, and there it stays."""
    for warmup, cycle in ((3, 10), (5, 12), (7, 11)):
        check_cosine(student, reference, rng, warmup, cycle)


@exercise("u11.warmup_cosine")
def test_rates_without_warmup(student, rng, reference):
    """Warm-up 0 divides nothing by 0; and where the cycle ends with the warm-up, min_lr follows at once."""
    for cycle in (7, 1):
        check_cosine(student, reference, rng, 0, cycle)
    high, low = float(rng.uniform(0.5, 0.9)), float(rng.uniform(0.1, 0.3))
    for warmup in (4, 1, 0):
        its = range(warmup + 3)
        yours = [student.warmup_cosine(it, high, low, warmup, warmup) for it in its]
        expected = [reference.warmup_cosine(it, high, low, warmup, warmup) for it in its]
        called = f"warmup_cosine(it, max_lr, min_lr, warmup={warmup}, cycle={warmup}), it = 0 to {warmup + 2}"
        assert_close(yours, expected, of="the list of rates", called=called, **EXACT)
