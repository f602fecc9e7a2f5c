import errno
import os

import pytest

from grader.errors import UsageError
from grader.gradebook.folder import JOURNAL, open_grades


def mode(path) -> int:
    return path.stat().st_mode & 0o777


def test_everything_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        with open_grades(tmp_path / "a" / "grades") as folder:
            folder.write("gradebook.csv", "x")
            folder.write("feedback/ann.txt", "x")
    finally:
        os.umask(before)
    grades = tmp_path / "a" / "grades"
    assert [mode(grades), mode(grades / "feedback")] == [0o700, 0o700]
    assert [mode(grades / "gradebook.csv"), mode(grades / "feedback" / "ann.txt")] == [0o600, 0o600]


def test_an_empty_folder_or_an_earlier_gradebook_is_taken_and_made_private(tmp_path):
    grades = tmp_path / "grades"
    grades.mkdir(mode=0o755)
    with open_grades(grades):
        assert mode(grades) == 0o700
    (grades / JOURNAL).write_text("")
    (grades / "gradebook.csv").write_text("")
    with open_grades(grades):
        pass


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "thesis.tex").write_text("mine")
    before = mode(home)
    with pytest.raises(UsageError, match="not empty and holds no gradebook"), open_grades(home):
        pass
    assert mode(home) == before
    assert os.listdir(home) == ["thesis.tex"]


def test_a_file_where_the_folder_should_be(tmp_path):
    file = tmp_path / "grades"
    file.write_text("x")
    with pytest.raises(UsageError, match=r"cannot write .*grades") as caught, open_grades(file):
        pass
    assert "--out" in caught.value.help


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    with (
        open_grades(tmp_path / "grades"),
        pytest.raises(UsageError, match="another run"),
        open_grades(tmp_path / "grades"),
    ):
        pass
    with open_grades(tmp_path / "grades"):
        pass  # the first has ended


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    with open_grades(tmp_path / "grades") as folder:
        folder.write("gradebook.csv", "old")

        def full(descriptor):
            raise OSError(errno.ENOSPC, "disk full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="No space left on device"):
            folder.write("gradebook.csv", "new")
        assert (folder.path / "gradebook.csv").read_text() == "old"
        assert os.listdir(folder.path) == ["gradebook.csv"]


def test_a_killed_runs_leftover_does_no_harm(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    with open_grades(tmp_path / "grades") as folder:
        (folder.path / ".gradebook.csv.new").symlink_to(victim)
        folder.write("gradebook.csv", "new")
        assert (folder.path / "gradebook.csv").read_text() == "new"
        assert not (folder.path / "gradebook.csv").is_symlink()
    assert victim.read_text() == "untouched"
