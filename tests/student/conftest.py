"""A small course in a temporary folder, and a way to run pytest in it as a student does."""

import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import msgspec
import pytest

from grader.course.model import Course, Exercise, Limits, Unit

REPOSITORY = Path(__file__).parents[2]

FIRST_STUB = '''\
"""Unit 1."""

import math

FACTOR = 2


def double(x):
    """Twice x."""
    raise NotImplementedError


def quadruple(x):
    """Four times x."""
    raise NotImplementedError


def spin(n):
    """n."""
    raise NotImplementedError


class Box:
    """Holds a number."""

    def __init__(self, x):
        self.x = x

    def value(self):
        raise NotImplementedError


def tail(x):
    """x."""
    raise NotImplementedError
'''

FIRST_RIGHT = '''\
"""Unit 1."""

FACTOR = 2


def double(x):
    return FACTOR * x


def quadruple(x):
    return double(double(x))


def spin(n):
    return n


class Box:
    def __init__(self, x):
        self.x = x

    def value(self):
        return self.x


def tail(x):
    return x
'''

FIRST_TEST = '''\
from grader.testing import assert_close, assert_equal, exercise


@exercise("u01.tail")
def test_tail(student):
    """The last one gives its number back."""
    assert_equal(student.tail(5), 5, of="tail(5)")


@exercise("u01.double")
def test_double(student):
    """Twice three is six."""
    assert_close(student.double(3.0), 6.0, of="the double", called="double(3.0)")


@exercise("u01.double")
def test_double_of_random(student, rng):
    """It holds for any number."""
    x = float(rng.uniform(1, 2))
    assert_close(student.double(x), 2 * x, of="the double", called="double(x)")


@exercise("u01.quadruple")
def test_quadruple(student):
    """Four times three is twelve."""
    assert_close(student.quadruple(3.0), 12.0, of="the quadruple", called="quadruple(3.0)")


@exercise("u01.spin")
def test_spin(student):
    """It comes back."""
    assert_equal(student.spin(7), 7, of="spin(7)")


@exercise("u01.box")
def test_box(student):
    """A box gives back what was put in."""
    assert_close(student.Box(4.0).value(), 4.0, of="the value")
'''

SECOND_STUB = '''\
"""Unit 2."""


def shift(x):
    """x + 1."""
    raise NotImplementedError
'''

SECOND_RIGHT = SECOND_STUB.replace("raise NotImplementedError", "return x + 1")

SECOND_TEST = '''\
from grader.testing import assert_close, exercise


@exercise("u02.shift")
def test_shift(student):
    """One more than one is two."""
    assert_close(student.shift(1.0), 2.0, of="the sum", called="shift(1.0)")
'''


def exercise(id: str, symbol: str, needs: tuple[str, ...] = (), seconds: float | None = None) -> Exercise:
    limits = None if seconds is None else Limits(seconds=seconds)
    return Exercise(id=id, title=f"About {symbol}", symbols=(symbol,), points=1, needs=needs, limits=limits)


COURSE = Course(
    id="small",
    title="A small course",
    version="1",
    units=(
        Unit(
            id="u01",
            title="First",
            folder="u01_first",
            exercises=(
                exercise("u01.double", "double"),
                exercise("u01.quadruple", "quadruple", needs=("u01.double",)),
                exercise("u01.spin", "spin", seconds=0.3),
                exercise("u01.box", "Box.value"),
                exercise("u01.tail", "tail"),
            ),
        ),
        Unit(id="u02", title="Second", folder="u02_second", exercises=(exercise("u02.shift", "shift"),)),
        Unit(id="u03", title="Announced", folder="u03_third"),
    ),
)


@dataclass
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def line(self, *parts: str) -> str:
        """The one line that holds all parts."""
        found = [line for line in self.lines if all(part in line for part in parts)]
        assert len(found) == 1, f"{len(found)} lines with {parts} in:\n{self.out}\n{self.err}"
        return found[0]


