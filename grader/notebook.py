"""For notebooks: public tests of an exercise, run on the functions that live in the notebook.

%load_ext grader.notebook            # lets the notebook import the student's files of earlier units

from grader.notebook import check
check("u05.backward")                # the same words as `pytest exercises/`; an error where it is not right
"""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from grader.course.assignment import FILE, NotebookCourse
from grader.errors import KataError
from grader.student.checking import NotRight, check_exercise
from grader.student.earlier import EarlierUnits

__all__ = ["check", "load_ipython_extension"]

_HERE = Path.cwd()  # Jupyter starts a notebook in its own folder; it may go elsewhere later


def check(id: str) -> None:
    """Run the public tests of an exercise and print that it is right. Raises an error where it is not."""
    try:
        shell = _shell()
        lines = check_exercise(_course(), shell, id)
    except KataError as error:
        raise NotRight([error.rationale, *filter(None, error.help.split("\n"))]) from None
    print("\n".join(lines))


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext grader.notebook` does: from now on earlier units can be imported."""
    if (_HERE / FILE).is_file() and not any(isinstance(finder, EarlierUnits) for finder in sys.meta_path):
        EarlierUnits(_course())


@cache
def _course() -> NotebookCourse:
    return NotebookCourse.of_folder(_HERE)


def _shell() -> Any:
    """IPython's running shell. Raises KataError outside a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        raise KataError("check() works in a notebook", "Open it with Jupyter, or run `pytest` on a .py file.")
    return shell
