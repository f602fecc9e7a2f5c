"""Grading for other programs: a submission in, its records out. Nothing is written to the disk.

from grader.api import grade

for record in grade("backprop/course.yml", "handed-in/ada.zip"):
    print(record.exercise, record.verdict, record.points)
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType

from grader.collect.folder import read_one
from grader.collect.submission import Submission
from grader.course.load import load_course
from grader.engine.pool import Pool
from grader.errors import UsageError
from grader.examine.seed import load_seed
from grader.gradebook.record import Record
from grader.gradebook.run import Run

__all__ = ["Grader", "Record", "Submission", "grade"]

Place = str | PathLike[str]
HandedIn = Submission | Mapping[str, str] | Place


class Grader:
    """A warm grader that takes one submission after the other. A context manager.

    course: course.yml, or its folder    units: ids of those to grade, all released ones by default
    sandbox: "auto" for the strongest that works here, or a name that `kata grade --sandbox` takes
    Raises CourseError for a course that does not hold, UsageError for an unknown unit, SandboxError where no
    sandbox works: student code is never run without one.
    """

    def __init__(self, course: Place, *, units: Sequence[str] = (), sandbox: str = "auto") -> None:
        if sandbox == "unsafe":
            raise UsageError("there is no grading without a sandbox here", 'Leave it at "auto".')
        self.catalogue = load_course(Path(course).resolve())
        self.units = self.catalogue.chosen(units)
        self._seed = load_seed(self.catalogue.root)
        self._pool = Pool(self.catalogue, self._seed, rung=sandbox, workers=1)

    def __enter__(self) -> "Grader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)

    def read(self, place: Place) -> Submission:
        """What a folder or an archive holds. What is wrong with it is in its `problems`.

        Raises UsageError where there is nothing of that name.
        """
        return read_one(Path(place), self.catalogue)

    def grade(self, submission: HandedIn) -> list[Record]:
        """One record for each exercise, in the order of the course; the same as in `kata grade`'s journal.

        submission: what `read` returned, a place to read, or {"u01_slopes/slopes.py": its text}
        Raises UsageError where there is nothing of that name. No fault of the code in it raises anything.
        """
        if isinstance(submission, Submission):
            taken = submission
        elif isinstance(submission, Mapping):
            taken = Submission("submission", self._known(submission))
        else:
            taken = self.read(submission)
        run = Run(self.catalogue, self.units, self._pool, self._seed)
        for _ in run.answers([taken]):
            pass
        (student,) = run.students()
        return list(student.records)

    def _known(self, sources: Mapping[str, str]) -> Mapping[str, str]:
        files = [unit.file for unit in self.catalogue.units]
        for name in sources:
            if name not in files:
                raise UsageError(f"the course has no file {name!r}", f"It has {', '.join(files)}.")
        return sources


def grade(
    course: Place, submission: HandedIn, *, units: Sequence[str] = (), sandbox: str = "auto"
) -> list[Record]:
    """Grade one submission. For many, a `Grader` is warm from the second one on. Raises what it raises."""
    with Grader(course, units=units, sandbox=sandbox) as grader:
        return grader.grade(submission)