@dataclass
class SmallCourse:
    """The hand-out of the small course on a student's disk."""

    root: Path
    FIRST_STUB = FIRST_STUB
    FIRST_RIGHT = FIRST_RIGHT
    SECOND_RIGHT = SECOND_RIGHT

    @property
    def first(self) -> Path:
        return self.root / "u01_first" / "first.py"

    @property
    def second(self) -> Path:
        return self.root / "u02_second" / "second.py"

    def replace(self, old: str, new: str) -> None:
        """Edit the file of unit 1."""
        text = self.first.read_text(encoding="utf-8")
        assert old in text
        self.first.write_text(text.replace(old, new), encoding="utf-8")

    def write_body(self, function: str, body: str) -> None:
        """Fill in one function of unit 1, whose body is a docstring and the raise."""
        text = self.first.read_text(encoding="utf-8")
        at = text.index(f"def {function}(")
        head, tail = text[:at], text[at:]
        self.first.write_text(head + tail.replace("raise NotImplementedError", body, 1), encoding="utf-8")

    def run(self, *args: str, cwd: Path | None = None, **environment: str) -> Result:
        """Run pytest in this process, which takes a tenth of the time."""
        before = Path.cwd()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("PYTEST_ADDOPTS", "NO_COLOR", "FORCE_COLOR", "PY_COLORS"):
                patch.delenv(name, raising=False)
            for name, value in {"COLUMNS": "80", "TERM": "xterm", **environment}.items():
                patch.setenv(name, value)
            out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "path", list(sys.path))
            patch.setattr(sys, "meta_path", list(sys.meta_path))
            modules = dict(sys.modules)
            os.chdir(cwd or self.root)
            try:
                code = pytest.main([*args, "--capture=sys", "-p", "no:faulthandler"])
            finally:
                os.chdir(before)
                hypothesis.settings.load_profile("default")
                for name in sys.modules.keys() - modules.keys():
                    if name.startswith(("u01_first", "u02_second")):
                        del sys.modules[name]
        texts = [stream.buffer.getvalue().decode() for stream in (out, err) if not stream.flush()]
        return Result(int(code), *texts)

    def pytest(self, *args: str, cwd: Path | None = None, **environment: str) -> Result:
        """Run pytest in a process of its own."""
        return self._run([sys.executable, "-m", "pytest", *args], cwd, environment)

    def kata(self, *args: str, cwd: Path | None = None, **environment: str) -> Result:
        """Run the command `kata`."""
        return self._run([sys.executable, "-m", "grader", *args], cwd, environment)

    def _run(self, command: list[str], cwd: Path | None, environment: dict[str, str]) -> Result:
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "NO_COLOR", "FORCE", "COV"))
        }
        kept |= {"PYTHONIOENCODING": "utf-8", "COLUMNS": "80", "TERM": "xterm", "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run(
            command,
            cwd=cwd or self.root,
            env={**kept, **environment},
            capture_output=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Result(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode())


@pytest.fixture
def solved(tmp_path: Path) -> SmallCourse:
    """The small course with everything right."""
    return build(tmp_path / "exercises", FIRST_RIGHT, SECOND_RIGHT)


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    """The small course with nothing done."""
    return build(tmp_path / "exercises")


def build(root: Path, first: str = FIRST_STUB, second: str = SECOND_STUB) -> SmallCourse:
    """Write the hand-out of the small course, with these files as the student's."""
    files = {
        ".kata/catalogue.json": msgspec.json.encode(COURSE).decode(),
        ".kata/hints.json": json.dumps({e.id: ["A nudge.", "A way.", "Nearly.\nAll."] for e in _exercises()}),
        ".kata/stubs/u01_first/first.py": FIRST_STUB,
        ".kata/stubs/u02_second/second.py": SECOND_STUB,
        "u01_first/first.py": first,
        "u01_first/test_first.py": FIRST_TEST,
        "u01_first/README.md": "# First\n",
        "u02_second/second.py": second,
        "u02_second/test_second.py": SECOND_TEST,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(REPOSITORY / "exercises" / "pytest.ini", root / "pytest.ini")
    return SmallCourse(root)


def _exercises() -> list[Exercise]:
    return [exercise for unit in COURSE.units for exercise in unit.exercises]
