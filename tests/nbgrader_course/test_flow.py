"""From `kata release` through every step of the real nbgrader to `kata grade --nbgrader`."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.collect.nbgrader_folders import NbgraderFolders
from grader.course.load import load_course
from grader.errors import UsageError
from grader.release.hints import parse_hints
from grader.release.notebook_course import release_notebooks
from grader.release.notebook_regions import cleared, marked
from grader.release.stub import solution_blocks

ROOT = Path(__file__).parents[2]
A, NAME = "u01_slopes", "slopes"


@pytest.fixture(scope="module")
def catalogue():
    return load_course(ROOT / "course.yml")


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def marks(cell):
    return cell["metadata"].get("nbgrader", {})


def text(cell):
    return "".join(cell["source"])


def test_each_exercise_has_a_statement_a_solution_and_its_tests(steps, catalogue):
    for unit in [unit for unit in catalogue.units if unit.folder in steps.released]:
        found = cells(steps.course / "source" / unit.folder / f"{unit.name}.ipynb")
        tests = {marks(cell)["grade_id"]: cell for cell in found if marks(cell).get("grade")}
        assert list(tests) == [exercise.id.replace(".", "-") for exercise in unit.exercises]
        for exercise in unit.exercises:
            own = tests[exercise.id.replace(".", "-")]
            assert marks(own)["points"] == exercise.points
            assert (marks(own)["locked"], marks(own)["solution"]) == (True, False)
            assert f'check("{exercise.id}")' in text(own)
            before = found[: found.index(own)]
            assert any(cell["cell_type"] == "markdown" and exercise.title in text(cell) for cell in before)
            code = "\n".join(text(cell) for cell in before if marks(cell).get("solution"))
            assert all(symbol.rpartition(".")[2] in code for symbol in exercise.symbols)
        for cell in found:
            if marks(cell):
                assert set(marks(cell)) - {"points"} == {
                    *("schema_version", "grade", "locked", "solution", "task", "grade_id", "checksum"),
                    "cell_type",
                }
                assert marks(cell)["schema_version"] == 3
                assert len(marks(cell)["grade_id"]) <= 128, "what nbgrader's database holds"


def test_nothing_secret_is_released(steps, catalogue):
    """Not a line of a solution, no name of a hidden test, no hint, in no file that students get."""
    seen = 0
    for folder in sorted((steps.course / "release").iterdir()):
        unit = catalogue.unit_of_folder(folder.name)
        given = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()))
        notebook = "\n".join(text(cell) for cell in cells(folder / f"{unit.name}.ipynb"))
        solution = catalogue.solution_file(unit).read_text(encoding="utf-8")
        public = cleared(marked(solution, "x")) + catalogue.public_tests(unit).read_text(encoding="utf-8")
        public += catalogue.lesson(unit).read_text(encoding="utf-8")
        public += "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.svg"))
        source, blocks = solution_blocks(solution, "x")
        for block in blocks:
            for line in source.split("\n")[block.begin : block.end - 1]:
                if len(line.strip()) > 12 and line.strip() not in public:
                    assert line.strip() not in notebook
                    assert line.strip() not in given
                    seen += 1
        assert "SOLUTION" not in given
        for file in catalogue.hidden_tests(unit):
            names = [one.split("(")[0] for one in file.read_text(encoding="utf-8").split("def ")[1:]]
            hidden = [name for name in names if name.startswith("test_") and f"{name}(" not in public]
            assert hidden
            assert not [name for name in hidden if f"{name}(" in given]
        known = [exercise.id for exercise in unit.exercises]
        hints = parse_hints(catalogue.hints_file(unit).read_text(encoding="utf-8"), known, "hints")
        assert not [hint for of in hints.values() for hint in of if hint.split("\n")[0] in given]
    assert seen > 100


def test_nbgrader_leaves_the_stub(steps, catalogue):
    """What nbgrader made of every solution cell is what the released .py file has there."""
    for folder in sorted((steps.course / "release").iterdir()):
        unit = catalogue.unit_of_folder(folder.name)
        left = [text(c) for c in cells(folder / f"{unit.name}.ipynb") if c["cell_type"] == "code"]
        written = "\n".join(left).replace("# YOUR CODE HERE", "").replace("Error()", "Error")
        stub = catalogue.stub_file(unit).read_text(encoding="utf-8")
        lines = [line.strip() for line in stub.split('"""', 2)[2].split("\n") if line.strip()]
        missing = [line for line in lines if line not in written]
        assert not missing


def test_no_warning_beyond_those_of_the_quickstart(steps):
    ours, theirs = steps.warnings(A), steps.warnings("ps1")
    assert ours <= theirs
    assert steps.log[f"autograde {A}"], "it ran"
    assert not any("ended with" in line for said in steps.log.values() for line in said)


def test_validate_says_what_pytest_would(steps):
    assert "VALIDATION FAILED ON 3 CELL(S)" in steps.out
    assert "· u01.best_step   to do" in steps.out
    assert "u01.forward_difference" not in steps.out.partition("VALIDATION")[2].partition("quick")[0]


