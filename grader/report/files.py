"""All files of the report by name: what `kata grade` writes beside the tables."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup

from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import moment, number
from grader.report.classpage import SectionView, class_page
from grader.report.feedback import feedback_text, not_yet, title
from grader.report.items import analyse, items_csv
from grader.report.page import page
from grader.report.people import People
from grader.report.section import Section, fair_room, section
from grader.report.summary import Summary, summarize
from grader.report.telling import Telling, telling
from grader.report.view import StudentView, student_view

ROOM = 2_000_000  # bytes for what the class page tells of single exercises; feedback/ has it all in full
_FEWEST = 5  # students; the median of fewer tells what one of them has


@dataclass(frozen=True)
class OwnPage:
    """What the template of a student's page takes. not_yet: said in place of the body, where view.opens"""

    view: StudentView
    title: str
    not_yet: str
    median: str | None
    body: Markup


def report_files(graded: GradedClass, now: datetime | None = None) -> dict[str, str]:
    """report.html, exercises.csv, and feedback/<id>.html and .txt for every student: name -> text.

    now: for the dates of the feedback policy, with its zone; None is before all of them
    """
    summary, told = summarize(graded), telling(graded, now)
    median, people = _median(summary), People(graded.students)
    items = analyse(graded, summary.rows)
    made = {
        student.id: section(student_view(graded, student, replace(told, opens=None)), median)
        for student in graded.students
    }
    room = fair_room((one.size for one in made.values()), ROOM)
    by_name = sorted(graded.students, key=lambda student: (student.name.casefold(), student.id))
    views = [_view(student, made[student.id], people, room) for student in by_name]
    opens = moment(told.opens) if told.opens else ""
    return {
        "report.html": class_page(graded, summary, items, people, sections=views, median=median, opens=opens),
        "exercises.csv": items_csv(items),
        **dict(file for id, one in made.items() for file in _own(id, one, told, median)),
    }


def _own(id: str, made: Section, told: Telling, median: str | None) -> Iterator[tuple[str, str]]:
    """What the student gets, as a page and as plain text; before it is published, that there is none yet."""
    view = replace(made.view, opens=moment(told.opens)) if told.opens else made.view
    body = Markup() if told.opens else made.whole()
    own = OwnPage(view, title(view), not_yet(view) if told.opens else "", median, body)
    yield f"feedback/{id}.html", page("feedback.html", it=own)
    yield f"feedback/{id}.txt", feedback_text(view)


def _view(student: StudentGrade, made: Section, people: People, room: int) -> SectionView:
    score = f"{number(round(student.points, 1))}/{number(student.max_points)}"
    graded = score if made.view.percent else "not graded"
    return SectionView(
        view=made.view,
        short=graded if student.handed_in else "excused" if student.excused else "nothing came",
        anchor=people.of(student).anchor,
        file=f"feedback/{quote(student.id, safe='@')}.html",
        body=made.within(room),
    )


def _median(summary: Summary) -> str | None:
    if summary.quartiles is None or sum(summary.tens) < _FEWEST:
        return None
    return number(round(summary.quartiles[1], 1))
