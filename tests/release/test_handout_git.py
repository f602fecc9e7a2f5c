"""The hand-out as a repository: a history of its own, and nothing else's is touched."""

import shutil
import subprocess

import pytest

from grader.release import handout_git


def git(folder, *words):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    words = ["git", "-c", "user.name=x", "-c", "user.email=x@y", *words]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_the_repository_has_its_own_history(release, tmp_path, monkeypatch, files_of):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for unit in ("u01", "u02", "u02"):
        assert release("git", tmp_path / "out", unit)[0] == 0
    log = git(tmp_path / "out", "log", "--format=%an %ae %s")
    assert log.split("\n") == [
        "katagrad katagrad@localhost Hand-out of tiny 1: u01, u02",
        "katagrad katagrad@localhost Hand-out of tiny 1: u01",
    ]
    assert git(tmp_path / "out", "status", "--porcelain") == ""
    listed = git(tmp_path / "out", "ls-files").split("\n")
    assert set(listed) == {n for n in files_of(tmp_path / "out") if not n.startswith(".git/")}


def test_whoever_git_knows_is_the_author(release, tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))  # as in a hook of another repository
    release("git", tmp_path / "out")
    monkeypatch.delenv("GIT_DIR")
    assert git(tmp_path / "out", "log", "--format=%an <%ae>") == "Ada <ada@example.org>"


def test_an_empty_repository_is_filled(release, tmp_path):
    (tmp_path / "out").mkdir()
    git(tmp_path / "out", "-c", "init.defaultBranch=students", "init", "--quiet")
    assert release("git", tmp_path / "out")[0] == 0
    assert git(tmp_path / "out", "branch", "--show-current") == "students"
    assert git(tmp_path / "out", "rev-list", "--count", "HEAD") == "1"


def test_a_dirty_repository_is_refused(release, tmp_path):
    release("git", tmp_path / "out", "u01")
    (tmp_path / "out/notes.txt").write_text("", encoding="utf-8")
    code, said = release("git", tmp_path / "out")
    assert code == 2
    assert "has changes that are not committed: nothing was written" in said
    assert not (tmp_path / "out/exercises/u02_tensors").exists()


def test_a_folder_that_is_no_repository_does_not_become_one(release, tmp_path):
    release("folder", tmp_path / "out")
    assert "is a hand-out, and no git repository" in release("git", tmp_path / "out")[1]


def test_the_courses_own_repository_is_refused(tiny, release, tmp_path):
    git(tiny.root, "init", "--quiet")
    git(tiny.root, "commit", "--quiet", "--allow-empty", "--message=x")
    git(tiny.root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "out"))
    code, said = release("git", tmp_path / "out")
    assert code == 2
    assert "belongs to the repository of the course itself" in said


def test_a_history_with_solutions_is_refused(tiny, release, tmp_path):
    out = tmp_path / "out"
    (out / "solutions").mkdir(parents=True)
    (out / "solutions/secret.py").write_text("x", encoding="utf-8")
    git(out, "init", "--quiet")
    git(out, "add", ".")
    git(out, "commit", "--quiet", "--message=x")
    git(out, "rm", "--quiet", "-r", ".")
    git(out, "commit", "--quiet", "--message=y")
    code, said = release("git", out)
    assert code == 2
    assert "holds solutions or .secret: who gets it gets those too" in said


def test_another_history_is_refused(release, tmp_path):
    (tmp_path / "out").mkdir()
    git(tmp_path / "out", "init", "--quiet")
    git(tmp_path / "out", "commit", "--quiet", "--allow-empty", "--message=x")
    assert "has a history, and is no hand-out" in release("git", tmp_path / "out")[1]
    assert handout_git.NEW_PLACE in release("git", tmp_path / "out")[1]
