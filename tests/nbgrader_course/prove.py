"""Runs the source notebook of every unit in a real kernel, solutions and all: no cell may raise. Takes long.

python tests/nbgrader_course/prove.py [UNIT ...]
"""

import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat

from grader.course.load import load_course
from grader.release.notebook_course import release_notebooks

ROOT = Path(__file__).parents[2]


def main(wanted):
    catalogue = load_course(ROOT / "course.yml")
    failed = []
    with tempfile.TemporaryDirectory() as place:
        release_notebooks(catalogue, catalogue.units, Path(place))  # later units import earlier ones
        for unit in catalogue.chosen(wanted):
            folder = Path(place, "source", unit.folder)
            notebook = nbformat.read(folder / f"{unit.name}.ipynb", as_version=4)
            client = nbclient.NotebookClient(
                notebook, timeout=600, allow_errors=True, resources={"metadata": {"path": str(folder)}}
            )
            client.execute()
            errors = [
                output for cell in notebook.cells for output in cell.get("outputs", ()) if wrong(output)
            ]
            print(unit.id, "right" if not errors else f"{len(errors)} cells are wrong", flush=True)
            for error in errors:
                print("\n".join(error.get("traceback") or [error.get("text", "")]))
            failed += errors
    return bool(failed)


def wrong(output):
    """What nbgrader takes for a failure."""
    return output.output_type == "error" or output.get("name") == "stderr"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
