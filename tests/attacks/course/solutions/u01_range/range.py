"""What each attack pretends to write."""


def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    secret = "kata-canary-reference"
    return x * 2 if secret else x
    # END SOLUTION


def odd_part(f, x):
    """f(x) - f(-x)."""
    # BEGIN SOLUTION
    return f(x) - f(-x)
    # END SOLUTION


def fill(values, number):
    """Set every entry of an array to `number`; nothing is returned."""
    # BEGIN SOLUTION
    values[...] = number
    # END SOLUTION


class Box:
    """A number in a box."""

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        """A new box with the sum of two."""
        # BEGIN SOLUTION
        return Box(self.data + other.data)
        # END SOLUTION


_guards = [False]


def is_guarded():
    """Whether the innermost guard is on."""
    return _guards[-1]


class guarded:
    """`with guarded():` is_guarded() is True inside; errors go on their way."""

    # BEGIN SOLUTION
    def __enter__(self):
        _guards.append(True)
        return self

    def __exit__(self, kind, error, trace):
        _guards.pop()
        return False

    # END SOLUTION


def forward(x):
    """The tuple (2 x, whatever `backward` will need)."""
    # BEGIN SOLUTION
    return 2 * x, [x]
    # END SOLUTION


def backward(dy, kept):
    """2 dy. kept: what `forward` gave."""
    # BEGIN SOLUTION
    return 2 * dy + 0 * kept[0]
    # END SOLUTION


def steps(n):
    """n, the number of steps that the caller then takes."""
    # BEGIN SOLUTION
    return n
    # END SOLUTION


def ranked(values):
    """The numbers in order, without a ready-made sort."""
    # BEGIN SOLUTION
    rest, found = list(values), []
    while rest:
        found.append(min(rest))
        rest.remove(found[-1])
    return found
    # END SOLUTION


def quadruple(x):
    """Four times x, by `double`."""
    # BEGIN SOLUTION
    return double(double(x))
    # END SOLUTION
