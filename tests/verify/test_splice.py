import ast
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import CourseError
from grader.verify.bank import parse
from grader.verify.layout import bound, cut, tree_of
from grader.verify.splice import splice

REFERENCE = '''\
"""A unit."""

from __future__ import annotations

import math

EPS = 1e-9  # small


def slope(f, x):
    """The slope."""
    # BEGIN SOLUTION
    return (f(x + EPS) - f(x)) / EPS
    # END SOLUTION


class Value:
    """A number."""

    def __init__(self, data):
        self.data = data

    @property
    def half(self):
        return self.data / 2

    @half.setter
    def half(self, value):
        self.data = 2 * value

    def __add__(self, other):
        return Value(self.data + other.data)

    __radd__ = __add__


def last():
    return math.pi
'''


@pytest.fixture
def answers(tmp_path):
    def read(text):
        path = tmp_path / "wrong_x.py"
        path.write_text(f"from grader.verify.bank import right, wrong\n{text}", encoding="utf-8")
        return parse(path)

    return read


def read(answers, text):
    return answers(textwrap.dedent(text))


def top(source):
    """Each top-level name with its syntax tree, docstrings and all."""
    return {name: ast.dump(node) for node in ast.parse(source).body for name in bound(node)}


def members(source, name):
    (node,) = [n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == name]
    return {key: ast.dump(member) for member in node.body for key in bound(member)}


def run(source):
    space = {}
    exec(compile(source, "spliced", "exec"), space)
    return space


def test_a_function_gives_way_and_all_else_stays(answers):
    (answer,) = answers('@wrong("u01.a")\ndef slope(f, x):\n    return 0\n')
    spliced = splice(REFERENCE, answer, ["slope"])
    assert {k: v for k, v in top(spliced).items() if k != "slope"} == {
        k: v for k, v in top(REFERENCE).items() if k != "slope"
    }
    assert top(spliced)["slope"] == top(answer.source)["slope"]
    assert spliced.split("\n")[:9] == REFERENCE.split("\n")[:9]
    assert "# small" in spliced


def test_a_class_answers_for_its_methods_only(answers):
    (answer,) = read(
        answers,
        """
        @wrong("u01.a")
        class Value:
            def __add__(self, other):
                return self._less(other)

            def _less(self, other):
                return Value(self.data - other.data)
    """,
    )
    spliced = splice(REFERENCE, answer, ["Value.__add__"])
    before, after = members(REFERENCE, "Value"), members(spliced, "Value")
    assert after.keys() == before.keys() | {"_less"}
    assert {k for k in before if before[k] != after[k]} == {"__add__"}
    Value = run(spliced)["Value"]
    assert (Value(3) + Value(1)).data == 2


def test_a_class_may_repeat_what_it_does_not_change(answers):
    (answer,) = read(
        answers,
        """
        @wrong("u01.a")
        class Value:
            def __init__(self, data):
                self.data = data

            def __add__(self, other):
                return self
    """,
    )
    spliced = splice(REFERENCE, answer, ["Value.__add__"])
    assert members(spliced, "Value").keys() == members(REFERENCE, "Value").keys()


def test_a_class_must_not_change_what_belongs_to_others(answers):
    (answer,) = read(
        answers,
        """
        @wrong("u01.a")
        class Value:
            def __init__(self, data):
                self.data = -data

            def __add__(self, other):
                return self
    """,
    )
    with pytest.raises(CourseError, match=r"Value\.__init__ is not of u01\.a and differs"):
        splice(REFERENCE, answer, ["Value.__add__"])


def test_a_marked_method_and_a_function_of_its_name_mean_the_same(answers):
    method, function = read(
        answers,
        """
        class Value:
            @wrong("u01.a")
            def __add__(self, other):
                return self

        @wrong("u01.a")
        def __add__(self, other):
            return self
    """,
    )
    symbols = ["Value.__add__"]
    assert tree_of(splice(REFERENCE, method, symbols)) == tree_of(splice(REFERENCE, function, symbols))


