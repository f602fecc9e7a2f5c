"""The pristine stubs that a hand-out carries: what the student started from.

Without them (`.kata/stubs/u01_slopes/slopes.py`) the tools still work, and say less.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from grader.course.model import Exercise, Unit
from grader.course.symbols import own_symbols, unchanged

FOLDER = ".kata/stubs"


def read_stub(root: Path, unit: Unit) -> str | None:
    """The text of a unit's stub, or None where the hand-out has none that can be read."""
    try:
        return (root / FOLDER / unit.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def is_untouched(source: str, stub: str | None, exercise: Exercise) -> bool:
    """Whether nothing was written for an exercise: its own symbols are still those of the stub."""
    try:
        if stub is None:
            return all(_only_raises(source, symbol) for symbol in exercise.symbols)
        return source == stub or unchanged(source, stub, exercise.symbols)  # most units are as they came
    except SyntaxError:
        return False


def lost_symbols(source: str, stub: str | None, exercise: Exercise) -> tuple[str, ...]:
    """The exercise's symbols that the stub defines and the student's file does not any more."""
    if stub is None:
        return ()
    try:
        here, there = own_symbols(source, exercise.symbols), own_symbols(stub, exercise.symbols)
    except SyntaxError:
        return ()
    return tuple(symbol for symbol in exercise.symbols if here[symbol] is None and there[symbol] is not None)


def definition(tree: ast.Module, symbol: str) -> ast.stmt | None:
    """The last function or class of a name, or of a method in its class: "f", "Value.backward"."""
    body: list[ast.stmt] = tree.body
    found: ast.stmt | None = None
    for name in symbol.split("."):
        found = next(iter(reversed(list(_named(body, name)))), None)
        body = found.body if isinstance(found, ast.ClassDef) else []
    return found


def _named(body: list[ast.stmt], name: str) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            yield node


def _only_raises(source: str, symbol: str) -> bool:
    node = definition(ast.parse(source), symbol)
    if not isinstance(node, ast.FunctionDef):
        return False
    last = node.body[-1]
    before = [
        n for n in node.body[:-1] if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
    ]
    return isinstance(last, ast.Raise) and not before and "NotImplementedError" in ast.unparse(last)
