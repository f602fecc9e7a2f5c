"""`kata grade --nbgrader COURSE ASSIGNMENT`: the parts of it that only nbgrader's folders need."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.collect.roster import Roster
    from grader.course.catalogue import Catalogue
    from grader.gradebook.grades import GradedClass


class Desk:
    """nbgrader's folders, and who is graded. gradebook: the URL of nbgrader's database"""

    def __init__(
        self, course: Path, assignment: str, catalogue: "Catalogue", roster: "Roster | None"
    ) -> None:
        from grader.collect.nbgrader import NbgraderClass
        from grader.collect.nbgrader_folders import NbgraderFolders

        self._folders = NbgraderFolders(course)
        self.students = NbgraderClass(self._folders, catalogue, assignment, roster)
        self.gradebook = self._folders.db_url

    def finish(self, graded: "GradedClass") -> "GradedClass":
        """Put everybody's feedback where nbgrader looks for it. Returns the class with a note of that."""
        from grader.report.nbgrader import hand_back

        unit = self.students.unit
        hand_back(graded, self._folders, unit, self.students.students)
        note = f"feedback for nbgrader: {self._folders.feedback('*', unit.folder)}"
        return graded.written(graded.files, (*graded.notes, note))


def latest_only(catalogue: "Catalogue") -> "Catalogue":
    """The course as it is graded here: nbgrader keeps the latest submission alone."""
    from msgspec.structs import replace

    from grader.course.catalogue import Catalogue

    return Catalogue(replace(catalogue.course, attempts="latest"), catalogue.root)


def places(course: Path, assignment: Path, out: Path | None, unit_ids: list[str]) -> tuple[Path, Path]:
    """Where submissions lie, and where results go: COURSE/grades/ASSIGNMENT where nothing else is said."""
    if unit_ids:
        raise UsageError("--unit and --nbgrader contradict each other", "The assignment is the unit.")
    return course / "submitted", out or course / "grades" / assignment.name
