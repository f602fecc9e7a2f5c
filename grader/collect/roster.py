"""The roster: who takes the course, as the instructor's own list says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from grader.collect.ids import safe_ids

FILE = "roster.csv"


@dataclass(frozen=True)
class Person:
    """One student of the roster. What its file does not say is "" or 0.

    extension_hours: by which every due date is later    login, sis_id, canvas_id: names in an LMS
    """

    id: str
    given: str = ""
    family: str = ""
    email: str = ""
    section: str = ""
    extension_hours: float = 0.0
    excused: bool = False
    login: str = ""
    sis_id: str = ""
    canvas_id: str = ""

    @property
    def name(self) -> str:
        """Both names in the order that they are said, or ""."""
        return f"{self.given} {self.family}".strip()

    @property
    def extension(self) -> timedelta:
        """By which every due date is later."""
        return timedelta(hours=self.extension_hours)


@dataclass(frozen=True)
class Roster:
    """Everybody who takes the course, in the order of the file. notes: what of the file is not used"""

    people: tuple[Person, ...]
    notes: tuple[str, ...] = ()

    def matched(self, ids: Mapping[str, str]) -> Mapping[str, Person]:
        """Everybody by the id under which they are graded, which `Person.id` then is.

        ids: name of what was handed in -> its id, as `safe_ids` gave it
        A person is whoever handed in under the very name or, where nobody on the roster has that name,
        under the very id. Two people never share an id, whatever either of them is called.
        """
        listed = {person.id for person in self.people}
        by_id = {id: name for name, id in ids.items() if name not in listed}
        found: dict[str, Person] = {}
        missing: list[Person] = []
        for person in self.people:
            if person.id in ids:
                found[ids[person.id]] = person
            elif person.id in by_id:
                found[person.id] = person
            else:
                missing.append(person)
        new = safe_ids((person.id for person in missing), ids.values())
        found |= {new[person.id]: person for person in missing}
        return {id: replace(person, id=id) for id, person in sorted(found.items())}
