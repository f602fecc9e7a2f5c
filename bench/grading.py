"""CPU seconds per submission: the jailed grader, the floor under it, and a fresh pytest for every submission.

    python bench/grading.py [--submissions 20] [--rounds 5]

All three run the same tests, Hypothesis included, on the same right submission of every released unit:

- jailed: what `kata grade` does for a submission, in one warm grading process
- floor:  the test functions called directly, the student's module in the same warm process
- fresh:  a new Python process with pytest for every submission, the student's module in process

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
from grader.examine.desk import Desk, exercise_of, test_key
from grader.examine.examiner import Examiner
from grader.examine.fixtures import seed_hypothesis
from grader.examine.jailed import JailedBackend
from grader.examine.local import LocalBackend
from grader.examine.running import run_test
from grader.examine.seed import Seed
from grader.examine.session import run_session
from grader.sandbox.layers import resolve

ROOT = Path(__file__).parents[1]
LEGS = ("jailed", "floor", "fresh")


def jailed(examiner: Examiner, files: dict[str, str]) -> None:
    """One submission as the grader examines it."""
    for unit in examiner.desk.catalogue.units:
        for outcome in examiner.examine(unit, files):
            assert outcome.verdict == "right", outcome


def floor(examiner: Examiner, files: dict[str, str]) -> None:
    """One submission by calling the test functions."""
    desk = examiner.desk
    backend = LocalBackend(files)
    try:
        for suite in examiner.suites.values():
            for item in suite.items:
                seed_hypothesis(item, desk)
                item.obj(**_arguments(item, desk, backend))  # type: ignore[attr-defined]
    finally:
        backend.close()


def fresh(examiner: Examiner, files: dict[str, str]) -> None:
    """One submission by pytest, in process."""
    examiner.desk.backend = LocalBackend(files)
    for suite in examiner.suites.values():
        for item in suite.items:
            assert run_test(item).verdict == "right", item
    examiner.desk.backend.close()


def _arguments(item, desk: Desk, backend: LocalBackend) -> dict[str, object]:  # type: ignore[no-untyped-def]
    unit = desk.unit_of(item)
    assert desk.reference is not None
    values = {
        "student": backend.open(unit),
        "reference": desk.reference.open(unit),
        "rng": desk.seed.rng(exercise_of(item)[0], test_key(item)),
        "inside": backend.build,
    }
    wanted = {name: value for name, value in values.items() if name in item.fixturenames}
    return wanted | getattr(getattr(item, "callspec", None), "params", {})


def leg(kind: str, count: int) -> None:
    """Run one leg in this process."""
    catalogue = load_course(ROOT)
    files = {u.file: catalogue.solution_file(u).read_text(encoding="utf-8") for u in catalogue.units}
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    def serve(examiner: Examiner) -> None:
        for _ in range(count):
            {"jailed": jailed, "floor": floor, "fresh": fresh}[kind](examiner, files)

    # The legs in process never ask this backend for a worker.
    run_session(catalogue, Seed("bench" * 4), JailedBackend.on(resolve("auto")), serve)


def cpu_seconds(kind: str, count: int) -> float:
    """CPU seconds of a leg, all its children included."""
    command = [sys.executable, __file__, "--leg", kind, "--submissions", str(count)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONHASHSEED": "0"})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the leg {kind} ended with code {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(submissions: int, rounds: int) -> None:
    """All legs in turn, `rounds` times; prints medians, spreads and ratios."""
    seconds: dict[str, list[float]] = {kind: [] for kind in LEGS}
    for _ in range(rounds):
        seconds["fresh"].append(cpu_seconds("fresh", 1))
        for kind in ("jailed", "floor"):
            few, many = cpu_seconds(kind, 2), cpu_seconds(kind, 2 + submissions)
            seconds[kind].append((many - few) / submissions)
    table = Table(title=f"CPU per submission · sandbox: {resolve('auto')} · {rounds} rounds of {submissions}")
    for column in ("leg", "median ms", "min", "max", "against the floor"):
        table.add_column(column, justify="left" if column == "leg" else "right")
    base = statistics.median(seconds["floor"])
    for kind, values in seconds.items():
        middle = statistics.median(values)
        row = [f"{1000 * value:.1f}" for value in (middle, min(values), max(values))]
        table.add_row(kind, *row, f"{middle / base:.2f}x")
    Console().print(table)
    ratio = statistics.median(seconds["fresh"]) / statistics.median(seconds["jailed"])
    Console().print(f"the jailed grader is {ratio:.1f}x ahead of a fresh process per submission")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--leg", choices=LEGS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.leg:
        leg(options.leg, options.submissions)
    else:
        measure(options.submissions, options.rounds)
