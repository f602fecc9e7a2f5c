"""picture.py beside a solution: `draw()` gives the pictures of the lesson, file name -> SVG text."""

import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

from grader.errors import CourseError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.svg")
HELP = "define draw() -> dict[str, str], from file names like slopes.svg to SVG texts"
SVG = "{http://www.w3.org/2000/svg}svg"


def draw(path: Path) -> dict[str, str]:
    """The pictures that the file draws, sorted by name, each ending in one newline.

    The file runs in a fresh namespace and stays unknown to other imports. Raises CourseError with file
    and line when it fails, has no `draw`, or draws something that is not SVG.
    """
    name = f"picture_{path.parent.name}"
    module = ModuleType(name)
    module.__file__ = str(path)
    earlier = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
        pictures = module.draw()
    except Exception as error:
        line = _line(error, path)
        raise CourseError(f"{path}:{line}: {type(error).__name__}: {error}", HELP) from error
    finally:
        del sys.modules[name]
        if earlier is not None:
            sys.modules[name] = earlier
    if not isinstance(pictures, dict):
        raise CourseError(f"{path}:1: draw() returns {type(pictures).__name__}, not dict", HELP)
    return {_checked(name, path): _svg(name, pictures[name], path) for name in sorted(pictures, key=str)}


def _line(error: Exception, path: Path) -> int:
    """The last line of that file on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == str(path)), 1)


def _checked(name: object, path: Path) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise CourseError(f"{path}:1: draw() names a picture {name!r}", HELP)
    return name


def _svg(name: str, text: object, path: Path) -> str:
    if not isinstance(text, str):
        raise CourseError(f"{path}:1: {name} is {type(text).__name__}, not text", HELP)
    try:
        root = ElementTree.fromstring(text.strip())
    except (ElementTree.ParseError, ValueError) as error:
        raise CourseError(f"{path}:1: {name} is not well-formed: {error}", HELP) from None
    if root.tag != SVG:
        raise CourseError(f"{path}:1: {name} is not an SVG picture", 'begin with <svg xmlns="…">')
    return text.strip() + "\n"
