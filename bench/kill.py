"""Kill the grader at random moments, run the same command again, and compare the final files byte by byte.

A small part of the tiny course and a class of five are graded, from an empty folder and, with --diff, over
the grades of an earlier state of the class. Of nbgrader's gradebook what it holds is compared. Each trial
kills one to four runs in a row with SIGKILL, the grader alone or its whole session, and then lets the command
come to its end. Two of five moments are random in the whole run; one of five each falls after the first
result, among the final files, and while nbgrader's gradebook is written: moments that random times would
hardly hit.

    make kill-proof            KILLS=200 SEED=1
"""

import argparse
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
GRADEBOOK = "gradebook.db"
TINY = ROOT / "tests" / "tiny_course"
FILE = "u01_plain/plain.py"
QUICK = ("u01.slope", "u01.central_difference", "u01.make_adder", "u01.newton_step")
CHANGES = {
    "ada": ("", ""),
    "ben": ("return (y1 - y0) / (x1 - x0)", "return (x1 - x0) / (y1 - y0) if y1 != y0 else 0.0"),
    "cem": ("return (y1 - y0) / (x1 - x0)", "return undefined"),
    "dora": ("return x + amount", "return x - amount"),
}
SET_CHILD_SUBREAPER = 36
TOO_LATE = "after the end"
PATIENCE = 10.0  # seconds in which whatever a killed grader left must be gone


def lay_out(desk: Path) -> list[str]:
    """The course, the class before and after; returns the command without --out."""
    import msgspec  # noqa: PLC0415

    from grader.course.load import load_course  # noqa: PLC0415

    shutil.copytree(TINY, desk / "course", ignore=shutil.ignore_patterns("__pycache__", "u02_tensors"))
    tiny = load_course(TINY)
    unit = tiny.unit("u01")
    few = msgspec.structs.replace(unit, exercises=tuple(e for e in unit.exercises if e.id in QUICK))
    course = msgspec.structs.replace(tiny.course, units=(few,))
    (desk / "course" / "course.yml").write_bytes(msgspec.json.encode(course))  # JSON is YAML
    right = (TINY / "solutions" / FILE).read_text(encoding="utf-8")
    for name in CHANGES:
        for state in ("before", "after"):
            file = desk / state / name / FILE
            file.parent.mkdir(parents=True)
            other = name if state == "after" else {"ada": "dora", "dora": "ada"}.get(name, name)
            file.write_text(right.replace(*CHANGES[other]) if CHANGES[other][0] else right, encoding="utf-8")
    (desk / "after" / "eve").mkdir()
    return [sys.executable, "-m", "grader", "grade", "--course", str(desk / "course")]


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its mode and bytes; of the times, which vary, the names only; what a database holds."""
    sys.path.append(str(ROOT / "tests" / "gradebook"))
    from nbdump import dump  # noqa: PLC0415

    found = {}
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if path.name == "times.jsonl":
            data = b"\n".join(line.rpartition(b",")[0] for line in data.splitlines())
        if path.name == GRADEBOOK:
            data = "\n".join(dump(path)).encode()
        if path.name == "exercise-times.csv":
            data = b"\n".join(line.partition(b",")[0] for line in data.splitlines())
        found[str(path.relative_to(folder))] = (path.stat().st_mode & 0o777, data)
    return found


Inodes = tuple[int, int]


def inodes(out: Path) -> Inodes:
    """Of the first final file and of one that every run writes anew: they tell whether one was replaced."""
    found = []
    for name in ("gradebook.csv", "times.jsonl"):
        try:
            found.append((out / name).stat().st_ino)
        except FileNotFoundError:
            found.append(0)
    return found[0], found[1]


def replaced(out: Path, before: Inodes) -> bool:
    """Whether a run has begun with its final files. The times are made when it starts, if need be."""
    now = inodes(out)
    return now[0] != before[0] or (before[1] != 0 and now[1] != before[1])


def phase(out: Path, before: Inodes, journal: bytes) -> str:
    """What a killed run was doing, by what lies there. journal: as it is at the end"""
    found = (out / "journal.jsonl").read_bytes() if (out / "journal.jsonl").exists() else b""
    if not (out / "before.jsonl").exists():
        return TOO_LATE if found == journal else "before it began"
    if found == journal and replaced(out, before):
        return "writing nbgrader's gradebook"
    if replaced(out, before):
        return "writing final files"
    return "grading, some kept" if found else "grading, none kept yet"


def descendants() -> set[int]:
    """Of this process, those that were orphaned included."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text()
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    while new := {pid for pid, above in parents.items() if above in found | {os.getpid()}} - found:
        found |= new
    return found


def bury() -> tuple[float, set[int]]:
    """Wait until nothing of a killed grader is left: (seconds that it took, who stayed)."""
    began = time.monotonic()
    while (left := descendants()) and time.monotonic() - began < PATIENCE:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)
    return time.monotonic() - began, left


