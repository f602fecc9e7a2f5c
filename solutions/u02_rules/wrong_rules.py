"""Wrong answers of unit 2. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import numpy as np

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- poly_derivative


@wrong("u02.poly_derivative", diagnosis="multiplied by the place in the new list, not by the power")
def poly_derivative(coefficients):
    """Off by one: the constant is cut off first, and then the counting begins at 0."""
    return [k * a for k, a in enumerate(coefficients[1:])]


@wrong("u02.poly_derivative", diagnosis="one entry too many")
def poly_derivative(coefficients):
    """Multiplied by the powers, but nothing moves to the front."""
    return [k * a for k, a in enumerate(coefficients)]


@wrong("u02.poly_derivative", diagnosis="one entry too many")
def poly_derivative(coefficients):
    """The constant is kept."""
    return coefficients[:1] + [k * a for k, a in enumerate(coefficients)][1:]


@wrong("u02.poly_derivative", diagnosis="the list is shortened, but nothing is multiplied by its power")
def poly_derivative(coefficients):
    """The powers drop, and the factors are forgotten."""
    return list(coefficients[1:])


@wrong("u02.poly_derivative", diagnosis="the list is read with the highest power first")
def poly_derivative(coefficients):
    """Highest power first, as numpy.polyder wants it."""
    n = len(coefficients) - 1
    return [(n - k) * a for k, a in enumerate(coefficients)][:-1]


@wrong("u02.poly_derivative", diagnosis="a constant leaves [0], not an empty list")
def poly_derivative(coefficients):
    """A constant becomes [0]."""
    return [k * a for k, a in enumerate(coefficients)][1:] or [0]


@wrong(
    "u02.poly_derivative",
    diagnosis="coefficients that are 0 are left out, so that others lose their places",
)
def poly_derivative(coefficients):
    """Terms that vanish are dropped from the list."""
    return [k * a for k, a in enumerate(coefficients) if k * a != 0]


@wrong("u02.poly_derivative", diagnosis="an argument is changed")
def poly_derivative(coefficients):
    """Works inside the list that it was given."""
    for k in range(1, len(coefficients)):
        coefficients[k - 1] = k * coefficients[k]
    return coefficients[:-1]


@wrong("u02.poly_derivative", diagnosis="the number of entries is wrong", earns_nothing=True)
def poly_derivative(coefficients):
    """The lists of the public tests."""
    known = {(25, -20, 4): [-20, 8], (0, 5, 0, -1, 0.25): [5, 0, -3, 1.0]}
    return known.get(tuple(coefficients), [])


# ---------------------------------------------------------------------------- product_and_quotient


@wrong(
    "u02.product_and_quotient",
    diagnosis="the two derivatives are multiplied (or divided): neither function stands still",
)
def product_rule(f, df, g, dg):
    """The product of the derivatives."""
    return df * dg


@wrong(
    "u02.product_and_quotient",
    diagnosis="the two derivatives are multiplied (or divided): neither function stands still",
)
def quotient_rule(f, df, g, dg):
    """The quotient of the derivatives: that is l'Hôpital's rule, and another question."""
    return df / dg


@wrong("u02.product_and_quotient", diagnosis="the term in which g moves is missing")
def product_rule(f, df, g, dg):
    """One half of the product rule."""
    return df * g


@wrong("u02.product_and_quotient", diagnosis="the sign of one term is wrong")
def product_rule(f, df, g, dg):
    """The minus of the quotient rule in the product."""
    return df * g - f * dg


@wrong("u02.product_and_quotient", diagnosis="the two terms of the numerator have changed places")
def quotient_rule(f, df, g, dg):
    """The numerator the wrong way round."""
    return (f * dg - df * g) / g**2


@wrong("u02.product_and_quotient", diagnosis="the denominator is not squared")
def quotient_rule(f, df, g, dg):
    """The square of the denominator is missing."""
    return (df * g - f * dg) / g


@wrong("u02.product_and_quotient", diagnosis="the sign of one term is wrong")
def quotient_rule(f, df, g, dg):
    """The plus of the product rule in the quotient."""
    return (df * g + f * dg) / g**2


@wrong(
    "u02.product_and_quotient",
    diagnosis="the brackets around the numerator are missing: only its second term is divided",
)
def quotient_rule(f, df, g, dg):
    """No brackets around the numerator."""
    return df * g - f * dg / g**2


@wrong("u02.product_and_quotient", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def quotient_rule(f, df, g, dg):
    """By way of the logarithm, log f - log g: nan where f is 0."""
    return f / g * (df / f - dg / g)


@wrong("u02.product_and_quotient", diagnosis="the result is cut to a whole number")
def quotient_rule(f, df, g, dg):
    """Whole-number division, which leaves some floats alone."""
    numerator = df * g - f * dg
    return numerator // g**2 if isinstance(numerator, int) else numerator / g**2


@wrong("u02.product_and_quotient", diagnosis="an argument is changed")
def product_rule(f, df, g, dg):
    """In place: df is no longer what it was."""
    df *= g
    return df + f * dg


@wrong("u02.product_and_quotient")
def quotient_rule(f, df, g, dg):
    """The numbers of the public tests, and nothing for others."""
    return np.array([0.25, 0.0625]) if np.shape(f) == (2,) else 0.25 if (f, df) == (1, 0) else f * 0


# ---------------------------------------------------------------------------- chain_rule


@wrong(
    "u02.chain_rule",
    diagnosis="the outer derivative is taken at x, and not where the outer function really is",
)
def compose(f, df, g, dg):
    """f' at x: hidden where g(x) is x."""
    return lambda x: f(g(x)), lambda x: df(x) * dg(x)


