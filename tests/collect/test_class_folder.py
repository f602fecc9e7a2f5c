"""Who handed something in: ids, entries, doubles, and folders that are no class."""

import os

import pytest

from grader.collect.folder import class_entries, collect_class, safe_ids
from grader.errors import UsageError

SLOPES = "u01_slopes/slopes.py"


def test_a_folder_and_every_kind_of_archive(handed_in):
    handed_in.put("ada", {SLOPES: "a = 1\n"})
    handed_in.zip("bob.zip", {SLOPES: "a = 2\n"})
    handed_in.tar("cyd.tar", {SLOPES: "a = 3\n"})
    handed_in.tar("dan.tar.gz", {SLOPES: "a = 4\n"}, "gz")
    handed_in.tar("eve.tgz", {SLOPES: "a = 5\n"}, "gz")
    handed_in.tar("fay.tar.xz", {SLOPES: "a = 6\n"}, "xz")
    handed_in.zip("Gus.ZIP", {SLOPES: "a = 7\n"})
    handed_in.tar("hal.tar.bz2", {SLOPES: "a = 8\n"}, "bz2")
    handed_in.tar("ida.tbz2", {SLOPES: "a = 9\n"}, "bz2")
    found = handed_in.collect()
    assert {id: s.sources[SLOPES] for id, s in found.items()} == {
        id: f"a = {i}\n"
        for i, id in enumerate(("ada", "bob", "cyd", "dan", "eve", "fay", "Gus", "hal", "ida"), 1)
    }
    assert not any(s.problems or s.ignored for s in found.values())


def test_other_files_are_skipped(handed_in):
    handed_in.put("ada", {SLOPES: ""})
    for name in ("roster.csv", "README", "notes.txt", ".DS_Store", ".zip", "ada.py"):
        (handed_in.folder / name).write_text("x")
    for name in (".git", "__MACOSX"):
        (handed_in.folder / name).mkdir()
    os.symlink("roster.csv", handed_in.folder / "list")
    assert list(handed_in.collect()) == ["ada"]


def test_a_folder_and_an_archive_of_one_student_are_both_refused(handed_in):
    handed_in.put("ada", {SLOPES: "a = 1\n"})
    handed_in.zip("ada.zip", {SLOPES: "a = 2\n"})
    ada = handed_in.one()
    assert not ada.sources
    assert ada.problems == ("ada: was handed in as ada.zip too, keep one; nothing of it was read",)


