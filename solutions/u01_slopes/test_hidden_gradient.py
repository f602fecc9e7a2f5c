"""Hidden tests of unit 1, gradients: arrays of any shape, with axes of different sizes."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grader.testing import assert_equal, assert_gradient, exercise, fail, unpack

# ---------------------------------------------------------------------------- numerical_gradient

ALL = "all entries are nudged at once"
SEVERAL = "several entries are nudged at once"
LEFT = "an entry is not put back before the next one is nudged"
OFTEN = "f is called more than twice for each entry"
NUMBER = "f is called with one entry of x, not with the whole array"
AXIS = "one number becomes an array with an axis"
FLATTENED = "f is called with x flattened"
WHOLE = "x keeps its whole numbers, so that the nudge is lost"
SINGLE = "x stays float32, which is too coarse for this step"


def landscape(rng, shape):
    """A smooth function of an array in which every entry matters to every partial, and its gradient."""
    w, k, phase, v = (rng.uniform(0.5, 1.5, shape) for _ in range(4))
    k, v = 2 * k, v / math.sqrt(math.prod(shape))

    def f(p):
        return np.sum(w * np.sin(k * p + phase)) + np.sum(v * p) ** 2

    return f, lambda p: np.asarray(w * k * np.cos(k * p + phase) + 2 * v * np.sum(v * p))


def watched(f, x):
    """f, and the arrays that it was called with. A call with what f must never see fails at once."""
    seen, most = [], 2 * np.size(x) + 1

    def watching(p):
        kind = p.dtype if type(p) is np.ndarray or isinstance(p, np.generic) else np.dtype(type(p))
        if type(p) not in (np.ndarray, np.float64, float) or kind != np.float64:
            cause = SINGLE if kind == np.float32 else WHOLE if kind.kind in "iu" else ""
            fail("f was called with something else than a float64 array", yours=p, diagnosis=cause)
        if np.shape(p) != np.shape(x):
            cause = NUMBER if np.shape(p) == () else AXIS if np.shape(x) == () else ""
            cause = FLATTENED if not cause and np.shape(p) == (np.size(x),) else cause
            what = f"f was called with an array of shape {np.shape(p)}"
            fail(what, expected=f"{np.shape(x)}, as x has", diagnosis=cause)
        seen.append(np.array(p))
        if len(seen) > most:
            fail(
                "f is called too often",
                yours=f"more than {most} calls, {np.size(x)} entries",
                diagnosis=OFTEN,
            )
        return f(p)

    return watching, seen


def check_nudges(seen, x):
    """At most one entry is moved in every call of f."""
    moved = [int(np.sum(np.abs(p - x) > 1e-12 * np.maximum(1, np.abs(x)))) for p in seen]
    if max(moved, default=0) > 1:
        first = next(count for count in moved if count)
        cause = LEFT if first == 1 else ALL if first == x.size else SEVERAL
        fail("f was called with more than one entry changed", yours=f"{max(moved)} changed", diagnosis=cause)


def check_gradient(student, f, slopes, x, **more):
    """Compare the gradient with the true one, after a look at what f was called with."""
    exact = np.array(x, dtype=np.float64)
    watching, seen = watched(f, x)
    yours = student.numerical_gradient(watching, x)
    check_nudges(seen, exact)
    kind = (
        f"an array of shape {np.shape(x)}, {x.dtype}"
        if type(x) is np.ndarray
        else f"the {type(x).__name__} {x}"
    )
    called = f"numerical_gradient(f, x) with x = {kind}"
    assert_gradient(yours, slopes(exact), of="the gradient", called=called, **more)


@exercise("u01.numerical_gradient")
def test_the_size_of_the_step(student, rng):
    """Entry i is nudged by 1e-5 * max(1, |x_i|), to both sides."""
    x = np.append(0.0, rng.choice((-1, 1), 3) * rng.uniform((0.2, 1.2, 30), (0.8, 1.8, 50)))
    nudges = np.zeros((2, 4))

    def f(p):
        nudges[:] = np.minimum(nudges[0], p - x), np.maximum(nudges[1], p - x)
        return float(np.sum(p))

    student.numerical_gradient(f, x.copy())
    steps = 1e-5 * np.maximum(1, np.abs(x))
    if not np.allclose(nudges, (-steps, steps), rtol=1e-4, atol=0.0):
        called = f"numerical_gradient(f, x) with x = {np.round(x, 1).tolist()}"
        fail("the step is another one", called=called, yours=nudges[1], expected=steps)


@exercise("u01.numerical_gradient", weight=2)
def test_gradient_of_an_array_with_three_axes(student, rng):
    """Entry i of the gradient is the central difference along entry i alone."""
    shape = (3, 5, 7)
    f, slopes = landscape(rng, shape)
    x = rng.uniform(-2, 2, shape)
    x[1, 2, 3] = 0
    h = 1e-5 * np.maximum(1, np.abs(x))
    forward = np.empty(shape)
    for i in np.ndindex(shape):
        p = x.copy()
        p[i] += h[i]
        forward[i] = (f(p) - f(x)) / h[i]
    suspects = {
        "these are forward differences, not central ones": forward,
        "the division by the distance of the two points is missing": slopes(x) * 2 * h,
    }
    check_gradient(student, f, slopes, x, suspects=suspects)


@exercise("u01.numerical_gradient")
def test_gradient_has_the_shape_of_x(student, rng):
    """x may have any number of axes, none included, and the gradient has the same shape."""
    for shape in ((5,), (3, 7), (1,), (), (1, 3), (3, 1, 1, 2)):
        check_gradient(student, *landscape(rng, shape), np.asarray(rng.uniform(-2, 2, shape)))


@exercise("u01.numerical_gradient", weight=2)
def test_gradient_at_whole_numbers_and_float32(student, rng):
    """f sees float64 and the gradient is float64, even where x holds whole numbers or float32."""
    for kind in (np.int64, np.int32, np.float32):
        check_gradient(student, *landscape(rng, (5, 3)), rng.uniform(-9, 9, (5, 3)).astype(kind))


@exercise("u01.numerical_gradient")
def test_gradient_at_one_number(student, rng):
    """x may be one number; the gradient then has no axes, and f sees no axes either."""
    number = rng.uniform(1, 4)
    for x in (float(number), int(number), np.float32(number), np.array(int(number))):
        c = rng.uniform(0.5, 1.5)
        check_gradient(student, lambda p, c=c: np.sum(np.exp(c * p)), lambda p, c=c: c * np.exp(c * p), x)


@exercise("u01.numerical_gradient", in_place=True)
def test_x_is_left_as_it_was(student, rng):
    """x is the caller's: it holds the same numbers after the call, to the last digit."""
    f, slopes = landscape(rng, (3, 5))
    for kind in (np.float64, np.int64, np.float32):
        x = rng.uniform(-9, 9, (3, 5)).astype(kind)
        before = x.copy()
        check_gradient(student, f, slopes, x)
        if not np.array_equal(x, before):
            changed = f"{np.sum(x != before)} of {x.size} entries differ after the call"
            fail("x was changed", yours=changed, diagnosis="x is mutated")


