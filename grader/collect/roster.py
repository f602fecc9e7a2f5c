"""The roster: who takes the course, as the instructor's own list says."""

from dataclasses import dataclass


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
