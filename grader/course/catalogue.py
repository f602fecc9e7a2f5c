"""The catalogue: what everybody asks the course. Order, points, limits, dates and where the files lie."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import msgspec

from grader.course.model import Course, Exercise, Limits, Rules, Unit
from grader.errors import CourseError, UsageError

RELEASED = ".kata/catalogue.json"
AGAIN = "download the exercises folder again; your own files in it can stay"


@dataclass(frozen=True)
class Catalogue:
    """A course and the folder that its paths start from: that of course.yml, or a student's exercises."""

    course: Course
    root: Path

    @classmethod
    def released(cls, exercises_dir: Path) -> "Catalogue":
        """What a student has: the same catalogue from `.kata/catalogue.json`, without a YAML reader.

        Raises CourseError when that file is missing or broken.
        """
        file = exercises_dir / RELEASED
        try:
            course = msgspec.json.decode(file.read_bytes(), type=Course)
        except OSError:
            raise CourseError(f"{file}: the course's list of exercises is missing", AGAIN) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise CourseError(f"{file}: the course's list of exercises is broken", AGAIN) from None
        return cls(msgspec.structs.replace(course, exercises="."), exercises_dir)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The released units, those with exercises, in the order of the course."""
        return tuple(unit for unit in self.course.units if unit.exercises)

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """All exercises in the order of the course."""
        return tuple(exercise for unit in self.course.units for exercise in unit.exercises)

    @cached_property
    def _by_id(self) -> Mapping[str, Exercise]:
        return {exercise.id: exercise for exercise in self.exercises}

    @cached_property
    def _units_by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.course.units}

    def exercise(self, id: str) -> Exercise:
        """The exercise of that id. Raises UsageError, with the nearest id, when there is none."""
        if id not in self._by_id:
            raise _unknown("exercise", id, self._by_id)
        return self._by_id[id]

    def unit(self, id: str) -> Unit:
        """The unit of that id, or the unit of that exercise. Raises UsageError when there is none."""
        if "." in id:
            return self._units_by_id[self.exercise(id).unit_id]
        if id not in self._units_by_id:
            raise _unknown("unit", id, self._units_by_id)
        return self._units_by_id[id]

    def chosen(self, ids: Iterable[str] = ()) -> tuple[Unit, ...]:
        """The released units among those of the ids, of units or of exercises; all released ones by default.

        Raises UsageError for an unknown id, and where no unit is left.
        """
        wanted = {self.unit(id).id for id in ids}
        units = tuple(unit for unit in self.units if unit.id in wanted or not wanted)
        if not units:
            what = "no unit of the course is released"
            what = f"{', '.join(sorted(wanted))}: not released" if wanted else what
            raise UsageError(f"{what}: there is nothing to grade", "Give it exercises in course.yml.")
        return units

    def unit_of_folder(self, name: str) -> Unit | None:
        """The unit whose folder is called `name`."""
        return next((unit for unit in self.course.units if unit.folder == name), None)

    def limits(self, exercise_id: str) -> Limits:
        """What the tests of an exercise may use up: its own limits, or the course's."""
        return self.exercise(exercise_id).limits or self.course.limits

    def unit_seconds(self, unit: Unit) -> float:
        """The unit's share of the seconds of a submission, by the limits of its exercises."""
        every, own = (
            sum(self.limits(exercise.id).seconds for exercise in exercises)
            for exercises in (self.exercises, unit.exercises)
        )
        return self.course.submission_seconds * own / every

    def unit_rules(self, unit: Unit) -> Rules | None:
        """The rules of all exercises of a unit: its flavour's with its own; None where there are none."""
        return _with(getattr(self.course.rules, unit.flavour), unit.rules)

    def rules(self, exercise_id: str) -> Rules | None:
        """The rules of an exercise: its flavour's, its unit's and its own; None where there are none."""
        return _with(self.unit_rules(self.unit(exercise_id)), self.exercise(exercise_id).rules)

    def due(self, unit_id: str) -> datetime | None:
        """When a unit is due, with its zone: its own date, or the course's, or None."""
        return self.unit(unit_id).due or self.course.due

    @cached_property
    def _closures(self) -> Mapping[str, frozenset[str]]:
        closures: dict[str, frozenset[str]] = {}
        for exercise in self.exercises:  # what an exercise needs stands above it
            deeper = (closures.get(need, frozenset()) for need in exercise.needs)
            closures[exercise.id] = frozenset(exercise.needs).union(*deeper)
        return closures

    def needs_closure(self, exercise_id: str) -> frozenset[str]:
        """The ids that an exercise needs, directly or through others, without its own."""
        return self._closures[self.exercise(exercise_id).id]

    def needed_units(self, unit: Unit) -> tuple[Unit, ...]:
        """The other units that exercises of this one need, directly or through others."""
        needed = {id for exercise in unit.exercises for id in self._closures[exercise.id]}
        return tuple(
            other
            for other in self.units
            if other is not unit and any(e.id in needed for e in other.exercises)
        )

    def dependents(self, exercise_id: str) -> frozenset[str]:
        """The ids of the exercises that need this one, directly or through others."""
        wanted = self.exercise(exercise_id).id
        return frozenset(id for id, closure in self._closures.items() if wanted in closure)

    @property
    def exercises_dir(self) -> Path:
        """The folder that students get."""
        return self.root / self.course.exercises

    @property
    def solutions_dir(self) -> Path:
        """The secret folder. A student's copy of the course has none."""
        return self.root / self.course.solutions

    def stub_file(self, unit: Unit) -> Path:
        """exercises/u01_slopes/slopes.py, the file that the student fills in."""
        return self.exercises_dir / unit.file

    def public_tests(self, unit: Unit) -> Path:
        """exercises/u01_slopes/test_slopes.py"""
        return self.exercises_dir / unit.folder / f"test_{unit.name}.py"

    def lesson(self, unit: Unit) -> Path:
        """exercises/u01_slopes/README.md"""
        return self.exercises_dir / unit.folder / "README.md"

    def solution_file(self, unit: Unit) -> Path:
        """solutions/u01_slopes/slopes.py, the reference with its markers."""
        return self.solutions_dir / unit.file

    def hidden_tests(self, unit: Unit) -> tuple[Path, ...]:
        """solutions/u01_slopes/test_hidden_*.py, at least one: the one that should be there if none is."""
        folder = self.solutions_dir / unit.folder
        return tuple(sorted(folder.glob("test_hidden_*.py"))) or (folder / f"test_hidden_{unit.name}.py",)

    def checks(self, unit: Unit) -> tuple[Path, ...]:
        """solutions/u01_slopes/checks_*.py: what several hidden test files share, and import by that name."""
        return tuple(sorted((self.solutions_dir / unit.folder).glob("checks_*.py")))

    def wrong_answers(self, unit: Unit) -> Path:
        """solutions/u01_slopes/wrong_slopes.py"""
        return self.solutions_dir / unit.folder / f"wrong_{unit.name}.py"

    def right_answers(self, unit: Unit) -> Path:
        """solutions/u01_slopes/right_slopes.py"""
        return self.solutions_dir / unit.folder / f"right_{unit.name}.py"

    def hints_file(self, unit: Unit) -> Path:
        """solutions/u01_slopes/hints.md"""
        return self.solutions_dir / unit.folder / "hints.md"


def _with(rules: Rules | None, more: Rules | None) -> Rules | None:
    return more if rules is None else rules.joined(more)


def _unknown(kind: str, id: str, known: Iterable[str]) -> UsageError:
    shown = id if id.isprintable() and len(id) < 80 else ascii(id[:80])
    near = get_close_matches(id, list(known), n=1)
    help = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return UsageError(f"the course has no {kind} {shown}", help)