class Proof:
    """Counts what was hit and what went wrong."""

    def __init__(self, desk: Path, chance: random.Random) -> None:
        self.desk, self.chance = desk, chance
        self.command = lay_out(desk)
        self.hit: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.slowest = 0.0
        self.lasts = 1.0

    def run(self, state: str, out: Path, *more: str) -> None:
        """One run to its end, which must be a good one."""
        command = [*self.command, str(self.desk / state), "--out", str(out), *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
        if done.returncode:
            self.wrong.append(f"exit code {done.returncode}: {done.stderr[-500:]}")

    def kill(self, out: Path, end_journal: bytes, *more: str) -> str:
        """One run that is killed; returns what it was doing."""
        before, journal = inodes(out), out / "journal.jsonl"
        kept = journal.stat().st_size if journal.exists() else 0
        wait_for = self.chance.choice(("", "", "a result", "final files", "the gradebook"))

        def reached() -> bool:
            if wait_for == "final files":
                return replaced(out, before)
            if wait_for == "the gradebook":
                return (out / f"{GRADEBOOK}-journal").exists()
            with suppress(FileNotFoundError):  # a run that begins moves it away
                return bool(wait_for) and journal.stat().st_size > kept
            return False

        process = subprocess.Popen(
            [*self.command, str(self.desk / "after"), "--out", str(out), *more],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + (60 if wait_for else self.chance.uniform(0, self.lasts))
        while time.monotonic() < end and process.poll() is None and not reached():
            time.sleep(0.0005 if wait_for else 0.005)
        if wait_for:
            time.sleep(self.chance.uniform(0, 0.5 if wait_for == "a result" else 0.04))
        with suppress(ProcessLookupError):
            if self.chance.random() < 0.5:
                os.kill(process.pid, signal.SIGKILL)
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        took, left = bury()
        self.slowest = max(self.slowest, took)
        if left:
            self.wrong.append(f"processes stayed: {left}")
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        done = phase(out, before, end_journal)
        self.hit[done] += 1
        return done

    def trial(self, number: int, want: dict[str, dict[str, tuple[int, bytes]]]) -> int:
        """One to four kills in a row, then the end; returns how many."""
        kind = "over earlier grades" if number % 2 else "from nothing"
        out, more = self.desk / f"out{number}", ["--workers", "2" if number % 8 > 5 else "1"]
        more += ["--diff"] if number % 2 else []
        if number % 2:
            shutil.copytree(self.desk / "earlier", out)
        kills, met = 0, ""
        for _ in range(self.chance.choice((1, 2, 3, 4))):
            met = self.kill(out, want[kind]["journal.jsonl"][1], *more)
            if met == TOO_LATE:  # that run had come to its end: another would compare with itself
                break
            kills += 1
        if met != TOO_LATE:
            self.run("after", out, *more)
        got = files(out)
        if got != want[kind]:
            differ = sorted({name for name, held in got.items() ^ want[kind].items()})
            self.wrong.append(f"trial {number} ({kind}, last killed {met}): {', '.join(differ)}")
            shutil.copytree(out, self.desk.parent / f"kill-proof-{number}", dirs_exist_ok=True)
        shutil.rmtree(out)
        return kills


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("kills", type=int, nargs="?", default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--minutes", type=float, default=60, help="stop after so many, however far it is")
    given = options.parse_args()
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="kill-proof-") as folder:
        proof = Proof(Path(folder), random.Random(given.seed))
        proof.run("after", proof.desk / "undisturbed")
        began = time.monotonic()
        proof.run("before", proof.desk / "earlier")
        proof.lasts = time.monotonic() - began
        shutil.copytree(proof.desk / "earlier", proof.desk / "regraded")
        proof.run("after", proof.desk / "regraded", "--diff")
        want = {
            "from nothing": files(proof.desk / "undisturbed"),
            "over earlier grades": files(proof.desk / "regraded"),
        }
        began, kills, trials = time.monotonic(), 0, 0
        while kills < given.kills and time.monotonic() - began < 60 * given.minutes:
            kills += proof.trial(trials, want)
            trials += 1
            print(f"{kills} kills, {len(proof.wrong)} failures", file=sys.stderr, flush=True)
    seconds = time.monotonic() - began
    print(f"{kills} kills in {trials} trials, {seconds:.0f} s; one run takes {proof.lasts:.1f} s")
    for what, times in proof.hit.most_common():
        print(f"  {times:4d}  {what}")
    print(f"nothing of a killed grader was left after {proof.slowest:.2f} s at most")
    print(f"{len(proof.wrong)} failures", *proof.wrong, sep="\n  ")
    return bool(proof.wrong)


if __name__ == "__main__":
    sys.exit(main())
