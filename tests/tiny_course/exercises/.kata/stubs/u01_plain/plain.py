"""Plain Python and numpy: one pattern an exercise. The lesson is README.md, in this folder."""

import math

import numpy as np


def slope(x0, y0, x1, y1):
    """Slope of the line through (x0, y0) and (x1, y1).

    x0, y0, x1, y1: numbers, x0 other than x1
    Returns a number.
    """
    raise NotImplementedError


def describe(values, name="x", *, unit=None):
    """What there is to say about some numbers.

    values: list of numbers    name: str    unit: str or None
    Returns a dict:
        "title": name, or "name [unit]" where a unit is given
        "count": int
        "range": the tuple (smallest, largest), or None for an empty list
    """
    raise NotImplementedError


def central_difference(f, x, h=1e-5):
    """Slope of the line through two points of f: the one at x - h and the one at x + h.

    f: function, number -> number    x: number    h: number > 0
    Returns the slope, a number.
    """
    raise NotImplementedError


def scale_in_place(values, factor):
    """Multiply every entry by `factor`. The caller's own object changes; nothing is returned.

    values: float64 array of any shape, or a list of numbers    factor: number
    """
    raise NotImplementedError


def scaled(values, factor):
    """A copy with every entry multiplied by `factor`. The caller's own array stays as it is.

    values: float64 array of any shape    factor: number
    Returns a float64 array of the same shape.
    """
    raise NotImplementedError


class Value:
    """A number, or an array, in a box."""

    __array_ufunc__ = None  # numpy leaves `array * value` to __rmul__

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        """self + other, a new Value. other: Value, number or array."""
        raise NotImplementedError

    def __radd__(self, other):
        """other + self, where other is a number or an array."""
        raise NotImplementedError

    def __mul__(self, other):
        """self * other, a new Value. other: Value, number or array."""
        raise NotImplementedError

    def __rmul__(self, other):
        """other * self, where other is a number or an array."""
        raise NotImplementedError

    def __iadd__(self, other):
        """self += other: the same Value with new data. other: Value, number or array."""
        raise NotImplementedError


_pauses = [False]


def is_paused():
    """Whether the innermost pause is on."""
    return _pauses[-1]


class paused:
    """`with paused():` is_paused() is True inside, and afterwards what it was before, whatever happens.

    Append to `_pauses` on the way in, take away on the way out. An error inside the block goes on its way.
    """


def checked_root(x):
    """The square root of x.

    x: number
    Returns a float. Raises ValueError that says "negative" where x < 0, and TypeError where x is a string.
    """
    raise NotImplementedError


def make_adder(amount):
    """A function that adds `amount` to its argument.

    amount: number
    Returns a function, number -> number.
    """

    raise NotImplementedError


def count_calls(f):
    """f, and a way to ask how often it was called. A call that raises counts too.

    f: function of any arguments
    Returns the tuple (g, count): g does what f does; count() is the number of calls of g so far.
    """
    raise NotImplementedError


class Dual:
    """A number a with its slope b: f(Dual(x, 1)) is Dual(f(x), f'(x))."""

    def __init__(self, a, b=0.0):
        self.a = a
        self.b = b

    def __add__(self, other):
        """(a + b e) + (c + d e) = (a + c) + (b + d) e. other: Dual or number."""
        raise NotImplementedError

    def __radd__(self, other):
        """other + self, where other is a number."""
        raise NotImplementedError

    def __mul__(self, other):
        """(a + b e) * (c + d e) = a c + (a d + b c) e. other: Dual or number."""
        raise NotImplementedError

    def __rmul__(self, other):
        """other * self, where other is a number."""
        raise NotImplementedError


def derivative(f, x):
    """The value and the slope of f at x, by a Dual. No step, no rounding.

    f: function made of + and *    x: number
    Returns the tuple (f(x), f'(x)) of numbers. f is called once.
    """
    raise NotImplementedError


def newton_step(f, x):
    """x - f(x) / f'(x), with the slope of central_difference.

    f: function, number -> number    x: number where the slope is not 0
    Returns a number.
    """
    raise NotImplementedError
