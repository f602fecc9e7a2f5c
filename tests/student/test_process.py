"""What only a process of its own can show: plugin loading, encodings, Ctrl-C, reports of other tools."""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest


def test_junit_tells_right_to_do_wrong_and_crashed_apart(course):
    course.write_body("double", "return x * 3")
    course.write_body("spin", "return 7")
    course.write_body("value", "return self.y")
    path = course.root.parent / "out.xml"
    result = course.pytest("--junitxml", str(path))
    suite = ET.parse(path).getroot()[0]
    cases = {case.get("name"): case for case in suite}
    messages = {name: case[0].get("message") for name, case in cases.items() if len(case)}
    assert result.code == 1
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "7",
        "6",
        "0",
        "0",
    )
    assert [len(case) for case in cases.values()].count(0) == 1
    assert len(cases["test_spin"]) == 0
    assert messages["test_double"].startswith("wrong: the double is wrong")
    assert messages["test_tail"].startswith("to do")
    assert messages["test_box"].startswith("crashed: AttributeError")
    assert {case[0].tag for case in cases.values() if len(case)} == {"failure"}


def test_junit_of_a_file_that_cannot_be_read_holds_failures_with_its_line(course):
    course.write_body("double", "return (2 * x")
    path = course.root.parent / "out.xml"
    course.pytest("--junitxml", str(path))
    suite = ET.parse(path).getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("7", "0")
    assert "u01_first/first.py:10" in suite[0][0].text


@pytest.mark.parametrize("disabled", ["", "1"])
def test_it_works_with_autoload_on_and_off(course, disabled):
    result = course.pytest(PYTEST_DISABLE_PLUGIN_AUTOLOAD=disabled)
    assert result.code == 1
    assert "0/6 exercises · 6 to do" in result.out
    assert result.err == ""


def test_autoload_is_off_in_the_course_and_last_failed_does_no_harm(course):
    ini = (course.root / "pytest.ini").read_text(encoding="utf-8")
    assert "--disable-plugin-autoload" in ini.split()
    assert course.pytest("--lf").code in (1, 4)  # 4 where this pytest has no --lf without its cache
    assert not (course.root / ".pytest_cache").exists()


def test_with_autoload_alone_the_plugin_is_found_by_its_entry_point(solved):
    (solved.root / "pytest.ini").unlink()
    result = solved.pytest(
        "exercises", "--import-mode=importlib", "-p", "no:cacheprovider", cwd=solved.root.parent
    )
    assert result.code == 0
    assert "6/6 exercises" in result.out


ELSEWHERE = """
import sys

def test_a():
    assert not {"numpy", "hypothesis", "typer", "rich", "msgspec"} & set(sys.modules)

def test_b():
    assert 1 == 2
"""


def test_elsewhere_it_changes_nothing(tmp_path, course):
    (tmp_path / "test_other.py").write_text(ELSEWHERE, encoding="utf-8")
    arguments = ["-q", "-p", "no:cacheprovider", "test_other.py"]
    course.root.rename(tmp_path / "elsewhere")
    without = course.pytest(*arguments, cwd=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    loaded = course.pytest(*arguments, "-p", "katagrad", cwd=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert without.code == loaded.code == 1
    assert loaded.lines[:-1] == without.lines[:-1]  # the last one holds the time
    assert "1 failed, 1 passed" in loaded.out
    refused = course.pytest(*arguments, "-p", "katagrad", "--kata-from", "x", cwd=tmp_path)
    assert refused.code == 4
    assert "there is no course here" in refused.err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_without_the_marks_gets_ascii_and_never_fails(course, encoding):
    course.write_body("double", "raise ValueError('größer als ✔ 数')")
    result = course.pytest(PYTHONIOENCODING=encoding)
    assert result.code == 1
    assert "! u01.double" in result.out
    assert "\\u2714" in result.out


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_where_it_is_wanted_only(course, variables, coloured):
    pty = pytest.importorskip("pty", reason="terminals of this kind are not on Windows")
    course.write_body("double", "return x * 3")
    ours, theirs = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "PY_COLORS")}
    command = [sys.executable, "-m", "pytest"]
    environment = {**kept, "TERM": "xterm", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", **variables}
    run = subprocess.Popen(
        command, cwd=course.root, env=environment, stdout=theirs, stderr=theirs, stdin=theirs
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    assert run.wait() == 1
    text = said.decode()
    assert ("\x1b[31m✘\x1b[0m" in text) is coloured
    assert ("\x1b[" in text) is coloured
    assert "✘" in text


def test_ctrl_c_ends_with_what_was_checked(course):
    text = (course.root / ".kata/catalogue.json").read_text(encoding="utf-8")
    (course.root / ".kata/catalogue.json").write_text(text.replace("0.3", "60"), encoding="utf-8")
    course.write_body("double", "return 2 * x")
    course.write_body("spin", "print('spinning', flush=True)\n    while True:\n        pass")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s"],
        cwd=course.root,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"},
    )
    assert run.stdout is not None
    assert run.stdout.readline().strip() == b"spinning"
    run.send_signal(signal.SIGINT)
    out = run.communicate(timeout=60)[0].decode()
    assert run.returncode == 2
    assert "1/6 exercises" in out
    assert "Stopped by Ctrl-C" in out
    assert "KeyboardInterrupt" not in out
