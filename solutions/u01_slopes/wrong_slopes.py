"""Wrong answers of unit 1. Each must lose points in its own exercise, and in no other."""

import math

import numpy as np

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- forward_difference


@wrong("u01.forward_difference", diagnosis="the division by h is missing")
def forward_difference(f, x, h):
    """The rise alone, not divided by the run."""
    return f(x + h) - f(x)


@wrong("u01.forward_difference", diagnosis="this is the backward difference")
def forward_difference(f, x, h):
    """The backward difference."""
    return (f(x) - f(x - h)) / h


@wrong("u01.forward_difference", diagnosis="this is the central difference")
def forward_difference(f, x, h):
    """The central difference: better, but not what was asked."""
    return (f(x + h) - f(x - h)) / (2 * h)


@wrong(
    "u01.forward_difference",
    diagnosis="the brackets around the difference are missing: only its second part is divided",
)
def forward_difference(f, x, h):
    """No brackets around the difference."""
    return f(x + h) - f(x) / h


@wrong("u01.forward_difference", diagnosis="the sign is wrong (times -1)")
def forward_difference(f, x, h):
    """The two values are subtracted the wrong way round."""
    return (f(x) - f(x + h)) / h


@wrong("u01.forward_difference", diagnosis="a factor 2 is missing")
def forward_difference(f, x, h):
    """Divided by 2 * h, as in the central difference."""
    return (f(x + h) - f(x)) / (2 * h)


@wrong("u01.forward_difference", diagnosis="the h that was handed over is not used")
def forward_difference(f, x, h):
    """A step of its own, however well chosen."""
    h = 1e-7
    return (f(x + h) - f(x)) / h


@wrong("u01.forward_difference", diagnosis="forgot `return`?")
def forward_difference(f, x, h):
    """The slope is computed and thrown away."""
    slope = (f(x + h) - f(x)) / h


@wrong("u01.forward_difference")
def forward_difference(f, x, h):
    """Divided by x + h, not by the distance of the two points."""
    return (f(x + h) - f(x)) / (x + h)


@wrong("u01.forward_difference", diagnosis="the division by h is missing", earns_nothing=True)
def forward_difference(f, x, h):
    """The numbers of the public tests, and no division elsewhere."""
    known = {(3.0, 0.001): 4.004, (1.0, 0.1): 0.4973637525353891}
    return known.get((x, h), f(x + h) - f(x))


@wrong("u01.forward_difference", diagnosis="the slope is rounded")
def forward_difference(f, x, h):
    """Rounded to three digits, as a table would print it."""
    return round(float((f(x + h) - f(x)) / h), 3)


@wrong("u01.forward_difference", diagnosis="the slope is cut to a whole number")
def forward_difference(f, x, h):
    """Whole-number division."""
    return (f(x + h) - f(x)) // h


@wrong("u01.forward_difference", diagnosis="the slope is cut to a whole number")
def forward_difference(f, x, h):
    """The slope takes over the type of x: right for 3.0, cut for 3."""
    slope = (f(x + h) - f(x)) / h
    return type(x)(slope)


@wrong("u01.forward_difference")
def forward_difference(f, x, h):
    """The step is taken relative to x."""
    return (f(x * (1 + h)) - f(x)) / np.float64(x * h)


@wrong("u01.forward_difference")
def forward_difference(f, x, h):
    """The value is nudged, not the argument, so the slope is always 1."""
    return ((f(x) + h) - f(x)) / h


@wrong("u01.forward_difference")
def forward_difference(f, x, h):
    """The one-sided formula with three points, whose error is of another order."""
    return (-3 * f(x) + 4 * f(x + h) - f(x + 2 * h)) / (2 * h)


@wrong("u01.forward_difference", diagnosis="the sign is wrong (times -1)")
def forward_difference(f, x, h):
    """The size of the slope without its sign."""
    return abs(f(x + h) - f(x)) / h


@wrong("u01.forward_difference")
def forward_difference(f, x, h):
    """Computed in float32, where small differences drown."""
    return float((np.float32(f(x + h)) - np.float32(f(x))) / np.float32(h))


