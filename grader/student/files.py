"""The student's files of a run, with the stubs that they began as."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.examine.judge import place_of, shown
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.rules.verdicts import Rulebook
from grader.student.stubs import is_untouched, read_stub


@dataclass(frozen=True)
class Code:
    """The student's files of a run: unit file -> text, their stubs, and what importing a unit raised.

    prefix: the folder of the files, with its slash    stubs: unit file -> text, where the hand-out has it
    failed: unit id -> the verdict and finding of a file that could not be imported
    """

    files: Mapping[str, str]
    stubs: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, tuple[Verdict, Finding]] = field(default_factory=dict)
    prefix: str = ""

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        files: Mapping[str, str],
        prefix: str,
        failed: Mapping[str, tuple[Verdict, Finding]],
    ) -> "Code":
        """The files of a run, with the stubs of the hand-out."""
        found = {unit.file: read_stub(catalogue.root, unit) for unit in catalogue.units}
        return cls(files, {file: stub for file, stub in found.items() if stub is not None}, failed, prefix)

    def path(self, unit: Unit) -> str:
        """The unit's file as a person would type it from here."""
        return shown(self.prefix + unit.file)

    def place(self, unit: Unit, exercise: Exercise) -> str:
        """`file:line` of what the exercise asks for."""
        return place_of(self.files.get(unit.file, ""), self.path(unit), exercise.symbols)

    def untouched(self, unit: Unit, exercise: Exercise) -> bool:
        """Whether nothing was written for an exercise yet."""
        source = self.files.get(unit.file)
        return source is not None and is_untouched(source, self.stubs.get(unit.file), exercise)


def broken_rules(
    catalogue: Catalogue, files: Mapping[str, str], prefix: str, ids: Collection[str]
) -> dict[str, Finding]:
    """What breaks a rule of the course, of these exercises and as far as it was begun."""
    code = Code.of(catalogue, files, prefix, {})
    rulebook = Rulebook(catalogue)
    found: dict[str, Finding] = {}
    for unit in catalogue.units:
        begun = {e.id for e in unit.exercises if e.id in ids and not code.untouched(unit, e)}
        broken = rulebook.broken(unit, files, code.path(unit)) if begun else {}
        found |= {id: finding for id, finding in broken.items() if id in begun}
    return found
