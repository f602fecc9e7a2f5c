"""What a test file says, read and never imported: its tests, and which exercise each one belongs to."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.verify.layout import Definition


@dataclass(frozen=True)
class TestFunction:
    """exercise: the id in its @exercise, "" where it has none, None where it is not written out."""

    __test__ = False  # the name begins with Test, and pytest would collect it

    name: str
    line: int
    exercise: str | None


def test_functions(path: Path) -> list[TestFunction]:
    """The tests of a file in its order; none where the file is missing or no Python."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return []
    return list(_tests(tree.body, ""))


test_functions.__test__ = False  # type: ignore[attr-defined]


def _tests(body: Sequence[ast.stmt], around: str | None) -> Iterator[TestFunction]:
    for node in body:
        if not isinstance(node, Definition):
            continue
        marked = [mark for mark in map(_exercise, node.decorator_list) if mark != ""]
        exercise = marked[0] if marked else around
        if isinstance(node, ast.ClassDef):
            if node.name.startswith("Test"):
                yield from _tests(node.body, exercise)
        elif node.name.startswith("test"):
            yield TestFunction(node.name, node.lineno, exercise)


def _exercise(decorator: ast.expr) -> str | None:
    """The id that a decorator gives; "" for another decorator, None where the id is not written out."""
    match decorator:
        case ast.Call(func=ast.Name(id="exercise") | ast.Attribute(attr="exercise"), args=arguments):
            match arguments:
                case [ast.Constant(value=str(id)), *_]:
                    return id
            return None
    return ""
