"""Grade a large class with many hostile submissions: scores, memory and time.

A class is graded twice by `kata grade`: the honest alone, then with the hostile ones among them. Honest are
three kinds in turn (right, half right, nothing written); hostile are the attacks of tests/attacks, each as
often as needed. Printed is whether every honest student got the same points both times, the resident memory
of the grader and of its grading processes as the run goes on, and the time that a hostile submission costs.

    python bench/hostile_class.py [--submissions 1000] [--hostile 300]
"""

import argparse
import csv
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "attacks"))

from kata_attacks.bank import everything  # noqa: E402
from kata_attacks.harness import honest, make_course, source  # noqa: E402
from kata_attacks.world import World  # noqa: E402

KINDS = ("right", "half", "stub")
PERIOD = 0.2  # seconds between two looks at the memory
MIB = 1024


def write(folder: Path, files: Mapping[str, str]) -> None:
    """One submission."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def make_class(folder: Path, submissions: int, hostile: int, catalogue, world: World) -> None:  # type: ignore[no-untyped-def]
    """Honest and hostile, mixed by their names: the order of grading."""
    texts = {kind: honest(catalogue, kind) for kind in KINDS}
    for number, kind in zip(range(submissions - hostile), itertools.cycle(KINDS), strict=False):
        write(folder / f"s{number * 7919 % 10_000:04}-{kind}", texts[kind])
    attacks = [attack for attack in everything() if attack.upload is None]
    for number, attack in zip(range(hostile), itertools.cycle(attacks), strict=False):
        id = f"s{number * 6997 % 10_000:04}-x-{number:03}"
        unit = catalogue.unit(attack.unit)
        named = replace(attack, name=id)
        write(folder / id, {unit.file: source(named, catalogue, world), **attack.files})


def memory(root: int) -> tuple[float, float]:
    """Resident MiB of the grader, and of the largest of its grading processes."""
    grader = largest = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "status").read_text("ascii", "replace")
        except OSError:
            continue
        found = dict(line.split(":", 1) for line in status.split("\n") if ":" in line)
        size = float(found.get("VmRSS", "0 kB").split()[0]) / MIB
        if int(entry.name) == root:
            grader = size
        elif int(found["PPid"]) == root:
            largest = max(largest, size)
    return grader, largest


def grade(course: Path, folder: Path, out: Path) -> tuple[float, list[tuple[float, float]]]:
    """Seconds, and the memory at every look."""
    command = [sys.executable, "-m", "grader", "grade", str(folder), "--course", str(course)]
    began = time.monotonic()
    command += ["--out", str(out), "--gradebook", "none"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        looks = []
        while process.poll() is None:
            looks.append(memory(process.pid))
            time.sleep(PERIOD)
    seconds = time.monotonic() - began
    if process.returncode not in (0, 3):
        sys.exit(f"kata grade ended with {process.returncode}")
    return seconds, [look for look in looks if look[0]]


def points(out: Path) -> dict[str, str]:
    """Student -> the row of the gradebook."""
    with (out / "gradebook.csv").open(newline="", encoding="utf-8") as file:
        return {row[0]: ",".join(row) for row in csv.reader(file)}


def main() -> None:
    """Grade twice, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--hostile", type=int, default=300)
    asked = parser.parse_args()
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as desk, World() as world:
        work = Path(desk)
        catalogue = make_course(work / "course")
        make_class(work / "honest", asked.submissions - asked.hostile, 0, catalogue, world)
        make_class(work / "class", asked.submissions, asked.hostile, catalogue, world)
        quiet, _ = grade(work / "course", work / "honest", work / "quiet")
        seconds, looks = grade(work / "course", work / "class", work / "grades")
        alone, among = points(work / "quiet"), points(work / "grades")
    changed = [id for id in alone if among.get(id) != alone[id]]
    console.print(
        f"{asked.submissions} submissions, {asked.hostile} hostile, {len(os.sched_getaffinity(0))} cores"
    )
    console.print(f"honest rows of the gradebook that differ: {len(changed)} of {len(alone)} {changed[:5]}")
    console.print(
        f"{quiet:.1f} s without the hostile, {seconds:.1f} s with them:"
        f" {(seconds - quiet) / max(1, asked.hostile):.2f} s for each"
    )
    table = Table(title="resident MiB, most in each tenth of the run")
    for column in ("of the run", "grader", "largest grading process"):
        table.add_column(column, justify="right")
    for tenth in range(10):
        part = looks[len(looks) * tenth // 10 : len(looks) * (tenth + 1) // 10] or looks[-1:]
        table.add_row(f"{10 * (tenth + 1)} %", *(f"{max(column):.0f}" for column in zip(*part, strict=True)))
    console.print(table)
    sys.exit(bool(changed))


if __name__ == "__main__":
    main()