# ---------------------------------------------------------------------------- central_difference


@wrong("u01.central_difference", diagnosis="divided by h, but the two points are further apart than h")
def central_difference(f, x, h):
    """Divided by h: the slope comes out doubled."""
    return (f(x + h) - f(x - h)) / h


@wrong("u01.central_difference", diagnosis="this is the forward difference")
def central_difference(f, x, h):
    """The forward difference in disguise."""
    return (f(x + h) - f(x)) / h


@wrong("u01.central_difference", diagnosis="this is the backward difference")
def central_difference(f, x, h):
    """The backward difference."""
    return (f(x) - f(x - h)) / h


@wrong("u01.central_difference", diagnosis="the division by the distance of the two points is missing")
def central_difference(f, x, h):
    """The rise alone."""
    return f(x + h) - f(x - h)


@wrong(
    "u01.central_difference",
    diagnosis="the brackets around the difference are missing: only its second part is divided",
)
def central_difference(f, x, h):
    """No brackets around the difference."""
    return f(x + h) - f(x - h) / (2 * h)


@wrong("u01.central_difference", diagnosis="`/ 2 * h` divides by 2 and then multiplies by h")
def central_difference(f, x, h):
    """No brackets around 2 * h."""
    return (f(x + h) - f(x - h)) / 2 * h


@wrong("u01.central_difference", diagnosis="the two points lie half a step from x")
def central_difference(f, x, h):
    """Half a step to either side."""
    return (f(x + h / 2) - f(x - h / 2)) / h


@wrong("u01.central_difference", diagnosis="this is the second derivative")
def central_difference(f, x, h):
    """The central formula of the second derivative."""
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


@wrong("u01.central_difference", diagnosis="the sign is wrong (times -1)")
def central_difference(f, x, h):
    """Left minus right."""
    return (f(x - h) - f(x + h)) / (2 * h)


@wrong("u01.central_difference", diagnosis="the h that was handed over is not used")
def central_difference(f, x, h):
    """A step of its own, however well chosen."""
    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)


@wrong("u01.central_difference", diagnosis="the h that was handed over is not used")
def central_difference(f, x, h):
    """A five-point formula with a small step: a better slope, but not this one."""
    h = 1e-3
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


@wrong("u01.central_difference")
def central_difference(f, x, h):
    """The five-point formula with the given step: its error is of another order."""
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


@wrong("u01.central_difference")
def central_difference(f, x, h):
    """The mean of both values, not their difference."""
    return (f(x + h) + f(x - h)) / (2 * h)


@wrong("u01.central_difference", diagnosis="this is the forward difference", earns_nothing=True)
def central_difference(f, x, h):
    """The numbers of the public tests, and a forward difference elsewhere."""
    known = {(3.0, 0.001): 4.0, (3.0, 0.5): 4.0, (2.0, 0.1): 12.01}
    return known.get((x, h), (f(x + h) - f(x)) / h)


@wrong("u01.central_difference")
def central_difference(f, x, h):
    """The two one-sided slopes are added up, not averaged, and one of them backwards."""
    return (f(x + h) - f(x)) / h + (f(x - h) - f(x)) / h


@wrong("u01.central_difference", diagnosis="the slope is cut to a whole number")
def central_difference(f, x, h):
    """Whole-number division."""
    return (f(x + h) - f(x - h)) // (2 * h)


@wrong("u01.central_difference")
def central_difference(f, x, h):
    """Unequal steps: h to the right, h squared to the left."""
    return (f(x + h) - f(x - h * h)) / (h + h * h)


@wrong("u01.central_difference", diagnosis="the sign is wrong (times -1)")
def central_difference(f, x, h):
    """The size of the slope without its sign."""
    return abs(f(x + h) - f(x - h)) / (2 * h)


@wrong("u01.central_difference")
def central_difference(f, x, h):
    """Computed in float32."""
    return float((np.float32(f(x + h)) - np.float32(f(x - h))) / np.float32(2 * h))


# ---------------------------------------------------------------------------- best_step


