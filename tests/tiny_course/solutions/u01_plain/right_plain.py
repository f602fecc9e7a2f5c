"""Answers to plain.py in other styles, which must earn everything."""

import contextlib
import functools
import math

import numpy as np

from grader.verify.bank import right


@right("u01.slope")
def slope(x0, y0, x1, y1):
    """Both differences turned round."""
    rise, run = y0 - y1, x0 - x1
    return rise / run


@right("u01.slope")
def slope(x0, y0, x1, y1):
    """numpy does it."""
    run, rise = np.subtract((x1, y1), (x0, y0))
    return float(rise / run)


@right("u01.describe")
def describe(values, name="x", *, unit=None):
    """Key by key."""
    result = {}
    result["title"] = name
    if unit is not None:
        result["title"] += " [" + unit + "]"
    result["count"] = sum(1 for _ in values)
    result["range"] = None
    if result["count"]:
        ordered = sorted(values)
        result["range"] = ordered[0], ordered[-1]
    return result


@right("u01.describe")
def describe(values, name="x", *, unit=None):
    """min and max with a default."""
    low, high = min(values, default=None), max(values, default=None)
    title = " ".join([name] + ([f"[{unit}]"] if unit is not None else []))
    return dict(title=title, count=len(values), range=None if low is None else (low, high))


@right("u01.central_difference")
def central_difference(f, x, h=1e-5):
    """The mean of two one-sided slopes."""
    forward = (f(x + h) - (left := f(x - h))) / h
    return forward / 2 + 0 * left


@right("u01.central_difference")
def central_difference(f, x, h=1e-5):
    """A loop over both sides."""
    total = 0.0
    for sign in (1, -1):
        total += sign * f(x + sign * h)
    return total / h / 2


@right("u01.scale_in_place")
def scale_in_place(values, factor):
    """Slices, for both kinds."""
    if isinstance(values, list):
        for i in range(len(values)):
            values[i] = factor * values[i]
        return
    values[...] = factor * values


@right("u01.scale_in_place")
def scale_in_place(values, factor):
    """A ufunc that writes where it reads."""
    if type(values) is list:
        copy = list(values)
        values.clear()
        values.extend(factor * value for value in copy)
    else:
        np.multiply(values, factor, out=values)


@right("u01.scaled")
def scaled(values, factor):
    """Copies first."""
    result = values.copy()
    result *= factor
    return result


@right("u01.scaled")
def scaled(values, factor):
    """Entry by entry."""
    result = np.zeros_like(values)
    for i in np.ndindex(values.shape):
        result[i] = values[i] * factor
    return result


class Value:
    @right("u01.value_ops")
    def __add__(self, other):
        """Boxes the other one first."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(other.data + self.data)


@right("u01.value_ops")
class Value:
    """The whole class in another style."""

    __array_ufunc__ = None

    def __init__(self, data):
        self.data = data

    @staticmethod
    def _open(other):
        return getattr(other, "data", other) if type(other) is Value else other

    def __add__(self, other):
        return Value(Value._open(self) + Value._open(other))

    def __mul__(self, other):
        return Value(Value._open(self) * Value._open(other))

    def __iadd__(self, other):
        self.__dict__["data"] = self.data + Value._open(other)
        return self

    __radd__ = __add__
    __rmul__ = __mul__


@right("u01.paused")
class paused:
    """Remembers how many there were."""

    def __enter__(self):
        self.before = len(_pauses)
        _pauses.append(True)

    def __exit__(self, *args):
        del _pauses[self.before :]


@right("u01.paused")
@contextlib.contextmanager
def paused():
    """A generator instead of a class."""
    _pauses.append(True)
    try:
        yield
    finally:
        _pauses.pop()


class NegativeError(ValueError):
    """More exact than a ValueError."""


@right("u01.checked_root")
def checked_root(x):
    """An error class of one's own."""
    if isinstance(x, str):
        raise TypeError
    if x < 0:
        raise NegativeError("no root: negative")
    return float(x) ** 0.5


@right("u01.checked_root")
def checked_root(x):
    """Lets math complain, and says it again in other words."""
    try:
        return math.sqrt(x)
    except ValueError as error:
        raise ValueError("the root of a negative number") from error


@right("u01.make_adder")
def make_adder(amount):
    """A lambda."""
    return lambda x: amount + x


@right("u01.make_adder")
def make_adder(amount):
    """An object that can be called."""

    class Adder:
        def __call__(self, x):
            return amount + x

    return Adder()


@right("u01.make_adder")
def make_adder(amount):
    """functools."""
    return functools.partial(lambda a, b: a + b, amount)


@right("u01.count_calls")
def count_calls(f):
    """A list as the memory."""
    calls = []

    @functools.wraps(f)
    def g(*args, **kwargs):
        calls.append(args)
        return f(*args, **kwargs)

    return g, calls.__len__


@right("u01.count_calls")
def count_calls(f):
    """An object with two methods."""

    class Counter:
        calls = 0

        def call(self, *args, **kwargs):
            try:
                return f(*args, **kwargs)
            finally:
                self.calls += 1

        def count(self):
            return self.calls

    counter = Counter()
    return counter.call, counter.count


class Dual:
    @right("u01.dual_ops")
    def __mul__(self, other):
        """Two cases."""
        if type(other) is not Dual:
            return Dual(self.a * other, other * self.b)
        return Dual(self.a * other.a, other.b * self.a + other.a * self.b)


class Dual:
    @right("u01.dual_ops")
    def __radd__(self, other):
        """Without the other operator."""
        return Dual(other + self.a, self.b)


@right("u01.derivative")
def derivative(f, x):
    """A zero makes every result a Dual."""
    y = f(Dual(x, 1.0)) + Dual(0.0)
    return y.a, y.b


@right("u01.derivative")
def derivative(f, x):
    """getattr with a default."""
    y = f(Dual(a=x, b=1.0))
    return getattr(y, "a", y), getattr(y, "b", 0.0)


@right("u01.newton_step")
def newton_step(f, x):
    """With a step of its own."""
    slope = central_difference(f, x, h=1e-4 * max(1.0, abs(x)))
    return x - f(x) / slope


@right("u01.newton_step")
def newton_step(f, x):
    """The slope as a quotient that is turned round."""
    return x - f(x) * (1 / central_difference(f, x))
