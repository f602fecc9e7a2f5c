"""What the tests of all lessons read with."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def solution(name: str) -> ModuleType:
    """A file of the solutions as a module that nobody else sees."""
    path = ROOT / "solutions" / name
    spec = importlib.util.spec_from_file_location(f"lesson_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(text: str, first_header: str) -> list[dict[str, str]]:
    """The rows of the Markdown table whose first column has this header, header -> cell."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if re.match(rf"\|\s*{first_header}\s*\|", line))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]
