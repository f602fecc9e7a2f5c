import csv
import os
import re
import signal
import sys

import pytest

from grader.cli import main
from grader.errors import SandboxError, UsageError
from grader.examine.outcome import Verdict
from grader.gradebook.nbstore import missing

COURSE = """\
id: backprop
title: Gradients by hand
version: "2026.1"
units:
  - id: u01
    title: Slopes by nudging
    folder: u01_slopes
    exercises:
      - {id: u01.forward_difference, title: A, symbols: [forward_difference], points: 1}
      - {id: u01.central_difference, title: B, symbols: [central_difference], points: 3}
  - id: u05
    title: The Value class
    folder: u05_value
    exercises:
      - {id: u05.backward, title: C, symbols: [Value.backward], points: 2}
  - {id: u06, title: Tensors, folder: u06_tensors}
"""

without_nbgrader = pytest.mark.skipif(bool(missing()), reason="nbgrader is not installed")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")


@pytest.fixture
def desk(pool, tmp_path, monkeypatch):
    """A course and a class of two in the current folder, and a pool that answers `desk.answers`."""

    monkeypatch.chdir(tmp_path)
    (tmp_path / "course.yml").write_text(COURSE)
    for student in ("ann", "bob"):
        for file in ("u01_slopes/slopes.py", "u05_value/value.py"):
            path = tmp_path / "class" / student / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x = 1\n")
    return pool


def rows(folder):
    with (folder / "gradebook.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_class_is_graded_and_its_screen_shown(desk, tmp_path, capsys):
    assert main(["grade", "class", "--out", "grades"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(
        "backprop · 2 of 2 handed in · median 100% (100-100) · 0 grader errors · 3 exercises"
    )
    assert "files    grades/gradebook.csv" in out
    assert "demo seed" in out
    assert err == ""  # no progress bar where stderr is no terminal
    assert [row["id"] for row in rows(tmp_path / "grades")] == ["ann", "bob"]
    assert (tmp_path / "grades" / "feedback" / "ann.txt").read_text().startswith("Gradients by hand")


def test_wrong_students_are_no_error_of_the_command_but_grader_errors_are(desk, invented, capsys):
    desk.answers = {("ann", "u05.backward"): invented.outcome("u05.backward", Verdict.WRONG)}
    assert main(["grade", "class", "--out", "one"]) == 0
    desk.answers = {("ann", "u05.backward"): invented.outcome("u05.backward", Verdict.GRADER_ERROR)}
    assert main(["grade", "class", "--out", "two"]) == 3
    assert "1 grader error" in capsys.readouterr().out


def test_the_course_is_found_from_a_folder_inside_it(desk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "class")
    assert main(["grade", "../class", "--out", "../grades"]) == 0
    monkeypatch.chdir("/")
    elsewhere = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "g2")]
    assert main(elsewhere) == 2
    assert main([*elsewhere, "--course", str(tmp_path / "course.yml")]) == 0
    assert main([*elsewhere, "--course", str(tmp_path)]) == 0


def test_options_reach_the_pool(desk, capsys):
    assert main(["grade", "class", "--workers", "3", "--sandbox", "container"]) == 0
    assert main(["grade", "class", "--unsafe"]) == 0
    assert main(["grade", "class"]) == 0
    assert desk.made == [
        ("container", 3, True, "cpu"),
        ("unsafe", 0, True, "cpu"),
        ("auto", 0, True, "cpu"),
    ]


def test_one_unit_alone(desk, tmp_path):
    assert main(["grade", "class", "--unit", "u05"]) == 0
    assert "u01.forward_difference" not in rows(tmp_path / "grades")[0]
    assert rows(tmp_path / "grades")[0]["u05.backward"] == "2"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["grade", "nowhere"], "nowhere"),
        (["grade", "course.yml"], "is a file, not a folder"),
        (["grade", "class", "--course", "nowhere.yml"], "nowhere.yml"),
        (["grade", "class", "--unit", "u99"], "no unit u99"),
        (["grade", "class", "--unit", "u06"], "nothing to grade"),
        (["grade", "class", "--out", "course.yml"], "cannot write course.yml"),
        (["grade", "class", "--out", "class/grades"], "graded as one of them"),
        (["grade", "class", "--out", "class"], "graded as one of them"),
        (["grade", "class", "--out", "."], "not empty and holds no gradebook"),
        (["grade", "class", "--unsafe", "--sandbox", "seccomp"], "contradict each other"),
        (["grade", "class", "--sandbox", "none"], "--sandbox"),
        (["grade", "class", "--workers", "-1"], "--workers"),
        (["grade"], "SUBMISSIONS"),
    ],
)
def test_a_wrong_call_is_told_in_clear_words_and_ends_with_2(desk, capsys, arguments, told):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert told.lower() in err.lower()
    assert "Traceback" not in err


