"""Seconds to write an invented class into nbgrader's database, beside nbgrader's own calls.

    python bench/gradebook.py [--students 400] [--naive 8] [--url URL]

- new:    into a database that is not there yet
- again:  the same class once more, nothing to change
- regrade: every tenth result is another
- naive:  nbgrader's calls for a few students (`--naive`), as its documentation shows them

Importing nbgrader is measured apart: it is the same for all. --url writes elsewhere than into a new file.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from grader.collect.roster import Person
from grader.course.load import load_course
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.nbstore import store
from grader.gradebook.nbstore_marks import cell_name, mark, total_late
from grader.gradebook.record import Hashes, Record, TestRecord
from grader.scoring.late import lateness
from grader.scoring.rubric import score

ROOT = Path(__file__).parents[1]
HASHES = Hashes(student="s", submission="s", suite="s", solution="s", limits="l", grader="g")


def invented(students: int) -> GradedClass:
    """The whole course; one exercise in three is half right, one student in five a day late."""
    catalogue = load_course(ROOT)
    due = datetime(2026, 9, 15, 12, tzinfo=UTC)
    people = []
    for number in range(students):
        at = due + timedelta(hours=3 if number % 5 == 0 else -3)
        late = {unit.id: lateness(catalogue.course.late, due, at) for unit in catalogue.units}
        id = f"student{number:04}"
        records = []
        for place, exercise in enumerate(catalogue.exercises):
            half = (number + place) % 3 == 0
            wrong = TestRecord(
                name="test_x::test_hidden",
                title="A node that is used twice collects both contributions.",
                public=False,
                share=1.0,
                verdict=Verdict.WRONG if half else Verdict.RIGHT,
                finding=Finding("", diagnosis="`=` where `+=` is needed?") if half else None,
            )
            right = replace(wrong, name="test_x::test_right", verdict=Verdict.RIGHT, finding=None)
            record = Record(
                submission=id,
                exercise=exercise.id,
                verdict=Verdict.WRONG if half else Verdict.RIGHT,
                points=0.0,
                max_points=exercise.points,
                penalty=late[exercise.unit_id].penalty,
                finding=None,
                needs=(),
                tests=(wrong, right),
                rung="namespaces",
                seed="demo",
                versions={},
                hashes=HASHES,
            )
            records.append(replace(record, points=score(record, exercise, record.penalty).points))
        person = Person(id, given="Ada", family=f"Family {number}", email=f"{id}@example.org")
        people.append(StudentGrade(id, at, True, tuple(records), late, person=person))
    return GradedClass(catalogue, catalogue.units, tuple(people), False, {}, "namespaces", ROOT)


def regraded(graded: GradedClass) -> GradedClass:
    """Every tenth result is right now."""
    people = []
    for student in graded.students:
        records = [
            replace(record, verdict=Verdict.RIGHT, tests=record.tests[1:], points=record.max_points)
            if place % 10 == 0
            else record
            for place, record in enumerate(student.records)
        ]
        people.append(StudentGrade(student.id, student.submitted_at, True, tuple(records), student.lateness))
    return GradedClass(graded.catalogue, graded.units, tuple(people), False, {}, "namespaces", ROOT)


def naive(graded: GradedClass, url: str) -> None:
    """The calls that nbgrader's own documentation and preprocessors make."""
    from nbgrader.api import Gradebook  # noqa: PLC0415

    with Gradebook(url, graded.catalogue.course.id) as gradebook:
        for student in graded.students:
            gradebook.update_or_create_student(
                student.id, email=student.person.email if student.person else None
            )
            for unit in graded.units:
                gradebook.update_or_create_submission(
                    unit.folder, student.id, timestamp=student.submitted_at.isoformat()
                )
                late = []
                for record in [r for r in student.records if r.exercise.startswith(unit.id)]:
                    made = mark(record, graded.catalogue.exercise(record.exercise), 1.0)
                    where = (cell_name(record.exercise), unit.name, unit.folder, student.id)
                    grade = gradebook.find_grade(*where)
                    grade.auto_score, grade.needs_manual_grade = made.auto_score, False
                    gradebook.find_comment(*where).auto_comment = made.comment or None
                    late.append(made.late(None, None))
                own = gradebook.find_submission_notebook(unit.name, unit.folder, student.id)
                own.late_submission_penalty = total_late(late)
                gradebook.db.commit()


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--students", type=int, default=400)
    options.add_argument("--naive", type=int, default=8)
    options.add_argument("--url", default="")
    given = options.parse_args()
    warnings.simplefilter("ignore")  # of nbgrader's own calls
    graded, few = invented(given.students), invented(given.naive)
    nobody = GradedClass(graded.catalogue, graded.units, (), False, {}, "", ROOT)
    table = Table("way", "students", "seconds", "students a second", "ms a student", box=None)
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"{folder}/gradebook.db"
        table.add_row(
            "import, empty database", "0", f"{timed(lambda: store(nobody, f'{folder}/empty.db')):.2f}"
        )
        ways = {
            "new": (graded, lambda: store(graded, url)),
            "again": (graded, lambda: store(graded, url)),
            "regrade": (graded, lambda: store(regraded(graded), url)),
            "naive": (few, lambda: naive(few, f"sqlite:///{folder}/empty.db")),
        }
        for name, (class_, act) in ways.items():
            seconds, many = timed(act), len(class_.students)
            rate = (f"{many / seconds:.0f}", f"{1000 * seconds / many:.1f}")
            table.add_row(name, str(many), f"{seconds:.2f}", *rate)
    for column in table.columns[1:]:
        column.justify = "right"
    print(f"{given.students} students x {len(graded.exercises)} exercises")
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
