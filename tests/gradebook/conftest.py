"""Gives the tests here the invented class of tests/gradebook/invented.py, and nbdump.py beside it."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

NAME = "katagrad_invented_class"


def load(name: str, file: str) -> ModuleType:
    if name not in sys.modules:
        spec = spec_from_file_location(name, Path(__file__).parents[1] / "gradebook" / file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def invented() -> ModuleType:
    return load(NAME, "invented.py")


@pytest.fixture
def dump():
    """dump(url or path): the lines of nbgrader's database, see nbdump.py. Skipped without nbgrader."""
    pytest.importorskip("sqlalchemy", reason="nbgrader is not installed")
    return load("katagrad_nbdump", "nbdump.py").dump