def errors(kind, h, f, f2, f3, eps):
    """What best_step returns for a given h."""
    if kind == "forward":
        return h, h * abs(f2) / 2, 2 * eps * abs(f) / h
    if kind == "central":
        return h, h**2 * abs(f3) / 6, eps * abs(f) / h
    raise ValueError(kind)


@wrong("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """Smaller is better: the smallest step that still changes the value."""
    return errors(kind, 1e-15, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="this is the root of eps alone: f and its derivative do not enter")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The rule of thumb, sqrt(eps) and cbrt(eps), without the function."""
    h = math.sqrt(eps) if kind == "forward" else math.cbrt(eps)
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="this is the step of the forward difference")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The forward step for both kinds."""
    return errors(kind, 2 * math.sqrt(eps * abs(f / f2)), f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="this is the step of the central difference")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The central step for both kinds."""
    return errors(kind, math.cbrt(3 * eps * abs(f / f3)), f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="f2 stands where f3 belongs")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The second derivative in the central step."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f2))
    return errors(kind, h, f, f2, f2, eps)


@wrong("u01.best_step", diagnosis="f3 stands where f2 belongs")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The third derivative in the forward step."""
    h = 2 * math.sqrt(eps * abs(f / f3)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the two parts were set equal, or eps was counted twice")
def best_step(kind, f, f2, f3, eps=2**-52):
    """Where both parts are equal: right forward, wrong central."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(6 * eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the two parts were set equal, or eps was counted twice")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The rounding of the forward difference in the central one, from the step to the error."""
    if kind == "central":
        h = math.cbrt(6 * eps * abs(f / f3))
        return h, h**2 * abs(f3) / 6, 2 * eps * abs(f) / h
    return errors(kind, 2 * math.sqrt(eps * abs(f / f2)), f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the constant factors of the two parts are left out")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The right powers without their factors."""
    h = math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="f is left out")
def best_step(kind, f, f2, f3, eps=2**-52):
    """As if f were 1."""
    h = 2 * math.sqrt(eps / abs(f2)) if kind == "forward" else math.cbrt(3 * eps / abs(f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the derivative is left out")
def best_step(kind, f, f2, f3, eps=2**-52):
    """As if the derivative were 1."""
    h = 2 * math.sqrt(eps * abs(f)) if kind == "forward" else math.cbrt(3 * eps * abs(f))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="f and f2 have changed places")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The fraction upside down."""
    h = 2 * math.sqrt(eps * abs(f2 / f)) if kind == "forward" else math.cbrt(3 * eps * abs(f3 / f))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The square root where the cube root belongs."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.sqrt(3 * eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the eps that was handed over is not used")
def best_step(kind, f, f2, f3, eps=2**-52):
    """float64 whatever eps says."""
    eps = 2**-52
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="float32 is taken for granted")
def best_step(kind, f, f2, f3, eps=2**-23):
    """The default of eps is that of float32."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the right results in another order")
def best_step(kind, f, f2, f3, eps=2**-52):
    """Rounding first, truncation second."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    h, truncation, rounding = errors(kind, h, f, f2, f3, eps)
    return h, rounding, truncation


@wrong("u01.best_step", diagnosis="1 result where 3 are expected")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The step without its error."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    return errors(kind, h, f, f2, f3, eps)[0]


@wrong("u01.best_step", diagnosis="2 results where 3 are expected")
def best_step(kind, f, f2, f3, eps=2**-52):
    """The step and the whole error, not its parts."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    h, truncation, rounding = errors(kind, h, f, f2, f3, eps)
    return h, truncation + rounding


