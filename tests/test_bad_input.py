"""Bad input through the real command line: one clear line each, no traceback, and the rest is graded."""

import csv
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.errors import SandboxError
from grader.sandbox.layers import resolve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")

ROOT = Path(__file__).parents[1]
CLASS = ROOT / "examples" / "class"
FILE, NOTEBOOK = "u01_slopes/slopes.py", "u01_slopes/slopes.ipynb"
MIB = 1024 * 1024
LAYOUT = "name a folder with one folder or archive per student, called by the student's id: ada/ or ada.zip"


def kata(*words, cwd):
    """Run the command as a person does; returns exit code, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "250", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def refused(ran):
    """What a refused command said, line by line: nothing was graded, and nothing of ours shows."""
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    return ran.stderr.splitlines()


# -------------------------------------------------------------------------------- nothing can be graded


def test_no_course_here(tmp_path):
    said = refused(kata("grade", CLASS, cwd=tmp_path))
    assert said == [
        f"kata: no course.yml in {tmp_path.resolve()} or above it",
        "  Go to the folder of the course, or name it: --course PATH.",
    ]


def test_no_course_there(tmp_path):
    said = refused(kata("grade", CLASS, "--course", "elsewhere", cwd=tmp_path))
    assert said[0] == f"kata: {tmp_path.resolve() / 'elsewhere'}: there is no course here"
    assert "the folder that holds course.yml" in said[1]
    assert len(said) == 2


def test_a_course_that_is_no_yaml(tmp_path):
    (tmp_path / "course.yml").write_text("id: mini\ntitle: [Slopes\nunits: []\n")
    said = refused(kata("grade", CLASS, cwd=tmp_path))
    assert said[0].startswith("kata: course.yml:3: the course: is not YAML: ")
    assert "indentation, colons, quotes and brackets" in said[1]
    assert len(said) == 2


def test_a_course_with_a_mistake(tmp_path):
    text = (ROOT / "course.yml").read_text(encoding="utf-8")
    line = text[: text.index("points: 3")].count("\n") + 1
    (tmp_path / "course.yml").write_text(text.replace("points: 3", "points: many", 1), encoding="utf-8")
    said = refused(kata("grade", CLASS, cwd=tmp_path))
    assert said[0].startswith(
        f"kata: course.yml:{line}: units[0].exercises[3].points (u01.numerical_gradient)"
    )
    assert "'many', not a number above 0" in said[0]
    assert "write a number above 0" in said[1]
    assert len(said) == 2


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("empty", "empty: holds no submission"),
        ("missing", "missing: there is no such folder"),
        ("file", "file: is a file, not a folder"),
    ],
)
def test_no_folder_of_submissions(tmp_path, name, what):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("ada")
    said = refused(kata("grade", name, "--course", ROOT, cwd=tmp_path))
    assert said == [f"kata: {what}", f"  {LAYOUT}"]
    assert sorted(os.listdir(tmp_path)) == ["empty", "file"]


# ------------------------------------------------------------------------- the rest of the class is graded


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of one honest student and one of every kind of bad upload, graded."""
    try:
        resolve("auto")
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")
    desk = tmp_path_factory.mktemp("desk")
    right = (CLASS / "ada" / FILE).read_text(encoding="utf-8")
    shutil.copytree(CLASS / "ada", desk / "class" / "ada")
    fill(desk / "class", right)
    ran = kata("grade", "class", "--unit", "u01", "--course", ROOT, "--out", "grades", cwd=desk)
    with (desk / "grades" / "gradebook.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    return SimpleNamespace(desk=desk, ran=ran, rows=rows)


def fill(folder, right):
    """One bad upload of each kind; slip also holds a right answer."""
    (folder / "garbage.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (folder / "cut.tar.gz").write_bytes((CLASS / "noor.tar.gz").read_bytes()[:200])
    (folder / "seven.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    with zipfile.ZipFile(folder / "slip.zip", "w") as archive:
        archive.writestr("../../slipped.py", "print('outside')\n")
        archive.writestr(FILE, right)
    packed = zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as archive, archive.open(FILE, "w") as file:
        for _ in range(1024):
            file.write(bytes(MIB))
    for student, name, data in (
        ("latin", FILE, "# Zoë\n".encode("latin-1") + right.encode()),
        ("binary", FILE, b"\x7fELF\0\0"),
        ("within", f"{FILE}/answer.txt", b"a folder where the file should be\n"),
        ("flat", "u01_slopes", b"a file where the folder should be\n"),
        ("torn", NOTEBOOK, b'{"nbformat": 4, "cells": ['),
        ("twice", FILE, right.encode()),
        ("twice", NOTEBOOK, b"{}"),
    ):
        path = folder / student / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "nothing").mkdir()


UPLOADS = {
    "garbage": "garbage.zip: is not a readable zip archive; nothing of it was read",
    "cut": "cut.tar.gz: is cut short; nothing of it was read",
    "seven": "seven.7z: is a .7z file, and only folders, .zip, .tar, .tar.gz, .tar.bz2 and .tar.xz are read; "
    "nothing of it was read",
    "slip": "slip.zip: ../../slipped.py: leaves the archive; it was not read",
    "bomb": "bomb.zip: unpacks to more than 128 MiB; nothing of it was read",
    "latin": f"latin: {FILE}: is not UTF-8 text on line 1; save it as UTF-8; it was not read",
    "binary": f"binary: {FILE}: holds a null byte on line 1; it was not read",
    "within": f"within: {FILE}: is a folder, not a file; it was not read",
    "flat": f"flat: holds no file of the course, such as {FILE}",
    "nothing": "nothing: is empty; nothing of it was read",
    "torn": f"torn: {NOTEBOOK}: is not a readable notebook (Input data was truncated); it was not read",
    "twice": f"twice: {FILE}: ambiguous, found as {NOTEBOOK} and {FILE}; none was read, keep one",
}


def test_bad_uploads_are_no_error_of_the_command(graded):
    assert graded.ran.returncode == 0
    assert graded.ran.stderr == ""
    assert "Traceback" not in graded.ran.stdout
    assert "2 of 13 handed in" in graded.ran.stdout
    assert "0 grader errors" in graded.ran.stdout


@pytest.mark.parametrize("id", UPLOADS)
def test_each_bad_upload_gets_one_clear_line(graded, id):
    """On the screen, in the gradebook and in the student's feedback."""
    line = UPLOADS[id]
    assert graded.rows[id]["problems"].removeprefix("nothing handed in; ") == line
    feedback = (graded.desk / "grades" / "feedback" / f"{id}.txt").read_text(encoding="utf-8")
    assert [text for text in feedback.splitlines() if line in text] == [f"  - {line}"]
    screen = " ".join(graded.ran.stdout.split())
    assert screen.count(line.removeprefix(f"{id}: ")[:100]) == 1  # the id stands before it already


@pytest.mark.parametrize("id", ["ada", "slip"])
def test_whoever_handed_in_something_readable_is_graded(graded, id):
    assert graded.rows[id]["total"] == graded.rows[id]["max"] == "9"


@pytest.mark.parametrize("id", sorted(UPLOADS.keys() - {"slip"}))
def test_whoever_did_not_has_nothing(graded, id):
    assert graded.rows[id]["total"] == "0"
    assert graded.rows[id]["problems"].startswith("nothing handed in; ")


def test_nothing_was_unpacked(graded):
    assert sorted(os.listdir(graded.desk)) == ["class", "grades"]
    assert list(graded.desk.parent.rglob("slipped*")) == []
