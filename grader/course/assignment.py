"""`kata.json`, which lies beside a notebook: the catalogue, and which unit the notebook is."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.model import Course, Unit
from grader.errors import CourseError

FILE = "kata.json"
AGAIN = "fetch the assignment again; your own notebook in it can stay"


class Assignment(msgspec.Struct, frozen=True):
    """The file. unit: its id"""

    unit: str
    course: Course


@dataclass(frozen=True)
class NotebookCourse(Catalogue):
    """The catalogue as one notebook's folder has it: one unit, with its tests beside it."""

    here: str = ""

    @classmethod
    def of_folder(cls, folder: Path) -> "NotebookCourse":
        """What lies in the folder of a notebook. Raises CourseError where kata.json is missing or broken."""
        file = folder / FILE
        try:
            found = msgspec.json.decode(file.read_bytes(), type=Assignment)
        except OSError:
            what = f"{file}: there is no such file, and without it nothing can be checked here"
            raise CourseError(what, AGAIN) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise CourseError(f"{file}: is broken", AGAIN) from None
        return cls(msgspec.structs.replace(found.course, exercises="."), folder, found.unit)

    @property
    def own_unit(self) -> Unit:
        """The unit that the notebook is."""
        return self.unit(self.here)

    def unit_of_folder(self, name: str) -> Unit | None:
        """The notebook's own unit, whatever its folder is called here."""
        return self.own_unit

    def public_tests(self, unit: Unit) -> Path:
        """test_slopes.py, beside the notebook."""
        return self.root / f"test_{unit.name}.py"


def assignment_json(course: Course, unit: Unit) -> str:
    """The text of kata.json for one unit."""
    return msgspec.json.format(msgspec.json.encode(Assignment(unit.id, course)), indent=1).decode() + "\n"