@wrong("u02.chain_rule", diagnosis="the inner derivative is missing")
def compose(f, df, g, dg):
    """The inner factor is dropped."""
    return lambda x: f(g(x)), lambda x: df(g(x))


@wrong("u02.chain_rule", diagnosis="the functions have changed places")
def compose(f, df, g, dg):
    """f first, and then g."""
    return lambda x: g(f(x)), lambda x: dg(f(x)) * df(x)


@wrong("u02.chain_rule", diagnosis="the two derivatives are added, not multiplied")
def compose(f, df, g, dg):
    """The slopes are added."""
    return lambda x: f(g(x)), lambda x: df(g(x)) + dg(x)


@wrong("u02.chain_rule", diagnosis="the outer derivative is taken at the inner derivative")
def compose(f, df, g, dg):
    """The derivatives are put into each other, as the functions are."""
    return lambda x: f(g(x)), lambda x: df(dg(x))


@wrong("u02.chain_rule", diagnosis="the inner derivative is taken at g(x), not at x")
def compose(f, df, g, dg):
    """Both derivatives at the same place."""

    def dh(x):
        x = g(x)
        return df(x) * dg(x)

    return lambda x: f(g(x)), dh


@wrong("u02.chain_rule", diagnosis="1 result where 2 are expected")
def compose(f, df, g, dg):
    """Only the derivative is returned."""
    return lambda x: df(g(x)) * dg(x)


@wrong("u02.chain_rule", diagnosis="what g gave at an earlier x is used again")
def compose(f, df, g, dg):
    """The inner value is kept from the first call, and every later x gets that one."""
    seen = []

    def inner(x):
        if not seen:
            seen.append(g(x))
        return seen[0]

    return lambda x: f(inner(x)), lambda x: df(inner(x)) * dg(x)


@wrong(
    "u02.chain_rule",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def compose(f, df, g, dg):
    """Nudges x, as in unit 1, with four points."""

    def h(x):
        return f(g(x))

    def dh(x):
        e = 1e-3
        return (8 * (h(x + e) - h(x - e)) - (h(x + 2 * e) - h(x - 2 * e))) / (12 * e)

    return h, dh


# ---------------------------------------------------------------------------- elementary_derivatives


@wrong("u02.elementary_derivatives", diagnosis="uses `x` where `y` belongs")
def tanh(x):
    """x in the place of t."""
    return np.tanh(x), 1 - x**2


@wrong("u02.elementary_derivatives", diagnosis="uses `x` where `y` belongs")
def sigmoid(x):
    """x in the place of s."""
    e = np.exp(-np.abs(x))
    return np.where(x > 0, 1, e) / (1 + e), x * (1 - x)


@wrong("u02.elementary_derivatives", diagnosis="equal to `y`")
def sigmoid(x):
    """The derivative of exp for that of the sigmoid."""
    e = np.exp(-np.abs(x))
    s = np.where(x > 0, 1, e) / (1 + e)
    return s, s


@wrong("u02.elementary_derivatives", diagnosis="right but where it must be 0")
def relu(x):
    """At 0 the slope is 1: >= for >."""
    return np.maximum(x, 0), np.where(x >= 0, 1.0, 0.0)


@wrong("u02.elementary_derivatives", diagnosis="the gradient passes where x is not greater than 0")
def relu(x):
    """The slope is 1 everywhere."""
    return np.maximum(x, 0), np.ones(np.shape(x))


@wrong("u02.elementary_derivatives", diagnosis="dtype bool where float64 belongs")
def relu(x):
    """The slope is a truth value."""
    return np.maximum(x, 0.0), x > 0


@wrong("u02.elementary_derivatives", diagnosis="a factor 1/ln 2 too much (base 2 where base e belongs?)")
def log(x):
    """Another base."""
    return np.log2(x), 1 / (x * np.log(2))


@wrong("u02.elementary_derivatives", diagnosis="the power rule is used")
def exp(x):
    """The power rule, where the exponent is what moves."""
    return np.exp(x), x * np.exp(x - 1)


@wrong("u02.elementary_derivatives", diagnosis="missing factor `y`")
def sqrt(x):
    """The power drops by one half only."""
    return np.sqrt(x), 1 / (2 * x)


@wrong("u02.elementary_derivatives", diagnosis="overflow: exp of a large number")
def sigmoid(x):
    """e**x over 1 + e**x: nan from 710 on."""
    with np.errstate(all="ignore"):
        s = np.exp(x) / (1 + np.exp(x))
    return s, s * (1 - s)


@wrong("u02.elementary_derivatives", diagnosis="overflow: exp of a large number")
def tanh(x):
    """The definition as it stands: nan on both sides."""
    with np.errstate(all="ignore"):
        t = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    return t, 1 - t**2


@wrong("u02.elementary_derivatives")
def exp(x):
    """One number only: math.exp knows no arrays."""
    y = math.exp(x)
    return y, y


@wrong("u02.elementary_derivatives", diagnosis="x is changed")
def relu(x):
    """Negative entries are overwritten in x itself."""
    slope = np.where(x > 0, 1.0, 0.0)
    if np.ndim(x):
        x[x < 0] = 0
        return x, slope
    return max(x, 0), slope


@wrong(
    "u02.elementary_derivatives",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def tanh(x):
    """Nudges x, as in unit 1, with four points."""
    t, h = np.tanh(x), 1e-3
    return t, (8 * (np.tanh(x + h) - np.tanh(x - h)) - (np.tanh(x + 2 * h) - np.tanh(x - 2 * h))) / (12 * h)


@wrong("u02.elementary_derivatives", earns_nothing=True)
def sigmoid(x):
    """The complex step: exact, and no calculus at all."""
    e = np.exp(-np.abs(x))
    s = np.where(x > 0, 1, e) / (1 + e)
    return s, (0.5 * (1 + np.tanh((x + 1e-30j) / 2))).imag / 1e-30


# ---------------------------------------------------------------------------- dual_numbers


@wrong(
    "u02.dual_numbers",
    diagnosis="the two derivatives are multiplied (or divided): neither function stands still",
)
class Dual:
    """The product rule is left out: tangents are multiplied like values."""

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other, 1.0)
        return Dual(self.value * other.value, self.tangent * other.tangent)


@wrong("u02.dual_numbers", diagnosis="a constant has the tangent 0, not 1")
class Dual:
    """A constant grows as fast as x."""

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other, 1.0)
        tangent = product_rule(self.value, self.tangent, other.value, other.tangent)
        return Dual(self.value * other.value, tangent)


