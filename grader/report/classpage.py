"""report.html: the class on one page, from the same figures as the report on the terminal."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup

from grader import __version__
from grader.examine.outcome import Verdict
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import count, number, printable
from grader.report.classtable import PARTS, day, unit_rows
from grader.report.drawing import histogram
from grader.report.items import FEWEST, Item, counted
from grader.report.notices import warnings
from grader.report.page import page
from grader.report.people import Named, People
from grader.report.summary import Summary
from grader.report.view import StudentView
from grader.words import listed

FILES = (
    ("gradebook.csv", "CSV, a row for each student: points by exercise, total, percent"),
    ("results-long.csv", "CSV, a row for each student and exercise: verdict, points, diagnosis"),
    ("exercises.csv", "CSV, a row for each exercise: who has it right, discrimination, commonest mistake"),
    ("exercise-times.csv", "CSV, a row for each exercise: how long its tests took; differs from run to run"),
    ("gradebook.json", "JSON, the whole class with its policies; `kata export schema` describes it"),
    ("journal.jsonl", "JSON, a line for each student and exercise: every test, with versions and hashes"),
)
_MOST_NAMES = 8
_MOST_MISSING = 4
_WEAK = 40  # percent


@dataclass(frozen=True)
class Number:
    """One of the four. bad: it should catch the eye"""

    value: str
    label: str
    note: str
    bad: bool = False


@dataclass(frozen=True)
class Remark:
    """What deserves a look. more: of those it is said of, how many are not named"""

    people: tuple[Named, ...]
    more: int
    what: str


@dataclass(frozen=True)
class SectionView:
    """A student's section. short: the score in few signs    file: the page of the student alone"""

    view: StudentView
    short: str
    anchor: str
    file: str
    body: Markup


@dataclass(frozen=True)
class HeatRow:
    """One student. none: said in place of the verdicts, or "" """

    anchor: str
    name: str
    points: str
    verdicts: tuple[Verdict, ...]
    none: str


def class_page(
    graded: GradedClass,
    summary: Summary,
    items: Sequence[Item],
    people: People,
    *,
    sections: Sequence[SectionView],
    median: str | None,
    opens: str,
) -> str:
    """The whole page. sections: one for each student, by name

    median: in percent, where it may be told    opens: when feedback will be published, or ""
    """
    course = graded.catalogue.course
    units = tuple(unit_rows(graded, items, people))
    starts, width = _starts([len(unit.rows) for unit in units])
    values: dict[str, Any] = {
        "title": printable(course.title),
        "version": printable(course.version),
        "facts": tuple(_facts(graded)),
        "warnings": tuple(warnings(graded)),
        "numbers": tuple(_numbers(graded, summary)),
        "histogram": histogram(summary.tens, summary.quartiles),
        "histogram_said": _histogram_said(summary),
        "median_said": _percent(summary.quartiles[1]) if summary.quartiles else "",
        "scored": count(sum(summary.tens), "student"),
        "counted": count(len(counted(graded)), "student"),
        "remarks": tuple(_remarks(summary, people)),
        "units": units,
        "parts": tuple((kind, words) for kind, words, _ in PARTS),
        "fewest": FEWEST,
        "heat": tuple(_heat(graded, people)),
        "width": width,
        "sections": sections,
        "median": median,
        "opens": opens,
        "files": tuple({"name": name, "holds": holds} for name, holds in FILES),
        "command": _command(graded),
        "made_by": " · ".join(_made_by(graded)),
    }
    return page("report.html", starts=starts, it=values)


def _facts(graded: GradedClass) -> Iterator[str]:
    course = graded.catalogue.course
    yield printable(course.version)
    dates = sorted({day(graded, unit) for unit in graded.units} - {""})
    yield "no due date" if not dates else f"due {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "")
    yield count(len(graded.exercises), "exercise")
    yield f"course {hashlib.sha256(msgspec.json.encode(course)).hexdigest()[:8]}"
    seeds = sorted({record.seed for record in graded.records})
    yield from (f"seed {seed}" for seed in seeds[:1])


def _made_by(graded: GradedClass) -> Iterator[str]:
    yield f"katagrad {__version__}"
    yield f"sandbox {graded.rung or 'none'}"
    others = sorted(graded.facts.items())
    yield from (f"{name} {printable(fact)}" for name, fact in others if name not in ("katagrad", "sandbox"))


def _numbers(graded: GradedClass, summary: Summary) -> Iterator[Number]:
    missing = [printable(student.name) for student in graded.students if student.missing]
    named = missing[:_MOST_MISSING]
    named += [f"{len(missing) - _MOST_MISSING} more"] if len(missing) > _MOST_MISSING else []
    note = f"{len(missing)} missing: {listed(named)}" if missing else "nobody is missing"
    yield Number(f"{summary.handed_in}/{summary.submissions}", "handed in", note)
    if summary.quartiles is None:
        yield Number("–", "median score", "nobody could be graded")
    else:
        low, middle, high = summary.quartiles
        yield Number(_percent(middle), "median score", f"quartiles {low:.0f} and {_percent(high)}")
    present = counted(graded)
    complete = sum(_all_right(student) for student in present)
    weak = sum(student.percent is not None and student.percent < _WEAK for student in present)
    has = "has" if complete == 1 else "have"
    yield Number(str(complete), f"{has} everything right", f"{weak} below {_WEAK} %")
    errors = graded.grader_errors
    students = count(sum(bool(student.not_graded) for student in graded.students), "student")
    note = f"not counted, of {students}" if errors else "everything was checked"
    yield Number(str(errors), "grader error" if errors == 1 else "grader errors", note, bad=errors > 0)


def _all_right(student: StudentGrade) -> bool:
    graded = [record.verdict for record in student.records if record.points is not None]
    return bool(graded) and set(graded) == {Verdict.RIGHT}


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def _histogram_said(summary: Summary) -> str:
    tens = ", ".join(f"from {10 * at}: {amount}" for at, amount in enumerate(summary.tens) if amount)
    middle = f"; median {_percent(summary.quartiles[1])}" if summary.quartiles else ""
    return f"students by percent: {tens or 'none'}{middle}"


def _remarks(summary: Summary, people: People) -> Iterator[Remark]:
    for who, what in summary.look_at:
        named = tuple(map(people.said, who[:_MOST_NAMES]))
        yield Remark(named, max(len(who) - _MOST_NAMES, 0), printable(what))


def _heat(graded: GradedClass, people: People) -> Iterator[HeatRow]:
    """Best first; who handed in nothing last."""
    ranked = sorted(graded.students, key=lambda s: (not s.handed_in, -(s.percent or 0.0), s.name, s.id))
    for student in ranked:
        named = people.of(student)
        none = "" if student.handed_in else "excused" if student.excused else "nothing handed in"
        points = "–" if none or student.percent is None else number(round(student.points, 1))
        verdicts = () if none else tuple(record.verdict for record in student.records)
        yield HeatRow(named.anchor, named.name, points, verdicts, none)


def _starts(sizes: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """At which columns the units after the first begin, and how many columns there are."""
    begins = [sum(sizes[:at]) for at in range(len(sizes) + 1)]
    return tuple(begins[1:-1]), begins[-1]


def _command(graded: GradedClass) -> str:
    some = [] if graded.units == graded.catalogue.units else [f"--unit {unit.id}" for unit in graded.units]
    return " ".join(["kata grade SUBMISSIONS --out FOLDER", *some])