@exercise("u01.numerical_gradient")
def test_the_step_grows_with_the_entry(student, rng):
    """Where the entries are large, a step of 1e-5 drowns in their rounding."""
    shape, scale = (5, 3), 1e7
    w = rng.uniform(0.5, 1.5, shape)
    x = scale * rng.uniform(1, 2, shape) * rng.choice((-1, 1), shape)

    def f(p):
        return np.sum(w * np.sin(p / scale)) * scale

    check_gradient(student, f, lambda p: w * np.cos(p / scale), x)


@exercise("u01.numerical_gradient")
def test_gradient_of_many_entries(student, rng, inside):
    """The gradient has no limit on the number of entries: here are 1500."""
    x = rng.uniform(-2, 2, 1500)
    # Made on the student's side: 3000 calls across the boundary would cost more than all other tests.
    length = inside("importlib.import_module", "numpy.linalg").norm
    yours, called = student.numerical_gradient(length, x), "numerical_gradient(f, x), x float64[1500]"
    assert_gradient(yours, x / np.linalg.norm(x), of="the gradient", called=called)


# ---------------------------------------------------------------------------- grad_check

CHECK = "(ok, worst, a, n)"
FLAT = "the index counts through the flattened array"
EACH = "ok is one verdict for each entry, not one for all"
FAR = "this entry has the largest |a - n|, but its tolerance is larger too"
BEST = "this is the best entry, not the worst"
ZERO = "noise around 0 does not pass"
WHOLE_SIDE = "one side is cut to whole numbers"

