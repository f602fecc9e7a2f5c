"""Notebooks in the place of a unit's file: what of them is code, and what is refused."""

import ast
import json

import pytest

from grader.collect.magics import plain_python
from grader.collect.member import Unreadable
from grader.collect.notebook import STRIDE, notebook_source
from grader.collect.submission import MIB, Bounds

SLOPES, NOTEBOOK = "u01_slopes/slopes.py", "u01_slopes/slopes.ipynb"
PICTURE = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * 50}, "metadata": {}}
CODE = [
    "import math\n",
    "def f(x):\n    '''Half.'''\n    return x / 2\n",
    "y = [f(i)\n     for i in range(3)]",
]

START, UNREADABLE = b'{"nbformat": 4, "cells": ', "is not a readable notebook"


def code(source, **marks) -> dict:
    metadata = {"nbgrader": {"schema_version": 3, "grade_id": "x", **marks}} if marks else {}
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [PICTURE]}


def notebook(*cells, **fields) -> str:
    texts = [{"cell_type": "markdown", "source": ["# %magic\n", "x = (\n"], "metadata": {}}]
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [*texts, *cells]} | fields
    )


def source(*cells, **fields) -> str:
    return notebook_source(notebook(*cells, **fields).encode())


@pytest.fixture(params=["folder", "zip"])
def hand_in(request, handed_in):
    """Hands the same files in as a folder and as an archive."""

    def put(files):
        if request.param == "folder":
            handed_in.put("ada", files)
        else:
            handed_in.zip("ada.zip", files)
        return handed_in.one()

    return put


@pytest.mark.parametrize("name", [NOTEBOOK, f"a/b/{NOTEBOOK}", "slopes.ipynb", "homework/slopes.ipynb"])
@pytest.mark.parametrize("lines", [str, str.splitlines, lambda s: s.splitlines(keepends=True)], ids=range(3))
def test_a_notebook_means_what_the_same_file_means(hand_in, name, lines):
    parts = [lines(part) if lines is not str.splitlines else part for part in CODE]
    found = hand_in({name: notebook(*map(code, parts))})
    assert not found.problems
    assert not found.ignored
    assert found.notebooks == (SLOPES,)
    assert ast.dump(ast.parse(found.sources[SLOPES])) == ast.dump(ast.parse("\n".join(CODE)))


def test_a_line_number_names_the_cell():
    text = source(*map(code, CODE))
    lines = text.split("\n")
    assert (lines[1000], lines[2000], lines[2002], lines[3001]) == (
        "import math",
        "def f(x):",
        "    return x / 2",
        "     for i in range(3)]",
    )
    tree = ast.parse(text)
    assert [divmod(node.lineno, STRIDE) for node in tree.body] == [(1, 1), (2, 1), (3, 1)]


def test_a_cell_without_end_counts_as_several():
    long = "\n".join(f"a{i} = 0" for i in range(1500))
    tree = ast.parse(source(code("x = 1"), code(long), code("y = 1")))
    lines = {node.targets[0].id: node.lineno for node in tree.body}
    assert (lines["x"], lines["a0"], lines["a1499"], lines["y"]) == (1001, 2001, 3500, 4001)


def test_cells_that_nbgrader_grades_with_are_left_out_and_those_that_it_gives_stay():
    text = source(
        code("import math", locked=True, grade=False, solution=False),
        code("def f(): ...", grade=False, solution=True),
        code("assert f() == 1", grade=True, solution=False, locked=True),
        code("def g(): ...", grade=True, solution=True),
    )
    assert text.split() == ["import", "math", "def", "f():", "...", "def", "g():", "..."]
    assert text.split("\n")[4000] == "def g(): ..."


