"""A notebook and a .py file with the same code get the same score: right, wrong, crashed, rule broken."""

from pathlib import Path

import pytest

from grader.api import Grader
from grader.collect.nbgrader import NbgraderClass
from grader.collect.nbgrader_folders import NbgraderFolders

ROOT = Path(__file__).parents[2]
CLASS = ROOT / "examples" / "class"
# wrong in one place; rules broken; a file that does not import; right in part; wrong in a method
STUDENTS = {"u01_slopes": ("carla", "quentin", "tomas", "xaver"), "u05_value": ("mia",)}


def test_notebook_and_file_score_the_same(tmp_path):
    jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed: it makes the notebooks")
    pytest.importorskip("nbgrader", reason="nbgrader is not installed: it says where its folders are")
    folders = NbgraderFolders(tmp_path)
    seen = set()
    with Grader(ROOT, units=["u01", "u05"]) as grader:
        for folder, students in STUDENTS.items():
            name = folder.partition("_")[2]
            for student in students:
                notebook = jupytext.reads(text_of(student, folder, name), fmt="py:light")
                assert len(notebook.cells) > 2, "it is cut into cells"
                place = tmp_path / "submitted" / student / folder
                place.mkdir(parents=True)
                (place / f"{name}.ipynb").write_text(jupytext.writes(notebook, fmt="ipynb"), encoding="utf-8")
            for handed_in in NbgraderClass(folders, grader.catalogue, folder):
                assert handed_in.notebooks == (f"{folder}/{name}.py",)
                of_notebook = scores(grader.grade(handed_in))
                source = text_of(handed_in.id, folder, name)
                assert of_notebook == scores(grader.grade({f"{folder}/{name}.py": source})), handed_in.id
                seen |= {verdict for _, verdict, *_ in of_notebook}
    assert seen >= {"right", "wrong", "crashed", "rule broken"}, "the answers are not all alike"


def text_of(student, folder, name):
    return (CLASS / student / folder / f"{name}.py").read_text(encoding="utf-8")


def scores(records):
    """All of the records but lines and hashes."""
    return [
        (record.exercise, record.verdict, record.points, [(test.name, test.verdict) for test in record.tests])
        for record in records
    ]
