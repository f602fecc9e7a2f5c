"""Jupyter notebooks: the Python of their code cells as one source, in which line numbers name the cell.

Code cell 3 begins at line 3001: `value.py:3002` is line 2 of the third code cell, wherever that is said.
Outputs, pictures and texts are passed over without being held in memory.
"""

from typing import Annotated

import msgspec

from grader.collect.magics import plain_python
from grader.collect.member import Unreadable
from grader.collect.submission import BOUNDS, KIB, Bounds
from grader.collect.texts import refuse_utf16, unix
from grader.harmless import printable

STRIDE = 1000  # lines that each code cell has for itself; a longer one counts as several


class _Nbgrader(msgspec.Struct):
    grade: bool = False
    solution: bool = False


class _Marks(msgspec.Struct):
    nbgrader: _Nbgrader | None = None


class _Cell(msgspec.Struct):
    """input: what the third version of the format called source"""

    cell_type: str
    source: str | list[str] = ""
    input: str | list[str] = ""
    metadata: _Marks | None = None

    @property
    def text(self) -> str:
        said = self.source or self.input
        return unix(said if isinstance(said, str) else "".join(said))

    @property
    def is_test(self) -> bool:
        """Whether nbgrader put it there to grade with: students do not write there."""
        marks = (self.metadata and self.metadata.nbgrader) or _Nbgrader()
        return marks.grade and not marks.solution


class _Sheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Language(msgspec.Struct):
    name: str = ""


class _Meta(msgspec.Struct):
    language_info: _Language | None = None


class _Notebook(msgspec.Struct):
    nbformat: Annotated[int, msgspec.Meta(ge=0, le=99)]
    cells: list[_Cell] = []
    worksheets: list[_Sheet] = []
    metadata: _Meta | None = None


_DECODER = msgspec.json.Decoder(_Notebook)


def notebook_source(raw: bytes, bounds: Bounds = BOUNDS) -> str:
    """The module that a notebook is. Raises Unreadable."""
    cells = [cell for cell in _cells(_read(raw)) if cell.cell_type == "code"]
    if len(cells) > bounds.cells:
        raise Unreadable(f"holds more than {bounds.cells} code cells")
    texts = [cell.text for cell in cells]
    if sum(map(len, texts)) > bounds.source:
        raise Unreadable(f"holds more than {bounds.source // KIB} KiB of code")
    lines: list[str] = []
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True), 1):
        if "\0" in text:
            raise Unreadable(f"holds a null character in code cell {number}")
        start = max(number * STRIDE, -(-len(lines) // STRIDE) * STRIDE)
        if not cell.is_test:
            lines += [""] * (start - len(lines))
            lines += plain_python(text)
    return "\n".join(lines) + "\n"


def _read(raw: bytes) -> _Notebook:
    refuse_utf16(raw)
    try:
        notebook = _DECODER.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise Unreadable(f"is not a readable notebook ({printable(str(error), 120)})") from None
    if notebook.nbformat not in (3, 4):
        raise Unreadable(f"is a notebook of format {notebook.nbformat}, and only 3 and 4 are read")
    language = (notebook.metadata and notebook.metadata.language_info) or _Language()
    if language.name and "python" not in language.name.lower():
        raise Unreadable(f"is a notebook of {printable(language.name, 20)}, not of Python")
    return notebook


def _cells(notebook: _Notebook) -> list[_Cell]:
    if notebook.nbformat == 4:
        return notebook.cells
    return [cell for sheet in notebook.worksheets for cell in sheet.cells]
