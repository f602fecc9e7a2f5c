"""Right answers of unit 1 in other styles. Each must earn everything, in process and in the jail."""

import math
from itertools import product

import numpy as np

from grader.verify.bank import right

# ---------------------------------------------------------------------------- forward_difference


@right("u01.forward_difference")
def forward_difference(f, x, h):
    """Rise and run have names."""
    rise = f(x + h) - f(x)
    run = h
    return rise / run


@right("u01.forward_difference")
def forward_difference(f, x, h):
    """Divided by the distance that float64 really has between the two points."""
    right_point = x + h
    return (f(right_point) - f(x)) / (right_point - x)


@right("u01.forward_difference")
def forward_difference(f, x, h):
    """By np.diff over the two points."""
    points = [x, x + h]
    return (np.diff([f(p) for p in points]) / np.diff(points))[0]


@right("u01.forward_difference")
def forward_difference(f, x, h):
    """The straight line through both points, fitted."""
    slope, _ = np.polyfit([0.0, float(h)], [f(x), f(x + h)], 1)
    return float(slope)


# ---------------------------------------------------------------------------- central_difference


@right("u01.central_difference")
def central_difference(f, x, h):
    """The mean of the forward and the backward difference."""
    forward = (f(x + h) - f(x)) / h
    backward = (f(x) - f(x - h)) / h
    return (forward + backward) / 2


@right("u01.central_difference")
def central_difference(f, x, h):
    """By np.gradient over three points."""
    return np.gradient([f(x - h), f(x), f(x + h)], h)[1]


@right("u01.central_difference")
def central_difference(f, x, h):
    """A sum with signs."""
    return sum(sign * f(x + sign * h) for sign in (1, -1)) / (2 * h)


@right("u01.central_difference")
def central_difference(f, x, h):
    """Divided by the distance that float64 really has between the two points."""
    left, after = x - h, x + h
    return (f(after) - f(left)) / (after - left)


# ---------------------------------------------------------------------------- best_step


