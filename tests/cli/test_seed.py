import pytest

from grader.cli import main
from grader.examine.seed import load_seed


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "course.yml").write_text("id: x\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_made_beside_the_course_for_its_owner_only(course, capsys):
    assert main(["seed"]) == 0
    path = course / ".secret" / "seed"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    seed = load_seed(course)
    assert not seed.demo
    assert len(seed.value) == 64
    out = capsys.readouterr().out
    assert seed.fingerprint in out
    assert seed.value not in out
    assert (path.parent / ".gitignore").read_text() == "*\n"  # even where the course has no .gitignore


def test_every_seed_is_another(course):
    main(["seed"])
    first = load_seed(course).value
    main(["seed", "--force"])
    assert load_seed(course).value != first
    assert (course / ".secret" / "seed.before").read_text().strip() == first
    assert (course / ".secret" / "seed.before").stat().st_mode & 0o777 == 0o600


def test_it_is_never_replaced_silently(course, capsys):
    main(["seed"])
    first = load_seed(course).value
    assert main(["seed"]) == 2
    assert "--force" in capsys.readouterr().err
    assert load_seed(course).value == first


def test_the_course_may_be_named_by_folder_or_file(course, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert main(["seed", "--course", str(course)]) == 0
    assert main(["seed", "--course", str(course / "course.yml"), "--force"]) == 0
    assert (course / ".secret" / "seed.before").exists()


def test_without_a_course_nothing_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["seed", "--course", str(tmp_path)]) == 2
    assert main(["seed"]) == 2
    assert "course.yml" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_told(course, capsys):
    (course / ".secret").write_text("a file")
    assert main(["seed"]) == 2
    assert "Traceback" not in capsys.readouterr().err
