"""Follow-through: the reference stands in for what an exercise needs and the student got wrong.

The reference never enters the jail. Its functions run here, on the student's objects: inside one of them,
every name of the unit's file means what the student's file has under that name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

from grader.course.model import Unit
from grader.errors import RunStopped
from grader.examine.desk import ExamBackend
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.gradcheck.message import Finding
from grader.words import MOST_NAMED, listed

# What an exercise is by itself, whatever else is wrong.
OWN_MATTER = frozenset({Verdict.RIGHT, Verdict.TODO, Verdict.RULE_BROKEN, Verdict.GRADER_ERROR})
STILL_WRONG = "it is wrong too when the course's own {needs} {stand} in for yours"
_UNWRAP: dict[type, tuple[str, Callable[[Any], Any]]] = {
    FunctionType: ("function", lambda found: found),
    property: ("property", lambda found: found.fget),
    staticmethod: ("staticmethod", lambda found: found.__func__),
    classmethod: ("classmethod", lambda found: found.__func__),
}


@dataclass(frozen=True)
class StandIn:
    """A function of the reference that can take the place of `symbol`. kind: what it is in its class"""

    symbol: str
    kind: str
    function: FunctionType


def put_in_place(
    backend: ExamBackend, unit: Unit, references: Sequence[tuple[Unit, ModuleType, Sequence[str]]]
) -> bool:
    """Let the reference stand in for these symbols in the worker that runs now. False where it cannot.

    references: the unit at hand and others that it imports from, each with its reference
    It cannot stand in for a class as a whole, nor in a file that does not import. From another unit's file it
    is functions that it stands in for, and what they call is the reference's too.
    """
    try:
        student = backend.open(unit)
        for other, reference, symbols in references:
            around = AmongStudents(reference, student) if other is unit else None
            for one in [_stand_in(reference, symbol) for symbol in symbols]:
                if one is None or (other is not unit and "." in one.symbol):
                    return False
                function = around.bind(one.function) if around else one.function
                backend.replace(unit, one.symbol, one.kind, function, among=other)
    except (Exception, RunStopped):
        return False
    return True


def summed_up(
    outcome: ExerciseOutcome, tests: tuple[TestOutcome, ...], needs: tuple[str, ...], where: str
) -> ExerciseOutcome:
    """The outcome once the reference stood in for `needs`: a verdict, and no words of either run."""
    tests = tuple(replace(test, finding=None) for test in tests)
    failed = [test for test in tests if test.verdict is not Verdict.RIGHT and not test.followed]
    if not failed:
        return replace(outcome, verdict=Verdict.RIGHT, tests=tests, finding=None, followed=needs)
    stand = "stands" if len(needs) == 1 else "stand"
    finding = Finding(
        what=STILL_WRONG.format(needs=listed(needs, MOST_NAMED), stand=stand),
        where=where,
    )
    verdict = Verdict.WRONG if outcome.verdict is Verdict.NOT_CHECKED else outcome.verdict
    return replace(outcome, verdict=verdict, tests=tests, finding=finding, followed=needs)


def _stand_in(reference: ModuleType, symbol: str) -> StandIn | None:
    scope: Mapping[str, Any] = vars(reference)
    *path, name = symbol.split(".")
    for part in path:
        scope = vars(scope[part])
    raw = scope.get(name)
    kind, unwrap = _UNWRAP.get(type(raw), ("", lambda found: None))
    function = unwrap(raw)
    return StandIn(symbol, kind, function) if type(function) is FunctionType else None


class AmongStudents:
    """The reference's functions with the student's names around them."""

    def __init__(self, reference: ModuleType, student: Any) -> None:
        self._reference, self._student = reference, student
        self._globals = dict(vars(reference))
        self._settled: set[str] = set()

    def bind(self, function: FunctionType) -> FunctionType:
        """The same function; names of the reference's file now mean the student's, where there is one."""
        for name in _names(function.__code__):
            self._settle(name)
        bound = FunctionType(
            function.__code__,
            self._globals,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        bound.__kwdefaults__ = function.__kwdefaults__
        return bound

    def _settle(self, name: str) -> None:
        own = vars(self._reference).get(name)
        if name in self._settled or getattr(own, "__module__", None) != self._reference.__name__:
            return
        self._settled.add(name)
        try:
            self._globals[name] = getattr(self._student, name)
        except AttributeError:
            if type(own) is FunctionType:  # a helper that only the solution has
                self._globals[name] = self.bind(own)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)
