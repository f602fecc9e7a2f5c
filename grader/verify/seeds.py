"""The proof of stability: solutions and right answers are right under every course seed, not under one."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.course.catalogue import Catalogue
from grader.engine.job import Job, JobResult
from grader.engine.pool import Pool
from grader.errors import CourseError
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.verify.cases import Case, answer_cases, course_cases, runnable
from grader.verify.claims_bank import read_bank
from grader.verify.inprocess import in_process
from grader.verify.reach import Reach, jobs_of, reach, tripwires
from grader.verify.run import Counter, Tell
from grader.verify.selection import Selection, select

SHOWN_SEEDS = 5


@dataclass(frozen=True)
class Unstable:
    """One test that a sound answer did not pass. seeds: the numbers of those under which that happened."""

    answer: str
    where: str
    exercise: str
    test: str
    said: str
    seeds: tuple[int, ...]

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.seeds[:SHOWN_SEEDS]))
        more = len(self.seeds) - SHOWN_SEEDS
        numbers = f"seed{'s' if len(self.seeds) > 1 else ''} {numbers}" + (
            f" and {more} more" if more > 0 else ""
        )
        return f"{numbers}: {self.answer}: {self.exercise}: {self.test} is {self.said}  ({self.where})"


@dataclass(frozen=True)
class Stability:
    """What the seeds showed. examined: exercises, over all seeds and answers"""

    seeds: int
    solutions: int
    right: int
    examined: int
    unstable: tuple[Unstable, ...]
    place: str

    @property
    def failures(self) -> int:
        """One for each seed under which a test failed."""
        return sum(len(found.seeds) for found in self.unstable)


def derived(seed: Seed, number: int) -> Seed:
    """The course seed of this number: always the same one, and it gives the real one away to nobody."""
    return Seed(hashlib.sha256(f"stability:{seed.value}:{number}".encode()).hexdigest())


def prove_seeds(
    catalogue: Catalogue,
    wanted: Sequence[str],
    seed: Seed,
    count: int,
    progress: Tell = lambda done, total: None,
    *,
    jail: bool = True,
) -> Stability:
    """Examine the solutions and the right answers of these units and exercises under `count` seeds.

    Raises UsageError for unknown ids, SandboxError without a jail, CourseError where a unit cannot be run.
    """
    selection = select(catalogue, wanted)
    cases = _cases(selection)
    numbers = {derived(seed, number).value: number for number in range(1, count + 1)}
    units = {case.unit.id for case in cases}
    backend = None if jail else in_process
    with Pool(catalogue, seed, backend=backend, units=units) as pool:
        counter = Counter(progress, total=0)
        wires = tripwires(cases) if jail else []
        counter.total = len(wires) + count * len(cases)
        found = reach(counter.run(pool, wires))
        chosen = frozenset(exercise.id for exercise in selection.exercises)
        jobs = [
            Job(job.submission, job.unit, job.sources, exercises, Seed(value))
            for value in numbers
            for job, exercises in _asked(cases, found, chosen, catalogue)
        ]
        results = list(counter.run(pool, jobs))
        place = f"sandbox: {pool.facts['sandbox']}" if jail else "in process"
    return Stability(
        count,
        solutions=sum(case.kind == "solution" for case in cases),
        right=sum(case.kind == "right" for case in cases),
        examined=sum(len(result.outcomes) for result in results),
        unstable=tuple(_unstable(cases, results, numbers, catalogue)),
        place=place,
    )


def _cases(selection: Selection) -> list[Case]:
    """The solutions and right answers. CourseError says the first reason why one of them cannot be run."""
    units, broken = runnable(selection)
    bank, unread = read_bank(selection)
    right = {id: [a for a in answers if a.kind == "right"] for id, answers in bank.items()}
    cases = [case for case in course_cases(units, selection) if case.kind == "solution"]
    for made in answer_cases(units, selection, right, importers=False):
        if isinstance(made, Case):
            cases.append(made)
        else:
            unread.append(made)
    for claim in (*broken, *unread):
        raise CourseError(str(claim), "kata verify says all that is wrong with the course.")
    return cases


def _asked(
    cases: Sequence[Case], found: Reach, chosen: frozenset[str], catalogue: Catalogue
) -> Iterator[tuple[Job, frozenset[str]]]:
    """The jobs of one seed. A solution is asked for the chosen exercises only."""
    for case in cases:
        for job in jobs_of(case, found, catalogue):
            own = chosen & {exercise.id for exercise in case.unit.exercises}
            yield job, own if case.kind == "solution" else job.exercises


def _unstable(
    cases: Sequence[Case], results: Sequence[JobResult], numbers: Mapping[str, int], catalogue: Catalogue
) -> Iterator[Unstable]:
    """The failures, by answer, exercise and test, in the order of the course and its bank."""
    failed: dict[tuple[str, str, str], dict[int, str]] = {}
    for result in results:
        number = numbers[result.seed.value] if result.seed is not None else 0
        for outcome in result.outcomes:
            said = {t.name.rpartition("::")[2]: t.verdict for t in outcome.tests} or {"it": outcome.verdict}
            for test, verdict in said.items():
                if verdict is not Verdict.RIGHT:
                    failed.setdefault((result.submission, outcome.exercise, test), {})[number] = str(verdict)
    by_id = {case.id: case for case in cases}
    order = list(by_id)
    for (id, exercise, test), seeds in sorted(failed.items(), key=lambda item: order.index(item[0][0])):
        case = by_id[id]
        answer = f'the right answer "{case.answer.label}"' if case.answer else "the solution"
        where = case.answer.where if case.answer else str(catalogue.solution_file(case.unit))
        first = min(seeds)
        yield Unstable(answer, where, exercise, test, seeds[first], tuple(sorted(seeds)))
