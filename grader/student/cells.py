"""The cells that were run in a notebook, as the file that they stand for.

Only cells count whose functions and classes are those that live now, and those that import: what was written
anew since is no longer the student's answer. Cell In[5] begins at line 5001 of the file.
"""

import ast
import inspect
import linecache
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from grader.collect.magics import plain_python
from grader.collect.notebook import STRIDE
from grader.course.assignment import FILE
from grader.course.catalogue import RELEASED
from grader.gradcheck.message import Finding

OURS = "grader.notebook"  # a cell that imports from it only checks
_LABEL = re.compile(r"In\s*\[(\d+)\]")
_PLACE = re.compile(r"(.+):(\d+)")
_LINE = re.compile(r"\bline (\d{4,})\b")
_MORE = re.compile(r"\b\d{4,}\b")


@dataclass(frozen=True)
class Cell:
    """A cell that was run. number: of In[number]    file: its name in tracebacks    text: as Python reads it

    begins: its first line is line `begins + 1` of the file that all cells are
    """

    number: int
    file: str
    text: str
    begins: int = 0


class Cells:
    """The cells of a running notebook. shell: IPython's"""

    def __init__(self, shell: Any) -> None:
        self.all = list(_run(shell))
        self.counted = list(_in_lines([cell for cell in self.all if _counts(cell, shell.user_ns)]))

    @property
    def text(self) -> str:
        """The file that the counted cells are."""
        lines: list[str] = []
        for cell in self.counted:
            lines += [""] * (cell.begins - len(lines))
            lines += cell.text.split("\n")
        return "\n".join(lines) + "\n"

    @property
    def sources(self) -> Mapping[str, str]:
        """Every cell's text, by the name that tracebacks have for it."""
        return {cell.file: cell.text for cell in self.all}

    def placed(self, finding: Finding, file: str) -> Finding:
        """The finding with places that a reader of the notebook can find: `In[5], line 3`.

        file: what the whole is called in findings
        """
        found = _PLACE.fullmatch(finding.where)
        where = finding.where
        if found:
            numbers = {cell.file: cell.number for cell in self.all}
            if found[1] in numbers:
                where = f"In[{numbers[found[1]]}], line {found[2]}"
            elif found[1] == file:
                where = self._named(int(found[2]))
        what = _LINE.sub(lambda line: self._named(int(line[1])), finding.what)
        help = _MORE.sub(lambda line: self._named(int(line[0])), finding.help).replace(RELEASED, FILE)
        return replace(finding, where=where, what=what, help=help)

    def _named(self, line: int) -> str:
        for cell in reversed(self.counted):
            if cell.begins < line:
                return f"In[{cell.number}], line {line - cell.begins}"
        return str(line)


def _run(shell: Any) -> Iterator[Cell]:
    """The cells that were run, in the order in which each was run last."""
    raw: Sequence[str] = shell.history_manager.input_hist_raw
    found = []
    for file in list(linecache.cache):
        label = shell.compile.format_code_name(file)
        number = _LABEL.search(label[1]) if label else None
        if number is None:
            continue
        at = int(number[1])
        typed = raw[at] if at < len(raw) else "".join(linecache.getlines(file))
        found.append(Cell(at, file, "\n".join(plain_python(typed))))
    return iter(sorted(found, key=lambda cell: cell.number))


def _counts(cell: Cell, names: Mapping[str, Any]) -> bool:
    try:
        body = ast.parse(cell.text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if any(isinstance(node, ast.ImportFrom) and node.module == OURS for node in body):
        return False
    defined = [
        node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    if not defined:
        return any(isinstance(node, ast.Import | ast.ImportFrom) for node in body)
    return any(cell.file in _files(names.get(node.name)) for node in defined)


def _files(value: Any) -> set[str]:
    """Where the code of a function, or of the methods of a class, was written."""
    inner = vars(value).values() if isinstance(value, type) else (value,)
    functions = (inspect.unwrap(getattr(one, "__func__", getattr(one, "fget", one))) for one in inner)
    return {one.__code__.co_filename for one in functions if isinstance(one, FunctionType)}


def _in_lines(cells: Sequence[Cell]) -> Iterator[Cell]:
    """Each cell from the line on that tells its number."""
    end = 0
    for cell in cells:
        begins = max(cell.number * STRIDE, -(-end // STRIDE) * STRIDE)
        end = begins + cell.text.count("\n") + 1
        yield replace(cell, begins=begins)
