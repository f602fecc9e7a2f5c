"""Whether a student has touched a symbol, told from the syntax tree of hostile source."""

import pytest

from grader.course.symbols import own_symbols, unchanged

STUB = '''
def f(x):
    """Half of x."""
    raise NotImplementedError


class Value:
    """A number."""

    def backward(self):
        raise NotImplementedError
'''


def text(source: str, symbol: str = "f") -> str | None:
    return own_symbols(source, [symbol])[symbol]


@pytest.mark.parametrize(
    "same",
    [
        "def f(x: float) -> float:\n    raise NotImplementedError\n",
        "def f(x):\n    'mine'\n    # later\n    raise NotImplementedError\n",
        "def f(x):\n    y: int\n    pass\n    raise   NotImplementedError\n",
        "import os\ndef g(): return 1\ndef f(x): raise NotImplementedError\n",
        "def f(x): return x / 2\ndef f(x): raise NotImplementedError\n",
    ],
)
def test_what_does_not_change_the_code_does_not_change_the_symbol(same):
    assert unchanged(same, STUB, ["f"])


@pytest.mark.parametrize(
    "other",
    [
        "def f(x): return x / 2\n",
        "def f(y): raise NotImplementedError\n",
        "def f(x, *, h=1): raise NotImplementedError\n",
        "@cache\ndef f(x): raise NotImplementedError\n",
        "async def f(x): raise NotImplementedError\n",
        "def f(x): raise NotImplementedError\ndef f(x): return x / 2\n",
        "def f(x): raise NotImplementedError\nf = lambda x: x / 2\n",
        "def f(x): raise NotImplementedError\nfrom mine import half as f\n",
        "def f(x): raise NotImplementedError\nif True:\n    def f(x): return x / 2\n",
        "def f(x): raise NotImplementedError\ntry:\n    pass\nexcept E:\n    f, g = 1, 2\n",
        "def g(x): raise NotImplementedError\n",
        "",
    ],
)
def test_what_changes_the_code_changes_the_symbol(other):
    assert not unchanged(other, STUB, ["f"])


def test_annotated_assignments_count_as_assignments():
    assert text("def f():\n    y: int = 1\n    return y\n") == text("def f():\n    y = 1\n    return y\n")


def test_methods_are_found_in_the_last_class_of_that_name():
    assert unchanged(STUB + "\nclass Other:\n    def backward(self): return 1\n", STUB, ["Value.backward"])
    late = STUB + "\nclass Value:\n    def backward(self): return 1\n"
    assert text(late, "Value.backward") == text(
        "class Value:\n    def backward(self): return 1", "Value.backward"
    )
    assert text("class Value: pass", "Value.backward") is None
    assert text("Value = 3", "Value.backward") is None
    patched = STUB + "\ndef b(self): return 1\nValue.backward = b\n"
    assert not unchanged(patched, STUB, ["Value.backward"])
    assert unchanged(patched, STUB, ["f"])


def test_a_function_inside_a_function_is_not_the_symbol():
    assert text("def g():\n    def f(x): return 1\n") is None


@pytest.mark.parametrize(
    "hostile",
    [
        "def f(:\n",
        "def f(x):\n\x00 return 1\n",
        "(" * 5000,
        "-" * 200_000 + "1",
        "def f(x):\n    return " + "1+" * 100_000 + "1\n",
        "def f(x):\n    return x" + ".a" * 100_000 + "\n",
        "def f(x):\n    return 0x" + "f" * 100_000 + "\n",
        "def f(x):\n    return " + "9" * 100_000 + "\n",
        "x = '\ud800'\n",
        "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 200)),
        "return" + "\n \t x",
    ],
    ids=range(11),
)
def test_hostile_source_is_a_syntax_error_and_nothing_else(hostile):
    with pytest.raises(SyntaxError):
        own_symbols(hostile, ["f"])


def test_a_students_bad_escape_does_not_warn(recwarn):
    text("def f(x):\n    return '\\d'\n")
    assert not recwarn.list
