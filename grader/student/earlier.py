"""The student's files of other units, for a notebook that imports them: they lie in folders beside its own.

`u12_train/train.ipynb` imports `u09_forward.forward` from `../u09_forward/forward.py` or
`../u09_forward/forward.ipynb`, as Jupyter, nbgrader and the grader lay assignments out.
"""

import importlib.machinery
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from grader.collect.member import Unreadable
from grader.collect.notebook import notebook_source
from grader.collect.texts import decode
from grader.course.assignment import NotebookCourse
from grader.course.model import Unit
from grader.remote.memory_modules import MemoryFinder


class EarlierUnits(MemoryFinder):
    """Finds the units that the notebook's own unit needs; says in words where one was looked for in vain."""

    def __init__(self, course: NotebookCourse) -> None:
        super().__init__(f"{course.root.parent}/")
        self.lacking: dict[str, str] = {}
        found: dict[str, str] = {}
        for unit in course.needed_units(course.own_unit):
            try:
                found[unit.file] = _source(course.root.parent, unit)
            except Unreadable as error:
                self.lacking[unit.folder] = self.lacking[unit.module] = f"{unit.module}: {error}"
        self.install(found)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """ModuleNotFoundError, with what to do, for a unit of the course whose file is not there."""
        if name in self.lacking:
            raise ModuleNotFoundError(self.lacking[name], name=name)
        return super().find_spec(name, path, target)


def _source(folder: Path, unit: Unit) -> str:
    """The student's file of a unit. Raises Unreadable."""
    files = list(_there(folder, unit))
    if not files:
        both = f"{unit.file} or {unit.name}.ipynb"
        raise Unreadable(f"your {both} belongs into {folder / unit.folder}, and neither is there")
    if len(files) > 1:
        raise Unreadable(f"{files[0]} and {files[1]} are both there; keep one")
    try:
        raw = files[0].read_bytes()
    except OSError as error:
        raise Unreadable(f"{files[0]} cannot be read: {error.strerror}") from None
    return notebook_source(raw) if files[0].suffix == ".ipynb" else decode(raw)


def _there(folder: Path, unit: Unit) -> Iterator[Path]:
    for suffix in (".py", ".ipynb"):
        path = (folder / unit.file).with_suffix(suffix)
        if path.is_file():
            yield path
