"""The page for authors is true: its blocks, written and run in order, make a unit that is fit to ship."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.release.placeholder import MARK

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/authors.md"
BLOCK = re.compile(
    r"(?:^\*\*`(?P<path>[^`\n]+)`\*\*\n\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXIT = re.compile(r"\(exit code (\d+)\)")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "state.json", "backups", ".hypothesis")
PROGRAMS = {"kata": "grader", "pytest": "pytest"}  # as modules of this very Python


@dataclass(frozen=True)
class Step:
    """A block of the page. path: of the file that it shows or edits, "" for commands."""

    path: str
    language: str
    text: str

    @property
    def is_run(self) -> bool:
        return self.text.startswith("$ ")


def steps() -> list[Step]:
    """The blocks of "A unit from nothing", in their order; commands without a prompt are not among them."""
    text = PAGE.read_text(encoding="utf-8")
    part = text.partition("\n## A unit from nothing\n")[2].partition("\n### A course of your own\n")[0]
    every = [Step(m["path"] or "", m["language"], m["text"]) for m in BLOCK.finditer(part)]
    assert len(every) == part.count("\n```") / 2
    assert all(step.path for step in every if step.language)
    return [step for step in every if step.path or step.is_run]


def calls(text: str) -> list[tuple[str, list[str], int]]:
    """(command, the lines that the page shows below it, exit code) of a block of commands."""
    found = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        code = EXIT.fullmatch(shown[-1]) if shown else None
        lines = shown[:-1] if code else shown
        found.append((command, lines, int(code[1]) if code else 0))
    return found


def run(command: str, folder: Path) -> tuple[list[str], int]:
    """The lines that a command prints, and its exit code."""
    program, *arguments = shlex.split(command)
    module = PROGRAMS.get(program)
    words = [sys.executable, "-m", module, *arguments] if module else [program, *arguments]
    done = subprocess.run(
        words, cwd=folder, check=False, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "100", "PYTHONUTF8": "1", "TERM": "xterm", "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    return done.stdout.splitlines(), done.returncode


def alike(lines: list[str]) -> list[str]:
    """Without what differs from machine to machine, and without blank lines at the end."""
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return re.sub(r"(sandbox|nothing was run).* · \d+ s$", r"\1", text, flags=re.MULTILINE).split("\n")


def check(shown: list[str], printed: list[str]) -> None:
    """The page shows what was printed. A line `...` stands for lines that it leaves out."""
    shown, printed = alike(shown), alike(printed)
    if "..." in shown:
        at = shown.index("...")
        rest = len(shown) - at - 1
        assert len(printed) > at + rest
        printed[at : len(printed) - rest] = ["..."]
    assert printed == shown


def edit(file: Path, diff: str) -> str:
    """Exchange the lines with a minus for those with a plus. Returns the text as it was."""
    before = file.read_text(encoding="utf-8")
    old, new = ("".join(line[1:] for line in diff.splitlines(True) if line[0] == sign) for sign in "-+")
    assert before.count(old) == 1
    file.write_text(before.replace(old, new), encoding="utf-8")
    return before


def test_who_follows_the_page_arrives_at_a_unit_that_is_fit_to_ship(tmp_path):
    """In a copy of the course. Every file of the page is one that `kata new` has begun."""
    shutil.copy(ROOT / "course.yml", tmp_path)
    for folder in ("exercises", "solutions"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=LEFT_BEHIND)
    edited: dict[Path, str] = {}
    seen = []
    for step in steps():
        file = tmp_path / step.path
        if step.language == "diff":
            for path, text in edited.items():  # what the edit before has changed is put back
                path.write_text(text, encoding="utf-8")
            edited = {file: edit(file, step.text)}
        elif step.path:
            assert MARK in file.read_text(encoding="utf-8"), step.path
            file.write_text(step.text, encoding="utf-8")
        else:
            for command, shown, code in calls(step.text):
                printed, returned = run(command, tmp_path)
                check(shown, printed)
                assert returned == code, command
                seen.append((command, code))
    assert seen == [
        ('kata new u13_dual --title "Dual numbers"', 0),
        ('kata new u13.product --title "A product and its slope" --symbol Dual.__mul__', 0),
        ('kata new u13.derivative --title "The slope of a function" --points 2 --needs u13.product', 0),
        ("tail -n 17 course.yml", 0),
        ("kata verify u13.product", 1),
        ("kata stubs", 0),
        ("tail -n 6 exercises/u13_dual/dual.py", 0),
        ("pytest exercises/u13_dual", 1),
        ("pytest exercises/u13_dual --kata-from solutions", 0),
        ("kata verify u13", 0),
        ("kata verify u13.product", 1),
        ("kata verify u13.derivative", 1),
    ]
    written = {path for path in (tmp_path / "solutions/u13_dual").iterdir() if path.suffix in (".py", ".md")}
    shown = {tmp_path / step.path for step in steps() if step.path.startswith("solutions/")}
    assert written == shown


def test_the_files_of_the_page_keep_the_style_of_the_house(tmp_path):
    for step in steps():
        if step.language == "python":
            (tmp_path / step.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / step.path).write_text(step.text, encoding="utf-8")
    config = ("--config", str(ROOT / "pyproject.toml"))
    ours = ("--config", "lint.isort.known-first-party = ['grader']")
    for words in (("check", *config, *ours, "."), ("format", "--check", *config, ".")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache"],
            cwd=tmp_path, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert not done.returncode, done.stdout


def test_the_configuration_of_the_page_is_that_of_the_course():
    (shown,) = (m["text"] for m in BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if m["language"] == "ini")
    lines = (ROOT / "exercises/pytest.ini").read_text(encoding="utf-8").splitlines()
    assert shown.splitlines() == [line for line in lines if not line.startswith("#")]
