"""CPU seconds per submission: the jailed grader, the floor under it, and a fresh pytest for every submission.

    python bench/grading.py [--submissions 20] [--rounds 5] [--unit u05]

All run the same tests, Hypothesis included, on the same right submission of every released unit, or of one:

- jailed:  what `kata grade` does for a submission, in one warm grading process
- process: the same, the student's module in the same warm process
- floor:   the test functions called directly, the student's module in the same warm process
- fresh:   a new Python process with pytest for every submission, the student's module in process

Each leg is a process of its own, timed by the kernel's account of it and of all its children. For the warm
legs the cost of a submission is the slope between two counts, so that starting up is left out.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.course.load import load_course
from grader.course.model import Unit
from grader.examine import properties
from grader.examine.desk import Desk, exercise_of, is_property, test_key
from grader.examine.examiner import Examiner, Suite
from grader.examine.jailed import JailedBackend
from grader.examine.local import LocalBackend
from grader.examine.running import run_test
from grader.examine.seed import Seed
from grader.examine.session import run_session
from grader.sandbox.layers import resolve

ROOT = Path(__file__).parents[1]
LEGS = ("jailed", "process", "floor", "fresh")


def jailed(examiner: Examiner, files: dict[str, str]) -> None:
    """One submission as the grader examines it."""
    for unit in _units(examiner, files):
        for outcome in examiner.examine(unit, files):
            assert outcome.verdict == "right", outcome


def floor(examiner: Examiner, files: dict[str, str]) -> None:
    """One submission by calling the test functions."""
    desk = examiner.desk
    backend = LocalBackend(files)
    try:
        for suite in _suites(examiner, files):
            for item in suite.items:
                if is_property(item):
                    properties.seed(item, desk)
                item.obj(**_arguments(item, desk, backend))  # type: ignore[attr-defined]
    finally:
        backend.close()


def process(examiner: Examiner, files: dict[str, str]) -> None:
    """One submission by pytest, in process."""
    examiner.desk.backend = LocalBackend(files)
    for suite in _suites(examiner, files):
        for item in suite.items:
            assert run_test(item).verdict == "right", item
    examiner.desk.backend.close()


def _units(examiner: Examiner, files: dict[str, str]) -> list[Unit]:
    return [unit for unit in examiner.desk.catalogue.units if unit.file in files]


def _suites(examiner: Examiner, files: dict[str, str]) -> list[Suite]:
    return [examiner.suites[e.id] for unit in _units(examiner, files) for e in unit.exercises]


def _arguments(item, desk: Desk, backend: LocalBackend) -> dict[str, object]:  # type: ignore[no-untyped-def]
    unit = desk.unit_of(item)
    assert desk.reference is not None
    values = {
        "student": backend.open(unit),
        "reference": desk.reference.open(unit),
        "rng": desk.seed.rng(exercise_of(item)[0], test_key(item)),
        "inside": backend.build,
        "device": desk.device,
    }
    wanted = {name: value for name, value in values.items() if name in item.fixturenames}
    return wanted | getattr(getattr(item, "callspec", None), "params", {})


def leg(kind: str, count: int, unit: str) -> None:
    """Run one leg in this process."""
    catalogue = load_course(ROOT)
    units = [catalogue.unit(unit)] if unit else catalogue.units
    files = {u.file: catalogue.solution_file(u).read_text(encoding="utf-8") for u in units}
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    def serve(examiner: Examiner) -> None:
        for _ in range(count):
            {"jailed": jailed, "process": process, "floor": floor, "fresh": process}[kind](examiner, files)

    # The legs in process never ask this backend for a worker.
    run_session(catalogue, Seed("bench" * 4), JailedBackend.on(resolve("auto")), serve)


def cpu_seconds(kind: str, count: int, unit: str) -> float:
    """CPU seconds of a leg, all its children included."""
    command = [sys.executable, __file__, "--leg", kind, "--submissions", str(count), "--unit", unit]
    started = subprocess.Popen(command, env={**os.environ, "PYTHONHASHSEED": "0"})
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise SystemExit(f"the leg {kind} ended with code {started.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(submissions: int, rounds: int, unit: str) -> None:
    """All legs in turn, `rounds` times; prints medians, spreads and ratios."""
    seconds: dict[str, list[float]] = {kind: [] for kind in LEGS}
    for _ in range(rounds):
        seconds["fresh"].append(cpu_seconds("fresh", 1, unit))
        for kind in ("jailed", "process", "floor"):
            few, many = cpu_seconds(kind, 2, unit), cpu_seconds(kind, 2 + submissions, unit)
            seconds[kind].append((many - few) / submissions)
    where = f"sandbox: {resolve('auto')} · {rounds} rounds of {submissions}"
    table = Table(title=f"CPU per submission of {unit or 'all units'} · {where}")
    for column in ("leg", "median ms", "min", "max", "against the floor", "in process"):
        table.add_column(column, justify="left" if column == "leg" else "right")
    base, same = (statistics.median(seconds[kind]) for kind in ("floor", "process"))
    for kind, values in seconds.items():
        middle = statistics.median(values)
        row = [f"{1000 * value:.1f}" for value in (middle, min(values), max(values))]
        table.add_row(kind, *row, f"{middle / base:.2f}x", f"{middle / same:.2f}x")
    Console().print(table)
    ratio = statistics.median(seconds["fresh"]) / statistics.median(seconds["jailed"])
    Console().print(f"the jailed grader is {ratio:.1f}x ahead of a fresh process per submission")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--unit", default="", help="one unit only")
    parser.add_argument("--leg", choices=LEGS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.leg:
        leg(options.leg, options.submissions, options.unit)
    else:
        measure(options.submissions, options.rounds, options.unit)
