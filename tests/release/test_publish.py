"""The generated files: what they hold, that only changes are written, and the command for authors."""

import json
import os
import sys
from textwrap import dedent

import pytest
import typer

from grader.cli.author import stubs
from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.errors import CourseError, UsageError
from grader.release import publish

COURSE = """
id: tiny
title: Tiny
version: "1"
units:
  - id: u01
    title: One
    folder: u01_one
    exercises: [{id: u01.a, title: A, symbols: [a], points: 1}]
  - {id: u02, title: Two, folder: u02_two}
"""
SOLUTION = "def a():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"
PICTURE = """
from dataclasses import dataclass

@dataclass
class Size:
    width: int = 3

def draw():
    return {"one.svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="{Size().width}"/>'}
"""


@pytest.fixture
def course(tmp_path) -> Catalogue:
    (tmp_path / "course.yml").write_text(COURSE)
    folder = tmp_path / "solutions" / "u01_one"
    folder.mkdir(parents=True)
    (folder / "one.py").write_text(SOLUTION)
    (folder / "hints.md").write_text("## u01.a\n1. x\n2. ü\n3. z\n")
    (folder / "picture.py").write_text(PICTURE)
    return load_course(tmp_path)


def test_the_generated_files(course):
    files = publish.generated_files(course)
    names = {path.relative_to(course.exercises_dir).as_posix(): text for path, text in files.items()}
    generated = {"catalogue.json", "hints.json", "stubs/u01_one/one.py"}
    assert set(names) == {"u01_one/one.py", "u01_one/one.svg", *(f".kata/{name}" for name in generated)}
    assert names["u01_one/one.py"] == "def a():\n    raise NotImplementedError\n"
    assert names[".kata/stubs/u01_one/one.py"] == names["u01_one/one.py"]
    assert names["u01_one/one.svg"].endswith('width="3"/>\n')
    assert names[".kata/hints.json"] == '{\n  "u01.a": [\n    "x",\n    "ü",\n    "z"\n  ]\n}\n'
    assert names[".kata/catalogue.json"].endswith("}\n")
    assert [unit["id"] for unit in json.loads(names[".kata/catalogue.json"])["units"]] == ["u01", "u02"]


def test_what_is_written_is_read_back_by_the_students_side(course):
    publish.write(course)
    assert Catalogue.released(course.exercises_dir).course.units == course.course.units


def test_only_what_differs_is_written(course):
    first = publish.write(course)
    assert set(first) == set(publish.generated_files(course))
    assert publish.write(course) == []
    stub = course.stub_file(course.units[0])
    before = {path: path.stat().st_mtime_ns for path in first}
    stub.write_bytes(stub.read_bytes().replace(b"\n", b"\r\n"))
    assert publish.outdated(course) == [stub]
    assert publish.write(course) == [stub]
    assert b"\r" not in stub.read_bytes()
    assert all(path.stat().st_mtime_ns == before[path] for path in first if path != stub)


def test_nothing_but_the_generated_files_is_left_behind(course):
    changed = publish.write(course)
    assert {path for path in course.exercises_dir.rglob("*") if path.is_file()} == set(changed)
    assert "picture_u01_one" not in sys.modules
    assert not list(course.solutions_dir.rglob("__pycache__"))


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(course, monkeypatch):
    publish.write(course)
    stub = course.stub_file(course.units[0])
    stub.write_text("old")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(UsageError, match="No space left"):
        publish.write(course)
    assert stub.read_text() == "old"
    assert sorted(os.listdir(stub.parent)) == ["one.py", "one.svg"]


@pytest.mark.parametrize(
    ("name", "text", "where", "what"),
    [
        ("one.py", None, "one.py:", "cannot be read"),
        ("one.py", b"\xff", "one.py:1:", "not UTF-8"),
        ("one.py", b"x = 1\n", "one.py:1:", "no solution block"),
        ("hints.md", None, "hints.md:", "cannot be read"),
        ("hints.md", b"## u01.b\n", "hints.md:1:", "u01.b is not an exercise"),
        ("picture.py", b"x = 1\n", "picture.py:1:", "draw"),
        ("picture.py", b"def draw(:\n", "picture.py:1:", "SyntaxError"),
        ("picture.py", b"\ndef draw():\n    return 1 / 0\n", "picture.py:3:", "ZeroDivisionError"),
        ("picture.py", b"def draw(): return []", "picture.py:1:", "list, not dict"),
        ("picture.py", b"def draw(): return {'../x.svg': ''}", "picture.py:1:", "names a picture"),
        ("picture.py", b"def draw(): return {'x.svg': 3}", "picture.py:1:", "int, not text"),
        ("picture.py", b"def draw(): return {'x.svg': '<svg>'}", "picture.py:1:", "not well-formed"),
        ("picture.py", b"def draw(): return {'x.svg': '<html/>'}", "picture.py:1:", "not an SVG"),
    ],
)
def test_a_wrong_source_is_told_with_its_place_and_nothing_is_written(course, *, name, text, where, what):
    file = course.solutions_dir / "u01_one" / name
    file.unlink() if text is None else file.write_bytes(text)
    with pytest.raises(CourseError, match=what) as caught:
        publish.write(course)
    assert caught.value.rationale.startswith(f"{file.parent}{os.sep}{where}")
    assert caught.value.help
    assert not course.exercises_dir.exists()


def test_the_command_writes_and_checks(course, capsys):
    with pytest.raises(typer.Exit) as caught:
        stubs(course.root / "course.yml", check=True)
    assert caught.value.exit_code == 1
    assert "5 generated files differ" in capsys.readouterr().out
    assert not course.exercises_dir.exists()
    stubs(course.root)
    assert capsys.readouterr().out.count("wrote  ") == 5
    stubs(course.root, check=True)
    assert "up to date" in capsys.readouterr().out


def test_a_stub_stays_as_ruff_format_wants_it(course, tmp_path):
    ruff = pytest.importorskip("ruff")
    import subprocess

    solution = dedent(
        '''
        """One."""

        import math

        # BEGIN SOLUTION
        import sys
        # END SOLUTION


        class V:
            """A number."""

            # BEGIN SOLUTION
            def b(self):
                return sys, math

            # END SOLUTION

            def a(self):
                # BEGIN SOLUTION
                return 1
                # END SOLUTION


        # BEGIN SOLUTION
        V.c = 1
        # END SOLUTION


        def last():
            return V
        '''
    ).lstrip()
    (course.solutions_dir / "u01_one" / "one.py").write_text(solution)
    publish.write(course)
    checked = subprocess.run(
        [
            ruff.find_ruff_bin(),
            "format",
            "--isolated",
            "--no-cache",
            "--check",
            course.stub_file(course.units[0]),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
