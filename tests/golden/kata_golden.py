"""What the golden tests load with."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def module(path: Path) -> ModuleType:
    """A file as a module that nobody else sees."""
    spec = importlib.util.spec_from_file_location(f"golden_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def solution(name: str) -> ModuleType:
    """A file of the solutions: `solution("u05_value/value.py")`."""
    return module(ROOT / "solutions" / name)
