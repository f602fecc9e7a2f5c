"""The wheel of katagrad, built once for the tests here; a small one; a course, and `kata release` in it."""

import shutil
from pathlib import Path

import pytest

from grader.cli import main
from grader.course.load import load_course
from grader.release.wheel import Wheel, make_wheel
from grader.release.zipped import zipped

TINY = Path(__file__).parents[1] / "tiny_course"


@pytest.fixture(scope="session")
def wheel():
    return make_wheel()


@pytest.fixture
def tiny(tmp_path):
    """A course of two units, one of them in torch, in a folder of its own."""
    left_behind = shutil.ignore_patterns("__pycache__", ".hypothesis", ".*_cache")
    shutil.copytree(TINY, tmp_path / "course", ignore=left_behind)
    return load_course(tmp_path / "course")


@pytest.fixture
def small_wheel(monkeypatch):
    """In the place of the real one, where what it holds does not matter."""
    metadata = b"Name: katagrad\nRequires-Dist: numpy>=1.26\nRequires-Dist: torch>=2.4; extra == 'torch'\n"
    members = {"grader/__init__.py": b"", "katagrad-0.1.0.dist-info/METADATA": metadata}
    wheel = Wheel("katagrad-0.1.0-py3-none-any.whl", zipped(members))
    monkeypatch.setattr("grader.release.wheel.make_wheel", lambda: wheel)
    return wheel


@pytest.fixture
def release(tiny, small_wheel, monkeypatch, capsys):
    """`kata release` in the tiny course: exit code, and what it printed."""
    monkeypatch.chdir(tiny.root)

    def run(to, dest, *units):
        if to == "git" and shutil.which("git") is None:
            pytest.skip("git is not installed")
        options = [word for unit in units for word in ("--unit", unit)]
        code = main(["release", "--to", to, str(dest), *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture(scope="session")
def files_of():
    """files_of(folder): name -> bytes."""
    return lambda folder: {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
