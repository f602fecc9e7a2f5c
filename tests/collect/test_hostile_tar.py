"""Tar archives: all the dialects that honest tools write, and all the lies of the others."""

import gzip
import io
import lzma
import tarfile

import pytest

from grader.collect.submission import MIB, Bounds

SLOPES, RULES = "u01_slopes/slopes.py", "u02_rules/rules.py"


def member(name: str, type: bytes = tarfile.REGTYPE, data: bytes = b"", size: int | None = None) -> bytes:
    """One member as it lies in the archive; `size` may lie."""
    info = tarfile.TarInfo(name)
    info.type = type
    info.linkname = "/etc/passwd" if type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    info.size = len(data) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


END = bytes(1024)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_every_dialect(handed_in, form):
    prefix = "/".join(["long"] * 25)
    files = {f"{prefix}/{SLOPES}": "s", f"./{RULES}": "r", f"{prefix}/ä.txt": "x"}
    handed_in.tar("ada.tar", files, form=form)
    found = handed_in.one()
    assert found.sources == {SLOPES: "s", RULES: "r"}
    assert found.ignored == (f"{prefix}/ä.txt"[:119] + "…",)
    assert not found.problems


def test_a_tar_made_from_a_real_folder(handed_in):
    ada = handed_in.put("ada", {SLOPES: "s" * 1000, RULES: "", "x/y/z.txt": "x"})
    with tarfile.open(handed_in.folder / "bob.tar.gz", "w:gz") as archive:
        archive.add(ada, "bob")
    found = handed_in.collect()
    assert found["bob"].sources == found["ada"].sources
    assert not found["bob"].problems


def test_links_devices_and_names_that_reach_out(handed_in):
    data = b"".join(
        [
            member(SLOPES, tarfile.SYMTYPE),
            member("hard.py", tarfile.LNKTYPE),
            member("pipe", tarfile.FIFOTYPE),
            member("dev", tarfile.CHRTYPE),
            member("odd", b"Z", b"data"),
            member("../x.py", data=b"x"),
            member("/abs.py", data=b"x"),
            member(RULES, data=b"r"),
        ]
    )
    (handed_in.folder / "ada.tar").write_bytes(data + END)
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert [p.removeprefix("ada.tar: ").split(";")[0] for p in found.problems] == [
        "../x.py: leaves the archive",
        "/abs.py: is an absolute path",
        "dev: is a device or pipe",
        "hard.py: is a link",
        "odd: is of a kind that is not supported",
        "pipe: is a device or pipe",
        f"{SLOPES}: is a link",
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ada.tar", b"no tar at all"),
        ("ada.tar", b"x" * 2048),
        ("ada.tar", END),
        ("ada.tar", member("x", size=1 << 33)[:512]),
        ("ada.tar", member(SLOPES, data=b"x" * 600)[:700]),
        ("ada.tar.gz", b"no gzip"),
        ("ada.tar.gz", gzip.compress(b"")),
        ("ada.tar.gz", gzip.compress(b"x" * 3000)),
        ("ada.tar.gz", gzip.compress(member(SLOPES, data=b"s") + END)[:-20]),
        ("ada.tar.gz", member(SLOPES, data=b"s") + END),
        ("ada.tar.xz", b"no xz"),
        ("ada.tar.xz", lzma.compress(member(SLOPES, data=b"s") + END)[:-40]),
        ("ada.tar.xz", lzma.compress(member(SLOPES, data=b"s") + END, lzma.FORMAT_ALONE)),
        ("ada.tar", member("x", tarfile.GNUTYPE_LONGNAME, size=1 << 30)),
        ("ada.tar", member("x", tarfile.XHDTYPE, b"99999 path=x\n")),
        ("ada.tar", member("x", tarfile.XHDTYPE, b"0 path=x\n") + END),
        ("ada.tar", member("x", tarfile.XHDTYPE, b"-1 path=x\n") + END),
        ("ada.tar", member("x", tarfile.XHDTYPE, b"10 size=-9\n") + member("x") + END),
        ("ada.tar", member("x", size=-512) + END),
    ],
    ids=range(19),
)
def test_what_is_no_tar_is_one_problem(handed_in, name, data):
    (handed_in.folder / name).write_bytes(data)
    handed_in.put("bob", {SLOPES: "b"})
    found = handed_in.collect()
    (problem,) = found["ada"].problems
    assert problem.startswith(f"{name}: ")
    assert problem.endswith("; nothing of it was read")
    assert not found["ada"].sources
    assert found["bob"].sources


@pytest.mark.parametrize("packing", ["", "gz", "xz"])
def test_every_truncation_is_read_or_is_one_problem(handed_in, packing):
    suffix = f".{packing}" if packing else ""
    path = handed_in.tar(f"ada.tar{suffix}", {SLOPES: "a = 1\n", RULES: "r"}, packing)
    whole = path.read_bytes()
    for end in range(0, min(len(whole), 3000), 1 if packing else 100):
        path.write_bytes(whole[:end])
        found = handed_in.one()
        assert len(found.problems) <= 1
        assert bool(found.problems) != bool(found.sources)
        assert found.sources.get(SLOPES) in (None, "a = 1\n")


def test_flipped_bytes_never_raise(handed_in):
    path = handed_in.tar("ada.tar", {SLOPES: "a = 1\n", "ä" * 80: "r"}, form=tarfile.PAX_FORMAT)
    whole = path.read_bytes()
    for at in range(0, 3000, 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        handed_in.one()


def zeros(blocks: int) -> io.BytesIO:
    """A tar, packed by gzip, of one member that claims to hold nothing; zeros of 1 MiB each follow it."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as stream:
        stream.write(member(SLOPES, size=blocks * MIB))
        for _ in range(blocks):
            stream.write(bytes(MIB))
    return packed


@pytest.mark.parametrize("most", [16, 128])
def test_a_bomb_is_refused_with_constant_memory(handed_in, memory_of, most):
    (handed_in.folder / "ada.tar.gz").write_bytes(zeros(64).getvalue())
    found, peak = memory_of(lambda: handed_in.one(Bounds(unpacked=most * MIB)))
    if most < 64:
        assert found.problems == (f"ada.tar.gz: unpacks to more than {most} MiB; nothing of it was read",)
    else:
        assert found.problems == (f"ada.tar.gz: {SLOPES}: is larger than 256 KiB; it was not read",)
    assert peak < 4 * MIB


@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("xz", lzma.compress)])
def test_a_stream_that_never_ends_is_stopped(handed_in, suffix, compress):
    many = b"".join(member(f"{i}", data=bytes(2000)) for i in range(1000))
    (handed_in.folder / f"ada.tar.{suffix}").write_bytes(compress(many))
    found = handed_in.one(Bounds(unpacked=MIB))
    assert found.problems == (f"ada.tar.{suffix}: unpacks to more than 1 MiB; nothing of it was read",)
    found = handed_in.one(Bounds(members=100))
    assert found.problems == (f"ada.tar.{suffix}: holds more than 100 files; nothing of it was read",)


def test_headers_without_end_are_stopped(handed_in, memory_of):
    long = member("x", tarfile.GNUTYPE_LONGNAME, b"x" * 60_000)
    (handed_in.folder / "ada.tar").write_bytes(long * 200 + member(SLOPES, data=b"s") + END)
    found, peak = memory_of(handed_in.one)
    assert found.problems == ("ada.tar: has absurdly large headers; nothing of it was read",)
    assert peak < 4 * MIB
