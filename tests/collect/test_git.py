"""Clones of git repositories, and what only looks like one. git itself is never run."""

import pytest

from grader.collect.submission import BOUNDS, Bounds

SLOPES, RULES = "u01_slopes/slopes.py", "u02_rules/rules.py"
BARE = {"HEAD": "ref: refs/heads/main\n", "config": "[core]\n\tbare = true\n", "objects/ab/cdef": "x"} | {
    "refs/heads/main": "0" * 40,
    "description": "Unnamed",
}
GIT = {f".git/{name}": data for name, data in BARE.items()} | {
    ".git/hooks/post-checkout": "#!/bin/sh\ntouch /tmp/ran\n",
    f".git/{SLOPES}": "s = 'in .git'",
}


@pytest.fixture(params=["folder", "zip", "tar.gz"])
def hand_in(request, handed_in):
    """Hands the same files in as a folder and as archives."""

    def put(files, bounds=BOUNDS):
        if request.param == "folder":
            handed_in.put("ada", files)
        elif request.param == "zip":
            handed_in.zip("ada.zip", files)
        else:
            handed_in.tar("ada.tar.gz", files, "gz")
        return handed_in.one(bounds)

    return put


@pytest.mark.parametrize("prefix", ["", "clone/"])
def test_a_clone_is_its_work_tree_and_says_nothing_of_its_git(hand_in, prefix):
    objects = {f".git/objects/{i:02x}/{i}": "x" for i in range(50)}
    files = {SLOPES: "s", RULES: "r", ".gitignore": "*.pyc", "README.md": ""} | GIT | objects
    found = hand_in({f"{prefix}{name}": data for name, data in files.items()}, Bounds(members=12))
    assert found.sources == {SLOPES: "s", RULES: "r"}
    assert not found.problems
    assert found.ignored == (f"{prefix}.gitignore", f"{prefix}README.md")


def test_a_bare_repository_is_one_line(hand_in):
    found = hand_in(BARE | {f"objects/{i}": "x" for i in range(50)}, Bounds(members=12))
    assert not found.sources
    (problem,) = found.problems
    what = "is a bare git repository, without the files: hand in a clone of it"
    assert problem.endswith(f": {what}; nothing of it was read")


def test_a_bare_repository_inside_is_one_line_too(hand_in):
    inside = {f"work.git/{name}": data for name, data in BARE.items()}
    found = hand_in(inside | {f"work.git/{SLOPES}": "s"})
    assert not found.sources
    (problem,) = found.problems
    assert problem.endswith("work.git is a bare git repository, without the files: hand in a clone of it")
    assert found.ignored == ("work.git/",)


def test_a_bare_repository_beside_the_answer_does_not_matter(hand_in):
    found = hand_in({f"work.git/{name}": data for name, data in BARE.items()} | {SLOPES: "s"})
    assert found.sources == {SLOPES: "s"}
    assert not found.problems


def test_a_git_that_points_elsewhere_is_never_followed(hand_in, tmp_path):
    (tmp_path / "elsewhere" / "u01_slopes").mkdir(parents=True)
    (tmp_path / "elsewhere" / SLOPES).write_text("secret")
    found = hand_in({".git": f"gitdir: {tmp_path / 'elsewhere'}\n"})
    assert not found.sources
    (problem,) = found.problems
    assert problem.endswith("its .git points to a repository elsewhere, which is not followed")


def test_a_work_tree_of_another_repository_is_read(hand_in):
    found = hand_in({".git": "gitdir: ../main/.git/worktrees/ada\n", SLOPES: "s"})
    assert found.sources == {SLOPES: "s"}
    assert not found.problems


def test_a_clone_without_a_work_tree_says_that_history_is_not_read(hand_in):
    found = hand_in(GIT)
    (problem,) = found.problems
    assert problem.endswith("a git repository is read as its files lie there, and no history is")


def test_a_clone_is_read_even_when_its_git_is_hostile(hand_in):
    odd = {".git/x\\y": "", f".git/{'d/' * 40}x": "", ".git/a\x1b[2J": "", ".git/pyvenv.cfg": ""}
    found = hand_in(GIT | odd | {SLOPES: "s"})
    assert found.sources == {SLOPES: "s"}
    assert not found.problems
