"""Hostile archives, through the class folder. What ingest does with each kind of part is tested in tests/collect."""

import io
import stat
import struct
import tarfile
import zipfile

from kata_attacks.model import INGEST, Attack

FILE = "u01_range/range.py"
ZEROS = dict.fromkeys(
    ("double", "odd_part", "fill", "box_add", "guarded", "relay", "steps", "ranked", "quadruple"), "T"
)


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    """members: (name or ZipInfo, bytes)"""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def tarred(*members, mode="w:gz"):
    """members: (name, bytes or None, changes to the TarInfo)"""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data, changes in members:
            info = tarfile.TarInfo(name)
            info.size = len(data or b"")
            for field, value in changes.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data or b""))
    return stream.getvalue()


def link_in_zip(text):
    info = zipfile.ZipInfo(FILE)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return ".zip", zipped((info, b"/etc/passwd"))


def lying_size(text):
    data = bytearray(zipped((FILE, text.encode()), method=zipfile.ZIP_STORED))
    at = data.rfind(b"PK\x01\x02")
    data[at + 20 : at + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
    return ".zip", bytes(data)


def upload(name, tries, make, problem, **more):
    given = {"expect": ZEROS} | more
    return Attack(name, tries, upload=make, problem=problem, stops=(INGEST,), why="tests/collect", **given)


ATTACKS = [
    upload(
        "a zip bomb",
        "a member that unpacks to 200 MiB of zeros",
        lambda text: (".zip", zipped((FILE, b"\0" * (200 << 20)))),
        "MiB",
    ),
    upload(
        "many members",
        "a zip of 5,000 empty files",
        lambda text: (".zip", zipped(*((f"f{i}", b"") for i in range(5_000)))),
        "files",
    ),
    upload("a lying size", "a zip whose table of contents claims 4 GiB", lying_size, ""),
    upload(
        "traversal",
        "a zip that climbs out of its folder",
        lambda text: (
            ".zip",
            zipped(
                ("../../../../../../tmp/kata-attack-" + "mark-zip", b"x"),
                ("/tmp/kata-attack-" + "mark-abs", b"x"),
            ),
        ),
        "not read",
    ),
    upload("a link in a zip", "a member that is a link to a file of the machine", link_in_zip, "link"),
    upload(
        "a link in a tar",
        "the answer is a link to the secret file",
        lambda text: (".tar.gz", tarred((FILE, None, {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}))),
        "link",
    ),
    upload(
        "a hard link in a tar",
        "the answer is a hard link to the solution",
        lambda text: (
            ".tar.gz",
            tarred((FILE, None, {"type": tarfile.LNKTYPE, "linkname": "../solutions/u01_range/range.py"})),
        ),
        "link",
    ),
    upload(
        "a device",
        "the answer is a character device",
        lambda text: (
            ".tar",
            tarred((FILE, None, {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5}), mode="w"),
        ),
        "device",
    ),
    upload(
        "a pipe",
        "the answer is a named pipe, which blocks whoever opens it",
        lambda text: (".tar", tarred((FILE, None, {"type": tarfile.FIFOTYPE}), mode="w")),
        "",
    ),
    upload(
        "twice",
        "the same name twice, right and wrong",
        lambda text: (".tar.gz", tarred((FILE, text.encode(), {}), (FILE, b"x = 1\n", {}))),
        "",
    ),
    upload(
        "half an archive",
        "a gzip stream that breaks off",
        lambda text: (".tar.gz", tarred((FILE, text.encode() * 50, {}))[:200]),
        "read",
    ),
    upload(
        "an encoding",
        "a source that is no UTF-8, with a null byte in it",
        lambda text: (".zip", zipped((FILE, b"\xff\xfe\x00double = 1\n"))),
        "read",
    ),
    upload(
        "a zip in a zip",
        "an archive that holds archives",
        lambda text: (".zip", zipped(("inner.zip", zipped((FILE, text.encode()))))),
        "",
    ),
    upload(
        "a source that is too large",
        "a source of 2 MiB",
        lambda text: (".zip", zipped((FILE, b"#" * (2 << 20)))),
        "",
    ),
]
