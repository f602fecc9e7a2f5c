"""The lesson of a unit, README.md in its folder: which files beside it belong to it."""

import re
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.course.model import Unit

_SHOWN = re.compile(r"\[[^\]]*\]\(\s*<?([^\s)>]+)|<img\b[^>]*?\bsrc\s*=\s*[\"']([^\"']+)", re.IGNORECASE)


def shown(catalogue: Catalogue, unit: Unit) -> list[Path]:
    """The files beside the lesson that it shows or links to: pictures, given code, data."""
    lesson = catalogue.lesson(unit)
    if not lesson.is_file():
        return []
    found = [a or b for a, b in _SHOWN.findall(lesson.read_text(encoding="utf-8", errors="replace"))]
    named = [Path(name) for name in found if ":" not in name and "#" not in name]
    return [lesson.parent / name for name in named if name.suffix and ".." not in name.parts]
