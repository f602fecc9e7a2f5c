"""A stub in which every exercise was touched and none was solved.

The engine tells an untouched stub by its syntax tree and runs no test on it. This one it has to run.
"""

import ast
from collections.abc import Sequence

from grader.verify.layout import Definition, bound, docstring, span

TOUCH = "_touched = None"


def touched(stub: str, symbols: Sequence[str]) -> str:
    """The stub with a line that does nothing in each symbol; a symbol that it lacks becomes None.

    Raises SyntaxError where the stub is not Python.
    """
    tree = ast.parse(stub)
    lines = stub.removesuffix("\n").split("\n")
    places: list[tuple[int, int]] = []
    missing: list[str] = []
    for symbol in symbols:
        node = _find(tree.body, symbol.split("."))
        if isinstance(node, Definition):
            places.append(_first_line(node))
        elif node is None:
            missing.append(symbol)
    for line, column in sorted(places, reverse=True):
        lines.insert(line - 1, " " * column + TOUCH)
    for symbol in missing:
        owner, _, name = symbol.partition(".")
        if name and _find(tree.body, [owner]) is None and f"class {owner}:" not in lines:
            lines += [f"class {owner}:", "    pass"]
        lines.append(f"{symbol} = None")
    return "\n".join(lines) + "\n"


def _find(body: Sequence[ast.stmt], names: Sequence[str]) -> ast.stmt | None:
    for node in reversed(body):
        if names[0] in bound(node):
            return node if len(names) == 1 else _find(getattr(node, "body", ()), names[1:])
    return None


def _first_line(node: Definition) -> tuple[int, int]:
    """Line and column of the first statement below the docstring; the line after it where it is alone."""
    first = node.body[0]
    if docstring(node) is None:
        return span(first)[0], first.col_offset
    return span(first)[1] + 1, first.col_offset
