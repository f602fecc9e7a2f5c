"""Gives the tests here the invented class of tests/gradebook/invented.py."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

NAME = "katagrad_invented_class"


@pytest.fixture(scope="session")
def invented() -> ModuleType:
    if NAME not in sys.modules:
        spec = spec_from_file_location(NAME, Path(__file__).parents[1] / "gradebook" / "invented.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[NAME] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]
