"""The documentation is true: links lead somewhere, fields and commands exist, examples load."""

import csv
import dataclasses
import inspect
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

import grader.cli
import grader.testing
from grader.cli import COMMANDS, build_app
from grader.collect import attempts, rosterfile, unpacked
from grader.collect.submission import BOUNDS
from grader.course.load import load_course
from grader.course.model import Course, Exercise, FeedbackPolicy, LatePolicy, Limits, Unit
from grader.examine.outcome import Verdict
from grader.examine.properties import MAX_EXAMPLES
from grader.gradcheck.compare import assert_close
from grader.gradcheck.message import Finding
from grader.gradebook.classfile import class_file
from grader.gradebook.classmodel import (
    ClassFile,
    PersonEntry,
    Result,
    StudentEntry,
    UnitEntry,
    UnitResult,
)
from grader.gradebook.grades import GradedClass
from grader.gradebook.record import Hashes, Record, TestRecord
from grader.gradebook.tables import long_csv, wide_csv
from grader.release.handout import Manifest
from grader.release.stub import make_stub
from grader.remote import tensors, unpack, wire, worker
from grader.remote.channel import MAX_ALIVE
from grader.remote.warm import STDLIB
from grader.report.items import HEADER
from grader.scoring.late import lateness
from grader.scoring.total import Earned, scheme
from grader.student.progress import State
from grader.verify.claims_bank import AT_LEAST
from grader.verify.claims_content import HIDDEN, PUBLIC
from grader.verify.handout import TELLING

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FORMATS = DOCS / "file-formats.md"
OURS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/", "exercises/", "solutions/")


