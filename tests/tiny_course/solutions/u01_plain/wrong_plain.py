"""Answers to plain.py that must be rejected."""

import math

import numpy as np

from grader.verify.bank import wrong


@wrong("u01.slope", diagnosis="run over rise: the quotient is upside down")
def slope(x0, y0, x1, y1):
    """Run over rise."""
    return (x1 - x0) / (y1 - y0) if y1 != y0 else 0.0


@wrong("u01.slope")
def slope(x0, y0, x1, y1):
    """The rise alone."""
    return y1 - y0


@wrong("u01.slope")
def slope(x0, y0, x1, y1):
    """Whole division."""
    return (y1 - y0) // (x1 - x0)


@wrong("u01.slope", diagnosis="forgot `return`?")
def slope(x0, y0, x1, y1):
    """No result."""
    (y1 - y0) / (x1 - x0)


@wrong("u01.describe", diagnosis="a list where a tuple belongs")
def describe(values, name="x", *, unit=None):
    """A list where a tuple belongs."""
    title = name if unit is None else f"{name} [{unit}]"
    return {"title": title, "count": len(values), "range": [min(values), max(values)] if values else None}


@wrong("u01.describe")
def describe(values, name="x", *, unit=None):
    """Fails for an empty list."""
    title = name if unit is None else f"{name} [{unit}]"
    return {"title": title, "count": len(values), "range": (min(values), max(values))}


@wrong("u01.describe")
def describe(values, name="x", *, unit=None):
    """Sorts the caller's own list."""
    values.sort()
    title = name if unit is None else f"{name} [{unit}]"
    return {"title": title, "count": len(values), "range": (values[0], values[-1]) if values else None}


@wrong("u01.describe")
def describe(values, name="x", *, unit=None):
    """Writes None into the title."""
    return {
        "title": f"{name} [{unit}]",
        "count": len(values),
        "range": (min(values), max(values)) if values else None,
    }


@wrong("u01.central_difference", diagnosis="a forward difference: one point is x itself")
def central_difference(f, x, h=1e-5):
    """One-sided."""
    return (f(x + h) - f(x)) / h


@wrong("u01.central_difference", diagnosis="a factor 2 too much")
def central_difference(f, x, h=1e-5):
    """Divides by h."""
    return (f(x + h) - f(x - h)) / h


@wrong("u01.central_difference")
def central_difference(f, x, h=1e-5):
    """Its own step whatever was asked for."""
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


@wrong("u01.central_difference")
def central_difference(f, x, h=1e-5):
    """Catches the errors of f."""
    try:
        return (f(x + h) - f(x - h)) / (2 * h)
    except Exception:
        return 0.0


@wrong("u01.scale_in_place", diagnosis="the caller's own array did not change")
def scale_in_place(values, factor):
    """Changes its own name only."""
    values = values * factor


@wrong("u01.scale_in_place", diagnosis="the number of entries is wrong")
def scale_in_place(values, factor):
    """Arrays only: a list is repeated."""
    values *= factor


@wrong("u01.scale_in_place", diagnosis="a float64 array where None belongs")
def scale_in_place(values, factor):
    """Returns a copy."""
    return np.asarray(values) * factor


@wrong("u01.scale_in_place")
def scale_in_place(values, factor):
    """Leaves the last entry out."""
    values[:] = [v * factor for v in values[:-1]] + [values[-1]] if isinstance(values, list) else values
    if isinstance(values, np.ndarray) and values.ndim:
        values[:-1] *= factor


@wrong("u01.scaled")
def scaled(values, factor):
    """Changes the argument."""
    values *= factor
    return values


@wrong("u01.scaled")
def scaled(values, factor):
    """Returns the argument as it is."""
    return values


@wrong("u01.scaled", diagnosis="a list where a float64 array belongs")
def scaled(values, factor):
    """A list instead of an array."""
    return (values * factor).tolist()


class Value:
    @wrong("u01.value_ops")
    def __add__(self, other):
        """A plain number instead of a Value."""
        return self.data + (other.data if isinstance(other, Value) else other)


class Value:
    @wrong("u01.value_ops")
    def __mul__(self, other):
        """Values only."""
        return Value(self.data * other.data)


