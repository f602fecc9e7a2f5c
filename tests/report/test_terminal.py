import io
import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.course.model import Unit
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.gradcheck.message import Finding
from grader.gradebook.session import grade_class
from grader.report.files import report_files
from grader.report.terminal import print_report

GOLDEN = """\
backprop · 5 of 7 handed in · median 57% (40-63) · 1 grader error · 5 exercises
sandbox: namespaces · 41 s

exercise                pts  pass                        most common mistake
u01.forward_difference    1  100%  ████████████████████
u01.central_difference    1   60%  ████████████░░░░░░░░  2x 2x too large: missing factor 1/2
u01.grad_check            2  100%  ████████████████████
u05.value_ops             3   60%  ████████████░░░░░░░░  1x crashed: ZeroDivisionError
u05.backward              3    0%  ░░░░░░░░░░░░░░░░░░░░  2x too slow   <- hardest

scores   0-9    10s    20s █  30s    40s █  50s █  60s █  70s █  80s    90s
look at  yara: GRADER ERROR on u01.grad_check · vic: nothing handed in
         yara: upload: value.py is not UTF-8: left out
         zoe: nothing handed in: zoe.zip cannot be read: not a zip file · kim 4/10: 1 crashed in u05
         june, sam: too slow on u05.backward
warning  1 result could not be graded (our fault) and left out: run it again, or report it
files    grades/gradebook.csv  grades/results-long.csv  grades/gradebook.json  grades/report.html
         grades/exercises.csv  grades/feedback/  grades/journal.jsonl
"""


@pytest.fixture
def screen(invented, tmp_path, monkeypatch):
    """A function that grades a class and returns its screen."""
    monkeypatch.chdir(tmp_path)
    catalogue = invented.make_catalogue(tmp_path)

    def run(
        students=None, answers=None, *, seed=invented.SEED, facts=None, seconds=41.2, again=False, **more
    ):
        if not again:
            shutil.rmtree("grades", ignore_errors=True)
        if students is None:
            students, answers = invented.small_class()
        pool = invented.FakePool(catalogue, answers or {})
        pool.facts |= facts or {}
        graded = grade_class(catalogue, students, pool, Path("grades"), seed=seed, extra_files=report_files)
        return draw(graded, seconds, **more)

    return run


def draw(graded, seconds, *, width=100, encoding="utf-8", term="xterm", **console):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
    print_report(
        graded, Console(file=stream, width=width, highlight=False, **console), seconds, {"TERM": term}
    )
    stream.flush()
    return "".join(line.rstrip() + "\n" for line in raw.getvalue().decode(encoding).splitlines())


def test_the_whole_screen_at_width_100(screen):
    assert screen() == GOLDEN


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_no_line_is_too_long_and_no_name_is_cut(screen, width):
    text = screen(width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    for exercise in ("u01.forward_difference", "u01.central_difference", "u05.backward"):
        assert re.search(rf"^{re.escape(exercise)} +\d +\d+%", text, re.M)


def test_only_the_last_column_folds(screen, invented):
    long = Finding(
        "x", diagnosis="the gradient was not summed over the axes that broadcasting made, here axis 0"
    )
    answers = {
        ("ann", "u05.backward"): invented.outcome(
            "u05.backward", Verdict.WRONG, invented.check(Verdict.WRONG, finding=long)
        )
    }
    lines = screen([invented.handed_in("ann")], answers, width=80).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("u05.backward"))
    column = lines[start].index("1x")
    assert [line[:column].strip() for line in lines[start + 1 : start + 3]] == ["", ""]
    words = " ".join(line[column:].strip() for line in lines[start : start + 4])
    assert f"1x {long.diagnosis}" in words


