"""Makes a hostile class of attacks, grades it the way `kata grade` does, and looks what came of it."""

import io
import json
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from grader.collect.folder import collect_class
from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.engine.pool import Pool
from grader.examine.outcome import Verdict
from grader.examine.seed import load_seed
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.session import grade_class
from grader.release.stub import make_stub
from grader.report.files import report_files
from grader.report.terminal import print_report
from kata_attacks.model import LETTERS, Attack
from kata_attacks.world import CANARY, Seen, World

COURSE = Path(__file__).parents[1] / "course"
SEED = f"{CANARY}-seed-0123456789"
HONEST = ("aaa-right", "jjj-half", "mmm-stub", "zzz-right")  # between the attacks, first and last

# attempt(action): what it gives is loot. seek(thing): it is loot if it holds a secret.
PRELUDE = """
WHO, LOOT, TRIED = "@WHO@", [], []


def attempt(action, *args, **kwargs):
    try:
        got = action(*args, **kwargs)
    except BaseException as error:
        TRIED.append(f"{type(error).__name__}: {error}"[:200])
        return None
    LOOT.append(f"{action}: {got}"[:400])
    return got


def seek(thing):
    try:
        text = thing if type(thing) is str else repr(thing)
    except BaseException:
        return
    at = text.find("-".join(("kata", "canary")))
    if at >= 0:
        LOOT.append(text[max(at - 20, 0):at + 60])
"""
GO = """

def double(x):
    go()
    return 0.0
"""