def test_nbgraders_own_scores_are_those_of_the_public_tests(steps):
    """And a notebook that replaces `check` has full marks there: these scores do not count."""
    with (steps.course / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == A}
    assert {id: float(row["score"]) for id, row in rows.items()} == {"ada": 9.0, "ben": 2.0, "eve": 9.0}
    assert {float(row["max_score"]) for row in rows.values()} == {9.0}
    assert "u01.best_step" in (steps.course / "feedback/ben" / A / f"{NAME}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def graded(steps, tmp_path_factory):
    """`kata grade --nbgrader` after all those steps, then nbgrader's exporter, and feedback for students."""
    home = tmp_path_factory.mktemp("desk")
    (home / "roster.csv").write_text("id,given,extension hours\nada,Ada,\nben,Ben,24\nzoe,Zoe,\n")
    said = kata(home, "grade", steps.course)
    exchange = f"--Exchange.root={home / 'exchange'}", "--CourseDirectory.course_id=backprop"
    (home / "exchange").mkdir(mode=0o777)
    (home / "exchange").chmod(0o777)
    more = [steps.course, "export", "--to=after.csv"], [steps.course, "release_feedback", A, *exchange]
    return home, said, steps.more(more).stderr


def kata(home, command, course, *options):
    """Runs `kata grade` or `kata regrade` on nbgrader's course; returns what it printed."""
    words = [sys.executable, "-m", "grader", command, "--nbgrader", str(course), A, *options]
    words += ["--out", "grades", "--workers", "1", "--course", str(ROOT), "--roster", "roster.csv"]
    ran = subprocess.run(words, cwd=home, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_kata_grades_what_was_submitted(steps, graded):
    """In the jail, by the hidden tests; the feedback lies where nbgrader looks for it."""
    home, said, _ = graded
    assert "3 of 4 handed in" in said
    with (home / "grades" / "gradebook.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert {id: float(row["total"]) for id, row in rows.items()} == {"ada": 9, "ben": 2, "eve": 0, "zoe": 0}
    assert rows["zoe"]["status"] == "missing"
    place = steps.course / "feedback" / "ben" / A
    assert "score      2 of 9 points" in (place / f"{NAME}.txt").read_text(encoding="utf-8")
    assert "u01.best_step" in (place / f"{NAME}.html").read_text(encoding="utf-8")
    assert (place / "timestamp.txt").read_text().startswith("2026-09-10")
    assert (place / f"{NAME}.html").stat().st_mode & 0o077 == 0
    assert not (steps.course / "feedback" / "zoe").exists()


def test_nbgrader_has_the_scores_that_count(steps, graded):
    """In its own database, where autograde had written others; its exporter says them."""
    with (steps.course / "after.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == A}
    assert {id: float(row["score"]) for id, row in rows.items()} == {"ada": 9, "ben": 2, "eve": 0, "zoe": 0}
    assert {float(row["max_score"]) for row in rows.values()} == {9.0}
    assert (rows["ben"]["first_name"], rows["zoe"]["timestamp"]) == ("Ben", "")


def test_a_dry_regrade_shows_what_a_changed_submission_would_change(steps, graded):
    home, _, _ = graded
    place = steps.course / "submitted" / "ben" / A / f"{NAME}.ipynb"
    before, page = place.read_bytes(), steps.course / "feedback" / "ben" / A / f"{NAME}.html"
    told = page.read_bytes()
    place.write_bytes((steps.course / "submitted" / "ada" / A / f"{NAME}.ipynb").read_bytes())
    said = kata(home, "regrade", steps.course, "--dry-run")
    place.write_bytes(before)
    assert re.search(r"ben +2 -> 9 +\+7 +their file changed", said), said
    assert page.read_bytes() == told


def test_nbgrader_releases_the_feedback(graded):
    home, _, said = graded
    assert "ended with" not in said, said
    released = [page.read_bytes() for page in (home / "exchange" / "backprop" / "feedback").glob("*.html")]
    ours = [(home / "grades" / "feedback" / f"{id}.html").read_bytes() for id in ("ada", "ben", "eve")]
    assert sorted(released) == sorted(ours)


def test_release_again_changes_nothing_and_spares_what_people_changed(steps, catalogue):
    def again(**options):
        return release_notebooks(catalogue, catalogue.chosen(["u01"]), steps.course, **options)

    assert again() == []
    file = steps.course / "source" / A / f"{NAME}.ipynb"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("Slopes by nudging", "Slopes by nudging, with care", 1), encoding="utf-8")
    with pytest.raises(UsageError, match="was changed since `kata release` wrote it"):
        again()
    assert again(force=True) == [file]
    assert file.read_text(encoding="utf-8") == before
    (steps.course / "nbgrader_config.py").write_text("# mine")
    assert again() == [], "a configuration that is there is left alone"


def test_a_run_of_the_notebook_is_no_change(steps, catalogue):
    """Jupyter writes outputs and counts into the file when somebody runs it."""
    file = steps.course / "source" / A / f"{NAME}.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 7
    file.write_text(json.dumps(notebook), encoding="utf-8")
    release_notebooks(catalogue, catalogue.chosen(["u01"]), steps.course)


def test_nbgraders_own_configuration_says_where_everything_lies(steps, tmp_path):
    course = tmp_path / "course [1]"
    (course / "handed-in" / "u01_slopes" / "ada").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        'c.CourseDirectory.directory_structure = "{nbgrader_step}/{assignment_id}/{student_id}"\n'
        'c.CourseDirectory.submitted_directory = "handed-in"\n'
        'c.CourseDirectory.db_url = "postgresql://desk/nbgrader"\n',
        encoding="utf-8",
    )
    folders = NbgraderFolders(course)
    assert folders.submitted(A) == ["ada"]
    assert folders.feedback("ada", A) == course / "feedback" / A / "ada"
    assert folders.db_url == "postgresql://desk/nbgrader"
    (course / "nbgrader_config.py").write_text("this is no Python", encoding="utf-8")
    with pytest.raises(UsageError, match="nbgrader cannot read it"):
        NbgraderFolders(course)
    with pytest.raises(UsageError, match="there is no such folder"):
        NbgraderFolders(course / "none")