TOLERANCES = {  # a mistake -> the tolerance that it gives, from |a|, |n|, rtol, atol
    "only the numeric side counts in the tolerance": lambda a, n, rtol, atol: atol + rtol * n,
    "only the analytic side counts in the tolerance": lambda a, n, rtol, atol: atol + rtol * a,
    "the smaller size counts in the tolerance": lambda a, n, rtol, atol: atol + rtol * min(a, n),
    "both sizes count in the tolerance": lambda a, n, rtol, atol: atol + rtol * (a + n),
    "atol and the relative part are not added": lambda a, n, rtol, atol: max(atol, rtol * max(a, n)),
    "rtol is not used": lambda a, n, rtol, atol: atol,
    "atol is not used": lambda a, n, rtol, atol: rtol * max(a, n),
    "neither rtol nor atol is used": lambda a, n, rtol, atol: 1e-8 + 1e-6 * max(a, n),
}


def noisy_pair(rng, shape):
    """Two gradients that agree: each entry differs by at most 0.3 of its tolerance at the defaults."""
    numeric = 10 ** rng.uniform(-3, 3, shape) * rng.choice((-1, 1), shape)
    return numeric + rng.uniform(-0.3, 0.3, shape) * (1e-8 + 1e-6 * np.abs(numeric)), numeric


def spoil(analytic, numeric, at, times):
    """Put entry `at` off by so many tolerances."""
    analytic[at] = numeric[at] + times * (1e-8 + 1e-6 * abs(numeric[at]))


def index(rng, shape):
    return tuple(int(rng.integers(1, n)) for n in shape)


def verdict(yours, called):
    """The student's ok, as a bool."""
    ok, _, _, _ = unpack(yours, CHECK)
    if type(ok) not in (bool, np.bool_):
        cause = EACH if type(ok) is np.ndarray else ""
        fail("ok is neither True nor False", called=called, yours=ok, diagnosis=cause)
    return bool(ok)


def check(student, reference, pair, blame="", suspects=None):
    """Compare all four results with the reference's. blame: what it means if ok is wrong here."""
    shape = np.shape(pair[0])
    called = f"grad_check(a, n) of shape {shape}" if shape else f"grad_check({pair[0]:.6g}, {pair[1]:.6g})"
    yours, expected = student.grad_check(*pair), reference.grad_check(*pair)
    ok, worst = verdict(yours, called), yours[1]
    if ok is not expected[0]:
        fail("ok is wrong", called=called, yours=ok, expected=expected[0], diagnosis=blame)
    if isinstance(worst, int | np.integer):
        fail("worst is a number, a tuple is expected", called=called, yours=worst, diagnosis=FLAT)
    assert_equal(yours, expected, of=CHECK, called=called, suspects=suspects)


