"""The file of a unit, cut into pieces that become cells of a notebook: whole statements, in their order."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from grader.course.model import Exercise, Unit
from grader.release.notebook_regions import BEGIN, END


@dataclass(frozen=True)
class Piece:
    """Some lines of the file. owners: ids of the exercises whose symbols stand in it, in course order

    is_answer: there is something to write in it    binds, uses: names of the file's level
    """

    text: str
    owners: tuple[str, ...]
    is_answer: bool
    binds: frozenset[str]
    uses: frozenset[str]

    def joined(self, other: "Piece") -> "Piece":
        """Both as one."""
        return Piece(
            f"{self.text}\n\n\n{other.text}",
            self.owners,
            self.is_answer,
            self.binds | other.binds,
            self.uses | other.uses,
        )


def pieces(marked_source: str, unit: Unit) -> list[Piece]:
    """The pieces of a source that nbgrader's markers are in; neighbours that belong together are one."""
    lines = marked_source.split("\n")
    found: list[Piece] = []
    for first, last, nodes in _spans(marked_source, lines):
        text = "\n".join(lines[first - 1 : last]).strip("\n")
        piece = _piece(text, nodes, unit.exercises)
        before = found[-1] if found else None
        if before is not None and (before.is_answer, before.owners) == (piece.is_answer, piece.owners):
            found[-1] = before.joined(piece)
        else:
            found.append(piece)
    return found


def last_needed(found: list[Piece], exercises: Collection[str]) -> int:
    """The place of the last piece without which the tests of these exercises cannot run."""
    wanted = {at for at, piece in enumerate(found) if set(piece.owners) & set(exercises)}
    where: Mapping[str, int] = {name: at for at, piece in enumerate(found) for name in piece.binds}
    todo = list(wanted)
    while todo:
        used = {where[name] for name in found[todo.pop()].uses if name in where} - wanted
        wanted |= used
        todo += used
    return max(wanted, default=len(found) - 1)


def _spans(source: str, lines: list[str]) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    """First line, last line and statements of each piece; what a region of the solution touches is one."""
    regions = list(_regions(lines))
    at = 1
    nodes: list[ast.stmt] = []
    end = 0
    for node in ast.parse(source).body:
        if nodes and node.lineno > end:
            yield at, end, nodes
            at, nodes = end + 1, []
        nodes.append(node)
        end = max(end, node.end_lineno or node.lineno)
        end = max([end, *(last for first, last in regions if first <= end)])
    yield at, len(lines), nodes


def _regions(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    begin = 0
    for number, line in enumerate(lines, 1):
        if BEGIN in line:
            begin = number
        elif END in line:
            yield begin, number


def _piece(text: str, nodes: list[ast.stmt], exercises: Iterable[Exercise]) -> Piece:
    binds = frozenset(name for node in nodes for name in _bound(node))
    uses = {node.id for part in nodes for node in ast.walk(part) if isinstance(node, ast.Name)}
    owners = [e.id for e in exercises if any(symbol.partition(".")[0] in binds for symbol in e.symbols)]
    return Piece(text, tuple(owners), BEGIN in text, binds, frozenset(uses))


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    else:
        yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