@right("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """One formula for both: the sum A * h**p + B / h is smallest at (B / (p * A)) ** (1 / (p + 1))."""
    branches = {"forward": (1, abs(f2) / 2, 2 * eps * abs(f)), "central": (2, abs(f3) / 6, eps * abs(f))}
    if kind not in branches:
        raise ValueError(f"{kind} is neither forward nor central")
    p, a, b = branches[kind]
    h = (b / (p * a)) ** (1 / (p + 1))
    return h, a * h**p, b / h


@right("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """By numpy, with the parts from what is known of the minimum: equal, or one to two."""
    match kind:
        case "forward":
            h = np.sqrt(4 * eps * np.abs(f) / np.abs(f2))
            return h, np.abs(f2) * h / 2, np.abs(f2) * h / 2
        case "central":
            h = np.cbrt(3 * eps * np.abs(f) / np.abs(f3))
            return h, np.abs(f3) * h * h / 6, np.abs(f3) * h * h / 3
        case _:
            raise ValueError(kind)


@right("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """With logarithms."""
    if kind not in ("forward", "central"):
        raise ValueError(kind)
    noise = math.log(eps) + math.log(abs(f))
    if kind == "forward":
        h = math.exp((math.log(4) + noise - math.log(abs(f2))) / 2)
        return h, h * abs(f2) / 2, math.exp(math.log(2) + noise) / h
    h = math.exp((math.log(3) + noise - math.log(abs(f3))) / 3)
    return h, h * h * abs(f3) / 6, math.exp(noise) / h


@right("u01.best_step")
def best_step(kind, f, f2, f3, eps=2**-52):
    """No calculus: the minimum is searched by golden sections on a logarithmic scale."""
    models = {
        "forward": lambda h: (h * abs(f2) / 2, 2 * eps * abs(f) / h),
        "central": lambda h: (h**2 * abs(f3) / 6, eps * abs(f) / h),
    }
    if kind not in models:
        raise ValueError(kind)
    model, ratio = models[kind], (math.sqrt(5) - 1) / 2
    low, high = math.log(1e-12), math.log(10.0)
    while high - low > 1e-10:
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        if sum(model(math.exp(one))) < sum(model(math.exp(other))):
            high = other
        else:
            low = one
    h = math.exp((low + high) / 2)
    return h, *model(h)


# ---------------------------------------------------------------------------- numerical_gradient


@right("u01.numerical_gradient")
def numerical_gradient(f, x):
    """Copies instead of putting back."""
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        h = 1e-5 * max(1.0, abs(x[i]))
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@right("u01.numerical_gradient")
def numerical_gradient(f, x):
    """With np.nditer and its multi_index."""
    work = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(work)
    walk = np.nditer(work, flags=["multi_index"])
    while not walk.finished:
        i = walk.multi_index
        old = float(work[i])
        h = 1e-5 * max(1, abs(old))
        values = []
        for sign in (1, -1):
            work[i] = old + sign * h
            values.append(f(work))
        work[i] = old
        gradient[i] = (values[0] - values[1]) / (2 * h)
        walk.iternext()
    return gradient


@right("u01.numerical_gradient")
def numerical_gradient(f, x):
    """A list of slopes over the flat entries, put into shape at the end."""
    x = np.array(x, dtype=np.float64)

    def slope(k):
        up, down = x.copy(), x.copy()
        up.flat[k] += 1e-5 * max(1, abs(x.flat[k]))
        down.flat[k] -= 1e-5 * max(1, abs(x.flat[k]))
        return (f(up) - f(down)) / (up.flat[k] - down.flat[k])

    return np.array([slope(k) for k in range(x.size)], dtype=np.float64).reshape(x.shape)


@right("u01.numerical_gradient")
def numerical_gradient(f, x):
    """Vectors of the standard basis, all points made before f is asked."""
    x = np.asarray(x, dtype=np.float64)
    steps = 1e-5 * np.maximum(1, np.abs(x)).ravel()
    basis = np.diag(steps).reshape(x.size, *x.shape)
    above = np.array([f(x + nudge) for nudge in basis])
    below = np.array([f(x - nudge) for nudge in basis])
    return ((above - below) / (2 * steps)).reshape(x.shape)


@right("u01.numerical_gradient")
def numerical_gradient(f, x):
    """In place on the caller's float64 array, where every entry is put back exactly."""
    work = np.asarray(x, dtype=np.float64)
    gradient = np.empty(work.shape)
    for i in product(*map(range, work.shape)):
        old = work[i].item()
        h = 1e-5 * max(1.0, abs(old))
        try:
            work[i] = old + h
            rise = f(work)
            work[i] = old - h
            rise -= f(work)
        finally:
            work[i] = old
        gradient[i] = rise / (2.0 * h)
    return gradient


@right("u01.numerical_gradient")
def numerical_gradient(f, x):
    """Nudged there and back by sums, on a copy of its own: the last digit does not matter there."""
    x = np.array(x).astype("float64")
    gradient = np.full_like(x, np.nan)
    for i, entry in np.ndenumerate(x.copy()):
        h = max(1e-5, 1e-5 * abs(entry))
        x[i] += h
        gradient[i] = f(x)
        x[i] -= 2 * h
        gradient[i] -= f(x)
        x[i] += h
        gradient[i] /= 2 * h
    return gradient


# ---------------------------------------------------------------------------- grad_check


@right("u01.grad_check")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """One entry after the other, without numpy's reductions."""
    a, n = np.array(analytic, dtype=float), np.array(numeric, dtype=float)
    if a.shape != n.shape:
        raise ValueError(f"{a.shape} is not {n.shape}")
    ok, worst, most = True, None, -1.0
    for i in np.ndindex(a.shape):
        p, q = float(a[i]), float(n[i])
        excess = math.inf
        if math.isfinite(p) and math.isfinite(q):
            excess = abs(p - q) / (atol + rtol * max(abs(p), abs(q)))
        ok = ok and excess <= 1
        if excess > most:
            worst, most = i, excess
    return ok, worst, float(a[worst]), float(n[worst])


@right("u01.grad_check")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """What is not finite is told apart first; the verdict is that of the worst entry."""
    a, n = np.asarray(analytic) * 1.0, np.asarray(numeric) * 1.0
    if np.shape(a) != np.shape(n):
        raise ValueError("the gradients have different shapes")
    finite = np.isfinite(a) & np.isfinite(n)
    difference = np.subtract(a, n, where=finite, out=np.zeros(np.shape(a)))
    tolerance = atol + rtol * np.where(np.abs(a) > np.abs(n), np.abs(a), np.abs(n))
    excess = np.where(finite, np.abs(difference) / tolerance, np.inf)
    worst = np.unravel_index(np.argmax(excess), np.shape(a))
    return excess[worst] <= 1, worst, a[worst], n[worst]


@right("u01.grad_check")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """With max and a key over all indices."""
    a, n = np.float64(analytic), np.float64(numeric)
    if a.shape != n.shape:
        raise ValueError("shapes")

    def excess(i):
        off = abs(a[i] - n[i]) / (atol + rtol * max(abs(a[i]), abs(n[i])))
        return float("inf") if np.isnan(off) else off

    worst = max(np.ndindex(a.shape), key=excess)
    return all(excess(i) <= 1 for i in np.ndindex(a.shape)), worst, a[worst], n[worst]


@right("u01.grad_check")
def grad_check(analytic, numeric, rtol=1e-6, atol=1e-8):
    """Flat inside, one index at the end; entries within their tolerance are counted."""
    a = np.array(analytic, dtype=np.float64, ndmin=1).ravel()
    n = np.array(numeric, dtype=np.float64, ndmin=1).ravel()
    shape = np.shape(analytic)
    if shape != np.shape(numeric):
        raise ValueError("shapes")
    within = [abs(p - q) <= atol + rtol * max(abs(p), abs(q)) < math.inf for p, q in zip(a, n, strict=True)]
    units = np.abs(a - n) / (atol + rtol * np.max(np.abs([a, n]), axis=0))
    flat = int(np.nan_to_num(units, nan=math.inf).argmax())
    worst = []
    for size, rest in zip(shape, (math.prod(shape[k + 1 :]) for k in range(len(shape))), strict=True):
        worst.append(flat // rest % size)
    return sum(within) == len(within), tuple(worst), a[flat], n[flat]
