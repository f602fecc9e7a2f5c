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


MANY = 4_000
SLOW = {
    "one name many times in a tuple": "a," * MANY + "= x\n",
    "many names in a tuple": "".join(f"a{i}," for i in range(MANY)) + "= x\n",
    "tuples in a tuple": "".join(f"(a{i},)," for i in range(MANY)) + "= x\n",
    "many decorators": "@f\n" * MANY + "def g(): 0\n",
    "decorators by a name that many imports bind": "".join(f"import x{i} as b\n" for i in range(1_500))
    + "".join(f"@b\ndef g{i}(): 0\n" for i in range(1_500)),
    "many classes and many who ask them": "".join(f"class C{i}: f = 0\n" for i in range(1_500))
    + "".join(f"def g{i}(x): x.f\n" for i in range(1_500)),
    "a name of many letters": "_" * 200_000 + " = 1\n",
    "names of many letters": "".join(f"{'_' * 190}{i} = 1\n" for i in range(600)),
    "long chains of attributes": f"x{'.a' * 2_400}\n" * 4,
    "many attributes of one object": "".join(f"a.x{i}," for i in range(MANY)) + "= x\n",
}


@pytest.mark.parametrize("name", SLOW)
def test_what_is_made_to_be_slow_is_looked_through_or_refused(strict, name):
    """Each of these took minutes or all memory; a test that hangs is what fails here."""
    assert strict(SLOW[name] + "def f(x): return x.softmax(-1)\n") is not None


def test_files_of_other_units_are_looked_at_up_to_a_bound(strict):
    """One file of 512 KiB that is imported can be looked through; what is more is refused."""
    source = "import u01_plain.plain\ndef f(x): return u01_plain.plain.g(x)\n"
    long = "def g(x): return x\n" + "#" * (511 * 1024)
    assert strict(source, u01=long) is None
    assert "too large" in strict(source, u01=long + "#" * 1024).what