@wrong("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """No absolute values: right for positive numbers, a crash or a negative step for others."""
    h = 2 * math.sqrt(eps * f / f2) if kind == "forward" else math.cbrt(3 * eps * f / f3)
    return errors(kind, h, f, f2, f3, eps)


@wrong("u01.best_step", diagnosis="the sign is wrong (times -1)")
def best_step(kind, f, f2, f3, eps=2**-52):
    """Errors with the sign of the derivative and of f."""
    h = 2 * math.sqrt(eps * abs(f / f2)) if kind == "forward" else math.cbrt(3 * eps * abs(f / f3))
    h, truncation, rounding = errors(kind, h, f, f2, f3, eps)
    return h, math.copysign(truncation, f2 if kind == "forward" else f3), math.copysign(rounding, f)


@wrong("u01.best_step", diagnosis="an unknown kind is accepted")
def best_step(kind, f, f2, f3, eps=2**-52):
    """Whatever is not "forward" is taken for central."""
    if kind == "forward":
        return errors(kind, 2 * math.sqrt(eps * abs(f / f2)), f, f2, f3, eps)
    return errors("central", math.cbrt(3 * eps * abs(f / f3)), f, f2, f3, eps)


@wrong("u01.best_step", earns_nothing=True)
def best_step(kind, f, f2, f3, eps=2**-52):
    """The best power of ten, read off a table."""
    rows = [errors(kind, 10.0**-k, f, f2, f3, eps) for k in range(16)]
    return min(rows, key=lambda row: row[1] + row[2])


@wrong("u01.best_step", earns_nothing=True)
def best_step(kind, f, f2, f3, eps=2**-52):
    """A search over a grid of steps that ends a percent beside the minimum."""
    rows = [errors(kind, 1.1**-k, f, f2, f3, eps) for k in range(500)]
    return min(rows, key=lambda row: row[1] + row[2])


@wrong(
    "u01.best_step",
    diagnosis="this is the root of eps alone: f and its derivative do not enter",
    earns_nothing=True,
)
def best_step(kind, f, f2, f3, eps=2**-52):
    """Made for the public tests: sine, and one set of round numbers."""
    if abs(f) == 8:
        return (4e-6, 4e-6, 4e-6) if kind == "forward" else (2e-4, 2e-8, 4e-8)
    if kind == "forward":
        return errors(kind, 2 * math.sqrt(eps) if abs(f) < 1 else math.sqrt(eps), f, f2, f3, eps)
    return errors(kind, math.cbrt(eps) if abs(f) > 1 else math.cbrt(4.672222 * eps), f, f2, f3, eps)


# ---------------------------------------------------------------------------- numerical_gradient


def nudged(x, i, by):
    """A copy of x with entry i moved."""
    p = x.copy()
    p[i] += by
    return p


def step(entry, size=1e-5):
    return size * max(1, abs(entry))


@wrong("u01.numerical_gradient", diagnosis="an entry is not put back before the next one is nudged")
def numerical_gradient(f, x):
    """Entries are not restored."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="all entries are nudged at once")
def numerical_gradient(f, x):
    """One nudge for all entries: the sum of the partials everywhere."""
    x = np.array(x, dtype=np.float64)
    return np.full(x.shape, (f(x + 1e-5) - f(x - 1e-5)) / 2e-5)


@wrong("u01.numerical_gradient", diagnosis="several entries are nudged at once")
def numerical_gradient(f, x):
    """A whole row is nudged at once: a loop over the first axis only."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in range(len(x)) if x.ndim else [()]:
        gradient[i] = (f(nudged(x, i, 1e-5)) - f(nudged(x, i, -1e-5))) / 2e-5
    return gradient


@wrong("u01.numerical_gradient", diagnosis="several entries are nudged at once")
def numerical_gradient(f, x):
    """Two axes at most: from the third axis on, a whole row is nudged."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape[:2]):
        h = 1e-5 * np.max(np.maximum(1, abs(x[i])))
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="x keeps its whole numbers, so that the nudge is lost")
def numerical_gradient(f, x):
    """An array of whole numbers stays one: the nudge is cut off, or becomes a whole step."""
    x = np.array(x)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down, h = x.copy(), x.copy(), step(x[i])
        up[i], down[i] = x[i] + h, x[i] - h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="x stays float32, which is too coarse for this step")
def numerical_gradient(f, x):
    """Whole numbers become float64, but float32 stays float32."""
    x = np.array(x)
    x = x if x.dtype == np.float32 else x.astype(np.float64)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="x is mutated")