@exercise("u01.grad_check", weight=2)
def test_worst_entry_of_two_gradients(student, rng, reference):
    """The worst entry is the one that is furthest off in units of its own tolerance."""
    for shape, times in (((3, 5, 7), 0.8), ((3, 5, 7), 4.0), ((7, 3), 0.8), ((7, 3), 4.0)):
        analytic, numeric = noisy_pair(rng, shape)
        at = index(rng, shape)
        numeric[at] = 0.02 * rng.choice((-1, 1))
        spoil(analytic, numeric, at, times)
        off = np.abs(analytic - numeric)
        units = off / (1e-8 + 1e-6 * np.maximum(np.abs(analytic), np.abs(numeric)))
        suspects = {}
        for flat, cause in ((off.argmax(), FAR), (units.argmin(), BEST)):
            i = tuple(int(k) for k in np.unravel_index(flat, shape))
            suspects[cause] = (times < 1, i, analytic[i], numeric[i])
        check(student, reference, (analytic, numeric), suspects=suspects)


@exercise("u01.grad_check", weight=2)
def test_the_tolerance(student, rng, reference):
    """The tolerance of an entry is atol + rtol * max(|a|, |n|)."""
    cases = [
        (sign * size * one, sign * size * other, rtol, size * atol)
        for low, high, rtol, atol in (
            (6, 10, 0.45, 0.001),  # right, but wrong by the smaller size
            (6, 10, 0.35, 0.001),  # wrong, but right by both sizes
            (2, 3, 0.10, 0.900),  # right, but wrong by atol or by the relative part alone
            (2, 3, 0.10, 0.600),  # wrong, but right by both sizes
            (2, 3, 0.01, 1.200),  # right by atol alone
            (2, 6, 0.30, 0.200),  # wrong in any case
        )
        for one, other in ((low, high), (high, low))
        for sign, size in zip((1, -1), rng.uniform(0.5, 2, 2), strict=True)
    ]
    yours, expected = [], []
    for a, n, rtol, atol in cases:
        called = f"grad_check({a:.4g}, {n:.4g}, rtol={rtol}, atol={atol:.4g})"
        yours.append(verdict(student.grad_check(a, n, rtol=rtol, atol=atol), called))
        expected.append(reference.grad_check(a, n, rtol=rtol, atol=atol)[0])
    if yours == expected:
        return
    cause = ""
    for mistake, tolerance in TOLERANCES.items():
        if yours == [abs(a - n) <= tolerance(abs(a), abs(n), rtol, atol) for a, n, rtol, atol in cases]:
            cause = mistake
    count = sum(one is not other for one, other in zip(yours, expected, strict=True))
    fail(
        "ok is wrong",
        called="grad_check(a, n, rtol=..., atol=...)",
        yours=f"wrong in {count} of 24",
        diagnosis=cause,
    )


@exercise("u01.grad_check", weight=2)
def test_a_wrong_sign_is_found(student, rng, reference):
    """-5 where 5 belongs is wrong, and so is a tiny entry with the wrong sign."""
    for size in (5.0, -5.0, 2e-6, -2e-6, 1e4):
        analytic, numeric = noisy_pair(rng, (3, 5))
        at = index(rng, (3, 5))
        analytic[at], numeric[at] = size, -size
        blame = "a wrong sign passes where the entry is tiny" if abs(size) < 1 else "a wrong sign passes"
        check(student, reference, (analytic, numeric), blame)
        check(student, reference, (size, -size), blame)


@exercise("u01.grad_check")
def test_noise_around_zero_is_no_error(student, rng, reference):
    """Where the true gradient is 0 the numeric one is noise: atol forgives it."""
    numeric = rng.uniform(-5e-9, 5e-9, (4, 3))
    numeric[1, 2] = 8e-9
    for pair in ((np.zeros((4, 3)), numeric), (0.0, 1e-12), (0.0, 0.0)):
        check(student, reference, pair, ZERO)


