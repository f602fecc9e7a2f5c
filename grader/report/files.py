"""All files of the report by name: what `kata grade` writes beside the tables."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.plain import number
from grader.report.classpage import class_page
from grader.report.feedback import feedback_text, not_yet, title
from grader.report.items import items_csv
from grader.report.page import page
from grader.report.people import People
from grader.report.section import Section, SectionView, fair_room, section, shown
from grader.report.summary import Summary, summarize
from grader.report.telling import Telling, telling
from grader.report.view import moment, student_view

ROOM = 2_300_000  # bytes for all that the class page tells of single exercises; feedback/ has it in full
_FEWEST = 5  # students; the median of fewer tells what one of them has
_ALL = 1 << 60


def report_files(graded: GradedClass, now: datetime | None = None) -> dict[str, str]:
    """report.html, exercises.csv, and feedback/<id>.html and .txt for every student: name -> text.

    now: for the dates of the feedback policy, with its zone; None is before all of them
    """
    summary, told = summarize(graded), telling(graded, now)
    people, median = People(graded.students), _median(summary)
    sections = {
        student.id: section(student_view(graded, student, replace(told, opens=None)))
        for student in graded.students
    }
    room = fair_room((whole.size for whole in sections.values()), ROOM)
    by_name = sorted(graded.students, key=lambda student: (student.name.casefold(), student.id))
    told_of = [_shown(sections[student.id], student, people, median, room) for student in by_name]
    opens = moment(told.opens) if told.opens else ""
    files = {
        "report.html": class_page(graded, summary, people, told_of, opens),
        "exercises.csv": items_csv(graded),
    }
    for student in graded.students:
        files |= _own(_withheld(sections[student.id], told), student, people, median)
    return files


def _own(whole: Section, student: StudentGrade, people: People, median: str | None) -> dict[str, str]:
    """What the student gets, as a page and as plain text."""
    view = _shown(whole, student, people, median, _ALL)
    return {
        f"feedback/{student.id}.html": page("feedback.html", it=view),
        f"feedback/{student.id}.txt": feedback_text(whole.view),
    }


def _withheld(whole: Section, told: Telling) -> Section:
    """Before feedback is published: that there is none yet, and not a word more."""
    if told.opens is None:
        return whole
    return Section(replace(whole.view, opens=moment(told.opens)), ())


def _shown(
    whole: Section, student: StudentGrade, people: People, median: str | None, room: int
) -> SectionView:
    score = f"{number(round(student.points, 1))}/{number(student.max_points)}"
    graded = score if student.percent is not None else "not graded"
    return SectionView(
        view=whole.view,
        title=title(whole.view),
        not_yet=not_yet(whole.view),
        anchor=people.of(student).anchor,
        file=f"feedback/{quote(student.id, safe='@')}.html",
        short=graded if student.handed_in else "excused" if student.excused else "nothing came",
        median=median,
        units=tuple(shown(whole, room)),
    )


def _median(summary: Summary) -> str | None:
    if summary.quartiles is None or sum(summary.tens) < _FEWEST:
        return None
    return number(round(summary.quartiles[1], 1))