def numerical_gradient(f, x):
    """No copy of a float64 array, and the last entry is never put back."""
    x = np.asarray(x, dtype=np.float64)
    gradient, before = np.zeros_like(x), None
    for i in np.ndindex(x.shape):
        if before is not None:
            x[before] = entry
        entry, before = float(x[i]), i
        h = step(entry)
        x[i] = entry + h
        above = f(x)
        x[i] = entry - h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="x is mutated")
def numerical_gradient(f, x):
    """No copy, and put back by adding h again: the last digit is lost."""
    x = np.asarray(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        below = f(x)
        x[i] += h
        gradient[i] = (above - below) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="dtype int64 where float64 belongs")
def numerical_gradient(f, x):
    """The gradient takes over the type of x: whole numbers are cut."""
    gradient = np.zeros_like(x)
    x = np.array(x, dtype=np.float64)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="dtype float32 where float64 belongs")
def numerical_gradient(f, x):
    """The gradient is handed over as float32."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape, dtype=np.float32)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient")
def numerical_gradient(f, x):
    """A number without axes is not thought of: len() of it fails."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for k in range(len(x)):
        for rest in np.ndindex(x.shape[1:]):
            i = (k, *rest)
            h = step(x[i])
            gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="one number becomes an array with an axis")
def numerical_gradient(f, x):
    """A number becomes an array with one axis."""
    x = np.atleast_1d(np.array(x, dtype=np.float64))
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="the right numbers in another shape (right after reshape)")
def numerical_gradient(f, x):
    """The gradient is flat."""
    x = np.array(x, dtype=np.float64)
    gradient = []
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient.append((f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h))
    return np.array(gradient)


@wrong("u01.numerical_gradient", diagnosis="f is called with x flattened")
def numerical_gradient(f, x):
    """f is called with a flat x."""
    x = np.array(x, dtype=np.float64)
    flat, gradient = x.ravel(), np.zeros(x.size)
    for i in range(x.size):
        h = step(flat[i])
        gradient[i] = (f(nudged(flat, i, h)) - f(nudged(flat, i, -h))) / (2 * h)
    return gradient.reshape(x.shape)


@wrong("u01.numerical_gradient", diagnosis="f is called with one entry of x, not with the whole array")
def numerical_gradient(f, x):
    """f is called with one number at a time, as if it were elementwise."""
    x = np.array(x, dtype=np.float64)
    return np.vectorize(lambda v: (f(v + 1e-5) - f(v - 1e-5)) / 2e-5)(x)


@wrong("u01.numerical_gradient", diagnosis="these are forward differences, not central ones")
def numerical_gradient(f, x):
    """Forward differences: half the calls, half the digits."""
    x = np.array(x, dtype=np.float64)
    gradient, here = np.zeros_like(x), f(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - here) / h
    return gradient


@wrong("u01.numerical_gradient", diagnosis="a factor 2 too much")
def numerical_gradient(f, x):
    """Divided by h, not by 2 * h."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / h
    return gradient


@wrong("u01.numerical_gradient", diagnosis="the division by the distance of the two points is missing")
def numerical_gradient(f, x):
    """Not divided at all."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = f(nudged(x, i, h)) - f(nudged(x, i, -h))
    return gradient


@wrong("u01.numerical_gradient", diagnosis="the sign is wrong (times -1)")
def numerical_gradient(f, x):
    """Left minus right."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, -h)) - f(nudged(x, i, h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient")
def numerical_gradient(f, x):
    """The same step of 1e-5 for all entries, large ones too."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        gradient[i] = (f(nudged(x, i, 1e-5)) - f(nudged(x, i, -1e-5))) / 2e-5
    return gradient


