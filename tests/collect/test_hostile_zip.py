"""Zip archives that lie, explode, reach out, or are none."""

import stat
import struct
import warnings
import zipfile

import pytest

from grader.collect.submission import MIB, Bounds

SLOPES, RULES = "u01_slopes/slopes.py", "u02_rules/rules.py"
CENTRAL, LOCAL = b"PK\1\2", b"PK\3\4"


def patch(path, at_central: int, at_local: int, value: bytes) -> None:
    """Overwrite one field of the first member, in both places where the format keeps it."""
    data = bytearray(path.read_bytes())
    for magic, at in ((CENTRAL, at_central), (LOCAL, at_local)):
        start = data.index(magic) + at
        data[start : start + len(value)] = value
    path.write_bytes(data)


def special(path, members: dict[str, int]) -> None:
    """A zip whose members have these modes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    ("name", "shown", "why"),
    [
        ("../../etc/cron.d/x", "../../etc/cron.d/x", "leaves the archive"),
        (f"../{SLOPES}", f"../{SLOPES}", "leaves the archive"),
        (f"a/../../{SLOPES}", f"a/../../{SLOPES}", "leaves the archive"),
        (f"/{SLOPES}", f"/{SLOPES}", "is an absolute path"),
        ("C:/slopes.py", "C:/slopes.py", "is an absolute path"),
        ("u01_slopes\\slopes.py", "u01_slopes\\slopes.py", "has a backslash in its name"),
        (f"{SLOPES}\0.txt", f"{SLOPES}\\x00.txt", "has a null character in its name"),
        ("x" * 600 + "/slopes.py", "x" * 119 + "…", "has an absurdly long name"),
        ("d/" * 40 + "slopes.py", ("d/" * 60)[:80] + "slopes.py", "has an absurdly long name"),
    ],
)
def test_names_that_reach_out_are_refused_and_the_rest_is_read(handed_in, name, shown, why):
    handed_in.zip("ada.zip", {name: "evil", RULES: "r"})
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.problems == (f"ada.zip: {shown}: {why}; it was not read",)


def test_hundreds_of_refusals_are_cut_with_their_count(handed_in):
    handed_in.zip("ada.zip", {f"../{i:03}": "" for i in range(300)})
    problems = handed_in.one().problems
    assert len(problems) == 21
    assert problems[-1] == "ada.zip: and 280 more"


def test_links_and_devices_are_refused(handed_in):
    special(
        handed_in.folder / "ada.zip",
        {
            SLOPES: stat.S_IFLNK | 0o777,
            "pipe": stat.S_IFIFO,
            "dev": stat.S_IFCHR,
            RULES: stat.S_IFREG | 0o644,
        },
    )
    found = handed_in.one()
    assert found.sources == {RULES: "/etc/passwd"}
    assert found.problems == (
        "ada.zip: dev: is a device or pipe; it was not read",
        "ada.zip: pipe: is a device or pipe; it was not read",
        f"ada.zip: {SLOPES}: is a link; it was not read",
    )


def test_the_same_name_twice_is_ambiguous(handed_in):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(handed_in.folder / "ada.zip", "w") as archive:
            archive.writestr(SLOPES, "1")
            archive.writestr(SLOPES, "2")
    found = handed_in.one()
    assert not found.sources
    assert "ambiguous" in found.problems[0]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"PK", "is not a readable zip archive"),
        (b"no zip at all" * 100, "is not a readable zip archive"),
        (b"PK\5\6" + bytes(18), "is empty"),
        (b"PK\5\6" + b"\xff" * 18, "is not a readable zip archive"),
        (b"\x1f\x8b" + bytes(100), "is not a readable zip archive"),
    ],
)
def test_what_is_no_zip_is_one_problem(handed_in, data, what):
    (handed_in.folder / "ada.zip").write_bytes(data)
    handed_in.put("bob", {SLOPES: "b"})
    found = handed_in.collect()
    assert found["ada"].problems == (f"ada.zip: {what}; nothing of it was read",)
    assert not found["ada"].sources
    assert found["bob"].sources


def test_every_truncation_of_a_zip_is_read_or_is_one_problem(handed_in):
    path = handed_in.zip("ada.zip", {SLOPES: "a = 1\n" * 50})
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        found = handed_in.one()
        assert not found.sources
        assert len(found.problems) == 1


def test_flipped_bytes_never_raise(handed_in):
    path = handed_in.zip("ada.zip", {SLOPES: "a = 1\n" * 9, RULES: "r"})
    whole = path.read_bytes()
    for at in range(len(whole)):
        for flip in (0xFF, 0x80, 0x01):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            found = handed_in.one()
            assert found.sources.get(SLOPES) in (None, "a = 1\n" * 9)


def test_a_password_is_one_problem(handed_in):
    path = handed_in.zip("ada.zip", {SLOPES: "s"})
    patch(path, 8, 6, b"\1\0")
    assert handed_in.one().problems == ("ada.zip: is protected by a password; nothing of it was read",)


def test_one_encrypted_member_among_others(handed_in):
    path = handed_in.zip("ada.zip", {SLOPES: "s", RULES: "r"})
    patch(path, 8, 6, b"\1\0")
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.problems == (f"ada.zip: {SLOPES}: is encrypted; it was not read",)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_unpacked_in_steps_are_refused(handed_in, method):
    handed_in.zip("ada.zip", {SLOPES: bytes(10 * MIB)}, method)
    problem = "ada.zip: is compressed in a way that is not supported; nothing of it was read"
    assert handed_in.one().problems == (problem,)


def test_an_unknown_method_of_one_member(handed_in):
    path = handed_in.zip("ada.zip", {SLOPES: "s", RULES: "r"})
    patch(path, 10, 8, b"\x63\0")
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert "is compressed in a way that is not supported" in found.problems[0]


def zeros(path, name: str, size: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(size // MIB):
            member.write(bytes(MIB))


def test_a_bomb_is_refused_by_what_it_claims(handed_in, memory_of):
    zeros(handed_in.folder / "ada.zip", SLOPES, 64 * MIB)
    found, peak = memory_of(lambda: handed_in.one(Bounds(unpacked=16 * MIB)))
    assert found.problems == ("ada.zip: unpacks to more than 16 MiB; nothing of it was read",)
    assert peak < 4 * MIB


def test_a_bomb_within_the_whole_limit_is_refused_as_a_file(handed_in, memory_of):
    zeros(handed_in.folder / "ada.zip", SLOPES, 64 * MIB)
    found, peak = memory_of(handed_in.one)
    assert found.problems == (f"ada.zip: {SLOPES}: is larger than 256 KiB; it was not read",)
    assert peak < 4 * MIB


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks(handed_in, memory_of):
    path = handed_in.folder / "ada.zip"
    zeros(path, SLOPES, 64 * MIB)
    patch(path, 24, 22, struct.pack("<I", 100))
    found, peak = memory_of(handed_in.one)
    assert found.problems == (f"ada.zip: {SLOPES}: is damaged (BadZipFile); it was not read",)
    assert peak < 4 * MIB


def test_a_bomb_that_nobody_asked_for_is_never_unpacked(handed_in, memory_of):
    path = handed_in.folder / "ada.zip"
    zeros(path, "a.bin", 64 * MIB)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SLOPES, "s")
    found, peak = memory_of(handed_in.one)
    assert found.sources == {SLOPES: "s"}
    assert found.ignored == ("a.bin",)
    assert peak < 4 * MIB


def test_too_many_members_and_a_table_of_contents_without_end(handed_in, memory_of):
    handed_in.zip("ada.zip", {f"{i}.txt": "" for i in range(3000)})
    assert handed_in.one().problems == ("ada.zip: holds more than 2000 files; nothing of it was read",)
    found, peak = memory_of(lambda: handed_in.one(Bounds(listing=50_000)))
    problem = "ada.zip: its table of contents is absurdly large; nothing of it was read"
    assert found.problems == (problem,)
    assert peak < MIB


def test_an_archive_that_is_too_large_is_not_opened(handed_in):
    with (handed_in.folder / "ada.zip").open("wb") as file:
        file.truncate(65 * MIB)
    assert handed_in.one().problems == ("ada.zip: is larger than 64 MiB; nothing of it was read",)


def test_an_archive_in_an_archive_is_only_a_file(handed_in):
    inner = handed_in.zip("inner.zip", {SLOPES: "s"})
    data = inner.read_bytes()
    inner.unlink()
    handed_in.zip("ada.zip", {"inner.zip": data, RULES: "r"})
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.ignored == ("inner.zip",)


def test_members_on_top_of_each_other_are_refused(handed_in):
    """One packed piece under two names: each reader of zips may see another file."""
    path = handed_in.zip("ada.zip", {SLOPES: "a" * 100, RULES: "b" * 100})
    data = bytearray(path.read_bytes())
    second = data.index(CENTRAL, data.index(CENTRAL) + 1)
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    path.write_bytes(data)
    problem = "ada.zip: holds files that lie on top of each other; nothing of it was read"
    assert handed_in.one().problems == (problem,)


def test_a_table_of_contents_that_names_other_files_than_are_there(handed_in):
    path = handed_in.zip("ada.zip", {"u01_slopes/slopez.py": "hidden", RULES: "r"})
    data = path.read_bytes()
    at = data.rindex(b"slopez.py")  # in the table only
    path.write_bytes(data[:at] + b"slopes.py" + data[at + 9 :])
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.problems == (f"ada.zip: {SLOPES}: is damaged (BadZipFile); it was not read",)


def test_sizes_of_64_bits_are_read_and_may_lie(handed_in):
    path = handed_in.folder / "ada.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open(SLOPES, "w", force_zip64=True) as file:
        file.write(b"s")
    assert handed_in.one().sources == {SLOPES: "s"}
    data = path.read_bytes()
    at = data.rindex(CENTRAL)
    size, where = struct.pack("<I", 0xFFFFFFFF), struct.pack("<HHQ", 1, 8, 1 << 62)
    table = bytearray(data[at : data.rindex(b"PK\5\6")])
    table[24:28], table[30:32] = size, struct.pack("<H", len(where))
    end = bytearray(data[data.rindex(b"PK\5\6") :])
    end[12:16] = struct.pack("<I", len(table) + len(where))
    path.write_bytes(data[:at] + table + where + end)
    assert handed_in.one().problems == ("ada.zip: unpacks to more than 128 MiB; nothing of it was read",)


def test_names_that_are_not_what_they_say(handed_in):
    """cp437 as old zips have it, UTF-8 that is none, and accents in both spellings."""
    handed_in.zip("ada.zip", {f"Übung/{SLOPES}": "s", "e\u0301.txt": "", "\xe9.txt": ""})
    assert handed_in.one().sources == {SLOPES: "s"}
    path = handed_in.zip("ada.zip", {f"x\xe9/{SLOPES}": "s"})
    whole = path.read_bytes()
    path.write_bytes(whole.replace("x\xe9".encode(), b"x\xff\xfe"))
    assert handed_in.one().problems == ("ada.zip: is not a readable zip archive; nothing of it was read",)
    path.write_bytes(whole.replace("x\xe9".encode(), b"x\x9c\x9d").replace(b"\0\x08\0\0", b"\0\0\0\0"))
    assert len(handed_in.one().problems) <= 1


def test_a_virtual_environment_in_an_archive_does_not_count(handed_in):
    rest = {f"env/lib/{i}.py": "" for i in range(60)} | {"env/lib/slopes.py": "x", "env/pyvenv.cfg": ""}
    handed_in.zip("ada.zip", {SLOPES: "s", **rest})
    found = handed_in.one(Bounds(members=10))
    assert found.sources == {SLOPES: "s"}
    assert found.ignored == ("env/",)
    assert not found.problems


def test_an_archive_that_holds_only_an_archive_says_so(handed_in):
    handed_in.zip("ada.zip", {"work/all.tar.gz": "x"})
    (problem,) = handed_in.one().problems
    assert problem.endswith("slopes.py; work/all.tar.gz is an archive inside, which is not opened")
