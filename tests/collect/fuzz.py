"""Random uploads, one after the other: whatever they hold, the class is read and each has its lines.

python tests/collect/fuzz.py [SECONDS] [SEED]     runs as long as asked; tests/collect/test_fuzz.py a moment
"""

import bz2
import gzip
import io
import json
import lzma
import random
import resource
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from functools import partial
from pathlib import Path

from grader.collect.folder import class_entries
from grader.collect.submission import MIB, Bounds
from grader.harmless import printable

PACK = {"": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": partial(lzma.compress, preset=0)}
BOUNDS = Bounds(members=40, entries=60, archive=MIB, unpacked=2 * MIB, listing=64 * 1024)
NAMES = [
    *[
        "u01_slopes/slopes.py",
        "u01_slopes/slopes.ipynb",
        "slopes.py",
        "SLOPES.PY",
        "u02_rules/rules.py",
        "x/rules.ipynb",
    ],
    *[
        "timestamp.txt",
        "u01_slopes/timestamp.txt",
        "../x",
        "/etc/passwd",
        "a\\b",
        "C:\\x",
        ".git/HEAD",
        ".git",
        "HEAD",
        "objects/x",
    ],
    *[
        "refs/y",
        "pyvenv.cfg",
        "env/pyvenv.cfg",
        "con.py",
        "é.py",
        "é.py",
        "u01_slopes/slopes.py/x",
        "__MACOSX/._x",
    ],
    *["inner.zip", ".", "//", "a//b/../c", "\u202e.py", "\x1b[2J", "", "a\0b", "\udcff", "x" * 600],
    "d/" * 40 + "slopes.py",
]
SOURCES = ("x = 1\n", ["%x\n", "y"], "\ud800", "!x\\", 3, None, "''" + "'\n%")
CELLS = [{"cell_type": "code", "source": source} for source in SOURCES]


def text(rng: random.Random) -> bytes:
    """What a member holds: Python, a notebook, a time, an archive or noise."""
    cells = rng.sample(CELLS, rng.randrange(len(CELLS)))
    whole = {"nbformat": rng.choice([3, 4, 4, 4, 9]), "cells": cells, "worksheets": [{"cells": cells}]}
    python = [b"x = 1\n", b"", b"\xff\xfea", b"\0", b"[" * 5000, b"a " * rng.randrange(60_000)]
    others = [b"2026-09-14 21:04:00 UTC", rng.randbytes(rng.randrange(300)), zipped(rng, 1)]
    return rng.choice([*python, *others, json.dumps(whole).encode()])


def zipped(rng: random.Random, most: int = 6) -> bytes:
    """A zip of a few members with odd names and modes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for _ in range(rng.randrange(most)):
            info = zipfile.ZipInfo("x")
            info.filename = rng.choice(NAMES).encode("utf-8", "replace").decode()
            info.external_attr = rng.choice([0, 0, 0, 0o120777, 0o010000]) << 16
            info.compress_type = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
            archive.writestr(info, text(rng) if most > 1 else b"x")
    return out.getvalue()


def tarred(rng: random.Random) -> bytes:
    """A tar of a few members with odd names, types and sizes."""
    out = b""
    for _ in range(rng.randrange(6)):
        data = text(rng)
        info = tarfile.TarInfo(rng.choice(NAMES).replace("\0", ""))
        info.type = rng.choice([b"0", b"0", b"0", b"0", b"5", b"1", b"2", b"6", b"S", b"L", b"x", b"g", b"V"])
        info.size = len(data) if rng.random() < 0.9 else rng.choice([0, 7, 1 << 20, 1 << 34])
        form = rng.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
        out += info.tobuf(form, errors="surrogateescape") + data + bytes(-len(data) % 512)
    return out + bytes(1024)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """The same with a few bytes changed, cut out or doubled; often untouched."""
    found = bytearray(data)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 8])):
        at = rng.randrange(len(found) + 1)
        end = min(len(found), at + rng.randrange(1, 40))
        found[at:end] = rng.choice(
            [b"", bytes(found[at:end]) * 2, rng.randbytes(end - at), b"\xff" * (end - at)]
        )
    return bytes(found)


def upload(rng: random.Random) -> tuple[str, bytes]:
    """The suffix and the bytes of an archive, or of what is none."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice([".zip", ".tar", ".tar.gz", ".tar.bz2", ".txz"]), rng.randbytes(rng.randrange(2000))
    if kind < 4:
        return ".zip", mutated(rng, zipped(rng))
    packing = rng.choice(list(PACK))
    data = mutated(rng, tarred(rng))
    cut = rng.randrange(len(data) + 1) if rng.random() < 0.3 else len(data)
    packed = PACK[packing](data[:cut]) + (PACK[packing](data[cut:]) if cut < len(data) else b"")
    return f".tar{'.' if packing else ''}{packing}", mutated(rng, packed) if rng.random() < 0.3 else packed


def tried(catalogue, folder: Path, seed: int) -> None:
    """One random upload beside an honest one. Raises AssertionError where a promise is broken."""
    suffix, data = upload(random.Random(seed))
    path = folder / f"hostile{suffix}"
    path.write_bytes(data)
    try:
        found = {entry.id: entry.read() for entry in class_entries(folder, catalogue, BOUNDS)}
    finally:
        path.unlink()
    assert found["honest"].sources == {"u01_slopes/slopes.py": "x = 1\n"}, seed
    hostile = found["hostile"]
    assert hostile.sources or hostile.problems, seed
    assert hostile.submitted_at is None, seed
    for line in (*hostile.problems, *hostile.ignored):
        assert line == printable(line), (seed, line)
        assert len(line) < 500, (seed, line)
    for line in hostile.problems:
        assert "cannot be read (" not in line, (seed, line)  # an error that nobody thought of
    for source in hostile.sources.values():
        assert len(source) < BOUNDS.source + BOUNDS.cells * 1000, seed
        assert "\0" not in source, seed
        source.encode()


def main(seconds: float, first: int) -> None:
    """Try random uploads for so long, and say how many, and how much memory they took."""
    sys.path.insert(0, str(Path(__file__).parent))
    from conftest import CATALOGUE

    warnings.simplefilter("ignore")  # zipfile finds some of what is made here odd
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "honest" / "u01_slopes").mkdir(parents=True)
        (folder / "honest" / "u01_slopes" / "slopes.py").write_text("x = 1\n")
        end, seed = time.monotonic() + seconds, first
        while time.monotonic() < end:
            tried(CATALOGUE, folder, seed)
            seed += 1
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{seed - first} uploads, each read or refused in a line; {memory} MiB of memory at most")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
