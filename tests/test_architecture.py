"""The house rules that a linter does not know: sizes, secrets, and what an import may cost."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "grader").rglob("*.py"))
HAND_WRITTEN = PACKAGE + sorted((ROOT / "solutions").rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 400, 60
TEXT = {".py", ".md", ".yml", ".toml", ".txt", ".cff", ".ini", ".json", ".svg", ".html", ""}


def tracked() -> list[Path]:
    """The files that git knows or would take, else every file of a tree without git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout: what is committed cannot be told from what lies about")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def test_no_file_outgrows_a_room():
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in HAND_WRITTEN
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE
        and not path.name.startswith(("wrong_", "right_"))
    }
    assert not too_long


def test_no_function_outgrows_a_screen():
    too_long = []
    for path in HAND_WRITTEN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MAX_FUNCTION:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length}")
    assert not too_long


def test_public_names_say_what_they_are_for():
    silent = []
    for path in PACKAGE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not silent


def test_the_package_never_imports_the_course():
    course = {path.name for part in ("exercises", "solutions") for path in (ROOT / part).iterdir()}
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [n for n in names if n.split(".")[0] in course | {"exercises", "solutions"}], path


@pytest.mark.parametrize("module", ["grader.testing", "grader.student.plugin", "grader.sandbox.zygote"])
def test_light_imports_stay_light(module):
    """Students have no YAML library, numpy units no torch, and the zygote must hold nothing of the course."""
    heavy = {"torch", "ruamel", "typer", "jinja2", "sympy"}
    if module == "grader.sandbox.zygote":
        heavy |= {"pytest", "hypothesis", "grader.course", "grader.examine"}
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {heavy!r}))"
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_nothing_committed_names_a_machine():
    private = re.compile(
        r"/work/|/root/|/opt/(?:wheels|pypi)|\.\./shared|shared/(?:seeds|refs|tools)|127\.0\.0\.1:\d"
    )
    found = []
    for path in tracked():
        if path.suffix in TEXT and path != Path(__file__):
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if private.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found


def test_the_seed_is_never_committed():
    assert not [path for path in tracked() if ".secret" in path.parts]


def test_no_clock_that_can_jump_is_asked():
    """Nothing that is graded depends on the time of day; monotonic clocks measure times.

    Feedback may open at a date that course.yml gives: cli/clock.py asks, and everybody else is told.
    """
    wall = re.compile(r"\btime\.time(_ns)?\(|\.(now|utcnow|today)\(|\blocaltime\(|\bgmtime\(|\bctime\(")
    asked = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PACKAGE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if wall.search(line) and "Circumstances.now(" not in line and path.name != "clock.py"
    ]
    assert not asked
