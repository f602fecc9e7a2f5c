"""The wheel of katagrad, built once for the tests here, and a course to release."""

import shutil
from pathlib import Path

import pytest

from grader.course.load import load_course
from grader.release.wheel import make_wheel

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
