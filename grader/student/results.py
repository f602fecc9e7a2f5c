"""From what the tests of a run showed to one state per exercise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.gradcheck.diagnose import confirm
from grader.gradcheck.message import Finding
from grader.student.files import Code
from grader.student.shown import Shown
from grader.student.stubs import lost_symbols

BLAMED_ON_NEEDS = frozenset({Verdict.WRONG, Verdict.CRASHED, Verdict.TODO})


@dataclass(frozen=True)
class Tested:
    """The public tests of one exercise that ran, and how many there are."""

    tests: Sequence[TestOutcome]
    of: int
    printed: str = ""
    trace: str = ""


def first_to_show(tests: Sequence[TestOutcome]) -> TestOutcome:
    """The test that stands for its exercise: the gravest, and of those the first whose cause is named."""
    return min(tests, key=lambda test: (test.verdict.rank, not (test.finding and test.finding.diagnosis)))


def sum_up(
    catalogue: Catalogue, tested: Mapping[str, Tested], code: Code, known: Mapping[str, bool]
) -> dict[str, Shown]:
    """The state of every exercise that was tested, in the order of the course.

    known: exercises outside this run -> whether they are known to be right
    """
    results: dict[str, Shown] = {}
    right = dict(known)
    breaks: list[str] = []
    for exercise in catalogue.exercises:
        if exercise.id not in tested:
            continue
        run = tested[exercise.id]
        missing = tuple(need for need in exercise.needs if right.get(need) is False)
        outcome = _outcome(catalogue, exercise, tuple(run.tests), code, missing)
        if outcome.verdict is Verdict.RULE_BROKEN:
            breaks.append(exercise.id)
        through = tuple(id for id in breaks if id in catalogue.needs_closure(exercise.id))
        if through and outcome.verdict is Verdict.RIGHT:  # what passes through a breach proves nothing
            outcome = replace(outcome, verdict=Verdict.NOT_CHECKED, needs=through)
        results[exercise.id] = Shown(exercise, outcome, run.of, run.printed, run.trace)
        right[exercise.id] = outcome.verdict is Verdict.RIGHT
    return results


def _outcome(
    catalogue: Catalogue,
    exercise: Exercise,
    tests: tuple[TestOutcome, ...],
    code: Code,
    missing: tuple[str, ...],
) -> ExerciseOutcome:
    unit = catalogue.unit(exercise.id)
    gravest = first_to_show(tests)
    if unit.file not in code.files:
        missing_file = Finding(
            what=f"the file {code.path(unit)} is missing",
            where=code.path(unit),
            help=f"Put it back; `kata reset {unit.id}` makes a fresh one.",
        )
        return ExerciseOutcome(exercise.id, Verdict.TODO, tests, missing_file)
    if code.untouched(unit, exercise) and gravest.verdict is not Verdict.GRADER_ERROR:
        return ExerciseOutcome(exercise.id, Verdict.TODO, tests)
    if unit.id in code.failed:
        return _not_loaded(catalogue, unit, exercise, tests, code)
    if gravest.verdict is Verdict.RIGHT:
        return ExerciseOutcome(exercise.id, Verdict.RIGHT, tests)
    lost = lost_symbols(code.files[unit.file], code.stubs.get(unit.file), exercise)
    if lost:
        finding = Finding(
            where=code.path(unit),
            what=f"`{lost[0]}` is not defined in {code.path(unit)} any more",
            help=f"Write it again, or let `kata reset {exercise.id}` put its stub back.",
        )
        return ExerciseOutcome(exercise.id, Verdict.CRASHED, tests, finding)
    verdict = Verdict.NOT_CHECKED if missing and gravest.verdict in BLAMED_ON_NEEDS else gravest.verdict
    return ExerciseOutcome(
        exercise.id, verdict, tests, _complete(gravest, tests, unit, exercise, code), needs=missing
    )


def _not_loaded(
    catalogue: Catalogue, unit: Unit, exercise: Exercise, tests: tuple[TestOutcome, ...], code: Code
) -> ExerciseOutcome:
    """The unit's file could not be imported: by its own fault, or by that of a unit that it imports."""
    verdict, finding = code.failed[unit.id]
    file = finding.where.rpartition(":")[0]
    other = next((u for u in catalogue.units if u is not unit and code.path(u) == file), None)
    if other is not None:
        return ExerciseOutcome(exercise.id, Verdict.NOT_CHECKED, tests, finding, needs=(other.file,))
    return ExerciseOutcome(exercise.id, verdict, tests, finding)


def _complete(
    test: TestOutcome, tests: Sequence[TestOutcome], unit: Unit, exercise: Exercise, code: Code
) -> Finding | None:
    """The finding of a test with its place, and its cause where another failed test confirms it."""
    finding = test.finding
    if finding is None:
        return None
    if finding.candidates and not finding.diagnosis:
        others = [t.finding.candidates for t in tests if t.finding is not None and t is not test]
        causes = (confirm([finding.candidates, other]) for other in others)
        finding = finding.confirmed(next(filter(None, causes), ""))
    if not finding.where and test.verdict is not Verdict.GRADER_ERROR and unit.file in code.files:
        finding = replace(finding, where=code.place(unit, exercise))
    return finding
