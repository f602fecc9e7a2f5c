"""Who stands where on the class page: a place for each student, and a name to show."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.gradebook.grades import StudentGrade
from grader.gradebook.plain import printable

_LONGEST = 80


@dataclass(frozen=True)
class Named:
    """anchor: the id of the student's section on the page, "" for who has none    name: harmless, bounded"""

    anchor: str
    name: str


class People:
    """The students of a class page. Places are numbered by id: an id may hold what no address can."""

    def __init__(self, students: Sequence[StudentGrade]) -> None:
        self._anchors = {student.id: f"s{place}" for place, student in enumerate(students, start=1)}
        self._students = {student.id: student for student in students}
        self._called = Counter(student.name for student in students)

    def of(self, student: StudentGrade) -> Named:
        """A student by name; with the id where several have that name."""
        name = f"{student.name} {student.id}" if self._called[student.name] > 1 else student.name
        return Named(self._anchors[student.id], printable(name, _LONGEST))

    def said(self, words: str) -> Named:
        """Words that begin with an id, such as `ann 10/33`: with the name in its place."""
        id, _, more = words.partition(" ")
        if id not in self._students:
            return Named("", printable(words, _LONGEST))
        named = self.of(self._students[id])
        return Named(named.anchor, f"{named.name} {printable(more)}".rstrip())
