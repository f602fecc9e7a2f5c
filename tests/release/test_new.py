"""`kata new`: what it lays down, where, what stays untouched, and when it refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli import main
from grader.course.load import load_course
from grader.errors import CourseError
from grader.examine.seed import Seed
from grader.release.entry import add_exercise, add_unit, quoted
from grader.release.handout import make
from grader.release.placeholder import MARK, placeholder, placeholders
from grader.release.publish import outdated
from grader.release.sources import added_to_class, with_imports
from grader.verify.handout import check
from grader.verify.run import prove

ROOT = Path(__file__).parents[2]
DEMO = Seed("demo", demo=True)


@pytest.fixture
def new(tiny, monkeypatch, capsys):
    """`kata new` in the tiny course: exit code, and what it printed."""
    monkeypatch.chdir(tiny.root)

    def run(*words):
        code = main(["new", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def texts(root):
    return {p: p.read_text("utf-8") for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}


def test_an_exercise_of_a_unit_that_is_there(tiny, new):
    before = texts(tiny.root)
    code, said = new(
        "u01.twice", "--title", "Twice: a number", "--after", "u01.slope", "--needs", "u01.slope"
    )
    assert code == 0
    assert said.endswith("next   kata verify u01.twice\n")
    course = load_course(tiny.root)
    ids = [exercise.id for exercise in course.unit("u01").exercises]
    assert ids[:3] == ["u01.slope", "u01.twice", "u01.describe"]
    made = course.exercise("u01.twice")
    assert (made.title, made.symbols, made.needs) == ("Twice: a number", ("twice",), ("u01.slope",))
    after = texts(tiny.root)
    written = {re.match(r"wrote  (.*)", line)[1] for line in said.splitlines()[:-1]}
    changed = {str(p.relative_to(tiny.root)) for p in after if after[p] != before.get(p)}
    assert written == changed
    assert outdated(course) == []
    for path, text in before.items():
        if ".kata" not in path.parts:  # every line that was there is there still, in its order
            lines = iter(after[path].splitlines())
            assert all(line in lines for line in text.splitlines()), path


def test_verify_says_what_is_to_be_written_and_runs_nothing(tiny, new, monkeypatch):
    new("u01.twice")
    monkeypatch.setattr("grader.verify.run.Pool", None)
    proof = prove(load_course(tiny.root), tiny.root / "course.yml", ["u01.twice"], DEMO)
    assert proof.rows == ()
    lacking = [claim for claim in proof.broken if claim.fact.startswith("u01.twice lacks ")]
    rest = [claim.fact for claim in proof.broken if claim not in lacking]
    assert rest == [
        "u01.twice has 1 wrong answer, not 3 or more",
        "u01.twice has 1 right answer, not 2 or more",
    ]
    assert {claim.where.partition(":")[0] for claim in lacking} == {
        "course.yml",
        *(f"solutions/u01_plain/{name}" for name in ("plain.py", "hints.md", "test_hidden_twice.py")),
        *(f"solutions/u01_plain/{kind}_plain.py" for kind in ("wrong", "right")),
        *("exercises/u01_plain/README.md", "exercises/u01_plain/test_plain.py"),
    }
    for claim in lacking:  # each at its line
        path, line = claim.where.split(":")
        assert MARK in (tiny.root / path).read_text("utf-8").splitlines()[int(line) - 1]
    assert [claim.fact for claim in lacking][:2] == [
        "u01.twice lacks a title",
        "u01.twice lacks what it returns, in the first line of its docstring",
    ]


def test_what_is_half_done_keeps_nothing_else_from_being_proven(tiny, new, monkeypatch):
    new("u02.twice")
    asked = []

    class NoPool:
        def __init__(self, catalogue, seed, *, units, **more):
            asked.append(set(units))
            raise ZeroDivisionError

    monkeypatch.setattr("grader.verify.run.Pool", NoPool)
    for wanted in (["u02.facts"], []):
        with pytest.raises(ZeroDivisionError):
            prove(load_course(tiny.root), tiny.root / "course.yml", wanted, DEMO)
    assert asked == [{"u02"}, {"u01"}]


def test_what_is_half_done_is_not_released(tiny, new, wheel):
    new("u01.twice")
    with pytest.raises(CourseError, match=r"u01\.twice lacks a title"):
        check(tiny, DEMO, make(load_course(tiny.root), (), wheel).files)


def test_a_new_unit(tiny, new):
    code, said = new("u04_dual", "--title", "Dual numbers", "--flavour", "torch")
    assert (code, said.splitlines()[-1]) == (0, "next   kata new u04.NAME")
    assert [unit.id for unit in load_course(tiny.root).units] == ["u01", "u02"]  # announced, not released
    assert new("u04.product", "--symbol", "Dual.__mul__", "--symbol", "Dual.__rmul__")[0] == 0
    assert new("u04.derivative", "--needs", "u04.product", "--points", "2.5")[0] == 0
    course = load_course(tiny.root)
    unit = course.unit("u04")
    assert (unit.title, unit.flavour) == ("Dual numbers", "torch")
    assert course.exercise("u04.derivative").points == 2.5
    source = course.solution_file(unit).read_text("utf-8")
    assert source.count("class Dual:") == 1
    assert re.findall(r"^ *def (\w+)", source, re.MULTILINE) == [
        "__init__",
        "__mul__",
        "__rmul__",
        "derivative",
    ]
    lesson = course.lesson(unit).read_text("utf-8").splitlines()
    assert [line[:15] for line in lesson if line.startswith("| `")] == ["| `product` | W", "| `derivative` "]
    facts = [c.fact for c in prove(course, tiny.root / "course.yml", ["u04"], DEMO).broken]
    assert sum(" has 1 " in fact for fact in facts) == 4
    assert all(" lacks " in fact or " has 1 " in fact for fact in facts)


def test_what_it_lays_down_keeps_the_style_of_the_house(tiny, new):
    new("u04_dual")
    new("u04.product", "--symbol", "Dual.__mul__")
    new("u04.derivative")
    folders = [tiny.root / "solutions/u04_dual", tiny.root / "exercises/u04_dual"]
    config = ("--config", str(ROOT / "pyproject.toml"))
    ours = ("--config", "lint.isort.known-first-party = ['grader']")
    for words in (("check", *config, *ours), ("format", "--check", *config)):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", *folders],
            cwd=tiny.root, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert not done.returncode, done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["u01.slope"], "u01.slope exists already\n  kata verify u01.slope says what it lacks."),
        (
            ["u01_plain"],
            "there is a unit u01 already, u01_plain\n  kata new u01.NAME adds an exercise to it.",
        ),
        (["u03.x"], "the course has no unit u03\n  Announce it first: kata new u03_NAME --title TITLE"),
        (["u01.Twice"], "u01.Twice is no id of an exercise"),
        (["dual"], "dual is no name of a unit"),
        (["u01.twice", "--symbol", "Dual"], "Dual is no name of a function or method"),
        (["u01.twice", "--symbol", "slope"], "defines slope already"),
        (["u01.twice", "--after", "u02.facts"], "--after names u02.facts, which is not of u01"),
        (
            ["u01.twice", "--needs", "u01.slop"],
            "the course has no exercise u01.slop\n  did you mean u01.slope?",
        ),
        (["u05_dual", "--symbol", "f"], "--symbol, --needs and --after are for exercises"),
    ],
)
def test_it_refuses_and_writes_nothing(tiny, new, words, said):
    before = texts(tiny.root)
    code, printed = new(*words)
    assert code == 2
    assert said in printed
    assert texts(tiny.root) == before


def test_hidden_tests_that_are_there_are_not_overwritten(tiny, new):
    (tiny.root / "solutions/u01_plain/test_hidden_twice.py").write_text("mine = 1\n", encoding="utf-8")
    before = texts(tiny.root)
    assert "exists already" in new("u01.twice")[1]
    assert texts(tiny.root) == before


def test_twice_is_refused(tiny, new):
    assert new("u01.twice")[0] == 0
    before = texts(tiny.root)
    assert new("u01.twice")[0] == 2
    assert texts(tiny.root) == before


# -- course.yml

COURSE = """\
id: x   # the course
units:
  # first
  - id: u01
    title: One
    exercises:
      - id: u01.a  # a
        title: >
          folded
          text
      # between
      - id: u01.b
        symbols: [b,
          c]
    # below
  - {id: u03, title: Three}
