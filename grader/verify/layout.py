"""Pieces of source as text: where a definition stands, and how it is cut out and set in elsewhere."""

import ast
from collections.abc import Collection

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom


def span(node: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement, counted from 1, its decorators included."""
    decorators = node.decorator_list if isinstance(node, Definition) else []
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first, node.end_lineno or node.lineno


def cut(source: str, node: ast.stmt, *, without: Collection[ast.expr] = (), column: int = 0) -> str:
    """The text of a statement, moved to a column; the lines of the decorators `without` are left out."""
    first, last = span(node)
    left_out = {n for d in without for n in range(d.lineno, (d.end_lineno or d.lineno) + 1)}
    fixed = _inside_strings(node)
    lines = []
    for number, line in enumerate(_lines(source)[first - 1 : last], first):
        if number not in left_out:
            lines.append(line if number in fixed else _moved(line, column - node.col_offset))
    return "\n".join(lines) + "\n"


def indented(text: str, column: int) -> str:
    """Statements at column 0, moved to a column."""
    fixed = {number for node in ast.parse(text).body for number in _inside_strings(node)}
    lines = enumerate(_lines(text), 1)
    return "\n".join(line if number in fixed else _moved(line, column) for number, line in lines)


def bound(statement: ast.stmt) -> tuple[str, ...]:
    """The names that a definition, an import or an assignment of names binds; () for other statements."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return (statement.name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return tuple(alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.Assign(targets=targets):
            names_in = [node for target in targets for node in ast.walk(target)]
            return tuple(node.id for node in names_in if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
    return ()


def docstring(node: ast.AST) -> str | None:
    """The docstring of a module, class or function."""
    match node:
        case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return ast.get_docstring(node)
    return None


def tree_of(source: str) -> str:
    """The syntax tree as text, without docstrings: two answers with the same one do the same."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if docstring(node) is not None:
            del node.body[0]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _lines(source: str) -> list[str]:
    """The lines as Python counts them: a form feed or a line separator does not end one."""
    return source.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _moved(line: str, by: int) -> str:
    if not line.strip():
        return ""
    indent = len(line) - len(line.lstrip(" "))
    return " " * max(indent + by, 0) + line.lstrip(" ")


def _inside_strings(node: ast.AST) -> set[int]:
    """The lines that begin inside a string: moving them would change it."""
    inside: set[int] = set()
    for part in ast.walk(node):
        text = isinstance(part, ast.JoinedStr) or (
            isinstance(part, ast.Constant) and isinstance(part.value, str | bytes)
        )
        if text and isinstance(part, ast.expr) and part.end_lineno is not None:
            inside.update(range(part.lineno + 1, part.end_lineno + 1))
    return inside
