"""Archives: which one a file is, by its name, and opening it. What it holds is read by zips and tars."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.collect.files import open_regular
from grader.collect.member import Unreadable, Upload
from grader.collect.submission import BOUNDS, MIB, Bounds
from grader.collect.tars import TarUpload
from grader.collect.zips import ZipUpload

TARS = {
    **{".tar.gz": "gz", ".tgz": "gz"},
    **{".tar.bz2": "bz2", ".tbz2": "bz2", ".tbz": "bz2"},
    **{".tar.xz": "xz", ".txz": "xz"},
    ".tar": "",
}
# Somebody handed these in, so they are told about; but nothing here can read them.
UNSUPPORTED = (
    *(".tar.zst", ".tzst", ".tar.lz", ".tar.lzma", ".tar.z", ".7z", ".rar", ".zipx", ".bundle"),
    *(".gz", ".bz2", ".xz", ".zst"),
)
SUFFIXES = (*TARS, ".zip", *UNSUPPORTED)
READ = "only folders, .zip, .tar, .tar.gz, .tar.bz2 and .tar.xz are read"


def split_suffix(name: str) -> tuple[str, str]:
    """The id and the suffix of an archive's name; the suffix is "" when it names none."""
    folded = name.lower()
    suffix = next((s for s in SUFFIXES if folded.endswith(s) and len(name) > len(s)), "")
    return name[: len(name) - len(suffix)], suffix


@contextmanager
def open_archive(path: Path, bounds: Bounds = BOUNDS) -> Iterator[Upload]:
    """The upload in an archive. Raises Unreadable when it is none, or too large to look at."""
    _, suffix = split_suffix(path.name)
    if suffix not in TARS and suffix != ".zip":
        raise Unreadable(f"is a {suffix} file, and {READ}")
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise Unreadable("is empty")
        if size > bounds.archive:
            raise Unreadable(f"is larger than {bounds.archive // MIB} MiB")
        yield ZipUpload(file, bounds) if suffix == ".zip" else TarUpload(file, TARS[suffix], bounds)
