"""Plain Python and numpy: one pattern an exercise. The lesson is README.md, in this folder."""

import math

import numpy as np


def slope(x0, y0, x1, y1):
    """Slope of the line through (x0, y0) and (x1, y1).

    x0, y0, x1, y1: numbers, x0 other than x1
    Returns a number.
    """
    # BEGIN SOLUTION
    return (y1 - y0) / (x1 - x0)
    # END SOLUTION


def describe(values, name="x", *, unit=None):
    """What there is to say about some numbers.

    values: list of numbers    name: str    unit: str or None
    Returns a dict:
        "title": name, or "name [unit]" where a unit is given
        "count": int
        "range": the tuple (smallest, largest), or None for an empty list
    """
    # BEGIN SOLUTION
    return {
        "title": name if unit is None else f"{name} [{unit}]",
        "count": len(values),
        "range": (min(values), max(values)) if values else None,
    }
    # END SOLUTION


def central_difference(f, x, h=1e-5):
    """Slope of the line through two points of f: the one at x - h and the one at x + h.

    f: function, number -> number    x: number    h: number > 0
    Returns the slope, a number.
    """
    # BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    # END SOLUTION


def scale_in_place(values, factor):
    """Multiply every entry by `factor`. The caller's own object changes; nothing is returned.

    values: float64 array of any shape, or a list of numbers    factor: number
    """
    # BEGIN SOLUTION
    if isinstance(values, np.ndarray):
        values *= factor
    else:
        values[:] = [value * factor for value in values]
    # END SOLUTION


def scaled(values, factor):
    """A copy with every entry multiplied by `factor`. The caller's own array stays as it is.

    values: float64 array of any shape    factor: number
    Returns a float64 array of the same shape.
    """
    # BEGIN SOLUTION
    return values * factor
    # END SOLUTION


class Value:
    """A number, or an array, in a box."""

    __array_ufunc__ = None  # numpy leaves `array * value` to __rmul__

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        """self + other, a new Value. other: Value, number or array."""
        # BEGIN SOLUTION
        return Value(self.data + (other.data if isinstance(other, Value) else other))
        # END SOLUTION

    def __radd__(self, other):
        """other + self, where other is a number or an array."""
        # BEGIN SOLUTION
        return self + other
        # END SOLUTION

    def __mul__(self, other):
        """self * other, a new Value. other: Value, number or array."""
        # BEGIN SOLUTION
        return Value(self.data * (other.data if isinstance(other, Value) else other))
        # END SOLUTION

    def __rmul__(self, other):
        """other * self, where other is a number or an array."""
        # BEGIN SOLUTION
        return self * other
        # END SOLUTION

    def __iadd__(self, other):
        """self += other: the same Value with new data. other: Value, number or array."""
        # BEGIN SOLUTION
        self.data = self.data + (other.data if isinstance(other, Value) else other)
        return self
        # END SOLUTION


_pauses = [False]


def is_paused():
    """Whether the innermost pause is on."""
    return _pauses[-1]


class paused:
    """`with paused():` is_paused() is True inside, and afterwards what it was before, whatever happens.

    Append to `_pauses` on the way in, take away on the way out. An error inside the block goes on its way.
    """

    # BEGIN SOLUTION
    def __enter__(self):
        _pauses.append(True)
        return self

    def __exit__(self, kind, error, trace):
        _pauses.pop()
        return False

    # END SOLUTION


def checked_root(x):
    """The square root of x.

    x: number
    Returns a float. Raises ValueError that says "negative" where x < 0, and TypeError where x is a string.
    """
    # BEGIN SOLUTION
    if isinstance(x, str):
        raise TypeError("a string has no root")
    if x < 0:
        raise ValueError(f"x is negative: {x}")
    return math.sqrt(x)
    # END SOLUTION


def make_adder(amount):
    """A function that adds `amount` to its argument.

    amount: number
    Returns a function, number -> number.
    """

    # BEGIN SOLUTION
    def add(x):
        return x + amount

    return add
    # END SOLUTION


def count_calls(f):
    """f, and a way to ask how often it was called. A call that raises counts too.

    f: function of any arguments
    Returns the tuple (g, count): g does what f does; count() is the number of calls of g so far.
    """
    # BEGIN SOLUTION
    calls = 0

    def g(*args, **kwargs):
        nonlocal calls
        calls += 1
        return f(*args, **kwargs)

    return g, lambda: calls
    # END SOLUTION


class Dual:
    """A number a with its slope b: f(Dual(x, 1)) is Dual(f(x), f'(x))."""

    def __init__(self, a, b=0.0):
        self.a = a
        self.b = b

    def __add__(self, other):
        """(a + b e) + (c + d e) = (a + c) + (b + d) e. other: Dual or number."""
        # BEGIN SOLUTION
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.a + other.a, self.b + other.b)
        # END SOLUTION

    def __radd__(self, other):
        """other + self, where other is a number."""
        # BEGIN SOLUTION
        return self + other
        # END SOLUTION

    def __mul__(self, other):
        """(a + b e) * (c + d e) = a c + (a d + b c) e. other: Dual or number."""
        # BEGIN SOLUTION
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.a * other.a, self.a * other.b + self.b * other.a)
        # END SOLUTION

    def __rmul__(self, other):
        """other * self, where other is a number."""
        # BEGIN SOLUTION
        return self * other
        # END SOLUTION


def derivative(f, x):
    """The value and the slope of f at x, by a Dual. No step, no rounding.

    f: function made of + and *    x: number
    Returns the tuple (f(x), f'(x)) of numbers. f is called once.
    """
    # BEGIN SOLUTION
    y = f(Dual(x, 1.0))
    return (y.a, y.b) if isinstance(y, Dual) else (y, 0.0)
    # END SOLUTION


def newton_step(f, x):
    """x - f(x) / f'(x), with the slope of central_difference.

    f: function, number -> number    x: number where the slope is not 0
    Returns a number.
    """
    # BEGIN SOLUTION
    return x - f(x) / central_difference(f, x)
    # END SOLUTION
