"""What one student reads, as plain text of any width."""

from collections.abc import Iterator

from grader.course.catalogue import Catalogue
from grader.examine.outcome import Verdict
from grader.gradebook.record import Record
from grader.report.marks import UNICODE
from grader.report.reasons import Line, reasons
from grader.report.view import ExerciseView, StudentView, UnitView


def feedback_text(view: StudentView) -> str:
    """The whole feedback of one student, ending in a newline."""
    lines = [view.course, f"feedback for {title(view)}", ""]
    if view.opens:
        lines.append(not_yet(view))
    else:
        lines += _head(view)
        for unit in view.units:
            lines += ["", *_unit(unit)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def exercise_text(catalogue: Catalogue, record: Record) -> str:
    """What feedback says of one exercise below its name and points; "" where there is nothing to say."""
    lines = reasons(record, catalogue.limits(record.exercise), catalogue.course.follow_through)
    return "\n".join(map(_line, lines))


def title(view: StudentView) -> str:
    """`Ann Lee (ann)`, or the id alone."""
    return view.id if view.name == view.id else f"{view.name} ({view.id})"


def not_yet(view: StudentView) -> str:
    """The sentence in the place of feedback that is not published."""
    return f"There is no feedback yet: it is published from {view.opens} on."


def _head(view: StudentView) -> Iterator[str]:
    yield "score      " + (f"{view.points} points, {view.percent} %" if view.points else "not graded")
    if view.left_out:
        yield f"           {view.left_out} could not be graded: left out, no point lost"
    yield f"handed in  {view.handed_in}"
    if view.nothing_came:
        yield "           none of the course's files came"
    if view.late:
        yield f"late rule  {view.late}"
    if view.next:
        yield f"next       {view.next}: stuck? kata hint {view.next}"
    if view.upload:
        yield from ("", "about your upload")
        yield from (f"  - {line}" for line in view.upload)


def _unit(unit: UnitView) -> Iterator[str]:
    yield f"{unit.id} {unit.title}: {unit.points} points"
    if unit.due:
        yield f"  {unit.due}"
    yield ""
    if unit.whole:
        yield f"  {_mark(Verdict.TODO)}  {unit.whole}"
    widest = max((len(exercise.id) for exercise in unit.exercises), default=0)
    for exercise in unit.exercises:
        yield from _exercise(exercise, widest)


def _exercise(view: ExerciseView, widest: int) -> Iterator[str]:
    tests = f"   {view.tests}" if view.tests else ""
    yield f"  {_mark(view.verdict)}  {view.id:<{widest}}  {view.points}{tests}"
    lines = ["for the same reason"] if view.as_above else map(_line, view.lines)
    yield from (f"      {line}" for line in lines)


def _line(line: Line) -> str:
    match line.kind:
        case "source":
            return f"  > {line.text}"
        case "value":
            return f"  {line.label:<9} {line.text}"
        case "test":
            return f"{UNICODE.of[line.verdict]} {line.text}"
        case _:
            return line.text


def _mark(verdict: Verdict) -> str:
    return f"{UNICODE.of[verdict]} {verdict.value:<15}"
