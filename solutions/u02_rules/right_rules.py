"""Right answers of unit 2 in other styles. Each must earn everything, in process and in the jail."""

import math

import numpy as np

from grader.verify.bank import right

# ---------------------------------------------------------------------------- poly_derivative


@right("u02.poly_derivative")
def poly_derivative(coefficients):
    """A loop over the powers."""
    result = []
    for power in range(1, len(coefficients)):
        result.append(power * coefficients[power])
    return result


@right("u02.poly_derivative")
def poly_derivative(coefficients):
    """As a product with numpy, and back to a list."""
    c = np.asarray(coefficients)
    return (c * np.arange(len(c)))[1:].tolist()


@right("u02.poly_derivative")
def poly_derivative(coefficients):
    """The last power first, by recursion."""
    if len(coefficients) < 2:
        return []
    *lower, last = coefficients
    return [*poly_derivative(lower), last * len(lower)]


@right("u02.poly_derivative")
def poly_derivative(coefficients):
    """numpy's own derivative, which has the highest power first."""
    return np.polyder(np.array(coefficients[::-1]))[::-1].tolist() if len(coefficients) > 1 else []


# ---------------------------------------------------------------------------- product_and_quotient


@right("u02.product_and_quotient")
def product_rule(f, df, g, dg):
    """As the difference of two squares: f g is ((f + g)**2 - (f - g)**2) / 4."""
    return ((f + g) * (df + dg) - (f - g) * (df - dg)) / 2


@right("u02.product_and_quotient")
def product_rule(f, df, g, dg):
    """One of the two stands still in each row of a sum."""
    return sum(moving * still for moving, still in ((df, g), (dg, f)))


@right("u02.product_and_quotient")
def quotient_rule(f, df, g, dg):
    """f times 1 / g, by the product rule."""
    return product_rule(f, df, 1 / g, -dg / g**2)


@right("u02.product_and_quotient")
def quotient_rule(f, df, g, dg):
    """From f = q g: f' is q' g + q g', solved for q'."""
    quotient = f / g
    return (df - quotient * dg) / g


# ---------------------------------------------------------------------------- chain_rule


@right("u02.chain_rule")
def compose(f, df, g, dg):
    """Named functions, and each step in a line."""

    def h(x):
        u = g(x)
        return f(u)

    def dh(x):
        u = g(x)
        inner = dg(x)
        outer = df(u)
        return inner * outer

    return h, dh


class Composed:
    """f after g, as an object that can be called."""

    def __init__(self, f, g):
        self.f, self.g = f, g

    def __call__(self, x):
        return self.f(self.g(x))


@right("u02.chain_rule")
def compose(f, df, g, dg):
    """Objects that can be called."""
    outer = Composed(df, g)
    return Composed(f, g), lambda x: dg(x) * outer(x)


@right("u02.chain_rule")
def compose(f, df, g, dg):
    """Both at once: a function that gives the pair, and two that take their part of it."""

    def both(x, part):
        u = g(x)
        return f(u) if part == 0 else math.prod((df(u), dg(x)))

    return tuple((lambda x, part=part: both(x, part)) for part in (0, 1))


# ---------------------------------------------------------------------------- elementary_derivatives


@right("u02.elementary_derivatives")
def tanh(x):
    """By way of e**(-2|x|), which is at most 1."""
    e = np.exp(-2 * np.abs(x))
    return np.sign(x) * (1 - e) / (1 + e), 4 * e / (1 + e) ** 2


@right("u02.elementary_derivatives")
def sigmoid(x):
    """A sigmoid is half a tanh, moved up; its derivative is even in x."""
    t = np.tanh(np.asarray(x) / 2)
    return (1 + t) / 2, (1 - t) * (1 + t) / 4


@right("u02.elementary_derivatives")
def sigmoid(x):
    """Two branches, each on its own entries."""
    v = np.atleast_1d(np.asarray(x, dtype=float))
    s, positive = np.empty_like(v), v >= 0
    s[positive] = 1 / (1 + np.exp(-v[positive]))
    s[~positive] = np.exp(v[~positive]) / (1 + np.exp(v[~positive]))
    s = s.reshape(np.shape(x))
    return s, s - s * s


@right("u02.elementary_derivatives")
def relu(x):
    """By a mask of zeros and ones."""
    mask = (np.asarray(x) > 0).astype(np.float64)
    return x * mask, mask


@right("u02.elementary_derivatives")
def relu(x):
    """One entry after the other."""
    flat = [float(v) for v in np.asarray(x).ravel()]
    y = np.array([v if v > 0 else 0.0 for v in flat]).reshape(np.shape(x))
    dy = np.array([1.0 if v > 0 else 0.0 for v in flat]).reshape(np.shape(x))
    return y, dy


@right("u02.elementary_derivatives")
def sqrt(x):
    """As the power 1/2."""
    x = np.asarray(x, dtype=np.float64)
    return x**0.5, 0.5 * x**-0.5


@right("u02.elementary_derivatives")
def log(x):
    """The derivative as a power."""
    return np.log(x), np.power(x, -1.0)


@right("u02.elementary_derivatives")
def exp(x):
    """Computed twice."""
    return np.exp(x), np.exp(x)


# ---------------------------------------------------------------------------- dual_numbers


@right("u02.dual_numbers")
class Dual:
    """Every operator by its own formula; plain numbers are treated apart."""

    def __add__(self, other):
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.tangent + other.tangent)
        return Dual(self.value + other, self.tangent)

    def __mul__(self, other):
        if isinstance(other, Dual):
            return Dual(self.value * other.value, self.value * other.tangent + self.tangent * other.value)
        return Dual(self.value * other, self.tangent * other)

    def __truediv__(self, other):
        if isinstance(other, Dual):
            quotient = self.value / other.value
            return Dual(quotient, (self.tangent - quotient * other.tangent) / other.value)
        return Dual(self.value / other, self.tangent / other)

    def __pow__(self, n):
        power = self.value ** (n - 1)
        return Dual(power * self.value, power * self.tangent * n)


@right("u02.dual_numbers")
class Dual:
    """As matrices [[value, tangent], [0, value]], for which sums and products are those of matrices."""

    def _matrix(x):
        value, tangent = (x.value, x.tangent) if isinstance(x, Dual) else (x, 0)
        return np.array([[value, tangent], [0, value]], dtype=float)

    def __add__(self, other):
        return Dual(*(Dual._matrix(self) + Dual._matrix(other))[0])

    def __mul__(self, other):
        return Dual(*(Dual._matrix(self) @ Dual._matrix(other))[0])

    def __truediv__(self, other):
        return Dual(*(Dual._matrix(self) @ np.linalg.inv(Dual._matrix(other)))[0])


@right("u02.dual_numbers")
class Dual:
    """Everything by way of apply, except sums and products; a power is a rule, and a quotient has a power."""

    def __truediv__(self, other):
        if not isinstance(other, Dual):
            return self * (1 / other)
        return self * other.apply(lambda v: (1 / v, -1 / v**2))

    def __pow__(self, n):
        return self.apply(lambda v: (v**n, n * v ** (n - 1)))

    def apply(self, rule):
        result = Dual(self.value)
        result.value, slope = rule(self.value)
        result.tangent = slope * self.tangent
        return result


@right("u02.dual_numbers")
def derivative(f, x):
    """Sends in a tangent of 2, and halves; the difference to a constant makes a Dual of everything."""
    y = Dual(0) + f(Dual(x, 2.0))
    return y.tangent / 2
