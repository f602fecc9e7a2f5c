"""Folders that try to reach out of themselves, to hang the grader, or to drown it."""

import os
import shutil
import socket

import pytest

from grader.collect.files import open_folder, open_regular
from grader.collect.folder import class_entries
from grader.collect.member import Unreadable
from grader.collect.submission import Bounds

SLOPES, RULES = "u01_slopes/slopes.py", "u02_rules/rules.py"


def test_links_are_never_followed(handed_in, tmp_path):
    (tmp_path / "slopes.py").write_text("secret")
    (tmp_path / "u02_rules").mkdir()
    (tmp_path / RULES).write_text("secret")
    ada = handed_in.put("ada", {"u01_slopes/x.txt": ""})
    os.symlink(tmp_path / "slopes.py", ada / SLOPES)
    os.symlink(tmp_path / "u02_rules", ada / "u02_rules")
    os.symlink(".", ada / "loop")
    found = handed_in.one()
    assert not found.sources
    assert found.problems == (
        "ada: loop: is a link; it was not read",
        f"ada: {SLOPES}: is a link; it was not read",
        "ada: u02_rules: is a link; it was not read",
    )


def test_pipes_and_sockets_are_never_opened(handed_in, monkeypatch):
    ada = handed_in.put("ada", {RULES: "r", "u01_slopes/x.txt": ""})
    os.mkfifo(ada / SLOPES)
    monkeypatch.chdir(ada)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.problems == (
        "ada: s: is a device or pipe; it was not read",
        f"ada: {SLOPES}: is a device or pipe; it was not read",
    )


def test_a_file_that_turns_into_a_link_or_a_pipe_is_refused_when_it_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.symlink("/etc/hostname", tmp_path / "link")
    for name, what in (("pipe", "not a regular file"), ("link", "cannot be opened"), (".", "not a regular")):
        with pytest.raises(Unreadable, match=what), open_regular(tmp_path / name):
            pass


def test_names_from_other_systems_are_refused_and_shown_harmlessly(handed_in):
    handed_in.put(
        "ada", {SLOPES: "s", "..\\..\\x.py": "", "C:x.py": "", "a\x1b[2J\n.txt": "", "b\u202e.txt": ""}
    )
    found = handed_in.one()
    assert found.sources == {SLOPES: "s"}
    assert found.problems == (
        "ada: ..\\..\\x.py: has a backslash in its name; it was not read",
        "ada: C:x.py: is an absolute path; it was not read",
    )
    assert found.ignored == ("a\\x1b[2J\\n.txt", "b\\u202e.txt")


def test_too_many_files(handed_in):
    handed_in.put("ada", {SLOPES: "s", **{f"x/{i}": "" for i in range(20)}})
    handed_in.put("bob", {SLOPES: "s"})
    found = handed_in.collect(Bounds(members=10))
    assert found["ada"].problems == ("ada: holds more than 10 files; nothing of it was read",)
    assert not found["ada"].sources
    assert found["bob"].sources


def test_a_virtual_environment_or_a_repository_beside_the_answer_does_not_count(handed_in):
    rest = {f".git/objects/{i}": "" for i in range(20)} | {f"env/lib/{i}": "" for i in range(20)}
    handed_in.put("ada", {SLOPES: "s", "env/pyvenv.cfg": "", **rest})
    found = handed_in.one(Bounds(members=10))
    assert found.sources == {SLOPES: "s"}
    assert not found.problems


def test_folders_in_folders_without_end(handed_in):
    ada = handed_in.put("ada", {SLOPES: "s"})
    os.makedirs(ada / "/".join(["d"] * 200))
    found = handed_in.one()
    assert found.sources == {SLOPES: "s"}
    (problem,) = found.problems
    assert problem.endswith("has an absurdly long name; it was not read")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_files_without_rights(handed_in):
    ada = handed_in.put("ada", {SLOPES: "s", RULES: "r"})
    (ada / SLOPES).chmod(0)
    bob = handed_in.put("bob", {SLOPES: "s"})
    bob.chmod(0)
    try:
        found = handed_in.collect()
    finally:
        bob.chmod(0o700)
    assert found["ada"].sources == {RULES: "r"}
    assert "cannot be opened: Permission denied" in found["ada"].problems[0]
    assert "cannot be listed: Permission denied" in found["bob"].problems[0]


