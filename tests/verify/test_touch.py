import ast

import pytest

from grader.course.symbols import own_symbols
from grader.release.stub import make_stub
from grader.verify.touch import IDLE, filled, touched

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


IDLE_BODIES = {"return None": None, "raise ValueError": ValueError}
CALLS = {
    "plain": lambda space: space["plain"](1),
    "told": lambda space: space["told"](1),
    "gone": lambda space: space["gone"](1),
    "Gone.method": lambda space: space["Gone"]().method(),
    "Gone.other": lambda space: space["Gone"]().other(1, key=2),
    "Value.half": lambda space: space["Value"]().half,
    "Value.twice": lambda space: space["Value"]().twice(),
}


@pytest.mark.parametrize("statement", IDLE_BODIES)
@pytest.mark.parametrize("symbol", CALLS)
def test_every_body_is_the_statement(stub, symbol, statement):
    space = {}
    exec(compile(filled(stub, SOLUTION, SYMBOLS, statement=statement), "filled", "exec"), space)
    error = IDLE_BODIES[statement]
    if error is None:
        assert CALLS[symbol](space) is None
    else:
        with pytest.raises(error):
            CALLS[symbol](space)


def test_a_class_that_is_a_symbol_gets_all_its_methods(stub):
    space = {}
    exec(compile(filled(stub, SOLUTION, ["Gone", "Value"], statement="return None"), "filled", "exec"), space)
    gone, value = space["Gone"](), space["Value"]()
    assert gone.method() is gone.other() is value.half is value.twice() is None
    assert value.data == 0


def test_what_is_given_stays(stub):
    text = filled(stub, SOLUTION, ["plain"], statement="return None")
    assert own_symbols(text, SYMBOLS) == own_symbols(stub, SYMBOLS) | own_symbols(text, ["plain"])


@pytest.mark.parametrize("idle", IDLE, ids=lambda idle: idle.kind)
def test_every_way_to_do_nothing_is_run(stub, idle):
    """The engine runs no test where the symbols are those of the stub."""
    text = idle.write(stub, SOLUTION, SYMBOLS)
    before, after = own_symbols(stub, SYMBOLS), own_symbols(text, SYMBOLS)
    assert all(after[symbol] != before[symbol] for symbol in SYMBOLS if symbol != "Empty")


def test_a_stub_that_is_no_python_is_refused():
    with pytest.raises(SyntaxError):
        touched("def f(:\n", ["f"])
