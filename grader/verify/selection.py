"""What `kata verify` was asked to prove: the whole course, or some units and exercises of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise, Unit
from grader.errors import UsageError


@dataclass(frozen=True)
class Selection:
    """exercises: those whose claims are proven    whole: whether that is all of the course"""

    catalogue: Catalogue
    exercises: tuple[Exercise, ...]

    @property
    def whole(self) -> bool:
        return len(self.exercises) == len(self.catalogue.exercises)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that hold a selected exercise."""
        wanted = {exercise.unit_id for exercise in self.exercises}
        return tuple(unit for unit in self.catalogue.units if unit.id in wanted)

    @property
    def part(self) -> Catalogue:
        """The course as if it had no other units; their exercises are all there."""
        if self.whole:
            return self.catalogue  # with the units that are announced only
        course = msgspec.structs.replace(self.catalogue.course, units=self.units)
        return Catalogue(course, self.catalogue.root)

    def without(self, units: Collection[str]) -> "Selection":
        """The same but for these units."""
        return Selection(self.catalogue, tuple(e for e in self.exercises if e.unit_id not in units))

    def of(self, unit: Unit) -> tuple[Exercise, ...]:
        """The selected exercises of a unit."""
        return tuple(exercise for exercise in self.exercises if exercise.unit_id == unit.id)


def select(catalogue: Catalogue, wanted: Sequence[str]) -> Selection:
    """The units and exercises of these ids; all of them where none is given.

    Raises UsageError for an id that the course does not have, and where nothing is left to prove.
    """
    ids: set[str] = set()
    for id in wanted:
        unit = catalogue.unit(id)
        ids |= {id} if "." in id else {exercise.id for exercise in unit.exercises}
    chosen = tuple(e for e in catalogue.exercises if e.id in ids or not wanted)
    if not chosen:
        what = f"{', '.join(wanted)} has" if wanted else "the course has"
        raise UsageError(f"{what} no exercises yet", "List them in course.yml.")
    return Selection(catalogue, chosen)
