"""katagrad as a wheel, made from the package that runs: no build tool, no network, always the same bytes."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import grader
from grader.errors import GraderError
from grader.report.exports.pins import GRADER, own_version

_WHEEL = "Wheel-Version: 1.0\nGenerator: katagrad\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_KINDS = frozenset({".py", ".txt", ".json", ".typed", ".html", ".css", ".js", ".j2", ".svg", ".md"})
EARLIEST = (1980, 1, 1, 0, 0, 0)  # what a zip can say; no time of making


def wheel_name() -> str:
    """katagrad-0.1.0-py3-none-any.whl"""
    return f"{GRADER}-{own_version()}-py3-none-any.whl"


def wheel() -> bytes:
    """The wheel of this installation. GraderError where the installation does not describe itself."""
    info = f"{GRADER}-{own_version()}.dist-info"
    files = {**dict(_package()), **{f"{info}/{name}": data for name, data in _described()}}
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    return zipped({name: (data, 0o644) for name, data in files.items()})


def zipped(files: dict[str, tuple[bytes, int]]) -> bytes:
    """A zip of name -> (bytes, mode), in that order, without times."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, mode) in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose modes these are
            archive.writestr(entry, data)
    return packed.getvalue()


def _package() -> Iterator[tuple[str, bytes]]:
    root = Path(grader.__file__).parent
    for path in sorted(root.rglob("*")):
        if path.suffix in _KINDS and path.is_file() and "__pycache__" not in path.parts:
            yield f"{root.name}/{path.relative_to(root).as_posix()}", path.read_bytes()


def _described() -> Iterator[tuple[str, bytes]]:
    distribution = metadata.distribution(GRADER)
    told = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO")
    points = distribution.read_text("entry_points.txt")
    if not told or not points:
        raise GraderError("this installation of katagrad is incomplete", "Install it again: pip install -e .")
    yield "METADATA", told.encode()
    yield "WHEEL", _WHEEL.encode()
    yield "entry_points.txt", points.encode()


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"sha256={digest}"