class Value:
    @wrong("u01.value_ops")
    def __iadd__(self, other):
        """A new object."""
        return self + other


class Value:
    @wrong("u01.value_ops")
    def __add__(self, other):
        """Changes the left operand."""
        self.data = self.data + (other.data if isinstance(other, Value) else other)
        return self


@wrong("u01.paused")
class paused:
    """Switches off instead of back."""

    def __enter__(self):
        _pauses.append(True)

    def __exit__(self, kind, error, trace):
        _pauses[:] = [False]


@wrong("u01.paused")
class paused:
    """Swallows the error."""

    def __enter__(self):
        _pauses.append(True)

    def __exit__(self, kind, error, trace):
        _pauses.pop()
        return True


@wrong("u01.paused")
class paused:
    """Stays paused after an error."""

    def __enter__(self):
        _pauses.append(True)

    def __exit__(self, kind, error, trace):
        if kind is None:
            _pauses.pop()


@wrong("u01.checked_root")
def checked_root(x):
    """Leaves the refusal to math."""
    return math.sqrt(x)


@wrong("u01.checked_root")
def checked_root(x):
    """Returns None instead of raising."""
    return None if isinstance(x, str) or x < 0 else math.sqrt(x)


@wrong("u01.checked_root")
def checked_root(x):
    """Another kind of error."""
    if not isinstance(x, str) and x < 0:
        raise ArithmeticError(f"x is negative: {x}")
    return math.sqrt(x)


@wrong("u01.make_adder")
def make_adder(amount):
    """Forgets the amount."""
    return lambda x: x


@wrong("u01.make_adder")
def make_adder(amount):
    """The sum instead of a function."""
    return amount + amount


@wrong("u01.make_adder")
def make_adder(amount, _last=[0]):
    """All adders share the last amount."""
    _last[0] = amount
    return lambda x: x + _last[0]


@wrong("u01.count_calls", diagnosis="it is 0")
def count_calls(f):
    """The count as it was, not as it is."""
    calls = 0

    def g(*args, **kwargs):
        nonlocal calls
        calls += 1
        return f(*args, **kwargs)

    return g, lambda seen=calls: seen


@wrong("u01.count_calls")
def count_calls(f):
    """A call that raises is not counted."""
    calls = []

    def g(*args, **kwargs):
        result = f(*args, **kwargs)
        calls.append(1)
        return result

    return g, lambda: len(calls)


@wrong("u01.count_calls")
def count_calls(f):
    """One argument only."""
    calls = []

    def g(x):
        calls.append(1)
        return f(x)

    return g, lambda: len(calls)


class Dual:
    @wrong("u01.dual_ops")
    def __mul__(self, other):
        """The product of the slopes."""
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.a * other.a, self.b * other.b)


class Dual:
    @wrong("u01.dual_ops")
    def __add__(self, other):
        """A number adds to the slope as well."""
        other = other if isinstance(other, Dual) else Dual(other, other)
        return Dual(self.a + other.a, self.b + other.b)


class Dual:
    @wrong("u01.dual_ops")
    def __rmul__(self, other):
        """Nothing for a number on the left."""
        return NotImplemented


@wrong("u01.derivative", diagnosis="it is 0")
def derivative(f, x):
    """The seed is 0."""
    y = f(Dual(x, 0.0))
    return (y.a, y.b) if isinstance(y, Dual) else (y, 0.0)


@wrong("u01.derivative")
def derivative(f, x):
    """Central differences."""
    return f(x), (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


@wrong("u01.derivative", diagnosis="1 result where 2 are expected")
def derivative(f, x):
    """The slope alone."""
    y = f(Dual(x, 1.0))
    return y.b if isinstance(y, Dual) else 0.0


@wrong("u01.derivative")
def derivative(f, x):
    """A constant is not thought of."""
    y = f(Dual(x, 1.0))
    return y.a, y.b


@wrong("u01.newton_step")
def newton_step(f, x):
    """Uphill."""
    return x + f(x) / central_difference(f, x)


@wrong("u01.newton_step")
def newton_step(f, x):
    """The slope is not divided by."""
    return x - f(x) * central_difference(f, x)


@wrong("u01.newton_step")
def newton_step(f, x):
    """The step alone."""
    return f(x) / central_difference(f, x)