def test_links_pipes_and_folders_with_an_archives_name(handed_in, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret.zip").write_bytes(b"PK")
    os.symlink(tmp_path / "secret", handed_in.folder / "ada")
    os.symlink(tmp_path / "secret.zip", handed_in.folder / "bob.zip")
    os.symlink(tmp_path / "nothing", handed_in.folder / "cyd")
    os.mkfifo(handed_in.folder / "dan.zip")
    (handed_in.folder / "eve.tar").mkdir()
    assert {id: s.problems for id, s in handed_in.collect().items()} == {
        "ada": ("ada: is a link; nothing of it was read",),
        "bob": ("bob.zip: is a link; nothing of it was read",),
        "cyd": ("cyd: is a link; nothing of it was read",),
        "dan": ("dan.zip: is a device or pipe; nothing of it was read",),
        "eve": ("eve.tar: is a folder; nothing of it was read",),
    }


def test_archives_of_other_kinds_are_not_lost(handed_in):
    for name in ("ada.rar", "bob.7z", "cyd.tar.zst", "dan.bundle", "eve.py.gz"):
        (handed_in.folder / name).write_bytes(b"x")
    found = handed_in.collect()
    assert list(found) == ["ada", "bob", "cyd", "dan", "eve.py"]
    assert all("only folders, .zip, .tar" in s.problems[0] and len(s.problems) == 1 for s in found.values())


def test_a_name_that_is_no_id_is_graded_under_a_safe_one(handed_in):
    names = ["Ada Lovelace", "Ada_Lovelace", "=cmd", "a\x1b[2Jb", "\u202egpj", "é", "x" * 100, "-rf"]
    for name in names:
        handed_in.put(name, {SLOPES: f"# {name!a}\n"})
    os.mkdir(os.fsencode(handed_in.folder) + b"/\xff\xfe")
    found = handed_in.collect()
    assert len(found) == len(names) + 1
    assert {s.sources.get(SLOPES) for s in found.values()} == {f"# {n!a}\n" for n in names} | {None}
    assert not found["Ada_Lovelace"].problems
    assert "graded as Ada_Lovelace_2" in found["Ada_Lovelace_2"].problems[0]
    assert "Ada Lovelace" in found["Ada_Lovelace_2"].problems[0]
    assert "is no student's id" in found["x_cmd"].problems[0]


def test_safe_ids_are_unique_allowed_and_independent_of_order():
    names = ["a b", "a_b", "a/b", "a\\b", "..", ".", "", "a_b_2", "ü" * 99, "ü" * 98]
    ids = safe_ids(names)
    assert ids == safe_ids(reversed(names))
    assert len(set(ids.values())) == len(names)
    assert ids["a_b"] == "a_b"
    assert ids["a_b_2"] == "a_b_2"
    assert all(id[0].isalnum() and len(id) <= 64 and not set(id) & set("/\\ ") for id in ids.values())


def test_a_class_that_is_none(handed_in, catalogue):
    with pytest.raises(UsageError, match="holds no submission") as caught:
        collect_class(handed_in.folder, catalogue)
    assert "one folder or archive per student" in caught.value.help
    (handed_in.folder / "roster.csv").write_text("id\n")
    for path, what in (
        (handed_in.folder, "holds no submission"),
        (handed_in.folder / "roster.csv", "is a file, not a folder"),
        (handed_in.folder / "missing", "no such folder"),
        (handed_in.folder / "a\0b", "cannot be listed"),
    ):
        with pytest.raises(UsageError, match=what):
            collect_class(path, catalogue)


def test_the_result_does_not_depend_on_the_order_of_the_folder(handed_in, monkeypatch):
    for name in ("a b", "a_b", "a-b", "zoe", "Ada"):
        handed_in.put(name, {SLOPES: "", "x/rules.py": "", "x/y/notes.txt": "", "y/notes.txt": ""})
    first = list(handed_in.collect().values())
    scandir = os.scandir

    class Backwards:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", Backwards)
    assert list(handed_in.collect().values()) == first


def test_one_that_breaks_the_reader_does_not_break_the_class(handed_in, monkeypatch):
    handed_in.put("ada", {SLOPES: "a = 1\n"})
    handed_in.zip("bob.zip", {SLOPES: "a = 2\n"})

    def broken(self):
        raise MemoryError

    monkeypatch.setattr("grader.collect.zips.ZipUpload.members", broken)
    found = handed_in.collect()
    assert found["ada"].sources
    assert found["bob"].problems == ("bob.zip: cannot be read (MemoryError); nothing of it was read",)


def test_a_loose_answer_does_not_vanish(handed_in):
    handed_in.put("ada", {SLOPES: ""})
    for name in ("ada.py", "bob.py", "cyd.ipynb"):
        (handed_in.folder / name).write_text("x = 1\n")
    found = handed_in.collect()
    assert sorted(found) == ["ada", "bob", "cyd"]
    assert not found["ada"].problems
    for id, name in (("bob", "bob.py"), ("cyd", "cyd.ipynb")):
        assert not found[id].sources
        assert f"{name}: is a single file" in found[id].problems[0]


def test_a_class_is_listed_at_once_and_read_one_by_one(handed_in, catalogue, memory_of):
    for id in ("ada", "bob", "cyd"):
        handed_in.put(id, {SLOPES: "#" * 200_000})
    entries, peak = memory_of(lambda: class_entries(handed_in.folder, catalogue))
    assert [entry.id for entry in entries] == ["ada", "bob", "cyd"]
    assert peak < 100_000
    (handed_in.folder / "bob" / SLOPES).write_text("later\n")
    assert [len(entry.read().sources[SLOPES]) for entry in entries] == [200_000, 6, 200_000]
    assert collect_class(handed_in.folder, catalogue) == [entry.read() for entry in entries]


def test_what_is_wrong_with_the_class_is_said_before_anybody_is_read(handed_in, catalogue):
    with pytest.raises(UsageError, match="holds no submission"):
        class_entries(handed_in.folder, catalogue)


def test_one_person_whose_name_is_spelled_in_two_ways(handed_in):
    handed_in.put("Zo\xeb", {SLOPES: "a = 1\n"})
    handed_in.zip("Zoe\u0308.zip", {SLOPES: "a = 2\n"})
    found = handed_in.one()
    assert not found.sources
    assert "was handed in as Zo\xeb too" in found.problems[-1] or "Zoe\u0308.zip too" in found.problems[-1]


@pytest.mark.parametrize("name", ["CON", "nul.x", "com1", "ada.", "..ada", "aux"])
def test_a_name_that_some_system_cannot_write_is_no_id(name):
    (id,) = safe_ids([name]).values()
    assert id != name
    assert id[-1] != "."
    assert id.partition(".")[0].lower() not in {"con", "nul", "com1", "aux"}
