"""The hand-out of the real course, on a machine as students have it: what it asks for, and nothing else."""

import os
import re
import subprocess
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker

from grader.course.load import load_course
from grader.release import handout_folder
from grader.release.handout import make

ROOT = Path(__file__).parents[2]


class Bare:
    """A virtual environment without pip. The wheel is unpacked into it, what it requires is linked."""

    def __init__(self, root: Path, handout: Path) -> None:
        self.handout = handout
        venv.create(root, with_pip=False, symlinks=True)
        self.python = root / "bin" / "python"
        site = next((root / "lib").glob("python*")) / "site-packages"
        (wheel,) = handout.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        self.site = site
        for name in needed(handout / "requirements.txt"):
            link(metadata.distribution(name), site)

    def run(self, *words: str, folder: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """`python -m ...` in a folder of the hand-out, told nothing about the course that it came from."""
        told = {"PATH": os.defpath, "HOME": str(self.handout), "PYTHONUTF8": "1", "COLUMNS": "90", **env}
        return subprocess.run(
            [self.python, "-m", *words],
            cwd=self.handout / folder, env=told, check=False, capture_output=True, text=True,
        )  # fmt: skip


def needed(requirements: Path) -> set[str]:
    """The packages that an installer would bring: those of the file, and what these need."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    waiting = [name_of(line) for line in lines if line[0] not in "#./-"]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for line in metadata.requires(name) or ():
            mark = line.partition(";")[2]
            if "extra" not in mark and _holds(mark):
                waiting.append(name_of(line))
    return found


def name_of(line: str) -> str:
    return re.match(r"[\w.-]+", line)[0]


def _holds(mark: str) -> bool:
    return not mark.strip() or Marker(mark).evaluate()


def link(dist: metadata.Distribution, site: Path) -> None:
    """The folders and files of an installed package, linked into another environment."""
    for top in {path.parts[0] for path in dist.files or () if path.parts[0] not in ("..", "__pycache__")}:
        (site / top).symlink_to(Path(dist.locate_file(top)).resolve())


@pytest.fixture(scope="module")
def bare(tmp_path_factory, wheel):
    folder = tmp_path_factory.mktemp("bare")
    handout = make(load_course(ROOT), ("u01", "u02"), wheel)
    handout_folder.write(handout, folder / "handout", None)
    assert not [path for path in folder.rglob("*") if "solution" in path.name]
    return Bare(folder / "environment", folder / "handout")


def test_everything_is_to_do(bare):
    for folder, words in (("", ["exercises"]), ("", [])):
        done = bare.run("pytest", *words, folder=folder)
        assert "0/10 exercises · 10 to do" in done.stdout
        assert "next: u01.forward_difference" in done.stdout
        assert (done.returncode, done.stderr) == (1, "")


def test_katagrad_is_that_of_the_wheel(bare):
    done = bare.run("site")  # says where modules are looked for
    assert str(bare.site) in done.stdout
    assert str(ROOT) not in done.stdout
    assert bare.run("grader", "--version").stdout.startswith("katagrad ")


def test_what_is_written_is_judged(bare):
    file = bare.handout / "exercises/u01_slopes/slopes.py"
    stub = file.read_text(encoding="utf-8")
    head, rest = stub.split("    raise NotImplementedError\n", 1)
    try:
        file.write_text(f"{head}    return (f(x + h) - f(x)) / h\n{rest}", encoding="utf-8")
        done = bare.run("pytest", "exercises")
        assert "✔ forward_difference" in done.stdout
        assert "1/10 exercises · 9 to do" in done.stdout
        assert bare.run("pytest", "exercises/u01_slopes", "-k", "forward").returncode == 0
        assert "1/10 exercises" in bare.run("grader").stdout
    finally:
        file.write_text(stub, encoding="utf-8")


def test_hints_and_resetting(bare):
    assert bare.run("grader", "hint", "u01.best_step").stdout.startswith("hint 1 of 3\n")
    assert bare.run("grader", "reset", "u01.best_step", "--yes").returncode == 0


def test_the_wheel_is_packed_again_where_it_was_installed_from_one(bare, wheel, tmp_path):
    """What an instructor's own installation gives is what the source tree gives, byte for byte."""
    code = (
        "import sys; from pathlib import Path; from grader.release.wheel import make_wheel;"
        "wheel = make_wheel(); Path(sys.argv[1]).write_bytes(wheel.data); print(wheel.name)"
    )
    script = tmp_path / "again.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [bare.python, script, tmp_path / "wheel"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.stderr) == (wheel.name, "")
    assert (tmp_path / "wheel").read_bytes() == wheel.data


def test_an_installation_that_was_changed_is_not_handed_out(bare):
    file = bare.site / "grader/harmless.py"
    before = file.read_bytes()
    try:
        file.write_bytes(before + b"\n")
        code = "from grader.release.wheel import make_wheel; make_wheel()"
        done = subprocess.run([bare.python, "-I", "-c", code], check=False, capture_output=True, text=True)
        assert "grader/harmless.py is not as it was installed" in done.stderr
    finally:
        file.write_bytes(before)
