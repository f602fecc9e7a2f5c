"""Derivative rules, and a number that applies them by itself. The lesson is README.md, in this folder.

Five rules are enough for every loss in this course: sums, products, quotients, powers, and functions inside
functions. Whatever a rule gives, the nudges of unit 1 can check.
"""

import numpy as np


def poly_derivative(coefficients):
    """Derivative of a polynomial: a0 + a1 x + a2 x**2 + ... is the list [a0, a1, a2, ...].

    coefficients: list of numbers [n], lowest power first; [] is the polynomial 0. It is not changed.
    Returns a list of numbers [n - 1], lowest power first; [] for a constant and for [].
    """
    raise NotImplementedError


def product_rule(f, df, g, dg):
    """Derivative of f(x) * g(x).

    f, df, g, dg: numbers, or float arrays of one shape = f(x), f'(x), g(x), g'(x). They are not changed.
    Returns a number, or an array of that shape.
    """
    raise NotImplementedError


def quotient_rule(f, df, g, dg):
    """Derivative of f(x) / g(x).

    f, df, g, dg: numbers, or float arrays of one shape = f(x), f'(x), g(x), g'(x). They are not changed.
    g is nowhere 0; f may be.
    Returns a number, or an array of that shape.
    """
    raise NotImplementedError


def compose(f, df, g, dg):
    """The function h(x) = f(g(x)), g first and then f, and its derivative.

    f, df, g, dg: functions, number -> number; df is the derivative of f, dg that of g
    Returns the tuple (h, dh) of two functions, number -> number; dh is the derivative of h. What it knows of
    f and g is df and dg: it measures nothing. h and dh can be put into compose again.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- u02.elementary_derivatives
# Each takes x, a float array of any shape or one number, and does not change it. Each returns the tuple
# (y, dy): the function and its derivative, entry by entry, float arrays of x's shape or two numbers.


def exp(x):
    """e**x."""
    raise NotImplementedError


def log(x):
    """Natural logarithm of x > 0."""
    raise NotImplementedError


def sqrt(x):
    """Square root of x > 0."""
    raise NotImplementedError


def tanh(x):
    """Hyperbolic tangent (e**x - e**-x) / (e**x + e**-x), for x of any size: (1, 0) far to the right."""
    raise NotImplementedError


def sigmoid(x):
    """1 / (1 + e**-x), for x of any size and sign: (1, 0) far to the right, (0, 0) far to the left."""
    raise NotImplementedError


def relu(x):
    """x where it is greater than 0, else 0. The derivative at 0 is 0."""
    raise NotImplementedError


class Dual:
    """A number, and how fast it grows with the one input that you differentiate by.

    value: float, the number    tangent: float, d(value)/d(input)
    A plain number is a constant: where one meets a Dual, its tangent is 0.
    Operators make a new Dual; their operands stay as they are.
    """

    def __init__(self, value, tangent=0.0):
        self.value = float(value)
        self.tangent = float(tangent)

    def __repr__(self):
        return f"Dual({self.value:.6g}, {self.tangent:.6g})"

    def __add__(self, other):
        """self + other.

        other: Dual or plain number    Returns a Dual.
        """
        raise NotImplementedError

    def __mul__(self, other):
        """self * other.

        other: Dual or plain number    Returns a Dual.
        """
        raise NotImplementedError

    def __truediv__(self, other):
        """self / other.

        other: Dual or plain number    Returns a Dual.
        """
        raise NotImplementedError

    def __pow__(self, n):
        """self ** n.

        n: plain number, int or float, of any sign    Returns a Dual.
        """
        raise NotImplementedError

    def apply(self, rule):
        """A function of self: x.apply(tanh) is the hyperbolic tangent of x.

        rule: function, number -> (y, dy), the function and its derivative there, as exp, log and tanh above
        Returns a Dual. Calls rule once.
        """
        raise NotImplementedError

    # The other operators are made of those above.

    def __radd__(self, number):
        return self + number

    def __rmul__(self, number):
        return self * number

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, number):
        return -self + number

    def __rtruediv__(self, number):
        return Dual(number) / self


def derivative(f, x):
    """df/dx at x by one call of f, as exact as the arithmetic is: there is no step h.

    f: function, Dual -> Dual. One that does not use its argument may return a plain number.
    x: number    Returns a number.
    """
    raise NotImplementedError
