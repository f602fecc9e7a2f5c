"""Files beside the answer that an interpreter or a test runner might pick up."""

from kata_attacks.model import INGEST, Attack

WRITE = "open('@DROP@/@MARK@-{name}', 'w').close()\n"
ZERO = "def double(x): return 0.0"


def dropped(name, tries, *files, code=ZERO, content="raise SystemExit(0)\n"):
    return Attack(
        name,
        tries,
        code,
        stops=(INGEST,),
        files=dict.fromkeys(files, content),
        why="tests/example_class shows what these files do to a grader that runs in their folder",
    )


ATTACKS = [
    dropped(
        "conftest",
        "a conftest.py that passes everything",
        "conftest.py",
        "u01_range/conftest.py",
        content="def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n",
    ),
    dropped(
        "pytest ini",
        "a configuration that deselects the tests",
        "pytest.ini",
        "tox.ini",
        "setup.cfg",
        "pyproject.toml",
        content="[pytest]\naddopts = --collect-only\n[tool.pytest.ini_options]\naddopts='-k no'\n",
    ),
    dropped(
        "sitecustomize",
        "modules that Python imports by itself",
        "sitecustomize.py",
        "usercustomize.py",
        "site.py",
    ),
    dropped(
        "numpy py",
        "a module that stands for numpy",
        "numpy.py",
        "u01_range/numpy.py",
        "u01_range/math.py",
        code="import numpy\ndef double(x): return getattr(numpy, 'HACKED', 0.0)",
        content="HACKED = 6\nfloat64 = ndarray = object\n",
    ),
    dropped(
        "pth",
        "a .pth file with an import in it",
        "evil.pth",
        "u01_range/evil.pth",
        content="import os; os._exit(0)\n",
    ),
    dropped(
        "init",
        "a package file that runs first",
        "u01_range/__init__.py",
        "__init__.py",
        "__main__.py",
        content="import builtins\nbuiltins.HACKED = 6\n",
    ),
    dropped(
        "tests of its own",
        "files that replace the tests and the solution",
        "u01_range/test_range.py",
        "u01_range/test_hidden_range.py",
        "u01_range/checks_watch.py",
        "solutions/u01_range/range.py",
        "course.yml",
        ".secret/seed",
        content="def test_random_numbers(): pass\n",
    ),
    dropped(
        "a grader of its own",
        "a package grader and modules of the worker",
        "grader/__init__.py",
        "grader/remote/worker.py",
        "grader/remote/__init__.py",
        "msgspec.py",
        content="raise SystemExit(0)\n",
    ),
    dropped(
        "another unit",
        "a file of a unit that does not exist, and one beside its folder",
        "u99_evil/evil.py",
        "range.py",
        "U01_RANGE/RANGE.PY",
    ),
    dropped(
        "compiled",
        "compiled files and extension modules",
        "u01_range/__pycache__/range.cpython-311.pyc",
        "u01_range/range.so",
        "u01_range/range.pyc",
        content="\x7fELF not really",
    ),
]