def test_hardest_is_never_broken(screen, invented):
    for length in range(1, 120):
        long = Finding("x", diagnosis="ab " * (length // 3) + "c" * (length % 3))
        answer = invented.outcome("u05.backward", Verdict.WRONG, invented.check(Verdict.WRONG, finding=long))
        text = screen([invented.handed_in("ann")], {("ann", "u05.backward"): answer}, width=80)
        assert text.count("<- hardest\n") == 1
        assert max(map(cell_len, text.splitlines())) <= 80


@pytest.fixture
def long_screen(invented, tmp_path, monkeypatch):
    """The screen of a course of thirteen exercises; one student has the last of them wrong, in many words."""
    monkeypatch.chdir(tmp_path)
    ids = [f"u01.exercise_with_a_long_name_{index:02}" for index in range(13)]
    unit = Unit(id="u01", title="t", folder="u01_slopes", exercises=tuple(map(invented.exercise, ids)))
    catalogue = invented.make_catalogue(tmp_path, units=(unit,))
    words = "the loss is divided by the number of all positions, the ignored ones included, which is too many"
    answer = invented.outcome(
        ids[-1], Verdict.WRONG, invented.check(Verdict.WRONG, finding=Finding("x", diagnosis=words))
    )

    def run(width):
        pool = invented.FakePool(catalogue, {("ann", ids[-1]): answer})
        students = [invented.handed_in(id) for id in ("ann", "ben")]
        graded = grade_class(catalogue, students, pool, Path("grades"), seed=invented.SEED)
        return draw(graded, 1, width=width)

    return run


@pytest.mark.parametrize(("width", "bar"), [(100, 10), (80, 0), (72, 0)])
def test_a_long_table_has_short_bars_and_mistakes_of_two_lines(long_screen, width, bar):
    lines = long_screen(width).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("u01.exercise"))
    end = lines.index("", start)
    assert max(map(cell_len, lines)) <= width
    assert lines[start].count("█") == bar
    assert end - start == 13 + 1
    assert lines[end - 1].endswith(" ...   <- hardest")
    assert "1x the loss is divided" in lines[end - 2]


def test_the_line_after_a_folded_remark_is_its_own(screen, invented):
    students = [invented.handed_in(id, problems=("word " * 20,)) for id in ("ann", "ben")]
    lines = screen([invented.handed_in("abe", {}), *students], {}, width=80).splitlines()
    assert "look at  abe: nothing handed in" in lines
    assert len([line for line in lines if " · " in line and "word" in line]) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437"])
def test_every_encoding_can_carry_it(screen, invented, encoding):
    students, answers = invented.small_class()
    students.append(invented.handed_in("joséあ", problems=("ungültig ✔ …",)))
    text = screen(students, answers, encoding=encoding)  # a character that is too much would raise
    assert "u05.backward" in text
    assert "backprop | 6 of 8 handed in" in text
    assert re.search(r"^u01.central_difference +1 +67%  #{13}-{7}  2x 2x too large", text, re.M)
    assert re.search(r"^scores   0-9 -  10s -  20s 1  ", text, re.M)


def test_a_plain_terminal_gets_plain_signs(screen):
    text = screen(term="dumb")
    assert text.isascii()
    assert "hardest" in text


def test_colour_only_where_it_is_wanted(screen):
    assert "\x1b[" not in screen()
    assert "\x1b[" not in screen(no_color=True)
    coloured = screen(force_terminal=True, color_system="standard")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == GOLDEN.split()


def test_hostile_text_reaches_no_terminal(screen, invented):
    evil = Finding("x", diagnosis="[bold]\x1b[2J\u202e[/bold]")
    answers = {
        ("ann", "u05.backward"): invented.outcome(
            "u05.backward", Verdict.WRONG, invented.check(Verdict.WRONG, finding=evil)
        ),
        ("ann", "u05.value_ops"): invented.outcome(
            "u05.value_ops", Verdict.WRONG, invented.check(Verdict.WRONG, "\x07[red]")
        ),
    }
    text = screen([invented.handed_in("ann", problems=("\x1b]0;x\x07 [link=x]y[/link]",))], answers)
    assert not set("\x1b\x07\u202e") & set(text)
    assert "1x [bold]\\x1b[2J\\u202e[/bold]" in text  # nor is it read as markup
    assert "\\x1b]0;x\\x07 [link=x]y[/link]" in text
    assert "fails: \\x07[red]" in text


def test_a_demo_seed_and_a_missing_jail_are_said(screen, invented):
    text = " ".join(
        screen([invented.handed_in("ann")], seed=Seed("demo", demo=True), facts={"sandbox": "unsafe"}).split()
    )
    assert "demo seed: everybody can know the hidden cases" in text
    assert "kata seed" in text
    assert "no sandbox: the students' code ran with your rights" in text
    assert "warning" not in screen([invented.handed_in("bob")])


def test_an_empty_class_and_a_class_of_one(screen, invented):
    text = screen([invented.handed_in("vic", {})])
    assert "0 of 1 handed in" in text
    assert "median" not in text
    assert "scores" not in text
    assert "median 100% (100-100)" in screen([invented.handed_in("ann")])


def test_all_get_full_marks_then_nothing_is_hardest(screen, invented):
    assert "hardest" not in screen([invented.handed_in("ann"), invented.handed_in("bob")])


def test_long_lists_are_cut_and_say_so(screen, invented):
    many = [invented.handed_in(f"s{index:03}", {}) for index in range(30)]
    text = screen([*many, *(invented.handed_in(f"t{i:02}", problems=(f"problem {i}",)) for i in range(30))])
    assert "s007 and 22 more: nothing handed in" in text
    assert "s008" not in text
    assert "and 19 more in grades/gradebook.csv" in text


def test_the_reason_of_a_grader_error_stands_first(screen, invented):
    ours = invented.outcome(
        "u05.backward", Verdict.GRADER_ERROR, invented.check(finding=Finding("the process ended twice"))
    )
    students, answers = invented.small_class()
    text = screen(students, {**answers, ("zoe", "u05.backward"): ours, ("ann", "u05.backward"): ours})
    assert "look at  ann: GRADER ERROR on u05.backward: the process ended twice" in text
    assert "2 grader errors" in text


def test_minutes_are_written_as_minutes(screen, invented):
    assert "3 min 20 s" in screen([invented.handed_in("ann")], seconds=200.0)


def test_a_second_run_shows_its_notes(screen, invented):
    screen([invented.handed_in("ann")])
    assert "note     1 of 1 student unchanged: reused" in screen([invented.handed_in("ann")], again=True)
