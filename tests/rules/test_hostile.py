"""Files that are made to break the reader: nothing is run, and who cannot be read has not kept the rules."""

import pytest

DEEP = {
    "attributes": "def f(x): return x" + ".a" * 20_000,
    "signs": "def f(x): return " + "-" * 20_000 + "x",
    "calls": "def f(x): return x" + "()" * 20_000,
    "lambdas": "def f(x): return " + "lambda: " * 20_000 + "x",
    "a sum": "def f(x): return x" + " + x" * 50_000,
    "lambdas that Python runs": "def f(x): return " + "lambda: " * 700 + "x",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_is_no_way_around_the_rules(strict, name):
    source = DEEP[name]
    try:
        compile(source, "soft.py", "exec")
    except (SyntaxError, RecursionError, MemoryError):
        strict(source)  # it does not run either; being asked is harmless
    else:
        finding = strict(source.replace("x", "x.softmax(-1)", 2).replace("f(x.softmax(-1))", "f(x)"))
        assert finding is not None


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"def g{i}(x): return g{i + 1}(x)\n" for i in range(2_000))
        + "def f(x): return g0(x).softmax()",
        "".join(f"def g{i}(x): return g{(i * 7) % 99}(f)\n" for i in range(99))
        + "def f(x): return g0(x.softmax)",
        "class C:\n def f(self):\n"
        + "".join(f"  __a{i}\n" for i in range(900))
        + "def f(x): return x.softmax",
        "def f(x):\n" + "".join(f"    x.soft{i}\n" for i in range(2_000)),
        "def f(x):\n" + "".join(" " * i + " if x:\n" for i in range(1, 90)) + " " * 95 + "x.softmax",
        "if f:\n    pass\n" + "elif g:\n    pass\n" * 400 + "def f(x): return x.softmax",
    ],
    ids=["a long chain", "circles", "private names", "many breaches", "many levels", "many branches"],
)
def test_size_is_none_either(strict, source):
    assert strict(source) is not None


def test_hostile_text_is_shown_as_it_is_and_cut(strict):
    finding = strict("def f(x): return x.softmax('" + "\x1b[31m" * 500 + "')")
    assert len(finding.source) <= 400
