"""The texts beside exercises/ in a hand-out: README.md, pytest.ini, requirements*.txt, .gitignore."""

import configparser
from collections.abc import Sequence

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.release.wheel import Wheel

BASE, TORCH = "requirements.txt", "requirements-torch.txt"

README = """\
# {title}

You write the missing functions, and the tests tell you at once what is right. You need Python 3.11 or
newer, and a terminal in this folder. First an environment of its own:

| Linux, macOS | Windows (PowerShell) |
|---|---|
| `python3 -m venv .venv` | `py -m venv .venv` |
| `source .venv/bin/activate` | `.venv\\Scripts\\Activate.ps1` |

Then two commands:

```
python -m pip install -r {base}
pytest exercises
```
{torch}
Everything is to do at first, so `pytest` ends with exit code 1. Go on in
[exercises/README.md](exercises/README.md); `kata` shows where you are.

## When more units come

With git, `git pull`. Else unpack the newer hand-out beside this folder, here as `NEW`, and copy from it the
units that you do not have yet, and the lists of exercises and hints. Your own files stay as they are:

```
cp -rn NEW/exercises/. exercises/
cp -r NEW/exercises/.kata/. exercises/.kata/
```
"""

PYTEST = """\
[pytest]
addopts =
    {options}
pythonpath = exercises
testpaths = exercises
"""

IGNORED = """\
.venv/
__pycache__/
.pytest_cache/
.hypothesis/
exercises/.kata/state.json
exercises/.kata/backups/
"""


def readme(catalogue: Catalogue) -> str:
    """The page that students read first."""
    units = _torch(catalogue.units)
    line = f"\n{_named(units)} torch too: `python -m pip install -r {TORCH}`.\n" if units else ""
    return README.format(title=" ".join(catalogue.course.title.split()), base=BASE, torch=line)


def requirements(wheel: Wheel, units: Sequence[Unit]) -> dict[str, str]:
    """requirements.txt: the wheel, and the ranges of what it brings; that with torch where a unit uses it."""
    lines = [f"# python -m pip install -r {BASE}, in this folder", f"./{wheel.name}", *wheel.requires()]
    texts = {BASE: "\n".join(lines) + "\n"}
    if _torch(units):
        lines = [
            f"# python -m pip install -r {TORCH}, in this folder",
            f"-r {BASE}",
            *wheel.requires("torch"),
        ]
        texts[TORCH] = "\n".join(lines) + "\n"
    return texts


def settings(ini: str) -> dict[str, str]:
    """.gitignore, and a pytest.ini with which `pytest` alone does what it does in exercises/.

    ini: the text of exercises/pytest.ini    Raises configparser.Error where it is none.
    """
    read = configparser.ConfigParser(interpolation=None, comment_prefixes=("#", ";"))
    read.read_string(ini)
    options = read.get("pytest", "addopts", fallback="").strip().replace("\n", "\n    ")
    return {".gitignore": IGNORED, "pytest.ini": PYTEST.format(options=options)}


def _torch(units: Sequence[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.flavour == "torch"]


def _named(units: Sequence[Unit]) -> str:
    numbers = [int(unit.id[1:]) for unit in units]
    if len(numbers) == 1:
        return f"Unit {numbers[0]} needs"
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"Units {numbers[0]} to {numbers[-1]} need"
    return f"Units {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} need"