@wrong("u02.dual_numbers", diagnosis="the tangent is lost where a Dual meets a plain number")
class Dual:
    """A sum with a plain number is a constant."""

    def __add__(self, other):
        if not isinstance(other, Dual):
            return Dual(self.value + other)
        return Dual(self.value + other.value, self.tangent + other.tangent)


@wrong("u02.dual_numbers", diagnosis="only one operand's tangent is there")
class Dual:
    """The tangent of the right operand is left out of the sum."""

    def __add__(self, other):
        value = other.value if isinstance(other, Dual) else other
        return Dual(self.value + value, self.tangent)


@wrong("u02.dual_numbers", diagnosis="the denominator is not squared")
class Dual:
    """The quotient rule without its square."""

    def __truediv__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        numerator = self.tangent * other.value - self.value * other.tangent
        return Dual(self.value / other.value, numerator / other.value)


@wrong("u02.dual_numbers", diagnosis="the operand's own tangent is missing")
class Dual:
    """The power rule without the chain rule."""

    def __pow__(self, n):
        return Dual(self.value**n, n * self.value ** (n - 1))


@wrong("u02.dual_numbers", diagnosis="the exponent is not lowered by one")
class Dual:
    """The power rule without the drop of the power."""

    def __pow__(self, n):
        return Dual(self.value**n, n * self.value**n * self.tangent)


@wrong("u02.dual_numbers", diagnosis="the operand's own tangent is missing")
class Dual:
    """The chain rule without its inner factor."""

    def apply(self, rule):
        return Dual(*rule(self.value))


@wrong("u02.dual_numbers", diagnosis="an operand is changed")
class Dual:
    """Adds into self."""

    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        self.value += other.value
        self.tangent += other.tangent
        return self


@wrong("u02.dual_numbers", diagnosis="the tangent of x itself is missing: how fast does x grow with x?")
def derivative(f, x):
    """x goes in as a constant."""
    y = f(Dual(x))
    return y.tangent if isinstance(y, Dual) else 0.0


@wrong("u02.dual_numbers", diagnosis="the tangent of x itself is x here")
def derivative(f, x):
    """x goes in with itself as its tangent."""
    y = f(Dual(x, x))
    return y.tangent if isinstance(y, Dual) else 0.0


@wrong(
    "u02.dual_numbers",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def derivative(f, x):
    """Nudges x, as in unit 1: the tangents are never asked."""
    h = 1e-5
    above, below = (getattr(y, "value", y) for y in (f(Dual(x + h)), f(Dual(x - h))))
    return (above - below) / (2 * h)


@wrong("u02.dual_numbers", diagnosis="it is 0", earns_nothing=True)
class Dual:
    """Values alone: no tangent is ever computed."""

    def __add__(self, other):
        return Dual(self.value + getattr(other, "value", other))

    def __mul__(self, other):
        return Dual(self.value * getattr(other, "value", other))

    def __truediv__(self, other):
        return Dual(self.value / getattr(other, "value", other))

    def __pow__(self, n):
        return Dual(self.value**n)

    def apply(self, rule):
        return Dual(rule(self.value)[0])
