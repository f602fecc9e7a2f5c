import io
from pathlib import Path

import pytest
from rich.console import Console

from grader.examine.outcome import Verdict
from grader.gradebook.session import grade_class
from grader.gradebook.totals import total_changes
from grader.report.changes import print_changes

GOLDEN = """\

changes  1 gained, 1 lost, 1 new, 1 gone; 1 of 4 students unchanged
student  exercise      points      why
ann      u05.backward  0 -> 3  +3  their file changed: wrong -> right
bob      5 exercises       10      not in this run
eve      5 exercises       10      not in the last run
june     u05.backward  3 -> 0  -3  their file changed: right -> wrong
"""


@pytest.fixture
def screen(invented, tmp_path):
    """screen((students, answers) before, after, width=80) -> what is printed."""
    catalogue = invented.make_catalogue(tmp_path)

    def run(before, after, width=80, encoding="utf-8"):
        for students, answers in filter(None, (before, after)):
            pool = invented.FakePool(catalogue, answers)
            class_ = grade_class(
                catalogue, students, pool, tmp_path / encoding, seed=invented.SEED, diff=True
            )
        raw = io.BytesIO()
        console = Console(file=io.TextIOWrapper(raw, encoding=encoding), width=width, emoji=False)
        print_changes(class_.changes, total_changes(class_, class_.changes), console, Path("grades"))
        console.file.flush()
        return "".join(f"{line.rstrip()}\n" for line in raw.getvalue().decode(encoding).splitlines())

    return run


def wrong(invented, *ids):
    return {(id, "u05.backward"): invented.outcome("u05.backward", Verdict.WRONG) for id in ids}


def new(invented, id, text="# new"):
    return invented.handed_in(id, {**invented.BOTH, invented.VALUE: text})


def test_the_whole_screen(screen, invented):
    before = [invented.handed_in(id) for id in ("ann", "bob", "june", "kim")]
    after = [
        new(invented, "june"),
        new(invented, "ann"),
        invented.handed_in("kim"),
        invented.handed_in("eve"),
    ]
    assert screen((before, wrong(invented, "ann")), (after, wrong(invented, "june"))) == GOLDEN


def test_a_first_run_and_a_run_without_changes(screen, invented):
    class_ = [invented.handed_in("ann")], {}
    assert screen(None, class_) == "\nchanges  none to show: this is the first run into this folder\n"
    assert screen(class_, class_) == "\nchanges  0 gained, 0 lost; 1 of 1 student unchanged\n"


def test_hostile_ids_do_nothing_and_long_ones_leave_room(screen, invented):
    ids = ("[red]x", "é" * 60, "=1")
    before = [invented.handed_in(id) for id in ids]
    after = [new(invented, id) for id in ids]
    for encoding in ("utf-8", "ascii"):
        text = screen((before, {}), (after, wrong(invented, *ids)), encoding=encoding)
        assert "[red]x" in text
        assert max(map(len, text.splitlines())) <= 80
        assert text.count("u05.backward") == 3


def test_many_changes_are_cut_and_say_where_the_rest_is(screen, invented):
    ids = [f"s{n:03}" for n in range(100)]
    text = screen(
        ([invented.handed_in(id) for id in ids], {}),
        ([new(invented, id) for id in ids], wrong(invented, *ids)),
    )
    assert text.splitlines()[1].startswith("changes  0 gained, 100 lost; 0 of 100 students unchanged")
    assert text.endswith("s059     u05.backward  3 -> 0  -3  their file changed: right -> wrong\n"
                         "and 40 more rows in grades/changes.csv\n")  # fmt: skip
