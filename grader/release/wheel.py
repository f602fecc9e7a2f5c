"""The wheel of katagrad, for hand-outs and autograders.

Built from the source tree, or packed again as it was installed. No network is asked, and the same sources
give the same bytes.
"""

import base64
import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path

import grader
from grader.errors import GraderError, UsageError
from grader.release.zipped import zipped

BACKEND = "setuptools"
LEAST = 77  # of setuptools: what pyproject.toml asks for
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "grader")
BUILD = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
# Of the wheel's own description; an installer adds more beside it.
OWN = {"METADATA", "WHEEL", "entry_points.txt", "top_level.txt"}
HELP_AGAIN = "Install katagrad again from its wheel or its source tree."


@dataclass(frozen=True)
class Wheel:
    """name: of the file, katagrad-VERSION-py3-none-any.whl    data: its bytes"""

    name: str
    data: bytes

    def requires(self, extra: str = "") -> list[str]:
        """The ranges of packages that it needs, in its order; with an extra, what that adds."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            head = HeaderParser().parsestr(archive.read(name).decode())
        lines = [line.partition(";") for line in head.get_all("Requires-Dist", [])]
        wanted = [line.strip() for line, _, mark in lines if _extra(mark) == extra]
        return [line for line in wanted if not line.startswith("katagrad")]


def _extra(mark: str) -> str:
    found = re.search(r"""extra\s*==\s*["']([^"']+)["']""", mark)
    return found[1] if found else ""


def make_wheel() -> Wheel:
    """The wheel of the katagrad that runs.

    From a source tree setuptools builds it; where katagrad was installed from a wheel, the files that were
    installed are packed again. Raises UsageError where neither is possible, and says what is needed.
    """
    root = Path(grader.__file__).resolve().parents[1]
    wheel = _build(root) if (root / "pyproject.toml").is_file() else _pack_installed()
    if not wheel.name.startswith(f"katagrad-{grader.__version__}-"):
        raise GraderError(f"{wheel.name} was made, but this is katagrad {grader.__version__}", HELP_AGAIN)
    return wheel


def _build(root: Path) -> Wheel:
    try:
        version = metadata.version(BACKEND)
    except metadata.PackageNotFoundError:
        version = "0"
    if int(version.partition(".")[0]) < LEAST:
        what = f"the wheel of katagrad is built by {BACKEND} {LEAST} or newer, which is not installed"
        raise UsageError(what, f'pip install "{BACKEND}>={LEAST}"')
    with tempfile.TemporaryDirectory(prefix="katagrad-") as folder:
        tree, out = Path(folder) / "tree", Path(folder) / "out"
        tree.mkdir()
        for name in SOURCES:
            here, there = root / name, tree / name
            if here.is_dir():
                shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(here, there)
        done = subprocess.run(
            [sys.executable, "-I", "-c", BUILD, str(out)],
            cwd=tree, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        if done.returncode:
            last = done.stderr.strip().split("\n")[-1]
            raise GraderError(f"{BACKEND} could not build the wheel of katagrad: {last}", "Please report it.")
        name = done.stdout.strip().split("\n")[-1]
        with zipfile.ZipFile(out / name) as archive:
            files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    return Wheel(name, zipped(_with_record(files)))


def _pack_installed() -> Wheel:
    """The wheel that this katagrad was installed from. Each file must still be what was installed."""
    files: dict[str, bytes] = {}
    dist = metadata.distribution("katagrad")
    info = f"katagrad-{dist.version}.dist-info"
    for path in dist.files or ():
        is_own = path.parts[0] == info and (path.name in OWN or "licenses" in path.parts)
        if path.hash is None or not (is_own or path.parts[0] == "grader"):
            continue  # compiled, the script `kata`, or the installer's
        data = path.read_binary()
        if _hashed(data) != f"{path.hash.mode}={path.hash.value}":
            raise UsageError(f"{path.locate()} is not as it was installed", HELP_AGAIN)
        files[path.as_posix()] = data
    if "grader/__init__.py" not in files or f"{info}/WHEEL" not in files:
        raise UsageError("how katagrad was installed does not show which files belong to it", HELP_AGAIN)
    return Wheel(f"katagrad-{dist.version}-py3-none-any.whl", zipped(_with_record(files)))


def _with_record(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with their list, RECORD, written anew: sorted, so that both ways give the same bytes."""
    (metadata_file,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    own = metadata_file.replace("/METADATA", "/RECORD")
    rows = [(name, _hashed(files[name]), len(files[name])) for name in sorted(files) if name != own]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*rows, (own, "", "")])
    return {**files, own: text.getvalue().encode()}


def _hashed(data: bytes) -> str:
    value = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={value}"
