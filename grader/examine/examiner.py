"""Examines one unit of one student after the other in one warm pytest session.

pytest collects the hidden and the public tests once; then every job runs them against another student.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Rules, Unit
from grader.course.symbols import unchanged
from grader.errors import CourseError, KataError, KilledBySystem, RunStopped, SandboxError
from grader.examine.allowance import Allowance
from grader.examine.bounded import Bounds, own_seconds
from grader.examine.desk import Desk, ExamBackend, exercise_of
from grader.examine.fixtures import title_of
from grader.examine.follow import OWN_MATTER, put_in_place, summed_up
from grader.examine.judge import place_of
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.examine.running import Ran, diagnose, run_test
from grader.gradcheck.message import Finding
from grader.release.stub import make_stub
from grader.remote.guard import FREE, Guard
from grader.rules.verdicts import Rulebook

PATIENCE = 3  # times its seconds: what an exercise may use once the reference stands in
SLOW_ELSEWHERE = "Look at the exercises before it that are slow: they took the time."
ENDLESS = Finding(
    what="stopped: a test could not come to an end with this result",
    help="Look at how large the numbers are that your code returns.",
)
NOTHING_BEFORE: Mapping[str, Verdict] = MappingProxyType({})
NOT_CHECKED = Ran(Verdict.NOT_CHECKED, None, ())


class Suite:
    """The tests of one exercise, hidden and public, with the share of the points that each one carries.

    A function's weight is divided over its parametrized cases; a public function weighs 1.
    """

    def __init__(self, items: Sequence[pytest.Item], catalogue: Catalogue) -> None:
        self.items = items
        cases: dict[str, int] = {}
        for item in items:
            cases[_function(item)] = cases.get(_function(item), 0) + 1
        self.public = [item.path.is_relative_to(catalogue.exercises_dir.absolute()) for item in items]
        self.shares = [
            (1.0 if public else exercise_of(item)[1]) / cases[_function(item)]
            for item, public in zip(items, self.public, strict=True)
        ]

    def outcome(self, at: int, ran: Ran, finding: Finding | None) -> TestOutcome:
        item = self.items[at]
        return TestOutcome(
            name=f"{item.path.stem}::{item.name}",
            title=title_of(item),
            public=self.public[at],
            share=self.shares[at],
            verdict=ran.verdict,
            finding=finding,
            seconds=ran.seconds,
        )


def _function(item: pytest.Item) -> str:
    return f"{item.path}::{getattr(item, 'originalname', item.name)}"


class Examiner:
    """Runs suites against the backend on the desk."""

    def __init__(self, desk: Desk, backend: ExamBackend, suites: Mapping[str, Suite]) -> None:
        self.desk, self.backend, self.suites = desk, backend, suites
        self.bounds = Bounds()
        self._stubs: dict[str, str] = {}
        self._rulebook = Rulebook(desk.catalogue)
        self._broken: dict[str, Finding] = {}
        self._killed = self._afresh = False
        self._follow = True

    def examine(
        self,
        unit: Unit,
        files: Mapping[str, str],
        only: Collection[str] = (),
        *,
        before: Mapping[str, Verdict] = NOTHING_BEFORE,
        endless: Collection[str] = (),
        afresh: bool = False,
        follow: bool = True,
        begins: Callable[[str], None] = lambda exercise: None,
    ) -> tuple[ExerciseOutcome, ...]:
        """One outcome for every exercise of the unit, or for these only, in the order of course.yml.

        before: verdicts of what it needs of other units; where a file of theirs is missing, it is the stub
        endless: of these it is known that a test does not come to an end    begins: told of each exercise
        afresh: a new worker for each, which spares what fails its second run
        follow: whether what fails is followed through
        """
        self._afresh, self._follow = afresh, follow
        known, files = dict(before), dict(files)
        for other in self.desk.catalogue.needed_units(unit):
            if other.file not in files:
                files[other.file] = self._stub(other)
                known |= {needed.id: Verdict.TODO for needed in other.exercises}
        self.backend.admit(files, _guard(self.desk.catalogue.unit_rules(unit)))
        with own_seconds(self.desk.catalogue.course.limits.seconds, self.bounds):
            self._broken = self._rulebook.broken(unit, files)
        self.allowance = Allowance(self.desk.catalogue, unit, self.backend.spent)
        outcomes: dict[str, ExerciseOutcome] = {}
        try:
            for exercise in [e for e in unit.exercises if not only or e.id in only]:
                if exercise.id in endless:
                    outcomes[exercise.id] = ExerciseOutcome(exercise.id, Verdict.TOO_SLOW, (), ENDLESS)
                    known[exercise.id] = Verdict.TOO_SLOW
                    continue
                begins(exercise.id)
                self.allowance.next(exercise)
                limits = self.allowance.limits(self.desk.catalogue.limits(exercise.id))
                with own_seconds(limits.seconds, self.bounds):
                    outcome = self._exercise(unit, exercise, files, known)
                outcomes[exercise.id] = self._used_up(outcome) if self.allowance.cut else outcome
                known[exercise.id] = outcome.verdict
        finally:
            self.backend.close()
        return tuple(outcomes.values())

    def _exercise(
        self, unit: Unit, exercise: Exercise, files: Mapping[str, str], before: Mapping[str, Verdict]
    ) -> ExerciseOutcome:
        todo = self._to_do(unit, exercise, files)
        if todo is not None:
            return todo
        if exercise.id in self._broken:
            return ExerciseOutcome(exercise.id, Verdict.RULE_BROKEN, (), self._broken[exercise.id])
        suite = self.suites[exercise.id]
        limits = self.desk.catalogue.limits(exercise.id)
        needs = self._not_right(exercise, before)
        # Afresh where it may well fail: then a second run is spared.
        self.backend.begin(self.allowance.limits(limits), afresh=self._afresh or bool(needs))
        tests = self._run(suite, named=not needs)
        in_doubt = self._killed or not self.backend.fresh
        if in_doubt and any(test.verdict is not Verdict.RIGHT for test in tests):
            # What an earlier exercise left behind must not decide, nor a machine that is short of memory:
            # only a repeated failure counts.
            self.backend.begin(self.allowance.limits(limits), afresh=True)
            tests = self._run(suite)
        outcome = self._sum_up(unit, exercise, files, tests, before)
        return self._follow_through(unit, exercise, files, outcome, before) if self._follow else outcome

    def _follow_through(
        self,
        unit: Unit,
        exercise: Exercise,
        files: Mapping[str, str],
        outcome: ExerciseOutcome,
        before: Mapping[str, Verdict],
    ) -> ExerciseOutcome:
        """What fails is asked again, with the reference in the place of what it needs and is not right."""
        needs = self._not_right(exercise, before)
        if not needs or outcome.verdict in OWN_MATTER or self.desk.reference is None:
            return outcome
        suite = self.suites[exercise.id]
        limits = self.desk.catalogue.limits(exercise.id)
        references = [
            (other, self.desk.reference.open(other), symbols) for other, symbols in self._symbols(unit, needs)
        ]
        for last in (False, True):
            self.backend.begin(self.allowance.limits(limits, PATIENCE), afresh=True)
            try:
                if not put_in_place(self.backend, unit, references):
                    return outcome
                tests = self._run_again(suite, outcome.tests)
                break
            except SandboxError as error:  # ours, and it must not cost what could be followed
                if last:
                    return ExerciseOutcome(exercise.id, Verdict.GRADER_ERROR, (), Finding(what=str(error)))
            finally:
                self.backend.drop()
        if tests is None:
            return outcome
        return summed_up(outcome, tests, needs, place_of(files[unit.file], unit.file, exercise.symbols))

    def _symbols(self, unit: Unit, needs: Sequence[str]) -> list[tuple[Unit, tuple[str, ...]]]:
        """What is asked for in these exercises, by unit, the unit at hand first."""
        catalogue = self.desk.catalogue
        found: dict[str, tuple[str, ...]] = {unit.id: ()}
        for exercise in map(catalogue.exercise, needs):
            found[exercise.unit_id] = found.get(exercise.unit_id, ()) + exercise.symbols
        return [(catalogue.unit(id), symbols) for id, symbols in found.items()]

    def _used_up(self, outcome: ExerciseOutcome) -> ExerciseOutcome:
        """The words for what was stopped because of the whole submission. No figure: it varies."""
        if outcome.verdict is not Verdict.TOO_SLOW or outcome.finding is None:
            return outcome
        seconds = self.desk.catalogue.course.submission_seconds
        what = f"stopped early: this submission had used up most of the {seconds:g} s that it has in all"
        return replace(outcome, finding=replace(outcome.finding, what=what, help=SLOW_ELSEWHERE))

    def _not_right(self, exercise: Exercise, before: Mapping[str, Verdict]) -> tuple[str, ...]:
        """What it needs, directly or not, and what is not right."""
        closure = self.desk.catalogue.needs_closure(exercise.id)
        return tuple(n for n in before if n in closure and before[n] is not Verdict.RIGHT)

    def _run_again(self, suite: Suite, tests: tuple[TestOutcome, ...]) -> tuple[TestOutcome, ...] | None:
        """The tests that failed, or all where none was run; told is only which of them pass now.

        None where they could not come to an end: the calls of the reference use up the student's time.
        SandboxError where what held the code was lost by no fault of its own.
        """
        found = list(tests)
        for at, item in enumerate(suite.items):
            if tests and tests[at].verdict is Verdict.RIGHT:
                continue
            ran = run_test(item)
            if isinstance(ran.error, SandboxError):
                raise ran.error
            failed = tests[at] if tests else suite.outcome(at, NOT_CHECKED, None)
            if isinstance(ran.error, RunStopped):
                return None
            found[at : at + 1] = [replace(failed, followed=ran.verdict is Verdict.RIGHT)]
        return tuple(found)

    def _to_do(self, unit: Unit, exercise: Exercise, files: Mapping[str, str]) -> ExerciseOutcome | None:
        source = files.get(unit.file)
        if source is None:
            finding = Finding(what=f"the file {unit.file} was not handed in")
            return ExerciseOutcome(exercise.id, Verdict.TODO, (), finding)
        try:
            if not unchanged(source, self._stub(unit), exercise.symbols):
                return None
        except SyntaxError:
            return None  # importing it says so, with the line
        return ExerciseOutcome(exercise.id, Verdict.TODO, (), Finding(what="nothing was written here yet"))

    def _stub(self, unit: Unit) -> str:
        """The stub as it was handed out: cut anew, for the one under exercises/ may be somebody's answer."""
        if unit.id not in self._stubs:
            path = self.desk.catalogue.solution_file(unit)
            self._stubs[unit.id] = make_stub(path.read_text(encoding="utf-8"), str(path))
        return self._stubs[unit.id]

    def _run(self, suite: Suite, named: bool = True) -> tuple[TestOutcome, ...]:
        """The tests of an exercise. named: look for causes, which is vain where what it needs is wrong.

        Public tests run first: what they find is told in full, and code that has met a hidden test could
        tell by it what was asked there.
        """
        found: dict[int, Ran] = {}
        self._killed = False
        for at in sorted(range(len(suite.items)), key=lambda at: not suite.public[at]):
            item = suite.items[at]
            ran = run_test(item)
            ours = isinstance(ran.error, KataError)
            if ran.verdict is Verdict.GRADER_ERROR and not ours and self._only_with_the_student(item):
                what = "the result has a form that the test cannot use"
                ran = replace(ran, verdict=Verdict.WRONG, finding=Finding(what=what))
            found[at] = ran
            if isinstance(ran.error, RunStopped):
                self.backend.drop()
                self._killed = isinstance(ran.error, KilledBySystem)
                break
        rans = [found.get(at) or replace(ran, reports=()) for at in range(len(suite.items))]
        failed = [ran.finding for ran in rans if ran.finding is not None and ran.verdict is Verdict.WRONG]
        tests = []
        for at, ran in enumerate(rans):
            others = [finding for finding in failed if finding is not ran.finding]
            finding = diagnose(suite.items[at], ran, others) if named else ran.finding
            tests.append(suite.outcome(at, ran, finding))
        return tuple(tests)

    def _only_with_the_student(self, item: pytest.Item) -> bool:
        """Whether a test that broke in its own lines holds on the reference: then the result broke it."""
        if self.desk.reference is None:
            return False
        jailed, self.desk.backend = self.desk.backend, self.desk.reference
        try:
            return run_test(item).verdict is Verdict.RIGHT
        finally:
            self.desk.backend = jailed

    def _sum_up(
        self,
        unit: Unit,
        exercise: Exercise,
        files: Mapping[str, str],
        tests: tuple[TestOutcome, ...],
        before: Mapping[str, Verdict],
    ) -> ExerciseOutcome:
        if not tests:
            finding = Finding(what=f"{exercise.id} has no tests", help="This is the course's fault.")
            return ExerciseOutcome(exercise.id, Verdict.GRADER_ERROR, (), finding)
        gravest = min(tests, key=_gravity)
        cheated = self._rests_on_a_breach(exercise, before)
        if gravest.verdict is Verdict.RIGHT and not cheated:
            return ExerciseOutcome(exercise.id, Verdict.RIGHT, tests)
        if cheated and gravest.verdict in (Verdict.RIGHT, Verdict.RULE_BROKEN):
            return ExerciseOutcome(exercise.id, Verdict.NOT_CHECKED, (), None, cheated)
        missing = tuple(n for n in exercise.needs if n in before and before[n] is not Verdict.RIGHT)
        blames = gravest.verdict in (Verdict.WRONG, Verdict.CRASHED, Verdict.TODO) and missing
        verdict = Verdict.NOT_CHECKED if blames else gravest.verdict
        if verdict is Verdict.TODO and any(test.verdict is Verdict.RIGHT for test in tests):
            verdict = Verdict.WRONG  # one branch is left to write; what was written counts
        shown = gravest.finding
        if shown is not None and not shown.where:
            shown = replace(shown, where=place_of(files[unit.file], unit.file, exercise.symbols))
        return ExerciseOutcome(exercise.id, verdict, tests, shown, missing)

    def _rests_on_a_breach(self, exercise: Exercise, before: Mapping[str, Verdict]) -> tuple[str, ...]:
        """What it needs, directly or not, and what breaks a rule: what passes through that proves nothing."""
        needs = self.desk.catalogue.needs_closure(exercise.id)
        return tuple(n for n in before if n in needs and before[n] is Verdict.RULE_BROKEN)


