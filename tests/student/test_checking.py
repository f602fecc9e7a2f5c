"""`check("u01.forward_difference")` in a notebook: what it says, and when it raises nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.assignment import FILE, assignment_json
from grader.course.catalogue import Catalogue

pytest.importorskip("IPython", reason="IPython is not installed: it comes with Jupyter")

EXERCISES = Path(__file__).parents[2] / "exercises"
# What Jupyter's kernel does with a cell, without the kernel: the same shell, in one process.
SHELL = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shown = []
shell._showtraceback = lambda kind, error, lines: shown.append("\\n".join(lines))
told = []
for cell in json.load(sys.stdin):
    shown.clear()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        shell.run_cell(cell, store_history=True)
    told.append([out.getvalue(), err.getvalue(), "".join(shown)])
print(json.dumps(told))
"""
IMPORTS = "import math\nimport numpy as np"
CHECK = 'from grader.notebook import check\ncheck("u01.forward_difference")'
STUB = (
    'def forward_difference(f, x, h):\n    """Doc."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
)
WRONG = "def forward_difference(f, x, h):\n    print('here')\n    return f(x + h) - f(x)"
CRASH = "SCALE = 0\n\ndef forward_difference(f, x, h):\n    return f(x + h) / SCALE"
BREACH = "def forward_difference(f, x, h):\n    import gc\n    return (f(x + h) - f(x)) / h"
RIGHT = (
    "import sys, warnings\ndef forward_difference(f, x, h):\n    print('no matter', file=sys.stderr)\n"
    "    warnings.warn('neither')\n    return (f(x + h) - f(x)) / h"
)
CELLS = {
    "load": "%load_ext grader.notebook",
    "imports": IMPORTS,
    "before": CHECK,
    "stub": STUB,
    "to do": CHECK,
    "wrong": WRONG,
    "is wrong": CHECK,
    "crash": CRASH,
    "crashes": CHECK,
    "breach": BREACH,
    "breaks": CHECK,
    "right": RIGHT,
    "is right": CHECK,
    "elsewhere": 'import os\nos.chdir("/")\ncheck("u01.forward_difference")',
    "other unit": 'check("u05.backward")',
    "unknown": 'check("u01.forward_diference")',
}


def beside(folder: Path, unit_id: str) -> Path:
    """A notebook's folder as `kata release --to nbgrader` makes it, without the notebook."""
    catalogue = Catalogue.released(EXERCISES)
    unit = catalogue.unit(unit_id)
    place = folder / unit.folder
    place.mkdir(parents=True)
    (place / FILE).write_text(assignment_json(catalogue.course, unit), encoding="utf-8")
    shutil.copy(catalogue.public_tests(unit), place)
    return place


def run_cells(place: Path, cells: list[str]) -> list[tuple[str, str, str]]:
    """(stdout, stderr, error) of each cell."""
    ran = subprocess.run(
        [sys.executable, "-c", SHELL],
        cwd=place, input=json.dumps(cells), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [tuple(told) for told in json.loads(ran.stdout.splitlines()[-1])]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    place = beside(tmp_path_factory.mktemp("notebooks"), "u01")
    return dict(zip(CELLS, run_cells(place, list(CELLS.values())), strict=True))


def test_what_was_not_run_yet_is_asked_for(told):
    _, _, error = told["before"]
    assert "`forward_difference` is not defined" in error
    assert "Run the cell that defines it" in error


def test_a_stub_is_to_do(told):
    _, _, error = told["to do"]
    assert error.startswith("· u01.forward_difference   to do")


def test_a_mistake_is_named_in_the_words_of_pytest(told):
    out, _, error = told["is wrong"]
    assert "✘ u01.forward_difference   wrong   In[6], line 1" in error
    assert "the slope is wrong: the division by h is missing" in error
    assert "yours      0.004004      expected 4.004" in error
    assert "printed    here" in error
    assert not out
    assert "Traceback" not in error


def test_a_crash_names_the_cell_and_the_line(told):
    _, _, error = told["crashes"]
    assert "! u01.forward_difference   crashed   In[8], line 4" in error
    assert "ZeroDivisionError" in error
    assert "return f(x + h) / SCALE" in error


def test_rules_hold_and_name_the_cell(told):
    _, _, error = told["breaks"]
    assert "rule broken   In[10], line 2" in error
    assert "In[10], line 2 imports `gc`" in error
    assert "`rules` in kata.json" in error


def test_right_raises_nothing_and_says_who_decides(told):
    out, err, error = told["is right"]
    assert not error
    assert "✔ u01.forward_difference   right: 2 public tests pass" in out
    assert "Hidden tests decide the points" in out
    assert not err, "nbgrader takes a word on stderr for a failure"


def test_it_works_from_anywhere(told):
    out, _, error = told["elsewhere"]
    assert "right" in out
    assert not error


def test_an_id_of_elsewhere_is_refused_in_words(told):
    assert "u05.backward is not an exercise of slopes.ipynb" in told["other unit"][2]
    assert "did you mean u01.forward_difference?" in told["unknown"][2]


def test_earlier_units_are_found_beside(tmp_path):
    place = beside(tmp_path, "u12")
    (tmp_path / "u09_forward").mkdir()
    notebook = {"nbformat": 4, "cells": [{"cell_type": "code", "source": "%matplotlib inline\ngpt = 9"}]}
    (tmp_path / "u09_forward" / "forward.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "u10_backward").mkdir()
    (tmp_path / "u10_backward" / "backward.py").write_text("loss_backward = 10")
    answers = run_cells(
        place,
        [
            "%load_ext grader.notebook",
            "from u09_forward.forward import gpt\nfrom u10_backward.backward import loss_backward",
            "print(gpt, loss_backward)",
            "from u11_optimizers.optimizers import adamw_step",
        ],
    )
    assert answers[1][2] == ""
    assert answers[2][0] == "9 10\n"
    assert "your u11_optimizers/optimizers.py or optimizers.ipynb belongs into" in answers[3][2]


def test_outside_a_notebook_it_says_so(tmp_path):
    place = beside(tmp_path, "u01")
    ran = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=place, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "check() works in a notebook" in ran.stderr
