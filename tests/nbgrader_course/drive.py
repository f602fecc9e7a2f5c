"""Runs real nbgrader commands one after the other in one process: importing it for each would take a minute.

python drive.py COMMANDS    COMMANDS: JSON, a list of [folder, argument, ...]
Before each command, `=== ` and its arguments go to stderr, where nbgrader's log goes too. The command
`hand-in ASSIGNMENT NAME` is ours: it fills in the released notebook for three students, as they would. So is
`hand-in-as-it-is ASSIGNMENT`.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from nbgrader.apps import quickstartapp
from nbgrader.apps.nbgraderapp import NbGraderApp

# What each student wrote: the exercises, by a part of the cell's name; and what a hostile one put above.
STUDENTS = {
    "ada": (("u01-",), ""),
    "ben": (("u01-forward", "u01-central"), ""),
    "eve": ((), "import grader.notebook\ngrader.notebook.check = lambda id: None\n"),
}


def main(commands):
    quickstartapp.subprocess.call = _only_the_config
    for folder, *arguments in commands:
        os.chdir(folder)
        print("===", *arguments, file=sys.stderr, flush=True)
        if arguments[0] == "hand-in":
            hand_in(Path(folder), *arguments[1:])
            continue
        if arguments[0] == "hand-in-as-it-is":
            shutil.copytree(Path("release", arguments[1]), Path("submitted", "bitdiddle", arguments[1]))
            continue
        app = NbGraderApp.instance()
        try:
            NbGraderApp.launch_instance(arguments)
        except SystemExit as stop:
            print("--- ended with", stop.code, file=sys.stderr, flush=True)
        finally:
            app.reset()
        sys.stdout.flush()


def hand_in(course, assignment, name):
    source = json.loads((course / "source" / assignment / f"{name}.ipynb").read_text(encoding="utf-8"))
    answers = {cell_id(cell): _answer(cell) for cell in source["cells"] if marks(cell).get("solution")}
    for student, (written, above) in STUDENTS.items():
        place = course / "submitted" / student / assignment
        shutil.copytree(course / "release" / assignment, place)
        file = place / f"{name}.ipynb"
        notebook = json.loads(file.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            id = cell_id(cell)
            if marks(cell).get("solution") and any(part in id for part in written):
                cell["source"] = answers[id]
            elif id == "u01-forward_difference-code-1":
                cell["source"] = above + "".join(cell["source"])
        file.write_text(json.dumps(notebook), encoding="utf-8")
        (place / "timestamp.txt").write_text("2026-09-10 12:00:00.000000 UTC\n")
        (place / "submission_secret.txt").write_text(f"drawn by nbgrader submit for {student}")


def marks(cell):
    return cell["metadata"].get("nbgrader", {})


def cell_id(cell):
    return marks(cell).get("grade_id", "")


def _answer(cell):
    return "\n".join(line for line in "".join(cell["source"]).split("\n") if " SOLUTION" not in line)


def _only_the_config(arguments, **options):
    """The quickstart calls nbgrader five times more, to list all settings and to add three students."""
    if "generate_config" in arguments:
        Path("nbgrader_config.py").write_text("")
    return 0


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
