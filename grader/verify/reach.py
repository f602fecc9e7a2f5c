"""Which exercises can tell that another answer stands in one: the others need not be examined again.

For each exercise a file is made, the tripwire, in which any use of its symbols ends the process. An
exercise that stays right on that never runs them, and an answer that changes nothing else cannot touch it.
"""

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from grader.course.catalogue import Catalogue
from grader.engine.job import Job, JobResult
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.verify.bank import Answer
from grader.verify.cases import Case
from grader.verify.layout import bound
from grader.verify.touch import filled

END = "import os; os._exit(86)"
Reach = Mapping[str, frozenset[str]]  # exercise -> the exercises of its unit whose tests use its symbols


def tripwires(cases: Sequence[Case]) -> list[Job]:
    """A tripwire for every exercise that has an answer among the cases."""
    jobs = []
    for case in cases:
        answered = {c.answer.exercise for c in cases if c.answer is not None and c.unit.id == case.unit.id}
        for exercise in case.unit.exercises if case.kind == "solution" else ():
            if exercise.id in answered:
                whole = case.sources[case.unit.file]
                text = filled(whole, whole, exercise.symbols, statement=END)
                sources = {**case.sources, case.unit.file: text}
                jobs.append(Job(exercise.id, case.unit.id, sources, afresh=True, follow=False))
    return jobs


def reach(results: Iterable[JobResult]) -> Reach:
    """What the tripwires show. An exercise always reaches itself."""
    return {
        result.submission: frozenset(
            outcome.exercise
            for outcome in result.outcomes
            if outcome.verdict is not Verdict.RIGHT or outcome.exercise == result.submission
        )
        for result in results
    }


def jobs_of(case: Case, found: Reach, catalogue: Catalogue, *, through: bool = True) -> Iterator[Job]:
    """The jobs of a case: of its own unit what it can touch, of later units everything.

    through: later units, and what needs the exercise: right once the reference stands in for a wrong answer
    """
    for job in case.jobs():
        later, answer = job.unit != case.unit.id, case.answer
        if later and not through:
            continue
        if answer is None:
            yield replace(job, afresh=case.kind != "solution")
            continue
        every = frozenset(exercise.id for exercise in catalogue.unit(job.unit).exercises)
        asked, before = every, {}
        symbols = catalogue.exercise(answer.exercise).symbols
        if not later and answer.exercise in found and _changes_only(answer, symbols):
            asked = found[answer.exercise]
        if case.kind == "wrong" and later:
            before = {answer.exercise: Verdict.WRONG}
        elif case.kind == "wrong" and not through:
            asked -= catalogue.dependents(answer.exercise)
        if asked:
            part = frozenset() if asked == every else asked
            yield replace(job, exercises=part, before=before, afresh=case.kind != "right")


def left_open(case: Case, outcomes: Mapping[str, ExerciseOutcome], catalogue: Catalogue) -> Job | None:
    """What is still to examine where a part was: the rest, if not one test shows that the file imports."""
    if case.answer is None:
        return None
    tests = outcomes[case.answer.exercise].tests
    if any(test.verdict in (Verdict.RIGHT, Verdict.WRONG) for test in tests):
        return None
    asked = {exercise.id for exercise in case.unit.exercises} - catalogue.dependents(case.answer.exercise)
    if asked <= outcomes.keys():
        return None
    return replace(next(case.jobs()), exercises=frozenset(asked), afresh=True)


def _changes_only(answer: Answer, symbols: Sequence[str]) -> bool:
    """Whether an answer replaces bodies of symbols and nothing else happens when its file is imported."""
    (piece,) = ast.parse(answer.source).body
    if isinstance(piece, ast.ClassDef):
        functions = piece.body
        named = all(isinstance(f, ast.FunctionDef) and f"{piece.name}.{f.name}" in symbols for f in functions)
    else:
        functions, named = [piece], isinstance(piece, ast.FunctionDef)
    helpers = [node for source in answer.prelude for node in ast.parse(source).body]
    new = {name for node in helpers for name in bound(node)}
    return named and all(map(_only_binds, [*functions, *helpers])) and not new & set(dir(builtins))


def _only_binds(node: ast.stmt) -> bool:
    """Whether a statement names something and calls nothing, in a default or a decorator either."""
    match node:
        case ast.FunctionDef(args=arguments, decorator_list=decorators):
            now: list[ast.AST] = [arguments, *decorators]
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
            now = [node]
        case ast.Import() | ast.ImportFrom():
            return True
        case _:
            return False
    return not any(isinstance(part, ast.Call | ast.NamedExpr) for top in now for part in ast.walk(top))
