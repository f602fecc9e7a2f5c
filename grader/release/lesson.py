"""The lesson of a unit, README.md in its folder: which pictures it shows."""

import re
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.course.model import Unit

_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^\s)>]+)|<img\b[^>]*?\bsrc\s*=\s*[\"']([^\"']+)", re.IGNORECASE)


def pictures(catalogue: Catalogue, unit: Unit) -> list[Path]:
    """The files beside the lesson that it shows."""
    lesson = catalogue.lesson(unit)
    if not lesson.is_file():
        return []
    found = [a or b for a, b in _PICTURE.findall(lesson.read_text(encoding="utf-8", errors="replace"))]
    return [lesson.parent / name for name in found if ":" not in name and ".." not in Path(name).parts]
