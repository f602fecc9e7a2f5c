"""The hand-out as folder, archive and repository: what is in it, and what is never overwritten."""

import json
import re
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from grader.cli import main
from grader.course.load import load_course
from grader.errors import CourseError, UsageError
from grader.examine.seed import Seed
from grader.release import handout_folder, handout_git, handout_zip
from grader.release.handout import MANIFEST, make, read_manifest
from grader.release.wheel import Wheel
from grader.release.zipped import zipped
from grader.verify.handout import check, proof
from grader.verify.testfiles import test_functions as functions_of

ROOT = Path(__file__).parents[2]
DEMO = Seed("demo", demo=True)
STUB = "exercises/u01_plain/plain.py"
# A small one where its contents do not matter.
METADATA = b"Name: katagrad\nRequires-Dist: numpy>=1.26\nRequires-Dist: torch>=2.4; extra == 'torch'\n"
SMALL = Wheel(
    "katagrad-0.1.0-py3-none-any.whl",
    zipped({"grader/__init__.py": b"", "katagrad-0.1.0.dist-info/METADATA": METADATA}),
)


@pytest.fixture(autouse=True)
def _small_wheel(monkeypatch):
    monkeypatch.setattr("grader.release.wheel.make_wheel", lambda: SMALL)


@pytest.fixture
def release(tiny, monkeypatch, capsys):
    """`kata release` in the tiny course: exit code, and what it printed."""
    monkeypatch.chdir(tiny.root)

    def run(to, dest, *units):
        if to == "git" and shutil.which("git") is None:
            pytest.skip("git is not installed")
        options = [word for unit in units for word in ("--unit", unit)]
        code = main(["release", "--to", to, str(dest), *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# -- what is in it


def test_what_students_get(release, tmp_path):
    code, said = release("folder", tmp_path / "out")
    assert code == 0
    assert "u01, u02 in 19 files" in said
    assert "  new      exercises/u01_plain/  3 files\n" in said
    assert "  new      requirements.txt\n" in said
    unit = ("README.md", "{0}.py", "test_{0}.py")
    lists = ("catalogue.json", "hints.json", "handout.json", "stubs/u01_plain/plain.py")
    assert set(files_of(tmp_path / "out")) == {
        *("README.md", "pytest.ini", "requirements.txt", "requirements-torch.txt", ".gitignore", SMALL.name),
        *("exercises/README.md", "exercises/pytest.ini", "exercises/.kata/stubs/u02_tensors/tensors.py"),
        *(f"exercises/.kata/{name}" for name in lists),
        *(f"exercises/u01_plain/{name.format('plain')}" for name in unit),
        *(f"exercises/u02_tensors/{name.format('tensors')}" for name in unit),
    }


def test_the_ranges_are_those_of_the_wheel(release, tmp_path):
    release("folder", tmp_path / "out")
    lines = (tmp_path / "out/requirements.txt").read_text("utf-8").splitlines()
    assert lines[1:] == [f"./{SMALL.name}", "numpy>=1.26"]
    lines = (tmp_path / "out/requirements-torch.txt").read_text("utf-8").splitlines()
    assert lines[1:] == ["-r requirements.txt", "torch>=2.4"]
    assert "Unit 2 needs torch too" in (tmp_path / "out/README.md").read_text("utf-8")


def test_no_torch_where_no_unit_uses_it(release, tmp_path):
    release("folder", tmp_path / "out", "u01")
    assert "requirements-torch.txt" not in files_of(tmp_path / "out")
    assert "torch" not in (tmp_path / "out/README.md").read_text("utf-8")


def test_stubs_are_made_anew_whatever_lies_in_exercises(tiny, release, tmp_path):
    stub = tiny.stub_file(tiny.units[0])
    before = stub.read_bytes()
    stub.write_text("solved = 1\n", encoding="utf-8")
    (stub.parent / "test_mine.py").write_text("", encoding="utf-8")
    release("folder", tmp_path / "out")
    assert (tmp_path / "out" / STUB).read_bytes() == before
    assert not list((tmp_path / "out").rglob("test_mine.py"))


def test_a_unit_is_not_released_without_what_it_builds_on(tiny, release, tmp_path):
    solution = tiny.solution_file(tiny.units[1])
    solution.write_text("from u01_plain.plain import slope\n" + solution.read_text("utf-8"), encoding="utf-8")
    code, said = release("folder", tmp_path / "out", "u02")
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert "u02 builds on u01, which is not released\n  Add --unit u01." in said


# -- later releases


@pytest.mark.parametrize("to", ["folder", "zip", "git"])
def test_later_releases_add_units(release, tmp_path, to):
    """The bytes are those of one release of both."""
    one, both = tmp_path / "one", tmp_path / "both"
    release(to, one, "u01")
    code, said = release(to, one, "u02")
    assert code == 0
    assert "  new      exercises/u02_tensors/  3 files\n" in said
    assert "u01_plain" not in said
    release(to, both)
    if to == "zip":
        assert one.read_bytes() == both.read_bytes()
    else:
        there, made = ({n: b for n, b in files_of(f).items() if ".git/" not in n} for f in (one, both))
        assert there == made
    assert "everything was there already" in release(to, one, "u01")[1]


def test_what_the_course_has_changed_is_exchanged(tiny, release, tmp_path):
    release("folder", tmp_path / "out")
    lesson = tiny.lesson(tiny.units[0])
    lesson.write_text(lesson.read_text("utf-8") + "\nMore.\n", encoding="utf-8")
    assert "  changed  exercises/u01_plain/  1 file\n" in release("folder", tmp_path / "out")[1]
    assert (tmp_path / "out/exercises/u01_plain/README.md").read_bytes() == lesson.read_bytes()


def test_an_old_wheel_is_taken_out(release, tmp_path, monkeypatch):
    release("folder", tmp_path / "out")
    newer = Wheel("katagrad-0.2.0-py3-none-any.whl", SMALL.data)
    monkeypatch.setattr("grader.release.wheel.make_wheel", lambda: newer)
    assert f"  removed  {SMALL.name}\n" in release("folder", tmp_path / "out")[1]
    assert [path.name for path in (tmp_path / "out").glob("*.whl")] == [newer.name]


def test_a_release_that_was_cut_off_is_finished(tiny, tmp_path):
    dest = tmp_path / "out"
    first = make(tiny, ("u01",), SMALL)
    handout_folder.write(first, dest, None)
    (dest / "exercises/u02_tensors").mkdir()  # some files of the next one are there, its manifest is not
    both = make(tiny, (), SMALL)
    for name in ("exercises/u02_tensors/README.md", "README.md"):
        (dest / name).write_bytes(both.files[name])
    before = handout_folder.handed_out(dest, tiny)
    handout_folder.write(both, dest, before)
    assert files_of(dest) == dict(both.files)


# -- what is never overwritten


def test_work_is_not_overwritten(release, tmp_path):
    release("folder", tmp_path / "out", "u01")
    file = tmp_path / "out" / STUB
    file.write_text("mine = 1\n", encoding="utf-8")
    before = files_of(tmp_path / "out")
    code, said = release("folder", tmp_path / "out")
    assert code == 2
    assert f"changed since they were handed out, or never were:\n{STUB}\n" in said
    assert files_of(tmp_path / "out") == before


def test_what_a_student_adds_stays(release, tmp_path):
    release("folder", tmp_path / "out", "u01")
    for name in ("exercises/u01_plain/test_mine.py", "exercises/.kata/state.json"):
        (tmp_path / "out" / name).write_text("mine", encoding="utf-8")
    assert release("folder", tmp_path / "out")[0] == 0
    assert (tmp_path / "out/exercises/.kata/state.json").read_text("utf-8") == "mine"
    assert (tmp_path / "out/exercises/u01_plain/test_mine.py").read_text("utf-8") == "mine"


@pytest.mark.parametrize("to", ["folder", "zip", "git"])
def test_another_folder_or_file_is_refused(release, tmp_path, to):
    other = tmp_path / "photos"
    other.mkdir()
    (other / "me.jpg").write_bytes(b"me")
    dest = other / "me.jpg" if to == "zip" else other
    code, said = release(to, dest)
    assert code == 2
    assert "no hand-out" in said
    assert files_of(other) == {"me.jpg": b"me"}


@pytest.mark.parametrize("to", ["folder", "zip", "git"])
@pytest.mark.parametrize("name", [".", "..", "exercises", "solutions/out", "exercises/.kata"])
def test_no_place_in_the_course_itself(tiny, release, name, to):
    before = files_of(tiny.root)
    code, said = release(to, tiny.root / name)
    assert (code, files_of(tiny.root)) == (2, before)
    assert "is a part of the course itself" in said


def test_no_link_is_followed(release, tmp_path):
    release("folder", tmp_path / "out", "u01")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/exercises/u02_tensors").symlink_to(tmp_path / "elsewhere")
    code, said = release("folder", tmp_path / "out")
    assert (code, list((tmp_path / "elsewhere").iterdir())) == (2, [])
    assert "is a link: nothing was written" in said


def test_another_course_is_refused(tiny, release, tmp_path):
    release("folder", tmp_path / "out")
    text = (tiny.root / "course.yml").read_text("utf-8")
    (tiny.root / "course.yml").write_text(text.replace("id: tiny", "id: other"), encoding="utf-8")
    code, said = release("folder", tmp_path / "out")
    assert code == 2
    assert "that is a hand-out of the course tiny" in said


def test_a_broken_manifest(tiny, release, tmp_path):
    release("folder", tmp_path / "out")
    (tmp_path / "out" / MANIFEST).write_text("{", encoding="utf-8")
    assert "is broken, so nobody knows what was handed out" in release("folder", tmp_path / "out")[1]
    with pytest.raises(UsageError):
        read_manifest(b"\xff", tmp_path)


# -- archive


def test_the_archive(tiny, release, tmp_path):
    release("zip", tmp_path / "out.zip")
    first = (tmp_path / "out.zip").read_bytes()
    (tmp_path / "out.zip").unlink()
    for path in tiny.exercises_dir.rglob("*.md"):
        path.touch()
    release("zip", tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes() == first
    with zipfile.ZipFile(BytesIO(first)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        held = {name.removeprefix("tiny/"): archive.read(name) for name in names}
    assert held == dict(make(tiny, (), SMALL).files)
    assert handout_zip.handed_out(tmp_path / "out.zip", tiny).units == ("u01", "u02")


# -- repository


def git(folder, *words):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    words = ["git", "-c", "user.name=x", "-c", "user.email=x@y", *words]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_the_repository_has_its_own_history(release, tmp_path, monkeypatch):
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


# -- nothing secret


def test_the_real_hand_out_gives_nothing_away(wheel):
    """Nothing between the markers, no hidden test or file, no seed: neither in it nor in its wheel."""
    course = load_course(ROOT)
    seed = Seed("f" * 32)
    files = make(course, (), wheel).files
    assert list(proof(course, seed, files)) == []
    texts = [data.decode() for name, data in files.items() if not name.endswith(".whl")]
    with zipfile.ZipFile(BytesIO(files[wheel.name])) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {
            "grader",
            "katagrad-0.1.0.dist-info",
        }
        texts += [archive.read(name).decode() for name in archive.namelist()]
    words = set(re.findall(r"\w+", "\n".join(texts)))
    hidden = {
        t.name for unit in course.units for path in course.hidden_tests(unit) for t in functions_of(path)
    }
    assert len(hidden) > 160
    assert not hidden & words


def telling(course):
    """One line of a solution, with other blanks, in a sentence."""
    lines = course.solution_file(course.units[0]).read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if "BEGIN SOLUTION" in line and len(lines[n + 1]) > 40)
    return "It is `" + lines[at + 1].strip().replace(" ", "  ") + "`, isn't it?"


LEAKS = {
    "a line of the solution": telling,
    "the hidden test": lambda course: f"see {functions_of(course.hidden_tests(course.units[0])[0])[0].name}",
    "the secret seed": lambda course: "s" * 32,
    "its fingerprint": lambda course: Seed("s" * 32).fingerprint,
    "this is the hidden file": lambda course: course.wrong_answers(course.units[0]).read_text("utf-8"),
}


@pytest.mark.parametrize("place", ["lesson", "list", "wheel"])
@pytest.mark.parametrize("what", LEAKS)
def test_what_is_secret_is_found(tiny, what, place):
    text = LEAKS[what](tiny)
    files = dict(make(tiny, (), SMALL).files)
    assert list(proof(tiny, Seed("s" * 32), files)) == []
    if place == "lesson":
        files["exercises/u01_plain/README.md"] = text.encode()
    elif place == "list":
        files["exercises/.kata/hints.json"] = json.dumps({"u01.slope": [text]}).encode()
        if what == "this is the hidden file":
            files = {"exercises/wrong_plain.py": b""}
    else:
        files[SMALL.name] = zipped({"grader/x.py": text.encode()})
    claims = list(proof(tiny, Seed("s" * 32), files))
    assert claims
    assert what in claims[0].fact
    with pytest.raises(CourseError, match="this hand-out is not fit to be given away"):
        check(tiny, Seed("s" * 32), files)


def test_what_would_give_something_away_is_not_written(tiny, release, tmp_path):
    lesson = tiny.lesson(tiny.units[0])
    lesson.write_text(telling(tiny), encoding="utf-8")
    code, said = release("folder", tmp_path / "out")
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert "a line of the solution (solutions/u01_plain/plain.py:" in said
    assert "(exercises/u01_plain/README.md:1)" in said