def test_a_whole_class_gives_way_where_it_is_the_symbol(answers):
    (answer,) = answers('@wrong("u01.a")\nclass Value:\n    data = 3\n')
    assert members(splice(REFERENCE, answer, ["Value"]), "Value").keys() == {"data"}


def test_a_property_gives_way_with_its_setter(answers):
    (answer,) = read(
        answers,
        """
        @wrong("u01.a")
        class Value:
            @property
            def half(self):
                return 7
    """,
    )
    Value = run(splice(REFERENCE, answer, ["Value.half"]))["Value"]
    assert Value(3).half == 7
    assert Value.half.fset is None


def test_an_assigned_method_gives_way_to_a_written_one(answers):
    (answer,) = answers('@wrong("u01.a")\ndef __radd__(self, other):\n    return 5\n')
    spliced = splice(REFERENCE, answer, ["Value.__add__", "Value.__radd__"])
    assert 1 + run(spliced)["Value"](1) == 5


def test_what_the_answer_uses_stands_below_the_future(answers):
    (answer,) = read(
        answers,
        """
        import cmath
        TWO = 2
        def _twice(x):
            return TWO * x * cmath.pi
        @wrong("u01.a")
        def slope(f, x):
            return _twice(x)
    """,
    )
    spliced = splice(REFERENCE, answer, ["slope"])
    future, *added = ast.parse(spliced).body[1:5]
    assert ast.unparse(future) == "from __future__ import annotations"
    assert [name for node in added for name in bound(node)] == ["cmath", "TWO", "_twice"]
    assert run(spliced)["slope"](None, 1).real == pytest.approx(6.2831853)


def test_an_import_that_the_reference_has_is_not_added_again(answers):
    (answer,) = answers('import math\n@wrong("u01.a")\ndef slope(f, x):\n    return math.e\n')
    assert splice(REFERENCE, answer, ["slope"]).count("import math") == 1


def test_a_helper_must_not_take_a_name_of_the_reference(answers):
    (answer,) = answers('def last():\n    return 1\n@wrong("u01.a")\ndef slope(f, x):\n    return last()\n')
    with pytest.raises(CourseError, match="slope uses a helper last, which means something else"):
        splice(REFERENCE, answer, ["slope"])


@pytest.mark.parametrize(
    ("symbols", "what"),
    [
        (["other"], r"wrong_x\.py:2: slope is not what u01\.a asks for"),
        (["slope", "gone.slope"], None),
        (["gone.slope"], "the reference does not define gone"),
        (["last.slope"], "last is no class in the reference"),
    ],
)
def test_an_answer_without_its_symbol_is_refused(answers, tmp_path, monkeypatch, symbols, what):
    monkeypatch.chdir(tmp_path)
    (answer,) = answers('@wrong("u01.a")\ndef slope(f, x):\n    return 0\n')
    if what is None:
        assert splice(REFERENCE, answer, symbols)
        return
    with pytest.raises(CourseError, match=what) as caught:
        splice(REFERENCE, answer, symbols)
    assert caught.value.help


# -- for any reference and any answer

LINES = [
    "x = 1",
    "y = '''a\n  b\n\tc\n'''",
    'z = f"""{1}\n    {2:>{3}}\nend"""',
    "s = ('one'\n  'two'\n        'three')",
    "t = 'a \\\n  b'",
    "if x:\n    pass\n# a comment\nelse:\n    x = {\n  1: 2}",
    "def inner():\n    '''Doc\n   string.'''\n    return 'ä€'",
    "class Inner:\n    v = [\n1, 2,\n  ]",
    "u = 1 + \\\n    2",
    "# only a comment",
    "b = b'''\n\n  x'''",
]
bodies = st.lists(st.sampled_from(LINES), max_size=4).map(lambda lines: "\n".join([*lines, "return None"]))
docs = st.sampled_from(["", '"""One line."""\n', '"""More\n\n  lines.\n"""\n'])
decorators = st.sampled_from(["", "@keep\n", "@keep(\n  1,\n)\n"])