def make_course(folder: Path, *, rules: bool = True, torch: bool = True, seconds: float = 0.5) -> Catalogue:
    """A copy of the attack course with a seed worth stealing.

    rules: False for a copy without them    torch: False for one without its unit    seconds: the limit
    """
    shutil.copytree(COURSE, folder, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    for name in (".secret", ".loot"):
        (folder / name).mkdir(mode=0o700)
    (folder / ".secret" / "seed").write_text(SEED, "utf-8")
    text = (folder / "course.yml").read_text("utf-8").replace("seconds: 0.5", f"seconds: {seconds}")
    if not torch:
        text = text.partition("  - id: u02\n")[0]
    if not rules:
        text = re.sub(r"^    rules:\n(      .*\n)+", "", text, flags=re.M)
        text = re.sub(r"^ *rules: .*\n", "", text, flags=re.M)
    (folder / "course.yml").write_text(text, "utf-8")
    return load_course(folder)


def source(attack: Attack, catalogue: Catalogue, world: World) -> str:
    """The file that an attack hands in."""
    if attack.raw:
        return world.fill(attack.text)
    unit = catalogue.unit(attack.unit)
    path = catalogue.solution_file(unit)
    stub = make_stub(path.read_text("utf-8"), str(path))
    prelude = PRELUDE.replace("@WHO@", attack.id) if attack.unit == "u01" else ""
    go = GO if "def go(" in attack.code and "def double(" not in attack.code else ""
    text = attack.text.replace("@REFERENCE@", honest(catalogue, "right")[unit.file])
    return world.fill(f"{stub}\n{prelude}\n{text}{go}").replace("@COURSE@", str(catalogue.root))


def honest(catalogue: Catalogue, name: str) -> dict[str, str]:
    """The files of somebody honest: right, right in half, or the stub."""
    files = {}
    for unit in catalogue.units:
        text = catalogue.solution_file(unit).read_text("utf-8").replace(f"{CANARY}-reference", "mine")
        if name.endswith("half"):
            text = text.replace("return x * 2 if", "return x * 3 if").replace(
                "3 * x.square()", "2 * x.square()"
            )
        files[unit.file] = make_stub(text, unit.file) if name.endswith("stub") else text
    return files


def make_class(folder: Path, attacks: Iterable[Attack], catalogue: Catalogue, world: World) -> None:
    """A class folder: the honest ones and the attacks."""
    for name in HONEST:
        _write(folder / name, honest(catalogue, name))
    for attack in attacks:
        if attack.upload is not None:
            file = catalogue.unit("u01").file
            name, data = attack.upload(honest(catalogue, "right")[file])
            (folder / f"{attack.id}{name}").write_bytes(data)
        else:
            unit = catalogue.unit(attack.unit)
            _write(folder / attack.id, {unit.file: source(attack, catalogue, world), **attack.files})


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


@dataclass
class Result:
    """One graded class. loot: attack's id -> what it held    leaks: file -> what was found in it"""

    graded: GradedClass
    seen: Seen
    loot: dict[str, list[str]]
    leaks: dict[str, str]
    seconds: float
    out: Path
    journal: dict[tuple[str, str], str] = field(default_factory=dict)

    def student(self, id: str) -> StudentGrade:
        return next(student for student in self.graded.students if student.id == id)

    def complaints(self, attack: Attack) -> list[str]:
        """What an attack achieved, or what else is not as declared: nothing, if the grader holds."""
        found = [f"it holds {loot}" for loot in self.loot.get(attack.id, [])]
        student = self.student(attack.id)
        found += self.unearned(attack)
        for record in student.records:
            if not record.exercise.startswith(attack.unit) or attack.upload is not None:
                continue
            name = record.exercise.partition(".")[2]
            allowed = attack.expect.get(name, "R" if name in attack.earns else "T")
            letter = next(k for k, v in LETTERS.items() if v is record.verdict)
            if letter not in allowed:
                what = record.finding.what if record.finding else ""
                found.append(f"{name} is {letter}, not {allowed}: {what[:120]}")
        told = [self.out / "feedback" / f"{attack.id}.{end}" for end in ("txt", "html")]
        if attack.group == "leaks" and any("73501" in path.read_text("utf-8") for path in told):
            found.append("its feedback tells what a hidden test asked")
        if attack.problem and not any(attack.problem in problem for problem in student.problems):
            found.append(f"no problem says {attack.problem!r}: {student.problems}")
        return found

    def unearned(self, attack: Attack) -> list[str]:
        """What an attack earns beyond what it solves, what it is spared, or what it loses of that."""
        found = []
        for record in self.student(attack.id).records:
            honestly = record.exercise.partition(".")[2] in attack.earns
            if record.verdict is Verdict.GRADER_ERROR or record.points is None:
                what = record.finding.what if record.finding else ""
                found.append(f"unearned: {record.exercise} is left out of its score: {what}")
            elif record.points and not honestly:
                found.append(f"unearned: {record.exercise} earns {record.points}")
            elif honestly and record.points != record.max_points:
                found.append(f"lost: {record.exercise} earns {record.points}")
        return found


def grade(catalogue: Catalogue, attacks: Sequence[Attack], world: World, work: Path, **pool: Any) -> Result:
    """Grade the honest and these attacks. work: a new folder; pool: options of the Pool."""
    work.mkdir(parents=True)
    make_class(work / "class", attacks, catalogue, world)
    loot_file = catalogue.root / ".loot" / "loot.jsonl"
    loot_file.unlink(missing_ok=True)
    seed = load_seed(catalogue.root)
    began = time.monotonic()
    with world.watched() as seen:
        submissions = collect_class(work / "class", catalogue)
        with Pool(catalogue, seed, **pool) as opened:
            graded = grade_class(
                catalogue, submissions, opened, work / "grades", seed=seed, extra_files=report_files
            )
    seconds = time.monotonic() - began
    screen = io.StringIO()
    print_report(graded, Console(file=screen, width=100, highlight=False), 1.0, {"TERM": "xterm"})
    (work / "screen.txt").write_text(screen.getvalue(), "utf-8", "surrogatepass")
    journal = {}
    for line in (work / "grades" / "journal.jsonl").read_text("utf-8").rstrip("\n").split("\n"):
        entry = json.loads(line)
        if "exercise" in entry:
            journal[entry["submission"], entry["exercise"]] = line
    return Result(graded, seen, _loot(loot_file), _leaks(work), seconds, work / "grades", journal)


def _loot(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        entry = json.loads(line)
        found.setdefault(entry["who"], []).extend(
            x for x in entry["loot"] if x not in found.get(entry["who"], ())
        )
    return {who: loot for who, loot in found.items() if loot}


def _leaks(work: Path) -> dict[str, str]:
    """Where a secret, a raw control character or a formula stands in what people are shown."""
    found = {}
    files = [work / "screen.txt", *(p for p in (work / "grades").rglob("*") if p.is_file())]
    for path in files:
        text = path.read_text("utf-8", "surrogatepass")
        name = str(path.relative_to(work))
        at = text.find(CANARY)
        if path.name == "journal.jsonl":
            # It may tell the instructor what a hidden test expected, and keeps texts as JSON does.
            for word in ("seed", "reference", "frame", "file", "environment"):
                if f"{CANARY}-{word}" in text:
                    found[name] = word
            continue
        if at >= 0:
            found[name] = text[max(at - 40, 0) : at + 60]
        controls = [c for c in text if (ord(c) < 32 and c not in "\n\r") or c in "\x7f\x9b\u202e\u2028\u2066"]
        if controls:
            found[name] = f"a control character: {controls[0]!r}"
        if path.suffix == ".csv":
            for line in text.splitlines():
                cells = line.split(",")
                if any(cell.lstrip('"')[:1] in ("=", "@", "+") for cell in cells if cell):
                    found[name] = f"a formula: {line[:80]}"
    return found


def gets_through(result: Result, attack: Attack) -> bool:
    """Whether an attack holds something, earns something, or ended who graded it."""
    return bool(result.loot.get(attack.id)) or bool(result.unearned(attack))