def pages() -> list[Path]:
    """The Markdown files that git knows or would take, else all."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
        return sorted(ROOT / path for path in found if not any(part.startswith(".") for part in path.parts))
    return sorted(path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file())


def manual() -> list[Path]:
    """The pages that people read to work with katagrad."""
    return [page for page in pages() if str(page.relative_to(ROOT)).startswith(OURS)]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str) -> list[tuple[str, str]]:
    """(language, text) of the fenced blocks."""
    return re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def code(text: str) -> Iterator[str]:
    """Everything that is set as code: spans, and the lines of fenced and indented blocks."""
    for _, block in blocks(text):
        yield from block.splitlines()
    yield from re.findall(r"^ {4}(\S.*)$", prose(text), re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", prose(text))


def table_after(text: str, marker: str) -> list[list[str]]:
    """The rows, without the header, of the first table below a marker."""
    assert text.count(marker) == 1, marker
    below = text[text.index(marker) :].splitlines()
    start = next(n for n, line in enumerate(below) if line.startswith("|"))
    rows = []
    for line in below[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows[2:]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ---------------------------------------------------------------------------- links and paths


def anchors(page: Path) -> set[str]:
    """The anchors that headings get: small letters, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ +(.*?) *$", prose(text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    broken = []
    for link in re.findall(r"\]\(\s*<?([^)\s>]+)", prose(text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_no_page_promises_a_file_that_is_not_there():
    missing = []
    for page in manual():
        for span in code(text_of(page)):
            for path in re.findall(r"(?<![\w/.])(?:tests|grader|bench|docs)/[\w./-]*", span):
                place = ROOT / path
                is_empty = path.startswith("tests/") and place.is_dir() and not any(place.glob("test_*.py"))
                if not place.exists() or (is_empty and place.name != "tests"):
                    missing.append(f"{page.relative_to(ROOT)}: {path}")
    assert not missing


def test_the_readme_is_one_screen():
    assert len(text_of(ROOT / "README.md").splitlines()) <= 60


# ---------------------------------------------------------------------------- commands


def options() -> dict[str, set[str]]:
    """Command -> its options; "" for kata itself."""
    app = typer.main.get_command(build_app(COMMANDS))
    every = {"": app, **app.commands}  # type: ignore[attr-defined]
    return {
        name: {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        | {"-h", "--help"}
        for name, command in every.items()
    }


def test_every_command_and_option_exists():
    known = options()
    everywhere = set().union(*known.values()) | {"--kata-from", "--cap-add", "--debug"}
    wrong = []
    for page in manual():
        for line in code(text_of(page)):
            spoken = line.partition("  #")[0]
            for part in re.split(r"&&|;", spoken):
                called = re.search(r"(?:^|[\s/(])kata((?: +--?[a-z]+)*)(?: +([a-z]+)\b(.*))?$", part.strip())
                used = set(re.findall(r"(?<=[ (])--[a-z][a-z-]*", " " + part))
                if called:
                    command = called[2] or ""
                    if command not in known:
                        wrong.append(f"{page.name}: kata {command}")
                    used -= known.get(command, set()) | known[""]
                elif spoken.startswith("--"):
                    used -= everywhere
                else:
                    continue  # another program's
                wrong += [f"{page.name}: {line}: {option}" for option in used]
    assert not wrong


def test_every_command_and_option_is_documented():
    spans = "\n".join(span for page in manual() for span in code(text_of(page)))
    for command, given in options().items():
        assert re.search(rf"\bkata {command}", spans)
        hidden = {"--help", "-h", "-y", "--no-check", "--version", "--yes"}
        assert not [option for option in given - hidden if option not in spans]


def test_exit_codes():
    rows = table_after(text_of(DOCS / "instructors.md"), "## Exit codes")
    said = {int(code) for row in rows for code in row[0].split(", ")}
    from grader.cli import grading
    from grader.cli.stop import SHELLS_BASE

    stopped = {SHELLS_BASE + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    assert grader.cli.STOPPED in stopped
    assert said == {0, 1, 2, grading.GRADER_ERRORS, grader.cli.OUR_FAULT, *stopped}


# ---------------------------------------------------------------------------- formats

STRUCTS: dict[str, Any] = {
    "### The course": Course,
    "### The late policy: `late`": LatePolicy,
    "### Feedback: `feedback`": FeedbackPolicy,
    "### Limits: `limits`": Limits,
    "### A unit": Unit,
    "### An exercise": Exercise,
    "### `.kata/state.json`": State,
    "### `.kata/handout.json`": Manifest,
    "A record:": Record,
    "An entry of `tests`:": TestRecord,
    "A finding.": Finding,
    "The hashes are": Hashes,
    "\nThe class:": ClassFile,
    "A graded unit:": UnitEntry,
    "\nA student:": StudentEntry,
    "A person of the roster:": PersonEntry,
    "A unit of a student:": UnitResult,
    "An exercise of a student:": Result,
}


def fields(kind: Any) -> dict[str, str]:
    """Field -> its default as the documentation writes it."""
    if dataclasses.is_dataclass(kind):
        return {
            f.name: "required" if f.default is dataclasses.MISSING else _default(f.default)
            for f in dataclasses.fields(kind)
        }
    return {
        f.name: "required" if f.required else _default(f.default if _is_plain(f) else f.default_factory())
        for f in msgspec.structs.fields(kind)
    }


def _is_plain(field: Any) -> bool:
    return field.default is not msgspec.NODEFAULT


def _default(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        return "see below"
    if value is None:
        return "none"
    shown = {(): "[]", "": '""'}.get(value, "") if isinstance(value, tuple | str) else ""
    return f"`{shown or (f'{value:g}' if isinstance(value, float) else value)}`"


@pytest.mark.parametrize("marker", STRUCTS)
def test_every_field_is_documented_with_its_default(marker):
    rows = table_after(text_of(FORMATS), marker)
    assert {names(row[0])[0]: row[1] for row in rows} == fields(STRUCTS[marker])


def test_the_columns_of_the_tables():
    catalogue = load_course(ROOT)
    graded = GradedClass(catalogue, catalogue.units, (), False, {}, "", ROOT)
    wide, long = (next(csv.reader(io.StringIO(made(class_file(graded))))) for made in (wide_csv, long_csv))
    ids = {exercise.id for exercise in catalogue.exercises}
    text = text_of(FORMATS)
    said = [name for row in table_after(text, "### `gradebook.csv`") for name in names(row[0])]
    assert [name for name in said if name not in ids] == [name for name in wide if name not in ids]
    rows = table_after(text, "### `exercises.csv`")
    assert [name for row in rows for name in names(row[0])] == list(HEADER)
    section = text.partition("### `results-long.csv`")[2].partition("\n###")[0]
    assert names(section)[: len(long)] == long


def test_every_verdict_is_explained():
    rows = table_after(text_of(DOCS / "instructors.md"), "## Verdicts")
    assert sorted(row[0] for row in rows) == sorted(Verdict)
    assert all(f"`{verdict}`" in text_of(FORMATS) for verdict in Verdict)


def test_every_tag_of_the_wire():
    said = [name for row in table_after(text_of(FORMATS), "| tag | value |") for name in names(row[0])]
    torch_tags = {"T", "D", "z"}
    assert all(f'"{tag}"' in Path(tensors.__file__).read_text(encoding="utf-8") for tag in torch_tags)
    assert sorted(said) == sorted({*unpack._READERS, *torch_tags, "h", "f"})
    verbs = re.findall(r"\(a verb: ([^)]+)\)", " ".join(text_of(FORMATS).split()))[0].split(", ")
    here, there = socket.socketpair()
    with here, there:
        assert sorted(verbs) == sorted(worker.Worker(here).verbs)


def test_what_students_may_import():
    text = text_of(DOCS / "students.md")
    listed = text.partition("of the standard library:")[2].split("\n\n")[1]
    internal = {"builtins", "collections.abc", "linecache", "__future__"}
    assert set(names(listed)) == {name for name in STDLIB if not name.startswith("encodings.")} - internal


# ---------------------------------------------------------------------------- examples


def examples(language: str) -> list[Any]:
    found = []
    for page in sorted(DOCS.glob("*.md")):
        for n, (given, block) in enumerate(blocks(text_of(page))):
            if given == language:
                found.append(pytest.param(block, id=f"{page.name}-{n}"))
    return found


def excerpts() -> list[Any]:
    """Blocks whose first line names the file that they are from."""
    every = [*examples("python"), *examples("yaml")]
    return [example for example in every if re.match(r"# \S+\.\w+\n", example.values[0])]


@pytest.mark.parametrize("example", [e for e in examples("yaml") if e not in excerpts()])
def test_yaml_examples_load(example, tmp_path):
    (tmp_path / "course.yml").write_text(example, encoding="utf-8")
    assert load_course(tmp_path).exercises


@pytest.mark.parametrize("excerpt", excerpts())
def test_excerpts_are_verbatim(excerpt):
    first, _, rest = excerpt.partition("\n")
    assert rest in text_of(ROOT / first.removeprefix("# "))


def screen(page: str, command: str) -> str:
    """The block below the comment that names a command."""
    text = text_of(DOCS / page).partition(f"<!-- {command} -->")[2]
    return blocks(text)[0][1]


def test_the_screen_that_students_read_is_real(tmp_path):
    """Of units 1 and 5, the first exercise solved, a forward difference in place of the second."""
    course = tmp_path / "exercises"
    left_behind = shutil.ignore_patterns("state.json", "backups", "__pycache__", ".venv", ".hypothesis")
    shutil.copytree(ROOT / "exercises", course, ignore=left_behind)
    listed = json.loads(text_of(course / ".kata/catalogue.json"))
    for unit in [unit for unit in listed["units"] if unit["id"] not in ("u01", "u05")]:
        listed["units"].remove(unit)
        shutil.rmtree(course / unit["folder"], ignore_errors=True)
    (course / ".kata/catalogue.json").write_text(json.dumps(listed), encoding="utf-8")
    file = course / "u01_slopes/slopes.py"
    parts = make_stub(text_of(ROOT / "solutions/u01_slopes/slopes.py"), "").split(
        "    raise NotImplementedError\n"
    )
    forward = "    return (f(x + h) - f(x)) / h\n"
    file.write_text(
        "    raise NotImplementedError\n".join([forward.join(parts[:3]), *parts[3:]]), encoding="utf-8"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest"],
        cwd=course, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "90", "PYTHONUTF8": "1", "TERM": "xterm", "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    shown = screen("students.md", "pytest").removeprefix("$ pytest\n")
    assert [line.rstrip() for line in ran.stdout.splitlines()] == shown.splitlines()
    assert ran.returncode == 1


# ---------------------------------------------------------------------------- policies

POLICIES = DOCS / "policies.md"


def test_the_example_of_weights_and_extra_credit(tmp_path):
    text = text_of(POLICIES)
    (example,) = (block for language, block in blocks(text) if language == "yaml")
    (tmp_path / "course.yml").write_text(example, encoding="utf-8")
    course = load_course(tmp_path)
    made, earned = scheme(course.units), []
    for row in table_after(text, "| exercise | points | counts |"):
        exercise = course.exercise(names(row[0])[0])
        points, worth = map(float, row[1].split(" of "))
        assert worth == exercise.points
        earned.append(Earned(exercise.id, points, worth))
        alone = made.total(earned[-1:])
        assert row[2] == f"{alone.points:g} of {alone.max_points:g}"
    assert [one.exercise for one in earned] == [exercise.id for exercise in course.exercises]
    total = made.total(earned)
    told = f"The total is {total.points:g} of {total.max_points:g} points, {total.percent:g} %."
    assert told in " ".join(text.split())


def test_the_examples_of_lateness():
    text = " ".join(text_of(POLICIES).split())
    spans = names(text.partition("as it was applied. With ")[2].partition(", of a student")[0])
    values = {name: float(value) for name, value in (span.split(": ") for span in spans)}
    policy = msgspec.convert(values, LatePolicy, strict=False)
    due = datetime(2026, 9, 15, tzinfo=UTC)
    rows = table_after(text_of(POLICIES), "| handed in after the due date | feedback |")
    assert len(rows) == 5
    for after, sentence in rows:
        amount, unit = after.split()
        late = lateness(policy, due, due + timedelta(**{unit: int(amount)}), free_days=policy.free_days)
        assert late.sentence == sentence


def test_every_column_of_a_roster_is_documented():
    rows = table_after(text_of(FORMATS), "## roster.csv")
    assert [name for row in rows for name in names(row[0])] == list(
        dict.fromkeys(["id", "given", "family", "name", *rosterfile.FIELDS])
    )
    told = {re.sub(r"[ -]", "_", other) for row in rows for other in names(row[1])}
    assert told <= set(rosterfile.ALIASES)
    assert f"at most {rosterfile.MOST_BYTES >> 20} MiB" in text_of(FORMATS).partition("## roster.csv")[2]
    assert f"At most {attempts.MOST} attempts are read" in text_of(POLICIES)


# ---------------------------------------------------------------------------- numbers


def test_the_numbers_in_the_text_are_those_of_the_code():
    formats, authors = (" ".join(text_of(page).split()) for page in (FORMATS, DOCS / "authors.md"))
    bounds = (
        f"{BOUNDS.source >> 10} KiB for a file of the course; {BOUNDS.archive >> 20} MiB for an archive; "
        f"{BOUNDS.unpacked >> 20} MiB and {BOUNDS.members:,} entries for what it holds; "
        f"{BOUNDS.depth} folders deep"
    )
    assert bounds in formats
    assert f"at most {BOUNDS.words:,} words and signs" in formats
    assert f"at most {BOUNDS.notebook >> 20} MiB, with {BOUNDS.cells} code cells" in formats
    assert f"at most {BOUNDS.entries:,} entries" in formats
    assert f"at most {unpacked.MOST_PIECES:,} pieces" in formats
    assert f"xz gets {unpacked.MOST_MEMORY >> 20} MiB to unpack" in formats
    assert f"at most {wire.MAX_STRUCTURE >> 20} MiB and {wire.MAX_BUFFERS >> 20} MiB" in formats
    assert f"the structure that a worker sends, at most {wire.MAX_REPLY >> 20} MiB" in formats
    assert f"at most {wire.MAX_PARTS:,} lists" in formats
    assert f"that a test still holds are at most {MAX_ALIVE >> 20} MiB" in formats
    assert f"in hex, at most {wire.MAX_INT_DIGITS:,} digits" in formats
    assert f"at most {wire.MAX_DEPTH} levels deep" in formats
    assert f"draws {MAX_EXAMPLES} examples" in authors
    assert (AT_LEAST, PUBLIC, HIDDEN) == ({"wrong": 3, "right": 2}, 1, 2)
    assert f"any line of {TELLING} signs or more" in " ".join(text_of(DOCS / "instructors.md").split())
    assert "three wrong and two right answers" in authors
    assert "a public and two hidden tests" in authors
    assert not [name for name in grader.testing.__all__ if f"`{name}(" not in authors and name != "exercise"]
    rtol, atol = (inspect.signature(assert_close).parameters[name].default for name in ("rtol", "atol"))
    assert (rtol, atol) == (1e-6, 1e-8)
    assert "`rtol` is 1e-6 and `atol` 1e-8" in authors
