"""Student files become modules without a file system, under one name for everybody."""

import importlib
import linecache
import sys
import traceback

import pytest

from grader.remote.memory_modules import MemoryFinder

SOURCES = {
    "u00_first/first.py": "class Value:\n    pass\n\ndef fail():\n    return 1 / 0\n",
    "u00_second/second.py": "from u00_first.first import Value, fail\nimport u00_first.first as first\n",
    "u00_broken/broken.py": "x = (\n",
}


@pytest.fixture
def finder():
    made = MemoryFinder()
    made.install(SOURCES)
    yield made
    made.remove()


def test_one_class_whoever_imports_it(finder):
    second = importlib.import_module("u00_second.second")
    first = importlib.import_module("u00_first.first")
    assert second.Value is first.Value is second.first.Value
    assert first.__name__ == "u00_first.first"
    assert first.__file__ == "u00_first/first.py"


def test_a_traceback_shows_the_students_line(finder):
    first = importlib.import_module("u00_first.first")
    with pytest.raises(ZeroDivisionError) as info:
        first.fail()
    last = traceback.extract_tb(info.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == ("u00_first/first.py", 5, "return 1 / 0")
    assert finder.frames(info.value) == [["u00_first/first.py", 5, "fail"]]


def test_only_the_students_own_frames_are_told(finder):
    first = importlib.import_module("u00_first.first")
    with pytest.raises(TypeError) as info:
        sorted([first.Value(), first.Value()])
    assert finder.frames(info.value) == []


def test_a_file_that_does_not_compile_names_itself(finder):
    with pytest.raises(SyntaxError) as info:
        importlib.import_module("u00_broken.broken")
    assert (info.value.filename, info.value.lineno) == ("u00_broken/broken.py", 1)


def test_what_is_not_there_is_not_found(finder):
    for name in ("u00_third.third", "u00_first.other", "u00_first.first.deeper"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_nothing_stays_behind():
    before = set(sys.modules)
    finder = MemoryFinder("/some/where/")
    finder.install(SOURCES)
    assert importlib.import_module("u00_second.second").__file__ == "/some/where/u00_second/second.py"
    assert "/some/where/u00_first/first.py" in linecache.cache
    finder.remove()
    assert set(sys.modules) == before
    assert finder not in sys.meta_path
    assert "/some/where/u00_first/first.py" not in linecache.cache
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("u00_first.first")


def test_the_next_student_gets_other_modules():
    finder = MemoryFinder()
    for answer in (1, 2):
        finder.install({"u00_first/first.py": f"x = {answer}\n"})
        assert importlib.import_module("u00_first.first").x == answer
        finder.remove()
