"""Makes kata_lessons importable, and the module that several lessons speak of."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kata_lessons import solution


@pytest.fixture(scope="module")
def value() -> ModuleType:
    return solution("u05_value/value.py")
