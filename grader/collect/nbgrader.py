"""Submissions in nbgrader's own folders: `submitted/STUDENT/ASSIGNMENT/NAME.ipynb`, with `timestamp.txt`.

An assignment is a unit, called by its folder. What the unit needs of others comes from the same student's
latest submissions of those.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches

import msgspec

from grader.collect.choose import NOTEBOOK, STAMP
from grader.collect.files import open_folder, open_regular, reason
from grader.collect.ids import safe_ids
from grader.collect.member import Kind, Member, Unreadable, Upload
from grader.collect.nbgrader_folders import NbgraderFolders
from grader.collect.roster import Roster
from grader.collect.submission import BOUNDS, Bounds, Submission, named
from grader.collect.texts import parse_time
from grader.collect.upload import MOST_STAMP, read_upload
from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import UsageError
from grader.harmless import printable


def unit_of_assignment(catalogue: Catalogue, assignment: str) -> Unit:
    """The unit that an assignment is. UsageError, with the nearest name, where it is none."""
    units = {unit.folder: unit for unit in catalogue.units}
    if assignment not in units:
        near = get_close_matches(assignment, list(units), n=1)
        help = f"did you mean {near[0]}?" if near else f"known: {', '.join(units)}"
        raise UsageError(f"the course has no unit in a folder {printable(assignment, 80)}", help)
    return units[assignment]


class NbgraderClass:
    """Everybody who submitted one assignment, and all others of the roster, read student by student.

    students: the id of each who submitted it -> the name of their folder
    """

    def __init__(
        self,
        folders: NbgraderFolders,
        catalogue: Catalogue,
        assignment: str,
        roster: Roster | None = None,
        bounds: Bounds = BOUNDS,
    ) -> None:
        """Raises UsageError where the assignment is no unit, and where nobody submitted it."""
        self.unit = unit_of_assignment(catalogue, assignment)
        self._folders, self._catalogue, self._bounds = folders, catalogue, bounds
        submitted = folders.submitted(assignment)
        if not submitted:
            where = printable(str(folders.submission("*", assignment)), 500)
            help = "`nbgrader collect` or `nbgrader zip_collect` puts submissions there."
            raise UsageError(f"nobody has submitted {assignment}: {where} is not there", help)
        ids = safe_ids(submitted)
        self.students: Mapping[str, str] = {
            ids[name]: name for name in sorted(submitted, key=ids.__getitem__)
        }
        self._people = roster.matched(ids) if roster else {}

    def __len__(self) -> int:
        return len(self.students.keys() | self._people.keys())

    def __iter__(self) -> Iterator[Submission]:
        """The submissions, sorted by id. What is wrong with one is in its `problems`."""
        for id in sorted(self.students.keys() | self._people.keys()):
            name, person = self.students.get(id), self._people.get(id)
            yield replace(self._read(id, name), person=person) if name else Submission(id, person=person)

    def _read(self, id: str, name: str) -> Submission:
        own = self._one(id, name, self.unit)
        submitted_at, said = self._time(name, self.unit)
        if id != name:
            said.insert(0, f"{named(name)}: is no id of ours (letters, digits and . _ @ -); graded as {id}")
        earlier = [
            self._one(id, name, unit)
            for unit in self._catalogue.needed_units(self.unit)
            if self._folders.submission(name, unit.folder).is_dir()
        ]
        together = (own, *earlier)
        return Submission(
            id,
            {file: text for one in together for file, text in one.sources.items()},
            submitted_at,
            (*said, *(problem for one in together for problem in one.problems)),
            own.ignored,
            tuple(file for one in together for file in one.notebooks),
            elsewhere=dict(self._others(name)),
        )

    def _others(self, name: str) -> Iterator[tuple[str, datetime | None]]:
        """When the student submitted the other assignments: they may have used up free late days."""
        others = self._catalogue.units if self._catalogue.course.late.free_days else ()
        for unit in others:
            if unit is not self.unit and self._folders.submission(name, unit.folder).is_dir():
                yield unit.id, self._time(name, unit)[0]

    def _one(self, id: str, name: str, unit: Unit) -> Submission:
        """What one of the student's folders holds of its unit. Raises nothing."""
        course = msgspec.structs.replace(self._catalogue.course, units=(unit,))
        alone = Catalogue(course, self._catalogue.root)
        given = self._folders.given(unit.folder)
        try:
            with open_folder(self._folders.submission(name, unit.folder), self._bounds) as upload:
                found = _Assignment(upload, unit, given)
                return read_upload(id, unit.folder, found, alone, bounds=self._bounds)
        except Unreadable as error:
            return Submission(id, problems=(f"{unit.folder}: {error}; nothing of it was read",))
        except Exception as error:
            what = f"cannot be read ({type(error).__name__})"
            return Submission(id, problems=(f"{unit.folder}: {what}; nothing of it was read",))

    def _time(self, name: str, unit: Unit) -> tuple[datetime | None, list[str]]:
        """When an assignment was submitted, by the timestamp.txt that nbgrader wrote; problems with it."""
        path = self._folders.submission(name, unit.folder) / STAMP
        if not path.exists():
            return None, []
        try:
            with open_regular(path) as file:
                return _parsed(file.read(MOST_STAMP)), []
        except (Unreadable, OSError) as error:
            why = error if isinstance(error, Unreadable) else reason(error)
            return None, [f"{unit.folder}/{STAMP}: {why}"]


@dataclass
class _Assignment:
    """An upload that is one assignment: its notebook lies at the top, and what came with it is left out.

    A notebook elsewhere in it, or a .py file beside it, is not what nbgrader collects.
    """

    upload: Upload
    unit: Unit
    given: Collection[str]
    is_packed: bool = True  # its timestamp.txt is read apart

    def members(self) -> list[Member]:
        return list(self._kept(self.upload.members()))

    def read(
        self, wanted: Collection[Member], limits: Mapping[int, int]
    ) -> Iterator[tuple[Member, bytes | Unreadable]]:
        return self.upload.read(wanted, limits)

    def _kept(self, members: Sequence[Member]) -> Iterable[Member]:
        name = self.unit.name
        notebook = f"{name}{NOTEBOOK}"
        there = any(m.name == notebook and m.kind is Kind.FILE for m in members)
        for member in members:
            same = member.parts[-1:] in ((f"{name}.py",), (notebook,)) and member.name != notebook
            if member.parts[-1:] != (STAMP,) and member.name not in self.given and not (there and same):
                yield member


def _parsed(raw: bytes) -> datetime:
    """nbgrader's time. Its zone may be any that the system knows by name. Raises Unreadable."""
    try:
        return parse_time(raw)
    except Unreadable:
        from nbgrader.utils import parse_utc  # noqa: PLC0415  what only instructors have

        try:
            found: datetime = parse_utc(raw.decode("utf-8-sig").strip())
            return found.replace(tzinfo=UTC)
        except Exception:  # of dateutil's, many kinds
            pass
        raise
