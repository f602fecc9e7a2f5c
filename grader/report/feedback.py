"""What one student reads: the score, each exercise, and for a wrong one why. Plain text of any width.

Of hidden tests only their sentence and a confirmed diagnosis are told: never a name, an input or an
expected value, nor the text of an error, into which student code could have put them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from grader.course.catalogue import Catalogue
from grader.course.model import Limits, Unit
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import count, listed, number, printable
from grader.gradebook.record import Record, TestRecord
from grader.gradebook.shown import diagnosis, same_failure, shown_finding
from grader.report.marks import UNICODE

OUR_ERROR = (
    "We could not check this exercise. That is our fault, not yours: it costs you nothing,",
    "it is left out of your score, and your instructor is told.",
)
_MOST_TESTS = 6
_MOST_FILES = 20
_LONGEST = 400
_QUIET = frozenset({Verdict.RIGHT, Verdict.TODO, Verdict.GRADER_ERROR})


def feedback_files(graded: GradedClass) -> dict[str, str]:
    """`feedback/<id>.txt` -> text, for every student."""
    return {f"feedback/{student.id}.txt": feedback_text(graded, student) for student in graded.students}


def feedback_text(graded: GradedClass, student: StudentGrade) -> str:
    """The whole feedback of one student, ending in a newline."""
    course = graded.catalogue.course
    lines = [
        f"{printable(course.title)} ({printable(course.version)})",
        f"feedback for {printable(student.id)}",
        "",
    ]
    lines += _head(student)
    records = iter(student.records)
    for unit in graded.units:
        own = [next(records) for _ in unit.exercises]
        lines += ["", *_unit(graded, student, unit, own)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def exercise_text(catalogue: Catalogue, record: Record) -> str:
    """What feedback says of one exercise below its name and points; "" where there is nothing to say."""
    told = _followed(record, catalogue.course.follow_through)
    return "\n".join((*told, *_reasons(record, catalogue.limits(record.exercise))))


def _head(student: StudentGrade) -> Iterator[str]:
    if student.percent is None:
        yield "score      not graded"
    else:
        of = f"{number(student.points)} of {number(student.max_points)} points"
        yield f"score      {of}, {number(round(student.percent, 1))} %"
    if student.not_graded:
        exercises = count(len(student.not_graded), "exercise")
        yield f"           {exercises} could not be graded: left out, no point lost"
    yield f"handed in  {_moment(student.submitted_at) if student.submitted_at else 'no timestamp'}"
    if student.attempt:
        yield f"attempt    {student.attempt}"
    if not student.handed_in:
        yield "           none of the course's files came"
    if student.late_note:
        yield f"late rule  {student.late_note}"
    if student.problems or student.ignored:
        yield from ("", "about your upload")
        yield from (f"  - {printable(problem, _LONGEST)}" for problem in student.problems)
        yield from (f"  - ignored: {printable(name, _LONGEST)}" for name in student.ignored[:_MOST_FILES])
        if len(student.ignored) > _MOST_FILES:
            yield f"  - ignored: {count(len(student.ignored) - _MOST_FILES, 'more file')}"


def _unit(graded: GradedClass, student: StudentGrade, unit: Unit, records: list[Record]) -> Iterator[str]:
    earned = student.of_unit(unit.id)
    of = f"{number(earned.points)} of {number(earned.max_points)} points"
    yield f"{unit.id} {printable(unit.title)}: {of}"
    due = student.lateness[unit.id].due
    if due is not None:
        yield f"  due {_moment(due)}: {student.lateness[unit.id].sentence}"
    yield ""
    whole = _not_handed_in(unit, records)
    if whole:
        yield f"  {_mark(Verdict.TODO)}  {whole}: {count(len(records), 'exercise')} to do"
        return
    widest = max((len(record.exercise) for record in records), default=0)
    said: list[str] = []
    course, limits = graded.catalogue.course, graded.catalogue.limits
    for record in records:
        yield f"  {_mark(record.verdict)}  {record.exercise:<{widest}}  {_earned(record)}"
        reasons = [*_followed(record, course.follow_through), *_reasons(record, limits(record.exercise))]
        as_above = len(reasons) > 1 and reasons == said
        yield from (f"      {line}" for line in (["for the same reason"] if as_above else reasons))
        said = reasons


def _not_handed_in(unit: Unit, records: list[Record]) -> str:
    """Said once for a unit whose file did not come, or ""."""
    said = {record.finding.what for record in records if record.finding and record.verdict is Verdict.TODO}
    missing = f"{unit.file} was not handed in"
    return printable(missing, _LONGEST) if len(records) > 1 and said == {missing} else ""


def _mark(verdict: Verdict) -> str:
    return f"{UNICODE.of[verdict]} {verdict.value:<15}"


def _earned(record: Record) -> str:
    if record.points is None:
        return f"not graded (worth {number(record.max_points)})"
    passed = sum(test.verdict is Verdict.RIGHT for test in record.tests)
    partly = (
        f"   {passed} of {len(record.tests)} tests passed"
        if record.verdict not in _QUIET and record.tests
        else ""
    )
    return f"{number(record.points)} of {number(record.max_points)}{partly}"


def _followed(record: Record, worth: float) -> Iterator[str]:
    """That the reference stood in, and what that counts."""
    if record.verdict is Verdict.RIGHT and record.followed:
        needs, counts = listed(record.followed), "in full" if worth == 1 else f"{number(100 * worth)} %"
        yield f"right with the course's own {needs} in place of yours: counts {counts}"


def _reasons(record: Record, limits: Limits) -> Iterator[str]:
    if record.verdict is Verdict.GRADER_ERROR:
        yield from OUR_ERROR
    elif record.verdict is Verdict.NOT_CHECKED:
        yield f"needs {', '.join(record.needs) or 'an earlier exercise'}: get that right first"
    elif record.verdict is not Verdict.RIGHT:
        yield from _why(record, limits)


def _why(record: Record, limits: Limits) -> Iterator[str]:
    """What went wrong, then the tests that failed for something else than was said."""
    finding = shown_finding(record)
    told = replace(finding or Finding(""), diagnosis=diagnosis(record))
    if record.verdict is Verdict.TOO_SLOW:
        yield f"its tests may use {number(limits.seconds)} seconds of computing time together"
    elif record.verdict is Verdict.TOO_MUCH_MEMORY:
        yield f"its tests may use {limits.memory_mb} MiB of memory"
    else:
        yield from _finding_lines(told)
    failed = [test for test in record.tests if test.verdict is not Verdict.RIGHT and not test.followed]
    failed.sort(key=lambda test: not test.public)
    one_reason = finding is not None and all(same_failure(finding, test.finding) for test in failed)
    if record.verdict is not Verdict.TODO and not (one_reason and len(failed) > 1):
        yield from _failed_tests(failed, told.diagnosis)


def _finding_lines(finding: Finding) -> Iterator[str]:
    if finding.where:
        yield printable(finding.where, _LONGEST)
    for line in finding.source.split("\n") if finding.source else []:
        yield f"  > {printable(line, _LONGEST)}"
    yield from _sentences(finding.what)
    if finding.diagnosis:
        yield from _sentences(finding.diagnosis)
    for name in ("called", "yours", "expected", "worst", "differ"):
        text = getattr(finding, name)
        if text:
            yield f"  {name:<9} {printable(text, _LONGEST)}"
    yield from _sentences(finding.help)


def _failed_tests(failed: list[TestRecord], told: str) -> Iterator[str]:
    """One line for each test that did not pass; the cause that was `told` already is not said again."""
    lines = Counter(_test_line(test, told) for test in failed)
    for line, cases in list(lines.items())[:_MOST_TESTS]:
        yield line + (f" ({cases} cases)" if cases > 1 else "")
    if len(lines) > _MOST_TESTS:
        yield f"and {count(len(lines) - _MOST_TESTS, 'more test')} did not pass"


def _test_line(test: TestRecord, told: str) -> str:
    hidden = "" if test.public else "hidden test: "
    cause = test.finding.diagnosis if test.finding is not None else ""
    because = f" -> {printable(cause, _LONGEST)}" if cause and cause != told else ""
    return f"{UNICODE.of[test.verdict]} {hidden}{printable(test.title, _LONGEST)}{because}"


def _sentences(text: str) -> Iterator[str]:
    """Lines of a text, each harmless; an empty text gives none."""
    yield from (printable(line, _LONGEST) for line in text.strip().split("\n")[:12] if line.strip())


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
