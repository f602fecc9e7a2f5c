"""Small edits of Python source as text: a name imported, a statement added at the end or to a class."""

import ast

WIDTH = 110


def with_imports(source: str, module: str, names: set[str]) -> str:
    """The source with these names imported from a module; what it imports already stays."""
    tree = ast.parse(source)
    froms = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == module]
    known = {alias.name for node in froms for alias in node.names}
    if names <= known:
        return source
    lines = source.split("\n")
    plain = [node for node in froms if all(alias.asname is None for alias in node.names)]
    if plain:
        node = plain[0]
        wanted = {alias.name for alias in node.names} | (names - known)
        lines[node.lineno - 1 : node.end_lineno] = _import(module, wanted)
        return "\n".join(lines)
    has_head = ast.get_docstring(tree) is not None
    at = tree.body[0].end_lineno or 1 if has_head else 0
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports:
        at = imports[-1].end_lineno or at
    lines[at:at] = ["", *_import(module, names - known)] if at else [*_import(module, names - known), ""]
    return "\n".join(lines)


def _import(module: str, names: set[str]) -> list[str]:
    line = f"from {module} import {', '.join(sorted(names))}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in sorted(names)), ")"]


def appended(source: str, statement: str) -> str:
    """The source with a definition at its end, two lines apart."""
    return f"{source.rstrip()}\n\n\n{statement}" if source.strip() else statement


def added_to_class(source: str, name: str, members: str) -> str | None:
    """The source with members, at column 4, at the end of its class of that name; None without one."""
    found = [n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == name]
    if not found:
        return None
    lines = source.split("\n")
    at = found[-1].end_lineno or len(lines)
    while at < len(lines) and lines[at].startswith("    ") and lines[at].lstrip().startswith("#"):
        at += 1  # the end of a block of a solution, and other comments of the class
    indent = " " * found[-1].body[0].col_offset
    moved = [indent + line[4:] if line.strip() else "" for line in members.rstrip("\n").split("\n")]
    lines[at:at] = ["", *moved]
    return "\n".join(lines)


def defined(source: str) -> set[str]:
    """The functions, classes and methods of a source, methods as `Class.method`."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)
            }
    return found
