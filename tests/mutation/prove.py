"""Mutation testing of the reference solutions: a hidden test notices every mutant, or none can.

    python tests/mutation/prove.py [UNIT|EXERCISE ...]

Exit code 1 where a mutant lives that solutions/uNN_name/equivalent.yml does not explain, or where that file
explains what is no mutant any more. It needs Cosmic Ray: pip install -c constraints.txt -e ".[mutation]".
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parent))

from make_mutants import Mutant, mutants

from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.course.model import Unit
from grader.engine.job import Job, JobResult
from grader.engine.pool import Pool
from grader.examine.outcome import Verdict
from grader.examine.seed import load_seed
from grader.verify.inprocess import in_process

ROOT = Path(__file__).parents[2]
SECONDS = 3.0  # for the tests of one exercise: many a mutant loops for ever
Explained = dict[tuple[str, str, str], str]  # what Mutant.key gives -> why no test can tell


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="*", metavar="UNIT|EXERCISE")
    wanted = parser.parse_args().what
    catalogue = impatient(load_course(ROOT))
    units = catalogue.chosen(wanted)
    made = [mutant for unit in units for mutant in mutants(unit, catalogue)]
    made = [m for m in made if not wanted or m.unit in wanted or m.exercise in wanted]
    alive = survivors(made, catalogue)
    known = {unit.id: explained(unit, catalogue) for unit in units}
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table(made, alive, known))
    new = [m for m in alive if m.key not in known[m.unit]]
    for mutant in new:
        where = f"{catalogue.solution_file(catalogue.unit(mutant.unit)).relative_to(ROOT)}:{mutant.line}"
        console.print(
            f"alive  {mutant.place or 'a helper'}  ({where})\n  - {mutant.was}\n  + {mutant.now}",
            markup=False,
        )
    keys = {(m.unit, *m.key) for m in alive}
    stale = [(id, key) for id, known_here in known.items() for key in known_here if (id, *key) not in keys]
    for id, (place, was, now) in stale if not any("." in id for id in wanted) else ():
        told = f"explained, and no living mutant: {id} {place}: {was} -> {now}"
        console.print(told, markup=False, soft_wrap=True)
    killed, same = len(made) - len(alive), len(alive) - len(new)
    console.print(f"{len(made)} mutants, {killed} killed, {same} equivalent, {len(new)} alive")
    return int(bool(new or stale))


def impatient(catalogue: Catalogue) -> Catalogue:
    """The course with less time for each exercise."""
    course = catalogue.course
    hasty = msgspec.structs.replace(course.limits, seconds=min(SECONDS, course.limits.seconds))
    units = []
    for unit in course.units:
        exercises = tuple(
            e
            if e.limits is None
            else msgspec.structs.replace(
                e, limits=msgspec.structs.replace(e.limits, seconds=min(SECONDS, e.limits.seconds))
            )
            for e in unit.exercises
        )
        units.append(msgspec.structs.replace(unit, exercises=exercises))
    return Catalogue(msgspec.structs.replace(course, limits=hasty, units=tuple(units)), catalogue.root)


def survivors(made: Sequence[Mutant], catalogue: Catalogue) -> list[Mutant]:
    """Those that no hidden test of their exercise notices, nor any of their unit, nor one in the jail.

    There texts and numbers are other objects than in the test: `is` is not `==`.
    """
    solutions = {
        unit.file: catalogue.solution_file(unit).read_text(encoding="utf-8") for unit in catalogue.units
    }
    alive = dict(enumerate(made))
    own, unit, jail = "its own exercise", "its unit", "its unit, in the jail"
    for what, backend in ((own, in_process), (unit, in_process), (jail, None)):
        jobs = [
            Job(
                str(number),
                mutant.unit,
                solutions | {catalogue.unit(mutant.unit).file: mutant.text},
                frozenset({mutant.exercise} if mutant.exercise and what == own else ()),
                follow=False,
            )
            for number, mutant in alive.items()
        ]
        with Pool(catalogue, load_seed(catalogue.root), backend=backend) as pool:
            for result in progress(pool.run(jobs), f"by {what}", len(jobs)):
                if noticed(result):
                    del alive[int(result.submission)]
    return list(alive.values())


def progress(results: Iterator[JobResult], what: str, total: int) -> Iterable[JobResult]:
    console = Console(stderr=True)
    return track(results, what, total, console=console, disable=not console.is_terminal)


def noticed(result: JobResult) -> bool:
    """Whether a hidden test does not hold; public ones do not count."""
    for outcome in result.outcomes:
        hidden = [test for test in outcome.tests if not test.public]
        if any(test.verdict is not Verdict.RIGHT for test in hidden):
            return True
        if not hidden and outcome.verdict is not Verdict.RIGHT:
            return True
    return False


def explained(unit: Unit, catalogue: Catalogue) -> Explained:
    """solutions/uNN_name/equivalent.yml: a list of {in, was, now, why}."""
    path = catalogue.solution_file(unit).with_name("equivalent.yml")
    entries = YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.exists() else []
    return {(e["in"], e["was"], e["now"]): e["why"] for e in entries or ()}


def table(made: Sequence[Mutant], alive: Sequence[Mutant], known: dict[str, Explained]) -> Table:
    shown = Table(box=None, pad_edge=False)
    for name in ("exercise", "mutants", "killed", "equivalent", "alive"):
        shown.add_column(name, justify="left" if name == "exercise" else "right")
    for name, counts in rows(made, alive, known):
        shown.add_row(name, *map(str, counts))
    return shown


def rows(
    made: Sequence[Mutant], alive: Sequence[Mutant], known: dict[str, Explained]
) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    every = Counter(m.exercise or f"{m.unit} helpers" for m in made)
    left = Counter(m.exercise or f"{m.unit} helpers" for m in alive)
    same = Counter(m.exercise or f"{m.unit} helpers" for m in alive if m.key in known[m.unit])
    for name, count in every.items():
        yield name, (count, count - left[name], same[name], left[name] - same[name])


if __name__ == "__main__":
    sys.exit(main())