def test_an_empty_folder(handed_in):
    handed_in.put("ada", {})
    assert handed_in.one().problems == ("ada: is empty; nothing of it was read",)


def test_a_huge_sparse_file_is_refused_unread(handed_in):
    ada = handed_in.put("ada", {SLOPES: ""})
    os.truncate(ada / SLOPES, 1 << 40)
    assert handed_in.one().problems == (f"ada: {SLOPES}: is larger than 256 KiB; it was not read",)


def test_a_folder_that_turns_into_a_link_meanwhile_is_not_followed(handed_in, tmp_path):
    """Between the listing and the reading, the folder above the file is swapped for a link."""
    (tmp_path / "u01_slopes").mkdir()
    (tmp_path / SLOPES).write_text("secret")
    ada = handed_in.put("ada", {SLOPES: "s", RULES: "r"})
    with open_folder(ada) as upload:
        members = {m.name: m for m in upload.members()}
        (ada / SLOPES).unlink()
        (ada / "u01_slopes").rmdir()
        os.symlink(tmp_path / "u01_slopes", ada / "u01_slopes")
        wanted = [members[SLOPES], members[RULES]]
        (_, first), (_, second) = upload.read(wanted, {m.index: 100 for m in wanted})
    assert isinstance(first, Unreadable)
    assert "cannot be opened" in str(first)
    assert second == b"r"


def test_a_folder_that_is_swapped_for_a_link_before_it_is_opened(handed_in, catalogue, tmp_path):
    (tmp_path / "u01_slopes").mkdir()
    (tmp_path / SLOPES).write_text("secret")
    for id in ("ada", "bob"):
        handed_in.put(id, {SLOPES: "s"})
    entries = class_entries(handed_in.folder, catalogue)
    (handed_in.folder / "ada").rename(tmp_path / "away")
    os.symlink(tmp_path, handed_in.folder / "ada")
    shutil.rmtree(handed_in.folder / "bob")
    read = {entry.id: entry.read() for entry in entries}
    assert not read["ada"].sources
    assert "ada: cannot be listed" in read["ada"].problems[0]
    assert read["bob"].problems == (
        "bob: cannot be listed: No such file or directory; nothing of it was read",
    )


def test_more_files_than_anybody_hands_in(handed_in, memory_of):
    ada = handed_in.put("ada", {SLOPES: "s"})
    (ada / "data").mkdir()
    for number in range(300):
        (ada / "data" / str(number)).touch()
    found, peak = memory_of(lambda: handed_in.one(Bounds(entries=200)))
    assert found.problems == ("ada: holds more than 200 files; nothing of it was read",)
    assert peak < 1 << 20


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_one_folder_without_rights_costs_only_what_lies_in_it(handed_in):
    ada = handed_in.put("ada", {SLOPES: "s", "old/x.txt": ""})
    (ada / "old").chmod(0)
    try:
        found = handed_in.one()
    finally:
        (ada / "old").chmod(0o700)
    assert found.sources == {SLOPES: "s"}
    assert found.problems == ("ada: old: is a folder that cannot be listed; it was not read",)


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("U01_SLOPES/Slopes.py", "slopes.py"),
        ("u01_slopes/SLOPES.PY", "slopes.py"),
        ("u01_slopes/slopes.py.txt", "slopes.py"),
        ("u01_slopes/Slopes.ipynb", "slopes.py"),
    ],
)
def test_a_name_in_other_letters_is_told_and_not_guessed(handed_in, name, named):
    handed_in.put("ada", {name: "s", RULES: "r"})
    found = handed_in.one()
    assert found.sources == {RULES: "r"}
    assert found.problems == (f"ada: {name}: is not called {named}; it was not read",)


def test_the_same_name_in_other_letters_beside_it_does_not_matter(handed_in):
    handed_in.put("ada", {SLOPES: "s", "u01_slopes/SLOPES.PY": "x", "u01_slopes/ſlopes.py": "x"})
    found = handed_in.one()
    assert found.sources == {SLOPES: "s"}
    assert found.ignored == ("u01_slopes/SLOPES.PY", "u01_slopes/ſlopes.py")
    assert not found.problems
