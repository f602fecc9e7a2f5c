"""Packs the folders under `packed/` into the archives of `class/`. The bytes depend on nothing but the files.

python examples/make_archives.py
"""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PACKED = HERE / "packed"
DAY = (2026, 9, 15, 12, 0, 0)
MODE = 0o644


def zipped(folder: Path) -> bytes:
    """A zip of what lies in the folder, as a Mac makes one: with a shadow of every file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(folder):
            shadow = f"__MACOSX/{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}".replace("//", "/")
            for entry, content in ((name, data), (shadow, b"\0\5\26\7\0\2\0\0Mac OS X        ")):
                info = zipfile.ZipInfo(entry, DAY)
                info.create_system, info.external_attr = 3, MODE << 16
                archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(folder: Path) -> bytes:
    """A tar.gz of the folder itself, as `tar czf` makes one."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in _files(folder):
            info = tarfile.TarInfo(f"{folder.name}/{name}")
            info.size, info.mode = len(data), MODE
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _files(folder: Path) -> list[tuple[str, bytes]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in found]


def main() -> None:
    """Write the archives that are committed."""
    (HERE / "class" / "mina.zip").write_bytes(zipped(PACKED / "mina"))
    (HERE / "class" / "noor.tar.gz").write_bytes(tarred(PACKED / "noor"))


if __name__ == "__main__":
    main()