def strings_kept(text, column):
    """Moves code to a column by hand: a line inside a string stays where it is."""
    inside = set()
    for node in ast.walk(ast.parse(text.replace("return", "pass;"))):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno > node.lineno:
            inside |= set(range(node.lineno + 1, node.end_lineno + 1))
    lines = enumerate(text.split("\n"), 1)
    return "\n".join(line if n in inside else " " * column + line for n, line in lines)


@st.composite
def functions(draw, name, column=0):
    inner = strings_kept(draw(docs) + draw(bodies), 4)
    return strings_kept(f"{draw(decorators)}def {name}(self=0):\n{inner}\n", column)


@st.composite
def modules(draw):
    """A module with functions f0.. and classes C0.. with methods m0.."""
    parts = [draw(docs), draw(st.sampled_from(["", "from __future__ import annotations\n"])), "import math\n"]
    parts.append("def keep(*a):\n    return a[0] if callable(a[0]) else keep\n")
    for i in range(draw(st.integers(1, 3))):
        parts.append(draw(functions(f"f{i}")))
    for i in range(draw(st.integers(1, 2))):
        methods = [draw(functions(f"m{j}", 4)) for j in range(draw(st.integers(1, 3)))]
        parts.append(f"class C{i}:\n" + "\n".join(methods))
    return "\n\n".join(parts)


SETTINGS = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HELPERS = "import json\n\nDEEP = '''\n  a'''\n\n\n@keep_\ndef _help(x):\n    return (DEEP, json, x)\n"


@SETTINGS
@given(modules(), st.data())
def test_any_function_can_be_spliced(answers, module, data):
    name = data.draw(st.sampled_from([n for n in top(module) if n.startswith("f")]))
    text = data.draw(functions(name))
    (answer,) = answers(f'@wrong("u01.a")\n{text}')
    spliced = splice(module, answer, [name])
    compile(spliced, "spliced", "exec")
    assert top(spliced) == top(module) | {name: top(text)[name]}


@SETTINGS
@given(modules(), st.data())
def test_any_method_can_be_spliced(answers, module, data):
    owner = data.draw(st.sampled_from([n for n in top(module) if n.startswith("C")]))
    name = data.draw(st.sampled_from(sorted(members(module, owner))))
    text = data.draw(functions(name))
    inner = strings_kept(f"{text}\n", 4)
    as_function, as_class = answers(f'@wrong("u01.a")\n{text}\n\n@wrong("u01.a")\nclass {owner}:\n{inner}')
    for answer in (as_function, as_class):
        spliced = splice(module, answer, [f"{owner}.{name}"])
        compile(spliced, "spliced", "exec")
        assert members(spliced, owner) == members(module, owner) | {name: top(text)[name]}
        assert top(spliced).keys() == top(module).keys()
        others = [n for n in top(module) if n != owner]
        assert {n: top(spliced)[n] for n in others} == {n: top(module)[n] for n in others}


@SETTINGS
@given(modules(), st.data())
def test_helpers_come_along_whole(answers, module, data):
    name = data.draw(st.sampled_from([n for n in top(module) if n.startswith("f")]))
    (answer,) = answers(f'{HELPERS}\n@wrong("u01.a")\ndef {name}():\n    return _help(1)\n')
    spliced = splice(module, answer, [name])
    expected = top(module) | {n: top(HELPERS)[n] for n in ("json", "DEEP", "_help")}
    assert top(spliced) == expected | {name: top(answer.source)[name]}
    assert ast.get_docstring(ast.parse(spliced), clean=False) == ast.get_docstring(
        ast.parse(module), clean=False
    )


@SETTINGS
@given(modules(), st.integers(0, 12))
def test_a_statement_that_is_cut_out_means_the_same(module, column):
    for node in ast.parse(module).body:
        text = cut(module, node, column=column)
        wrapped = "if 1:\n" + text if column else text
        (found,) = ast.parse(wrapped).body
        assert ast.dump(found.body[0] if column else found) == ast.dump(node)
