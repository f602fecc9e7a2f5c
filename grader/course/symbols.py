"""What a student wrote for one symbol, as a canonical text of its syntax tree.

Two definitions that differ in docstrings, comments, annotations or layout only have the same text, so
"has the stub been touched?" is a comparison of texts. Hostile source is read here: it is parsed, never run.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from grader.course.source import TooDeep, tree_of

# Fields that say nothing about what the code does. `returns` and `annotation` are annotations.
LEFT_OUT = {"annotation", "returns", "type_comment", "type_params", "type_ignores", "ctx", "kind", "simple"}


def own_symbols(source: str, symbols: Iterable[str]) -> dict[str, str | None]:
    """The canonical text of each symbol ("f" or "Value.backward"); None where the source does not define it.

    The last definition wins, as when Python runs the file. Raises SyntaxError, and nothing else, for
    source that cannot be parsed.
    """
    wanted = list(symbols)
    try:
        scope = _bindings(tree_of(source).body)
        return {symbol: _text(scope, symbol) for symbol in wanted}
    except (TooDeep, RecursionError, MemoryError):
        raise SyntaxError("the source is nested too deeply to be read") from None
    except ValueError as error:  # a number of thousands of digits
        raise SyntaxError(f"the source cannot be read: {type(error).__name__}") from None


def unchanged(source: str, stub: str, symbols: Iterable[str]) -> bool:
    """Whether all these symbols are still those of the stub. Raises SyntaxError like `own_symbols`."""
    wanted = list(symbols)
    return own_symbols(source, wanted) == own_symbols(stub, wanted)


def _text(scope: dict[str, ast.stmt], symbol: str) -> str | None:
    outer, _, inner = symbol.partition(".")
    node = scope.get(symbol)  # Value.backward = ... after the class replaces the method
    if node is None and inner:
        owner = scope.get(outer)
        node = _bindings(owner.body).get(inner) if isinstance(owner, ast.ClassDef) else None
    return None if node is None else _canonical(node)


def _bindings(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """The last statement of this scope that binds each name; branches and loops are part of the scope."""
    return {name: statement for statement in _scope(body) for name in _bound(statement)}


def _scope(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for block in ("body", "orelse", "handlers", "cases", "finalbody"):
            for part in getattr(statement, block, ()):
                yield from _scope([part] if isinstance(part, ast.stmt) else part.body)


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _names(target)
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target):
            yield from _names(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            for alias in names:
                yield alias.asname or alias.name.partition(".")[0]


def _names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            yield f"{owner}.{name}"
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _names(part)


def _canonical(value: Any) -> str:
    if isinstance(value, ast.AnnAssign) and value.value is not None:
        value = ast.Assign(targets=[value.target], value=value.value)
    match value:
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError") as error, args=[], keywords=[])):
            value = ast.Raise(exc=error, cause=value.cause)  # a stub as nbgrader writes it
    if isinstance(value, ast.AST):
        fields = (f"{k}={_canonical(v)}" for k, v in ast.iter_fields(value) if k not in LEFT_OUT)
        return f"{type(value).__name__}({', '.join(fields)})"
    if isinstance(value, list):
        return f"[{', '.join(_canonical(item) for item in value if not _says_nothing(item))}]"
    return repr(value)


def _says_nothing(item: Any) -> bool:
    """Docstrings and other lone constants, `pass`, and annotations without a value."""
    match item:
        case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.AnnAssign(value=None):
            return True
    return False
