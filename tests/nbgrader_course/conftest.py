"""A released course, taken through every step of the real nbgrader, and its own quickstart beside it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from grader.cli import main

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
A, NAME = "u01_slopes", "slopes"
RELEASED = (A, "u05_value", "u07_pytorch")  # with a class of many exercises; with a block that must vanish
_WARNS = re.compile(r"WARNING|ERROR|Warning:|--- ended with|Traceback")
_VARIES = re.compile(r"\S*/(?=\w+\.py:)|:\d+(?=:)")


class Steps:
    """What nbgrader said, by command, and the folder of the course. more: runs further commands"""

    released = RELEASED

    def __init__(self, course: Path, ran: subprocess.CompletedProcess[str], more: Callable[..., Any]) -> None:
        self.course, self.more = course, more
        self.out = ran.stdout
        self.log: dict[str, list[str]] = {}
        at = ""
        for line in ran.stderr.splitlines():
            if line.startswith("=== "):
                at = line.removeprefix("=== ")
            self.log.setdefault(at, []).append(line)

    def warnings(self, assignment: str) -> set[str]:
        """What it warned of in the commands about an assignment, without places and names."""
        lines = (line for command, said in self.log.items() if assignment in command for line in said[1:])
        return {_VARIES.sub("", line).replace(assignment, "A") for line in lines if _WARNS.search(line)}


def installed() -> Path:
    """The environment that nbgrader is installed in: its scripts and Jupyter's data. Skips without."""
    spec = find_spec("nbgrader")
    if spec is None or spec.origin is None:
        pytest.skip("nbgrader is not installed: pip install 'katagrad[instructor]'")
    prefix = Path(spec.origin).parents[4]
    if not any((Path(folder) / "alembic").is_file() for folder in _path(prefix)):
        pytest.skip("alembic's executable is not on PATH: nbgrader makes its database with it")
    return prefix


def environment(prefix: Path, home: Path) -> dict[str, str]:
    """With what nbgrader and its kernels find each other, and nothing of whoever runs the tests."""
    own = {f"JUPYTER_{what}_DIR": str(home / what.lower()) for what in ("CONFIG", "DATA", "RUNTIME")}
    found = {"JUPYTER_PATH": str(prefix / "share" / "jupyter"), "PATH": os.pathsep.join(_path(prefix))}
    return {**os.environ, **own, **found, "IPYTHONDIR": str(home / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}


def _path(prefix: Path) -> list[str]:
    return [*os.environ.get("PATH", "").split(os.pathsep), str(prefix / "bin")]


@pytest.fixture(scope="session")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """`kata release`, then all of nbgrader's steps for one unit, and for the quickstart's assignment."""
    prefix = installed()
    home = tmp_path_factory.mktemp("nbgrader")
    course, quick = home / "course", home / "quick"
    units = [option for folder in RELEASED for option in ("--unit", folder[:3])]
    code = main(["release", "--to", "nbgrader", str(course), "--course", str(ROOT), *units])
    assert code == 0
    commands = [
        *([course, "generate_assignment", folder] for folder in RELEASED),
        [course, "hand-in", A, NAME],
        [course, "validate", f"submitted/ben/{A}/{NAME}.ipynb"],
        [course, "autograde", A],
        [course, "generate_feedback", A],
        [course, "export"],
        [home, "quickstart", "quick"],
        [quick, "generate_assignment", "ps1"],
        [quick, "hand-in-as-it-is", "ps1"],
        [quick, "autograde", "ps1", "--notebook", "problem2"],
    ]
    run = partial(drive, environment=environment(prefix, home))
    return Steps(course, run(commands), run)


def drive(
    commands: Sequence[Sequence[str | Path]], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs nbgrader's commands in one process; see drive.py."""
    ran = subprocess.run(
        [sys.executable, "-W", "always", str(HERE / "drive.py"), json.dumps(commands, default=str)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    return ran