def _guard(rules: Rules | None) -> Guard:
    """What the rules of a unit ask of its workers. Where autograd is allowed, nothing is guarded."""
    if rules is None or not rules.guarded:
        return FREE
    return Guard(rules.tripwires, autograd=False, complex_numbers=rules.complex_numbers is True)


def _gravity(test: TestOutcome) -> tuple[int, bool]:
    """The gravest test comes first; among equals, one whose cause is named."""
    return test.verdict.rank, not (test.finding and test.finding.diagnosis)


class ExaminerPlugin:
    """The pytest plugin of a grading session: instead of running each test once, it serves jobs."""

    def __init__(self, desk: Desk, backend: ExamBackend, serve: Any) -> None:
        self.desk, self.backend, self.serve = desk, backend, serve
        self.broken: list[str] = []
        self.mistake: CourseError | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(str(report.longrepr))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self.broken:
            return True  # nobody is examined with a part of the tests; run_session says why
        by_exercise: dict[str, list[pytest.Item]] = {e.id: [] for e in self.desk.catalogue.exercises}
        try:
            for item in session.items:
                by_exercise.setdefault(exercise_of(item)[0], []).append(item)
        except CourseError as error:
            self.mistake = error  # inside pytest it would be an INTERNALERROR; run_session raises it
            return True
        suites = {id: Suite(items, self.desk.catalogue) for id, items in by_exercise.items()}
        self.serve(Examiner(self.desk, self.backend, suites))
        return True
