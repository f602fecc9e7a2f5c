"""The figures about a class: what every report shows, computed once."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from statistics import quantiles

from grader.course.model import Exercise
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import count, number, printable
from grader.gradebook.record import Record
from grader.gradebook.shown import diagnosis

_LONGEST_PROBLEM = 120
_LONGEST_BREACH = 60
_ERROR = re.compile(r"([A-Za-z_]\w{0,39})(?:: |$)")
_NOTHING_RUNS = frozenset({Verdict.CRASHED, Verdict.NOT_CHECKED, Verdict.TODO})


@dataclass(frozen=True)
class ExerciseRow:
    """One exercise over all who handed in and could be graded.

    passed: students with everything right, of `counted`    mistake, times: the commonest one ("" if none)
    """

    exercise: Exercise
    passed: int
    counted: int
    mistake: str = ""
    times: int = 0
    hardest: bool = False

    @property
    def rate(self) -> float | None:
        """0..1, or None where nobody counts."""
        return self.passed / self.counted if self.counted else None

    @property
    def percent(self) -> str:
        """Whole percent, or "-"; 0 % and 100 % are said of nobody and of everybody only."""
        if self.rate is None:
            return "-"
        shown = round(100 * self.rate)
        return f"{min(max(shown, 1), 99) if 0 < self.rate < 1 else shown}%"


@dataclass(frozen=True)
class Summary:
    """quartiles: 25, 50 and 75 % of the scores, in percent, or None    tens: students by score, 0-9 to 90-100

    look_at: (students, what about them), the gravest first
    submissions: all but the excused    missing: those of the roster of whom nothing came    excused: ids
    """

    submissions: int
    handed_in: int
    quartiles: tuple[float, float, float] | None
    rows: tuple[ExerciseRow, ...]
    tens: tuple[int, ...]
    look_at: tuple[tuple[tuple[str, ...], str], ...]
    missing: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()


def summarize(graded: GradedClass) -> Summary:
    """All figures of a graded class."""
    present = [student for student in graded.counted if student.handed_in]
    percents = [student.percent for student in present if student.percent is not None]
    tens = Counter(min(int(percent // 10), 9) for percent in percents)
    return Summary(
        submissions=len(graded.counted),
        handed_in=len(present),
        quartiles=_quartiles(percents),
        rows=_rows(graded, present),
        tens=tuple(tens[ten] for ten in range(10)),
        look_at=tuple(_grouped(_remarks(graded))),
        missing=tuple(student.id for student in graded.students if _never_came(student)),
        excused=tuple(student.id for student in graded.students if student.excused),
    )


def _never_came(student: StudentGrade) -> bool:
    """Whether the roster alone knows of somebody."""
    return student.missing and student.person is not None and not student.problems


def mistake_of(record: Record) -> str:
    """What to count for an exercise: its diagnosis, else the test that failed, else the verdict."""
    if record.verdict in (Verdict.RIGHT, Verdict.TODO, Verdict.NOT_CHECKED, Verdict.GRADER_ERROR):
        return ""
    if record.verdict is not Verdict.WRONG:
        return record.verdict.value
    failed = next((test.title for test in record.tests if test.verdict is not Verdict.RIGHT), "")
    return diagnosis(record) or (f"fails: {failed}" if failed else "")


def cause_of(record: Record) -> str:
    """What has a name: the diagnosis, or the kind of error that ended it; else ""."""
    if record.verdict is Verdict.CRASHED and record.finding is not None and not diagnosis(record):
        error = _ERROR.match(record.finding.what)
        return f"crashed: {error[1]}" if error else ""
    return diagnosis(record)


def _quartiles(percents: list[float]) -> tuple[float, float, float] | None:
    if not percents:
        return None
    if len(percents) == 1:
        return percents[0], percents[0], percents[0]
    low, middle, high = quantiles(percents, n=4, method="inclusive")
    return low, middle, high


def _rows(graded: GradedClass, present: list[StudentGrade]) -> tuple[ExerciseRow, ...]:
    rows = []
    earned = []
    for index, exercise in enumerate(graded.exercises):
        records = [student.records[index] for student in present]
        counted = [record for record in records if record.verdict is not Verdict.GRADER_ERROR]
        passed = sum(record.verdict is Verdict.RIGHT for record in counted)
        mistakes = Counter(filter(None, map(mistake_of, counted)))
        # What has a name teaches the next lecture something; that some crashed does not.
        named = Counter(filter(None, map(cause_of, counted))) or mistakes
        mistake, times = max(named.items(), key=itemgetter(1), default=("", 0))  # the first, by id, of equals
        rows.append(ExerciseRow(exercise, passed, len(counted), mistake, times))
        earned.append(sum(record.points or 0.0 for record in counted) / exercise.points)
    hardest = _hardest(rows, earned)
    return tuple(replace(row, hardest=index == hardest) for index, row in enumerate(rows))


def _hardest(rows: list[ExerciseRow], earned: list[float]) -> int | None:
    """Where fewest passed; among equals, where least was earned. None where several are alike to the end."""
    ranked = sorted(
        (row.rate, total / row.counted, index)
        for index, (row, total) in enumerate(zip(rows, earned, strict=True))
        if row.rate is not None
    )
    if len(ranked) < 2 or ranked[0][0] == 1 or ranked[0][:2] == ranked[1][:2]:
        return None
    return ranked[0][2]


def _remarks(graded: GradedClass) -> Iterator[tuple[str, str]]:
    """(student, sentence): grader errors first, then what is gravest for the student."""
    for student in graded.students:
        if student.not_graded:
            first = student.not_graded[0]
            more = f" and {len(student.not_graded) - 1} more" if len(student.not_graded) > 1 else ""
            why = f": {printable(first.finding.what, _LONGEST_PROBLEM)}" if first.finding else ""
            yield student.id, f"GRADER ERROR on {first.exercise}{more}{why}"
    for student in graded.students:
        if student.missing and not student.problems and not _never_came(student):
            yield student.id, "nothing handed in"
    yield from _uploads(graded)
    for verdict in (Verdict.RULE_BROKEN, Verdict.CRASHED, Verdict.TOO_SLOW, Verdict.TOO_MUCH_MEMORY):
        for student in graded.students:
            if verdict is Verdict.CRASHED:
                yield from _crashes(graded, student)
            else:
                yield from _told(student, verdict)


def _uploads(graded: GradedClass) -> Iterator[tuple[str, str]]:
    for student in graded.students:
        if student.problems:
            kind = "upload" if student.handed_in else "nothing handed in"
            more = f" (and {len(student.problems) - 1} more)" if len(student.problems) > 1 else ""
            problem = printable(student.problems[0], _LONGEST_PROBLEM).removeprefix(f"{student.id}: ")
            yield student.id, f"{kind}: {problem}{more}"


def _crashes(graded: GradedClass, student: StudentGrade) -> Iterator[tuple[str, str]]:
    """Units in which nothing runs, or more than one crashed; a single crash is a mistake like others."""
    records = iter(student.records)
    found = []
    for unit in graded.units:
        verdicts = [next(records).verdict for _ in unit.exercises]
        crashed = verdicts.count(Verdict.CRASHED)
        if crashed > 1 or (crashed and _NOTHING_RUNS.issuperset(verdicts)):
            found.append(f"{crashed} crashed in {unit.id}")
    if found:
        score = f"{number(round(student.points, 1))}/{number(student.max_points)}"
        yield f"{student.id} {score}", ", ".join(found)


def _told(student: StudentGrade, verdict: Verdict) -> Iterator[tuple[str, str]]:
    affected = [record for record in student.records if record.verdict is verdict]
    if affected and verdict is Verdict.RULE_BROKEN:
        more = f", and in {len(affected) - 1} more" if len(affected) > 1 else ""
        yield student.id, f"rule broken in {affected[0].exercise}{_breach(affected[0].finding)}{more}"
    elif affected:
        place = affected[0].exercise if len(affected) == 1 else count(len(affected), "exercise")
        yield student.id, f"{verdict.value} on {place}"


def _breach(finding: Finding | None) -> str:
    """` line 14: uses ...`, as far as it is known."""
    if finding is None:
        return ""
    line = finding.where.rpartition(":")[2]
    place = f" line {line}" if line.isdigit() else ""
    said = finding.what.partition(": ")[0]
    does = said.removeprefix(f"line {line} ") if place else said
    return f"{place}: {printable(does, _LONGEST_BREACH)}" if place and does != said else place


def _grouped(remarks: Iterator[tuple[str, str]]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Students of whom the same is said stand together, in the order in which it was said first."""
    students: dict[str, list[str]] = defaultdict(list)
    for student, sentence in remarks:
        students[sentence].append(student)
    for sentence, who in students.items():
        yield tuple(who), sentence
