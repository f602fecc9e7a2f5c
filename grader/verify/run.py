"""The proof that a course is sound: reads it, runs it against itself, lists every claim that is broken."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.engine.job import Job, JobResult
from grader.engine.pool import Pool
from grader.errors import CourseError
from grader.examine.device import Device
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.examine.seed import Seed
from grader.verify import claims_bank, claims_content, claims_files, claims_leaks, claims_runs, table
from grader.verify.broken import Broken, not_collected
from grader.verify.cases import Case, answer_cases, course_cases, runnable
from grader.verify.claims_runs import Seen
from grader.verify.inprocess import in_process
from grader.verify.reach import Reach, jobs_of, left_open, reach, tripwires
from grader.verify.selection import Selection, select
from grader.verify.table import Row, Unasked

FEW = {"wrong": 3, "right": 2}  # answers to an exercise in a quick proof
# Too costly, or too dangerous, to be tried again without a jail.
STOPPED = {Verdict.TOO_SLOW, Verdict.TOO_MUCH_MEMORY}
Tell = Callable[[int, int], None]


@dataclass
class Counter:
    """Runs jobs, and tells how many of them all are done."""

    tell: Tell
    total: int
    done: int = 0

    def run(self, pool: Pool, jobs: Sequence[Job]) -> Iterator[JobResult]:
        for result in pool.run(jobs):
            self.done += 1
            self.tell(self.done, self.total)
            yield result


@dataclass(frozen=True)
class Proof:
    """broken: claims that do not hold    rows, unasked: the kill table    facts: how it was run"""

    broken: tuple[Broken, ...]
    rows: tuple[Row, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def prove(
    catalogue: Catalogue,
    course_file: Path,
    wanted: Sequence[str],
    seed: Seed,
    progress: Tell = lambda done, total: None,
    *,
    device: str = Device.CPU,
    thorough: bool = False,
    quick: bool = False,
) -> Proof:
    """Prove the course, or the units and exercises whose ids are given.

    thorough: follow every wrong answer through what needs its exercise, not one for each exercise
    quick: of each exercise run FEW answers, and those that must earn nothing, of each unit one in later
        units too; all are read
    progress: is told (jobs done, jobs in all).    device: other than "cpu", all is run in process there
    Raises UsageError for unknown ids, SandboxError without a jail.
    """
    selection = select(catalogue, wanted)
    cases, broken = _read(selection, course_file, seed)
    half_done, unwritten = claims_content.finished(selection, course_file)
    if half_done:  # what it would show of these units, their authors know
        selection, cases = selection.without(half_done), list(_without(cases, half_done))
        broken = [*unwritten, *broken]
    cases = list(_few(cases)) if quick else cases
    if not cases:
        return Proof(tuple(broken))
    try:
        seen, facts = _run(selection, seed, cases, progress, device=device, thorough=thorough)
    except CourseError as error:
        return Proof((*broken, not_collected(error, course_file)))
    results, rows = _judge(selection, cases, seen)
    return Proof((*broken, *results), tuple(rows), tuple(table.unasked(cases, seen)), facts)


def _read(selection: Selection, course_file: Path, seed: Seed) -> tuple[list[Case], list[Broken]]:
    """What there is to run, and the claims that reading alone has broken."""
    units, broken = runnable(selection)
    bank, unread = claims_bank.read_bank(selection)
    cases = list(course_cases(units, selection))
    for made in answer_cases(units, selection, bank):
        if isinstance(made, Case):
            cases.append(made)
        else:
            unread.append(made)
    broken += claims_content.minutes(selection, course_file)
    broken += claims_content.symbols(selection)
    broken += claims_content.lessons(selection)
    broken += claims_content.hints(selection)
    broken += claims_content.tests(selection)
    broken += [*unread, *claims_bank.enough_answers(selection, bank), *claims_bank.distinct(cases)]
    files, outdated = claims_files.generated(selection)
    said = {claim.where for claim in broken}
    broken += [claim for claim in outdated if claim.where not in said]
    broken += claims_leaks.leaks(selection.part, seed)
    if selection.whole:
        broken += claims_files.unlisted(selection.catalogue, files)
    return cases, broken


def _without(cases: Sequence[Case], units: Collection[str]) -> Iterator[Case]:
    """The cases of other units, examined nowhere else."""
    for case in cases:
        if case.unit.id not in units:
            yield replace(case, units=tuple(unit for unit in case.units if unit.id not in units))


def _few(cases: Sequence[Case]) -> Iterator[Case]:
    """The first answers of each kind to each exercise, and all else. One of each unit is followed into later
    units.
    """
    met: dict[tuple[str, str], int] = {}
    followed: set[tuple[str, str]] = set()
    for case in cases:
        if case.answer is None:
            yield case
            continue
        key, unit = (case.answer.exercise, case.kind), (case.unit.id, case.kind)
        met[key] = met.get(key, 0) + 1
        if met[key] <= FEW[case.kind] or case.answer.earns_nothing:
            yield case if unit not in followed else replace(case, units=(case.unit,))
        if len(case.units) > 1:
            followed.add(unit)


def _run(
    selection: Selection, seed: Seed, cases: Sequence[Case], progress: Tell, *, device: str, thorough: bool
) -> tuple[Seen, Mapping[str, str]]:
    """Every case in the jail, then solutions and right answers in process too. On a GPU: all in process."""
    catalogue = selection.catalogue
    units = {unit.id for case in cases for unit in case.units}
    again = [case for case in cases if case.kind in ("solution", "right")]
    wires = tripwires(cases) if device == Device.CPU else []
    counter = Counter(progress, len(wires) + sum(len(case.units) for case in cases) + len(again))
    if device != Device.CPU:
        jobs = _jobs(cases, {}, catalogue, thorough)
        counter.total = len(jobs)
        with Pool(catalogue, seed, backend=in_process, device=device, units=units) as pool:
            return Seen(_outcomes(counter.run(pool, jobs), cases), {}, "in process"), dict(pool.facts)
    own = [case for case in cases if case.answer is None]
    answers = [case for case in cases if case.answer is not None]
    with Pool(catalogue, seed, units=units) as pool:
        first = list(counter.run(pool, [*wires, *_jobs(own, {}, catalogue, thorough)]))
        ids = {case.id for case in own}
        found = reach(result for result in first if result.submission not in ids)
        jobs = _jobs(answers, found, catalogue, thorough)
        counter.total = len(first) + len(jobs) + len(again)
        jailed = _outcomes([*(r for r in first if r.submission in ids), *counter.run(pool, jobs)], cases)
        more = [job for case in cases if (job := left_open(case, jailed[case.id], catalogue)) is not None]
        counter.total += len(more)
        for result in counter.run(pool, more):
            jailed[result.submission] |= {outcome.exercise: outcome for outcome in result.outcomes}
        facts = dict(pool.facts)
    safe = [case for case in again if not any(o.verdict in STOPPED for o in jailed[case.id].values())]
    with Pool(catalogue, seed, backend=in_process, units=units) as pool:
        here = _outcomes(counter.run(pool, [_in_process(case, selection) for case in safe]), safe)
    progress(counter.total, counter.total)
    return Seen(jailed, here), facts


def _jobs(cases: Sequence[Case], found: Reach, catalogue: Catalogue, thorough: bool) -> list[Job]:
    """What is run in the jail. One answer of each kind to each exercise is followed into what comes later."""
    answers = [case for case in cases if case.answer is not None]
    first = {(c.answer.exercise, c.kind): c.id for c in reversed(answers) if c.answer is not None}
    spared = set() if thorough else {case.id for case in answers} - set(first.values())
    return [job for case in cases for job in jobs_of(case, found, catalogue, through=case.id not in spared)]


def _in_process(case: Case, selection: Selection) -> Job:
    """What the other backend is asked: a solution all that is selected, a right answer its own exercise."""
    own = {case.answer.exercise} if case.answer is not None else {e.id for e in selection.of(case.unit)}
    return Job(case.id, case.unit.id, case.sources, frozenset(own))


def _outcomes(results: Iterable[JobResult], cases: Sequence[Case]) -> dict[str, dict[str, ExerciseOutcome]]:
    found: dict[str, dict[str, ExerciseOutcome]] = {case.id: {} for case in cases}
    for result in results:
        found[result.submission] |= {outcome.exercise: outcome for outcome in result.outcomes}
    return found


def _judge(selection: Selection, cases: Sequence[Case], seen: Seen) -> tuple[list[Broken], list[Row]]:
    """The claims about the runs, and the kill table."""
    unsound = {id for case in cases if case.kind == "solution" for id, _, _ in seen.failures(case)}

    def counts(id: str) -> bool:
        # What fails on the solution fails on every answer too: said once, it is enough.
        return id not in unsound

    broken = [*claims_runs.stubs(selection, cases, seen), *claims_runs.solutions(selection, cases, seen)]
    broken += claims_runs.wrong_answers(selection, cases, seen, counts)
    refused = list(claims_runs.right_answers(cases, seen, counts))
    places = {claim.where for claim in refused}
    rows = [
        table.count(exercise.id, cases, seen, lambda case: bool(case.answer and case.answer.where in places))
        for exercise in selection.exercises
    ]
    return [*broken, *refused], rows
