"""Claims about what the runs showed: stubs earn nothing, solutions everything, each answer its due."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.model import Exercise
from grader.examine.judge import place_of, shown
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.verify.broken import Broken, place
from grader.verify.cases import Case
from grader.verify.selection import Selection
from grader.verify.testfiles import test_functions
from grader.verify.touch import IDLE

PASSING = (Verdict.RIGHT, Verdict.GRADER_ERROR)
Outcomes = Mapping[str, ExerciseOutcome]  # by exercise id


@dataclass(frozen=True)
class Seen:
    """What the runs showed, by case id.

    jailed: of every case, at `place`    here: in process, of solutions and right answers
    """

    jailed: Mapping[str, Outcomes]
    here: Mapping[str, Outcomes]
    place: str = "in the jail"

    def failures(self, case: Case) -> Iterator[tuple[str, ExerciseOutcome, str]]:
        """What does not earn everything: exercise, outcome, and in words which backends say so."""
        jailed, here = self.jailed[case.id], self.here.get(case.id, {})
        for id in {**jailed, **here}:
            outcome = jailed.get(id)
            alike = outcome is not None and id in here and _said(here[id]) == _said(outcome)
            if outcome is not None and outcome.verdict is not Verdict.RIGHT:
                yield id, outcome, f"{self.place} and in process" if alike else self.place
            if id in here and here[id].verdict is not Verdict.RIGHT and not alike:
                yield id, here[id], "in process"


def stubs(selection: Selection, cases: Sequence[Case], seen: Seen) -> Iterator[Broken]:
    """Every stub is to do; answers that do nothing earn 0, and no public test passes on them."""
    written = {case.unit.id: case.sources[case.unit.file] for case in cases if case.kind == "stub"}
    idle = {one.kind: one.told for one in IDLE}
    for case in cases:
        for exercise in selection.of(case.unit) if case.kind == "stub" or case.kind in idle else ():
            outcome = seen.jailed[case.id][exercise.id]
            where = _symbol(written[case.unit.id], exercise, selection.catalogue.stub_file(case.unit))
            if case.kind == "stub" and outcome.verdict is not Verdict.TODO:
                fact = f"{exercise.id}: the stub is {_said(outcome)}, not to do"
                yield Broken(
                    fact, where, "put the solution of each symbol between the markers, then kata stubs"
                )
            if case.kind in idle:
                yield from _idle(selection, case, outcome, idle[case.kind], where)


def _idle(
    selection: Selection, case: Case, outcome: ExerciseOutcome, told: str, where: str
) -> Iterator[Broken]:
    if earned(outcome):
        fact = f"{outcome.exercise}: {told} earns {earned(outcome):.0%}"
        yield Broken(fact, where, f"let {_passed(outcome)} fail on it")
    if outcome.verdict is Verdict.GRADER_ERROR:
        yield _stumbled(f"{outcome.exercise}: {told}", outcome, where)
    for test in outcome.tests:
        if test.public and test.verdict is Verdict.RIGHT:
            path = selection.catalogue.public_tests(case.unit)
            name = _name(test)
            lines = [found.line for found in test_functions(path) if found.name == name.partition("[")[0]]
            fact = f"{outcome.exercise}: the public test {name} passes on {told}"
            yield Broken(fact, place(path, lines[0] if lines else 1), "let it ask for what that does not do")


def solutions(selection: Selection, cases: Sequence[Case], seen: Seen) -> Iterator[Broken]:
    """Every solution earns everything in both backends."""
    for case in cases:
        for id, outcome, backends in seen.failures(case) if case.kind == "solution" else ():
            exercise = selection.catalogue.exercise(id)
            if exercise in selection.exercises:
                file = selection.catalogue.solution_file(case.unit)
                where = _symbol(case.sources[case.unit.file], exercise, file)
                fact = f"{id}: the solution is {_said(outcome)} {backends}"
                yield Broken(fact, where, f"mend the solution or {_test(outcome)}")


def right_answers(cases: Sequence[Case], seen: Seen, counts: Callable[[str], bool]) -> Iterator[Broken]:
    """Every right answer earns everything wherever it was examined. counts: is the exercise sound?"""
    for case in cases:
        if case.kind != "right" or case.answer is None:
            continue
        own = case.answer.exercise
        failures = list(seen.failures(case))
        in_its_wake = any(id == own for id, _, _ in failures)  # then the others need no word
        for id, outcome, backends in failures:
            if counts(id) and (id == own or not in_its_wake):
                of = "" if id == own else f": {id}"
                fact = f"{_told(case)}{of} is {_said(outcome)} {backends}"
                yield Broken(fact, case.answer.where, f"mend the answer, or let {_test(outcome)} accept it")


def wrong_answers(
    selection: Selection, cases: Sequence[Case], seen: Seen, counts: Callable[[str], bool]
) -> Iterator[Broken]:
    """Every wrong answer is rejected where it says, and only there, with its diagnosis where it names one.

    What needs its exercise is right all the same once the reference stands in.
    """
    for case in cases:
        if case.kind != "wrong" or case.answer is None:
            continue
        outcomes, own = seen.jailed[case.id], case.answer.exercise
        if counts(own):
            yield from _own(selection, case, outcomes[own])
        spared = selection.catalogue.dependents(own) | {own}
        for id, outcome in outcomes.items():
            if _imports_a_breach(case, outcome, outcomes[own]):
                continue
            if id in spared and outcome.verdict is Verdict.GRADER_ERROR and id != own:
                yield _stumbled(f"{_told(case)}: {id}", outcome, case.answer.where)
            elif id in spared and outcome.followed and outcome.verdict is not Verdict.RIGHT and counts(id):
                fact = f"{_told(case)}: {id} is {outcome.verdict} though the reference stands in for {own}"
                mend = (
                    f"let {id} use what it needs by name, or let {_test(outcome)} build what it needs itself"
                )
                yield Broken(fact, case.answer.where, mend)
            elif id not in spared and outcome.verdict is not Verdict.RIGHT and counts(id):
                fact = f"{_told(case)}: {id}, which does not need {own}, is {_said(outcome)}"
                mend = f"add {own} to the needs of {id}, or keep {_test(outcome)} away from it"
                yield Broken(fact, case.answer.where, mend)


def _imports_a_breach(case: Case, outcome: ExerciseOutcome, own: ExerciseOutcome) -> bool:
    """Whether it is of a later unit, and breaks a rule for the file that it imports does."""
    elsewhere = outcome.exercise not in {exercise.id for exercise in case.unit.exercises}
    return elsewhere and outcome.verdict is own.verdict is Verdict.RULE_BROKEN


def _own(selection: Selection, case: Case, outcome: ExerciseOutcome) -> Iterator[Broken]:
    assert case.answer is not None
    where, named = case.answer.where, case.answer.diagnosis
    if outcome.verdict is Verdict.RIGHT:
        hidden = shown(str(selection.catalogue.hidden_tests(case.unit)[0]))
        yield Broken(
            f"{_told(case)} earns full marks",
            where,
            f"add a test on which it shows to {hidden}, or make one stricter",
        )
    elif outcome.verdict is Verdict.GRADER_ERROR:
        yield _stumbled(_told(case), outcome, where)
    elif case.answer.earns_nothing and earned(outcome):
        fact = f"{_told(case)} earns {earned(outcome):.0%}, and must earn nothing"
        yield Broken(fact, where, f"let {_passed(outcome)} fail on it")
    if named and outcome.verdict not in PASSING and diagnosis(outcome) != named:
        said = f'is called "{diagnosis(outcome)}"' if diagnosis(outcome) else "gets no diagnosis"
        fact = f'{_told(case)} {said}, not "{named}"'
        yield Broken(fact, where, "name it in `suspects` of the tests that reject it, or correct diagnosis=")


def earned(outcome: ExerciseOutcome) -> float:
    """The share of the points that this outcome may be worth, 0..1: follow-through counted in full."""
    return outcome.share(1.0)


def diagnosis(outcome: ExerciseOutcome) -> str:
    """The cause that the student is told, or ""."""
    return outcome.finding.diagnosis if outcome.finding else ""


def _stumbled(who: str, outcome: ExerciseOutcome, where: str) -> Broken:
    what = outcome.finding.what if outcome.finding else "no reason given"
    return Broken(f"{who} makes the grader stumble: {what}", where, f"mend {_test(outcome)}")


def _told(case: Case) -> str:
    assert case.answer is not None
    return f'{case.answer.exercise}: the {case.kind} answer "{case.answer.label}"'


def _said(outcome: ExerciseOutcome) -> str:
    what = outcome.finding.diagnosis or outcome.finding.what if outcome.finding else ""
    return f"{outcome.verdict} ({what})" if what else str(outcome.verdict)


def _test(outcome: ExerciseOutcome) -> str:
    """The first test that does not hold, in words that follow "mend"."""
    failed = [test for test in outcome.tests if test.verdict is not Verdict.RIGHT]
    gravest = [test for test in failed if test.verdict is outcome.verdict] or failed
    return _name(gravest[0]) if gravest else "its tests"


def _passed(outcome: ExerciseOutcome) -> str:
    """The tests that earn something: the hidden ones, or the public ones where no hidden one passed."""
    right = [test for test in outcome.tests if test.verdict is Verdict.RIGHT or test.followed]
    return ", ".join(_name(test) for test in [test for test in right if not test.public] or right)


def _name(test: TestOutcome) -> str:
    return test.name.rpartition("::")[2]


def _symbol(source: str, exercise: Exercise, file: Path) -> str:
    """Where a file defines what the exercise asks for."""
    name = shown(str(file))
    at = place_of(source, name, exercise.symbols)
    return place(file) if at == name else at