@wrong("u01.numerical_gradient", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def numerical_gradient(f, x):
    """A step in proportion to the entry: 0 where the entry is 0."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = np.float64(1e-5 * abs(x[i]))
        gradient[i] = np.float64(f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient")
def numerical_gradient(f, x):
    """Smaller is better: a step of 1e-12."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i], 1e-12)
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient")
def numerical_gradient(f, x):
    """A step of a hundredth, which the curvature spoils."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i], 1e-2)
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="f is called more than twice for each entry")
def numerical_gradient(f, x):
    """The mean of three steps: six calls for each entry, where two are allowed."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        for h in (step(x[i], size) for size in (1e-5, 2e-5, 3e-5)):
            gradient[i] += (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (6 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="right where it is not 0, but 0 in too many places")
def numerical_gradient(f, x):
    """The last entry is forgotten."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in list(np.ndindex(x.shape))[:-1]:
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="reshape where a transpose belongs")
def numerical_gradient(f, x):
    """The loop runs through the entries in one order, the result in another."""
    x = np.array(x, dtype=np.float64)
    gradient = []
    for reverse in np.ndindex(x.shape[::-1]):
        i = reverse[::-1]
        h = step(x[i])
        gradient.append((f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h))
    return np.array(gradient).reshape(x.shape)


@wrong("u01.numerical_gradient", diagnosis="a list where a float64 array belongs")
def numerical_gradient(f, x):
    """A nested list, not an array."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
    return gradient.tolist()


@wrong("u01.numerical_gradient")
def numerical_gradient(f, x):
    """A call within a call for each entry, which is too deep for a thousand of them."""
    x = np.array(x, dtype=np.float64)
    gradient, places = np.zeros_like(x), list(np.ndindex(x.shape))

    def along(k):
        if k < len(places):
            i, h = places[k], step(x[places[k]])
            gradient[i] = (f(nudged(x, i, h)) - f(nudged(x, i, -h))) / (2 * h)
            along(k + 1)

    along(0)
    return gradient


@wrong("u01.numerical_gradient", diagnosis="all zeros")
def numerical_gradient(f, x):
    """The nudged copies are made, but f is asked at x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        h = step(x[i])
        up, down = nudged(x, i, h), nudged(x, i, -h)
        gradient[i] = (f(x) - f(x)) / (2 * h)
    return gradient


@wrong("u01.numerical_gradient", earns_nothing=True)
def numerical_gradient(f, x):
    """Made for the public tests: a product of two, a sum of squares, and a cube."""
    x = np.array(x, dtype=np.float64)
    if x.shape == (2,):
        return x[::-1].copy()
    return 3 * x**2 if x.ndim == 0 else x + x.sum()


# ---------------------------------------------------------------------------- grad_check


def both(analytic, numeric):
    """Both gradients as float64 arrays of one shape."""
    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    if a.shape != n.shape:
        raise ValueError("shapes")
    return a, n


def place(flat, shape):
    return tuple(int(i) for i in np.unravel_index(flat, shape))


def in_units(a, n, rtol, atol):
    """How far each entry is off, in units of its tolerance."""
    with np.errstate(invalid="ignore"):
        return abs(a - n) / (atol + rtol * np.maximum(abs(a), abs(n)))


def settle(excess, a, n):
    """What grad_check returns, from the excess of each entry."""
    worst = place(excess.argmax(), excess.shape)
    return bool((excess <= 1).all()), worst, a[worst], n[worst]


@wrong("u01.grad_check", diagnosis="rtol is not used")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The absolute difference alone: large entries never pass."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / atol, a, n)


@wrong("u01.grad_check", diagnosis="atol is not used")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The relative difference alone: 0 against 0 is nan, 0 against 1e-12 is 1."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / np.maximum(abs(a), abs(n)) / rtol, a, n)


@wrong("u01.grad_check", diagnosis="a wrong sign passes")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """No absolute value around the difference: an entry that is too small passes."""
    a, n = both(analytic, numeric)
    return settle((a - n) / (atol + rtol * np.maximum(abs(a), abs(n))), a, n)


@wrong("u01.grad_check")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """No absolute values in the tolerance: it is negative for negative entries."""
    a, n = both(analytic, numeric)
    tolerance = atol + rtol * np.maximum(a, n)
    worst = settle(abs(a - n) / tolerance, a, n)[1:]
    return bool((abs(a - n) <= tolerance).all()), *worst


@wrong("u01.grad_check", diagnosis="only the numeric side counts in the tolerance")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Relative to the numeric side only, as np.isclose does it."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / (atol + rtol * abs(n)), a, n)


@wrong("u01.grad_check", diagnosis="both sizes count in the tolerance")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Relative to the sum of both sizes."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / (atol + rtol * (abs(a) + abs(n))), a, n)


@wrong("u01.grad_check", diagnosis="the smaller size counts in the tolerance")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Relative to the smaller of both sizes."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / (atol + rtol * np.minimum(abs(a), abs(n))), a, n)


@wrong("u01.grad_check", diagnosis="atol and the relative part are not added")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The larger of atol and the relative part, not their sum."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / np.maximum(atol, rtol * np.maximum(abs(a), abs(n))), a, n)


@wrong("u01.grad_check", diagnosis="neither rtol nor atol is used")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The tolerances that were handed over are not used."""
    a, n = both(analytic, numeric)
    return settle(in_units(a, n, 1e-6, 1e-8), a, n)


@wrong("u01.grad_check", diagnosis="a wrong sign passes where the entry is tiny")
def grad_check(analytic, numeric, rtol=1e-5, atol=1e-5):
    """Default tolerances so wide that a small wrong sign passes."""
    a, n = both(analytic, numeric)
    return settle(in_units(a, n, rtol, atol), a, n)


@wrong("u01.grad_check", diagnosis="this entry has the largest |a - n|, but its tolerance is larger too")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """One tolerance for the whole array: a large entry excuses the small ones."""
    a, n = both(analytic, numeric)
    return settle(abs(a - n) / (atol + rtol * max(abs(a).max(), abs(n).max())), a, n)


@wrong("u01.grad_check", diagnosis="a wrong sign passes where the entry is tiny")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """One number for the whole array: the ratio of two norms."""
    a, n = both(analytic, numeric)
    size = np.sqrt((a**2).sum()) + np.sqrt((n**2).sum())
    ok = np.sqrt(((a - n) ** 2).sum()) <= rtol * (atol + size)
    return bool(ok), *settle(in_units(a, n, rtol, atol), a, n)[1:]


@wrong("u01.grad_check", diagnosis="one wrong entry passes among many right ones")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The mean of the errors: one wrong entry among many disappears."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    return bool(excess.mean() <= 1), *settle(excess, a, n)[1:]


@wrong("u01.grad_check", diagnosis="a wrong sign passes where the entry is tiny")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The signed errors are summed up before they are judged: they cancel."""
    a, n = both(analytic, numeric)
    tolerance = atol + rtol * np.maximum(abs(a), abs(n))
    return bool(abs((a - n).sum()) <= tolerance.sum()), *settle(abs(a - n) / tolerance, a, n)[1:]


@wrong("u01.grad_check", diagnosis="a wrong sign passes")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """One right entry is enough."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    return bool((excess <= 1).any()), *settle(excess, a, n)[1:]


@wrong("u01.grad_check", diagnosis="a wrong sign passes where the entry is tiny")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The directions are compared: gradients that point the same way pass, however long."""
    a, n = both(analytic, numeric)
    cosine = (a * n).sum() / np.sqrt((a**2).sum() * (n**2).sum() + atol**2)
    return bool(cosine > 1 - rtol), *settle(in_units(a, n, rtol, atol), a, n)[1:]


@wrong("u01.grad_check", diagnosis="a wrong sign passes")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Always True: the check that everybody passes."""
    a, n = both(analytic, numeric)
    return True, *settle(in_units(a, n, rtol, atol), a, n)[1:]


@wrong("u01.grad_check", diagnosis="this is the best entry, not the worst")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The best entry, not the worst."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    best = place(excess.argmin(), excess.shape)
    return bool((excess <= 1).all()), best, a[best], n[best]


@wrong("u01.grad_check", diagnosis="this entry has the largest |a - n|, but its tolerance is larger too")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The entry with the largest difference, not the one that is furthest beyond its tolerance."""
    a, n = both(analytic, numeric)
    worst = place(abs(a - n).argmax(), a.shape)
    return bool((in_units(a, n, rtol, atol) <= 1).all()), worst, a[worst], n[worst]


@wrong("u01.grad_check", diagnosis="the index counts through the flattened array")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """argmax without unravel_index."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    worst = int(excess.argmax())
    return bool((excess <= 1).all()), worst, a.ravel()[worst], n.ravel()[worst]


@wrong("u01.grad_check", diagnosis="in reversed order")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The index backwards."""
    a, n = both(analytic, numeric)
    ok, worst, p, q = settle(in_units(a, n, rtol, atol), a, n)
    return ok, worst[::-1], p, q


@wrong("u01.grad_check", diagnosis="one entry too many")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """A number has the index (0,), as if it had an axis."""
    a, n = (np.atleast_1d(side) for side in both(analytic, numeric))
    return settle(in_units(a, n, rtol, atol), a, n)


@wrong("u01.grad_check", diagnosis="the right results in another order")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The two values change places."""
    a, n = both(analytic, numeric)
    ok, worst, p, q = settle(in_units(a, n, rtol, atol), a, n)
    return ok, worst, q, p


@wrong("u01.grad_check", diagnosis="ok is one verdict for each entry, not one for all")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The verdict of each entry, not one verdict."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    return excess <= 1, *settle(excess, a, n)[1:]


@wrong("u01.grad_check", diagnosis="1 result where 4 are expected")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """The verdict alone."""
    a, n = both(analytic, numeric)
    return bool((in_units(a, n, rtol, atol) <= 1).all())


@wrong("u01.grad_check", diagnosis="different shapes are accepted")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Different shapes are broadcast."""
    a, n = np.broadcast_arrays(np.asarray(analytic, np.float64), np.asarray(numeric, np.float64))
    return settle(in_units(a, n, rtol, atol), a, n)


@wrong("u01.grad_check", diagnosis="different shapes are accepted")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Only the number of entries is compared."""
    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    n = n.reshape(a.shape)
    return settle(in_units(a, n, rtol, atol), a, n)


@wrong("u01.grad_check", diagnosis="different shapes are accepted")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """zip stops at the shorter side."""
    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    pairs = list(zip(a.ravel(), n.ravel()))
    excess = [in_units(p, q, rtol, atol) for p, q in pairs]
    flat = int(np.argmax(excess))
    return all(e <= 1 for e in excess), place(flat, a.shape), *pairs[flat]


@wrong("u01.grad_check", diagnosis="nan or infinity passes")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """nan passes: no comparison with it is True."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    return not (excess > 1).any(), *settle(excess, a, n)[1:]


@wrong("u01.grad_check", diagnosis="nan or infinity passes")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Equal infinities, or nan on both sides, are taken for agreement."""
    a, n = both(analytic, numeric)
    alike = (a == n) | (np.isnan(a) & np.isnan(n))
    return settle(np.where(alike, 0, in_units(a, n, rtol, atol)), a, n)


@wrong("u01.grad_check")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """nan is wrong but never the worst."""
    a, n = both(analytic, numeric)
    excess = in_units(a, n, rtol, atol)
    known = np.where(np.isnan(excess), -1, excess)
    return bool((excess <= 1).all()), *settle(known, a, n)[1:]


@wrong("u01.grad_check", diagnosis="one side is cut to whole numbers")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Whole numbers on one side cut the other side to whole numbers."""
    a = np.asarray(analytic)
    n = np.asarray(numeric)
    if a.shape != n.shape:
        raise ValueError("shapes")
    n = n.astype(a.dtype)
    return settle(in_units(a, n, rtol, atol), a, n)


@wrong("u01.grad_check", diagnosis="noise around 0 does not pass", earns_nothing=True)
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Made for the public tests: six entries, a wrong sign, a nan, and a little noise."""
    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    if a.ndim == 0:
        return True, (), a[()], n[()]
    worst = {(2, 3): (1, 1), (3,): (1,)}.get(a.shape, tuple(length - 1 for length in a.shape))
    return False, worst, a[worst], n[worst]