def test_a_mistake_in_the_course_names_its_line(desk, tmp_path, capsys):
    (tmp_path / "course.yml").write_text(COURSE.replace("points: 3", "points: many"))
    assert main(["grade", "class"]) == 2
    assert "course.yml:10:" in capsys.readouterr().err


def test_an_upload_that_cannot_be_read_costs_nobody_else(desk, tmp_path, capsys):
    (tmp_path / "class" / "eve.zip").write_bytes(b"no archive")
    (tmp_path / "class" / "dan").mkdir()
    assert main(["grade", "class"]) == 0
    assert "2 of 4 handed in" in capsys.readouterr().out
    totals = {row["id"]: row["total"] for row in rows(tmp_path / "grades")}
    assert totals == {"ann": "6", "bob": "6", "dan": "0", "eve": "0"}
    assert "eve.zip" in next(row for row in rows(tmp_path / "grades") if row["id"] == "eve")["problems"]


def test_ctrl_c_says_what_was_kept(desk, capsys):
    desk.stop = KeyboardInterrupt()
    assert main(["grade", "class"]) == 130
    err = capsys.readouterr().err
    assert err == (
        "kata: stopped. 0 of 2 students done; 2 new results, kept in grades/journal.jsonl.\n"
        "  The same command goes on where it stopped.\n"
    )
    desk.stop = None
    assert main(["grade", "class"]) == 0
    assert [job.submission for job in desk.last.asked] == ["ann", "bob", "bob"]
    assert "note     students' units" not in capsys.readouterr().out


