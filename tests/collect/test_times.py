"""Whose word a time is: the instructor's side writes it into a folder or beside the upload."""

import os
from datetime import UTC, datetime

import pytest

SLOPES = "u01_slopes/slopes.py"
EARLY, LATE = "2026-09-14 21:04:00 UTC", "2026-10-01 00:00:00 UTC"
WHEN = datetime(2026, 9, 14, 21, 4, tzinfo=UTC)
PACKED = "is the student's own word inside an archive; it was not believed"
CLONED = "is the student's own word in a git repository; it was not believed"


def beside(handed_in, name: str, text: str) -> None:
    (handed_in.folder / name).write_text(text)


@pytest.mark.parametrize("where", ["timestamp.txt", "u01/timestamp.txt"])
def test_in_a_folder_it_is_believed_as_nbgrader_writes_it(handed_in, where):
    handed_in.put("ada", {f"u01/{SLOPES}": "s", where: EARLY})
    found = handed_in.one()
    assert found.submitted_at == WHEN
    assert not found.problems


@pytest.mark.parametrize("where", ["timestamp.txt", "u01_slopes/timestamp.txt"])
def test_inside_an_archive_it_is_not(handed_in, where):
    handed_in.zip("ada.zip", {SLOPES: "s", where: EARLY})
    handed_in.tar("bob.tar.gz", {SLOPES: "s", where: EARLY}, "gz")
    found = handed_in.collect()
    for id, name in (("ada", "ada.zip"), ("bob", "bob.tar.gz")):
        assert found[id].sources == {SLOPES: "s"}
        assert found[id].submitted_at is None
        assert found[id].problems == (f"{name}: {where}: {PACKED}",)
        assert found[id].ignored == (where,)


@pytest.mark.parametrize("prefix", ["", "clone/"])
@pytest.mark.parametrize("git", [".git/HEAD", ".git"])
def test_nor_in_a_git_repository(handed_in, prefix, git):
    files = {SLOPES: "s", "timestamp.txt": EARLY, git: "x"}
    handed_in.put("ada", {f"{prefix}{name}": data for name, data in files.items()})
    found = handed_in.one()
    assert found.sources == {SLOPES: "s"}
    assert found.submitted_at is None
    assert found.problems == (f"ada: {prefix}timestamp.txt: {CLONED}",)


def test_beside_a_git_repository_it_is(handed_in):
    handed_in.put("ada", {f"clone/{SLOPES}": "s", "clone/.git/HEAD": "x", "clone/timestamp.txt": LATE})
    (handed_in.folder / "ada" / "timestamp.txt").write_text(EARLY)
    found = handed_in.one()
    assert found.submitted_at == WHEN
    assert not found.problems
    assert found.ignored == ("clone/timestamp.txt",)


def test_beside_the_upload_it_counts_before_all_others(handed_in):
    handed_in.put("ada", {SLOPES: "s", "timestamp.txt": LATE})
    handed_in.zip("bob.zip", {SLOPES: "s", "timestamp.txt": LATE})
    handed_in.put("Zoë", {SLOPES: "s"})
    handed_in.zip("dan.zip", {})
    for name in ("ada", "bob", "Zoe\u0308", "dan", "nobody"):
        beside(handed_in, f"{name}.timestamp.txt", EARLY)
    found = handed_in.collect()
    assert sorted(found) == ["Zo_", "ada", "bob", "dan"]
    assert {submission.submitted_at for submission in found.values()} == {WHEN}
    assert not found["ada"].problems
    assert not found["bob"].problems
    assert found["bob"].ignored == ("timestamp.txt",)


@pytest.mark.parametrize("text", ["", "yesterday", "\0", "x" * 5000])
def test_what_is_no_time_beside_the_upload_is_one_line(handed_in, text):
    handed_in.put("ada", {SLOPES: "s"})
    beside(handed_in, "ada.timestamp.txt", text)
    found = handed_in.one()
    assert found.sources == {SLOPES: "s"}
    assert found.problems == ("ada.timestamp.txt: holds no time like 2026-09-14 21:04:00 UTC",)


def test_links_and_pipes_in_its_place_are_not_opened(handed_in, tmp_path):
    (tmp_path / "time").write_text(EARLY)
    for id in ("ada", "bob"):
        handed_in.put(id, {SLOPES: "s"})
    os.symlink(tmp_path / "time", handed_in.folder / "ada.timestamp.txt")
    os.mkfifo(handed_in.folder / "bob.timestamp.txt")
    found = handed_in.collect()
    assert "ada.timestamp.txt: cannot be opened" in found["ada"].problems[0]
    assert found["bob"].problems == ("bob.timestamp.txt: is not a regular file",)
    assert all(submission.submitted_at is None and submission.sources for submission in found.values())


def test_the_times_of_files_never_count(handed_in):
    ada = handed_in.put("ada", {SLOPES: "s"})
    os.utime(ada / SLOPES, (0, 0))
    assert handed_in.one().submitted_at is None