"""


def test_lines_are_added_where_they_belong_and_no_other_changes():
    lines = COURSE.split("\n")
    assert add_exercise(COURSE, "u01", ["- new"], "u01.a").split("\n") == [
        *lines[:10], "      - new", *lines[10:],
    ]  # fmt: skip
    assert add_exercise(COURSE, "u01", ["- new"]).split("\n") == [*lines[:14], "      - new", *lines[14:]]
    assert add_unit(COURSE, "u02", ["- new"]).split("\n") == [*lines[:14], "  - new", *lines[14:]]
    assert add_unit(COURSE, "u04", ["- new"]).split("\n") == [*lines[:16], "  - new", ""]
    assert add_unit(COURSE, "u00", ["- new"]).split("\n") == [*lines[:3], "  - new", *lines[3:]]
    assert add_unit(COURSE.rstrip(), "u04", ["- new"]) == COURSE + "  - new\n"


def test_the_line_ends_of_the_file_are_kept():
    made = add_exercise(COURSE.replace("\n", "\r\n"), "u01", ["- new"])
    assert made == add_exercise(COURSE, "u01", ["- new"]).replace("\n", "\r\n")


def test_an_announced_unit_gets_its_list():
    text = "units:\n- id: u01\n  title: One\n"
    assert add_exercise(text, "u01", ["- new"]) == text + "  exercises:\n    - new\n"


def test_lists_in_brackets_are_refused(tiny, new):
    text = (tiny.root / "course.yml").read_text("utf-8")
    more = "  - id: u05\n    title: Five\n    folder: u05_five\n"
    more += "    exercises: [{id: u05.a, title: A, symbols: [a], points: 1}]\n"
    (tiny.root / "course.yml").write_text(text + more, encoding="utf-8")
    line = (text + more).count("\n")
    assert f"course.yml:{line}: a list in brackets has no room for another line" in new("u05.b")[1]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Two words", "Two words"),
        ("a: b", '"a: b"'),
        ("true", '"true"'),
        ("3", '"3"'),
        ('"', '"\\""'),
        ("ä #b", '"ä #b"'),
    ],
)
def test_titles_as_yaml(title, written):
    assert quoted(title) == written


# -- sources


def test_imports_are_added_to_those_that_are_there():
    assert with_imports("from m import b\n", "m", {"a", "b"}) == "from m import a, b\n"
    assert with_imports("from m import a\n", "m", {"a"}) == "from m import a\n"
    assert with_imports('"""Doc."""\n', "m", {"a"}) == '"""Doc."""\n\nfrom m import a\n'
    many = {f"a_rather_long_name_{n}" for n in range(9)}
    made = with_imports("import os\n\nx = 1\n", "m", many)
    assert made.startswith("import os\n\nfrom m import (\n    a_rather_long_name_0,\n")
    assert made.endswith("    a_rather_long_name_8,\n)\n\nx = 1\n")


def test_a_method_goes_below_the_last_block_of_its_class():
    block = "        # BEGIN SOLUTION\n        pass\n        # END SOLUTION\n"
    source = f"class A:\n    def f(self):\n{block}\n\nx = 1\n"
    made = added_to_class(source, "A", "    def g(self):\n        pass\n")
    assert made == source.replace("\n\n\nx", "\n\n    def g(self):\n        pass\n\n\nx")
    assert added_to_class(source, "B", "") is None


def test_placeholders_are_found_with_their_line():
    text = f"x\n| {placeholder('u01.a', 'a title')} | y\n# {MARK} nothing\n"
    assert [(one.exercise, one.what, one.line) for one in placeholders(text)] == [("u01.a", "a title", 2)]
