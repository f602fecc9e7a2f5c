"""What course.yml says, as types. Field by field the same as docs/file-formats.md.

The students' copy (`exercises/.kata/catalogue.json`) is the same structure, so nothing in it is secret.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Flavour = Literal["numpy", "torch"]
Positive = Annotated[float, Meta(gt=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tests of one exercise may use up together: CPU seconds, and MiB above the warm interpreter."""

    seconds: Positive = 10.0
    memory_mb: Annotated[int, Meta(ge=16)] = 512


class LatePolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each started day after the grace takes `per_day` of the points; nothing counts after `max_days`.

    per_hour, max_hours: in the place of per_day and max_days    cap: the most that is taken before that
    free_days: late days that a student may use up, over all units, before anything is taken
    """

    per_day: Fraction = 0.1
    per_hour: Fraction | None = None
    grace_minutes: Annotated[int, Meta(ge=0)] = 0
    max_days: Annotated[int, Meta(ge=0)] = 7
    max_hours: Annotated[int, Meta(ge=0)] | None = None
    cap: Fraction = 1.0
    free_days: Annotated[int, Meta(ge=0)] = 0


class FeedbackPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What students are told of hidden tests, and when.

    detail: concept: their sentence and a confirmed diagnosis; full: their values too
    after_due: the detail once a unit's due date is past; by default the same
    published: before this time feedback says that there is none yet
    """

    detail: Literal["concept", "full"] = "concept"
    after_due: Literal["concept", "full"] | None = None
    published: datetime | None = None


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a student's file may say. None: not restricted here; of several rules see `joined`.

    imports: modules that may be imported                 attributes: names that may stand after a dot
    forbid: names that may not occur at all               tripwires: functions that report a breach
    complex_numbers: complex arithmetic is allowed        autograd: torch records, and no tripwire is set
    """

    imports: tuple[str, ...] | None = None
    attributes: tuple[str, ...] | None = None
    forbid: tuple[str, ...] = ()
    tripwires: tuple[str, ...] = ()
    complex_numbers: bool | None = None
    autograd: bool | None = None

    @property
    def guarded(self) -> bool:
        """Whether torch records nothing, and tripwires are set: where attributes are listed."""
        return self.attributes is not None and not self.autograd

    def joined(self, more: "Rules | None") -> "Rules":
        """These rules with further ones: lists are added up, the later word on a switch counts."""
        if more is None:
            return self
        return Rules(
            imports=_joined(self.imports, more.imports),
            attributes=_joined(self.attributes, more.attributes),
            forbid=_joined(self.forbid, more.forbid) or (),
            tripwires=_joined(self.tripwires, more.tripwires) or (),
            complex_numbers=self.complex_numbers if more.complex_numbers is None else more.complex_numbers,
            autograd=self.autograd if more.autograd is None else more.autograd,
        )


def _joined(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(dict.fromkeys((*one, *other)))


class FlavourRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of every unit of a flavour."""

    numpy: Rules | None = None
    torch: Rules | None = None


class Exercise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One graded thing: the symbols that the student writes, and what they are worth.

    extra: its points count, and the most that can be reached does not hold them
    """

    id: Annotated[str, Meta(pattern=r"^u\d\d\.[a-z][a-z0-9_]*$")]
    title: str
    symbols: Annotated[tuple[str, ...], Meta(min_length=1)]
    points: Positive
    extra: bool = False
    needs: tuple[str, ...] = ()
    difficulty: Annotated[int, Meta(ge=1, le=5)] = 2
    minutes: Annotated[int, Meta(ge=1)] = 15
    limits: Limits | None = None
    rules: Rules | None = None

    @property
    def unit_id(self) -> str:
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]


class Unit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder with one file for the student. A unit without exercises is announced, not yet released.

    weight: what the unit is worth in the total, in the place of the points of its exercises
    """

    id: Annotated[str, Meta(pattern=r"^u\d\d$")]
    title: str
    folder: Annotated[str, Meta(pattern=r"^u\d\d_[a-z][a-z0-9_]*$")]
    flavour: Flavour = "numpy"
    due: datetime | None = None
    weight: Annotated[float, Meta(ge=0)] | None = None
    rules: Rules | None = None
    exercises: tuple[Exercise, ...] = ()

    @property
    def name(self) -> str:
        """The part after the number: `slopes` of `u01_slopes`. The student's file is named after it."""
        return self.folder.partition("_")[2]

    @property
    def file(self) -> str:
        """The student's file, relative to the exercises folder: `u01_slopes/slopes.py`."""
        return f"{self.folder}/{self.name}.py"

    @property
    def module(self) -> str:
        """The one name under which everybody imports that file: `u01_slopes.slopes`."""
        return f"{self.folder}.{self.name}"


class Course(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole catalogue.

    attempts: which of several counts, unit by unit: the latest, or the best after lateness
    follow_through: what a test is worth that passes once the reference stands in for what it needs
    submission_seconds: seconds of computing that all of one submission may use up
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]*$")]
    title: str
    version: str
    exercises: str = "exercises"
    solutions: str = "solutions"
    due: datetime | None = None
    late: LatePolicy = LatePolicy()
    attempts: Literal["latest", "best"] = "latest"
    feedback: FeedbackPolicy = FeedbackPolicy()
    follow_through: Fraction = 1.0
    limits: Limits = Limits()
    submission_seconds: Positive = 120.0
    rules: FlavourRules = FlavourRules()
    units: tuple[Unit, ...]