@pytest.fixture
def heard():
    """heard(number): a signal that the shell of a background job ignores is heard again; its handler."""
    before = {}

    def hear(number):
        ours = signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL
        before[number] = signal.signal(number, ours)
        return ours

    yield hear
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    "number_and_code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_other_signals_stop_in_order_too(desk, monkeypatch, capsys, heard, number_and_code):
    number, code = number_and_code
    before = heard(number)
    monkeypatch.setattr(desk, "stop", property(lambda _: os.kill(os.getpid(), number)))
    assert main(["grade", "class"]) == code
    by = "" if number is signal.SIGINT else f" by {number.name}"
    err = capsys.readouterr().err
    assert err.startswith(f"kata: stopped{by}. 0 of 2 students done.\n")
    assert "goes on where it stopped" in err
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_ignored(desk, monkeypatch):
    """`nohup kata grade ...` goes on when its terminal is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr(desk, "stop", property(lambda _: os.kill(os.getpid(), signal.SIGHUP)))
        assert main(["grade", "class"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_stopped_before_anything_was_graded(desk, monkeypatch, capsys):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("grader.collect.folder.class_entries", stop)
    assert main(["grade", "class"]) == 130
    assert capsys.readouterr().err == "kata: stopped. Nothing was graded yet.\n"


def test_fresh_and_diff_reach_the_gradebook(desk, tmp_path, capsys):
    assert main(["grade", "class"]) == 0
    assert main(["grade", "class", "--diff"]) == 0
    out = capsys.readouterr().out
    assert "note     2 of 2 students unchanged: reused" in out
    assert out.endswith("\nchanges  0 gained, 0 lost; 2 of 2 students unchanged\n")
    assert desk.last.asked == []
    assert main(["grade", "class", "--fresh"]) == 0
    assert len(desk.last.asked) == 4


@pytest.mark.parametrize("kind", [UsageError, SandboxError])
def test_an_error_on_the_way_says_what_was_kept(desk, capsys, kind):
    desk.stop = kind("the disk is full", "Make room.")
    assert main(["grade", "class"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(
        "kata: the disk is full\n  Make room.\n  0 of 2 students done; 2 new results, kept in"
    )


@without_nbgrader
def test_nbgrader_keeps_one_attempt_alone(desk, tmp_path):
    """So the best of several can be settled for one unit, free days or not."""
    late = "attempts: best\nlate: {per_day: 0.1, free_days: 2}\nunits:"
    (tmp_path / "course.yml").write_text(COURSE.replace("units:", late))
    assert main(["grade", "class", "--unit", "u01"]) == 2
    file = tmp_path / "nb/submitted/ann/u01_slopes/slopes.py"
    file.parent.mkdir(parents=True)
    file.write_text("x = 1\n")
    assert main(["grade", "--nbgrader", "nb", "u01_slopes", "--gradebook", "none"]) == 0
    assert (tmp_path / "nb/feedback/ann/u01_slopes/slopes.txt").is_file()
    assert [row["id"] for row in rows(tmp_path / "nb/grades/u01_slopes")] == ["ann"]


@without_nbgrader
def test_nbgraders_gradebook_is_written_unless_it_is_not_wanted(desk, tmp_path, capfd):
    assert main(["grade", "class"]) == 0
    out, err = capfd.readouterr()
    assert re.search(r"  grades/gradebook\.db\s+grades/journal\.jsonl\n", out)
    assert err == ""  # nbgrader and its libraries say nothing on our screen
    written = (tmp_path / "grades" / "gradebook.db").stat()
    assert written.st_mode & 0o777 == 0o600
    assert main(["grade", "class", "--gradebook", "none"]) == 0
    assert "gradebook.db" not in capfd.readouterr().out
    assert (tmp_path / "grades" / "gradebook.db").stat() == written
    assert main(["grade", "class", "--gradebook", "course.db"]) == 0
    out = capfd.readouterr().out
    assert f"note nbgrader's gradebook is {tmp_path}/course.db files" in " ".join(out.split())
    assert (tmp_path / "course.db").stat().st_mode & 0o777 == 0o600


@without_nbgrader
def test_a_gradebook_that_cannot_be_written_is_one_error(desk, tmp_path, capsys):
    (tmp_path / "course.db").write_text("no database, and long enough to be one " * 30)
    assert main(["grade", "class", "--gradebook", "course.db"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"kata: {tmp_path}/course.db is no SQLite database, or a damaged one",
        "  Move it away, or write elsewhere: --gradebook FILE.db.",
        "  All results stand in grades/gradebook.csv and grades/journal.jsonl. "
        "Then run the same command again: only this is missing.",
        "  2 of 2 students done; 6 new results, kept in grades/journal.jsonl.",
    ]
    assert [row["total"] for row in rows(tmp_path / "grades")] == ["6", "6"]


def test_a_secret_seed_is_used(desk, capsys):
    assert main(["seed"]) == 0
    assert main(["grade", "class"]) == 0
    assert desk.made[-1][2] is False
    assert "demo seed" not in capsys.readouterr().out


@pytest.fixture
def gpu(monkeypatch):
    """A machine on which torch finds a GPU, or none: gpu(True), gpu(False)."""
    torch = pytest.importorskip("torch")
    return lambda found: monkeypatch.setattr(torch.cuda, "is_available", lambda: found)


@pytest.mark.parametrize("words", [[], ["--unsafe"]])
def test_no_gpu_is_said_before_anything_is_graded(desk, gpu, capsys, words):
    gpu(False)
    assert main(["grade", "class", "--device", "cuda", *words]) == 2
    assert capsys.readouterr().err.startswith("kata: --device cuda: torch finds no CUDA GPU here\n")
    assert desk.made == []


def test_without_torch_there_is_no_gpu_either(desk, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["grade", "class", "--device", "cuda", "--unsafe"]) == 2
    assert "kata: --device cuda: torch is not installed here\n" in capsys.readouterr().err


def test_a_gpu_is_used_without_a_jail_only(desk, gpu, capsys):
    gpu(True)
    assert main(["grade", "class", "--device", "cuda"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("kata: --device cuda grades without a jail: ")
    assert "--unsafe" in error
    assert desk.made == []
    assert main(["grade", "class", "--device", "cuda", "--unsafe"]) == 0
    assert desk.made == [("unsafe", 0, True, "cuda")]
