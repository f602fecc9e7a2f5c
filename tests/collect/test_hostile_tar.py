"""Tar archives: all the dialects that honest tools write, and all the lies of the others."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib

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


@pytest.mark.parametrize(
    ("packing", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
@pytest.mark.parametrize("between", [b"", bytes(512)])
def test_an_archive_in_many_packed_pieces_is_one_archive(handed_in, packing, pack, between):
    whole = member(SLOPES, data=b"s" * 700) + member(RULES, data=b"r") + END
    pieces = [whole[at : at + 300] for at in range(0, len(whole), 300)]
    path = handed_in.folder / f"ada.tar.{packing}"
    path.write_bytes(between.join(map(pack, pieces)) + b"what follows does not count")
    assert handed_in.one().sources == {SLOPES: "s" * 700, RULES: "r"}
    path.write_bytes(pack(whole[:1200]) + pack(whole[1200:])[:12])
    problem = f"ada.tar.{packing}: is cut short; nothing of it was read"
    assert handed_in.one().problems == (problem,)


@pytest.mark.parametrize(
    ("packing", "empty"), [("gz", gzip.compress(b"", mtime=0)), ("bz2", bz2.compress(b""))], ids=["gz", "bz2"]
)
def test_pieces_without_end_are_stopped(handed_in, packing, empty):
    (handed_in.folder / f"ada.tar.{packing}").write_bytes(empty * 10_001)
    problem = f"ada.tar.{packing}: is packed in more than 10000 pieces; nothing of it was read"
    assert handed_in.one().problems == (problem,)


def test_xz_may_not_ask_for_all_the_memory(handed_in):
    whole = member(SLOPES, data=b"s") + END
    for size, read in ((64 * MIB, True), (512 * MIB, False), (1536 * MIB, False)):
        data = bytearray(lzma.compress(whole, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]))
        # The size of the dictionary is one byte: 2 or 3 times a power of 2, then the header's checksum.
        data[16] = next(code for code in range(41) if (2 | code & 1) << (code // 2 + 11) == size)
        data[20:24] = zlib.crc32(data[12:20]).to_bytes(4, "little")
        (handed_in.folder / "ada.tar.xz").write_bytes(data)
        found = handed_in.one()
        if read:
            assert found.sources == {SLOPES: "s"}
        else:
            assert found.problems == (
                "ada.tar.xz: needs more than 96 MiB to be unpacked; nothing of it was read",
            )


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz"])
def test_zeros_without_end_are_stopped_whatever_packs_them(handed_in, memory_of, packing):
    pack = {
        "gz": zlib.compressobj(9, wbits=31),
        "bz2": bz2.BZ2Compressor(),
        "xz": lzma.LZMACompressor(preset=0),
    }
    packer = pack[packing]
    data = packer.compress(member("x", size=24 * MIB))
    data += b"".join(packer.compress(bytes(MIB)) for _ in range(24)) + packer.flush()
    (handed_in.folder / f"ada.tar.{packing}").write_bytes(data)
    found, peak = memory_of(lambda: handed_in.one(Bounds(unpacked=16 * MIB)))
    assert found.problems == (f"ada.tar.{packing}: unpacks to more than 16 MiB; nothing of it was read",)
    assert peak < 4 * MIB


def sparse(name: str) -> bytes:
    """An old GNU sparse file, whose map goes on in two more blocks."""
    block = bytearray(member(name, tarfile.GNUTYPE_SPARSE, size=512))
    block[482] = 1
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    more = bytearray(512)
    more[504] = 1
    return bytes(block + more + bytes(512) + b"x" * 512)


def test_sparse_files_are_refused_and_the_rest_is_read(handed_in):
    pax = b"22 GNU.sparse.major=1\n" + b"38 GNU.sparse.name=u01_slopes/wide.py\n"
    data = sparse(SLOPES) + member("h", tarfile.XHDTYPE, pax) + member("GNUSparseFile.0/wide.py", data=b"x")
    (handed_in.folder / "ada.tar").write_bytes(data + member(RULES, data=b"r") + END)
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.problems == (
        f"ada.tar: {SLOPES}: is a sparse file, which is not supported; it was not read",
        "ada.tar: u01_slopes/wide.py: is a sparse file, which is not supported; it was not read",
    )
    (handed_in.folder / "ada.tar").write_bytes(sparse(SLOPES)[:512] + sparse("x")[512:1024] * 200)
    assert handed_in.one().problems == ("ada.tar: has absurdly large headers; nothing of it was read",)


@pytest.mark.parametrize(
    "tricks",
    [
        member("x", tarfile.GNUTYPE_LONGNAME, b"../../x.py\0" + SLOPES.encode() + b"\0") + member(SLOPES),
        member("x", tarfile.XHDTYPE, b"18 path=../../x.py\n") + member(SLOPES, data=b"x"),
        member("x", tarfile.XHDTYPE, b"13 path=/etc\n") + member(SLOPES, data=b"x"),
        member("x", tarfile.XHDTYPE, b"22 path=" + SLOPES.encode()[:6] + b"\0.py\n") + member(SLOPES),
        member("x", tarfile.GNUTYPE_LONGLINK, b"/etc/passwd\0") + member(SLOPES, tarfile.SYMTYPE),
    ],
    ids=range(5),
)
def test_headers_that_rename_what_follows_lead_nowhere(handed_in, tricks):
    (handed_in.folder / "ada.tar").write_bytes(tricks + member(RULES, data=b"r") + END)
    found = handed_in.one()
    assert SLOPES not in found.sources
    assert len(found.problems) == 1
