"""Answers that do nothing: every exercise was touched, and none was solved.

The engine tells an untouched stub by its syntax tree and runs no test on it. These it has to run.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from grader.verify.layout import Definition, bound, docstring, span

TOUCH = "_touched = None"
Function = ast.FunctionDef | ast.AsyncFunctionDef


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


def filled(stub: str, solution: str, symbols: Sequence[str], *, statement: str) -> str:
    """The stub with this one statement as the body of each symbol; of a class, as that of all its methods.

    solution: tells which methods a class has that the stub lacks. A symbol that the stub lacks is added.
    Raises SyntaxError where one of the texts is not Python.
    """
    tree, whole = ast.parse(stub), ast.parse(solution)
    body = ast.parse(f"def f():\n    {statement}").body[0].body  # type: ignore[attr-defined]
    added: list[str] = []
    for name in dict.fromkeys(_functions((tree, whole), symbols)):
        node = _find(tree.body, name.split("."))
        if isinstance(node, Function):
            node.body = body
            continue
        owner, _, method = name.partition(".")
        if method and _find(tree.body, [owner]) is None and f"class {owner}:" not in added:
            added += [f"class {owner}:", "    pass"]
        added.append(f"{name} = _idle")
    if added:
        added = ["def _idle(*args, **kwargs):", f"    {statement}", *added]
    return "\n".join([ast.unparse(tree), *added]) + "\n"


def _functions(trees: Sequence[ast.Module], symbols: Sequence[str]) -> Iterator[str]:
    """The symbols, a class that one of the trees holds as its methods."""
    for symbol in symbols:
        found = [_find(tree.body, symbol.split(".")) for tree in trees]
        classes = [node for node in found if isinstance(node, ast.ClassDef)]
        for owner in classes:
            yield from (f"{symbol}.{node.name}" for node in owner.body if isinstance(node, Function))
        if not classes:
            yield symbol


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


@dataclass(frozen=True)
class Idle:
    """A way to do nothing. told: what a claim calls it    write: stub, solution and symbols -> the file"""

    kind: Literal["touched", "none", "error"]
    told: str
    write: Callable[[str, str, Sequence[str]], str]


IDLE = (
    Idle(
        "touched",
        "a stub with one line that does nothing",
        lambda stub, solution, symbols: touched(stub, symbols),
    ),
    Idle("none", "`return None` as every body", partial(filled, statement="return None")),
    Idle("error", "`raise ValueError` as every body", partial(filled, statement="raise ValueError")),
)
