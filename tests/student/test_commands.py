"""`kata`, `kata hint` and `kata reset` as a student types them."""

import json
import subprocess
import sys

import pytest

from grader.cli import main


@pytest.fixture
def kata(course, monkeypatch, capsys):
    """Runs `kata ARGUMENTS` in the course's folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")

    def run(*arguments):
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_map_before_the_first_run_says_how_to_begin(kata):
    code, out, _ = kata()
    assert code == 0
    assert "2 units not started" in out
    assert "Nothing was run yet. Begin with: pytest" in out
    assert "next: u01.double" in out


def test_the_map_is_that_of_the_last_run(kata, course):
    course.write_body("double", "return x * 3")
    course.write_body("spin", "return 7")
    run = course.run("-q")
    code, out, _ = kata()
    assert code == 0
    assert run.line("01 first") in out.splitlines()
    assert run.line("1/6 exercises") in out.splitlines()
    assert "As the last run left it." in out


def test_the_map_says_which_file_has_changed_since(kata, course):
    course.write_body("double", "return x * 3")
    course.run("-q")
    course.write_body("spin", "return 7")
    assert "Changed since the last run: u01_first/first.py." in " ".join(kata()[1].split())


def test_state_that_is_broken_is_as_none(kata, course):
    (course.root / ".kata" / "state.json").write_text('{"schema": 1, "exercises": 7}', encoding="utf-8")
    assert kata()[0] == 0


def test_without_a_course_there_is_one_clear_line(kata, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    (tmp_path / "exercises").rename(tmp_path / "moved")
    code, out, err = kata("hint", "u01.double")
    assert (code, out) == (2, "")
    assert "there is no course here" in err


def test_the_folder_above_will_do(kata, course, monkeypatch):
    monkeypatch.chdir(course.root.parent)
    assert "Begin with: pytest exercises" in kata()[1]


def test_hints_come_one_at_a_time_and_then_all(kata, course):
    texts = [kata("hint", "u01.double")[1] for _ in range(4)]
    assert texts[0] == "hint 1 of 3\n  A nudge.\n2 more: kata hint u01.double\n"
    assert texts[1] == "hint 2 of 3\n  A way.\n1 more: kata hint u01.double\n"
    assert texts[2] == "hint 3 of 3\n  Nearly.\n  All.\nThat was the last one.\n"
    assert texts[3].count("hint ") == 3
    state = json.loads((course.root / ".kata" / "state.json").read_text(encoding="utf-8"))
    assert state["hints"] == {"u01.double": 3}


def test_each_exercise_has_its_own_count_and_a_short_name_will_do(kata):
    kata("hint", "u01.double")
    assert "hint 1 of 3" in kata("hint", "shift")[1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("u01.duble", "Did you mean u01.double?"),
        ("u02.double", "u01.double"),
        ("dubble", "u01.double"),
        ("u02", "Unit u02 has u02.shift."),
        ("zzz", "`kata` shows all exercises."),
    ],
)
def test_an_unknown_exercise_names_near_ones(kata, asked, said):
    code, out, err = kata("hint", asked)
    assert (code, out) == (2, "")
    assert said in err


def test_what_was_asked_is_escaped(kata):
    assert "\x1b" not in kata("hint", "\x1b[31mx")[2]


def test_broken_hints_are_one_clear_line(kata, course):
    (course.root / ".kata" / "hints.json").write_text("[", encoding="utf-8")
    code, _, err = kata("hint", "u01.double")
    assert code == 2
    assert "the hints are broken" in err


def test_reset_says_what_goes_and_keeps_a_copy(kata, course):
    course.write_body("double", "return x * 3")
    course.write_body("spin", "return 7")
    before = course.first.read_text(encoding="utf-8")
    code, out, _ = kata("reset", "u01.double", "--yes")
    assert code == 0
    assert "  -     return x * 3" in out.splitlines()
    backup = course.root / ".kata" / "backups" / "u01_first" / "first.py.1"
    assert "kept: .kata/backups/u01_first/first.py.1" in out
    assert backup.read_text(encoding="utf-8") == before
    assert course.first.read_text(encoding="utf-8") == course.FIRST_STUB.replace(
        '"""n."""\n    raise NotImplementedError', '"""n."""\n    return 7'
    )


def test_reset_of_what_is_untouched_changes_nothing(kata, course):
    code, out, _ = kata("reset", "u01.double", "--yes")
    assert code == 0
    assert "there is nothing to undo" in out
    assert not (course.root / ".kata" / "backups").exists()


def test_reset_of_a_unit_takes_the_whole_file(kata, course):
    course.first.write_text("def (\n", encoding="utf-8")
    code, _, err = kata("reset", "u01.double", "--yes")
    assert code == 2
    assert "`kata reset u01` puts the whole file back" in err
    assert kata("reset", "u01", "--yes")[0] == 0
    assert course.first.read_text(encoding="utf-8") == course.FIRST_STUB


def test_reset_without_stubs_says_so(kata, course):
    course.write_body("double", "return x * 3")
    (course.root / ".kata/stubs/u01_first/first.py").unlink()
    code, _, err = kata("reset", "u01.double", "--yes")
    assert code == 2
    assert "the stub of u01_first/first.py is missing" in err


@pytest.mark.parametrize(("answer", "done"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_reset_asks(kata, course, monkeypatch, answer, done):
    import io

    course.write_body("double", "return x * 3")
    stdin = io.StringIO(answer)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    code, out, _ = kata("reset", "u01.double")
    assert code == 0
    assert ("is its stub again" in out) is done
    assert ("return x * 3" not in course.first.read_text(encoding="utf-8")) is done


def test_reset_where_nobody_can_answer_refuses(course):
    course.write_body("double", "return x * 3")
    command = [sys.executable, "-m", "grader", "reset", "u01.double"]
    done = subprocess.run(
        command, cwd=course.root, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert b"--yes" in done.stderr
    assert "return x * 3" in course.first.read_text(encoding="utf-8")