def test_the_third_version_of_the_format():
    old = {
        "nbformat": 3,
        "metadata": {"name": ""},
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"], "language": "python"}]},
            {"cells": [{"cell_type": "heading", "source": "x"}, {"cell_type": "code", "input": "z = 3"}]},
        ],
    }
    text = notebook_source(json.dumps(old).encode())
    assert [divmod(node.lineno, STRIDE) for node in ast.parse(text).body] == [(1, 1), (1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1"),
        ("!pip install x \\\n  y\nx = 1", "# !pip install x \\\n#   y\nx = 1"),
        ("x?\n?x\nx.y??\nf(1)", "# x?\n# ?x\n# x.y??\nf(1)"),
        ("files = !ls\na, b = %time f()", "# files = !ls\n# a, b = %time f()"),
        ("if x:\n    %time f()\nelse:\n\t!ls", "if x:\n    pass  # %time f()\nelse:\n\tpass  # !ls"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("\n  \n%%bash\nrm -rf x\n\ny = (", "\n  \n# %%bash\n# rm -rf x\n\n# y = (".replace("  ", "", 1)),
        ("%%timeit -n 3\nx = 1", "# %%timeit -n 3\n# x = 1"),
        ("x = 1\n%%bash\ny = 2", "x = 1\n# %%bash\ny = 2"),
        # Python that only looks like it
        ("x = (7\n% 2)", "x = (7\n% 2)"),
        ("x = 7 \\\n  % 2", "x = 7 \\\n  % 2"),
        ("'''\n%d\n!\n?\n'''\n!x", "'''\n%d\n!\n?\n'''\n# !x"),
        ('"""a\\"""\n%d\n"""\n%x', '"""a\\"""\n%d\n"""\n# %x'),
        ("s = '(' # ([{\n%x", "s = '(' # ([{\n# %x"),
        ('s = \'it\\\'s (\' + """\'\n%x"""', 's = \'it\\\'s (\' + """\'\n%x"""'),
        ("a = b == !c", "a = b == !c"),
        ("s = 'a\\\n%b'", "s = 'a\\\n%b'"),
        ("x = '?'\ny = f(a)  # why?", "x = '?'\ny = f(a)  # why?"),
    ],
)
def test_what_only_a_notebook_understands_becomes_a_comment(cell, python):
    assert "\n".join(plain_python(cell)) == python


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", UNREADABLE),
        (b"x = 1\n", UNREADABLE),
        (b"[]", UNREADABLE),
        (b"{}", UNREADABLE),
        (b'{"nbformat": 4', UNREADABLE),
        (START + b"3}", UNREADABLE),
        (START + b"[NaN]}", UNREADABLE),
        (START + b'[{"cell_type": "code", "source": [1]}]}', UNREADABLE),
        (START + b'[{"cell_type": "code", "source": "\\ud800"}]}', UNREADABLE),
        (START + b'[{"cell_type": "code", "source": "\xff"}]}', UNREADABLE),
        (START + b"[" * 200_000, UNREADABLE),
        (START + b'[{"a":' * 200_000, UNREADABLE),
        (b'{"nbformat": 4, "metadata": {"x": ' + b"[" * 200_000, UNREADABLE),
        (b'{"nbformat": 5}', "is a notebook of format 5, and only 3 and 4 are read"),
        (b'{"nbformat": ' + b"9" * 100_000 + b"}", UNREADABLE),
        (b'{"nbformat": 4, "metadata": {"language_info": {"name": "R\\u001b"}}}', "notebook of R\\x1b, not"),
        (START + b'[{"cell_type": "code", "source": "a\\u0000"}]}', "null character in code cell 1"),
        ("{}".encode("utf-16"), "is UTF-16 or UTF-32 text"),
        (START + b"[" + b",".join([b'{"cell_type": "code"}'] * 251) + b"]}", "more than 250 code cells"),
        (START + b'[{"cell_type": "code", "source": "' + b"x" * 2000 + b'"}]}', "more than 1 KiB of code"),
    ],
    ids=range(20),
)
def test_what_is_no_notebook_is_one_problem(handed_in, raw, what):
    handed_in.put("ada", {NOTEBOOK: raw, "u02_rules/rules.py": "r"})
    found = handed_in.one(Bounds(source=1024))
    assert found.sources == {"u02_rules/rules.py": "r"}
    assert not found.notebooks
    (problem,) = found.problems
    assert problem.startswith(f"ada: {NOTEBOOK}: ")
    assert problem.endswith("; it was not read")
    assert what in problem


def test_of_a_key_that_is_there_twice_the_last_counts_as_in_jupyter():
    raw = b'{"nbformat": 4, "cells": [], "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}'
    assert notebook_source(raw).split() == ["b"]


def test_a_file_and_a_notebook_side_by_side_are_ambiguous(hand_in):
    found = hand_in({SLOPES: "s", NOTEBOOK: notebook(code("x"))})
    assert not found.sources
    (problem,) = found.problems
    assert problem.endswith(f"{SLOPES}: ambiguous, found as {NOTEBOOK} and {SLOPES}; none was read, keep one")


def test_what_jupyter_keeps_for_itself_does_not_count(hand_in):
    copies = {
        "u01_slopes/.ipynb_checkpoints/slopes-checkpoint.ipynb": "x",
        "u01_slopes/slopes-Copy1.ipynb": "x",
    }
    found = hand_in({NOTEBOOK: notebook(code("x = 1")), ".ipynb_checkpoints/slopes.ipynb": "x", **copies})
    assert found.sources[SLOPES].split("\n")[1000] == "x = 1"
    assert found.ignored == ("u01_slopes/slopes-Copy1.ipynb",)
    assert not found.problems


@pytest.mark.parametrize(
    "piece",
    [b"{},", b'{"cell_type":"code"},', b'{"cell_type":"","source":["a"]},', b'{"cell_type":"","x":[[],{}]},'],
    ids=range(4),
)
def test_cells_without_end_are_refused_in_bounded_memory(memory_of, piece):
    raw = b'{"nbformat": 4, "cells": [' + piece * (2 * MIB // len(piece) - 10) + b'{"cell_type":"x"}]}'

    def refused():
        try:
            return notebook_source(raw)
        except Unreadable as error:
            return str(error)

    found, peak = memory_of(refused)
    assert found == "\n" or "not a readable notebook" in found or "code cells" in found
    assert peak < 40 * MIB  # so 160 MiB for the largest that is read


def test_lines_that_are_made_to_be_slow_are_not():
    pieces = ('\\"', " ", "'", '"""', "a.", "\\\n", "(", "'\\", "x = ", "%", "?", "x,", "x?\n")
    for piece in pieces:
        for start, end in (("", "x"), ('"', ""), ("x", "?"), ("x ", "\n%x")):
            plain_python(start + piece * (30_000 // len(piece)) + end)
