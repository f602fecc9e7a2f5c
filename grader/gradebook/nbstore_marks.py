"""What nbgrader's gradebook is to hold of one exercise of one student, computed from a record."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from grader.course.model import Exercise
from grader.examine.outcome import Verdict
from grader.gradebook.plain import printable
from grader.gradebook.record import Record, TestRecord
from grader.gradebook.shown import diagnosis, stood_in
from grader.scoring.rubric import exact, rounded, score
from grader.words import MOST_NAMED, listed

_LONGEST = 400  # characters of a comment
_MOST_TESTS = 3
# nbgrader's feedback page takes a comment for Markdown, HTML and TeX. None of them can be made of these.
_LOOK_ALIKES = str.maketrans({"<": "‹", "$": "＄", "\\": "＼"})
_QUIET = frozenset({Verdict.TOO_SLOW, Verdict.TOO_MUCH_MEMORY})


class Mark(NamedTuple):
    """One exercise of one student.

    auto_score: points before lateness; None where we could not grade    taken: what lateness took of them
    penalty: the fraction that lateness takes, 0..1    comment: for the student; "" where all is well
    """

    auto_score: float | None
    taken: Decimal
    penalty: float
    comment: str

    def late(self, manual: float | None, extra: float | None) -> Decimal:
        """What lateness takes, never below 0. Points given by hand are as late as ours."""
        fraction = exact(self.penalty)
        base = self.taken if manual is None else fraction * _finite(manual)
        return max(base + fraction * _finite(extra or 0.0), Decimal(0))


def cell_name(exercise_id: str) -> str:
    """`u05.backward` -> `u05-backward`: a grade_id may hold no dot."""
    return exercise_id.replace(".", "-")


def comment_cell(exercise_id: str, solution_cells: Iterable[str]) -> str | None:
    """The solution cell for an exercise's comment: of its own name, or of one that holds it in dashes."""
    own = re.compile(rf"(?:^|-){re.escape(cell_name(exercise_id))}(?:-|$)")
    return min(
        (name for name in solution_cells if own.search(name)),
        key=lambda name: (len(name), name),
        default=None,
    )


def mark(record: Record, exercise: Exercise, follow_through: float) -> Mark:
    """The mark of a record. follow_through: as course.yml says, for the points before lateness."""
    if record.points is None:
        return Mark(None, Decimal(0), record.penalty, comment(record))
    before = score(record, exercise, 0.0, follow_through).points if record.penalty else None
    auto = record.points if before is None else max(before, record.points)
    return Mark(auto, exact(auto) - exact(record.points), record.penalty, comment(record))


def total_late(taken: Iterable[Decimal]) -> float | None:
    """nbgrader's late_submission_penalty, in points; None where lateness took nothing."""
    return rounded(sum(taken, Decimal(0))) or None


def comment(record: Record) -> str:
    """One line for the student: the verdict, and the cause as far as it is public. "" for what is right.

    Of hidden tests it holds their sentence and a confirmed diagnosis, never a name, an input or a value.
    """
    if record.verdict is Verdict.RIGHT:
        return stood_in(record) if record.followed else ""
    if record.verdict is Verdict.GRADER_ERROR:
        return "not graded yet: that is our fault, and costs no points; a person looks at it"
    if record.verdict is Verdict.NOT_CHECKED:
        return f"not checked: needs {listed(record.needs, MOST_NAMED) or 'an earlier exercise'}"
    cause = "" if record.verdict in _QUIET else _cause(record)
    return _harmless(f"{record.verdict.value}: {cause}" if cause else record.verdict.value)


def _cause(record: Record) -> str:
    """The diagnosis, what a public test found or the file as a whole is told, else the tests that failed."""
    about_the_file = not record.tests or record.verdict in (Verdict.RULE_BROKEN, Verdict.TODO)
    finding = record.finding if about_the_file else None
    public = (test.finding for test in record.tests if test.public and test.finding is not None)
    shown = finding or next(public, None)
    return diagnosis(record) or (shown.what if shown else "") or "; ".join(_failed(record.tests))


def _failed(tests: tuple[TestRecord, ...]) -> list[str]:
    failed = [test for test in tests if test.verdict is not Verdict.RIGHT and not test.followed]
    lines = dict.fromkeys(f"{'' if test.public else 'hidden test: '}{test.title}" for test in failed)
    more = ["..."] if len(lines) > _MOST_TESTS else []
    return [*list(lines)[:_MOST_TESTS], *more]


def _harmless(text: str) -> str:
    shown = printable(" ".join(text.split()), _LONGEST).translate(_LOOK_ALIKES)
    return shown.replace("](", "] (").replace("://", ": //")  # no pictures, no links


def _finite(number: float) -> Decimal:
    return exact(number) if math.isfinite(number) else Decimal(0)
