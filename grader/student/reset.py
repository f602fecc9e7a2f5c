"""Puts the stub of one exercise, or of a whole unit, back into the student's file. What was there is kept."""

import ast
import difflib
import os
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from grader.course.model import Exercise, Unit
from grader.errors import CourseError, UsageError
from grader.student.stubs import definition, is_untouched, read_stub

BACKUPS = ".kata/backups"
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")  # as Python counts them; str.splitlines knows more


@dataclass(frozen=True)
class Plan:
    """What a reset would do. lost: the lines that it takes away, as the student wrote them."""

    file: Path
    text: str
    lost: tuple[str, ...]


def plan_unit(root: Path, unit: Unit) -> Plan | None:
    """The whole file back to the stub; None where nothing would change. CourseError without a stub."""
    stub = _stub(root, unit)
    file = root / unit.file
    if not file.is_file():
        return Plan(file, stub, ())
    text = _read(file)
    return None if _plain_newlines(text) == stub else Plan(file, stub, _lost(text, stub))


def plan_exercise(root: Path, unit: Unit, exercise: Exercise) -> Plan | None:
    """The symbols of one exercise back to the stub; None where nothing was written there.

    UsageError where the file cannot be taken apart: it has a syntax error, or a symbol is bound by other
    means than `def` and `class`. Then only the whole unit can be reset.
    """
    stub = _stub(root, unit)
    file = root / unit.file
    if not file.is_file():
        return Plan(file, stub, ())
    text = _read(file)
    if is_untouched(text, stub, exercise):
        return None
    whole = f"`kata reset {unit.id}` puts the whole file back."
    try:
        changed = text
        for symbol in exercise.symbols:
            changed = _with_stub(changed, stub, symbol)
        good = is_untouched(changed, stub, exercise)
    except SyntaxError as error:
        raise UsageError(
            f"{file.name} cannot be taken apart: line {error.lineno}: {error.msg}", whole
        ) from None
    if not good:
        raise UsageError(f"{file.name}: {exercise.id} is not written as one function or class", whole)
    return Plan(file, changed, _lost(text, changed))


def carry_out(root: Path, unit: Unit, plan: Plan) -> Path | None:
    """Keep a copy of the student's file, then write the new text. The path of the copy, if there was a file.

    UsageError where the folder cannot be written; then nothing has changed.
    """
    try:
        backup = _back_up(root, unit, plan.file)
        plan.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = plan.file.with_name(f".{plan.file.name}.new")
        fresh.write_bytes(plan.text.encode("utf-8"))
        os.replace(fresh, plan.file)
    except OSError as error:
        raise UsageError(
            f"{error.filename}: cannot be written: {error.strerror}", "Nothing was changed."
        ) from None
    return backup


def _back_up(root: Path, unit: Unit, file: Path) -> Path | None:
    if not file.is_file():
        return None
    folder = root / BACKUPS / unit.folder
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (backup := folder / f"{file.name}.{number}").exists():
        number += 1
    backup.write_bytes(file.read_bytes())
    return backup


def _stub(root: Path, unit: Unit) -> str:
    stub = read_stub(root, unit)
    if stub is None:
        help = "Download the exercises folder again, and copy it from there."
        raise CourseError(f"the stub of {unit.file} is missing", help)
    return stub


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{file.name} is not UTF-8 text", "Save it in the encoding UTF-8, then try again."
        ) from None
    except OSError as error:
        raise UsageError(f"{file.name} cannot be read: {error.strerror}") from None


def _plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _lost(old: str, new: str) -> tuple[str, ...]:
    """The lines that `old` has and `new` has not."""
    compared = difflib.unified_diff(_plain_newlines(old).split("\n"), _plain_newlines(new).split("\n"), n=0)
    return tuple(line[1:] for line in list(compared)[2:] if line.startswith("-"))


def _with_stub(source: str, stub: str, symbol: str) -> str:
    """The source with the stub's definition of a symbol."""
    tree = _parse(source)
    old, new = definition(tree, symbol), definition(_parse(stub), symbol)
    lines = _LINES.findall(source)
    newline = "\r\n" if "\r\n" in source else "\n"
    if old is not None:
        start, end = _span(old)
        indent = old.col_offset
    else:
        start = end = _end_of_home(tree, symbol, lines)
        indent = 4 * symbol.count(".")
    fresh = [] if new is None else _indented(stub, new, indent, newline)
    if new is None and old is not None and _is_alone(tree, old):
        fresh = [" " * indent + "pass" + newline]
    if old is None and fresh:
        fresh = [newline, newline, *fresh] if not indent else [newline, *fresh]
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += newline
    return "".join([*lines[:start], *fresh, *lines[end:]])


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(f"it cannot be read: {type(error).__name__}") from None


def _span(node: ast.stmt) -> tuple[int, int]:
    """First line (from 0) and the line after the last, with decorators."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)]) - 1, node.end_lineno or node.lineno


def _end_of_home(tree: ast.Module, symbol: str, lines: list[str]) -> int:
    """The line after the class that a method belongs to, or after the whole file."""
    owner = symbol.rpartition(".")[0]
    home = definition(tree, owner) if owner else None
    return _span(home)[1] if home is not None else len(lines)


def _indented(stub: str, node: ast.stmt, indent: int, newline: str) -> list[str]:
    start, end = _span(node)
    text = textwrap.dedent("".join(_LINES.findall(stub)[start:end])).rstrip() + "\n"
    return [" " * indent + line + newline if line else newline for line in text.split("\n")[:-1]]


def _is_alone(tree: ast.Module, node: ast.stmt) -> bool:
    """Whether a class would be empty without this definition."""
    return any(isinstance(c, ast.ClassDef) and c.body == [node] for c in ast.walk(tree))
