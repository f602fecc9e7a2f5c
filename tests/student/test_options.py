"""The screen at every width, and the options of pytest that students use."""

import sys

import pytest


@pytest.mark.parametrize("width", [40, 57, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_a_cut_is_said(course, width):
    course.write_body("double", f"raise ValueError({'long ' * 60!r})")
    course.write_body("spin", f"raise ValueError({'wide ' * 60!r})")
    course.write_body("tail", f"return {'x' * 300!r}")
    result = course.run(COLUMNS=str(width))
    assert max(map(len, result.lines)) <= width
    assert "…" in result.line("! u01.spin")
    said = " ".join(result.out.split())
    assert "… stands for what was cut: pytest -v shows all" in said
    assert "wide " * 59 in course.run("-v", COLUMNS=str(width)).out


def test_a_dumb_terminal_gets_ascii(course):
    course.write_body("double", "return x * 3")
    course.write_body("spin", "return 7")
    result = course.run(TERM="dumb")
    assert result.out.isascii()
    assert result.line("01 first", "+ spin  x double", "1/5")
    assert result.line("####", "1/6 exercises, 1 wrong, 4 to do")


def test_the_students_own_tests_run_and_are_counted_apart(course):
    path = course.root / "u01_first" / "test_mine.py"
    path.write_text(
        "def test_good(student): pass\n\n\ndef test_bad():\n    assert 1 == 2\n", encoding="utf-8"
    )
    result = course.run()
    assert result.line("your own tests: 1 pass · 1 fail")
    assert result.line("✘ u01_first/test_mine.py::test_bad", "assert 1 == 2")
    assert "0/6 exercises · 6 to do" in result.out


def test_a_part_of_the_course_says_that_it_is_one(solved):
    result = solved.run("u02_second")
    assert result.code == 0
    assert "1/1 exercise of this run" in result.out
    assert "All public tests of this run pass." in result.out
    assert "Hidden tests decide the points" in result.out


def test_a_part_of_an_exercise_is_not_the_exercise(solved):
    result = solved.run("-k", "test_double_of_random")
    assert result.code == 0
    assert result.line("✔ double (1 of 2 tests)", "0/1")
    assert "0/1 exercise of this run · 1 right in part" in result.out
    assert "All public tests" not in result.out


def test_a_single_test_by_name(solved):
    result = solved.run("u02_second/test_second.py::test_shift")
    assert "1/1 exercise of this run" in result.out


def test_stop_at_the_first_failure(course):
    course.write_body("double", "return x * 3")
    result = course.run("-x")
    assert result.code == 1
    assert "0/6 exercises · 1 wrong · 5 not run" in result.out
    assert result.line("Ended early, as -x or --maxfail asks")


def test_nothing_selected_is_said(course):
    result = course.run("-k", "nothing")
    assert result.code == 5
    assert result.lines == ["  No test was selected."]


@pytest.mark.parametrize("option", ["--tb=long", "--tb=native", "--tb=no", "-s", "-rA", "--no-summary"])
def test_other_options_of_pytest_do_no_harm(course, option):
    course.write_body("double", "return x * 3")
    result = course.run(option)
    assert result.code == 1
    assert result.line("✘ u01.double", "wrong")


def test_collect_only_lists_tests_as_pytest_does(course):
    result = course.run("--collect-only", "-q")
    assert result.code == 0
    assert "u01_first/test_first.py::test_double" in result.lines
    assert "exercises" not in result.lines


@pytest.mark.parametrize("where", [".", "u01_first", ".."])
def test_it_works_from_every_folder(course, where):
    course.write_body("double", "return x * 3")
    arguments = ["exercises"] if where == ".." else []
    result = course.run(*arguments, cwd=course.root / where)
    place = {".": "u01_first/first.py:8", "u01_first": "first.py:8", "..": "exercises/u01_first/first.py:8"}
    assert result.code == 1
    assert result.line("✘ u01.double").endswith(f"   wrong   {place[where]}")


def test_a_run_leaves_no_files_behind_but_its_state(course):
    before = {path for path in course.root.rglob("*") if "__pycache__" not in path.parts}
    course.run()
    after = {path for path in course.root.rglob("*") if "__pycache__" not in path.parts}
    assert after - before == {course.root / ".kata" / "state.json"}


def test_kata_from_runs_other_files_and_remembers_nothing(course):
    other = course.root.parent / "solutions"
    for name, text in {
        "u01_first/first.py": course.FIRST_RIGHT,
        "u02_second/second.py": course.SECOND_RIGHT,
    }.items():
        (other / name).parent.mkdir(parents=True)
        (other / name).write_text(text, encoding="utf-8")
    result = course.run("exercises", "--kata-from", "solutions", cwd=course.root.parent)
    assert result.code == 0
    assert "6/6 exercises" in result.out
    assert not (course.root / ".kata" / "state.json").exists()


def test_kata_from_a_missing_folder_is_one_clear_line(course):
    result = course.run("--kata-from=nowhere")
    assert result.code == 4
    assert "--kata-from nowhere: there is no such folder" in result.err


def test_a_broken_catalogue_is_one_clear_line(course):
    (course.root / ".kata" / "catalogue.json").write_text("{", encoding="utf-8")
    result = course.run()
    assert result.code == 4
    assert "the course's list of exercises is broken" in result.err
    assert "Traceback" not in result.err


def test_state_that_cannot_be_written_is_no_trouble(course):
    (course.root / ".kata" / "state.json").mkdir()
    assert course.run().code == 1


@pytest.fixture
def placed(course):
    """A test of the student's own that passes on a GPU only."""
    test = 'def test_where(student, device):\n    assert device == "cuda"\n'
    (course.root / "u01_first" / "test_mine.py").write_text(test, encoding="utf-8")
    return course


@pytest.mark.parametrize("words", [(), ("--device", "cpu"), ("--device=cpu", "u01_first")])
def test_the_device_is_the_cpu_unless_another_one_is_asked_for(placed, words):
    assert placed.run(*words).line("your own tests: 1 fail")


@pytest.mark.parametrize(("where", "words"), [(".", ()), ("..", ("exercises",)), ("u01_first", ())])
def test_the_device_is_the_gpu_where_there_is_one(placed, monkeypatch, where, words):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    result = placed.run("--device", "cuda", *words, cwd=placed.root / where)
    assert result.line("your own tests: 1 pass")


def test_without_a_gpu_the_run_says_so_and_runs_nothing(placed, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = placed.run("--device", "cuda")
    assert result.code == 4
    assert "--device cuda: torch finds no CUDA GPU here" in result.err
    assert "Traceback" not in result.err
    assert "your own tests" not in result.out


def test_without_torch_the_run_says_so(placed, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    result = placed.run("--device", "cuda")
    assert result.code == 4
    assert "--device cuda: torch is not installed here" in result.err


def test_an_unknown_device_is_refused(course):
    result = course.run("--device", "tpu")
    assert result.code == 4
    assert "invalid choice: 'tpu'" in result.err


def test_another_project_may_have_an_option_of_that_name(course, tmp_path):
    conftest = 'def pytest_addoption(parser):\n    parser.addoption("--device", default="none")\n'
    test = 'def test_it(pytestconfig):\n    assert pytestconfig.getoption("--device") == "tpu"\n'
    for name, text in {"conftest.py": conftest, "test_it.py": test, "pytest.ini": "[pytest]\n"}.items():
        (tmp_path / "other").mkdir(exist_ok=True)
        (tmp_path / "other" / name).write_text(text, encoding="utf-8")
    result = course.pytest("-p", "katagrad", "--device", "tpu", cwd=tmp_path / "other")
    assert result.code == 0, result.out + result.err