@exercise("u01.grad_check")
def test_one_wrong_entry_is_enough(student, rng, reference):
    """Neither a large entry nor many right ones excuse one that is wrong, and errors do not cancel."""
    analytic, numeric = noisy_pair(rng, (5, 7))
    numeric[0, 0] = analytic[0, 0] = 1e6
    numeric[3, 4] = 1e-3
    analytic[3, 4] = 1e-3 * rng.uniform(1.001, 1.01)
    check(student, reference, (analytic, numeric), "a small entry that is wrong passes beside a large one")
    for at in ((0, 0), (4, 6)):
        analytic, numeric = noisy_pair(rng, (5, 7))
        spoil(analytic, numeric, at, -3.0)
        check(student, reference, (analytic, numeric), "one wrong entry passes among many right ones")
    analytic, numeric = noisy_pair(rng, (5, 3))
    analytic[0, 1], numeric[0, 1], analytic[4, 2], numeric[4, 2] = 1.001, 1.0, 1.999, 2.0
    check(student, reference, (analytic, numeric), "errors of both signs cancel")


@exercise("u01.grad_check")
@given(size=st.floats(1e-4, 1e6))
def test_half_a_tolerance_is_right_and_two_are_wrong(student, size):
    """By default rtol is 1e-6 and atol is 1e-8."""
    tolerance = 1e-8 + 1e-6 * size
    pairs = [(n + times * tolerance, n) for n in (size, -size) for times in (0.5, -0.5, 2.0, -2.0)]
    yours = [verdict(student.grad_check(*pair), "grad_check(a, n)") for pair in pairs]
    if yours != [True, True, False, False] * 2:
        cause = "the default tolerances are too wide" if all(yours) else ""
        cause = cause if any(yours) else "the default tolerances are too narrow"
        fail("ok is wrong", called=f"grad_check(a, n), both near {size:.6g}", diagnosis=cause)


@exercise("u01.grad_check")
def test_nan_and_infinity_are_never_right(student, rng, reference):
    """A gradient that is nan or infinite is wrong, even where both sides agree on it."""
    nan, inf = math.nan, math.inf
    for a, n in ((nan, 1.0), (1.0, nan), (nan, nan), (inf, inf), (inf, 1.0), (1.0, -inf)):
        analytic, numeric = noisy_pair(rng, (3, 5))
        at = index(rng, (3, 5))
        analytic[at], numeric[at] = a, n
        check(student, reference, (analytic, numeric), "nan or infinity passes")


@exercise("u01.grad_check")
def test_the_tolerance_itself_is_right(student):
    """An error of just the tolerance is right, the next larger one is not."""
    for atol, rtol, a, n in ((0.5, 0.0, 1.5, 1.0), (0.25, 0.25, 2.0, 1.25), (0.5, 0.5, -2.0, -0.5)):
        for by, right in ((1.0, True), (1 - 2.0**-40, False)):
            called = f"grad_check({a}, {n}, rtol={rtol * by}, atol={atol * by})"
            if verdict(student.grad_check(a, n, rtol=rtol * by, atol=atol * by), called) is not right:
                fail("ok is wrong", called=called)


@exercise("u01.grad_check")
def test_different_shapes_are_refused(student, rng):
    """Two shapes that numpy would broadcast are still two shapes: ValueError."""
    verdict(student.grad_check(np.ones((3, 5)), np.ones((3, 5))), "grad_check(a, n) with one shape")
    shapes = (((3,), (5,)), ((3, 1), (3,)), ((5,), ()), ((3, 5), (5, 3)), ((4,), (2, 2)))
    for one, other in (*shapes, *(pair[::-1] for pair in shapes)):
        number = rng.uniform(1, 2)
        try:
            result = student.grad_check(np.full(one, number), np.full(other, number))
        except ValueError:
            continue
        called = f"grad_check(a, n) with shapes {one} and {other}"
        fail("no ValueError", called=called, yours=result, diagnosis="different shapes are accepted")


@exercise("u01.grad_check")
def test_whole_numbers(student, rng, reference):
    """Whole numbers are compared as float64."""
    numeric = rng.integers(-9, 10, (3, 5))
    numeric[2, 1] = rng.integers(2, 9)
    analytic = numeric.astype(np.float64)
    analytic[2, 1] += 0.5
    for pair in ((analytic, numeric), (numeric, analytic), (3, 5)):
        check(student, reference, pair, WHOLE_SIDE)
