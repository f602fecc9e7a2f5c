"""The hand-out as folder, archive and repository: what is in it, and what is never overwritten."""

import zipfile
from io import BytesIO

import pytest

from grader.errors import UsageError
from grader.release import handout_folder, handout_zip
from grader.release.handout import MANIFEST, make, read_manifest
from grader.release.wheel import Wheel

STUB = "exercises/u01_plain/plain.py"

# -- what is in it


def test_what_students_get(release, tmp_path, small_wheel, files_of):
    code, said = release("folder", tmp_path / "out")
    assert code == 0
    assert "u01, u02 in 19 files" in said
    assert "  new      exercises/u01_plain/  3 files\n" in said
    assert "  new      requirements.txt\n" in said
    unit = ("README.md", "{0}.py", "test_{0}.py")
    lists = ("catalogue.json", "hints.json", "handout.json", "stubs/u01_plain/plain.py")
    assert set(files_of(tmp_path / "out")) == {
        *(
            *(".gitignore", small_wheel.name),
            "README.md",
            "pytest.ini",
            "requirements.txt",
            "requirements-torch.txt",
            ".gitignore",
            small_wheel.name,
        ),
        *("exercises/README.md", "exercises/pytest.ini", "exercises/.kata/stubs/u02_tensors/tensors.py"),
        *(f"exercises/.kata/{name}" for name in lists),
        *(f"exercises/u01_plain/{name.format('plain')}" for name in unit),
        *(f"exercises/u02_tensors/{name.format('tensors')}" for name in unit),
    }


def test_the_ranges_are_those_of_the_wheel(release, tmp_path, small_wheel):
    release("folder", tmp_path / "out")
    lines = (tmp_path / "out/requirements.txt").read_text("utf-8").splitlines()
    assert lines[1:] == [f"./{small_wheel.name}", "numpy>=1.26"]
    lines = (tmp_path / "out/requirements-torch.txt").read_text("utf-8").splitlines()
    assert lines[1:] == ["-r requirements.txt", "torch>=2.4"]
    assert "Unit 2 needs torch too" in (tmp_path / "out/README.md").read_text("utf-8")


def test_no_torch_where_no_unit_uses_it(release, tmp_path, files_of):
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
def test_later_releases_add_units(release, tmp_path, to, files_of):
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


def test_an_old_wheel_is_taken_out(release, tmp_path, monkeypatch, small_wheel):
    release("folder", tmp_path / "out")
    newer = Wheel("katagrad-0.2.0-py3-none-any.whl", small_wheel.data)
    monkeypatch.setattr("grader.release.wheel.make_wheel", lambda: newer)
    assert f"  removed  {small_wheel.name}\n" in release("folder", tmp_path / "out")[1]
    assert [path.name for path in (tmp_path / "out").glob("*.whl")] == [newer.name]


def test_a_release_that_was_cut_off_is_finished(tiny, tmp_path, small_wheel, files_of):
    dest = tmp_path / "out"
    first = make(tiny, ("u01",), small_wheel)
    handout_folder.write(first, dest, None)
    (dest / "exercises/u02_tensors").mkdir()  # some files of the next one are there, its manifest is not
    both = make(tiny, (), small_wheel)
    for name in ("exercises/u02_tensors/README.md", "README.md"):
        (dest / name).write_bytes(both.files[name])
    before = handout_folder.handed_out(dest, tiny)
    handout_folder.write(both, dest, before)
    assert files_of(dest) == dict(both.files)


# -- what is never overwritten


def test_work_is_not_overwritten(release, tmp_path, files_of):
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
def test_another_folder_or_file_is_refused(release, tmp_path, to, files_of):
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
def test_no_place_in_the_course_itself(tiny, release, name, to, files_of):
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


def test_the_archive(tiny, release, tmp_path, small_wheel):
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
    assert held == dict(make(tiny, (), small_wheel).files)
    assert handout_zip.handed_out(tmp_path / "out.zip", tiny).units == ("u01", "u02")
