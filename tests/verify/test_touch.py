import ast

import pytest

from grader.course.symbols import own_symbols
from grader.release.stub import make_stub
from grader.verify.touch import touched

SOLUTION = '''\
"""A unit."""


def plain(x):
    # BEGIN SOLUTION
    return x
    # END SOLUTION


def told(x):
    """Told."""
    # BEGIN SOLUTION
    return x
    # END SOLUTION


# BEGIN SOLUTION
def gone(x):
    return x


class Gone:
    def method(self):
        return 1

    def other(self):
        return 2
# END SOLUTION


class Value:
    """A number."""

    data = 0

    @property
    def half(self):
        """Half of it."""
        # BEGIN SOLUTION
        return self.data / 2
        # END SOLUTION

    # BEGIN SOLUTION
    def twice(self):
        return self.data * 2
    # END SOLUTION


class Empty:
    """Nothing else."""
    # BEGIN SOLUTION
    x = 1
    # END SOLUTION
'''
SYMBOLS = ["plain", "told", "gone", "Gone.method", "Gone.other", "Value.half", "Value.twice", "Empty"]


@pytest.fixture(scope="module")
def stub():
    return make_stub(SOLUTION, "unit.py")


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_symbol_differs_from_the_stub(stub, symbol):
    before, after = own_symbols(stub, SYMBOLS), own_symbols(touched(stub, SYMBOLS), SYMBOLS)
    assert after[symbol] != before[symbol]


def test_nothing_is_solved(stub):
    space = {}
    exec(compile(touched(stub, SYMBOLS), "touched", "exec"), space)
    for call in (lambda: space["plain"](1), lambda: space["told"](1), lambda: space["Value"]().half):
        with pytest.raises(NotImplementedError):
            call()
    assert space["gone"] is None
    assert space["Gone"].method is space["Gone"].other is space["Value"].twice is None


def test_only_the_symbols_named_are_touched(stub):
    assert own_symbols(touched(stub, ["told"]), SYMBOLS) == own_symbols(stub, SYMBOLS) | {
        "told": own_symbols(touched(stub, ["told"]), ["told"])["told"]
    }


def test_docstrings_stay(stub):
    tree = ast.parse(touched(stub, SYMBOLS))
    assert [ast.get_docstring(node) for node in tree.body if getattr(node, "name", "") == "told"] == ["Told."]


def test_a_stub_that_is_no_python_is_refused():
    with pytest.raises(SyntaxError):
        touched("def f(:\n", ["f"])
